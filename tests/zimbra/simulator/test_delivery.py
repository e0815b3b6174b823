"""Delivery as the code sees it, without a network: what LMTP and sending have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.zimbra.simulator.mails import letter
from zimbra.simulator.call import Service, Unit
from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.mail import delivery
from zimbra.simulator.store import accounts, domains, items, messages
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.items import Item

Deliver = Callable[..., list[Item]]
NAME = "marie@ac-reunion.fr"


class Post:
    """A store in which Marie has an account; `settings` changes it."""

    def __init__(self, directory: Path) -> None:
        self.database = Database(directory)
        self.service = Service(self.database, "ac-reunion.fr", Disturbances())
        with self.database.transaction(write=True) as db:
            if domains.domain(db, "name", "ac-reunion.fr") is None:
                domains.create_domain(db, "ac-reunion.fr", {})
            accounts.create(db, NAME, "", {})

    def settings(self, **attrs: str) -> None:
        with self.database.transaction(write=True) as db:
            accounts.modify(db, self.account(), {name: [value] for name, value in attrs.items()})

    def account(self, name: str = NAME) -> Account:
        found = accounts.by_name(self.database.connection(), name)
        assert found is not None
        return found

    def deliver(self, raw: str = "", *, to: str = NAME, sender: str = "jean@exemple.fr") -> list[Item]:
        with self.database.transaction(write=True) as db:
            unit = Unit(self.service, db, writable=True)
            stored = delivery.deliver(unit, to, (raw or letter(to=NAME)).encode(), sender=sender)
            unit.flush()
            return stored

    def held(self, name: str = NAME) -> list[tuple[int, str]]:
        """Folder and subject of all that somebody has."""
        with self.database.transaction(write=True) as db:
            unit = Unit(self.service, db, writable=True)
            mailbox = unit.mailbox(self.account(name))
            return [(item.folder, item.label) for item in items.select(mailbox, ("message",))]

    def outbox(self) -> list[tuple[str, str]]:
        return self.database.connection().execute("SELECT recipient, subject FROM outbox ORDER BY id").fetchall()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path)
    yield made
    made.database.close()


def test_message_goes_to_the_inbox_unread_with_the_way_it_came(post: Post) -> None:
    (item,) = post.deliver()
    assert (item.folder, item.flags) == (2, "u")
    with post.database.transaction(write=True) as db:
        raw = messages.raw(Unit(post.service, db, writable=True).mailbox(post.account()), item.id)
    assert raw.startswith(b"Return-Path: <jean@exemple.fr>\r\nReceived: ")


def test_unknown_recipient_is_refused(post: Post) -> None:
    with pytest.raises(SoapFault, match="no such account"):
        post.deliver(to="personne@ac-reunion.fr")


@pytest.mark.parametrize("to", ["Marie@AC-Reunion.fr", "marie+ecole@ac-reunion.fr"])
def test_address_is_read_as_mail_systems_do(post: Post, to: str) -> None:
    assert len(post.deliver(to=to)) == 1


def test_same_message_id_is_delivered_once(post: Post) -> None:
    raw = letter(Message_ID="<1@exemple.fr>", to=NAME)
    assert len(post.deliver(raw)) == 1
    assert post.deliver(raw) == []
    post.settings(zimbraPrefMessageIdDedupingEnabled="FALSE")
    assert len(post.deliver(raw)) == 1


def test_spam_goes_to_junk(post: Post) -> None:
    assert [item.folder for item in post.deliver(letter(X_Spam_Flag="YES"))] == [4]


@pytest.mark.parametrize(
    ("before", "folder"),
    [
        ("X-Whitelist-Flag: YES\r\n", 2),
        ("X-Whitelist-Flag: yes\r\n", 4),
        ("X-Whitelist-Flag: YES\r\nX-Whitelist-Flag: NO\r\n", 4),
    ],
)
def test_spam_marked_as_wanted_goes_to_the_inbox(post: Post, before: str, folder: int) -> None:
    assert [item.folder for item in post.deliver(before + letter(X_Spam_Flag="YES"))] == [folder]
    post.settings(amavisBlacklistSender="exemple.fr")
    assert [item.folder for item in post.deliver(letter("Autre"))] == [4]
    post.settings(amavisWhitelistSender="jean@exemple.fr")
    assert [item.folder for item in post.deliver(letter("Encore"))] == [2]


def test_mail_is_forwarded_and_kept_or_not(post: Post) -> None:
    post.settings(zimbraPrefMailForwardingAddress="un@ailleurs.example, deux@ailleurs.example")
    assert len(post.deliver(letter("Suivi"))) == 1
    assert post.outbox() == [("un@ailleurs.example", "Suivi"), ("deux@ailleurs.example", "Suivi")]
    post.settings(zimbraPrefMailLocalDeliveryDisabled="TRUE")
    assert post.deliver(letter("Ailleurs")) == []


def test_two_who_forward_to_each_other_do_not_go_in_circles(post: Post) -> None:
    with post.database.transaction(write=True) as db:
        accounts.create(db, "jean@ac-reunion.fr", "", {"zimbraPrefMailForwardingAddress": NAME})
    post.settings(zimbraPrefMailForwardingAddress="jean@ac-reunion.fr")
    post.deliver(letter("Balle", to=NAME))
    assert len(post.held("jean@ac-reunion.fr")) == 1
    assert 1 <= len(post.held()) <= 2


def away(post: Post, **more: str) -> None:
    post.settings(zimbraPrefOutOfOfficeReplyEnabled="TRUE", zimbraPrefOutOfOfficeReply="En congé", **more)


def test_absence_is_told_once_to_each_sender(post: Post) -> None:
    away(post)
    for subject in ("Un", "Deux"):
        post.deliver(letter(subject, to=NAME))
    post.deliver(letter("Trois", to=NAME), sender="luc@exemple.fr")
    assert post.outbox() == [("jean@exemple.fr", "Re: Un"), ("luc@exemple.fr", "Re: Trois")]


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ({"to": "liste@exemple.fr"}, "jean@exemple.fr"),
        ({"to": NAME, "Precedence": "bulk"}, "jean@exemple.fr"),
        ({"to": NAME, "Auto_Submitted": "auto-replied"}, "jean@exemple.fr"),
        ({"to": NAME, "X_Spam_Flag": "YES"}, "jean@exemple.fr"),
        ({"to": NAME}, ""),
        ({"to": NAME}, "no-reply@exemple.fr"),
    ],
)
def test_absence_is_not_told_to_machines_lists_and_spam(post: Post, fields: dict[str, str], sender: str) -> None:
    away(post)
    post.deliver(letter(**fields), sender=sender)
    assert post.outbox() == []


def test_absence_is_told_within_its_dates(post: Post) -> None:
    away(post, zimbraPrefOutOfOfficeFromDate="20990101000000Z")
    post.deliver(letter(to=NAME))
    assert post.outbox() == []
    away(post, zimbraPrefOutOfOfficeFromDate="20200101000000Z", zimbraPrefOutOfOfficeUntilDate="20990101000000Z")
    post.deliver(letter(to=NAME))
    assert len(post.outbox()) == 1


def test_message_over_the_quota_is_refused(post: Post) -> None:
    post.settings(zimbraMailQuota="500")
    with pytest.raises(SoapFault) as refused:
        post.deliver(letter(text="x" * 600))
    assert refused.value.code == "mail.QUOTA_EXCEEDED"


def test_what_cannot_be_delivered_goes_back_to_its_sender(post: Post) -> None:
    with post.database.transaction(write=True) as db:
        accounts.create(db, "plein@ac-reunion.fr", "", {"zimbraMailQuota": "10"})
        unit = Unit(post.service, db, writable=True)
        delivery.send(unit, NAME, "plein@ac-reunion.fr", letter("Perdu").encode())
        unit.flush()
    assert post.held() == [(2, "Undelivered Mail Returned to Sender")]


def test_list_reaches_its_members_inside_and_outside(post: Post) -> None:
    with post.database.transaction(write=True) as db:
        db.execute("INSERT INTO lists (id, name, attrs) VALUES ('l', 'tous@ac-reunion.fr', '{}')")
        db.executemany("INSERT INTO list_members VALUES (1, ?)", [(NAME,), ("luc@ailleurs.example",)])
    assert len(post.deliver(letter("À tous"), to="tous@ac-reunion.fr")) == 1
    assert post.outbox() == [("luc@ailleurs.example", "À tous")]
