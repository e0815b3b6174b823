from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.requests.purging import purge
from zimbra.simulator.store import accounts, domains, folders, items, messages
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.mailbox import INBOX, JUNK, SENT, TRASH, Mailbox

DAY = 86_400_000
NOW = int(time.time() * 1000)


def _add(person: Person, folder: int, subject: str, age: int, flags: str = "") -> str:
    content = f"Subject: {subject}\n\nTexte"
    body = f'<AddMsgRequest><m l="{folder}" d="{NOW - age * DAY}" f="{flags}"><content>{content}</content></m>'
    return str(person.mail(f"{body}</AddMsgRequest>").find("m").get("id"))


def _left(person: Person, folder: int) -> int:
    return int(person.folder(l=str(folder)).get("n"))


def _purge(admin: Wire, person: Person) -> None:
    answer = admin.admin(f'<PurgeMessagesRequest><mbox id="{person.id}"/></PurgeMessagesRequest>')
    assert len(answer.findall("mbox")) == 1
    assert int(answer.find("mbox").get("s")) >= 0


def test_purge_follows_the_preferences_of_inbox_and_sent(admin: Wire, owner: Person) -> None:
    admin.modify_account(
        owner.address,
        zimbraPrefInboxReadLifetime="10d", zimbraPrefInboxUnreadLifetime="20d", zimbraPrefSentLifetime="30d",
    )  # fmt: skip
    for age in (5, 15, 25):
        _add(owner, INBOX, "lu", age)
        _add(owner, INBOX, "non lu", age, "u")
        _add(owner, SENT, "envoyé", age + 10)
    _purge(admin, owner)
    assert (_left(owner, INBOX), _left(owner, SENT)) == (3, 2)
    assert owner.folder(l="2").get("u") == "2"


def test_purge_without_any_preference_keeps_what_lies_in_folders(admin: Wire, owner: Person) -> None:
    _add(owner, INBOX, "ancien", 4000)
    _add(owner, SENT, "ancien", 4000)
    _purge(admin, owner)
    assert (_left(owner, INBOX), _left(owner, SENT)) == (1, 1)


def test_purge_follows_the_policies_of_folders_and_tags(admin: Wire, owner: Person) -> None:
    policy = '<retentionPolicy><keep/><purge><policy type="user" lifetime="{}d"/></purge></retentionPolicy>'
    folder = owner.new_folder("Dossier")
    owner.act("retentionpolicy", folder, policy.format(10))
    tag = owner.mail('<CreateTagRequest><tag name="bref"/></CreateTagRequest>').find("tag").get("id")
    owner.mail(
        f'<TagActionRequest><action op="retentionpolicy" id="{tag}">{policy.format(3)}</action></TagActionRequest>'
    )
    for age in (1, 5, 15):
        _add(owner, int(folder), "au dossier", age)
        marked = _add(owner, INBOX, "marqué", age)
        owner.mail(f'<ItemActionRequest><action op="tag" tn="bref" id="{marked}"/></ItemActionRequest>')
    _add(owner, INBOX, "sans marque", 15)
    _purge(admin, owner)
    assert (_left(owner, int(folder)), _left(owner, INBOX)) == (2, 2)


def test_purge_of_nobody_is_refused(admin: Wire) -> None:
    with refused("account.NO_SUCH_ACCOUNT"):
        admin.admin('<PurgeMessagesRequest><mbox id="personne"/></PurgeMessagesRequest>')


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    database = Database(tmp_path)
    try:
        with database.transaction(write=True) as db:
            domains.create_domain(db, "x.fr", {})
            account: Account = accounts.create(db, "a@x.fr", "", {"zimbraPrefTrashLifetime": "7d"})
            yield Mailbox(db, account, writable=True)
    finally:
        database.close()


def _older(mailbox: Mailbox, days: int) -> list[str]:
    """What is left in the mailbox when so many days have gone by."""
    mailbox.now += days * DAY
    purge(mailbox)
    return [item.label for item in items.select(mailbox, ("message",))]


def test_trash_and_junk_keep_a_thing_from_the_day_it_came(mailbox: Mailbox) -> None:
    below = folders.create(mailbox, "Dessous", TRASH)
    for folder, subject in ((TRASH, "corbeille"), (below.id, "dessous"), (JUNK, "indésirable"), (INBOX, "reçu")):
        messages.add(mailbox, folder, f"Subject: {subject}\n\nTexte".encode(), date=NOW - 1000 * DAY)
    assert len(_older(mailbox, 6)) == 4
    assert _older(mailbox, 2) == ["indésirable", "reçu"]
    assert _older(mailbox, 23) == ["reçu"]


def test_server_that_keeps_no_message_for_ever_takes_them_from_all_folders(mailbox: Mailbox) -> None:
    mailbox.account = accounts.modify(mailbox.db, mailbox.account, {"zimbraMailMessageLifetime": ["100d"]})
    other = folders.create(mailbox, "Archives", 1)
    messages.add(mailbox, other.id, b"Subject: ancien\n\nTexte", date=NOW - 101 * DAY)
    messages.add(mailbox, other.id, b"Subject: neuf\n\nTexte", date=NOW - 99 * DAY)
    assert _older(mailbox, 0) == ["neuf"]
