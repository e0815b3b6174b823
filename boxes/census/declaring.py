"""Who must have access to a box after its transfer: the entries of the census, written here and by its imports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from accounts import journal
from accounts.models import Agent
from boxes import reach
from boxes.census.states import CensusError, Gone, NotYours, active_heads, changing_box
from boxes.models import AccountRequest, Box, BoxUse, CensusEntry, Role

# A box of a whole academy has some hundred people; this only stops somebody from filling the table.
MAX_ENTRIES = 2000


class IsHead(CensusError):
    sentence = "Cette personne dirige l’établissement : elle est propriétaire d’office, il n’y a rien à enregistrer."


class NotActive(CensusError):
    sentence = "Ce compte n’est plus actif dans l’annuaire : il ne pourra pas recevoir d’accès."


class AlreadyThere(CensusError):
    sentence = "Cette personne est déjà dans la liste. Changez son rôle si besoin."


class LastOwner(CensusError):
    sentence = "Cette personne serait la seule propriétaire de la boîte : désignez d’abord quelqu’un d’autre."


class NeedsAccount(CensusError):
    sentence = "Une personne sans compte ne peut pas être propriétaire : choisissez membre, ou lecture seule."


class TooMany(CensusError):
    sentence = f"Une boîte ne peut pas avoir plus de {MAX_ENTRIES} personnes."


def add(*, box: Box, agent: Agent, role: Role, by: Agent) -> CensusEntry:
    """Enter `agent` with `role`. Raises, besides what `changing_box` does, IsHead, NotActive, AlreadyThere, TooMany."""
    with changing_box(box, by=by) as found:
        _check(found, agent)
        if CensusEntry.objects.filter(box=found, agent=agent).exists():
            raise AlreadyThere
        _need_room(found, 1)
        return _add(found, agent, role, by=by)


@dataclass
class Written:
    """What came of entering many: who is new, whose role changed, how many were there with that role already."""

    added: list[Agent] = field(default_factory=list)
    changed: list[Agent] = field(default_factory=list)
    there: int = 0


def write(*, box: Box, wanted: Iterable[tuple[Agent, Role]], by: Agent) -> Written:
    """Enter several at once, all or nothing; who is there takes the role named. Heads and accounts that are no longer
    active are passed over. Raises what `changing_box` does, LastOwner, TooMany."""
    with changing_box(box, by=by) as found:
        heads = {head.pk for head in _heads(found)}
        there = {entry.agent_id: entry for entry in found.entries.filter(agent__isnull=False)}
        written = Written()
        new = []
        for agent, role in wanted:
            if agent.pk in heads or not agent.is_active:
                continue
            entry = there.get(agent.pk)
            if entry is None:
                entry = there[agent.pk] = CensusEntry(box=found, agent=agent, role=role, added_by=by)
                new.append(entry)
                written.added.append(agent)
            elif entry.role == role:
                written.there += 1
            elif entry.pk:
                _set_role(entry, agent, role, by=by, in_one=False)
                written.changed.append(agent)
        _need_room(found, len(new))
        CensusEntry.objects.bulk_create(new)
        journal.record_each(
            "census.entry_added",
            [(agent, _details(agent, there[agent.pk].role)) for agent in written.added],
            by=by,
            target=f"box:{found.pk}",
            target_label=found.address,
        )
        if written.changed:
            _need_owner(found, heads=bool(heads))
        return written


def change_role(*, entry: CensusEntry, role: Role, by: Agent) -> None:
    """Raises what `changing_box` does, LastOwner, NeedsAccount (a person without account as owner)."""
    with changing_box(entry.box, by=by) as found:
        row = _current(entry)
        if row.role == role:
            return
        if row.agent is None:
            if role == Role.OWNER:
                raise NeedsAccount
            row.role = role
            row.save(update_fields=["role"])
            assert row.request is not None, "held by the constraint entry_is_of_a_person_or_a_request"
            _record("census.entry_role", found, by=by, name=row.request.full_name, role=_in_words(role))
        else:
            _set_role(row, row.agent, role, by=by, in_one=True)


def remove(*, entry: CensusEntry, by: Agent) -> None:
    """Take the person out of the list; a request for an account that no box needs any more, and that has not left, goes
    with it. Raises what `changing_box` does, LastOwner."""
    with changing_box(entry.box, by=by) as found:
        row = _current(entry)
        person, request = row.agent, row.request
        was_possible = row.role == Role.OWNER and person is not None and person.is_active
        row.delete()
        if was_possible:
            _need_owner(found, heads=bool(_heads(found)))
        if request is not None:
            _record("census.entry_removed", found, by=by, name=request.full_name)
            if request.state == AccountRequest.State.DRAFT and not request.entries.exists():
                request.delete()
        elif person is not None:
            _record("census.entry_removed", found, by=by, subject=person, name=person.full_name)


@dataclass(frozen=True)
class Copied:
    """Of another box: who would be added with which role, who is there already (and keeps the role), who cannot be."""

    new: list[tuple[Agent, Role]] = field(default_factory=list)
    requests: list[tuple[AccountRequest, Role]] = field(default_factory=list)
    there: int = 0
    gone: int = 0


def copy_preview(*, box: Box, source: Box) -> Copied:
    """What `copy` would do; four queries."""
    heads = {head.pk for head in _heads(box)}
    there = set(box.entries.values_list("agent_id", "request_id"))
    found = Copied()
    known = gone = 0
    for entry in source.entries.select_related("agent", "request").order_by(
        "agent__family_name", "agent__given_name", "pk"
    ):
        if (entry.agent_id, entry.request_id) in there or entry.agent_id in heads:
            known += 1
        elif entry.agent is not None and not entry.agent.is_active:
            gone += 1
        elif entry.agent is not None:
            found.new.append((entry.agent, Role(entry.role)))
        elif entry.request is not None:
            found.requests.append((entry.request, Role(entry.role)))
    return Copied(found.new, found.requests, known, gone)


def copy(*, box: Box, source: Box, by: Agent) -> Copied:
    """Enter whoever is in `source`, a box of the same census and of `by`'s reach; nobody's role changes.

    Raises what `changing_box` does, NotYours, TooMany.
    """
    with changing_box(box, by=by) as found:
        establishment = found.establishment
        assert establishment is not None, "held by changing_box"
        if not reach.boxes_in_census(by, establishment).filter(pk=source.pk).exists():
            raise NotYours
        copied = copy_preview(box=found, source=source)
        _need_room(found, len(copied.new) + len(copied.requests))
        CensusEntry.objects.bulk_create(
            [CensusEntry(box=found, agent=agent, role=role, added_by=by) for agent, role in copied.new]
            + [CensusEntry(box=found, request=request, role=role, added_by=by) for request, role in copied.requests]
        )
        _record("census.copied", found, by=by, source=source.address, count=len(copied.new) + len(copied.requests))
        return copied


def add_users(*, box: Box, agents: Iterable[Agent] | None, by: Agent) -> Written:
    """Enter, as members, those of `agents` (all, when None) who noted that they use the box and are not entered yet."""
    noted = users_to_add(box)
    if agents is not None:
        chosen = {agent.pk for agent in agents}
        noted = [agent for agent in noted if agent.pk in chosen]
    return write(box=box, wanted=[(agent, Role.MEMBER) for agent in noted], by=by)


def users_to_add(box: Box) -> list[Agent]:
    """Active persons who noted the use of the box, are not entered and do not head its establishment."""
    heads = {head.pk for head in _heads(box)}
    entered = set(box.entries.filter(agent__isnull=False).values_list("agent_id", flat=True))
    return [
        use.agent
        for use in BoxUse.objects.filter(box=box, agent__is_active=True)
        .select_related("agent__establishment")
        .order_by("agent__family_name", "agent__given_name")
        if use.agent_id not in heads | entered
    ]


@dataclass(frozen=True)
class Person:
    """Somebody without a nominative account, as the form gives it."""

    given_name: str
    family_name: str
    job: str
    employer: str
    contact: str = ""

    def in_lines(self) -> Person:
        """The same, each value in one line."""
        return Person(**{name: " ".join(value.replace("\0", " ").split()) for name, value in asdict(self).items()})


def add_without_account(*, box: Box, person: Person, role: Role, by: Agent) -> CensusEntry:
    """Enter somebody who has no account, for whom one is asked when the census is submitted. A request of the same name
    in the establishment is taken up, and the person whom it brought an account is entered by it.

    Raises what `changing_box` does, NeedsAccount, AlreadyThere, IsHead, NotActive, TooMany.
    """
    with changing_box(box, by=by) as found:
        if role == Role.OWNER:
            raise NeedsAccount
        person = person.in_lines()
        request = _request_for(found, person)
        if request is not None and request.agent is not None:
            _check(found, request.agent)
            if CensusEntry.objects.filter(box=found, agent=request.agent).exists():
                raise AlreadyThere
            return _add(found, request.agent, role, by=by)
        if request is None:
            request = AccountRequest(establishment=found.establishment, created_by=by, **asdict(person))
            request.save(force_insert=True)
        return add_request(box=found, request=request, role=role, by=by)


def add_request(*, box: Box, request: AccountRequest, role: Role, by: Agent) -> CensusEntry:
    """Enter whom `request`, of the same establishment, asks an account for.

    Raises what `changing_box` does, NeedsAccount, AlreadyThere, TooMany, Gone (of another establishment).
    """
    with changing_box(box, by=by) as found:
        if role == Role.OWNER:
            raise NeedsAccount
        open_here = AccountRequest.objects.filter(establishment=found.establishment_id, agent__isnull=True)
        if not open_here.filter(pk=request.pk).exists():
            raise Gone
        if CensusEntry.objects.filter(box=found, request=request).exists():
            raise AlreadyThere
        _need_room(found, 1)
        entry = CensusEntry.objects.create(box=found, request=request, role=role, added_by=by)
        _record("census.entry_added", found, by=by, name=request.full_name, role=_in_words(role))
        return entry


def _request_for(box: Box, person: Person) -> AccountRequest | None:
    """Compared as the constraint one_request_per_person_and_place does."""
    found = AccountRequest.objects.filter(establishment=box.establishment_id).select_related("agent")
    named = found.alias(family=Lower("family_name"), given=Lower("given_name"))
    return named.filter(family=Lower(Value(person.family_name)), given=Lower(Value(person.given_name))).first()


def _heads(box: Box) -> list[Agent]:
    return active_heads(box.establishment) if box.establishment else []


def _check(box: Box, agent: Agent) -> None:
    if not agent.is_active:
        raise NotActive
    if box.establishment and reach.is_head_of(agent, box.establishment):
        raise IsHead


def _need_room(box: Box, more: int) -> None:
    if box.entries.count() + more > MAX_ENTRIES:
        raise TooMany


def _add(box: Box, agent: Agent, role: Role, *, by: Agent) -> CensusEntry:
    entry = CensusEntry.objects.create(box=box, agent=agent, role=role, added_by=by)
    _record("census.entry_added", box, by=by, subject=agent, **_details(agent, role))
    return entry


def _set_role(entry: CensusEntry, agent: Agent, role: Role, *, by: Agent, in_one: bool) -> None:
    """in_one: this is all that changes, so that an owner has to be left by it alone."""
    loses = entry.role == Role.OWNER and agent.is_active
    entry.role = role
    entry.save(update_fields=["role"])
    if loses and in_one:
        _need_owner(entry.box, heads=bool(_heads(entry.box)))
    _record("census.entry_role", entry.box, by=by, subject=agent, **_details(agent, role))


def _need_owner(box: Box, *, heads: bool) -> None:
    """Called after the change, whose transaction it ends: a box that had a possible owner keeps one."""
    if not heads and not CensusEntry.objects.filter(box=box, role=Role.OWNER, agent__is_active=True).exists():
        raise LastOwner


def _current(entry: CensusEntry) -> CensusEntry:
    row = CensusEntry.objects.select_related("agent", "request", "box__establishment").filter(pk=entry.pk).first()
    if row is None:
        raise Gone
    return row


def _in_words(role: str) -> str:
    return {Role.OWNER: "propriétaire", Role.MEMBER: "membre", Role.READER: "membre en lecture seule"}[Role(role)]


def _details(agent: Agent, role: str) -> dict[str, str]:
    return {"name": agent.full_name, "role": _in_words(role)}


def _record(action: str, box: Box, *, by: Agent, subject: Agent | None = None, **details: Any) -> None:
    journal.record(action, by=by, subject=subject, target=f"box:{box.pk}", target_label=box.address, **details)
