"""A held message passed on to the academy's alert address, as an attachment, byte for byte.

The view leaves a row, a task sends it. A worker that dies between the answer of the mail server and its own note sends
again, with the same Message-ID: mail servers and the people who read can tell that it is the same report.
"""

from __future__ import annotations

import secrets
import smtplib
from email.message import EmailMessage as Part
from email.message import Message
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from accounts import claims, journal, sealing
from accounts.claims import Claim
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from quarantine import contents, held, wording
from quarantine.models import AlertReport, Hold

COMMENT_CHARACTERS = 2_000
# With pauses that double up to five minutes: most of an hour.
MAX_ATTEMPTS = 15
ATTACHED_AS = "message-retenu.eml"
# A line of a mail, in bytes without its end (RFC 5322, 2.1.1).
_LONGEST_LINE = 998

_REFUSED = "Le serveur de messagerie n’a pas accepté ce message pour l’adresse d’alerte."
_UNREACHED = "Le serveur de messagerie n’a pas répondu malgré plusieurs essais."
_UNREADABLE = "Le contenu de ce message n’a pas pu être relu."


class _AsItIs(Message):
    """A mail of which every byte is given."""

    def __init__(self, wire: bytes) -> None:
        super().__init__()
        self._wire = wire

    def as_bytes(self, *args: Any, **kwargs: Any) -> bytes:
        return self._wire


class _Report(EmailMessage):
    """Django writes the header fields of an attached message anew; here it is handed the whole."""

    wire = b""

    def message(self, *, policy: Any = None) -> Any:
        return _AsItIs(self.wire)


def ask(hold: Hold, *, comment: str, by: Agent) -> None:
    """Have the message sent to the alert address, with what the person says of it. Raises held.HoldError.

    A report that is waiting or sent is left as it is; one that failed is tried anew.
    """
    from quarantine.tasks import forward_hold

    with transaction.atomic():
        locked = held.locked_for(hold, by)
        if not locked.content.stored_as:
            raise held.NotHeld("Ce message a déjà été remis : son contenu n’est plus conservé ici.")
        known = AlertReport.objects.filter(hold=locked).first()
        if known and known.state != AlertReport.State.FAILED:
            return
        report = known or AlertReport(hold=locked)
        report.comment = sealing.seal(comment.replace("\0", " ").strip()[:COMMENT_CHARACTERS].encode())
        report.asked_by, report.asked_at = by.address, timezone.now()
        report.state, report.trouble, report.attempts, report.retry_at = AlertReport.State.WAITING, "", 0, None
        report.save()
        _record("hold.reported", locked, by)
        hand_out_on_commit(forward_hold, report.pk)


def send(report_id: int) -> float | None:
    """Send a report that waits, unless somebody is at it. Gives the seconds until the next try, None for none."""
    claim = claims.take(AlertReport, report_id, state=AlertReport.State.WAITING)
    return claims.use(claim, _send) if claim else None


def waiting() -> list[int]:
    """Primary keys of reports to be handed out: the queue lost them, or their worker died."""
    due = AlertReport.objects.filter(state=AlertReport.State.WAITING).exclude(retry_at__gt=timezone.now())
    return claims.without_live_holder(due)


def _send(claim: Claim) -> float | None:
    report = AlertReport.objects.select_related("hold__content").get(pk=claim.pk)
    if report.retry_at and report.retry_at > timezone.now():
        return (report.retry_at - timezone.now()).total_seconds()
    try:
        mail = _mail(report, contents.read(report.hold.content.stored_as))
    except (contents.Damaged, sealing.CannotOpen):
        _end(claim, report, AlertReport.State.FAILED, _UNREADABLE)
        return None
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        if _is_final(error):
            _end(claim, report, AlertReport.State.FAILED, _REFUSED)
            return None
        if report.attempts + 1 >= MAX_ATTEMPTS:
            _end(claim, report, AlertReport.State.FAILED, _UNREACHED)
            return None
        return claims.postpone(claim, type(error).__name__, None)
    _end(claim, report, AlertReport.State.SENT, "")
    return None


