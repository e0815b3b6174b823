"""Incoming and outgoing filter rules."""

from dataclasses import replace

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import message, soon
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types.filter_actions import Discard, FileInto, Flag, Keep, Redirect, Reply, Stop, Tag
from zimbra.types.filter_tests import (
    AddressBookTest,
    AddressTest,
    AttachmentTest,
    BodyTest,
    BulkTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    ImportanceTest,
    InviteTest,
    ListTest,
    MeTest,
    MimeHeaderTest,
    SizeTest,
    TrueTest,
)
from zimbra.types.filters import FilterRule, RuleBody
from zimbra.types.mail import Correspondent, NewMessage

LISTS = FilterRule(
    (HeaderTest("subject", "[dsi]"), AddressTest("from", "b.fr", "domain", negative=True)),
    (FileInto("Listes"), Flag("read"), Tag("Liste"), Stop()),
    "anyof",
    name="Listes « DSI » & co",
)

EVERY_TEST = (
    HeaderTest("subject", "a", "is"),
    HeaderTest("x-priority", "a*b?", "matches", True, negative=True),
    AddressTest("to,cc", "moi", "localpart", "contains"),
    EnvelopeTest("from", "a@b.fr"),
    HeaderExistsTest("x-spam"),
    MimeHeaderTest("content-type", "pdf"),
    SizeTest("over", "10K"),
    SizeTest("under", "5M", negative=True),
    DateTest("before", 1_767_225_600),
    CurrentTimeTest("after", "0800"),
    CurrentDayOfWeekTest("0,6"),
    BodyTest('dit "ceci"', True),
    BodyTest("chemin\\de"),
    AttachmentTest(negative=True),
    AddressBookTest("from"),
    MeTest("to,cc"),
    InviteTest(),
    ImportanceTest("high"),
    BulkTest(),
    ListTest(),
    TrueTest(),
)


def test_a_new_account_has_no_filters(client: ZimbraClient) -> None:
    assert (client.filters(), client.filters("outgoing")) == ((), ())


def test_rules_come_back_as_they_were_written(client: ZimbraClient) -> None:
    answer = FilterRule((TrueTest(),), (Reply("Je suis absent.\nÀ lundi."),), name="réponse", active=False)
    client.replace_filters([LISTS, answer])
    assert client.filters() == (LISTS, answer)
    assert client.filters("outgoing") == ()


@pytest.mark.parametrize("test", EVERY_TEST, ids=[f"{n}-{test.ELEMENT}" for n, test in enumerate(EVERY_TEST)])
def test_each_kind_of_test_comes_back(client: ZimbraClient, test: TrueTest) -> None:
    rule = FilterRule((test,), (Keep(),), name="une")
    client.replace_filters([rule])
    [found] = client.filters()
    if isinstance(test, DateTest):
        # The server keeps the day, in the time zone of the account.
        [kept] = found.tests
        assert isinstance(kept, DateTest)
        assert abs(kept.seconds - test.seconds) <= 86_400
    else:
        assert found.tests == (test,)


def test_nested_rules_come_back(client: ZimbraClient) -> None:
    inner = RuleBody((AttachmentTest(),), (FileInto("Pièces"),))
    rule = FilterRule((HeaderTest("subject", "a"),), (), name="imbriquée", nested=inner)
    client.replace_filters([rule])
    assert client.filters() == (rule,)


def test_what_is_read_can_be_written_back(client: ZimbraClient) -> None:
    client.replace_filters([LISTS, FilterRule(EVERY_TEST[:8], (Discard(),), name="toutes")])
    before = client.filters()
    client.replace_filters(before)
    assert client.filters() == before


def test_outgoing_rules_are_apart(client: ZimbraClient) -> None:
    sent = FilterRule((AddressTest("from", "liste@b.fr"),), (FileInto("Listes/Envoyé"), Stop()), name="envois")
    client.replace_filters([sent], "outgoing")
    assert (client.filters(), client.filters("outgoing")) == ((), (sent,))


def test_put_and_delete_one_rule(client: ZimbraClient) -> None:
    client.put_filter(FilterRule((TrueTest(),), (Keep(),), name="a"))
    client.put_filter(LISTS)
    client.put_filter(FilterRule((TrueTest(),), (Stop(),), name="a"))
    client.put_filter(replace(LISTS, active=False))
    assert [(rule.name, rule.active, rule.actions[-1]) for rule in client.filters()] == [
        ("a", True, Stop()),
        (LISTS.name, False, Stop()),
    ]
    client.delete_filter("a")
    assert [rule.name for rule in client.filters()] == [LISTS.name]
    with pytest.raises(NotFound):
        client.delete_filter("a")
    client.replace_filters([])
    assert client.filters() == ()


