"""Release into a simulated Zimbra: signatures hold, inbox instead of junk, and what can be learnt of an arrival."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from boxes import zimbra_door
from quarantine import arrivals, deliveries
from quarantine.gateway import intake_work
from quarantine.gateway.intake_work import OK, Submission
from quarantine.models import Hold, Passage
from tests.each import each
from tests.quarantine.gateway.test_intake_work import Watch
from tests.quarantine.holds import make_hold
from tests.simulated import Simulated, start_simulator
from zimbra.errors import ZimbraError

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with start_simulator(tmp_path_factory.mktemp("zimbra")) as running:
        yield running


@pytest.fixture(autouse=True)
def zimbra(settings, simulated: Simulated, tmp_path: Path) -> Simulated:
    settings.QUARANTINE_DIR = tmp_path
    settings.QUARANTINE_DELIVERY = f"lmtp://127.0.0.1:{simulated.lmtp_port}"
    settings.QUARANTINE_LOCAL_DOMAINS = [simulated.domain]
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = simulated.url
    settings.ZIMBRA_ADMIN_ADDRESS = simulated.admin_address
    settings.ZIMBRA_ADMIN_PASSWORD = simulated.admin_password
    simulated.disturb()
    return simulated


@pytest.fixture
def anne(zimbra: Simulated) -> str:
    # Nothing but our own care keeps doubles away.
    return zimbra.create_account(zimbraPrefMessageIdDedupingEnabled="FALSE")


def mail(number: int = 1, more: bytes = b"") -> bytes:
    return more + b"From: A <a@x.fr>\r\nSubject: s\r\nMessage-ID: <%d@x.fr>\r\n\r\nBonjour\r\n" % number


def got(zimbra: Simulated, address: str) -> list[tuple[str, bytes]]:
    """(folder, bytes) of all messages of a mailbox."""
    with zimbra.client(address) as client:
        hits = list(client.search("is:anywhere", "message"))
        return [(hit.folder_id, client.raw_message(hit.id)) for hit in hits]


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def signed(raw: bytes) -> bytes:
    private = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return dkim.sign(raw, b"mail", b"x.fr", private, canonicalize=(b"simple", b"simple")) + raw


def public(*_: object, **__: object) -> bytes:
    spki = key().public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return b"v=DKIM1; k=rsa; p=" + b"".join(spki.splitlines()[1:-1])


def test_a_signature_still_holds_after_the_release(zimbra: Simulated, anne: str) -> None:
    raw = signed(mail(more="Comments: élève\r\nX-Spam-Flag: YES\r\n".encode()) + b"\r\n.\r\n..\xe9 \t\r\n\r\n")
    assert dkim.verify(raw, dnsfunc=public)
    watch = Watch()
    assert intake_work.settle(Submission(raw, "a@x.fr", [anne]), hold_all=False, watch=watch) == [intake_work.OK_HELD]
    hold = Hold.objects.get()
    Hold.objects.update(state="releasing")
    assert deliveries.deliver(hold.pk) is None
    [(folder, arrived)] = got(zimbra, anne)
    assert folder == "2"
    assert arrived.endswith(b"X-Whitelist-Flag: YES\r\n" + raw)
    assert dkim.verify(arrived, dnsfunc=public)
    assert not dkim.verify(arrived.replace(b"Subject: s", b"Subject: S"), dnsfunc=public)


def test_without_our_line_it_is_filed_as_junk_after_all(settings, zimbra: Simulated, anne: str) -> None:
    settings.QUARANTINE_RELEASE_HEADER = ""
    hold = make_hold(anne, raw=mail(more=b"X-Spam-Flag: YES\r\n"), state="releasing")
    deliveries.deliver(hold.pk)
    assert [folder for folder, _ in got(zimbra, anne)] == ["4"]


def test_clean_mail_comes_as_it_is_and_the_refusals_are_those_of_zimbra(zimbra: Simulated, anne: str) -> None:
    nobody = f"nobody@{zimbra.domain}"
    submission = Submission(mail(), "a@x.fr", [anne, nobody])
    assert intake_work.settle(submission, hold_all=False, watch=Watch()) == [OK, "550 5.1.1 No such user here"]
    [(_, arrived)] = got(zimbra, anne)
    assert arrived.endswith(b"\r\n" + mail())


def test_what_arrived_is_known(zimbra: Simulated, anne: str) -> None:
    now = timezone.now()
    assert not arrivals.arrived(anne, "1@x.fr", now)
    zimbra.deliver(anne, mail())
    assert arrivals.arrived(anne, "1@x.fr", now)
    assert not arrivals.arrived(anne, "2@x.fr", now)
    # One of long ago says nothing about this one.
    assert not arrivals.arrived(anne, "1@x.fr", now + timedelta(hours=1))


@pytest.mark.parametrize("folder", ["3", "4"])
def test_what_was_put_away_since_arrived_as_well(zimbra: Simulated, anne: str, folder: str) -> None:
    zimbra.deliver(anne, mail())
    with zimbra.client(anne) as client:
        client.move_items([hit.id for hit in client.search("is:anywhere", "message")], folder)
    assert arrivals.arrived(anne, "1@x.fr", timezone.now())


def test_what_one_sent_oneself_has_not_arrived(zimbra: Simulated, anne: str) -> None:
    with zimbra.client(anne) as client:
        client.add_message("5", mail(), flags="s")
    assert not arrivals.arrived(anne, "1@x.fr", timezone.now())


def test_of_what_can_never_be_known_it_is_said_that_it_has_not(zimbra: Simulated, anne: str) -> None:
    assert not arrivals.arrived(anne, "", timezone.now())
    assert not arrivals.arrived(f"liste@{zimbra.domain}", "1@x.fr", timezone.now())


def test_while_zimbra_is_away_nothing_is_known(
    zimbra: Simulated, anne: str, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:1"
    monkeypatch.setattr(zimbra_door, "HttpTransport", partial(zimbra_door.HttpTransport, pause=lambda seconds: None))
    with pytest.raises(ZimbraError):
        arrivals.arrived(anne, "1@x.fr", timezone.now())


@each(
    ("header", "found"),
    [
        (b"Message-ID: <a.b@x.fr>", "a.b@x.fr"),
        (b"message-id:\r\n <a@x.fr>", "a@x.fr"),
        (b"Subject: x", ""),
        (b'Message-ID: <a"b@x.fr>', ""),
        (b"Message-ID: <a b@x.fr>", ""),
        ("Message-ID: <é@x.fr>".encode(), ""),
        (b"Message-ID: <" + b"a" * 600 + b"@x.fr>", ""),
    ],
)
def test_only_an_id_that_can_be_searched_for_is_one(header: bytes, found: str) -> None:
    assert arrivals.message_id_of(header + b"\r\n\r\nx\r\n") == found


def test_a_repeat_after_a_restart_asks_zimbra_and_doubles_nothing(zimbra: Simulated, anne: str) -> None:
    submission = Submission(mail(), "a@x.fr", [anne])
    assert intake_work.settle(submission, hold_all=False, watch=Watch()) == [OK]
    # As if the gateway had been killed between the last line and the answer.
    before = timezone.now() - timedelta(minutes=2)
    Passage.objects.update(state="started", at=before, holder="")
    assert intake_work.settle(submission, hold_all=False, watch=Watch()) == [OK]
    assert len(got(zimbra, anne)) == 1
    assert Passage.objects.get().state == "delivered"