def _end(claim: Claim, report: AlertReport, state: AlertReport.State, trouble: str) -> None:
    """Note how it ended; the bytes go when they were kept for this alone."""
    with claim.writing():
        hold = Hold.objects.select_for_update().get(pk=report.hold_id)
        AlertReport.objects.filter(pk=report.pk).update(state=state, trouble=trouble, waiting_for="", retry_at=None)
        if state == AlertReport.State.SENT:
            Hold.objects.filter(pk=hold.pk).update(forwarded_at=timezone.now())
        _record("hold.report_sent" if state == AlertReport.State.SENT else "hold.report_failed", hold, None)
        forget = held.drop_bytes(hold.content_id)
        if forget:
            transaction.on_commit(forget)


def _record(action: str, hold: Hold, by: Agent | None) -> None:
    subject = Agent.objects.filter(address=hold.recipient).first()
    journal.record(action, by=by, subject=subject, target=f"hold:{hold.pk}", target_label=hold.recipient)


def _is_final(error: Exception) -> bool:
    """Whether the mail server will never take it, rather than not now."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _mail(report: AlertReport, raw: bytes) -> EmailMessage:
    boundary = f"=_{secrets.token_hex(24)}"
    outer = Part(policy=SMTP)
    outer["From"] = settings.DEFAULT_FROM_EMAIL
    outer["To"] = settings.ALERT_ADDRESS
    outer["Reply-To"] = report.asked_by
    outer["Subject"] = f"Message suspect signalé par {_name(report.asked_by)}"
    outer["Date"] = format_datetime(timezone.localtime(report.asked_at))
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    outer["Message-ID"] = f"<report-{contents.digest(b'report', str(report.pk).encode(), raw)[:32]}@{domain}>"
    outer["MIME-Version"] = "1.0"
    head = outer.as_bytes().rstrip(b"\r\n")
    text = Part(policy=SMTP)
    text.set_content(_text(report), cte="quoted-printable")
    encoding = _encoding(raw)
    pieces = [
        head,
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\nContent-Transfer-Encoding: {encoding}\r\n'.encode(),
        f"--{boundary}".encode(),
        text.as_bytes().rstrip(b"\r\n"),
        f"--{boundary}".encode(),
        f'Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename="{ATTACHED_AS}"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
        raw,
        f"--{boundary}--\r\n".encode(),
    ]
    mail = _Report(from_email=settings.DEFAULT_FROM_EMAIL, to=[settings.ALERT_ADDRESS])
    mail.wire = b"\r\n".join(pieces)
    return mail


def _text(report: AlertReport) -> str:
    hold = report.hold
    comment = sealing.unseal(bytes(report.comment)).decode()
    lines = [
        f"{_name(report.asked_by)} ({report.asked_by}) signale le message joint.",
        "",
        f"Retenu pour : {hold.recipient}",
        f"Le : {timezone.localtime(hold.held_at):%d/%m/%Y à %H:%M} (heure de La Réunion)",
        f"Motif : {hold.get_reason_display()}. {wording.reason(hold.reason)}",
        "",
        f"Commentaire :\n{comment}" if comment else "Sans commentaire.",
        "",
        "Le message est joint tel qu’il est arrivé. Ne l’ouvrez pas sans précaution.",
        "",
    ]
    return "\n".join(lines)


def _name(address: str) -> str:
    agent = Agent.objects.filter(address=address).first()
    name = agent.full_name if agent else address
    return " ".join(name.split()) or address


def _encoding(raw: bytes) -> str:
    """What may be said of the bytes as they stand: a part of this type must not be encoded (RFC 2046, 5.2.1)."""
    if b"\0" in raw or any(len(line) > _LONGEST_LINE for line in raw.split(b"\r\n")):
        return "binary"
    return "7bit" if raw.isascii() else "8bit"
