"""The quick form of a rule: the lines of conditions and the actions, in the order of the old webmail's window.

It works without a script: a line more or less is a submission that is not checked. Lines count from 0 in their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import validate_email

from bascule.conversions.filters.folder_words import FolderNames
from bascule.conversions.filters.model import SourceRule
from bascule.filters.form_sieve import (
    OF_BODY,
    OF_SIZE,
    SEPARATOR,
    WITHOUT_VALUE,
    Condition,
    Field,
    FormRule,
    Join,
    Operator,
    sieve_of,
)
from bascule.models import CapturedRule

MAX_CONDITIONS = 40
_MAX_VALUE = 2000

FIELDS = (
    (Field.FROM.value, "De"),
    (Field.TO.value, "À"),
    (Field.CC.value, "Cc"),
    (Field.TO_CC.value, "À ou Cc"),
    (Field.SUBJECT.value, "Objet"),
    (Field.SENDER.value, "Expéditeur (Sender)"),
    (Field.SIZE.value, "Taille"),
    (Field.BODY.value, "Corps du message"),
    (Field.OTHER.value, "Autre en-tête…"),
)
_TEXT_OPERATORS = (
    (Operator.CONTAINS.value, "contient"),
    (Operator.CONTAINS_NOT.value, "ne contient pas"),
    (Operator.IS.value, "est"),
    (Operator.IS_NOT.value, "n’est pas"),
    (Operator.BEGINS.value, "commence par"),
    (Operator.ENDS.value, "finit par"),
    (Operator.MATCHES.value, "correspond à (* et ?)"),
    (Operator.EXISTS.value, "existe"),
    (Operator.EXISTS_NOT.value, "n’existe pas"),
)
_SIZE_OPERATORS = (
    (Operator.OVER.value, "est supérieure à"),
    (Operator.UNDER.value, "est inférieure à"),
)
OPERATORS = (("Texte", _TEXT_OPERATORS), ("Taille", _SIZE_OPERATORS))
JOINS = (
    (Join.ALL.value, "toutes les conditions"),
    (Join.ANY.value, "au moins une condition"),
    (Join.ALWAYS.value, "aucune : tous les messages"),
)

_HEADER = re.compile(r"[!-9;-~]+")
_SIZE = re.compile(r"(?P<whole>\d{1,9})(?:[.,](?P<part>\d{1,3}))?\s*(?P<unit>[kmg]?)(?:[bo]|octets?)?", re.IGNORECASE)
_SIZE_UNITS = ("", "K", "M", "G")
_SHOWN_UNITS = {"": "octets", "K": "ko", "M": "Mo", "G": "Go"}
# Zimbra refuses these in the name of a tag; a blank would make two of it.
_NOT_IN_TAG = re.compile(r'[\s:/"\\\x00-\x1f]')


class ConditionForm(forms.Form):
    """One line. A line whose value is empty, where one is needed, is left out."""

    field = forms.ChoiceField(choices=FIELDS, initial=Field.FROM.value, label="Champ")
    header = forms.CharField(required=False, max_length=100, label="Nom de l’en-tête")
    operator = forms.ChoiceField(choices=OPERATORS, initial=Operator.CONTAINS.value, label="Comparaison")
    value = forms.CharField(required=False, max_length=_MAX_VALUE, label="Valeur")

    # False where the person has left the line as it was offered.
    filled = False

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, css in (
            ("field", "fr-select"),
            ("header", "fr-input"),
            ("operator", "fr-select"),
            ("value", "fr-input"),
        ):
            self.fields[name].widget.attrs.update({"class": css, "data-part": name, "autocomplete": "off"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        field, operator = Field(cleaned["field"]), Operator(cleaned["operator"])
        value, header = cleaned["value"].strip(), cleaned["header"].strip().rstrip(":")
        self.filled = bool(value or header or operator in WITHOUT_VALUE)
        if not self.filled:
            return cleaned
        if field is Field.OTHER and not _HEADER.fullmatch(header):
            self.add_error("header", "Donnez le nom de l’en-tête, par exemple List-Id.")
        if (field is Field.SIZE) != (operator in OF_SIZE):
            wanted = "supérieure ou inférieure" if field is Field.SIZE else "contient, est, commence par…"
            self.add_error("operator", f"Pour ce champ, choisissez une de ces comparaisons : {wanted}")
            return cleaned
        if field is Field.BODY and operator not in OF_BODY:
            self.add_error(
                "operator", "Dans le corps du message, seuls « contient » et « ne contient pas » sont possibles."
            )
        values = self._values(field, operator, value)
        if not self.errors:
            cleaned["condition"] = Condition(field, operator, values, header if field is Field.OTHER else "")
        return cleaned

    def _values(self, field: Field, operator: Operator, text: str) -> tuple[str, ...]:
        if operator in WITHOUT_VALUE:
            return ()
        if field is Field.SIZE:
            if (size := sieve_size(text)) is None:
                self.add_error("value", "Écrivez une taille, par exemple 10 Mo ou 500 ko.")
                return ()
            return (size,)
        values = tuple(dict.fromkeys(part for one in text.split(SEPARATOR) if (part := one.strip())))
        if not values:
            self.add_error("value", "Écrivez ce que le message doit contenir.")
        return values


_PLAIN = FolderNames()
_FOLDER = "Avec ses dossiers parents : Listes/DSI. S’il manque, il pourra être créé."
_FORWARD = "Interdit sur la messagerie nationale : l’adresse est gardée pour mémoire, sans effet."


class RuleForm(forms.Form):
    """Everything but the conditions. names: what folders are called where the person reads and types them."""

    name = forms.CharField(
        required=False,
        max_length=100,
        label="Nom de la règle",
        help_text="Facultatif : le portail en compose un.",
    )
    direction = forms.ChoiceField(
        choices=CapturedRule.Direction.choices, initial="incoming", label="Messages concernés"
    )
    join = forms.ChoiceField(choices=JOINS, initial=Join.ALL.value, label="Le message remplit")
    folder = forms.CharField(required=False, max_length=400, label="Classer dans le dossier", help_text=_FOLDER)
    keep = forms.BooleanField(required=False, label="Garder dans la boîte de réception")
    discard = forms.BooleanField(required=False, label="Supprimer")
    read = forms.BooleanField(required=False, label="Marquer comme lu")
    flagged = forms.BooleanField(required=False, label="Signaler (drapeau)")
    tag = forms.CharField(required=False, max_length=100, label="Étiqueter", help_text="En un seul mot.")
    reject = forms.CharField(required=False, max_length=4000, label="Rejeter avec ce message", widget=forms.Textarea)
    forward = forms.CharField(required=False, max_length=250, label="Transférer à", help_text=_FORWARD)
    stop = forms.BooleanField(required=False, label="Ne plus regarder les règles suivantes")
    active = forms.BooleanField(required=False, initial=True, label="Règle active")

    use_required_attribute = False

    def __init__(self, *args: Any, fixed_direction: bool = False, names: FolderNames = _PLAIN, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names
        if fixed_direction:
            del self.fields["direction"]
        for name in ("name", "folder", "tag", "reject", "forward"):
            self.fields[name].widget.attrs.update({"class": "fr-input", "autocomplete": "off"})
        self.fields["reject"].widget.attrs["rows"] = 2
        self.fields["folder"].widget.attrs["list"] = "known-folders"
        for name in ("direction", "join"):
            if name in self.fields:
                self.fields[name].widget.attrs["class"] = "fr-select"

    def clean_folder(self) -> str:
        # A parent that was offered and not completed is no folder.
        folder = self.cleaned_data["folder"].strip()
        return "" if folder.endswith("/") else self.names.meant(folder.lstrip("/"))

    def clean_tag(self) -> str:
        tag = self.cleaned_data["tag"].strip()
        if _NOT_IN_TAG.search(tag):
            raise forms.ValidationError("Une étiquette s’écrit en un seul mot, sans deux-points, barre ni guillemet.")
        return str(tag)

    def clean_forward(self) -> str:
        address = self.cleaned_data["forward"].strip()
        if address:
            validate_email(address)
        return str(address)

    def clean_reject(self) -> str:
        return "\n".join(self.cleaned_data["reject"].strip().splitlines())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        kept = cleaned["folder"] or cleaned["keep"]
        if cleaned["discard"] and (kept or cleaned["reject"]):
            self.add_error("discard", "Un message supprimé ne peut pas être en même temps classé, gardé ou rejeté.")
        elif cleaned["reject"] and kept:
            self.add_error("reject", "Un message rejeté ne peut pas être en même temps classé ou gardé.")
        wanted = ("keep", "discard", "read", "flagged", "tag", "reject", "forward", "stop")
        if not kept and not any(cleaned[name] for name in wanted) and not self.errors:
            self.add_error("folder", "Choisissez au moins une action : par exemple, classer dans un dossier.")
        return cleaned


@dataclass(slots=True)
class QuickForm:
    """The whole form. errors of the conditions as a whole stand in `problem`."""

    rule: RuleForm
    lines: list[ConditionForm]
    problem: str = ""

    @classmethod
    def blank(cls, after: FormRule | None = None, *, direction: str = "", names: FolderNames = _PLAIN) -> QuickForm:
        """An empty form; what is likely to be the same again is taken over from the rule before."""
        initial: dict[str, Any] = {"direction": direction or "incoming"}
        line = {}
        if after is not None:
            join = after.join if after.join is not Join.ALWAYS else Join.ALL
            parent = after.folder.rpartition("/")[0]
            initial |= {"join": join.value, "stop": after.stop, "folder": f"{names.shown(parent)}/" if parent else ""}
            if after.conditions:
                first = after.conditions[0]
                line = {"field": first.field.value, "operator": first.operator.value, "header": first.header}
        return cls(RuleForm(initial=initial), [ConditionForm(initial=line, prefix="c0")])

    @classmethod
    def of(cls, said: FormRule, *, name: str, active: bool, names: FolderNames = _PLAIN) -> QuickForm:
        """A form filled with a rule that is there."""
        kept = {key: getattr(said, key) for key in _ACTIONS}
        kept["folder"] = names.shown(said.folder)
        initial = {**kept, "name": name, "active": active, "join": said.join.value}
        lines = [
            ConditionForm(
                prefix=f"c{number}",
                initial={
                    "field": one.field.value,
                    "header": one.header,
                    "operator": one.operator.value,
                    "value": _told(one),
                },
            )
            for number, one in enumerate(said.conditions)
        ]
        return cls(RuleForm(initial=initial, fixed_direction=True), lines or [ConditionForm(prefix="c0")])

    @classmethod
    def received(
        cls, data: Mapping[str, Any], *, fixed_direction: bool = False, names: FolderNames = _PLAIN
    ) -> QuickForm:
        """As it came back; see `asked` for what its buttons want."""
        count = _count(data)
        lines = [ConditionForm(data, prefix=f"c{number}") for number in range(count)]
        return cls(RuleForm(data, fixed_direction=fixed_direction, names=names), lines)

    def is_valid(self) -> bool:
        """Every part is looked at, so that all that is wrong is told at once."""
        lines_are_valid = not [line for line in self.lines if not line.is_valid()]
        valid = self.rule.is_valid() and lines_are_valid
        if (
            lines_are_valid
            and self.rule.data.get("join") != Join.ALWAYS
            and not any(line.filled for line in self.lines)
        ):
            self.problem = "Remplissez au moins une condition, ou choisissez « aucune : tous les messages »."
            return False
        return valid

    def said(self) -> FormRule:
        """What the person asks for, once it is valid."""
        cleaned = self.rule.cleaned_data
        join = Join(cleaned["join"])
        conditions = tuple(line.cleaned_data["condition"] for line in self.lines if line.filled)
        actions = {key: cleaned[key] for key in _ACTIONS}
        return FormRule(join=join, conditions=() if join is Join.ALWAYS else conditions, **actions)

    def source(self) -> SourceRule:
        cleaned = self.rule.cleaned_data
        name = " ".join(cleaned["name"].split())
        return SourceRule(sieve_of(self.said()), name=name, active=cleaned["active"], place="formulaire")

    @property
    def more_is_open(self) -> bool:
        """Whether one of the rarer actions is filled in, or wrongly."""
        rare = [self.rule[name] for name in ("tag", "forward", "reject")]
        return any(one.value() or one.errors for one in rare)

    def focus_on(self, part: str) -> None:
        """Where the keyboard is to begin: "name", or the last line of the conditions."""
        field = self.rule.fields["name"] if part == "name" else self.lines[-1].fields["field"]
        field.widget.attrs["autofocus"] = True

    def focus_on_error(self) -> None:
        """On the first part that is wrong."""
        for form in (self.rule, *self.lines):
            for name in form.errors:
                if name in form.fields:
                    form.fields[name].widget.attrs["autofocus"] = True
                    return
        self.focus_on("line" if self.problem else "name")

    @property
    def template_line(self) -> ConditionForm:
        """The line that a script copies."""
        return ConditionForm(prefix="cNUMBER")


_ACTIONS = ("folder", "keep", "discard", "read", "flagged", "tag", "reject", "forward", "stop")


def without_checking(data: Mapping[str, Any], *, remove: int | None, fixed_direction: bool = False) -> QuickForm:
    """The form with one line more at its end, or without the line `remove`; nothing typed is lost or judged."""
    kept = [number for number in range(_count(data)) if number != remove]
    lines = [
        ConditionForm(
            prefix=f"c{place}",
            initial={name: data.get(f"c{number}-{name}", "") for name in ("field", "header", "operator", "value")},
        )
        for place, number in enumerate(kept)
    ]
    if (remove is None and len(lines) < MAX_CONDITIONS) or not lines:
        last = lines[-1].initial if lines else {}
        same = {
            name: last[name] for name in ("field", "operator") if last and last.get("operator") not in WITHOUT_VALUE
        }
        lines.append(ConditionForm(prefix=f"c{len(lines)}", initial=same))
    initial = {name: data.get(name, "") for name in RuleForm.base_fields}
    return QuickForm(RuleForm(initial=initial, fixed_direction=fixed_direction), lines)


def _count(data: Mapping[str, Any]) -> int:
    text = str(data.get("lines", ""))
    return min(max(int(text), 1), MAX_CONDITIONS) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def sieve_size(text: str) -> str | None:
    """ "10 Mo", "1,5 Go", "500k" as Sieve writes it; None when it is no size."""
    found = _SIZE.fullmatch(text.strip().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " "))
    if found is None:
        return None
    unit = found["unit"].upper()
    if not found["part"] or not int(found["part"]):
        return f"{int(found['whole'])}{unit}"
    place = _SIZE_UNITS.index(unit)
    if place == 0:
        return None
    value = float(f"{found['whole']}.{found['part']}") * 1024
    return f"{round(value)}{_SIZE_UNITS[place - 1]}"


def _told(condition: Condition) -> str:
    if condition.field is Field.SIZE:
        text = condition.values[0]
        unit = text[-1] if text[-1].isalpha() else ""
        return f"{text.removesuffix(unit)} {_SHOWN_UNITS[unit]}"
    return f"{SEPARATOR} ".join(condition.values)
