"""Signatures in deposited files: which files are taken for one, and what becomes of them."""

from __future__ import annotations

import io

import pytest

from accounts.models import Agent
from bascule import deposits, reading
from bascule.models import Deposit, SavedSignature
from bascule.signatures import saved
from bascule.signatures.contents import contents_of, written
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

PAGE = b"<html><body><p>Zo\xc3\xa9 <b>Hoarau</b><script>x()</script></p></body></html>"


def handed_over(agent: Agent, name: str, data: bytes, kind: str = "") -> Deposit:
    received = deposits.receive(agent=agent, name=name, file=io.BytesIO(data), by=agent, kind=kind)
    [deposit] = received.new
    reading.read(deposit.pk)
    deposit.refresh_from_db()
    return deposit


def test_file_called_signature_is_one_wherever_it_is_handed_over() -> None:
    deposit = handed_over(make_agent(), "signature.html", PAGE)
    row = SavedSignature.objects.get()
    assert (deposit.state, deposit.kind, row.deposit) == ("read", "signature", deposit)
    assert contents_of(row).html == "<p>Zoé <b>Hoarau</b></p>"
    assert deposit.remark_counts == {"script": 1}


def test_other_page_is_no_signature_unless_handed_over_as_one() -> None:
    agent = make_agent()
    assert handed_over(agent, "erreur.html", PAGE).state == "unreadable"
    assert not SavedSignature.objects.exists()
    kept = handed_over(agent, "bureau.html", PAGE + b" ", kind=Deposit.Kind.SIGNATURE)
    assert (kept.state, contents_of(SavedSignature.objects.get()).name) == ("read", "bureau")


def test_text_that_looks_like_a_card_is_a_signature_where_one_is_asked_for() -> None:
    deposit = handed_over(make_agent(), "s.txt", "Zoé\nTEL: 0262\n".encode(), kind=Deposit.Kind.SIGNATURE)
    assert (deposit.kind, contents_of(SavedSignature.objects.get()).text) == ("signature", "Zoé\nTEL: 0262")


def test_reading_twice_keeps_one_signature() -> None:
    deposit = handed_over(make_agent(), "signature.html", PAGE)
    reading.read(deposit.pk)
    assert SavedSignature.objects.count() == 1


def test_one_signature_too_many_is_told_on_the_file() -> None:
    agent = make_agent()
    for number in range(saved.MOST_SIGNATURES):
        saved.add(agent=agent, contents=written(f"S{number}", "<p>x</p>"), by=agent)
    deposit = handed_over(agent, "signature.html", PAGE)
    assert (deposit.state, deposit.items_out, deposit.remark_counts["signature_left"]) == ("read", 0, 1)
