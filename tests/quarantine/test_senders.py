"""Trust and block lists: who may change them, what they hold, what they say of a message."""

from __future__ import annotations

import pytest

from accounts.models import JournalEntry
from accounts.sentences import sentence
from quarantine import senders
from quarantine.models import Hold, SenderEntry
from quarantine.senders import EVERYBODY, SenderError
from quarantine.senders_matching import MessageSenders
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db
MINE = "rose.payet@ac-reunion.fr"


def _from(address: str, envelope: str = "", **more) -> MessageSenders:
    return MessageSenders(shown=(address,), envelope=envelope or address, **more)


@pytest.fixture
def rose():
    return make_agent(MINE)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Jean@Exemple.FR", "jean@exemple.fr"),
        ("Jean <jean@exemple.fr>", "jean@exemple.fr"),
        ("*.exemple.fr", "exemple.fr"),
        ("@exemple.fr", "exemple.fr"),
        ("école.fr", "xn--cole-9oa.fr"),
    ],
)
def test_entry_is_kept_in_one_form_whatever_was_typed(rose, typed, stored):
    added = senders.trust(mailbox=MINE, pattern=typed, by=rose, note="  vu\0 \n avec  elle ")
    assert (added.entry.pattern, added.entry.note, added.entry.added_by) == (stored, "vu avec elle", MINE)
    assert senders.trust(mailbox=MINE, pattern=stored, by=rose).is_new is False


@each("typed", ["", "fr", "a@b", "x\0@exemple.fr", "http://exemple.fr/", "gmail.com", "ac-reunion.fr"])
def test_entry_that_can_be_none_is_refused_with_a_sentence(rose, typed):
    with pytest.raises(SenderError) as refused:
        senders.trust(mailbox=MINE, pattern=typed, by=rose)
    assert refused.value.sentence.endswith(".")
    assert not SenderEntry.objects.exists()


def test_entry_of_the_other_list_moves_and_a_new_note_replaces_the_former(rose):
    senders.block(mailbox=MINE, pattern="jean@exemple.fr", by=rose, note="ancien")
    assert senders.trust(mailbox=MINE, pattern="jean@exemple.fr", by=rose, note="neuf").was_moved
    senders.trust(mailbox=MINE, pattern="jean@exemple.fr", by=rose, note="plus neuf")
    assert list(SenderEntry.objects.values_list("kind", "note")) == [("trust", "plus neuf")]


def test_trust_says_which_block_wins_over_it(rose):
    wide = senders.block(mailbox=EVERYBODY, pattern="exemple.fr", by=make_agent(is_staff=True)).entry
    assert senders.trust(mailbox=MINE, pattern="jean@lettres.exemple.fr", by=rose).overruled_by == wide
    assert senders.trust(mailbox=MINE, pattern="lettres.exemple.fr", by=rose).overruled_by == wide
    assert senders.trust(mailbox=MINE, pattern="autre.fr", by=rose).overruled_by is None


def test_lists_are_changed_by_those_who_act_there_only(rose):
    box = make_shared_box(address="direction@ac-reunion.fr")
    people = {}
    for role in ("owner", "member", "reader"):
        people[role] = make_moved_agent()
        give_access(box, people[role], role)
    for by in (people["owner"], people["member"], None):
        senders.block(mailbox=box.address, pattern="exemple.fr", by=by)
    entry = SenderEntry.objects.get()
    staff = make_agent(is_staff=True)
    for by in (people["reader"], rose, staff):
        with pytest.raises(SenderError):
            senders.block(mailbox=box.address, pattern="autre.fr", by=by)
        with pytest.raises(SenderError):
            senders.remove(entry=entry, by=by)
    for by in (rose, None):
        with pytest.raises(SenderError):
            senders.block(mailbox=EVERYBODY, pattern="autre.fr", by=by)
    assert list(SenderEntry.objects.all()) == [entry]
    senders.remove(entry=entry, by=people["member"])
    senders.remove(entry=entry, by=people["member"])
    assert not SenderEntry.objects.exists()


def test_lists_are_bounded(rose, monkeypatch):
    monkeypatch.setattr(senders, "MAX_ENTRIES", 1)
    senders.block(mailbox=MINE, pattern="un.fr", by=rose)
    with pytest.raises(SenderError, match="pleines"):
        senders.block(mailbox=MINE, pattern="deux.fr", by=rose)
    # Moving one needs no room.
    assert senders.trust(mailbox=MINE, pattern="un.fr", by=rose).was_moved


def test_journal_names_the_sender_where_several_keep_the_list_only(rose):
    staff = make_agent(is_staff=True)
    box = make_shared_box((owner := make_moved_agent(), "owner"), address="direction@ac-reunion.fr")
    senders.trust(mailbox=MINE, pattern="jean@exemple.fr", by=None, note="secret")
    senders.block(mailbox=box.address, pattern="exemple.fr", by=owner)
    entry = senders.block(mailbox=EVERYBODY, pattern="arnaque.fr", by=staff, note="faux impôts").entry
    senders.remove(entry=entry, by=staff, note="site repris")
    told = [sentence(one) for one in JournalEntry.objects.order_by("pk")]
    assert told == [
        f"a mis une adresse sur la liste de confiance de {MINE}",
        "a mis exemple.fr sur la liste de blocage de direction@ac-reunion.fr",
        "a mis arnaque.fr sur la liste de blocage de l’académie (faux impôts)",
        "a retiré arnaque.fr de la liste de blocage de l’académie (site repris)",
    ]
    assert "secret" not in str(list(JournalEntry.objects.values()))


def test_listed_tells_for_each_recipient_in_one_query(rose, django_assert_num_queries):
    staff = make_agent(is_staff=True)
    senders.trust(mailbox=MINE, pattern="jean@exemple.fr", by=rose)
    senders.block(mailbox="x@ac-reunion.fr", pattern="exemple.fr", by=None)
    senders.trust(mailbox=EVERYBODY, pattern="exemple.fr", by=staff)
    message = _from("jean@lettres.exemple.fr", "jean+z@exemple.fr")
    with django_assert_num_queries(1):
        found = senders.listed_for([MINE, "x@ac-reunion.fr", "y@ac-reunion.fr", ""], message)
    assert {address: (one.kind, one.by_staff) for address, one in found.items()} == {
        MINE: ("trust", False),
        "x@ac-reunion.fr": ("block", False),
        "y@ac-reunion.fr": ("trust", True),
        "": ("trust", True),
    }
    assert senders.listed(MINE, MessageSenders(shown=(), envelope="")) is None
    # Nothing of another's list.
    assert senders.listed(MINE, _from("autre@ailleurs.fr")) is None


def test_sender_of_a_held_message_is_trusted_by_what_stays_the_same():
    def hold(sender, mail_from=""):
        return Hold(sender=sender, mail_from=mail_from)

    assert senders.to_trust(hold("jean@exemple.fr")) == "jean@exemple.fr"
    assert senders.to_trust(hold("bounce-12345678@lettres.exemple.fr")) == "lettres.exemple.fr"
    assert senders.to_trust(hold("jean@ac-reunion.fr")) == "jean@ac-reunion.fr"
    assert senders.to_trust(hold("", "jean@gmail.com")) == "jean@gmail.com"
    assert senders.to_trust(hold("", "")) == ""
