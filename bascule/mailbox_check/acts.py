"""Small jobs on the two servers: subscribe to folders in Zimbra, fetch the headers of messages that are missing.

Headers are asked of the old server, where the messages still are, when the person wants to see them; they are sealed,
shown for ten minutes, then erased.
"""

from __future__ import annotations

import email.errors
import email.header
import email.utils
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.parser import HeaderParser
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import claims, journal, one_off, sealing
from accounts.models import Agent
from bascule.mailbox_check import access, asking, door, handing, missing, naming, seats
from bascule.mailbox_check.door import Mailbox
from bascule.mailbox_check.errors import CheckError, FolderFault, NotThere, ServerAway, UnderWay, Unusable
from bascule.models import MailboxAct, MailboxComparison, MailboxFolder, MailboxPair, MailboxSide

log = logging.getLogger(__name__)

State, Kind = MailboxAct.State, MailboxAct.Kind

# Messages whose headers are fetched at a time.
PAGE = 50
# How long they can be seen.
SHOWN = timedelta(minutes=10)
_FIELDS = ("DATE", "FROM", "SUBJECT")
_MOST_TEXT = 200
# A small job that nobody finished within that time is over.
_LASTS = timedelta(minutes=15)
_SEAT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Detail:
    """What a message says of itself. is_gone: it is not in the old mailbox any more."""

    sent: str = ""
    sender: str = ""
    subject: str = ""
    is_gone: bool = False


def subscribe(*, agent: Agent, by: Agent, folder_ids: Sequence[int] | None = None, password: str = "") -> MailboxAct:
    """Subscribe to folders of Zimbra, so that mail programs show them. folder_ids: None for all that are not.

    Raises NotThere, UnderWay, NotConfigured, PasswordNeeded, one_off.QueueAway.
    """
    comparison = _comparison(agent)
    rows = MailboxFolder.objects.filter(census=comparison.new_id, subscribed=False)
    if folder_ids is not None:
        rows = rows.filter(pk__in=folder_ids)
    keys = list(rows.values_list("pk", flat=True))
    if not keys:
        raise NotThere
    return _ask(agent, by, MailboxSide.NEW, password, kind=Kind.SUBSCRIBE, comparison=comparison, folders=keys)


def ask_details(*, agent: Agent, by: Agent, pair_id: int, start: int = 0, password: str = "") -> MailboxAct:
    """Fetch date, sender and subject of PAGE missing messages of an old folder, from number `start` on; for the person
    alone. Raises as `subscribe`."""
    comparison = _comparison(agent)
    pair = comparison.pairs.filter(pk=pair_id).exclude(missing=b"").first()
    if by.pk != agent.pk or pair is None or start < 0:
        raise NotThere
    return _ask(agent, by, MailboxSide.OLD, password, kind=Kind.DETAILS, comparison=comparison, pair=pair, start=start)


def details(act: MailboxAct | None, *, by: Agent) -> dict[int, Detail]:
    """By the message's number; {} when nothing was fetched, when it is erased, and for anybody else."""
    if act is None or act.agent_id != by.pk or not act.sealed:
        return {}
    if act.erase_at is None or act.erase_at <= timezone.now():
        return {}
    told = json.loads(sealing.unseal(bytes(act.sealed)))
    return {int(number): Detail(*values) for number, values in told.items()}


def latest_details(agent: Agent, pair: MailboxPair) -> MailboxAct | None:
    return MailboxAct.objects.filter(agent=agent, kind=Kind.DETAILS, pair=pair).first()


def erase_shown() -> int:
    """Headers that were shown long enough go; jobs that nobody finished are over. How many rows."""
    now = timezone.now()
    shown = MailboxAct.objects.filter(erase_at__lte=now).exclude(sealed=b"").update(sealed=b"")
    lost = MailboxAct.objects.filter(state__in=MailboxAct.UNDER_WAY, created_at__lt=now - _LASTS)
    keys = claims.without_live_holder(lost)
    asking.forget_passwords("act", keys)
    ended = MailboxAct.objects.filter(pk__in=keys, state__in=MailboxAct.UNDER_WAY).update(
        state=State.FAILED,
        error_code=ServerAway.code,
        error="Le travail a été interrompu : recommencez.",
        finished_at=now,
    )
    return shown + ended


def waiting() -> list[int]:
    """Jobs by the portal's own access that nobody is at."""
    return claims.without_live_holder(MailboxAct.objects.filter(state__in=MailboxAct.UNDER_WAY, delegated=True))


def carry(act_id: int, ticket: str = "") -> None:
    """Do the job. Safe to run again, at any time, by any number of workers. ticket: of the one-off password."""
    from bascule.tasks import carry_mailbox_act

    claim = claims.take(MailboxAct, act_id, state__in=MailboxAct.UNDER_WAY, delegated=not ticket)
    if claim is None:
        return
    again_in: float | None = None
    try:
        again_in = _carried(claim, ticket)
    except claims.ClaimLost:
        log.info("mailbox act %s: another worker took over", act_id)
    finally:
        claim.release()
    if again_in is not None:
        handing.tell_again(carry_mailbox_act, act_id, ticket, in_seconds=again_in)
    elif ticket:
        one_off.forget(ticket)


