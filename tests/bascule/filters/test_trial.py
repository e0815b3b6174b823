"""A person's rules on one message, on both sides."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule.filters import trial
from bascule.filters.contents import contents_of
from bascule.filters.stored import rules_to_text
from bascule.mailbox_look import Snapshot, _dumped
from bascule.models import SettingsLook
from tests.bascule.filters.trial_rules import captured
from tests.factories import make_agent
from zimbra.types.filter_actions import FileInto, Stop
from zimbra.types.filter_tests import TrueTest
from zimbra.types.filters import FilterRule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Indian/Reunion"))
MESSAGE = b"From: Chef <chef@univ.example>\r\nTo: x@y.example\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n\r\nBonjour\r\n"


def _try(agent: Agent, raw: bytes = MESSAGE) -> trial.Tried:
    return trial.try_message(agent, raw, now=NOW)


def test_same_result_with_the_rules_that_did_it() -> None:
    agent = make_agent()
    missed = captured(agent, 'if header :contains "Subject" "facture" { discard; }', "Factures")
    hit = captured(
        agent, 'if header :contains "Subject" "réunion" { fileinto "Réunions"; addflag "\\\\Seen"; stop; }', "Réunions"
    )
    captured(agent, "discard;", "Après")
    tried = _try(agent)
    assert tried.same
    assert tried.before.sentence.startswith("Le message était classé dans “Réunions”")
    assert tried.after.sentence.startswith("Le message sera classé dans “Réunions”")
    for side in (tried.before, tried.after):
        assert [one.pk for one in side.matched] == [hit.pk]
        assert side.stopped
    assert missed.pk not in {one.pk for one in tried.after.matched}


def test_forwarding_that_is_gone_is_told_with_its_reason() -> None:
    agent = make_agent()
    row = captured(agent, 'redirect "perso@ailleurs.example";', "Transfert")
    tried = _try(agent)
    assert not tried.same
    assert "transféré à “perso@ailleurs.example”" in tried.before.sentence
    assert "restera dans la boîte de réception" in tried.after.sentence
    assert "Il ne sera plus transféré à “perso@ailleurs.example”." in tried.differences
    assert {one.pk for one in tried.reasons} == {row.pk}


def test_inactive_rules_do_nothing_on_either_side() -> None:
    agent = make_agent()
    captured(agent, "discard;", active=False)
    tried = _try(agent)
    assert tried.same
    assert tried.after.sentence == "Le message restera dans la boîte de réception."
    assert not tried.before.matched


def test_edited_rule_explains_why_the_sides_differ() -> None:
    agent = make_agent()
    captured(agent, 'fileinto "Nouveau";', original='fileinto "Ancien";')
    tried = _try(agent)
    assert "“Ancien”" in tried.differences[0]
    assert "“Nouveau”" in tried.differences[0]
    assert "modifié cette règle" in tried.reasons[0].sentence


def test_outgoing_rules_are_not_tried() -> None:
    agent = make_agent()
    captured(agent, "discard;", direction="outgoing")
    assert _try(agent).after.sentence == "Le message restera dans la boîte de réception."


def test_rules_that_stand_in_zimbra_are_tried_as_well() -> None:
    agent = make_agent()
    captured(agent, 'fileinto "Mien";', "Mien")
    theirs = FilterRule((TrueTest(),), (FileInto("Leur"), Stop()), name="Leur")
    assert "Leur" in rules_to_text([theirs])
    picture = Snapshot(incoming=(theirs,))
    SettingsLook.objects.create(agent=agent, asked_at=timezone.now(), snapshot=sealing.seal_json(_dumped(picture)))
    tried = _try(agent)
    assert tried.with_zimbra
    assert tried.after.matched[0] == trial.Matched("Leur")
    assert "“Leur”" in tried.after.sentence


def test_message_is_made_from_a_refused_rule_too() -> None:
    agent = make_agent()
    row = captured(agent, 'if header :contains "Subject" "secret" { redirect "a@b.example"; }')
    draft = trial.made_from(agent, contents_of(row), now=NOW)
    assert draft is not None
    assert "secret" in draft.get("Subject")
    assert [one.pk for one in _try(agent, draft.octets()).before.matched] == [row.pk]


def test_reply_of_an_absence_counts_as_kept() -> None:
    agent = make_agent()
    captured(agent, 'vacation "De retour le 15.";', "Absence")
    tried = _try(agent)
    assert tried.same
    assert "une réponse automatique partira" in tried.after.sentence


@pytest.mark.parametrize("raw", [b"", b"\0\xff" * 1000, b"Subject: " + b"a" * 1_000_000, b"--\r\n" * 10_000])
def test_rubbish_is_tried_like_any_message(raw: bytes) -> None:
    agent = make_agent()
    captured(agent, 'if header :regex "Subject" "(a+)+$" { discard; }')
    captured(agent, 'if header :matches "Subject" "*a*a*a*a*a*b" { discard; }')
    assert _try(agent, raw).after.sentence
