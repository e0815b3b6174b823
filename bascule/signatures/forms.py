"""What the pages of Ma signature ask for."""

from __future__ import annotations

from typing import Any

from django import forms

from bascule.signatures.contents import LONGEST_NAME, Picture, SignatureContents, written

HTML, TEXT = "html", "texte"
_LONGEST_TEXT = 20_000


class _Words(forms.CharField):
    """A text from which zeros are left out, which no file means and no database takes, instead of being refused."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found.replace("\0", "") if isinstance(found, str) else found


class SignatureForm(forms.Form):
    """The editor. body: HTML or plain text, as `format` says; the twin is made anew unless it is the person's own."""

    name = _Words(label="Nom de la signature", max_length=LONGEST_NAME, required=False, strip=True)
    format = forms.ChoiceField(
        label="Ce que vous écrivez ci-dessous est",
        choices=[(TEXT, "du texte simple"), (HTML, "du code HTML")],
        required=False,
    )
    body = _Words(label="Votre signature", required=False, strip=False)
    own_text = forms.BooleanField(label="Écrire moi-même la version texte", required=False)
    text = _Words(label="Version texte", required=False, strip=False, max_length=_LONGEST_TEXT)

    @classmethod
    def of(cls, contents: SignatureContents) -> SignatureForm:
        return cls(
            initial={
                "name": contents.name,
                "format": HTML,
                "body": contents.html,
                "own_text": contents.text_is_own,
                "text": contents.text,
            }
        )

    def contents(self, known: tuple[Picture, ...] = ()) -> SignatureContents:
        """Of a valid form."""
        given = self.cleaned_data
        own = given["text"].replace("\r\n", "\n") if given["own_text"] else None
        plain = given["format"] == TEXT
        return written(given["name"], given["body"], text=own, known=known, plain=plain)


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Fichier de votre signature",
        error_messages={"required": "Choisissez d’abord un fichier.", "empty": "Ce fichier est vide."},
    )


class TemplateForm(forms.Form):
    """The fields of `conversions.signatures.Entry`, in the order of a visiting card."""

    signature_name = forms.CharField(label="Nom de la signature", max_length=LONGEST_NAME, required=False)
    name = forms.CharField(
        label="Prénom et nom", max_length=200, error_messages={"required": "Écrivez au moins votre nom."}
    )
    title = forms.CharField(label="Fonction", max_length=200, required=False)
    service = forms.CharField(label="Établissement ou service", max_length=200, required=False)
    street = forms.CharField(label="Adresse", max_length=200, required=False)
    postal_code = forms.CharField(label="Code postal", max_length=20, required=False)
    city = forms.CharField(label="Ville", max_length=120, required=False)
    phone = forms.CharField(label="Téléphone", max_length=60, required=False)
    mobile = forms.CharField(label="Mobile", max_length=60, required=False)
    web = forms.CharField(label="Site web", max_length=200, required=False)
    mail = forms.CharField(label="Adresse électronique", max_length=200, required=False)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "fr-input", "autocomplete": "off"}

    def values(self) -> dict[str, str]:
        """Of a valid form, by the fields of `Entry`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "signature_name"}
