"""Signatures carried into a simulated Zimbra: new, over others, twice, with answers lost, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Agent, Notice
from bascule.mailbox_look import look_through
from bascule.models import Replay, SavedSignature
from bascule.replays import confirm, engine, results
from bascule.signatures import planning, saved
from bascule.signatures.contents import written
from bascule.signatures.planning import Change, Choices
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost
from zimbra.types import Identity, Signature

pytestmark = pytest.mark.django_db(transaction=True)

HTML = '<p><b>Zoé Hoarau</b><br>Collège des Filaos <a href="https://www.ac-reunion.fr">site</a></p>'


def save(agent: Agent, name: str = "Travail", html: str = HTML) -> SavedSignature:
    return saved.add(agent=agent, contents=written(name, html), by=agent)


def proposed(agent: Agent, client: ZimbraClient, **choices: Any) -> planning.Proposal:
    return planning.propose(agent, look_through(client), Choices(**choices))


def started(agent: Agent, client: ZimbraClient, **choices: Any) -> Replay:
    proposal = proposed(agent, client, **choices)
    assert not proposal.blocked
    return confirm.start(agent=agent, kind=Replay.Kind.SIGNATURE, plan=proposal.plan, by=agent)


def worked(replay: Replay) -> Replay:
    for _ in range(20):
        Replay.objects.filter(pk=replay.pk).update(retry_at=None)
        if engine.advance(replay.pk) is None:
            break
    replay.refresh_from_db()
    return replay


def carried(agent: Agent, client: ZimbraClient, **choices: Any) -> Replay:
    return worked(started(agent, client, **choices))


def undone(replay: Replay) -> Replay:
    confirm.undo(replay=replay, by=replay.agent)
    return worked(replay)


def state_of(client: ZimbraClient) -> tuple[Any, ...]:
    """What signatures can change in a mailbox."""
    uses = {one.id: (one.signature_id, one.answer_signature_id) for one in client.identities()}
    return set(client.signatures()), uses, client.preferences("zimbraPrefMailSignatureEnabled")


def test_signature_is_created_used_and_taken_back_exactly(agent: Agent, mailbox: ZimbraClient) -> None:
    before = state_of(mailbox)
    save(agent)
    replay = carried(agent, mailbox)
    assert (replay.state, results.findings_of(replay)) == (Replay.State.DONE, [])
    [there] = mailbox.signatures()
    own = mailbox.default_identity()
    assert (there.name, "<b>Zoé Hoarau</b>" in there.html) == ("Travail", True)
    assert there.text == "Zoé Hoarau\nCollège des Filaos site (https://www.ac-reunion.fr)"
    assert (own.signature_id, own.answer_signature_id) == (there.id, there.id)
    undone(replay)
    assert replay.state == Replay.State.UNDONE
    assert state_of(mailbox) == before


def test_sending_again_changes_nothing(agent: Agent, mailbox: ZimbraClient) -> None:
    save(agent)
    carried(agent, mailbox)
    after = state_of(mailbox)
    proposal = proposed(agent, mailbox)
    assert ([one.change for one in proposal.rows], proposal.changes) == ([Change.SAME], False)
    again = worked(confirm.start(agent=agent, kind=Replay.Kind.SIGNATURE, plan=proposal.plan, by=agent))
    assert {one.outcome for one in results.acts_of(again)} == {"present"}
    undone(again)
    assert state_of(mailbox) == after


def test_edited_signature_overwrites_ours_and_undo_brings_the_former_back(agent: Agent, mailbox: ZimbraClient) -> None:
    row = save(agent)
    carried(agent, mailbox)
    before = state_of(mailbox)
    saved.edit(row=row, contents=written("Bureau", "<p>Nouveau texte</p>"), by=agent)
    proposal = proposed(agent, mailbox)
    assert [(one.change, one.name, one.question) for one in proposal.rows] == [(Change.UPDATED, "Bureau", "")]
    replay = carried(agent, mailbox)
    [there] = mailbox.signatures()
    assert (replay.differences, there.name, there.text) == (0, "Bureau", "Nouveau texte")
    undone(replay)
    assert state_of(mailbox) == before


def test_namesake_of_somebody_else_is_left_and_ours_gets_a_number(agent: Agent, mailbox: ZimbraClient) -> None:
    kept = mailbox.create_signature(Signature("travail", text="La mienne"))
    save(agent)
    proposal = proposed(agent, mailbox)
    assert [(one.change, one.name) for one in proposal.rows] == [(Change.CREATED, "Travail (2)")]
    assert "déjà une autre signature « travail »" in proposal.rows[0].question
    carried(agent, mailbox)
    found = {one.name: one for one in mailbox.signatures()}
    assert set(found) == {"travail", "Travail (2)"}
    assert (found["travail"].id, found["travail"].text) == (kept, "La mienne")
    proposal = proposed(agent, mailbox)
    assert ([(one.change, one.name) for one in proposal.rows], proposal.changes) == (
        [(Change.SAME, "Travail (2)")],
        False,
    )


def test_namesake_is_replaced_when_the_person_says_so_and_put_back(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_signature(Signature("Travail", html="<b>Ancienne</b>", text="Ancienne"))
    before = state_of(mailbox)
    row = save(agent)
    replay = carried(agent, mailbox, replacing=frozenset({row.pk}))
    [there] = mailbox.signatures()
    assert (replay.differences, there.text.split("\n")[0]) == (0, "Zoé Hoarau")
    undone(replay)
    assert state_of(mailbox) == before


def test_signature_that_says_the_same_is_adopted_and_never_removed(agent: Agent, mailbox: ZimbraClient) -> None:
    row = save(agent)
    contents = planning.contents_of(row)
    mailbox.create_signature(Signature("Travail", html=contents.html, text=contents.text))
    proposal = proposed(agent, mailbox)
    assert [one.change for one in proposal.rows] == [Change.SAME]
    undone(carried(agent, mailbox))
    assert [one.name for one in mailbox.signatures()] == ["Travail"]


def test_what_was_changed_in_zimbra_since_is_not_overwritten_unasked(agent: Agent, mailbox: ZimbraClient) -> None:
    row = save(agent)
    carried(agent, mailbox)
    [there] = mailbox.signatures()
    mailbox.update_signature(there.id, Signature("Travail", text="À la main"))
    [one] = proposed(agent, mailbox).rows
    assert one.change == Change.LEFT
    assert "modifiée dans Zimbra" in one.question
    [one] = proposed(agent, mailbox, replacing=frozenset({row.pk})).rows
    assert one.change == Change.UPDATED


def test_undo_leaves_what_was_changed_since(agent: Agent, mailbox: ZimbraClient) -> None:
    save(agent)
    replay = carried(agent, mailbox)
    [there] = mailbox.signatures()
    mailbox.update_signature(there.id, Signature("Travail", text="À la main"))
    undone(replay)
    assert [one.text for one in mailbox.signatures()] == ["À la main"]
    assert "left" in {one.outcome for one in results.acts_of(replay)}


def test_uses_per_identity_are_set_and_only_ours_put_back(agent: Agent, mailbox: ZimbraClient) -> None:
    box = mailbox.create_identity(Identity("Secrétariat", from_address="secretariat@academie.example"))
    mine, other = save(agent), save(agent, "Secrétariat", "<p>Le secrétariat</p>")
    saved.set_uses(agent=agent, uses={box.id: {"new": other.pk, "answers": mine.pk}}, by=agent)
    replay = carried(agent, mailbox)
    ids = {one.name: one.id for one in mailbox.signatures()}
    [there] = [one for one in mailbox.identities() if one.id == box.id]
    assert (there.signature_id, there.answer_signature_id) == (ids["Secrétariat"], ids["Travail"])
    foreign = mailbox.create_signature(Signature("Choisie depuis", text="x"))
    mailbox.use_signature(foreign, identity_id=box.id)
    undone(replay)
    [there] = [one for one in mailbox.identities() if one.id == box.id]
    assert (there.signature_id, there.answer_signature_id) == (foreign, "")
    assert [one.name for one in mailbox.signatures()] == ["Choisie depuis"]


@pytest.mark.parametrize("verb", ["create_signature", "update_signature", "use_signature"])
def test_lost_answer_makes_nothing_twice(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    former = mailbox.create_signature(Signature("Bureau", text="Avant"))
    assert former
    before = state_of(mailbox)
    first, second = save(agent), save(agent, "Bureau", "<p>Après</p>")
    saved.set_uses(agent=agent, uses={"DEFAULT": {"new": first.pk, "answers": second.pk}}, by=agent)
    replay = started(agent, mailbox, replacing=frozenset({second.pk}))
    lost = []
    carried_out = getattr(ZimbraClient, verb)

    def lose(client: ZimbraClient, *args: Any, **given: Any) -> None:
        carried_out(client, *args, **given)
        lost.append(verb)
        monkeypatch.setattr(ZimbraClient, verb, carried_out)
        raise AnswerLost("answer.LOST")

    monkeypatch.setattr(ZimbraClient, verb, lose)
    worked(replay)
    assert (lost, replay.state, replay.differences) == ([verb], Replay.State.DONE, 0)
    assert sorted(one.name for one in mailbox.signatures()) == ["Bureau", "Travail"]
    undone(replay)
    assert state_of(mailbox) == before


def test_signature_too_long_or_undecided_is_told_and_not_sent(agent: Agent, mailbox: ZimbraClient) -> None:
    save(agent, "Longue", "<p>" + "mot " * 4000 + "</p>")
    save(agent, "Image", '<p>Zoé<img src="https://example.org/logo.png"></p>')
    long, undecided = proposed(agent, mailbox).rows
    assert (long.change, undecided.change) == (Change.LEFT, Change.LEFT)
    assert "raccourcissez" in long.problem
    assert "Décidez" in undecided.problem


def test_more_signatures_than_zimbra_takes_are_blocked(agent: Agent, mailbox: ZimbraClient) -> None:
    for number in range(20):
        mailbox.create_signature(Signature(f"S{number}", text="x"))
    save(agent)
    assert "20 signatures" in proposed(agent, mailbox).blocked


def test_plan_no_longer_true_stops_before_anything_is_changed(agent: Agent, mailbox: ZimbraClient) -> None:
    save(agent)
    replay = started(agent, mailbox)
    mailbox.create_signature(Signature("Travail", text="Entre-temps"))
    worked(replay)
    assert (replay.state, replay.error_code) == (Replay.State.FAILED, "changed_meanwhile")
    assert [one.text for one in mailbox.signatures()] == ["Entre-temps"]


def test_signature_deleted_in_zimbra_meanwhile_stops_its_replacement(agent: Agent, mailbox: ZimbraClient) -> None:
    row = save(agent)
    carried(agent, mailbox)
    saved.edit(row=row, contents=written("Travail", "<p>Nouveau</p>"), by=agent)
    replay = started(agent, mailbox)
    [there] = mailbox.signatures()
    mailbox.delete_signature(there.id)
    worked(replay)
    assert (replay.state, replay.error_code) == (Replay.State.FAILED, "changed_meanwhile")
    assert mailbox.signatures() == []
    # Sent again, it is made anew.
    assert worked(started(agent, mailbox)).state == Replay.State.DONE
    assert [one.text for one in mailbox.signatures()] == ["Nouveau"]


def test_namesake_in_other_capitals_gets_no_double_and_is_left(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_signature(Signature("TRAVAIL", text="Autre"))
    save(agent)
    replay = carried(agent, mailbox)
    assert (replay.state, replay.differences) == (Replay.State.DONE, 0)
    names = sorted(one.name for one in mailbox.signatures())
    assert names[0] == "TRAVAIL"
    assert len({name.casefold() for name in names}) == 2


def test_name_of_a_signature_is_told_to_the_person_and_kept_nowhere_else(agent: Agent, mailbox: ZimbraClient) -> None:
    save(agent, "Discrète")
    replay = started(agent, mailbox)
    mailbox.create_signature(Signature("Discrète", text="Entre-temps"))
    worked(replay)
    assert "« Discrète »" in results.error_of(replay)
    notice = Notice.objects.get(kind="replay.stopped")
    for said in (replay.error, notice.title, notice.body, bytes(replay.memory).decode("latin-1")):
        assert "Discr" not in said
    # Once it is tried again with success, nothing is said any more.
    [namesake] = [one for one in mailbox.signatures() if one.name == "Discrète"]
    mailbox.delete_signature(namesake.id)
    confirm.try_again(replay=replay, by=agent)
    worked(replay)
    assert (replay.state, results.error_of(replay)) == (Replay.State.DONE, "")
