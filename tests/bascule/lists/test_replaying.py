"""Lists carried into a simulated Zimbra: from nothing, from any half, twice, with answers lost, and taken back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from accounts.models import Agent
from bascule.lists.acting import picture_of
from bascule.lists.elements import Standing, assess, keys_of
from bascule.lists.wishes import SUBFOLDERS
from bascule.models import Replay
from bascule.replays import confirm, engine, results
from bascule.replays.acts import Outcome
from bascule.replays.run import Run
from tests.bascule.lists.setting_up import ADDRESS, add, carried, prepared, settings_of, undone, wish, worked
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost
from zimbra.types import Identity, Signature
from zimbra.types.filter_actions import FileInto, Stop
from zimbra.types.filter_tests import HeaderTest
from zimbra.types.filters import FilterRule

pytestmark = pytest.mark.django_db

KEYS = keys_of(wish())


def standings(client: ZimbraClient) -> dict[str, Standing]:
    return {one.key: one.standing for one in assess(wish(), picture_of(client))}


def by_hand(client: ZimbraClient, keys: set[str]) -> None:
    """What somebody may have done after the guide, under other names."""
    folders: dict[str, str] = {}
    if "folder" in keys:
        folders[""] = client.create_folder(ADDRESS, view="message", colour=3).id
        for key, name in zip(("sent", "archives", "bin"), SUBFOLDERS, strict=True):
            if key in keys:
                folders[key] = client.create_folder(name, folders[""], "message").id
    signature = ""
    if "signature" in keys:
        signature = client.create_signature(Signature("STI2D", text=wish().signature_text))
    if "identity" in keys:
        made = client.create_identity(
            Identity(
                "Ma liste",
                from_name="Professeurs STI2D",
                from_address=ADDRESS,
                folder_ids=(folders[""],) if folders else (),
                sent_to=(ADDRESS,),
            )
        )
        if signature and "signature_use" in keys:
            client.use_signature(signature, signature, identity_id=made.id)
    if "incoming" in keys:
        rule = FilterRule(
            name="Courrier STI2D", tests=(HeaderTest("to,cc", ADDRESS),), actions=(FileInto(f"/{ADDRESS}"), Stop())
        )
        client.replace_filters((rule,))
    if "outgoing" in keys:
        rule = FilterRule(
            name="envois", tests=(HeaderTest("from", ADDRESS),), actions=(FileInto(f"{ADDRESS}/Envoyé"), Stop())
        )
        client.replace_filters((rule,), "outgoing")


def test_list_is_set_up_from_nothing_and_taken_back_exactly(agent: Agent, mailbox: ZimbraClient) -> None:
    before = settings_of(mailbox)
    replay = carried(add(agent), mailbox)
    assert (replay.state, replay.differences, results.findings_of(replay)) == (Replay.State.DONE, 0, [])
    assert set(standings(mailbox).values()) == {Standing.PRESENT}
    [identity] = [one for one in mailbox.identities() if not one.is_default]
    [signature] = mailbox.signatures()
    assert (identity.from_name, identity.from_address) == ("Professeurs STI2D", ADDRESS)
    assert (identity.signature_id, identity.answer_signature_id) == (signature.id, signature.id)
    folders = mailbox.folders()
    paths = [f"/{ADDRESS}", *(f"/{ADDRESS}/{name}" for name in SUBFOLDERS)]
    assert [folders.find(path).colour for path in paths] == [3, 3, 3, 3]
    assert identity.folder_ids == tuple(folders.find(path).id for path in paths)
    undone(replay)
    assert replay.state == Replay.State.UNDONE
    assert settings_of(mailbox) == before


def test_second_replay_changes_nothing(agent: Agent, mailbox: ZimbraClient) -> None:
    row = add(agent)
    carried(row, mailbox)
    after = settings_of(mailbox)
    with pytest.raises(confirm.NothingToDo):
        prepared(row, mailbox)
    Replay.objects.update(state=Replay.State.QUEUED, memory=b"", settled=0)
    again = worked(Replay.objects.get())
    assert {act.outcome for act in results.acts_of(again)} == {Outcome.PRESENT}
    assert settings_of(mailbox) == after
    # What was there before a replay is not its to take away.
    undone(again)
    assert settings_of(mailbox) == after


# Subsets of the nine, each with what its parts need to be made by hand.
HALVES = [
    {"signature"},
    {"signature", "identity"},
    {"folder", "archives", "incoming"},
    {"folder", "sent", "outgoing"},
    {"folder", "identity", "signature", "signature_use"},
    set(KEYS) - {"archives", "signature_use", "incoming"},
    set(KEYS) - {"bin", "outgoing"},
]


@pytest.mark.parametrize("there", HALVES, ids=lambda keys: "+".join(sorted(keys)))
def test_half_made_list_is_completed_and_the_half_left_when_taken_back(
    agent: Agent, mailbox: ZimbraClient, there: set[str]
) -> None:
    by_hand(mailbox, there)
    before = settings_of(mailbox)
    replay = carried(add(agent), mailbox)
    assert (replay.state, results.findings_of(replay)) == (Replay.State.DONE, [])
    assert set(standings(mailbox).values()) == {Standing.PRESENT}
    assert len(mailbox.identities()) == 2
    assert len(mailbox.signatures()) == 1
    assert (len(mailbox.filters()), len(mailbox.filters("outgoing"))) == (1, 1)
    assert len([one for one in mailbox.folders().walk() if ADDRESS in one.path]) == 4
    undone(replay)
    assert settings_of(mailbox) == before


@pytest.mark.parametrize("there", [{"incoming"}, {"outgoing"}, {"incoming", "outgoing"}])
def test_folder_into_which_a_rule_of_the_person_files_is_kept(
    agent: Agent, mailbox: ZimbraClient, there: set[str]
) -> None:
    by_hand(mailbox, there)
    rules = mailbox.filters(), mailbox.filters("outgoing")
    replay = undone(carried(add(agent), mailbox))
    assert (mailbox.filters(), mailbox.filters("outgoing")) == rules
    left = [act.label for act in results.acts_of(replay) if act.outcome == Outcome.LEFT]
    assert left == [f"Créer le dossier « {ADDRESS} »"] + ["Créer le sous-dossier « Envoyé »"] * ("outgoing" in there)


class Killed(BaseException):
    """The worker dies here."""


def brought_to_its_end(replay: Replay) -> Replay:
    for _ in range(100):
        Replay.objects.filter(pk=replay.pk).update(retry_at=None)
        with suppress(Killed):
            if engine.advance(replay.pk) is None:
                break
    replay.refresh_from_db()
    return replay


WRITES = ("create_folder", "create_signature", "create_identity", "use_signature", "replace_filters")
TAKING_BACK = ("delete_folder", "delete_signature", "delete_identity")


def failing_once(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: BaseException, after: bool
) -> list[str]:
    """Have each call with new arguments fail the first time: after it did its work, or before. The list fills."""
    failed: list[str] = []
    real = getattr(owner, name)

    def failing(self: Any, *args: Any, **named: Any) -> Any:
        call = f"{[getattr(one, 'key', one) for one in args]}{sorted(named)}"
        fresh = call not in failed
        if fresh and not after:
            failed.append(call)
            raise error
        outcome = real(self, *args, **named)
        if fresh:
            failed.append(call)
            raise error
        return outcome

    monkeypatch.setattr(owner, name, failing)
    return failed


def assert_set_up_once_and_taken_back(replay: Replay, client: ZimbraClient, before: object) -> None:
    assert (replay.state, results.findings_of(replay)) == (Replay.State.DONE, [])
    assert {act.outcome for act in results.acts_of(replay)} == {Outcome.DONE}
    assert (len(client.identities()), len(client.signatures())) == (2, 1)
    assert (len(client.filters()), len(client.filters("outgoing"))) == (1, 1)
    confirm.undo(replay=replay, by=replay.agent)
    brought_to_its_end(replay)
    assert {act.outcome for act in results.acts_of(replay)} == {Outcome.UNDONE}
    assert settings_of(client) == before


def test_every_answer_lost_once_makes_nothing_twice(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = settings_of(mailbox)
    replay = prepared(add(agent), mailbox)
    failed = [
        failing_once(monkeypatch, ZimbraClient, name, AnswerLost("answer.LOST"), after=True)
        for name in WRITES + TAKING_BACK
    ]
    assert_set_up_once_and_taken_back(brought_to_its_end(replay), mailbox, before)
    assert all(failed)


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
def test_worker_killed_at_every_note_makes_nothing_twice(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    before = settings_of(mailbox)
    replay = prepared(add(agent), mailbox)
    failed = failing_once(monkeypatch, Run, "remember", Killed(), after=after)
    assert_set_up_once_and_taken_back(brought_to_its_end(replay), mailbox, before)
    assert len(failed) > 20


@pytest.mark.parametrize("after", [12, 40])
def test_service_that_loses_answers_for_a_while(
    agent: Agent, mailbox: ZimbraClient, door: Simulated, after: int
) -> None:
    before = settings_of(mailbox)
    replay = prepared(add(agent), mailbox)
    door.disturb(mode="lost", after=after, seconds=0.1)
    engine.advance(replay.pk)
    door.disturb()
    assert_set_up_once_and_taken_back(brought_to_its_end(replay), mailbox, before)
