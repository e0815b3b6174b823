"""The identities for a box, in the mailbox of each person who writes in its name.

Zimbra's list is read once for a person who has something to bring; then what was removed goes, what was changed is
written. One that was made just before a worker died is met again by the box's address and its name. What the person
changed in Zimbra stays until the portal's own row changes; what the person added there for the box is taken into the
portal's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import F, Q

from boxes.identities import ADDRESS_MAX, MOST_PER_BOX, NAME_MAX
from boxes.models import Box, BoxIdentity, Delegation, Role
from boxes.sync.run import Run
from boxes.sync.wanted import ROOT
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, NotAllowed, NotFound, Refused, Taken, Unavailable
from zimbra.types import Identity, SendRight

_PASSING = (Unavailable, AnswerLost, Garbled)


@dataclass
class _Outcome:
    """What one go did in one mailbox, by primary keys of the rows; written down together."""

    # What Zimbra calls it, its name there, and the moment of the change that it holds now.
    brought: dict[int, tuple[str, str, datetime]] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    troubles: dict[int, str] = field(default_factory=dict)
    found: list[Identity] = field(default_factory=list)


def bring(run: Run) -> None:
    """Serve everybody whose rows and mailbox differ. One person's trouble stands on the rows and stops nobody else.

    Raises ClaimLost, and what strikes several mailboxes in a row; one that does not answer is left to `run.silent`.
    """
    box = Box.objects.get(pk=run.box.pk)
    if not box.zimbra_id:
        return
    for pk in _to_serve(box):
        person = Delegation.objects.active().select_related("agent", "box").filter(pk=pk).first()
        if person is None or (Role(person.role).writes and not _may_write_there(person)):
            continue
        rows = list(person.identities.order_by("-is_default", "pk"))
        try:
            outcome = _serve(run, box, person, rows)
        except _PASSING as error:
            run.unanswered(error)
            continue
        except NotFound as error:
            # Without a mailbox there is nothing left to remove.
            outcome = _stopped([row for row in rows if not row.removed], error.code)
            outcome.gone = [row.pk for row in rows if row.removed]
        except NotAllowed as error:
            outcome = _stopped(rows, error.code)
        run.answered()
        _note(run, person, outcome, box)


def _stopped(rows: Iterable[BoxIdentity], code: str) -> _Outcome:
    return _Outcome(troubles={row.pk: code for row in rows if not row.is_in_place})


def _to_serve(box: Box) -> list[int]:
    """Active delegations with an identity that Zimbra does not hold as the portal has it."""
    behind = Q(removed=True) | Q(applied_change__isnull=True) | ~Q(applied_change=F("changed_at"))
    rows = BoxIdentity.objects.filter(behind, delegation__box=box, delegation__state=Delegation.State.ACTIVE)
    return list(rows.order_by("delegation_id").values_list("delegation_id", flat=True).distinct())


def _may_write_there(person: Delegation) -> bool:
    """An identity of no use yet is not made: sending would be refused. Access comes first, in the same go."""
    return bool(person.applied_role) and Role(person.applied_role).writes


def _serve(run: Run, box: Box, person: Delegation, rows: Sequence[BoxIdentity]) -> _Outcome:
    client, there = run.mailbox(person.agent.address), run.identities_of(person.agent.address)
    ours = [one for one in there if not one.is_default and one.from_address.casefold() == box.address.casefold()]
    outcome = _Outcome()
    if not Role(person.role).writes:
        _clear(client, ours, rows, outcome)
        return outcome
    known = _matched(rows, there, ours)
    for row in rows:
        if row.removed:
            _remove(client, row, known.get(row.pk), outcome)
    removed = {known[pk].id for pk in outcome.gone if pk in known}
    names = {one.id: one.name.casefold() for one in there if one.id not in removed}
    for row in rows:
        if not row.removed and not row.is_in_place:
            _write(client, box, person, row, known.get(row.pk), names, outcome)
    met = {one.id for one in known.values()} | {zimbra_id for zimbra_id, _, _ in outcome.brought.values()}
    outcome.found = [one for one in ours if one.id not in met]
    return outcome


def _matched(rows: Sequence[BoxIdentity], there: Sequence[Identity], ours: Sequence[Identity]) -> dict[int, Identity]:
    """Which identity of Zimbra stands for which row: by its id, else, among the box's, by its name."""
    by_id = {one.id: one for one in there}
    found = {row.pk: by_id[row.zimbra_id] for row in rows if row.zimbra_id in by_id}
    free = {one.name.casefold(): one for one in ours if one.id not in {met.id for met in found.values()}}
    for row in rows:
        if row.pk in found or row.is_in_place:
            continue
        for name in _names(row):
            if (one := free.pop(name.casefold(), None)) is not None:
                found[row.pk] = one
                break
    return found


