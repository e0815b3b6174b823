"""The one form of a list."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings

from accounts.models import Agent
from accounts.sealing import CannotOpen
from bascule.lists.wishes import ADDRESS_MAX, COLOURS, SUBFOLDERS, ListSetup
from bascule.models import SavedSignature
from bascule.signatures.contents import contents_of
from boxes.models import Box

NAME_MAX = 100
# What Zimbra takes at most (zimbraMailSignatureMaxLength); the mailbox may say otherwise, which the plan tells.
SIGNATURE_MAX = 10_240

_NONE, _TYPED, _KEPT, _SAVED = "none", "typed", "kept", "saved-"


@dataclass(frozen=True, slots=True)
class Saved:
    """A signature the person saved in the portal."""

    pk: int
    name: str
    html: str
    text: str

    @property
    def choice(self) -> str:
        return f"{_SAVED}{self.pk}"


class ListForm(forms.Form):
    """agent: whose list. setup: as it is, None for a new one. address_is_fixed: what stands in Zimbra bears it."""

    address = forms.EmailField(
        max_length=ADDRESS_MAX,
        error_messages={
            "required": "Indiquez l’adresse de la liste.",
            "invalid": "Cette adresse n’est pas complète : elle s’écrit par exemple liste.profs@ac-reunion.fr.",
            "max_length": f"L’adresse compte plus de {ADDRESS_MAX} caractères : Zimbra n’en ferait pas un dossier.",
        },
    )
    sender_name = forms.CharField(
        required=False,
        max_length=NAME_MAX,
        error_messages={"max_length": f"Le nom affiché compte plus de {NAME_MAX} caractères."},
    )
    colour = forms.TypedChoiceField(
        coerce=int,
        choices=list(COLOURS.items()),
        error_messages={"required": "Choisissez une couleur.", "invalid_choice": "Choisissez une couleur."},
    )
    subfolders = forms.MultipleChoiceField(required=False, choices=[(name, name) for name in SUBFOLDERS])
    signature = forms.ChoiceField(
        error_messages={"required": "Choisissez une signature.", "invalid_choice": "Choisissez une signature."}
    )
    signature_text = forms.CharField(
        required=False,
        strip=False,
        max_length=SIGNATURE_MAX,
        error_messages={"max_length": f"La signature compte plus de {SIGNATURE_MAX} caractères."},
    )
    also_headers = forms.BooleanField(required=False)
    stops = forms.BooleanField(required=False)

    def __init__(
        self,
        agent: Agent,
        setup: ListSetup | None = None,
        data: Any = None,
        *,
        address: str = "",
        address_is_fixed: bool = False,
    ) -> None:
        self.agent, self.present = agent, setup
        self.saved = _saved_by(agent)
        super().__init__(data, initial=self._initial(setup or ListSetup(address)))
        choices = [_NONE, _TYPED, *(one.choice for one in self.saved)]
        self.keeps_signature = bool(setup and setup.signature_html)
        if self.keeps_signature:
            choices.append(_KEPT)
        field = self.fields["signature"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one, one) for one in choices]
        self.fields["address"].disabled = address_is_fixed

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().lower()
        if address == self.agent.address:
            raise forms.ValidationError("C’est votre propre adresse. Indiquez celle de la liste.")
        if '"' in address or "/" in address or ":" in address:
            raise forms.ValidationError("Zimbra n’accepte ni « / », ni « : », ni guillemets dans un nom de dossier.")
        if Box.objects.filter(address=address).exists():
            raise forms.ValidationError(
                "C’est l’adresse d’une boîte fonctionnelle, pas d’une liste : elle apparaît d’elle-même dans votre "
                "messagerie dès que son propriétaire vous y donne accès."
            )
        return address

    def clean_sender_name(self) -> str:
        name = "".join(
            " " if unicodedata.category(letter) == "Cc" else letter for letter in self.cleaned_data["sender_name"]
        )
        return " ".join(name.split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("signature") == _TYPED and not (cleaned.get("signature_text") or "").strip():
            self.add_error("signature_text", "Écrivez la signature, ou choisissez « Pas de signature ».")
        return cleaned

    @property
    def is_elsewhere(self) -> bool:
        """Whether the (valid) address is of another domain than the academy's."""
        domain = self.cleaned_data["address"].rpartition("@")[2]
        return bool(domain != settings.MAIL_DOMAIN)

    def setup(self) -> ListSetup:
        """What the (valid) form says."""
        given = self.cleaned_data
        html = text = ""
        number = 0
        chosen = given["signature"]
        if chosen == _TYPED:
            text = "\n".join(given["signature_text"].strip().splitlines())
        elif chosen == _KEPT and self.present:
            html, text = self.present.signature_html, self.present.signature_text
            number = self.present.saved_signature
        else:
            for one in self.saved:
                if one.choice == chosen:
                    html, text, number = one.html, one.text, one.pk
        return ListSetup(
            address=given["address"],
            sender_name=given["sender_name"],
            colour=given["colour"],
            signature_html=html,
            signature_text=text,
            saved_signature=number,
            subfolders=tuple(name for name in SUBFOLDERS if name in given["subfolders"]),
            also_headers=given["also_headers"],
            stops=given["stops"],
        )

    def _initial(self, setup: ListSetup) -> dict[str, Any]:
        signature = _TYPED if setup.signature_text else _NONE
        if setup.signature_html:
            signature = _KEPT
        return {
            "address": setup.address,
            "sender_name": setup.sender_name,
            "colour": setup.colour,
            "subfolders": list(setup.subfolders),
            "signature": signature,
            "signature_text": "" if setup.signature_html else setup.signature_text,
            "also_headers": setup.also_headers,
            "stops": setup.stops,
        }


def _saved_by(agent: Agent) -> list[Saved]:
    found = []
    for row in SavedSignature.objects.filter(agent=agent):
        try:
            contents = contents_of(row)
        except CannotOpen:
            continue
        found.append(Saved(row.pk, contents.name, contents.html, contents.text))
    return found
