"""The one form of an identity. Which folders may be chosen is what the latest look at the box saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from boxes import identities, looks
from boxes.identities import ADDRESS_MAX, NAME_MAX, WHOLE_BOX, Wish
from boxes.looks import Picture
from boxes.models import BoxIdentity, Delegation

# Drafts stay in the writer's own mailbox, and nobody answers a chat by mail (Zimbra's Drafts and Chats).
_NEVER_OFFERED = frozenset({looks.DRAFTS, "14"})
_TOO_LONG = f"Ce nom compte plus de {NAME_MAX} caractères."


@dataclass(frozen=True, slots=True)
class Choice:
    """A folder that may be ticked. taken_by: the identity of the person that begins there now, "" for none."""

    id: str
    label: str
    taken_by: str
    is_chosen: bool


class IdentityForm(forms.Form):
    """access: the person's own to the box. row: as it is, None for a new one. picture: None as long as nobody looked;
    the folders then stay as they are."""

    name = forms.CharField(
        max_length=NAME_MAX,
        error_messages={"required": "Donnez un nom à cette identité.", "max_length": _TOO_LONG},
    )
    from_name = forms.CharField(required=False, max_length=NAME_MAX, error_messages={"max_length": _TOO_LONG})
    reply_to = forms.BooleanField(required=False)
    reply_to_name = forms.CharField(required=False, max_length=NAME_MAX, error_messages={"max_length": _TOO_LONG})
    reply_to_address = forms.EmailField(
        required=False,
        max_length=ADDRESS_MAX,
        error_messages={
            "invalid": identities.BadAddress.sentence,
            "max_length": f"Cette adresse compte plus de {ADDRESS_MAX} caractères.",
        },
    )
    folders = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": "Un des dossiers cochés n’existe plus : vérifiez la liste."}
    )

    def __init__(self, access: Delegation, row: BoxIdentity | None, picture: Picture | None, data: Any = None) -> None:
        self.access, self.row, self.picture = access, row, picture
        super().__init__(data, initial=self._initial())
        self._labels = {WHOLE_BOX: "La boîte elle-même (son nom dans votre arborescence)"}
        if picture is not None:
            before = row.folder_ids if row else []
            self._labels |= {
                one.id: one.name for one in picture.mail_folders if one.id not in _NEVER_OFFERED or one.id in before
            }
        field = self.fields["folders"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(self._labels.items())

    def clean_name(self) -> str:
        name = identities.one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Donnez un nom à cette identité.")
        return name

    def clean_folders(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["folders"]
        if len(chosen) > identities.MOST_FOLDERS:
            raise forms.ValidationError(identities.TooManyFolders.sentence)
        return chosen

    def wish(self) -> Wish:
        """What the (valid) form says."""
        given = self.cleaned_data
        return Wish(
            name=given["name"],
            from_name=given["from_name"],
            reply_to=given["reply_to"],
            reply_to_name=given["reply_to_name"],
            reply_to_address=given["reply_to_address"],
            folder_ids=tuple(self._folder_ids(given["folders"])),
        )

    @property
    def folder_choices(self) -> list[Choice]:
        """Empty as long as nobody looked at the box."""
        if self.picture is None:
            return []
        others = [one for one in identities.of(self.access) if self.row is None or one.pk != self.row.pk]
        taken = {folder_id: other.name for other in others for folder_id in other.folder_ids}
        chosen = set(self["folders"].value() or ())
        return [
            Choice(folder_id, label, taken.get(folder_id, ""), folder_id in chosen)
            for folder_id, label in self._labels.items()
        ]

    def _folder_ids(self, chosen: list[str]) -> list[str]:
        before = self.row.folder_ids if self.row else []
        if self.picture is None:
            return before
        if self.picture.is_cut:
            # Of a very large box not every folder is offered: what is not shown cannot have been unticked.
            return [*chosen, *(one for one in before if one not in self._labels)]
        return chosen

    def _initial(self) -> dict[str, Any]:
        if self.row is None:
            return {"from_name": self.access.box.name, "reply_to_address": self.access.box.address}
        return {
            "name": self.row.name,
            "from_name": self.row.from_name,
            "reply_to": self.row.reply_to,
            "reply_to_name": self.row.reply_to_name,
            "reply_to_address": self.row.reply_to_address or self.access.box.address,
            "folders": self.row.folder_ids,
        }


def folder_labels(row: BoxIdentity, picture: Picture | None) -> list[str]:
    """The folders of an identity, in French; those that were not seen are left out."""
    if picture is None:
        return [looks.french_path(_FIXED[one]) for one in row.folder_ids if one in _FIXED]
    named = {one.id: one.name for one in picture.folders} | {WHOLE_BOX: "la boîte elle-même"}
    return [named[one] for one in row.folder_ids if one in named]


# Zimbra's fixed ids, for as long as nobody looked at the box.
_FIXED = {looks.INBOX: "Inbox", looks.SENT: "Sent", looks.DRAFTS: "Drafts"}
