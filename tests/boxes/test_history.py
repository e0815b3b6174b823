"""What a history tells, and to whom."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts import journal
from accounts.models import Agent, JournalEntry
from boxes import history
from boxes.journal_sentences import SENTENCES
from boxes.models import Box, BoxFinding
from boxes.reconcile import findings
from tests.each import each
from tests.factories import make_agent, make_box

pytestmark = pytest.mark.django_db


def note(action: str, box: Box, by: Agent | None, subject: Agent | None = None, **details: str) -> JournalEntry:
    with transaction.atomic():
        return journal.record(
            action, by=by, subject=subject, target=f"box:{box.pk}", target_label=box.address, **details
        )


def actions(box: Box, viewer: Agent) -> list[str]:
    return list(history.entries(box, viewer).order_by("pk").values_list("action", flat=True))


def test_personal_acts_are_the_persons_own() -> None:
    box, me, other, staff = make_box(), make_agent(), make_agent(), make_agent(is_staff=True)
    for by in (me, other):
        for action in ("box.hidden", "box.shown", "box.tags_asked"):
            note(action, box, by)
    note("box.granted", box, other, me, name=me.full_name, role="membre")
    assert actions(box, me) == ["box.hidden", "box.shown", "box.tags_asked", "box.granted"]
    assert len(actions(box, staff)) == 7
    assert actions(box, make_agent()) == ["box.granted"]


@each("kind", BoxFinding.Kind)
def test_what_was_found_in_a_mailbox_is_its_persons_own(kind: BoxFinding.Kind) -> None:
    box, me, owner = make_box(), make_agent(), make_agent()
    note("box.finding_restored", box, owner, me, finding=str(kind.label), about="")
    note("box.shown_in_zimbra", box, None, me, name=me.full_name)
    assert actions(box, me) == ["box.finding_restored", "box.shown_in_zimbra"]
    assert actions(box, owner) == ["box.finding_restored"]
    common = [] if kind in findings.PERSONAL else ["box.finding_restored"]
    assert actions(box, make_agent()) == common


def test_every_code_about_identities_is_personal() -> None:
    for action in SENTENCES:
        if "identit" in action or "hidden" in action or "shown" in action:
            assert action.startswith(history.PERSONAL), action


def test_another_box_has_a_history_of_its_own() -> None:
    one = make_box()
    other, me = make_box(pk=one.pk * 10 + 1), make_agent()
    note("box.left", other, me)
    assert actions(one, me) == []


def test_lines_name_people_and_survive_their_accounts(django_assert_num_queries) -> None:
    box, me, marie = make_box(), make_agent(), make_agent(given_name="Marie", family_name="Boyer")
    note("box.granted", box, marie, me, name="Luc Técher", role="membre")
    note("box.granted_after_move", box, None, me, name="Luc Técher", role="membre")
    gone = make_agent("parti@ac-reunion.fr")
    note("box.left", box, gone)
    gone.delete()
    with django_assert_num_queries(2):
        left, portal, given = history.told(history.entries(box, me))
    assert left.actor == "parti@ac-reunion.fr"
    assert portal.actor == "Le portail"
    assert portal.sentence.startswith("a ouvert à Luc Técher")
    assert f"{given.actor} {given.sentence}" == (
        f"Marie Boyer a donné à Luc Técher accès à la boîte {box.address} (rôle : membre)"
    )


def test_history_is_narrowed_to_a_person() -> None:
    box, me, other = make_box(), make_agent(), make_agent(given_name="Ève", family_name="Maillot")
    note("box.granted", box, other, me, name="x", role="y")
    note("box.retried", box, other)
    found = history.entries(box, me)
    assert len(history.about(found, me.address)) == 1
    assert len(history.about(found, other.address)) == 2
    assert (other.address, "Ève Maillot") in history.people(found)
    assert len(history.people(found)) == 2


def test_long_history_is_told_in_pieces() -> None:
    box, me = make_box(), make_agent()
    for _ in range(7):
        note("box.retried", box, me)
    assert len(list(history.told_all(history.entries(box, me), at_a_time=3))) == 7


def test_what_people_did_to_themselves_is_not_told_as_of_somebody_else() -> None:
    box, me, other = make_box(), make_agent(), make_agent()
    for person in (me, other):
        note("box.granted", box, me, person, name=person.full_name, role="propriétaire")
    mine, of_other = history.told(JournalEntry.objects.order_by("pk"))
    assert mine.sentence == f"a ouvert son propre accès à la boîte {box.address} (rôle : propriétaire)"
    assert of_other.sentence.startswith(f"a donné à {other.full_name} accès")
