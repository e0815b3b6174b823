"""What sending would do: folders of every kind, absence, limits; the same again means that nothing has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule.conversions.filters.model import Vacation
from bascule.filters import planning
from bascule.filters.folders_needed import Place
from bascule.filters.planning import Choices
from bascule.mailbox_look import SeenFolder, Snapshot
from bascule.models import CapturedRule
from tests.bascule.filters.captured import capture, capture_all, rule
from tests.factories import make_agent
from zimbra.types import OutOfOffice
from zimbra.types.filter_actions import FileInto, Keep, Stop
from zimbra.types.filters import RuleBody

pytestmark = pytest.mark.django_db
FOLDERS = (
    SeenFolder("1", "", "", "11"),
    SeenFolder("2", "Inbox", "message", "1"),
    SeenFolder("3", "Trash", "", "1"),
    SeenFolder("10", "Calendar", "appointment", "1"),
    SeenFolder("256", "Listes", "message", "1"),
    SeenFolder("257", "Trash/Ancien", "message", "3"),
    SeenFolder("258", "De Marie", "message", "1", is_mountpoint=True),
    SeenFolder("259", "Carnet de Marie", "contact", "1", is_mountpoint=True),
)
PICTURE = Snapshot(folders=FOLDERS)


@pytest.fixture
def agent(db: None) -> Agent:
    return make_agent(migrated_at=timezone.now())


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("Inbox", Place.THERE),
        ("listes", Place.THERE),
        ("Trash", Place.THERE),
        ("Trash/Ancien", Place.IN_TRASH),
        ("Trash/Nouveau", Place.BELOW_TRASH),
        ("Junk/Nouveau", Place.BELOW_TRASH),
        ("De Marie", Place.SHARED),
        ("De Marie/Dossier", Place.BELOW_SHARED),
        ("Calendar", Place.OTHER_KIND),
        ("Calendar/Dossier", Place.OTHER_KIND),
        ("Carnet de Marie", Place.OTHER_KIND),
        ("Nouveau", Place.MISSING),
        ("Listes/Nouveau/Encore", Place.MISSING),
        ("6e:A", Place.BAD_NAME),
    ],
)
def test_folder_is_there_or_can_be_made_or_neither(agent: Agent, path: str, place: Place) -> None:
    capture_all(agent, rule("Règle", path))
    proposal = planning.propose(agent, PICTURE)
    (needed,) = proposal.folders
    assert needed.place == place
    assert bool(proposal.creating) == (place == Place.MISSING)
    assert bool(needed.note) == (place not in (Place.THERE, Place.MISSING))
    usable = place in (Place.THERE, Place.SHARED, Place.IN_TRASH, Place.MISSING)
    (sent,) = proposal.directions[0].merged.rules
    assert sent.active
    assert sent.actions == ((FileInto(path),) if usable else (Keep(),))


def test_folders_above_are_made_first_and_each_once_whatever_its_capitals(agent: Agent) -> None:
    capture_all(agent, rule("A", "/Listes/A/B"), rule("B", "listes/a"), rule("C", "Z"), rule("D", "z/y"))
    assert planning.propose(agent, PICTURE).creating == ("Z", "Listes/A", "z/y", "Listes/A/B")


def test_folder_not_wanted_leaves_the_message_where_it_came_and_the_rest_of_the_rule(agent: Agent) -> None:
    inner = RuleBody((), (FileInto("Nouveau", copy=True),))
    both = replace(rule("A"), actions=(FileInto("Nouveau"), FileInto("Listes"), Stop()), nested=inner)
    capture_all(agent, both)
    key = planning.propose(agent, PICTURE).folders[0].key
    proposal = planning.propose(agent, PICTURE, Choices(left_folders=frozenset({key})))
    (sent,) = proposal.directions[0].merged.rules
    assert sent.actions == (Keep(), FileInto("Listes"), Stop())
    assert sent.nested == RuleBody((), (Keep(),))
    assert proposal.creating == ()


def test_refused_and_damaged_rules_are_named_and_not_sent(agent: Agent) -> None:
    capture_all(agent, rule("Bonne"))
    capture(agent, name="Refusée")
    damaged = capture(agent, rule("Abîmée"))
    CapturedRule.objects.filter(pk=damaged.pk).update(contents=b"not sealed")
    proposal = planning.propose(agent, PICTURE)
    assert proposal.refused == ("Refusée", "Règle n° 3 (illisible)")
    assert [one.name for one in proposal.directions[0].merged.rules] == ["Bonne"]


def test_row_says_whether_a_rule_is_active(agent: Agent) -> None:
    capture(agent, rule("Éteinte"), active=False)
    (sent,) = planning.propose(agent, PICTURE).directions[0].merged.rules
    assert not sent.active


def test_nothing_captured_proposes_nothing(agent: Agent) -> None:
    proposal = planning.propose(agent, replace(PICTURE, incoming=(rule("Perso"),)))
    assert (proposal.directions, proposal.changes, proposal.asks_for_place) == ((), False, False)


def test_place_is_asked_for_beside_others_only(agent: Agent) -> None:
    capture_all(agent, rule("DSI"))
    assert not planning.propose(agent, PICTURE).asks_for_place
    assert planning.propose(agent, replace(PICTURE, incoming=(rule("Perso"),))).asks_for_place


def test_shown_changes_with_what_is_sent_and_with_what_was_seen(agent: Agent) -> None:
    (row,) = capture_all(agent, rule("DSI"))
    first = planning.propose(agent, PICTURE).shown
    assert planning.propose(agent, PICTURE).shown == first
    assert planning.propose(agent, replace(PICTURE, incoming=(rule("Perso"),))).shown != first
    row.active = False
    row.save()
    assert planning.propose(agent, PICTURE).shown != first


def test_more_than_zimbra_takes_is_blocked(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    capture_all(agent, *(rule(f"Règle {number}") for number in range(20)))
    assert not planning.propose(agent, PICTURE).blocked
    monkeypatch.setattr(planning, "MAX_BYTES", 1000)
    assert "trop volumineux" in planning.propose(agent, PICTURE).blocked


@pytest.mark.parametrize(
    "held", [(rule("Deux"), rule("Deux", "autre")), (rule(""),), (replace(rule("Vide", active=False), tests=()),)]
)
def test_list_that_cannot_be_written_anew_is_blocked(agent: Agent, held: tuple) -> None:
    capture_all(agent, rule("DSI"))
    assert "ne peut pas réécrire" in planning.propose(agent, replace(PICTURE, incoming=held)).blocked


def test_absence_is_an_offer_of_active_rules(agent: Agent) -> None:
    capture(agent, name="Été", vacation=Vacation("En congé"), active=False)
    first = capture(agent, name="Hiver", vacation=Vacation("Au ski", ends="2020-01-05"))
    second = capture(agent, name="Long", vacation=Vacation("é" * 5000))
    third = capture(agent, name="Autre", vacation=Vacation("Autre"))
    proposal = planning.propose(agent, PICTURE)
    assert [one.rule_id for one in proposal.absences] == [first.pk, second.pk, third.pk]
    assert [one.too_long for one in proposal.absences] == [False, True, False]
    assert [one.is_past for one in proposal.absences] == [True, False, False]
    assert not proposal.changes
    assert proposal.refused == ()

    def text(**choice: object) -> str:
        absence = planning.propose(agent, PICTURE, Choices(**choice)).plan["absence"]
        return absence["after"]["text"] if absence else ""

    assert text(absence="off") == "Au ski"
    assert text(absence="on", absence_of=third.pk) == "Autre"
    # One that Zimbra would not take is never the one.
    assert text(absence="on", absence_of=second.pk) == "Au ski"
    assert text(absence="nonsense") == ""


def test_absence_lasts_to_the_end_of_its_last_day(agent: Agent) -> None:
    capture(agent, name="Hiver", vacation=Vacation("Au ski", starts="2026-12-20", ends="2026-12-31"))
    after = planning.propose(agent, PICTURE, Choices(absence="on")).plan["absence"]["after"]
    assert (after["start"][:19], after["until"][:19]) == ("2026-12-20T00:00:00", "2027-01-01T00:00:00")


def test_absence_that_stands_there_is_no_change(agent: Agent) -> None:
    capture(agent, name="Hiver", vacation=Vacation("Au ski"))
    held = replace(PICTURE, absence=OutOfOffice(False, "Au ski"))
    assert not planning.propose(agent, held, Choices(absence="off")).changes
    assert planning.propose(agent, held, Choices(absence="on")).changes
