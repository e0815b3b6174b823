"""Rules that meet, as the person has them now."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from bascule.filters import captured as writer
from bascule.filters.interplay import interplays
from bascule.filters.planning import captured_rules
from bascule.models import CapturedRule
from tests.bascule.filters.captured import capture, rule
from tests.factories import make_agent
from tests.pages import parse, select, text
from zimbra.types.filter_actions import Discard, Flag

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Agent, CapturedRule, CapturedRule]:
    agent = make_agent()
    files = capture(agent, rule("DSI", "Listes/DSI"))
    marks = capture(agent, rule("Urgent", actions=[Flag("flagged")]))
    return agent, files, marks


def codes(agent: Agent) -> list[tuple[str, int, int]]:
    return [(one.code, one.first.pk, one.second.pk) for one in interplays(captured_rules(agent))]


def test_interplay_follows_the_order_and_the_switches(pair: tuple[Agent, CapturedRule, CapturedRule]) -> None:
    agent, files, marks = pair
    assert codes(agent) == [("flags_of_later_rule", files.pk, marks.pk)]
    writer.set_active(agent=agent, ids=[marks.pk], active=False, by=agent)
    assert codes(agent) == []
    writer.set_active(agent=agent, ids=[marks.pk], active=True, by=agent)
    writer.move(rule=marks, to=1, by=agent)
    assert codes(agent) == []


def test_rules_of_the_two_directions_do_not_meet(pair: tuple[Agent, CapturedRule, CapturedRule]) -> None:
    agent, _, marks = pair
    marks.delete()
    capture(agent, rule("Urgent", actions=[Flag("flagged")]), direction="outgoing")
    assert codes(agent) == []


def test_list_tells_which_rules_meet_and_links_them(
    client: Client, pair: tuple[Agent, CapturedRule, CapturedRule]
) -> None:
    agent, files, marks = pair
    capture(agent, rule("Efface", actions=[Discard()]))
    client.force_login(agent)
    page = parse(client.get(reverse("filters")).content)
    assert "2 points à vérifier" in text(page, ".portal-interplays summary")
    links = [one.get("href") for one in select(page, ".portal-interplays a")]
    assert links[:2] == [reverse("filter_detail", args=[one.pk]) for one in (files, marks)]
    moved = client.post(reverse("filter_move", args=[marks.pk]), {"vers": "haut"}, headers={"HX-Request": "true"})
    assert "1 point à vérifier" in text(parse(moved.content), ".portal-interplays summary")
