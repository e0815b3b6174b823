"""A signature that stands in a deposited file: read, kept as the person's own, and told on the page of the file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict

from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.model import Remark, Unreadable
from bascule.conversions.signatures import SignatureReading, read
from bascule.models import Deposit, SavedSignature
from bascule.signatures import pictures, saved
from bascule.signatures.contents import of_reading

_EXPORT = re.compile(rb"\A[\s\xef\xbb\xbf]*BEGIN:(?:VCARD|VCALENDAR)", re.IGNORECASE)
_NAME = re.compile(r"signature[^/\\]*\.html?", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype[ ]html|html|body|div|p|table|span|font|meta)[\s>]", re.IGNORECASE)
_HEAD = 4096


def looks_like_one(data: bytes, name: str) -> bool:
    """Whether a file of no other kind is taken for a signature wherever it is handed over: by its name and its tags."""
    return bool(_NAME.fullmatch(name)) and _HTML.search(data[:_HEAD].replace(b"\0", b"")) is not None


def read_signature(data: bytes, name: str = "") -> SignatureReading:
    """The signature in a file. Raises Unreadable, with a French sentence that says what to do."""
    if _EXPORT.match(data[:_HEAD].replace(b"\0", b"")):
        raise Unreadable(
            "other_kind",
            "Ce fichier est un carnet d’adresses ou un calendrier. Déposez-le dans « Mes fichiers ».",
        )
    return read(data, name)


def store(*, deposit: Deposit, reading: SignatureReading) -> None:
    """Keep the signature of `deposit` and what is to be said of it. Called in the transaction of the reader's claim."""
    remarks = list(reading.remarks)
    kept = 0
    try:
        add(deposit=deposit, reading=reading, by=None)
        kept = 1
    except saved.SignatureRefused as refusal:
        remarks.append(Remark("signature_left", "signature", str(refusal)))
    deposit.state, deposit.kind, deposit.read_at = Deposit.State.READ, Deposit.Kind.SIGNATURE, timezone.now()
    deposit.items_in, deposit.items_out = 1, kept
    deposit.remark_counts = dict(Counter(remark.code for remark in remarks))
    deposit.remarks = sealing.seal_json([asdict(remark) for remark in remarks])
    deposit.save()


def add(*, deposit: Deposit, reading: SignatureReading, by: Agent | None) -> SavedSignature:
    """The signature of a file among the person's. Raises `saved.SignatureRefused`."""
    contents = pictures.lightened(of_reading(reading))
    return saved.add(agent=deposit.agent, contents=contents, by=by, deposit=deposit)
