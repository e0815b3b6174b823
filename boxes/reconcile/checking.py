"""One box compared with Zimbra. Tasks and the command only.

The worker holds the box (`accounts.claims`) while it looks, so that the synchronisation does not change Zimbra under
its eyes. It may be killed at any line: what it found is written in one transaction at the end, and until then the box
stays marked as asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts import claims, journal
from accounts.handing_out import hand_out
from boxes import work, zimbra_door
from boxes.models import Box, BoxCheck, BoxIdentity, BoxShare, Delegation
from boxes.reconcile import findings, putting_back, reading
from boxes.reconcile.comparing import Cut, Difference, Edited, Moved, compare_box, compare_person
from boxes.reconcile.wanted import Ours, Rows, read_rows
from boxes.sync.wanted import ROOT
from boxes.zimbra_door import Door
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError

log = logging.getLogger(__name__)

# Another worker holds the box: it is done with it soon.
BUSY = "busy"
BUSY_SECONDS = 20.0
# The portal changed what it wants while the worker looked.
CHANGED = "changed"

# Mailboxes that are out of reach for a while; the rest of the box is compared all the same.
_CLOSED_FOR_NOW = frozenset({"account.MAINTENANCE_MODE", "mail.MAINTENANCE"})

_LOST = frozenset({findings.Kind.GRANT_MISSING, findings.Kind.SEND_MISSING, findings.Kind.SHARE_MISSING})
_UNKNOWN = frozenset({findings.Kind.GRANT_UNKNOWN, findings.Kind.SEND_UNKNOWN, findings.Kind.SHARE_UNKNOWN})


class Changed(Exception):
    """The rows are others by now: what was seen is compared with something that holds no more."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one look gave. unseen: addresses whose mailbox could not be looked at, with Zimbra's code."""

    rows: Rows
    differences: tuple[Difference, ...] = ()
    cuts: tuple[Cut, ...] = ()
    moved: tuple[Moved, ...] = ()
    edited: tuple[Edited, ...] = ()
    unseen: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> tuple[Ours, ...]:
        """What the synchronisation has to mend: rows not in line, and people cut off from a folder."""
        cut = dict.fromkeys((one.address, one.folder_path) for one in self.cuts)
        return self.rows.ours + tuple(Ours(address, f"folder:{path}") for address, path in cut)


def compare(door: Door, box: Box, alive: Callable[[], None] = lambda: None) -> Comparison:
    """Look at the box and at the mailboxes of its people; nothing is written. `alive` is called between requests.

    Raises any ZimbraError about the box itself; about a person it is noted and the next one is looked at, unless the
    service as a whole does not answer.
    """
    rows = read_rows(box)
    seen = reading.read_box(door, box.address, tuple(rows.box.settings))
    differences, cuts = compare_box(rows.box, seen)
    lost = {one.grantee for one in differences if one.kind in _LOST} | {one.address for one in cuts}
    if lost and any(one.kind in _UNKNOWN for one in differences):
        # Grants tell main addresses: who has another one in the portal looks like two persons.
        differences, cuts = compare_box(rows.box, reading.called_as_here(door, seen, lost))
    moved: list[Moved] = []
    edited: list[Edited] = []
    unseen: dict[str, str] = {}
    # Without the account nothing of it is anywhere, and another one has to be set up as a whole first.
    people = rows.people if seen.account_id and rows.box.zimbra_id in {"", seen.account_id} else ()
    for person in people:
        alive()
        try:
            mailbox = reading.read_person(door, person.address, box.address, seen.account_id)
        except (Unavailable, AnswerLost, Garbled) as error:
            if error.code not in _CLOSED_FOR_NOW:
                raise
            unseen[person.address] = error.code
        except ZimbraError as error:
            unseen[person.address] = error.code
        else:
            more, theirs, own = compare_person(person, mailbox, box.address, seen.account_id)
            differences += more
            moved += theirs
            edited += own
    return Comparison(rows, tuple(differences), tuple(cuts), tuple(moved), tuple(edited), unseen)


def check(box_id: int) -> float | None:
    """Compare the box if it was asked for, put back what was decided, write down what was found. Safe to run at any
    time, by any number of workers. Gives the seconds after which to try again, else None."""
    row = BoxCheck.objects.filter(box_id=box_id, asked_at__isnull=False).first()
    if row is None or (row.retry_at is not None and row.retry_at > timezone.now()):
        return None
    return run(box_id)[1]


