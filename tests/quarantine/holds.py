"""Held messages for tests: written as the intake writes them, filled in where the test does not care."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from quarantine import held
from quarantine.held import Incoming, Wanted
from quarantine.models import Hold
from quarantine.summaries import Summary

_numbers = count(1)
BODY = b"Bonjour,\r\n\r\nUn message.\r\n"


def make_hold(recipient: str, *, days_ago: float = 0, **fields: Any) -> Hold:
    """One message held for `recipient`.

    fields: subject, from_name, sender, mail_from, raw, reason, hints, and any of the row itself, which are written
    afterwards.
    """
    number = next(_numbers)
    sender = fields.pop("sender", f"expediteur{number}@exemple.fr")
    subject = fields.pop("subject", f"Message {number}")
    from_name = fields.pop("from_name", "")
    header = f"From: {sender}\r\nTo: {recipient}\r\nSubject: Message {number}\r\nMessage-ID: <{number}@exemple.fr>\r\n"
    raw = fields.pop("raw", None) or header.encode() + b"\r\n" + BODY
    summary = Summary(subject=subject, from_name=from_name, to=recipient, attachments=fields.pop("attachments", []))
    incoming = Incoming(raw=raw, mail_from=fields.pop("mail_from", sender), sender=sender, summary=summary)
    wanted = Wanted(recipient, fields.pop("reason", Hold.Reason.SPAM), hints=tuple(fields.pop("hints", ())))
    [hold] = held.take_in(incoming, [wanted])
    if days_ago:
        fields.setdefault("held_at", timezone.now() - timedelta(days=days_ago))
        fields.setdefault("expires_at", fields["held_at"] + timedelta(days=14))
    if fields:
        Hold.objects.filter(pk=hold.pk).update(**fields)
        hold.refresh_from_db()
    return hold
