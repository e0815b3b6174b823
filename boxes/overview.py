"""What staff read of all boxes at once: where each stands, who is missing at its head, who waits, who has what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from accounts.plain_text import plain, words
from boxes import transfer, wave_source
from boxes.census import dates, showing
from boxes.models import Box, BoxFinding, CensusEntry, CensusSheet, Delegation, Role


class Stage(StrEnum):
    """How far a box is on its way from the census to Zimbra."""

    CENSUS = "census"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    UNDER_WAY = "under_way"
    TRANSFERRED = "transferred"
    NOT_KEPT = "not_kept"

    @property
    def label(self) -> str:
        return _STAGES[self]


_STAGES = {
    Stage.CENSUS: "Recensement à transmettre",
    Stage.SUBMITTED: "Recensement transmis",
    Stage.VALIDATED: "Recensement validé",
    Stage.UNDER_WAY: "Transfert en cours",
    Stage.TRANSFERRED: "Transférée",
    Stage.NOT_KEPT: "Ne sert plus",
}
# What staff filter by: the stages, and what has to be looked at.
FILTERS = {
    **{stage.value: stage.label for stage in Stage},
    "trouble": "À débloquer",
    "findings": "Écarts avec Zimbra",
    "no_owner": "Sans propriétaire",
    "no_place": "Sans établissement",
}
SORTS = {
    "adresse": ("Adresse", ("address",)),
    "nom": ("Nom", ("name", "address")),
    "etablissement": ("Établissement", ("establishment__name", "address")),
    "recent": ("Dernier transfert d’abord", (F("transfer_asked_at").desc(nulls_last=True), "address")),
}
AUDIT_CHUNK = 1000


@dataclass(frozen=True)
class Row:
    """A box in the list. people: who has access, or will; before the transfer: who is entered, heads included."""

    box: Box
    stage: Stage
    wave: str = ""
    owners: tuple[Agent, ...] = ()
    people: int = 0
    pending: int = 0
    in_trouble: int = 0
    findings: int = 0

    @property
    def waits(self) -> bool:
        """Whether Zimbra has to be waited for; the portal tries again by itself."""
        return bool(self.box.waiting_for)


def choose(
    *, text: str = "", kind: str = "", place: str = "", wave: int | None = None, sort: str = ""
) -> QuerySet[Box]:
    """Boxes that hold every word of `text` in address, name, or establishment, are of `kind` (a key of FILTERS), of the
    establishment with the code `place`, and of the wave of that number. What is not known does not filter."""
    boxes = Box.objects.select_related("establishment__census_sheet")
    if kind in FILTERS:
        boxes = boxes.filter(_KINDS[kind]())
    if place:
        boxes = boxes.filter(establishment__uai=place)
    if wave is not None:
        boxes = boxes.filter(pk__in=wave_source.boxes_of(wave).values("pk"))
    if wanted := words(text):
        # Compared here: accents and capitals must not matter, on SQLite as on PostgreSQL.
        rows = boxes.order_by().values_list(
            "pk", "address", "name", "establishment__name", "establishment__uai", "establishment__city"
        )
        held = ((pk, plain(" ".join(part or "" for part in parts))) for pk, *parts in rows)
        boxes = boxes.filter(pk__in=[pk for pk, content in held if all(word in content for word in wanted)])
    return boxes.order_by(*SORTS.get(sort, SORTS["adresse"])[1])


def rows(boxes: Sequence[Box]) -> list[Row]:
    """The rows of `boxes`, in their order; the same dozen of queries for one and for many."""
    waves = wave_source.labels(boxes)
    before = {row.box.pk: row for row in showing.box_rows([box for box in boxes if not box.is_shared])}
    after = {one.box.pk: one for one in transfer.summary([box for box in boxes if box.is_shared])}
    findings = dict(
        BoxFinding.objects.filter(box__in=[box.pk for box in boxes], settled_at__isnull=True)
        .order_by()
        .values_list("box")
        .annotate(Count("pk"))
    )
    found = []
    for box in boxes:
        wave, differing = waves.get(box.pk, ""), findings.get(box.pk, 0)
        if box.is_shared:
            one = after[box.pk]
            people = one.in_place + one.under_way + one.in_trouble + one.pending
            found.append(Row(box, stage_of(box), wave, one.owners, people, one.pending, one.in_trouble, differing))
        else:
            row = before[box.pk]
            found.append(Row(box, stage_of(box), wave, (*row.heads, *row.owners), row.people, findings=differing))
    return found


def stage_of(box: Box) -> Stage:
    """The establishment and its sheet come along with `box`."""
    if box.is_shared:
        return Stage.TRANSFERRED if box.transferred_at else Stage.UNDER_WAY
    if not box.is_kept:
        return Stage.NOT_KEPT
    sheet = getattr(box.establishment, "census_sheet", None) if box.establishment else None
    if sheet is not None and sheet.state == CensusSheet.State.SUBMITTED:
        return Stage.SUBMITTED
    return Stage.VALIDATED if sheet is not None and sheet.state == CensusSheet.State.VALIDATED else Stage.CENSUS


def counts() -> dict[str, int]:
    """How many boxes each filter holds; one query."""
    return Box.objects.aggregate(**{kind: Count("pk", filter=condition()) for kind, condition in _KINDS.items()})


def table(boxes: QuerySet[Box]) -> Iterator[tuple[object, ...]]:
    """The list as a table, heading first; read in portions."""
    yield (
        "adresse", "nom", "UAI", "établissement", "vague", "état", "propriétaires", "personnes", "en attente",
        "à débloquer", "écarts avec Zimbra", "transfert demandé le", "transférée le",
    )  # fmt: skip
    for part in portions(boxes):
        for row in rows(part):
            place = row.box.establishment
            yield (
                row.box.address, row.box.name, place.uai if place else "", place.name if place else "", row.wave,
                row.stage.label, ", ".join(owner.address for owner in row.owners), row.people, row.pending,
                row.in_trouble, row.findings, moment(row.box.transfer_asked_at), moment(row.box.transferred_at),
            )  # fmt: skip


def pending(*, text: str = "", role: str = "", place: str = "") -> QuerySet[Delegation]:
    """Accesses that wait for the person's own move, by person."""
    found = Delegation.objects.pending().select_related("agent__establishment", "box__establishment")
    if role in Role.values:
        found = found.filter(role=role)
    if place:
        found = found.filter(box__establishment__uai=place)
    for word in words(text)[:8]:
        found = found.filter(Q(agent__search_text__contains=word) | Q(box__address__contains=word))
    return found.order_by("agent__family_name", "agent__given_name", "agent", "box__address")


