"""Rows of a list found again in the directory and among the boxes: who is meant, for which box, what would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import Enum
from itertools import islice

from accounts.models import Agent, Establishment
from accounts.plain_text import plain, words
from boxes.census.reading import Row
from boxes.census.showing import heads_of
from boxes.models import Box, CensusEntry, Role

# Persons proposed for one row, and how alike a name has to be (1: the same).
MAX_CHOICES = 6
MIN_LIKENESS = 0.75
# Names looked for by likeness; a longer list of strangers is a wrong file.
MAX_LOOKED_FOR = 200
# Names that one row is compared with.
MAX_COMPARED = 500
AT_ONCE = 500


class Kind(Enum):
    """What becomes of a row when the list is confirmed."""

    ADD = "add"
    CHANGE = "change"
    THERE = "there"
    HEAD = "head"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    NO_BOX = "no_box"
    FROZEN = "frozen"
    TWICE = "twice"
    UNREADABLE = "unreadable"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @classmethod
    def unsettled(cls) -> frozenset[Kind]:
        return frozenset({cls.AMBIGUOUS, cls.UNKNOWN, cls.INACTIVE, cls.NO_BOX, cls.TWICE, cls.UNREADABLE})


_LABELS = {
    Kind.ADD: "Sera ajoutée",
    Kind.CHANGE: "Changera de rôle",
    Kind.THERE: "Déjà dans la liste",
    Kind.HEAD: "Propriétaire d’office",
    Kind.AMBIGUOUS: "À choisir",
    Kind.UNKNOWN: "Inconnue de l’annuaire",
    Kind.INACTIVE: "Compte désactivé",
    Kind.NO_BOX: "Boîte à préciser",
    Kind.FROZEN: "Boîte déjà transférée",
    Kind.TWICE: "Deux rôles dans la liste",
    Kind.UNREADABLE: "Ligne illisible",
}


@dataclass(frozen=True)
class Match:
    """One row and what it means. choices: who may be meant, when nobody is for sure; before: the role held so far."""

    row: Row
    kind: Kind
    role: Role = Role.MEMBER
    box: Box | None = None
    agent: Agent | None = None
    choices: tuple[Agent, ...] = ()
    before: str = ""
    elsewhere: bool = False

    def chosen(self, pk: int | None) -> Agent | None:
        """The person picked among those proposed; None for anybody else."""
        return next((agent for agent in self.choices if agent.pk == pk), None)

    @property
    def role_label(self) -> str:
        return str(self.role.label)

    @property
    def before_label(self) -> str:
        return str(Role(self.before).label) if self.before else ""

    @property
    def given_name(self) -> str:
        """A guess, for the form that asks for an account."""
        return " ".join(self._parts()[:1])

    @property
    def family_name(self) -> str:
        return " ".join(self._parts()[1:])

    def _parts(self) -> list[str]:
        if self.row.name:
            return self.row.name.split()
        return [part.capitalize() for part in words(self.row.address.partition("@")[0])]


def box_names(boxes: Iterable[Box]) -> frozenset[str]:
    """What the boxes may be called in a list (see `reading.read`)."""
    found = set()
    for box in boxes:
        found |= {box.address, box.address.partition("@")[0], plain(box.name)}
    return frozenset(found - {""})


def box_addresses(addresses: Collection[str]) -> frozenset[str]:
    """Those of `addresses` that are boxes, whosever."""
    wanted = sorted(addresses)
    return frozenset(
        address
        for start in range(0, len(wanted), AT_ONCE)
        for address in Box.objects.filter(address__in=wanted[start : start + AT_ONCE]).values_list("address", flat=True)
    )


def match(
    rows: Sequence[Row], *, boxes: Sequence[Box], box: Box | None, establishment: Establishment, default: Role
) -> list[Match]:
    """What each of `rows` means. boxes: those of the census that may be named; box: meant where none is.

    A handful of queries, however many rows.
    """
    people = _People(rows, establishment)
    heads = {head.pk for head in heads_of([establishment.pk]).get(establishment.pk, [])}
    held = {
        (box_id, agent_id): role
        for box_id, agent_id, role in CensusEntry.objects.filter(
            box__in=[one.pk for one in boxes], agent__isnull=False
        ).values_list("box", "agent", "role")
    }
    called: dict[str, list[Box]] = defaultdict(list)
    for one in boxes:
        for name in box_names([one]):
            called[name].append(one)
    addresses = {one.address for one in boxes}
    above: dict[tuple[int, int], Role] = {}
    found = []
    for row in rows:
        match = Match(row, Kind.ADD, row.role or default, _box_of(row, called, box, boxes))
        if row.is_empty or row.unknown_role or row.address in addresses:
            found.append(replace(match, kind=Kind.UNREADABLE))
            continue
        agents, is_sure = people.of(row)
        if not is_sure:
            found.append(replace(match, kind=Kind.AMBIGUOUS if people.are_named(row) else Kind.UNKNOWN, choices=agents))
            continue
        agent = agents[0]
        match = replace(match, agent=agent, elsewhere=agent.establishment_id != establishment.pk)
        if match.box is None:
            match = replace(match, kind=Kind.NO_BOX)
        else:
            key = (match.box.pk, agent.pk)
            before = held.get(key, "")
            match = replace(match, kind=_kind(match, agent.pk in heads, before, above.get(key)), before=before)
            above.setdefault(key, match.role)
        found.append(match)
    return found


def _kind(match: Match, is_head: bool, before: str, above: Role | None) -> Kind:
    assert match.agent is not None
    assert match.box is not None
    if not match.agent.is_active:
        return Kind.INACTIVE
    if match.box.is_shared:
        return Kind.FROZEN
    if is_head:
        return Kind.HEAD
    if above is not None:
        return Kind.THERE if above == match.role else Kind.TWICE
    if not before:
        return Kind.ADD
    return Kind.THERE if before == match.role else Kind.CHANGE


def _box_of(row: Row, called: dict[str, list[Box]], box: Box | None, boxes: Sequence[Box]) -> Box | None:
    """The box a row names; the one the list is for, or the only one there is, where it names none."""
    if not row.box:
        return box or (boxes[0] if len(boxes) == 1 else None)
    meant = called.get(row.box.lower()) or called.get(plain(row.box)) or []
    return meant[0] if len(meant) == 1 else None


class _People:
    """Who is meant by the rows of one list."""

    def __init__(self, rows: Sequence[Row], establishment: Establishment) -> None:
        self._place = establishment.pk
        self._agents: dict[int, Agent] = {}
        self._by_address: dict[str, int] = {}
        self._named: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._near: dict[Row, list[int]] = {}
        self._fetch_addresses({row.address for row in rows if row.address})
        unknown = [row for row in rows if row.address not in self._by_address and not row.is_empty]
        if unknown:
            self._look_for(unknown)

    def of(self, row: Row) -> tuple[tuple[Agent, ...], bool]:
        """The persons that `row` may mean, and whether it is surely the first."""
        if row.address in self._by_address:
            return (self._agents[self._by_address[row.address]],), True
        same = [] if row.address else self._named.get(_key(row.name), [])
        found = tuple(self._agents[pk] for pk in (same or self._near.get(row, []))[:MAX_CHOICES])
        return found, len(same) == 1

    def are_named(self, row: Row) -> bool:
        """Whether several persons have exactly the name of the row."""
        return not row.address and len(self._named.get(_key(row.name), ())) > 1

    def _fetch_addresses(self, addresses: Collection[str]) -> None:
        wanted = sorted(addresses)
        for start in range(0, len(wanted), AT_ONCE):
            for agent in Agent.objects.filter(address__in=wanted[start : start + AT_ONCE]).select_related(
                "establishment"
            ):
                self._agents[agent.pk], self._by_address[agent.address] = agent, agent.pk

    def _look_for(self, rows: Sequence[Row]) -> None:
        """Names go through the whole directory at once: one query, whatever the length of the list."""
        wanted = {_key(row.name) for row in rows if not row.address}
        names: dict[int, tuple[str, ...]] = {}
        holding: dict[str, list[int]] = defaultdict(list)
        here: set[int] = set()
        for pk, given, family, place in Agent.objects.filter(is_active=True).values_list(
            "pk", "given_name", "family_name", "establishment"
        ):
            key = _key(f"{given} {family}")
            names[pk] = key
            if key in wanted:
                self._named[key].append(pk)
            for word in key:
                holding[word].append(pk)
            if place == self._place:
                here.add(pk)
        for some in self._named.values():
            some.sort(key=lambda pk: (pk not in here, pk))
        looked_for = 0
        for row in rows:
            typed = _key(row.address.partition("@")[0]) if row.address else _key(row.name)
            if (not row.address and typed in self._named) or not typed or looked_for >= MAX_LOOKED_FOR:
                continue
            looked_for += 1
            near = set(here) if len(here) <= MAX_COMPARED else set()
            # The rarest words first: half the directory is called Marie.
            for word in sorted((word for word in typed if word in holding), key=lambda word: len(holding[word])):
                if len(near) < MAX_COMPARED:
                    near.update(islice(holding[word], MAX_COMPARED))
            self._near[row] = _alike(typed, near, names)
        fetched = {pk for some in (*self._named.values(), *self._near.values()) for pk in some[:MAX_CHOICES]}
        missing = sorted(fetched - set(self._agents))
        for start in range(0, len(missing), AT_ONCE):
            for agent in Agent.objects.filter(pk__in=missing[start : start + AT_ONCE]).select_related("establishment"):
                self._agents[agent.pk] = agent


def _key(name: str) -> tuple[str, ...]:
    return tuple(sorted(words(name)))


def _alike(typed: tuple[str, ...], near: Iterable[int], names: dict[int, tuple[str, ...]]) -> list[int]:
    """Those of `near` whose names are like `typed`, the closest first."""
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(" ".join(typed))
    found = []
    for pk in near:
        # A family name alone, or one more first name, is as good as a likeness.
        if set(typed) <= set(names[pk]):
            found.append((-len(typed) / len(names[pk]), pk))
            continue
        matcher.set_seq1(" ".join(names[pk]))
        # The quick ones are bounds from above: most names stop there.
        if matcher.real_quick_ratio() >= MIN_LIKENESS and matcher.quick_ratio() >= MIN_LIKENESS:
            likeness = matcher.ratio()
            if likeness >= MIN_LIKENESS:
                found.append((-likeness, pk))
    return [pk for _, pk in sorted(found)[:MAX_CHOICES]]
