"""Forms for the text of rules: one that is edited, and many that are pasted or uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.source.sources import MAX_OCTETS

# A single rule; the longest that a form wrote has a few thousand.
MAX_RULE = 100_000


class SourceForm(forms.Form):
    """The text of one rule."""

    use_required_attribute = False

    name = forms.CharField(required=False, max_length=200, label="Nom de la règle")
    text = forms.CharField(
        max_length=MAX_RULE,
        strip=False,
        label="Texte Sieve de la règle",
        widget=forms.Textarea,
        error_messages={"required": "Ce texte est vide. Pour retirer la règle, supprimez-la."},
    )
    active = forms.BooleanField(required=False, label="Règle active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs.update({"class": "fr-input", "autocomplete": "off"})

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n").strip()
        if not text:
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        return str(text)

    def source(self) -> SourceRule:
        cleaned = self.cleaned_data
        name = " ".join(cleaned["name"].split())
        return SourceRule(cleaned["text"], name=name, active=cleaned["active"])

    def initial_source(self) -> SourceRule:
        return SourceRule(self.initial["text"], name=self.initial["name"], active=self.initial["active"])


class PasteForm(forms.Form):
    """Rules as they were copied from somewhere, or a file of them."""

    use_required_attribute = False

    text = forms.CharField(required=False, strip=False, label="Coller le texte des règles", widget=forms.Textarea)
    file = forms.FileField(required=False, allow_empty_file=True, label="Ou choisir un fichier")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text, file = cleaned.get("text", ""), cleaned.get("file")
        if self.errors:
            return cleaned
        if text.strip() and file:
            self.add_error("file", "Donnez soit un texte, soit un fichier : lequel faut-il lire ?")
        elif not text.strip() and not file:
            self.add_error("text", "Collez un texte, ou choisissez un fichier.")
        elif len(text.encode("utf-8", "replace")) > MAX_OCTETS:
            self.add_error("text", "Ce texte dépasse 1 Mo : déposez-le en plusieurs fois.")
        return cleaned

    def given(self, now: datetime) -> tuple[str, bytes]:
        """Name and content of what was handed over."""
        file = self.cleaned_data["file"]
        if file:
            return file.name, file.read()
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        return f"règles collées le {now:%d-%m à %Hh%M}.sieve", text.encode("utf-8", "replace")
