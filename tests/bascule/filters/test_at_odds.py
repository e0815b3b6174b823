"""Pages of rules when things have gone otherwise meanwhile: another window, keys that are lost, odd input."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured, from_deposits
from bascule.models import CapturedRule
from bascule.views import filter_forms, filters
from tests.factories import make_agent
from tests.simulated import Simulated

pytestmark = pytest.mark.django_db


def type_in(agent: Agent, count: int) -> list[CapturedRule]:
    texts = (f'if header :contains "subject" "mot {n}" {{ fileinto "Dossier {n}"; }}' for n in range(count))
    return [captured.add(agent=agent, source=SourceRule(text), by=agent) for text in texts]


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def looked_at(agent: Agent) -> None:
    mailbox_look.look_for(agent)
    mailbox_look.look(agent.pk)


def test_rules_that_can_no_longer_be_opened_are_switched_and_ordered(settings: Any) -> None:
    agent = make_agent()
    first, second = type_in(agent, 2)
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    client = browser(agent)
    assert client.post(reverse("filter_switch", args=[first.pk]), {"active": "0"}).status_code == 302
    answer = client.post(reverse("filters_selection"), {"faire": "desactiver", "regle": [first.pk, second.pk]})
    assert answer.status_code == 302
    assert client.post(reverse("filter_move", args=[first.pk]), {"vers": "bas"}).status_code == 302
    rows = list(CapturedRule.objects.order_by("position"))
    assert [(row.pk, row.active) for row in rows] == [(second.pk, False), (first.pk, False)]
    assert client.get(reverse("filters")).status_code == 200


@pytest.mark.parametrize("to", ["haut", "bas", "2"])
def test_rule_deleted_in_another_window_is_not_moved(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    agent = make_agent()
    rule, _ = type_in(agent, 2)
    monkeypatch.setattr(filters, "own_rule", deleted_after(filters.own_rule, agent))
    assert browser(agent).post(reverse("filter_move", args=[rule.pk]), {"vers": to}).status_code == 404


def test_text_of_a_rule_deleted_in_another_window_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make_agent()
    [rule] = type_in(agent, 1)
    monkeypatch.setattr(filter_forms, "own_rule", deleted_after(filters.own_rule, agent))
    address = reverse("filter_edit", args=[rule.pk]) + "?texte=1"
    answer = browser(agent).post(address, {"text": 'if header :is "to" "nouveau" { discard; }'})
    assert answer.status_code == 422
    assert "a été supprimée entre-temps" in answer.content.decode()
    assert "nouveau" in answer.content.decode()


def deleted_after(own_rule: Any, agent: Agent) -> Any:
    """`own_rule`, and another window that deletes it right then."""

    def found(request: Any, rule_id: int) -> CapturedRule:
        rule: CapturedRule = own_rule(request, rule_id)
        captured.delete(agent=agent, ids=[rule.pk], by=agent)
        return rule

    return found


@pytest.mark.parametrize("day", ["1/1/99999999999999999999", "31/12/10000", "0001-01-01-", "\0", "1/1"])
def test_day_that_is_none_is_told(agent: Agent, door: Simulated, day: str) -> None:
    looked_at(agent)
    answer = browser(agent).post(reverse("filters_apply"), {"do": "check", "since": day})
    assert answer.status_code == 422
    assert "since" in answer.context["errors"]


def test_pages_ask_the_database_as_often_for_many_rules_as_for_few(agent: Agent, door: Simulated) -> None:
    looked_at(agent)
    client = browser(agent)
    names = ("filters", "filter_new", "filter_trial", "filters_send", "filters_apply")

    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(name)).status_code == 200
        return len(asked)

    type_in(agent, 5)
    few = {name: queries(name) for name in names}
    CapturedRule.objects.all().delete()
    type_in(agent, 60)
    assert {name: queries(name) for name in names} == few
    assert max(few.values()) < 15


def test_rules_of_others_among_the_ticked_ones_are_left_alone() -> None:
    owner, agent = make_agent(), make_agent()
    [theirs] = type_in(owner, 1)
    [mine] = type_in(agent, 1)
    client = browser(agent)
    ids = [theirs.pk, mine.pk]
    client.post(reverse("filters_selection"), {"faire": "desactiver", "regle": ids})
    client.post(reverse("filters_delete"), {"regle": ids})
    assert client.post(reverse("filters_delete"), {"regle": [theirs.pk]}).status_code == 404
    assert client.post(reverse("filter_trial"), {"regle": theirs.pk, "subject": "a"}).status_code == 404
    assert "Dossier 0" not in client.get(reverse("filter_new"), {"apres": theirs.pk}).content.decode()
    assert list(CapturedRule.objects.values_list("pk", "active")) == [(theirs.pk, True)]


def test_preview_of_as_many_rules_as_there_may_be_comes_back(agent: Agent, door: Simulated) -> None:
    looked_at(agent)
    lines = (f'if header :is "subject" "m{n}" {{ fileinto "Dossier {n}"; }}' for n in range(captured.MAX_RULES))
    rules = from_deposits.read_rules("\n".join(lines).encode()).rules
    captured.add_from_reading(agent=agent, rules=rules, deposit=None, by=agent)
    client = browser(agent)
    proposal = client.get(reverse("filters_send")).context["proposal"]
    keys = [one.key for one in proposal.folders]
    assert len(keys) == captured.MAX_RULES
    form = {"offered": keys, "create": keys[:-1], "shown": proposal.shown, "do": "send"}
    answer = client.post(reverse("filters_send"), form)
    assert answer.status_code == 200
    assert sum(one.create for one in answer.context["proposal"].folders) == captured.MAX_RULES - 1
