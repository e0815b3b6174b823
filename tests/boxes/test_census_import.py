"""A list handed in: what each row means, what a confirmation writes, what is left; sealed, bounded, deleted in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Establishment, JournalEntry
from boxes.census import handed_in, states
from boxes.census.matching import Kind
from boxes.models import Box, CensusEntry, CensusImport, CensusSheet, Role
from tests.factories import make_agent, make_box, make_entry, make_establishment

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Establishment:
    return make_establishment()


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent("chef@ac-reunion.fr", establishment=school, function="DIR")


@pytest.fixture
def box(school: Establishment) -> Box:
    return make_box(address="vie-scolaire@ac-reunion.fr", name="Vie scolaire", establishment=school)


def take(school: Establishment, head: Agent, text: str, box: Box | None = None) -> CensusImport:
    return handed_in.take(establishment=school, box=box, data=text.encode(), name="", by=head)


def kinds(kept: CensusImport, by: Agent) -> list[Kind]:
    return [one.kind for one in handed_in.matches(kept, by=by)]


def test_every_kind_of_row_is_told(school: Establishment, head: Agent, box: Box) -> None:
    anne = make_agent("anne.abar@ac-reunion.fr", given_name="Anne", family_name="Abar", establishment=school)
    there, changed = make_agent("la@ac-reunion.fr"), make_agent("autre@ac-reunion.fr")
    make_entry(box, there)
    make_entry(box, changed, Role.READER)
    make_agent("parti@ac-reunion.fr", is_active=False)
    for _ in range(2):
        make_agent(given_name="Marie", family_name="Grondin")
    frozen = make_box(address="ce@ac-reunion.fr", establishment=school, transfer_asked_at=timezone.now())
    text = "\n".join(
        [
            "adresse;nom;rôle;boîte",
            "anne.abar@ac-reunion.fr;;propriétaire;",
            "la@ac-reunion.fr;;membre;",
            "autre@ac-reunion.fr;;membre;vie scolaire",
            "chef@ac-reunion.fr;;membre;VIE-SCOLAIRE",
            ";Grondin Marie;;",
            "anne.abbar@ac-reunion.fr;;;",
            "qui.sait@ac-reunion.fr;;;",
            "parti@ac-reunion.fr;;;",
            "anne.abar@ac-reunion.fr;;;ailleurs@ac-reunion.fr",
            "anne.abar@ac-reunion.fr;;lecture;",
            "anne.abar@ac-reunion.fr;;propriétaire;",
            "anne.abar@ac-reunion.fr;;chef;",
            f"{box.address};;;",
            ";;membre;",
            f"anne.abar@ac-reunion.fr;;;{frozen.address}",
        ]
    )
    kept = take(school, head, text, box)
    rows = handed_in.matches(kept, by=head)
    assert [one.kind for one in rows] == [
        Kind.ADD, Kind.THERE, Kind.CHANGE, Kind.HEAD, Kind.AMBIGUOUS, Kind.UNKNOWN, Kind.UNKNOWN, Kind.INACTIVE,
        Kind.NO_BOX, Kind.TWICE, Kind.THERE, Kind.UNREADABLE, Kind.UNREADABLE, Kind.UNREADABLE, Kind.FROZEN,
    ]  # fmt: skip
    assert len(rows[4].choices) == 2
    assert rows[5].choices == (anne,)
    assert rows[6].choices == ()
    assert rows[2].before_label == "Membre (lecture seule)"
    assert (rows[6].given_name, rows[6].family_name) == ("Qui", "Sait")
    assert CensusEntry.objects.count() == 2


def test_confirming_writes_what_is_clear_and_what_was_chosen(school: Establishment, head: Agent, box: Box) -> None:
    anne = make_agent("anne.abar@ac-reunion.fr", given_name="Anne", family_name="Abar")
    one, two = (make_agent(given_name="Marie", family_name="Grondin") for _ in range(2))
    kept = take(school, head, "anne.abar@ac-reunion.fr;propriétaire\nMarie Grondin\nPersonne Inconnue\n", box)
    assert not CensusEntry.objects.exists()
    # A person that the row does not propose is not taken, whatever the form says.
    applied = handed_in.apply(kept=kept, choices={1: make_agent().pk, 2: anne.pk}, by=head)
    assert (applied.added, applied.left) == (1, 2)
    applied = handed_in.apply(kept=kept, choices={1: two.pk}, by=head, default=Role.READER)
    assert (applied.added, applied.left) == (1, 1)
    assert set(box.entries.values_list("agent", "role")) == {(anne.pk, "owner"), (two.pk, "reader")}
    assert one.census_entries.count() == 0
    kept.refresh_from_db()
    assert kept.applied_at
    assert JournalEntry.objects.filter(action="census.list_applied").count() == 2


def test_names_of_the_own_place_come_first(school: Establishment, head: Agent, box: Box) -> None:
    make_agent(given_name="Zoé", family_name="Técher")
    here = make_agent(given_name="Zoé", family_name="Técher", establishment=school)
    [row] = handed_in.matches(take(school, head, "TECHER zoe\n", box), by=head)
    assert row.choices[0] == here


def test_a_confirmation_that_fails_writes_nothing(school: Establishment) -> None:
    first, second = make_box(establishment=school), make_box(establishment=school)
    owner = make_agent("moi@ac-reunion.fr", establishment=school)
    make_agent("anne.abar@ac-reunion.fr")
    for one in (first, second):
        make_entry(one, owner, Role.OWNER)
    text = f"anne.abar@ac-reunion.fr;{first.address}\nmoi@ac-reunion.fr;lecture;{second.address}\n"
    kept = take(school, owner, text)
    with pytest.raises(states.CensusError):
        handed_in.apply(kept=kept, choices={}, by=owner)
    assert CensusEntry.objects.count() == 2
    assert not CensusEntry.objects.exclude(role=Role.OWNER).exists()


def test_boxes_out_of_reach_are_not_named(school: Establishment, head: Agent, box: Box) -> None:
    owner = make_agent(establishment=school)
    make_entry(box, owner, Role.OWNER)
    other = make_box(establishment=school)
    elsewhere = make_box(establishment=make_establishment())
    agent = make_agent()
    kept = take(school, owner, f"{agent.address};{other.address}\n{agent.address};{elsewhere.address}\n")
    assert Kind.ADD not in kinds(kept, owner)
    with pytest.raises(states.NotYours):
        take(school, owner, agent.address, other)
    with pytest.raises(states.NotYours):
        take(school, make_agent(), agent.address)


def test_what_lost_its_reach_meanwhile_is_not_written(school: Establishment, head: Agent, box: Box) -> None:
    agent = make_agent()
    kept = take(school, head, agent.address, box)
    CensusSheet.objects.create(establishment=school, state="submitted")
    with pytest.raises(states.Submitted):
        handed_in.apply(kept=kept, choices={}, by=head)
    with pytest.raises(states.Submitted):
        take(school, head, agent.address, box)
    assert not CensusEntry.objects.exists()


def test_a_list_is_sealed_bounded_and_deleted_by_its_author(school: Establishment, head: Agent, box: Box) -> None:
    kept = take(school, head, "zoe.techer@ac-reunion.fr", box)
    assert b"techer" not in bytes(CensusImport.objects.get().content)
    assert handed_in.content(kept) == b"zoe.techer@ac-reunion.fr"
    with pytest.raises(states.NotYours):
        handed_in.delete(kept=kept, by=make_agent(is_staff=True))
    handed_in.delete(kept=kept, by=head)
    assert not CensusImport.objects.exists()
    for data in ("", "x" * (handed_in.MAX_BYTES + 1), "PK\x03\x04", "nom;adresse"):
        with pytest.raises(handed_in.Refused):
            take(school, head, data, box)


def test_lists_go_when_their_time_is_over(school: Establishment, head: Agent, box: Box) -> None:
    old, fresh = (take(school, head, "a@ac-reunion.fr", box) for _ in range(2))
    CensusImport.objects.filter(pk=old.pk).update(created_at=timezone.now() - handed_in.RETENTION - timedelta(days=1))
    assert handed_in.expire() == 1
    assert list(CensusImport.objects.values_list("pk", flat=True)) == [fresh.pk]


def test_a_long_list_takes_a_handful_of_queries(
    school: Establishment, head: Agent, box: Box, django_assert_max_num_queries
) -> None:
    people = Agent.objects.bulk_create(
        Agent(
            address=f"prenom{n}.nom{n}@ac-reunion.fr",
            given_name=f"Prénom{n}",
            family_name=f"Nom{n}",
            population_id=head.population_id,
        )
        for n in range(600)
    )
    text = "\n".join([agent.address for agent in people] + [agent.full_name for agent in people] + ["inconnu x"] * 300)
    kept = take(school, head, text, box)
    with django_assert_max_num_queries(40):
        rows = handed_in.matches(kept, by=head)
    assert [sum(one.kind == kind for one in rows) for kind in (Kind.ADD, Kind.THERE, Kind.UNKNOWN)] == [
        600, 600, 300,
    ]  # fmt: skip
    with django_assert_max_num_queries(120):
        assert handed_in.apply(kept=kept, choices={}, by=head).added == 600


def test_a_misspelt_name_finds_its_person_among_many_of_the_first_name(
    school: Establishment, head: Agent, box: Box, monkeypatch
) -> None:
    monkeypatch.setattr("boxes.census.matching.MAX_COMPARED", 5)
    for number in range(9):
        make_agent(given_name="Marie", family_name=f"Aaaa{number}")
    meant = make_agent(given_name="Marie Lou", family_name="Técher")
    [row] = handed_in.matches(take(school, head, "Marie Lou Tecker\n", box), by=head)
    assert row.choices == (meant,)


def test_a_family_name_alone_proposes_those_who_bear_it(school: Establishment, head: Agent, box: Box) -> None:
    bearers = [make_agent(given_name=given, family_name="Maillot") for given in ("Océane", "Roland")]
    make_agent(given_name="Claire", family_name="Robert")
    [row] = handed_in.matches(take(school, head, "maillot\n", box), by=head)
    assert set(row.choices) == set(bearers)
