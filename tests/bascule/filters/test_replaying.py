"""A person's filters on their way into Zimbra and back: exactly as planned, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule.conversions.filters.model import Vacation
from bascule.filters import replaying
from bascule.filters.merging import same_list
from bascule.models import Replay
from bascule.replays import confirm, engine, results
from tests.bascule.filters.captured import (
    capture,
    capture_all,
    carry,
    change,
    findings,
    proposal,
    rule,
    send,
    start,
    undo,
)
from tests.factories import make_agent
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types import OutOfOffice
from zimbra.types.filter_tests import DateTest
from zimbra.types.filters import FilterRule

pytestmark = pytest.mark.django_db

THEIRS = (rule("Perso 1"), rule("Perso 2", active=False))
OURS = (rule("DSI", "Listes/DSI"), rule("Paie", "Paie", active=False), rule("Divers"))


class Killed(BaseException):
    """Stands in for the end of the process."""


def names(mailbox: ZimbraClient, direction: str = "incoming") -> list[str]:
    return [one.name for one in mailbox.filters(direction)]


def paths(mailbox: ZimbraClient) -> set[str]:
    return {one.path for one in mailbox.folders().walk()}


def outcomes(replay: Replay) -> list[str]:
    return [one.outcome for one in results.acts_of(replay)]


@pytest.fixture
def theirs(mailbox: ZimbraClient) -> ZimbraClient:
    mailbox.replace_filters(THEIRS)
    mailbox.replace_filters((rule("Copie"),), "outgoing")
    return mailbox


def test_rules_arrive_beside_theirs_with_their_folders_and_go_again(agent: Agent, theirs: ZimbraClient) -> None:
    before = paths(theirs)
    capture_all(agent, *OURS)
    capture(agent, rule("Envoyé DSI", "Listes/DSI"), direction="outgoing")
    replay = send(agent, theirs)
    assert same_list(theirs.filters(), (*THEIRS, *stored()))
    assert names(theirs, "outgoing") == ["Copie", "Envoyé DSI"]
    assert paths(theirs) - before == {"/Listes", "/Listes/DSI", "/Paie"}
    assert outcomes(replay) == ["done"] * 5
    assert [one.label for one in results.acts_of(replay)][:2] == [
        "Créer le dossier « Listes »",
        "Créer le dossier « Paie »",
    ]
    assert undo(replay).state == "undone"
    assert theirs.filters() == THEIRS
    assert names(theirs, "outgoing") == ["Copie"]
    assert paths(theirs) == before


def stored() -> tuple[FilterRule, ...]:
    """OURS as `capture_all` has them: the row says whether a rule is active."""
    return tuple(replace(one, active=True) for one in OURS)


def test_messages_are_filed_by_what_arrived(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    capture_all(agent, rule("DSI", "Listes/DSI"))
    send(agent, mailbox)
    door.deliver(agent.address, b"Subject: Lettre DSI\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n")
    assert mailbox.folder_at("/Listes/DSI").count == 1


def test_sent_again_after_changes_only_ours_change(agent: Agent, theirs: ZimbraClient) -> None:
    dsi, _, divers = capture_all(agent, *OURS)
    send(agent, theirs)
    theirs.put_filter(rule("Perso 3"))
    change(dsi, rule("DSI", "Ailleurs"))
    divers.delete()
    replay = send(agent, theirs)
    assert names(theirs) == ["Perso 1", "Perso 2", "DSI", "Paie", "Perso 3"]
    assert theirs.filters()[2].actions == rule("DSI", "Ailleurs").actions
    undo(replay)
    assert names(theirs) == ["Perso 1", "Perso 2", "DSI", "Paie", "Divers", "Perso 3"]
    assert theirs.filters()[2].actions == OURS[0].actions
    assert [one.key for one in proposal(agent, theirs).directions[0].known] == [one.name for one in OURS]


def test_nothing_to_send_when_all_is_there(agent: Agent, theirs: ZimbraClient) -> None:
    capture_all(agent, *OURS)
    assert proposal(agent, theirs).changes
    send(agent, theirs)
    assert not proposal(agent, theirs).changes


def test_dates_that_zimbra_keeps_by_the_day_are_no_difference(agent: Agent, mailbox: ZimbraClient) -> None:
    dated = replace(rule("Avant"), tests=(DateTest("before", 1_700_000_123),))
    capture_all(agent, dated)
    send(agent, mailbox)
    assert mailbox.filters()[0] != dated
    assert not proposal(agent, mailbox).changes


def test_changed_in_zimbra_since_the_preview_stops_before_anything_is_written(
    agent: Agent, theirs: ZimbraClient
) -> None:
    capture_all(agent, *OURS)
    replay = start(agent, theirs)
    theirs.put_filter(rule("Perso 3"))
    folders = paths(theirs)
    carry(replay)
    assert (replay.state, replay.error_code) == ("failed", "changed_meanwhile")
    assert "rien n’a été écrasé" in replay.error
    assert names(theirs) == ["Perso 1", "Perso 2", "Perso 3"]
    assert paths(theirs) == folders
    # The new preview has it, and the sending that failed does not stand in the way.
    send(agent, theirs)
    assert names(theirs) == ["Perso 1", "Perso 2", "Perso 3", "DSI", "Paie", "Divers"]


def test_changed_between_two_acts_stops_too(agent: Agent, theirs: ZimbraClient, monkeypatch) -> None:
    capture_all(agent, *OURS)
    replay = start(agent, theirs)
    create = replaying.CreateFolder.do

    def meanwhile(act, run):
        theirs.put_filter(rule("Perso 3"))
        return create(act, run)

    monkeypatch.setattr(replaying.CreateFolder, "do", meanwhile)
    carry(replay)
    assert (replay.state, replay.error_code) == ("failed", "changed_meanwhile")
    assert "Perso 3" in names(theirs)
    assert "DSI" not in names(theirs)
    undo(replay)
    assert "/Listes" not in paths(theirs)
    assert names(theirs) == ["Perso 1", "Perso 2", "Perso 3"]


@pytest.mark.parametrize("after", [2, 7, 9, 12, 16, 20])
def test_answers_lost_anywhere_double_and_lose_nothing(
    agent: Agent, theirs: ZimbraClient, door: Simulated, after: int
) -> None:
    theirs.set_out_of_office(OutOfOffice(False, "Ancien"))
    before = paths(theirs)
    capture_all(agent, *OURS)
    capture(agent, rule("Envoyé"), direction="outgoing")
    capture(agent, name="Absence", vacation=Vacation("Je suis absente."))
    replay = start(agent, theirs, absence="on")
    door.disturb(mode="lost", after=after)
    carry(replay)
    door.disturb()
    Replay.objects.update(retry_at=None)
    carry(replay)
    assert (replay.state, replay.differences) == ("done", 0), (replay.error, findings(replay))
    assert names(theirs) == ["Perso 1", "Perso 2", "DSI", "Paie", "Divers"]
    assert names(theirs, "outgoing") == ["Copie", "Envoyé"]
    assert theirs.out_of_office().text == "Je suis absente."
    confirm.undo(replay=replay, by=agent)
    door.disturb(mode="lost", after=after)
    carry(replay)
    door.disturb()
    Replay.objects.update(retry_at=None)
    carry(replay)
    assert replay.state == "undone"
    assert theirs.filters() == THEIRS
    assert names(theirs, "outgoing") == ["Copie"]
    assert paths(theirs) == before
    assert theirs.out_of_office() == OutOfOffice(False, "Ancien")


@pytest.mark.parametrize("lines", ["create_folder_path", "replace_filters", "filters", "set_out_of_office"])
@pytest.mark.parametrize("answered", [False, True])
def test_killed_around_any_request_goes_on_where_it_was(
    agent: Agent, theirs: ZimbraClient, monkeypatch, lines: str, answered: bool
) -> None:
    capture_all(agent, *OURS)
    capture(agent, name="Absence", vacation=Vacation("Je suis absente."))
    replay = start(agent, theirs, absence="off")
    real = getattr(ZimbraClient, lines)
    times = 0
    while True:
        left = times

        def dies(self, *args, **named):
            nonlocal left
            if left == 0:
                if answered:
                    real(self, *args, **named)
                raise Killed
            left -= 1
            return real(self, *args, **named)

        with monkeypatch.context() as patched:
            patched.setattr(ZimbraClient, lines, dies)
            try:
                engine.advance(replay.pk)
                break
            except Killed:
                times += 1
                Replay.objects.update(retry_at=None)
    assert times
    replay.refresh_from_db()
    assert (replay.state, replay.differences) == ("done", 0), replay.error
    assert names(theirs) == ["Perso 1", "Perso 2", "DSI", "Paie", "Divers"]
    undo(replay)
    assert theirs.filters() == THEIRS
    assert not {"/Listes", "/Paie"} & paths(theirs)


def test_undo_leaves_what_somebody_did_since(agent: Agent, theirs: ZimbraClient, door: Simulated) -> None:
    capture_all(agent, *OURS)
    replay = send(agent, theirs)
    theirs.put_filter(rule("DSI", "Paie"))
    theirs.put_filter(rule("Perso 3"), first=True)
    theirs.delete_filter("Perso 1")
    door.deliver(agent.address, b"Subject: Bulletin Paie\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n")
    undo(replay)
    assert names(theirs) == ["Perso 3", "Perso 2", "DSI"]
    assert "/Listes" not in paths(theirs)
    assert "/Paie" in paths(theirs)
    shown = {one.label: one for one in results.acts_of(replay)}
    assert shown["Créer le dossier « Paie »"].outcome == "left"
    assert "« DSI »" in next(one.detail for one in shown.values() if one.label.startswith("Écrire"))


def test_folder_that_was_there_is_not_taken_away(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_folder_path("/listes", "message")
    capture_all(agent, *OURS)
    undo(send(agent, mailbox))
    assert "/listes" in paths(mailbox)
    assert "/Paie" not in paths(mailbox)


def test_folder_made_by_somebody_between_preview_and_act_stays(agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, *OURS)
    replay = start(agent, mailbox)
    mailbox.create_folder_path("/Paie", "message")
    carry(replay)
    assert outcomes(replay)[1] == "present"
    undo(replay)
    assert "/Paie" in paths(mailbox)


def test_absence_is_kept_off_and_given_back(agent: Agent, mailbox: ZimbraClient) -> None:
    old = OutOfOffice(True, "Ancien", start=datetime(2026, 1, 1, tzinfo=UTC))
    mailbox.set_out_of_office(old)
    capture(agent, name="Absence", vacation=Vacation("En congé", starts="2026-12-20", ends="2026-12-31"))
    replay = send(agent, mailbox, absence="off")
    found = mailbox.out_of_office()
    assert (found.enabled, found.text) == (False, "En congé")
    zone = timezone.get_default_timezone()
    assert found.start == datetime(2026, 12, 20, tzinfo=zone)
    assert found.until == datetime(2027, 1, 1, tzinfo=zone)
    undo(replay)
    assert mailbox.out_of_office() == old


def test_absence_changed_since_is_not_given_back(agent: Agent, mailbox: ZimbraClient) -> None:
    capture(agent, name="Absence", vacation=Vacation("En congé"))
    replay = send(agent, mailbox, absence="on")
    mailbox.set_out_of_office(OutOfOffice(True, "Autre chose"))
    undo(replay)
    assert mailbox.out_of_office().text == "Autre chose"
    assert outcomes(replay) == ["left"]


def test_what_zimbra_refuses_is_told_and_nothing_is_replaced(db: None, door: Simulated) -> None:
    small = make_agent(door.create_account(zimbraMailSieveScriptMaxSize="900"), migrated_at=timezone.now())
    with door.client(small.address) as mailbox:
        mailbox.replace_filters(THEIRS)
        capture_all(small, *(rule(f"Règle {number}") for number in range(60)))
        replay = carry(start(small, mailbox))
        assert replay.state == "failed"
        assert "autant de règles" in replay.error
        assert mailbox.filters() == THEIRS


def test_differences_are_told_rule_by_rule() -> None:
    planned = [rule("A"), rule("B"), rule("C")]
    held = [rule("B", active=False), rule("A", "ailleurs"), rule("Z")]
    told = replaying.compared(planned, held, "messages reçus")
    assert [sentence.partition(" : ")[2] for sentence in told] == [
        "la règle « A » ne dit pas la même chose dans Zimbra.",
        "la règle « B » est inactive dans Zimbra.",
        "la règle « C » n’est pas dans Zimbra.",
        "la règle « Z » est apparue dans Zimbra pendant l’envoi.",
    ]
    assert replaying.compared(planned, [*planned[1:], planned[0]], "messages reçus") == [
        "Filtres des messages reçus : les règles ne sont pas dans l’ordre prévu."
    ]
    assert replaying.compared(planned, planned, "messages reçus") == []


def test_somebody_who_writes_while_it_is_read_back_is_seen(
    agent: Agent, theirs: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture_all(agent, *OURS)
    replay = start(agent, theirs)
    write = replaying.WriteRules.do

    def then_somebody(act, run):
        outcome = write(act, run)
        theirs.delete_filter("Paie")
        return outcome

    monkeypatch.setattr(replaying.WriteRules, "do", then_somebody)
    carry(replay)
    assert (replay.state, replay.differences) == ("done", 1)
    assert "« Paie » n’est pas dans Zimbra" in findings(replay)[0]


def test_sixty_rules_and_five_hundred(agent: Agent, theirs: ZimbraClient) -> None:
    capture_all(agent, *(rule(f"Règle {number}", f"Dossier {number % 3}") for number in range(500)))
    replay = send(agent, theirs)
    assert len(names(theirs)) == 502
    undo(replay)
    assert theirs.filters() == THEIRS
