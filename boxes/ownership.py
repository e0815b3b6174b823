"""Boxes that nobody answers for, owners who left, heads who own nothing: what staff have to put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Agent
from boxes import overview
from boxes.census import showing
from boxes.models import Box, Delegation


class Gap(StrEnum):
    """One list of the page."""

    NO_OWNER = "sans-proprietaire"
    NO_ACTING = "sans-proprietaire-actif"
    INACTIVE = "comptes-inactifs"
    ELSEWHERE = "autre-etablissement"
    HEADS = "directions"

    @property
    def label(self) -> str:
        return _LABELS[self][0]

    @property
    def remedy(self) -> str:
        """What staff do about it, in French."""
        return _LABELS[self][1]


_LABELS = {
    Gap.NO_OWNER: (
        "Boîtes sans propriétaire",
        "Avant le transfert : rattachez la boîte à un établissement qui a une direction, ou désignez un propriétaire "
        "dans son recensement ; sans cela elle n’est pas transférée. Après : nommez un propriétaire.",
    ),
    Gap.NO_ACTING: (
        "Boîtes sans propriétaire actif",
        "Les propriétaires prévus ne sont pas encore transférés, ou leur compte est fermé : personne ne peut gérer les "
        "accès. Nommez quelqu’un qui est déjà transféré, sauf si la date d’un propriétaire est proche.",
    ),
    Gap.INACTIVE: (
        "Propriétaires dont le compte est fermé",
        "Vérifiez qu’un autre propriétaire reste, sinon nommez-en un. Ce propriétaire peut ensuite retirer l’accès.",
    ),
    Gap.ELSEWHERE: (
        "Propriétaires d’un autre établissement",
        "La personne a pu changer de poste. Demandez à la direction si elle garde la boîte ; sinon un autre "
        "propriétaire lui retire l’accès.",
    ),
    Gap.HEADS: (
        "Directions qui ne possèdent pas une boîte de leur établissement",
        "Une direction est propriétaire par défaut de toutes les boîtes de son établissement : nommez-la en un geste. "
        "Si elle n’est pas encore transférée, attendez son transfert.",
    ),
}


@dataclass(frozen=True)
class Line:
    """A box, with the person it is about, if any. candidates: active heads who could be appointed at once."""

    box: Box
    person: Agent | None = None
    row: Delegation | None = None
    candidates: tuple[Agent, ...] = ()

    @property
    def may_appoint(self) -> bool:
        return self.box.is_shared


def boxes_without_owner() -> QuerySet[Box]:
    return overview.choose(kind="no_owner")


def boxes_without_acting_owner() -> QuerySet[Box]:
    """Shared boxes with owners none of whom can act: they have not moved, or their account is closed."""
    owners = Delegation.objects.current().owners().filter(box=OuterRef("pk"))
    acting = owners.active().filter(agent__is_active=True)
    return overview.choose().filter(Exists(owners), ~Exists(acting), transfer_asked_at__isnull=False)


def owners_inactive() -> QuerySet[Delegation]:
    return _owners().filter(agent__is_active=False)


def owners_elsewhere() -> QuerySet[Delegation]:
    """Owners of a box of another establishment than their own, or who belong to none by now."""
    away = Q(agent__establishment__isnull=True) | ~Q(agent__establishment=F("box__establishment"))
    return _owners().filter(away, agent__is_active=True, box__establishment__isnull=False)


def heads_missing() -> list[tuple[Box, Agent]]:
    """Shared boxes of an establishment and active heads of it who do not own them, in the order of the boxes; two
    queries."""
    heads = Agent.objects.filter(establishment=OuterRef("establishment"), function=Agent.Function.HEAD, is_active=True)
    owned = set(Delegation.objects.current().owners().filter(agent__function=Agent.Function.HEAD)
                .values_list("box", "agent"))  # fmt: skip
    boxes = list(overview.choose().filter(Exists(heads), transfer_asked_at__isnull=False))
    by_place = showing.heads_of({box.establishment_id for box in boxes if box.establishment_id})
    return [
        (box, head)
        for box in boxes
        for head in by_place.get(box.establishment_id or 0, ())
        if (box.pk, head.pk) not in owned
    ]


Found = QuerySet[Box] | QuerySet[Delegation] | list[tuple[Box, Agent]]


def found(gap: Gap) -> Found:
    """All that list holds; `lines` tells what is shown of a portion of it."""
    readers: dict[Gap, Callable[[], Found]] = {
        Gap.NO_OWNER: boxes_without_owner,
        Gap.NO_ACTING: boxes_without_acting_owner,
        Gap.INACTIVE: owners_inactive,
        Gap.ELSEWHERE: owners_elsewhere,
        Gap.HEADS: heads_missing,
    }
    return readers[gap]()


def counts() -> dict[Gap, int]:
    sizes = {}
    for gap in Gap:
        one = found(gap)
        sizes[gap] = len(one) if isinstance(one, list) else one.count()
    return sizes


def lines(items: Sequence[Box | Delegation | tuple[Box, Agent]]) -> list[Line]:
    """What is shown of a portion of `found`; one query for the heads of all of them."""
    shown = [_line(item) for item in items]
    places = {line.box.establishment_id for line in shown if line.person is None and line.box.establishment_id}
    heads = showing.heads_of(places)
    return [
        replace(
            line, candidates=tuple(head for head in heads.get(line.box.establishment_id or 0, ()) if head.has_migrated)
        )
        if line.person is None
        else line
        for line in shown
    ]


def table(gap: Gap) -> Iterator[tuple[object, ...]]:
    yield "liste", "boîte", "nom de la boîte", "établissement", "personne", "adresse", "établissement de la personne"
    everything = found(gap)
    parts = [everything] if isinstance(everything, list) else overview.portions(everything)
    for part in parts:
        for line in lines(part):
            place, person = line.box.establishment, line.person
            yield (
                gap.label, line.box.address, line.box.name, place.name if place else "",
                person.full_name if person else "", person.address if person else "",
                person.establishment.name if person and line.row and person.establishment else "",
            )  # fmt: skip


def _owners() -> QuerySet[Delegation]:
    rows = Delegation.objects.current().owners().select_related("agent__establishment", "box__establishment")
    return rows.order_by("box__address", "agent__family_name", "pk")


def _line(item: Box | Delegation | tuple[Box, Agent]) -> Line:
    if isinstance(item, Box):
        return Line(item)
    if isinstance(item, Delegation):
        return Line(item.box, item.agent, item)
    return Line(item[0], item[1])
