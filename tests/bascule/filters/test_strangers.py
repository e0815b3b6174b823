"""Rules that stand in Zimbra become the person's own, and nothing is doubled or lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured as writer
from bascule.filters import listing, strangers, trial
from bascule.filters.contents import contents_of
from bascule.filters.merging import same_list
from bascule.filters.rule_form import QuickForm
from bascule.lists.wishes import ListSetup
from bascule.models import CapturedRule, DistributionList
from tests.bascule.filters.captured import capture, capture_all, keep_look, rule, send, undo
from tests.factories import make_agent
from tests.pages import parse, select, text
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import FileInto, Flag, Keep
from zimbra.types.filter_tests import AttachmentTest
from zimbra.types.filters import FilterRule

pytestmark = pytest.mark.django_db

THEIRS = (
    rule("Perso 1", actions=[Flag("read")]),
    rule("Perso 2", active=False),
    FilterRule((AttachmentTest(),), (FileInto("/Inbox"),), name="Pièces"),
)


@pytest.fixture
def theirs(mailbox: ZimbraClient) -> ZimbraClient:
    mailbox.replace_filters(THEIRS)
    return mailbox


def names(mailbox: ZimbraClient) -> list[str]:
    return [one.name for one in mailbox.filters()]


def seen(agent: Agent, mailbox: ZimbraClient) -> list[strangers.Stranger]:
    return strangers.strangers(agent, mailbox_look.look_through(mailbox))


def take_over(agent: Agent, mailbox: ZimbraClient, *wanted: str) -> list[CapturedRule]:
    picture = mailbox_look.look_through(mailbox)
    keys = {one.key for one in strangers.strangers(agent, picture) if one.rule.name in wanted} if wanted else None
    return strangers.take_over(agent=agent, picture=picture, keys=keys, by=agent)


def own(agent: Agent) -> list[str]:
    return [contents_of(row).name for row in CapturedRule.objects.filter(agent=agent, direction="incoming")]


def row_of(agent: Agent, name: str) -> CapturedRule:
    return next(row for row in CapturedRule.objects.filter(agent=agent) if contents_of(row).name == name)


def edit(agent: Agent, rule_name: str, **fields: str) -> None:
    """By the form, as the page does."""
    shown = listing.shown(row_of(agent, rule_name))
    assert shown.form is not None
    form = QuickForm.of(shown.form, name=rule_name, active=True)
    values = {key: value for key, value in form.rule.initial.items() if value not in ("", False)} | fields
    [line] = form.lines
    values |= {"lines": "1", **{f"c0-{key}": value for key, value in line.initial.items()}}
    received = QuickForm.received(values, fixed_direction=True)
    assert received.is_valid(), received.rule.errors
    writer.edit(rule=shown.row, source=received.source(), by=agent)


def test_taken_over_and_sent_zimbra_stays_as_it_is(agent: Agent, theirs: ZimbraClient) -> None:
    assert [(one.at, one.rule.name, one.refusal) for one in seen(agent, theirs)] == [
        (1, "Perso 1", ""),
        (2, "Perso 2", ""),
        (3, "Pièces", ""),
    ]
    before = theirs.filters()
    rows = take_over(agent, theirs)
    assert [(row.position, row.origin, row.active) for row in rows] == [
        (1, "zimbra", True),
        (2, "zimbra", False),
        (3, "zimbra", True),
    ]
    assert seen(agent, theirs) == []
    send(agent, theirs)
    assert theirs.filters() == before
    assert seen(agent, theirs) == []


@pytest.mark.parametrize("sent_first", [True, False], ids=["sent", "at-once"])
def test_changed_moved_switched_deleted_and_undone(agent: Agent, theirs: ZimbraClient, sent_first: bool) -> None:
    capture(agent, rule("DSI"))
    send(agent, theirs)
    before = theirs.filters()
    assert [one.name for one in before] == ["Perso 1", "Perso 2", "Pièces", "DSI"]
    take_over(agent, theirs)
    assert own(agent) == ["Perso 1", "Perso 2", "Pièces", "DSI"]
    if sent_first:
        send(agent, theirs)
    edit(agent, "Perso 1", folder="Ailleurs")
    writer.move(rule=row_of(agent, "Pièces"), to=1, by=agent)
    writer.set_active(agent=agent, ids=[row_of(agent, "Perso 2").pk], active=True, by=agent)
    replay = send(agent, theirs)
    after = theirs.filters()
    assert [one.name for one in after] == ["Pièces", "Perso 1", "Perso 2", "DSI"]
    assert FileInto("Ailleurs") in after[1].actions
    assert after[2].active
    assert undo(replay).state == "undone"
    assert same_list(theirs.filters(), before)
    writer.delete(agent=agent, ids=[row_of(agent, "Pièces").pk], by=agent)
    send(agent, theirs)
    left = ["Perso 1", "Perso 2", "DSI"] if sent_first else ["Perso 1", "Perso 2", "Pièces", "DSI"]
    assert sorted(names(theirs)) == sorted(left)


def test_renamed_before_any_sending_is_not_doubled(agent: Agent, theirs: ZimbraClient) -> None:
    take_over(agent, theirs)
    edit(agent, "Perso 1", name="Nouvelle", folder="Ailleurs")
    send(agent, theirs)
    assert sorted(names(theirs)) == ["Nouvelle", "Perso 2", "Pièces"]
    writer.set_active(agent=agent, ids=[row_of(agent, "Nouvelle").pk], active=False, by=agent)
    send(agent, theirs)
    assert sorted(names(theirs)) == ["Nouvelle", "Perso 2", "Pièces"]


def test_one_is_taken_over_where_it_stands_among_the_others(agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"), rule("Paie"))
    send(agent, mailbox)
    mailbox.replace_filters((THEIRS[0], rule("DSI"), THEIRS[1], rule("Paie"), THEIRS[2]))
    before = mailbox.filters()
    take_over(agent, mailbox, "Perso 2")
    assert own(agent) == ["DSI", "Perso 2", "Paie"]
    take_over(agent, mailbox, "Pièces")
    assert own(agent) == ["DSI", "Perso 2", "Paie", "Pièces"]
    send(agent, mailbox)
    assert mailbox.filters() == before
    assert [one.rule.name for one in seen(agent, mailbox)] == ["Perso 1"]


def test_rule_without_a_condition_is_taken_over_once(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.replace_filters((FilterRule((), (Keep(),), name="Tout"),))
    before = mailbox.filters()
    take_over(agent, mailbox)
    send(agent, mailbox)
    assert mailbox.filters() == before
    writer.set_active(agent=agent, ids=[row_of(agent, "Tout").pk], active=False, by=agent)
    send(agent, mailbox)
    [there] = mailbox.filters()
    assert (there.name, there.active, len(there.tests)) == ("Tout", False, 1)


def test_what_cannot_be_taken_over_says_why(agent: Agent, mailbox: ZimbraClient) -> None:
    capture(agent, rule("Perso 1", "Ailleurs"))
    setup = ListSetup(address="profs@academie.example", sender_name="Profs")
    DistributionList.objects.create(agent=agent, address=setup.address, contents=setup.sealed())
    of_list = replace(rule("Liste"), tests=(replace(rule("x").tests[0], header="to", value=setup.address),))
    mailbox.replace_filters((*THEIRS, replace(of_list, actions=(FileInto("/Inbox/Profs"),))))
    found = {one.rule.name: one.refusal for one in seen(agent, mailbox)}
    assert "porte déjà ce nom" in found["Perso 1"]
    assert "liste" in found["Liste"]
    assert [contents_of(row).name for row in take_over(agent, mailbox)] == ["Perso 2", "Pièces"]


def test_changed_in_zimbra_since_is_the_persons_to_decide(agent: Agent, theirs: ZimbraClient) -> None:
    take_over(agent, theirs)
    theirs.replace_filters((replace(THEIRS[0], actions=(Flag("flagged"),)), *THEIRS[1:]))
    there = theirs.filters()
    edit(agent, "Perso 1", folder="Ailleurs")
    send(agent, theirs)
    assert theirs.filters() == there


def test_before_side_of_a_trial_leaves_them_out(agent: Agent, theirs: ZimbraClient) -> None:
    keep_look(agent)
    take_over(agent, theirs)
    edit(agent, "Perso 1", folder="Ailleurs")
    tried = trial.try_message(agent, b"Subject: Perso 1\n\nx", now=timezone.localtime())
    assert [one.name for one in tried.before.matched] == []
    assert [one.name for one in tried.after.matched] == ["Perso 1"]
    assert any("vient de Zimbra" in one.sentence for one in tried.reasons)


def test_page_shows_them_below_and_takes_them_over(client: Client, agent: Agent, theirs: ZimbraClient) -> None:
    client.force_login(agent)
    keep_look(agent)
    page = parse(client.get(reverse("filters")).content)
    assert [one.text_content() for one in select(page, "#there h3")] == ["Perso 1", "Perso 2", "Pièces"]
    [first, *_] = [one.get("value") for one in select(page, "#there button")]
    back = client.post(reverse("filters_take_over"), {"regle": first}, follow=True)
    assert own(agent) == ["Perso 1"]
    page = parse(back.content)
    assert [one.text_content() for one in select(page, "#there h3")] == ["Perso 2", "Pièces"]
    assert "Reprise de Zimbra" in text(page, "#rules")
    client.post(reverse("filters_take_over"), {"regle": first})
    client.post(reverse("filters_take_over"), {"tout": "1"})
    assert own(agent) == ["Perso 1", "Perso 2", "Pièces"]


def test_rule_that_says_more_than_the_form_is_edited_in_zimbra(
    client: Client, agent: Agent, theirs: ZimbraClient
) -> None:
    client.force_login(agent)
    keep_look(agent)
    take_over(agent, theirs)
    simple, more = row_of(agent, "Perso 1"), row_of(agent, "Pièces")
    assert client.get(reverse("filter_edit", args=[simple.pk])).status_code == 200
    assert "texte=1" not in client.get(reverse("filter_edit", args=[simple.pk])).content.decode()
    assert client.get(reverse("filter_edit", args=[more.pk])).status_code == 302
    page = client.get(reverse("filter_detail", args=[more.pk])).content
    assert "se modifie dans Zimbra" in text(parse(page))
    assert reverse("filter_edit", args=[more.pk]) not in page.decode()


def test_delete_page_says_that_it_stays_in_zimbra(client: Client, agent: Agent, theirs: ZimbraClient) -> None:
    client.force_login(agent)
    [row, *_] = take_over(agent, theirs)
    url = f"{reverse('filters_delete')}?regle={row.pk}"
    assert "reprise de Zimbra sans envoi depuis" in client.get(url).content.decode()
    send(agent, theirs)
    assert "sans envoi depuis" not in client.get(url).content.decode()


def test_nobody_else_and_nobody_before_the_move_takes_over(client: Client, agent: Agent, theirs: ZimbraClient) -> None:
    keep_look(agent)
    client.force_login(make_agent())
    client.post(reverse("filters_take_over"), {"tout": "1"})
    assert client.get(reverse("filters_there")).status_code == 302
    assert not CapturedRule.objects.exists()


def test_source_of_a_typed_rule_may_repeat_nothing_of_zimbra(agent: Agent, theirs: ZimbraClient) -> None:
    """A new rule gets a name apart from those that were taken over."""
    take_over(agent, theirs)
    source = SourceRule('if header :is "Subject" "z" { keep; }', name="Perso 1")
    row = writer.add(agent=agent, source=source, by=agent)
    assert contents_of(row).rules[0].name == "Perso 1 (2)"
