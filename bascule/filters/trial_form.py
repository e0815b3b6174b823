"""The message to try rules on, as it is typed in, pasted or chosen."""

from __future__ import annotations

from typing import Any

from django import forms

from bascule.conversions.filters.examples.draft import MAX_SIZE, Draft

MAX_TEXT = 1_000_000
_FIELDS = {"From": "sender", "To": "to", "Cc": "cc", "Subject": "subject"}


class TrialForm(forms.Form):
    """One of: a file, the source of a message, or the fields of a simple one."""

    sender = forms.CharField(label="De", max_length=2000, required=False)
    to = forms.CharField(label="À", max_length=2000, required=False)
    cc = forms.CharField(label="Cc", max_length=2000, required=False)
    subject = forms.CharField(label="Objet", max_length=2000, required=False)
    body = forms.CharField(
        label="Corps du message", required=False, strip=False, max_length=200_000, widget=forms.Textarea({"rows": 5})
    )
    size = forms.IntegerField(
        label="Taille en Ko",
        help_text="Facultatif : le message est allongé jusqu’à cette taille.",
        min_value=0,
        max_value=MAX_SIZE // 1024,
        required=False,
        error_messages={"max_value": "25 Mo au plus.", "invalid": "Écrivez un nombre de Ko."},
    )
    attached = forms.BooleanField(label="Avec une pièce jointe", required=False)
    invitation = forms.BooleanField(label="Avec une invitation à un rendez-vous", required=False)
    headers = forms.CharField(
        label="Autres en-têtes",
        help_text="Un par ligne, sous la forme « Nom: valeur ».",
        required=False,
        max_length=100_000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    envelope_from = forms.CharField(
        label="Adresse d’envoi réelle", help_text="Facultatif : celle de « De » sinon.", max_length=320, required=False
    )
    envelope_to = forms.CharField(
        label="Adresse de livraison", help_text="Facultatif : la vôtre sinon.", max_length=320, required=False
    )
    source = forms.CharField(
        label="Source du message",
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(label="Fichier .eml", required=False, allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "fr-upload" if name == "file" else "fr-input"
            field.widget.attrs["autocomplete"] = "off"

    @classmethod
    def of_draft(cls, draft: Draft) -> TrialForm:
        initial: dict[str, Any] = {field: draft.get(name) for name, field in _FIELDS.items()}
        initial |= {
            "body": draft.body,
            "size": -(-draft.size // 1024) or None,
            "attached": draft.attached,
            "invitation": draft.invitation,
            "headers": "\n".join(f"{name}: {value}" for name, value in draft.others()),
            "envelope_from": draft.sender,
            "envelope_to": draft.recipient,
        }
        return cls(initial=initial)

    def clean_source(self) -> str:
        source: str = self.cleaned_data["source"]
        if len(source) > MAX_TEXT:
            raise forms.ValidationError("Ce texte dépasse 1 Mo : déposez plutôt le message sous forme de fichier.")
        return source

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("source", "file") if cleaned.get(name)]
        if len(given) > 1:
            self.add_error("file", "Donnez soit un texte, soit un fichier : lequel faut-il essayer ?")
        upload = cleaned.get("file")
        if upload and upload.size > MAX_SIZE:
            self.add_error("file", "Ce fichier dépasse 25 Mo : une messagerie ne l’aurait pas reçu.")
        return cleaned

    @property
    def details_open(self) -> bool:
        """Whether something stands in the fields that are folded away."""
        names = ("size", "attached", "invitation", "headers")
        return any(self[name].value() or name in self.errors for name in names)

    @property
    def whole_open(self) -> bool:
        return any(name in self.errors for name in ("source", "file")) or bool(self["source"].value())

    def octets(self) -> bytes:
        """The message, of a form that is valid."""
        cleaned = self.cleaned_data
        if cleaned["file"]:
            read: bytes = cleaned["file"].read(MAX_SIZE)
            return read
        if cleaned["source"].strip():
            return str(cleaned["source"]).lstrip("\r\n").encode("utf-8", "replace")
        headers = [(name, cleaned[field]) for name, field in _FIELDS.items() if cleaned[field].strip()]
        for line in cleaned["headers"].splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip():
                headers.append((name.strip(), value.strip()))
        return Draft(
            headers,
            cleaned["body"],
            (cleaned["size"] or 0) * 1024,
            attached=cleaned["attached"],
            invitation=cleaned["invitation"],
        ).octets()