def run(box_id: int) -> tuple[Comparison | None, float | None]:
    """As `check`, asked for or not; also gives what was seen, None when it could not be looked at."""
    asked = BoxCheck.objects.get_or_create(box_id=box_id)[0].asked_at
    claim = claims.take(Box, box_id, transfer_asked_at__isnull=False)
    if claim is None:
        return None, _postpone(box_id, BUSY, BUSY_SECONDS)
    foreseen = False
    try:
        with zimbra_door.opened() as door:
            putting_back.work_off(claim, door)
            box = Box.objects.get(pk=box_id)
            seen = compare(door, box, claim.renew)
        _write(claim, box, seen, asked)
        foreseen = True
    except ZimbraError as error:
        foreseen = True
        return None, _postpone(box_id, error.code, None)
    except (Changed, claims.ClaimLost):
        foreseen = True
        return None, _postpone(box_id, CHANGED, BUSY_SECONDS)
    finally:
        if not foreseen:
            _postpone(box_id, claims.INTERNAL, None)
        claim.release()
        _hand_on(box_id)
    return seen, None


def _write(claim: claims.Claim, box: Box, seen: Comparison, asked: datetime | None) -> None:
    with claim.writing():
        if Box.objects.values_list("work_asked_at", flat=True).get(pk=box.pk) != seen.rows.at:
            raise Changed
        findings.write(box, seen.differences, seen.unseen)
        _follow(box, seen)
        _mend(box, seen)
        rows = BoxCheck.objects.filter(box=box)
        rows.update(checked_at=timezone.now(), unseen=len(seen.unseen), error_code="", attempts=0, retry_at=None)
        # Asked for once more meanwhile: another go follows.
        rows.filter(asked_at=asked).update(asked_at=None)


def _follow(box: Box, seen: Comparison) -> None:
    """What people did in their own mailboxes is theirs to do: the portal says it as well."""
    for one in seen.moved:
        place = {"mount_id": one.mount.id[:60], "path": one.mount.path[:255]}
        if one.wanted.folder_id != ROOT:
            BoxShare.objects.filter(pk=one.wanted.pk).update(**place)
            continue
        Delegation.objects.filter(pk=one.wanted.pk).update(**place, hidden=False)
        if one.wanted.hidden:
            row = Delegation.objects.select_related("agent").get(pk=one.wanted.pk)
            journal.record(
                "box.shown_in_zimbra",
                by=None,
                subject=row.agent,
                target=f"box:{box.pk}",
                target_label=box.address,
                name=row.agent.full_name,
            )
    for edited in seen.edited:
        now = edited.now
        # Not by save(): Zimbra holds this already, so there is no change to bring there.
        BoxIdentity.objects.filter(pk=edited.pk).update(
            name=now.name[:128],
            from_name=now.from_name[:128],
            reply_to=now.reply_to,
            reply_to_name=now.reply_to_name[:128],
            reply_to_address=now.reply_to_address[:254],
            folder_ids=list(now.folder_ids),
        )


def _mend(box: Box, seen: Comparison) -> None:
    """What is the portal's own to bring in line goes to the synchronisation, what Zimbra once refused included."""
    if seen.cuts:
        journal.record(
            "box.cut_mended",
            by=None,
            target=f"box:{box.pk}",
            target_label=box.address,
            count=len({one.address for one in seen.cuts}),
            folders=", ".join(sorted({one.folder_path.lstrip("/") for one in seen.cuts}))[:500],
        )
    if any(one.trouble for one in seen.rows.ours):
        Delegation.objects.filter(box=box).exclude(trouble="").update(trouble="")
        BoxIdentity.objects.filter(delegation__box=box).exclude(trouble="").update(trouble="")
        BoxShare.objects.filter(box=box).exclude(trouble="").update(trouble="")
    if seen.ours:
        work.ask(box)


def _postpone(box_id: int, code: str, seconds: float | None) -> float:
    """Note why the box could not be compared; twice as long each time, unless it takes `seconds` only."""
    rows = BoxCheck.objects.filter(box_id=box_id)
    attempts = rows.values_list("attempts", flat=True).get()
    if seconds is None:
        seconds = float(min(settings.IMPORT_RETRY_SECONDS * 2 ** min(attempts, 16), settings.IMPORT_RETRY_MAX_SECONDS))
        attempts = min(attempts + 1, 30_000)
        rows.update(error_code=code[:100])
        log.warning("comparison of box %s waits %s s: %s", box_id, seconds, code)
    rows.update(attempts=attempts, retry_at=timezone.now() + timedelta(seconds=seconds))
    return seconds


def _hand_on(box_id: int) -> None:
    """A worker that came for the box meanwhile found it held, and left."""
    from boxes.tasks import sync_box

    if Box.objects.filter(pk=box_id, work_asked_at__isnull=False).exclude(retry_at__gt=timezone.now()).exists():
        hand_out(sync_box, box_id)
