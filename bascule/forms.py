"""Forms of the step pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from dsfr.forms import DsfrBaseForm

from bascule.checklist import NOTE_MAX_CHARACTERS
from boxes.models import Box


class NoteForm(DsfrBaseForm):
    note = forms.CharField(
        label="Mes notes",
        help_text="Vous seul pouvez les lire. N’y écrivez pas de mot de passe.",
        required=False,
        # Only the browser's count: the form would count each line end twice. The checklist decides.
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": NOTE_MAX_CHARACTERS}),
    )


class BoxesForm(DsfrBaseForm):
    """The boxes in reach, as check boxes; `noted` are ticked."""

    boxes = forms.MultipleChoiceField(
        label="Boîtes de mon établissement ou service", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, in_reach: QuerySet[Box], *args: Any, noted: QuerySet[Box] | None = None, **kwargs: Any) -> None:
        ticked = [str(box.pk) for box in noted] if noted is not None else []
        super().__init__(*args, initial={"boxes": ticked}, **kwargs)
        field = self.fields["boxes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(box.pk), f"{box.name} ({box.address})") for box in in_reach]

    @property
    def has_boxes(self) -> bool:
        field = self.fields["boxes"]
        assert isinstance(field, forms.MultipleChoiceField)
        return bool(field.choices)

    def chosen(self) -> list[int]:
        return [int(number) for number in self.cleaned_data["boxes"]]