def _carried(claim: claims.Claim, ticket: str) -> float | None:
    act = MailboxAct.objects.select_related("agent", "pair__old").get(pk=claim.pk)
    server = access.server(MailboxSide.NEW if act.kind == Kind.SUBSCRIBE else MailboxSide.OLD)
    seat = seats.sit(server)
    if seat is None:
        return _SEAT_SECONDS
    try:
        password = one_off.open_ticket(ticket, purpose=handing.purpose("act", act.pk)) if ticket else ""
        with door.opened(server, act.agent, password) as mailbox:
            if act.kind == Kind.SUBSCRIBE:
                _subscribe(claim, act, mailbox)
            else:
                _fetch(claim, act, mailbox)
    except (CheckError, one_off.SecretGone) as error:
        with claim.writing():
            MailboxAct.objects.filter(pk=act.pk).update(
                state=State.FAILED,
                error=error.sentence,
                error_code=getattr(error, "code", "secret_gone"),
                finished_at=timezone.now(),
            )
    finally:
        seat.release()
    return None


def _subscribe(claim: claims.Claim, act: MailboxAct, mailbox: Mailbox) -> None:
    """Subscribing twice does no harm: what a killed worker has done is done again."""
    done, refused = [], 0
    for row in MailboxFolder.objects.filter(pk__in=act.folders):
        try:
            mailbox.subscribe(naming.unsealed(bytes(row.name)).wire)
        except FolderFault:
            refused += 1
        else:
            done.append(row.pk)
    with claim.writing():
        MailboxFolder.objects.filter(pk__in=done).update(subscribed=True)
        left = MailboxFolder.objects.filter(census=act.comparison.new_id, subscribed=False).count()
        MailboxComparison.objects.filter(pk=act.comparison_id).update(folders_not_subscribed=left)
        MailboxAct.objects.filter(pk=act.pk).update(
            state=State.DONE, done=len(done), refused=refused, finished_at=timezone.now()
        )
        journal.record(
            "mailbox_check.subscribed",
            by=None,
            subject=act.agent,
            target=f"mailbox_act:{act.pk}",
            count=len(done),
            refused=refused,
        )


def _fetch(claim: claims.Claim, act: MailboxAct, mailbox: Mailbox) -> None:
    assert act.pair is not None
    assert act.pair.old is not None
    wanted = list(missing.opened(bytes(act.pair.missing)))[act.start : act.start + PAGE]
    opened = mailbox.open(naming.unsealed(bytes(act.pair.old.name)).wire)
    if opened.uid_validity != act.pair.old.uid_validity:
        # The numbers mean other messages by now.
        raise Unusable("Ce dossier a changé dans l’ancienne messagerie depuis l’inventaire : le détail est perdu.")
    headers = mailbox.headers([one.uid for one in wanted], _FIELDS) if wanted else {}
    told = {one.number: list(_told(headers.get(one.uid))) for one in wanted}
    with claim.writing():
        MailboxAct.objects.filter(pk=act.pk).update(
            state=State.DONE,
            done=len(told),
            sealed=sealing.seal(json.dumps(told, ensure_ascii=False).encode()),
            erase_at=timezone.now() + SHOWN,
            finished_at=timezone.now(),
        )


def _told(header: bytes | None) -> Iterator[Any]:
    """The values of a Detail."""
    if header is None:
        yield from ("", "", "", True)
        return
    try:
        spelled = header.decode()
    except UnicodeDecodeError:
        # Old programs write what they like; every byte is something in Latin-1.
        spelled = header.decode("latin-1")
    fields = HeaderParser().parsestr(spelled)
    date = email.utils.parsedate_tz(str(fields.get("Date", "")))
    yield f"{date[2]:02d}/{date[1]:02d}/{date[0]:04d} {date[3]:02d}:{date[4]:02d}" if date else ""
    yield _text(fields.get("From", ""))
    yield _text(fields.get("Subject", ""))
    yield False


def _text(value: Any) -> str:
    """A field as a person reads it; what cannot be decoded stands as it came."""
    try:
        shown = "".join(_decoded(part, charset) for part, charset in email.header.decode_header(str(value)))
    except email.errors.MessageError:
        shown = str(value)
    return " ".join(shown.replace("\0", "").encode("utf-8", "replace").decode().split())[:_MOST_TEXT]


def _decoded(part: str | bytes, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        # What stood between encoded words, as `decode_header` hands it over.
        return part.decode("raw-unicode-escape", "replace")
    try:
        return part.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return part.decode("latin-1")


def _comparison(agent: Agent) -> MailboxComparison:
    found = MailboxComparison.objects.filter(agent=agent).first()
    if found is None:
        raise NotThere
    return found


def _ask(agent: Agent, by: Agent, side: str, password: str, **fields: Any) -> MailboxAct:
    from bascule.tasks import carry_mailbox_act

    delegated = asking.check_may(agent, by, side, password)
    try:
        with transaction.atomic():
            ended = MailboxAct.objects.filter(agent=agent, kind=fields["kind"]).exclude(state__in=MailboxAct.UNDER_WAY)
            ended.delete()
            act = MailboxAct.objects.create(agent=agent, delegated=delegated, **fields)
            if act.kind == Kind.DETAILS:
                journal.record(
                    "mailbox_check.details", by=by, subject=agent, target=f"mailbox_act:{act.pk}", count=PAGE
                )
            handing.tell_on_commit(carry_mailbox_act, "act", act.pk, by=by, password="" if delegated else password)
    except IntegrityError as error:
        raise UnderWay from error
    return act
