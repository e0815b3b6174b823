"""Vagues: the pages of staff."""

from __future__ import annotations

from datetime import date
from typing import Any

import icalendar
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, Notice
from bascule import planning, standings
from bascule.models import PlanningFeed, Standing, Wave, WaveAssignment, WaveFigure
from bascule.waves import ics
from tests import pages
from tests.factories import assign, make_agent, make_establishment, make_moved_agent, make_wave, population

pytestmark = pytest.mark.django_db
TODAY = date(2025, 4, 20)


@pytest.fixture(autouse=True)
def that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "today", lambda: TODAY)
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True, population="dsi")


@pytest.fixture
def site(staff: Agent) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def text(answer: Any) -> str:
    return pages.text(pages.parse(answer.content))


def csv(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def numbers(*codes: str) -> list[int]:
    return [population(code).pk for code in codes]


def wave_of(agent: Agent) -> Wave | None:
    return Standing.objects.select_related("wave").get(agent=agent).wave


def test_the_whole_planning_is_typed_on_one_page(site: Client) -> None:
    """Domain, section 4: checked first, then written."""
    make_agent()
    standings.refresh()
    rows = [
        ("Migration technique", "16 avril 2025", [], False, True),
        ("Équipes DSI", "2 mai", ["dsi"], False, False),
        ("Correspondants", "mi-mai", ["correspondents"], False, False),
        ("Premier degré", "début juin", ["first-degree"], True, False),
        ("Le reste", "octobre", ["second-degree-teachers", "eple-administration"], True, False),
    ]
    form: dict[str, Any] = {"lignes": "6"}
    for number, (name, when, codes, boxes, done) in enumerate(rows, 1):
        form |= {f"nom-{number}": name, f"quand-{number}": when, f"populations-{number}": numbers(*codes)}
        form |= {f"boites-{number}": "on"} if boxes else {}
        form |= {f"faite-{number}": "on"} if done else {}
    shown = text(site.post(reverse("waves_fill"), form | {"voir": "1"}))
    assert "mercredi 16 avril 2025" in shown
    assert "mi-mai 2025, du 11 au 20 mai 2025" in shown
    assert "Dans aucune vague : Direction du second degré" in shown
    assert not Wave.objects.exists()
    assert site.post(reverse("waves_fill"), form | {"enregistrer": "1"}).url == reverse("waves")
    found = [(wave.name, wave.date, wave.period_label, wave.takes_boxes, wave.state) for wave in Wave.objects.all()]
    assert found == [
        ("Migration technique", date(2025, 4, 16), "", False, "done"),
        ("Équipes DSI", date(2025, 5, 2), "", False, "planned"),
        ("Correspondants", None, "mi-mai 2025", False, "planned"),
        ("Premier degré", None, "début juin 2025", True, "planned"),
        ("Le reste", None, "octobre 2025", True, "planned"),
    ]
    listed = site.get(reverse("waves"))
    assert "5 vagues" in text(listed)
    assert b"<svg" in listed.content


def test_a_wrong_row_keeps_all_of_them_from_being_written(site: Client) -> None:
    form = {"lignes": "2", "nom-1": "Mai", "quand-1": "mi-mai", "nom-2": "Plus tard", "quand-2": "après les vacances"}
    answer = site.post(reverse("waves_fill"), form | {"enregistrer": "1"})
    assert answer.status_code == 422
    assert "« après les vacances » ne dit pas quand" in text(answer)
    assert not Wave.objects.exists()


def test_a_planning_is_pasted_from_a_spreadsheet(site: Client) -> None:
    pasted = (
        "Vague\tQuand\tPopulations\tBoîtes\n"
        "DSI\t02/05/2025\tDSI\tnon\n"
        "Écoles\tdébut juin\tpremier degré, correspondants\toui\n"
        "Suite\toctobre\tle reste\toui\n"
        "Inconnue\tmai\tles pompiers\tpeut-être\n"
    )
    answer = site.post(reverse("waves_fill"), {"lignes": "1", "texte": pasted, "coller": "1"})
    assert answer.status_code == 422
    assert "« les pompiers » désigne aucune population" in text(answer)
    page = pages.parse(answer.content)
    ticked = {
        number: {int(box.get("value")) for box in pages.select(page, f"input[name=populations-{number}][checked]")}
        for number in (1, 2, 3)
    }
    assert ticked[1] == set(numbers("dsi"))
    assert ticked[2] == set(numbers("first-degree", "correspondents"))
    assert ticked[3] == {row.pk for row in type(population()).objects.all()} - ticked[1] - ticked[2]


def test_a_wave_with_establishments_is_made_and_changed(site: Client) -> None:
    here = make_establishment(uai="9740001A", name="École Bois-de-Nèfles")
    agent = make_agent(establishment=here)
    standings.refresh()
    form = {"nom": "Nord", "quand": "2 mai", "etablissements": "9740001a\nécole bois de nefles\n9740009Z"}
    refused = site.post(reverse("wave_new"), form)
    assert "Ligne 3 : le répertoire ne connaît pas l’UAI 9740009Z" in text(refused)
    site.post(reverse("wave_new"), form | {"etablissements": "UAI;nom\n9740001A;École"})
    wave = Wave.objects.get()
    assert wave_of(agent) == wave
    assert "1 personne" in text(site.get(reverse("wave", args=[wave.pk])))
    edit = reverse("wave_edit", args=[wave.pk])
    change = {"nom": "Nord", "quand": "2 mai 2025", "populations": numbers("dsi"), "version": "1"}
    asked = site.post(edit, change)
    assert "1 personne" in text(asked)
    assert wave_of(agent) == wave
    assert site.post(edit, change | {"confirme": "1"}).status_code == 302
    assert wave_of(agent) is None
    late = site.post(edit, change | {"nom": "Sud"})
    assert late.status_code == 409
    assert "« Nord » a été modifiée par" in text(late)
    assert not Wave.objects.filter(name="Sud").exists()


def test_establishments_are_handed_in_as_a_file_and_taken_out(site: Client) -> None:
    wave = make_wave("first-degree")
    places = [make_establishment() for _ in range(3)]
    agent = make_agent(establishment=places[0])
    standings.refresh()
    address = reverse("wave_places", args=[wave.pk])
    rows = "code;nom\n" + "\n".join(f"{place.uai};{place.name}" for place in places[1:])
    asked = text(site.post(address, {"version": "1", "fichier": SimpleUploadedFile("l.csv", rows.encode("cp1252"))}))
    assert "2 établissements à ajouter" in asked
    assert "Elle ne les prendra plus que dans les établissements nommés" in asked
    added = " ".join(place.uai for place in places[1:])
    assert wave.establishments.count() == 0
    site.post(address, {"version": "1", "ajouter": added, "confirme": "1"})
    assert (wave.establishments.count(), wave_of(agent)) == (2, None)
    site.post(address, {"version": "2", "retirer": [places[1].pk, places[2].pk], "confirme": "1"})
    assert wave_of(agent) == wave
    assert "UAI" in csv(site.get(reverse("wave_places_csv", args=[wave.pk])))


def test_people_of_a_wave_are_listed_with_why(site: Client, staff: Agent, django_assert_max_num_queries: Any) -> None:
    wave = make_wave("first-degree", day=date(2025, 5, 2))
    make_agent(family_name="Payet", establishment=make_establishment(uai="9740007B"))
    make_moved_agent(family_name="Grondin")
    chosen = make_agent(family_name="Técher", population="dsi")
    assign(chosen, wave, "congé")
    standings.refresh()
    address = reverse("wave_people", args=[wave.pk])
    with django_assert_max_num_queries(20):
        shown = text(site.get(address, {"tri": "nom"}))
    assert "3 personnes" in shown
    assert "par la population Premier degré" in shown
    assert ": congé" in shown
    for asked, left in (
        ({"recherche": "techer"}, "Técher"),
        ({"pourquoi": "hand"}, "Técher"),
        ({"uai": "9740007b"}, "Payet"),
        ({"etat": "basculees"}, "Grondin"),
        ({"population": "dsi"}, "Técher"),
    ):
        page = text(site.get(address, asked))
        assert [name for name in ("Payet", "Grondin", "Técher") if name in page] == [left], asked
    table = csv(site.get(address, {"format": "csv"}))
    assert table.count("\r\n") == 4
    assert "9740007B" in table


def test_persons_are_moved_by_hand_from_a_search(site: Client) -> None:
    wave = make_wave(day=date(2025, 6, 2), state=Wave.State.FROZEN, name="Juin")
    agent = make_agent(family_name="Boyer")
    standings.refresh()
    address = reverse("wave_move")
    assert f'value="{agent.pk}"' in site.get(address, {"recherche": "boyer"}).content.decode()
    form = {"personne": [agent.pk], "vague": wave.pk, "motif": "congé"}
    assert "sa liste est close" in text(site.post(address, form))
    assert wave_of(agent) is None
    site.post(address, form | {"confirme": "on"})
    assert (wave_of(agent), Notice.objects.get().recipient) == (wave, agent)
    site.post(address, {"personne": [agent.pk], "vague": "regle", "confirme": "on"})
    assert wave_of(agent) is None
    assert site.post(address, {"vague": wave.pk}).status_code == 422


def test_a_list_moves_persons_and_establishments(site: Client) -> None:
    whole, named = make_wave("first-degree", name="Écoles"), make_wave(name="Nord")
    other = make_wave(name="Sud")
    school, college, town = (make_establishment() for _ in range(3))
    named.establishments.add(town)
    other.establishments.add(school, make_establishment())
    one, at_school = make_agent(population="dsi"), make_agent(population="dsi", establishment=school)
    at_college = make_agent(population="dsi", establishment=college)
    standings.refresh()
    address = reverse("wave_move_list")
    good = f"adresse;vague;motif\n{one.address};écoles;congé\n{school.uai};Nord\n{college.uai};Écoles\n"
    moved = make_moved_agent()
    bad = good + f"\nrien@ac-reunion.fr;Nord\n{one.address};Nord\n9749999Z;Nord\n{moved.address};Nord\n{town.uai};Ouest"
    refused = site.post(address, {"texte": bad, "confirme": "1"})
    assert refused.status_code == 422
    told = text(site.post(address, {"texte": bad}))
    for sentence in (
        "Ligne 6 : le répertoire ne connaît pas cette adresse",
        "Ligne 7 : déjà nommé ligne 2",
        "Ligne 8 : le répertoire ne connaît pas cet UAI",
        "a déjà basculé",
        "aucune vague ne s’appelle « Ouest »",
    ):
        assert sentence in told
    assert not WaveAssignment.objects.exists()
    shown = text(site.post(address, {"texte": good}))
    assert "1 personne à la main vers « Écoles »" in shown
    assert "s’ajoute aux établissements de « Nord »" in shown
    assert site.post(address, {"texte": good, "confirme": "1"}).status_code == 302
    assert [wave_of(agent) for agent in (one, at_school, at_college)] == [whole, named, whole]
    assert school not in other.establishments.all()
    assert not whole.establishments.exists()


def test_a_wave_is_split_merged_and_deleted_once_confirmed(site: Client) -> None:
    wave = make_wave("first-degree", "dsi", name="Tous")
    agent = make_agent()
    standings.refresh()
    split = reverse("wave_split", args=[wave.pk])
    form = {"version": "1", "par": "populations", "populations": numbers("first-degree"), "nom": "Écoles"}
    assert "1 nouvelle vague" in text(site.post(split, form))
    assert Wave.objects.count() == 1
    site.post(split, form | {"confirme": "1"})
    new = Wave.objects.get(name="Écoles")
    assert wave_of(agent) == new
    assert site.post(split, form | {"confirme": "1", "nom": "Autre"}).status_code == 409
    merge = reverse("wave_merge", args=[new.pk])
    form = {"version": str(new.version), "vague": wave.pk}
    assert "disparaît" in text(site.post(merge, form))
    site.post(merge, form | {"confirme": "1"})
    assert Wave.objects.get() == new
    delete = reverse("wave_delete", args=[new.pk])
    shown = text(site.get(delete))
    assert "2 personnes" in shown
    assert "aucune vague" in shown
    site.post(delete, {"version": "1"})
    assert Wave.objects.exists()
    site.post(delete, {"version": "2"})
    assert not Wave.objects.exists()


def test_overlaps_and_people_without_a_wave_are_shown(site: Client) -> None:
    first, second = make_wave("first-degree", name="Mai"), make_wave("first-degree", name="Juin")
    Wave.objects.filter(pk=first.pk).update(period_start=date(2030, 2, 1))
    here = make_establishment(name="Lycée double")
    for name in ("Est", "Ouest"):
        make_wave(name=name).establishments.add(here)
    make_agent()
    lost = make_agent(family_name="Perdu", population="eple-administration")
    make_agent(population="eple-administration", is_active=False)
    late = make_agent(family_name="Tardif", population="dsi")
    assign(late, make_wave(name="Finie", state=Wave.State.DONE))
    standings.refresh()
    shown = text(site.get(reverse("waves_overlaps")))
    assert "Premier degréMai1 personneJuin" in shown
    assert "Lycée double" in shown
    assert "2 personnes sans vague" in shown
    assert "Tardif" in shown
    page = text(site.get(reverse("waves_unplaced"), {"population": "eple-administration"}))
    assert "1 personne" in page
    assert "Perdu" in page
    assert lost.address in csv(site.get(reverse("waves_unplaced"), {"format": "csv"}))
    assert "l’emporte sur cette vague" in text(site.get(reverse("wave", args=[second.pk])))


def test_lists_cost_the_same_with_any_number_of_waves(site: Client, django_assert_max_num_queries: Any) -> None:
    waves = Wave.objects.bulk_create(
        Wave(name=f"Vague au nom assez long pour la frise {number}", date=date(2030, 1, 1)) for number in range(60)
    )
    WaveFigure.objects.bulk_create(
        WaveFigure(wave=wave, dimension="all", people=20_000, computed_at=timezone.now()) for wave in waves
    )
    with django_assert_max_num_queries(16):
        shown = text(site.get(reverse("waves"), {"recherche": "frise", "etat": "planned", "tri": "nom"}))
    assert "60 vagues" in shown
    assert "20 000" in shown
    assert csv(site.get(reverse("waves"), {"format": "csv"})).count("\r\n") == 61


def test_the_planning_is_a_calendar_that_others_can_read(site: Client, staff: Agent) -> None:
    exact = make_wave("first-degree", day=date(2025, 5, 2), name="Écoles, collèges ; lycées")
    period = make_wave(name="Longue " * 12, period_label="mi-mai 2025", period_start=date(2025, 5, 11), version=4)
    assert site.get(reverse("planning_ics")).headers["Content-Disposition"].startswith("attachment")
    site.post(reverse("planning_subscribe"))
    url = ics.url(PlanningFeed.objects.get(agent=staff))
    answer = Client().get(url)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    events = {str(event["uid"]): event for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")}
    day = events[f"vague-{exact.pk}@ac-reunion.fr"]
    assert (day["summary"], day["status"], day["sequence"]) == ("Bascule : Écoles, collèges ; lycées", "CONFIRMED", 1)
    assert (day["dtstart"].dt, day["dtend"].dt) == (date(2025, 5, 2), date(2025, 5, 3))
    span = events[f"vague-{period.pk}@ac-reunion.fr"]
    assert (span["status"], span["sequence"]) == ("TENTATIVE", 4)
    assert (span["dtstart"].dt, span["dtend"].dt) == (date(2025, 5, 11), date(2025, 5, 21))


@pytest.mark.parametrize("end", ["taken back", "renewed", "left", "no staff", "rubbish"])
def test_a_calendar_link_ends(site: Client, staff: Agent, end: str) -> None:
    url = ics.url(ics.open_link(by=staff))
    if end == "taken back":
        site.post(reverse("planning_subscribe"), {"supprimer": "1"})
        ics.open_link(by=staff)
    elif end == "renewed":
        site.post(reverse("planning_subscribe"), {"renouveler": "1"})
    elif end == "rubbish":
        url += "\0"
    else:
        fields = {"is_active": False} if end == "left" else {"is_staff": False}
        Agent.objects.filter(pk=staff.pk).update(**fields)
    answer = Client().get(url)
    assert (answer.status_code, b"VEVENT" in answer.content) == (404, False)