@pytest.mark.parametrize(
    "rule",
    [
        FilterRule((HeaderTest("", "a"),), (Keep(),), name="en-tête vide"),
        FilterRule((SizeTest("over", "beaucoup"),), (Keep(),), name="taille"),
        FilterRule((CurrentTimeTest("after", "25h"),), (Keep(),), name="heure"),
        FilterRule((TrueTest(),), (), name="sans action"),
        FilterRule((TrueTest(),), (FileInto(""),), name="sans dossier"),
    ],
    ids=lambda rule: rule.name,
)
def test_a_rule_that_means_nothing_is_refused_and_the_others_stay(client: ZimbraClient, rule: FilterRule) -> None:
    client.replace_filters([LISTS])
    with pytest.raises(Refused):
        client.replace_filters([rule])
    assert client.filters() == (LISTS,)


def test_rules_are_applied_to_messages_that_are_there(client: ZimbraClient) -> None:
    folder = client.create_folder("Listes", view="message")
    first, second = (client.add_message("2", message(subject)) for subject in ("[dsi] panne", "autre"))
    client.replace_filters([FilterRule((HeaderTest("subject", "[dsi]"),), (FileInto("Listes"),), name="listes")])
    result = client.apply_filters(["listes"], [first.id, second.id])
    assert (result.affected, result.unsettled) == ((first.id,), ())
    assert soon(lambda: [one.subject for one in client.messages("in:Listes")]) == ["[dsi] panne"]
    assert [one.subject for one in client.messages("in:inbox")] == ["autre"]
    assert client.folder(folder.id).count == 1


def test_rules_are_applied_to_what_a_search_finds(client: ZimbraClient) -> None:
    ids = [client.add_message("2", message(f"panne {number}")).id for number in range(3)]
    assert soon(lambda: len(list(client.messages("in:inbox"))) == 3)
    client.replace_filters([FilterRule((HeaderTest("subject", "panne"),), (Flag("flagged"),), name="drapeau")])
    assert sorted(client.apply_filters_to_query(["drapeau"], "in:inbox").affected) == sorted(ids)
    assert all(client.message(item_id).is_flagged for item_id in ids)


def test_an_inactive_rule_does_nothing_and_one_that_is_not_there_is_refused(client: ZimbraClient) -> None:
    added = client.add_message("2", message("panne"))
    rule = FilterRule((HeaderTest("subject", "panne"),), (Flag("read"),), name="lu", active=False)
    client.replace_filters([rule])
    assert client.apply_filters(["lu"], [added.id]).affected == ()
    with pytest.raises(Refused):
        client.apply_filters(["autre"], [added.id])


def test_mail_that_arrives_goes_through_the_rules_and_added_mail_does_not(server: Server) -> None:
    writer, reader = server.create_account(), server.create_account()
    with server.client(reader) as receiving, server.client(writer) as sending:
        receiving.create_folder("Listes", view="message")
        receiving.replace_filters([FilterRule((HeaderTest("subject", "[dsi]"),), (FileInto("Listes"),), name="listes")])
        receiving.add_message("2", message("[dsi] ajouté"))
        sending.send(NewMessage(to=(Correspondent(reader),), subject="[dsi] envoyé", text="Bonjour."))
        filed = soon(lambda: list(receiving.messages("in:Listes")))
        assert [one.subject for one in filed] == ["[dsi] envoyé"]
        assert [one.subject for one in receiving.messages("in:inbox")] == ["[dsi] ajouté"]


def test_mail_that_is_sent_goes_through_the_outgoing_rules(server: Server) -> None:
    writer, reader = server.create_account(), server.create_account()
    with server.client(writer) as sending:
        folder = sending.create_folder("Archives", view="message")
        rule = FilterRule((HeaderTest("subject", "[dsi]"),), (FileInto("Archives"),), name="archives")
        sending.replace_filters([rule], "outgoing")
        sending.send(NewMessage(to=(Correspondent(reader),), subject="[dsi] envoyé", text="Bonjour."))
        kept = soon(lambda: list(sending.messages('subject:"envoyé"')))
        assert [one.folder_id for one in kept] == [folder.id]


def test_a_redirection_keeps_no_copy_and_a_copy_does(server: Server) -> None:
    reader, other = server.create_account(), server.create_account()
    with server.client(reader) as receiving, server.client(other) as third:
        receiving.replace_filters(
            [
                FilterRule((HeaderTest("subject", "un"),), (Redirect(other),), name="un"),
                FilterRule((HeaderTest("subject", "deux"),), (Redirect(other, copy=True),), name="deux"),
            ]
        )
        for subject in ("un", "deux"):
            third.send(NewMessage(to=(Correspondent(reader),), subject=subject, text="Bonjour."), save_to_sent=False)
        there = soon(lambda: len(list(third.messages("in:inbox"))) == 2)
        assert there
        assert [one.subject for one in receiving.messages("in:inbox")] == ["deux"]