def _clear(client: ZimbraClient, ours: Iterable[Identity], rows: Iterable[BoxIdentity], outcome: _Outcome) -> None:
    """Whoever only reads writes nothing: every identity with the box's address goes, whoever made it."""
    stayed = ""
    for one in ours:
        try:
            client.delete_identity(one.id)
        except Refused as error:
            stayed = error.code
    for row in rows:
        if stayed:
            outcome.troubles[row.pk] = stayed
        elif row.removed:
            outcome.gone.append(row.pk)


def _remove(client: ZimbraClient, row: BoxIdentity, there: Identity | None, outcome: _Outcome) -> None:
    try:
        if there is not None:
            client.delete_identity(there.id)
    except Refused as error:
        outcome.troubles[row.pk] = error.code
    else:
        outcome.gone.append(row.pk)


def _write(
    client: ZimbraClient,
    box: Box,
    person: Delegation,
    row: BoxIdentity,
    there: Identity | None,
    names: dict[str, str],
    outcome: _Outcome,
) -> None:
    """Make it, or bring it to what the row says; a name that another one bears gives way to one with the address."""
    taken = {name for zimbra_id, name in names.items() if there is None or zimbra_id != there.id}
    free = [name for name in _names(row) if name.casefold() not in taken]
    code = "account.IDENTITY_EXISTS"
    for name in free:
        wanted = _wanted(box, person, row, there, name)
        try:
            if there is None:
                made = client.create_identity(wanted).id
            else:
                made = there.id
                if wanted != there:
                    client.update_identity(there.id, wanted)
        except Taken as error:
            # Made between the look and now.
            code = error.code
        except (Refused, NotFound) as error:
            # Gone between the look and now: the next go makes it anew.
            outcome.troubles[row.pk] = error.code
            return
        else:
            names[made] = name.casefold()
            outcome.brought[row.pk] = (made, name, row.changed_at)
            return
    outcome.troubles[row.pk] = code


def _names(row: BoxIdentity) -> Iterable[str]:
    """What it may be called in Zimbra, best first: names are of one person, whatever the box."""
    yield row.name
    address = row.delegation.box.address
    for number in ("", " 2", " 3", " 4", " 5"):
        end = f" ({address}){number}"[-(NAME_MAX - 1) :]
        yield row.name[: NAME_MAX - len(end)].rstrip() + end


def _wanted(box: Box, person: Delegation, row: BoxIdentity, there: Identity | None, name: str) -> Identity:
    """What the row says; what only Zimbra knows of it (signatures, own folders) stays as it is."""
    begins = f"{box.zimbra_id}:"
    folders = [f"{begins}{one}" for one in row.folder_ids]
    if ROOT in row.folder_ids and person.mount_id:
        folders.append(person.mount_id)
    own = [one for one in there.folder_ids if not one.startswith(begins)] if there else []
    every = tuple(dict.fromkeys((*folders, *own)))
    return replace(
        there or Identity(name),
        name=name,
        from_name=row.from_name,
        from_address=box.address,
        from_right=SendRight.SEND_AS,
        reply_to=row.reply_to,
        reply_to_name=row.reply_to_name,
        reply_to_address=row.reply_to_address,
        folder_ids=every,
        by_folder=bool(folders) or (there is not None and bool(there.by_folder) and bool(own)),
        by_recipient=there.by_recipient if there else False,
    )


def _note(run: Run, person: Delegation, outcome: _Outcome, box: Box) -> None:
    """What changed meanwhile is not lost: a row counts as brought up to the change that was read, not further."""
    mine = BoxIdentity.objects.filter(delegation=person)
    with run.writing():
        for pk, (zimbra_id, name, changed_at) in outcome.brought.items():
            mine.filter(pk=pk).update(zimbra_id=zimbra_id)
            mine.filter(pk=pk, changed_at=changed_at, removed=False).update(
                name=name, applied_change=changed_at, trouble=""
            )
        mine.filter(pk__in=outcome.gone, removed=True).delete()
        mine.filter(pk__in=outcome.gone).update(zimbra_id="", applied_change=None)
        for pk, code in outcome.troubles.items():
            mine.filter(pk=pk).update(trouble=code[:100])
        if outcome.found and Delegation.objects.active().filter(pk=person.pk, role=person.role).exists():
            _take_in(person, box, outcome.found)


def _take_in(person: Delegation, box: Box, found: Iterable[Identity]) -> None:
    """Identities for the box that the person made in Zimbra: listed like the others, and as they are."""
    begins = f"{box.zimbra_id}:"
    there = person.identities.count()
    for one in list(found)[: max(MOST_PER_BOX - there, 0)]:
        folders = [given.removeprefix(begins) for given in one.folder_ids if given.startswith(begins)]
        row = BoxIdentity.objects.create(
            delegation=person,
            name=one.name[:NAME_MAX],
            from_name=one.from_name[:NAME_MAX],
            reply_to=bool(one.reply_to),
            reply_to_name=one.reply_to_name[:NAME_MAX],
            reply_to_address=one.reply_to_address[:ADDRESS_MAX],
            folder_ids=folders if one.by_folder else [],
            zimbra_id=one.id[:60],
        )
        BoxIdentity.objects.filter(pk=row.pk).update(applied_change=F("changed_at"))
