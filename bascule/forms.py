"""Forms of the step pages."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from boxes.models import Box


class NoteForm(forms.Form):
    """The text of the notes. How long it may be, the checklist decides: a form would count each line end twice."""

    note = forms.CharField(required=False, strip=False)


class BoxesForm(forms.Form):
    """The boxes in reach, as check boxes; `noted` are ticked."""

    boxes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, in_reach: QuerySet[Box], data: QueryDict | None = None, *, noted: QuerySet[Box] | None = None
    ) -> None:
        ticked = [str(box.pk) for box in noted] if noted is not None else []
        super().__init__(data, initial={"boxes": ticked})
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
