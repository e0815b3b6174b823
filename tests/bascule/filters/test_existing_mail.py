"""Rules applied to what is there already: in pieces, each once, and what is unknown told."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Agent
from bascule import mailbox_look
from bascule.filters import existing_mail
from bascule.models import Replay
from bascule.replays import confirm, engine, results
from bascule.replays.states import WrongState
from tests.bascule.filters.captured import capture, capture_all, carry, findings, rule, send
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import Discard, FileInto

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands in for the end of the process."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing_mail, "TOGETHER", 5)
    monkeypatch.setattr(existing_mail, "MOST_PIECES", 3)


def fill(mailbox: ZimbraClient, count: int = 23, *, day: str = "Mon, 5 Jan 2026 10:00:00 +0000") -> None:
    for number in range(count):
        word = "DSI" if number % 2 else "autre"
        raw = f"Subject: Lettre {word} {number}\r\nFrom: a@exemple.re\r\nDate: {day}\r\n\r\nBonjour\r\n"
        mailbox.add_message("2", raw.encode())


def start(agent: Agent, mailbox: ZimbraClient, since: date | None = None) -> Replay:
    picture = mailbox_look.look_through(mailbox)
    plan = existing_mail.plan_of(
        existing_mail.candidates(agent, picture), existing_mail.folders_to_choose(picture)[0], since
    )
    return confirm.start(agent=agent, kind=Replay.Kind.EXISTING_MAIL, plan=plan, by=agent)


@pytest.fixture
def sent(agent: Agent, mailbox: ZimbraClient) -> ZimbraClient:
    capture_all(agent, rule("DSI", "DSI"))
    send(agent, mailbox)
    fill(mailbox)
    return mailbox


def held(mailbox: ZimbraClient, path: str) -> int:
    return mailbox.folder_at(path).count


def test_messages_are_filed_and_counted(agent: Agent, sent: ZimbraClient) -> None:
    replay = carry(start(agent, sent))
    assert (replay.state, replay.differences, replay.settled, replay.total) == ("done", 0, 5, 5)
    assert (held(sent, "/DSI"), held(sent, "/Inbox")) == (11, 12)
    assert results.done_of(replay) == "11 messages ont été rangés ou marqués sur 23. « DSI » : 11 de plus."
    assert results.acts_of(replay)[0].detail == "23 messages à regarder."


def test_there_is_no_way_back_once_it_is_through(agent: Agent, sent: ZimbraClient) -> None:
    replay = carry(start(agent, sent))
    with pytest.raises(WrongState):
        confirm.undo(replay=replay, by=agent)
    assert carry(replay).state == "done"


def test_stopped_by_the_person_in_the_middle(agent: Agent, sent: ZimbraClient, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = start(agent, sent)
    apply = ZimbraClient.apply_filters

    def then_stop(self, *args, **named):
        applied = apply(self, *args, **named)
        if Replay.objects.get(pk=replay.pk).state == "running":
            confirm.undo(replay=replay, by=agent)
        return applied

    monkeypatch.setattr(ZimbraClient, "apply_filters", then_stop)
    carry(replay)
    assert replay.state == "undone"
    assert 0 < held(sent, "/DSI") < 11


def test_from_a_day_on(agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI", "DSI"))
    send(agent, mailbox)
    root = mailbox.folders()
    inbox = root.find("/Inbox")
    assert inbox
    for day in (1, 10):
        raw = b"Subject: DSI\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n"
        mailbox.add_message(inbox.id, raw, received=date_at(day))
    replay = carry(start(agent, mailbox, since=date(2026, 1, 5)))
    assert (held(mailbox, "/DSI"), held(mailbox, "/Inbox")) == (1, 1)
    assert results.done_of(replay).startswith("1 message a été rangé ou marqué sur 1.")


def date_at(day: int):
    from datetime import UTC, datetime

    return datetime(2026, 1, day, tzinfo=UTC)


def test_lost_answer_is_told_and_not_repeated(agent: Agent, sent: ZimbraClient, door: Simulated) -> None:
    replay = start(agent, sent)
    apply, times = ZimbraClient.apply_filters, []

    def lost_once(self, names, ids, direction="incoming"):
        times.append(list(ids))
        if len(times) == 2:
            door.disturb(mode="lost")
        return apply(self, names, ids, direction)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ZimbraClient, "apply_filters", lost_once)
        assert engine.advance(replay.pk) is not None
        door.disturb()
        Replay.objects.update(retry_at=None)
        carry(replay)
    assert (replay.state, replay.differences) == ("done", 1)
    asked = [one for part in times for one in part]
    assert len(asked) == len(set(asked)) == 23
    assert f"pas répondu pour {len(times[1])} messages" in findings(replay)[0]
    assert held(sent, "/DSI") == 11


def test_nothing_reached_the_server_is_tried_again(agent: Agent, sent: ZimbraClient, door: Simulated) -> None:
    replay = start(agent, sent)
    apply, times = ZimbraClient.apply_filters, []

    def down_once(self, names, ids, direction="incoming"):
        times.append(list(ids))
        if len(times) == 2:
            door.disturb(mode="503")
        return apply(self, names, ids, direction)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ZimbraClient, "apply_filters", down_once)
        engine.advance(replay.pk)
        door.disturb()
        Replay.objects.update(retry_at=None)
        carry(replay)
    assert (replay.state, replay.differences) == ("done", 0)
    assert held(sent, "/DSI") == 11


@pytest.mark.parametrize("answered", [False, True])
def test_killed_between_pieces_goes_on(
    agent: Agent, sent: ZimbraClient, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    replay = start(agent, sent)
    apply, times = ZimbraClient.apply_filters, []

    def dies(self, names, ids, direction="incoming"):
        times.extend(ids)
        if answered:
            apply(self, names, ids, direction)
        raise Killed

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(ZimbraClient, "apply_filters", dies)
            with pytest.raises(Killed):
                engine.advance(replay.pk)
            Replay.objects.update(retry_at=None)
    carry(replay)
    assert (replay.state, replay.differences) == ("done", 1)
    assert len(times) == len(set(times))
    assert f"pour {len(times)} messages" in findings(replay)[0]
    assert (held(sent, "/DSI") == 11) == answered


@pytest.mark.parametrize("now", [[], [rule("DSI", "Ailleurs")], [rule("DSI", "DSI", active=False)]])
def test_rule_that_is_gone_or_another_stops_before_anything(agent: Agent, sent: ZimbraClient, now: list) -> None:
    replay = start(agent, sent)
    sent.replace_filters(now)
    carry(replay)
    assert (replay.state, replay.error_code) == ("failed", "changed_meanwhile")
    assert held(sent, "/Inbox") == 23


def test_candidates_are_ours_active_and_told_apart_when_they_delete(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.replace_filters([rule("La leur")])
    capture(agent, rule("Suite (1)"), rule("Suite (2)", actions=[Discard()]), name="Suite")
    capture(agent, rule("Éteinte"), active=False)
    capture(agent, rule("Simple", actions=[FileInto("Inbox")]))
    capture(agent, rule("Sortie"), direction="outgoing")
    send(agent, mailbox)
    found = existing_mail.candidates(agent, mailbox_look.look_through(mailbox))
    assert [(one.name, tuple(rule.name for rule in one.rules), one.deletes) for one in found] == [
        ("Suite", ("Suite (1)", "Suite (2)"), True),
        ("Simple", ("Simple",), False),
    ]


def test_pieces_of_a_large_folder_are_bounded() -> None:
    folder = mailbox_look.SeenFolder("2", "Inbox", "message", "1", 10_000)
    assert existing_mail.plan_of([], folder, None)["pieces"] == existing_mail.MOST_PIECES


def test_summary_names_the_folders_that_gained_most() -> None:
    plan = {"pieces": 1, "rules": []}
    held = {f"D{number}": number for number in range(12)}
    memory = {"list": {"ids": ["1", "2"], "held": {}}, "piece:0": {"affected": 1}, "count": {"held": held}}
    told = existing_mail.summary(plan, memory)
    assert told.startswith("1 message a été rangé ou marqué sur 2. « D11 » : 11 de plus, « D10 » : 10 de plus")
    assert told.endswith("« D4 » : 4 de plus, et 3 autres dossiers.")
    assert existing_mail.summary(plan, {}) == "0 message a été rangé ou marqué sur 0."