@dataclass(frozen=True)
class Waiting:
    row: Delegation
    planned: str

    @property
    def remark(self) -> str:
        """Why it still waits, when that is not for the day to come."""
        if not self.row.agent.is_active:
            return "Ce compte n’est plus actif : l’accès ne s’ouvrira pas."
        if self.row.agent.has_migrated:
            return "Messagerie transférée : l’accès s’ouvre dans la minute."
        return "" if self.planned else "Aucune date prévue pour cette personne."


def with_days(delegations: Sequence[Delegation]) -> list[Waiting]:
    days = dates.planned_days([row.agent for row in delegations])
    return [Waiting(row, days.get(row.agent_id, "")) for row in delegations]


def pending_table(found: QuerySet[Delegation]) -> Iterator[tuple[object, ...]]:
    yield (
        "nom", "prénom", "adresse", "établissement", "transfert prévu", "boîte", "nom de la boîte", "rôle",
        "prévu depuis", "remarque",
    )  # fmt: skip
    for part in portions(found):
        for one in with_days(part):
            agent, box = one.row.agent, one.row.box
            yield (
                agent.family_name, agent.given_name, agent.address,
                agent.establishment.name if agent.establishment else "", one.planned, box.address, box.name,
                one.row.role_label, moment(one.row.created_at), one.remark,
            )  # fmt: skip


