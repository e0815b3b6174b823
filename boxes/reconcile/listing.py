"""Findings as pages and tables show them: in sentences, with what each decision comes to, in two queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import plain_text
from accounts.models import Agent
from boxes.models import Box, BoxCheck, BoxFinding
from boxes.reconcile import words


@dataclass(frozen=True, slots=True)
class Shown:
    """name: whom it concerns, as the directory has the person, "" when it does not."""

    row: BoxFinding
    name: str
    seen: str
    restores: str
    adopts: str

    @property
    def is_under_way(self) -> bool:
        return self.row.restore_asked_at is not None


@dataclass(frozen=True, slots=True)
class State:
    """Where the comparison of a box stands. trouble: why the latest one did not go through, in French."""

    row: BoxCheck | None

    @property
    def is_under_way(self) -> bool:
        """Asked for and not held up by a Zimbra that does not answer."""
        return self.row is not None and self.row.asked_at is not None and not self.row.error_code

    @property
    def trouble(self) -> str:
        if self.row is None or not self.row.error_code:
            return ""
        if self.row.asked_at is not None:
            return "La dernière comparaison n’a pas abouti : Zimbra n’a pas répondu comme prévu. Le portail réessaie."
        return "La dernière comparaison n’a pas abouti : Zimbra n’a pas répondu comme prévu."


def state_of(box: Box) -> State:
    return State(BoxCheck.objects.filter(box=box).first())


def shown(rows: Iterable[BoxFinding]) -> list[Shown]:
    """In the order of `rows`."""
    findings = list(rows)
    people = Agent.objects.filter(address__in={one.grantee for one in findings if "@" in one.grantee})
    names = {agent.address: agent.full_name for agent in people}
    return [
        Shown(one, names.get(one.grantee, ""), words.seen(one), words.restores(one), words.adopts(one))
        for one in findings
    ]


def search(rows: QuerySet[BoxFinding], text: str, kind: str) -> QuerySet[BoxFinding]:
    """Those of one kind, and whose box, person or folder has `text` in it."""
    if kind in BoxFinding.Kind.values:
        rows = rows.filter(kind=kind)
    if text:
        wanted = (
            Q(grantee__icontains=text)
            | Q(folder_path__icontains=text)
            | Q(box__name__icontains=text)
            | Q(box__address__icontains=text)
        )
        if words_of_name := plain_text.words(text):
            named = Agent.objects.filter(*(Q(search_text__contains=word) for word in words_of_name))
            wanted |= Q(grantee__in=named.values("address"))
        rows = rows.filter(wanted)
    return rows


def table(rows: Iterable[BoxFinding]) -> Iterator[Sequence[object]]:
    """For a spreadsheet, heading first."""
    yield "boîte", "adresse", "établissement", "nature", "concerne", "élément", "constat", "vu depuis", "vu le", "suite"
    for one in rows:
        yield (
            one.box.name,
            one.box.address,
            str(one.box.establishment or ""),
            one.get_kind_display(),
            words.whom(one),
            one.folder_path.lstrip("/"),
            words.seen(one),
            f"{timezone.localtime(one.first_seen_at):%d/%m/%Y %H:%M}",
            f"{timezone.localtime(one.last_seen_at):%d/%m/%Y %H:%M}",
            "remise en ordre en cours" if one.restore_asked_at else "à décider",
        )
