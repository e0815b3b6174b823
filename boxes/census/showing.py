"""What the pages of the census show, read for many boxes at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Agent, Establishment
from boxes.models import AccountRequest, Box, BoxUse, CensusEntry, CensusSheet, Role

# Of an entry, or of a noted use: the person heads the establishment of the box, and so owns it whatever is entered.
_IS_HEAD = Q(agent__function=Agent.Function.HEAD, agent__is_active=True, agent__establishment=F("box__establishment"))


@dataclass(frozen=True)
class BoxRow:
    """A box of a census. heads, owners: who would own it, by function and as declared; people: all who would have
    access, heads included; gone: entries of accounts that are no longer active; users: who noted the use of it and
    is not entered."""

    box: Box
    heads: tuple[Agent, ...] = ()
    owners: tuple[Agent, ...] = ()
    entered: int = 0
    gone: int = 0
    without_account: int = 0
    users: int = 0

    @property
    def people(self) -> int:
        return len(self.heads) + self.entered

    @property
    def has_owner(self) -> bool:
        return bool(self.heads or self.owners)

    @property
    def state(self) -> str:
        if self.box.is_shared:
            return "shared"
        if not self.box.is_kept:
            return "not_kept"
        if not self.has_owner:
            return "no_owner"
        return "complete" if self.entered else "empty"

    @property
    def state_label(self) -> str:
        return {
            "shared": "Transférée",
            "not_kept": "Ne sert plus",
            "no_owner": "Sans propriétaire",
            "complete": "Renseignée",
            "empty": "À renseigner",
        }[self.state]


@dataclass(frozen=True)
class Issue:
    """Something the census lacks; `blocks` when it cannot be submitted like that."""

    sentence: str
    blocks: bool
    box: Box | None = None


@dataclass(frozen=True)
class Completeness:
    """How far the census of one establishment is, for staff. Boxes that serve no more count in `not_kept` only."""

    establishment: Establishment
    sheet: CensusSheet
    heads: int = 0
    boxes: int = 0
    not_kept: int = 0
    shared: int = 0
    # Boxes in which somebody besides the heads is entered, and entries in all.
    complete: int = 0
    people: int = 0
    without_owner: int = 0
    # Owners whose account is no longer active, or who belong to another establishment by now.
    owners_gone: int = 0
    owners_elsewhere: int = 0
    # Added in the census, which staff should look at before the mailboxes are made.
    declared: int = 0
    requests: dict[str, int] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        return 100 * self.complete // self.boxes if self.boxes else 0

    @property
    def requests_open(self) -> int:
        return self.requests.get("draft", 0) + self.requests.get("sent", 0)


def box_rows(boxes: Sequence[Box]) -> list[BoxRow]:
    """The rows of `boxes`, in their order; five queries."""
    ids = [box.pk for box in boxes]
    heads = heads_of({box.establishment_id for box in boxes if box.establishment_id})
    is_live = Q(agent__is_active=True) | Q(agent__isnull=True)
    others = Q(agent__isnull=True) | ~_IS_HEAD
    counts: dict[int, Any] = {
        row["box"]: row
        for row in CensusEntry.objects.filter(box__in=ids)
        .values("box")
        .annotate(
            entered=Count("pk", filter=is_live & others),
            gone=Count("pk", filter=Q(agent__is_active=False)),
            without=Count("pk", filter=Q(request__isnull=False)),
        )
    }
    owners: dict[int, list[Agent]] = defaultdict(list)
    for entry in (
        CensusEntry.objects.filter(~_IS_HEAD, box__in=ids, role=Role.OWNER, agent__is_active=True)
        .select_related("agent")
        .order_by("agent__family_name", "agent__given_name")
    ):
        if entry.agent:
            owners[entry.box_id].append(entry.agent)
    there = CensusEntry.objects.filter(box=OuterRef("box"), agent=OuterRef("agent"))
    users = dict(
        BoxUse.objects.filter(~Exists(there), ~_IS_HEAD, box__in=ids, agent__is_active=True)
        .values_list("box")
        .annotate(Count("pk"))
    )
    rows = []
    for box in boxes:
        count = counts.get(box.pk, {})
        rows.append(
            BoxRow(
                box,
                tuple(heads.get(box.establishment_id or 0, ())),
                tuple(owners[box.pk]),
                count.get("entered", 0),
                count.get("gone", 0),
                count.get("without", 0),
                users.get(box.pk, 0),
            )
        )
    return rows


def heads_of(establishment_ids: Collection[int]) -> dict[int, list[Agent]]:
    """Active heads by establishment; one query."""
    found: dict[int, list[Agent]] = defaultdict(list)
    for head in Agent.objects.filter(
        establishment__in=establishment_ids, function=Agent.Function.HEAD, is_active=True
    ).order_by("family_name", "given_name"):
        if head.establishment_id:
            found[head.establishment_id].append(head)
    return found


def missing(establishment: Establishment) -> list[Issue]:
    """What stands against submitting the census of `establishment`, and what should be looked at before."""
    rows = box_rows(list(Box.objects.filter(establishment=establishment)))
    kept = [row for row in rows if row.box.is_kept and not row.box.is_shared]
    issues = [
        Issue("Personne n’en serait propriétaire : désignez quelqu’un.", True, row.box)
        for row in kept
        if not row.has_owner
    ]
    issues += [
        Issue(
            "Une personne enregistrée n’est plus dans l’annuaire : elle n’aura pas accès."
            if row.gone == 1
            else f"{row.gone} personnes enregistrées ne sont plus dans l’annuaire : elles n’auront pas accès.",
            False,
            row.box,
        )
        for row in kept
        if row.gone
    ]
    issues += [
        Issue(
            "Personne d’autre que la direction n’y aura accès." if row.heads else "Personne n’y aura accès.",
            False,
            row.box,
        )
        for row in kept
        if row.has_owner and not row.entered
    ]
    if not rows:
        issues.append(Issue("Aucune boîte n’est enregistrée : ajoutez celles que l’annuaire ne connaît pas.", False))
    elif not kept:
        issues.append(Issue("Plus aucune boîte n’est à transférer.", False))
    return issues


def completeness(establishments: Sequence[Establishment]) -> list[Completeness]:
    """How far each census is, in the order given; nine queries at most, however many there are."""
    ids = [one.pk for one in establishments]
    sheets = {
        sheet.establishment_id: sheet
        for sheet in CensusSheet.objects.filter(establishment__in=ids).select_related("submitted_by")
    }
    by_place: dict[int, list[BoxRow]] = defaultdict(list)
    for row in box_rows(list(Box.objects.filter(establishment__in=ids))):
        by_place[row.box.establishment_id or 0].append(row)
    heads = heads_of(ids)
    owners = CensusEntry.objects.filter(role=Role.OWNER, box__establishment__in=ids, box__is_kept=True)
    gone = dict(owners.filter(agent__is_active=False).values_list("box__establishment").annotate(Count("pk")))
    elsewhere = dict(
        owners.filter(agent__is_active=True)
        .exclude(agent__establishment=F("box__establishment"))
        .values_list("box__establishment")
        .annotate(Count("pk"))
    )
    requests: dict[int, Counter[str]] = defaultdict(Counter)
    for place, state, count in (
        AccountRequest.objects.filter(establishment__in=ids).values_list("establishment", "state").annotate(Count("pk"))
    ):
        requests[place][state] = count
    found = []
    for one in establishments:
        kept = [row for row in by_place[one.pk] if row.box.is_kept]
        found.append(
            Completeness(
                establishment=one,
                sheet=sheets.get(one.pk) or CensusSheet(establishment=one),
                heads=len(heads.get(one.pk, ())),
                boxes=len(kept),
                not_kept=len(by_place[one.pk]) - len(kept),
                shared=sum(row.box.is_shared for row in kept),
                complete=sum(row.box.is_shared or (row.has_owner and row.entered > 0) for row in kept),
                people=sum(row.entered for row in kept),
                without_owner=sum(not row.has_owner and not row.box.is_shared for row in kept),
                owners_gone=gone.get(one.pk, 0),
                owners_elsewhere=elsewhere.get(one.pk, 0),
                declared=sum(row.box.origin == Box.Origin.DECLARED for row in kept),
                requests=dict(requests[one.pk]),
            )
        )
    return found