def audit_table() -> Iterator[tuple[object, ...]]:
    """Every access that holds or waits, for an audit; one query, read in portions."""
    yield (
        "boîte", "nom de la boîte", "UAI", "établissement", "nom", "prénom", "adresse", "compte actif", "rôle", "état",
        "depuis", "donné par", "en place dans Zimbra", "masquée", "à débloquer",
    )  # fmt: skip
    found = (
        Delegation.objects.current()
        .select_related("box__establishment", "agent", "granted_by")
        .order_by("box__address", "agent__family_name", "agent__given_name", "pk")
    )
    for row in found.iterator(chunk_size=AUDIT_CHUNK):
        place = row.box.establishment
        yield (
            row.box.address, row.box.name, place.uai if place else "", place.name if place else "",
            row.agent.family_name, row.agent.given_name, row.agent.address, _yes(row.agent.is_active), row.role_label,
            row.get_state_display(), moment(row.active_since or row.created_at),
            row.granted_by.address if row.granted_by else "Le portail",
            _yes(row.is_in_place and row.is_active), _yes(row.hidden), row.trouble,
        )  # fmt: skip


def portions(found: QuerySet[Any]) -> Iterator[list[Any]]:
    """All of `found`, some at a time, so that memory does not grow with them."""
    rows = found.iterator(chunk_size=AUDIT_CHUNK)
    while part := list(islice(rows, AUDIT_CHUNK)):
        yield part


def moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at else ""


def _yes(value: bool) -> str:
    return "oui" if value else "non"


def _before() -> Q:
    return Q(transfer_asked_at__isnull=True, is_kept=True)


def _sheet(*states: str) -> Q:
    return Q(establishment__census_sheet__state__in=states)


def _ownerless() -> Q:
    """No owner now, nor after the owner's own move; before the transfer, nobody who would become one."""
    owners = Delegation.objects.current().owners().filter(box=OuterRef("pk"))
    declared = CensusEntry.objects.filter(box=OuterRef("pk"), role=Role.OWNER, agent__is_active=True)
    heads = Agent.objects.filter(establishment=OuterRef("establishment"), function=Agent.Function.HEAD, is_active=True)
    return (Q(transfer_asked_at__isnull=False) & ~Exists(owners)) | (_before() & ~Exists(declared) & ~Exists(heads))


def _troubled() -> Q:
    stuck = Delegation.objects.filter(box=OuterRef("pk")).exclude(trouble="")
    return Q(transfer_asked_at__isnull=False) & (Exists(stuck) | ~Q(waiting_for=""))


def _with_findings() -> Q:
    return Q(Exists(BoxFinding.objects.filter(box=OuterRef("pk"), settled_at__isnull=True)))


_KINDS: dict[str, Callable[[], Q]] = {
    Stage.CENSUS.value: lambda: _before() & ~_sheet(CensusSheet.State.SUBMITTED, CensusSheet.State.VALIDATED),
    Stage.SUBMITTED.value: lambda: _before() & _sheet(CensusSheet.State.SUBMITTED),
    Stage.VALIDATED.value: lambda: _before() & _sheet(CensusSheet.State.VALIDATED),
    Stage.UNDER_WAY.value: lambda: Q(transfer_asked_at__isnull=False, transferred_at__isnull=True),
    Stage.TRANSFERRED.value: lambda: Q(transferred_at__isnull=False),
    Stage.NOT_KEPT.value: lambda: Q(transfer_asked_at__isnull=True, is_kept=False),
    "trouble": _troubled,
    "findings": _with_findings,
    "no_owner": _ownerless,
    "no_place": lambda: Q(establishment__isnull=True),
}
