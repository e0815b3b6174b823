from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import standings
from bascule.bulk import runs
from bascule.models import BulkPerson, BulkRun, Import, MailServer, OwnImports, Wave
from tests.bascule.imports.collections import contact, event, make_collection
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

State = BulkPerson.State


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bascule.bulk.engine.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def page(client: Client, staff: Agent, wave: Wave) -> str:
    client.force_login(staff)
    return reverse("wave_imports", args=[wave.pk])


def person(*, moved: bool = True, contacts: int = 1) -> Agent:
    agent = make_agent(population="bulk", migrated_at=timezone.now() if moved else None)
    make_collection(agent, [contact(number) for number in range(contacts)])
    standings.refresh([agent])
    return agent


def test_preview_tells_what_is_done_and_what_is_left_out(client: Client, page: str, wave: Wave) -> None:
    first = person(contacts=2)
    make_collection(first, [event(0)], kind="calendar")
    person(moved=False)
    OwnImports.objects.create(agent=person())
    done = person()
    collection = make_collection(done, [contact(0)])
    Import.objects.create(agent=done, collection=collection, kind="contacts", folder_name="x", total=1, state="undone")
    broken = make_collection(done, [contact(0)]).deposit
    broken.state, broken.kind = "unreadable", "contacts"
    broken.save()
    for address in (page, reverse("wave_imports_start", args=[wave.pk])):
        text = " ".join(client.get(address).content.decode().replace("\xa0", " ").split())
        assert "<strong>2 personnes</strong>, 3 imports, 4 éléments" in text
        assert "4 personnes transférées sur 5" not in text
        assert "3 personnes transférées sur 4" in text
        assert "Carnet d’adresses : 2 (3 éléments)" in text
        assert "Calendrier : 1 (1 élément)" in text
        for sentence in ("annulé ou arrêté par la personne : 1", "pas encore transférée : 1", "illisibles : 1"):
            assert sentence in text
        assert "ses imports : 1 (1 personne)" in text


def test_start_pause_go_on_retry_and_stop(client: Client, page: str, wave: Wave) -> None:
    agents = [person() for _ in range(3)]
    assert client.post(reverse("wave_imports_start", args=[wave.pk])).url == page
    run = BulkRun.objects.get()
    assert run.people == 3
    # A second click, or a colleague's.
    client.post(reverse("wave_imports_start", args=[wave.pk]))
    assert BulkRun.objects.count() == 1
    seen = []
    for name in ("wave_imports_pause", "wave_imports_pause", "wave_imports_resume"):
        client.post(reverse(name, args=[wave.pk]))
        run.refresh_from_db()
        seen.append(run.state)
    assert seen == [BulkRun.State.PAUSED, BulkRun.State.PAUSED, BulkRun.State.RUNNING]

    failed = run.persons.get(agent=agents[0])
    BulkPerson.objects.filter(pk=failed.pk).update(state=State.FAILED, error="Votre boîte est pleine.")
    BulkRun.objects.update(people_failed=1)
    text = client.get(page).content.decode()
    assert text.count("Votre boîte est pleine.") == 2
    client.post(reverse("wave_imports_retry", args=[wave.pk]), {"personne": failed.pk})
    failed.refresh_from_db()
    assert (failed.state, failed.error) == (State.WAITING, "")

    assert "3" in client.get(reverse("wave_imports_cancel", args=[wave.pk])).content.decode()
    client.post(reverse("wave_imports_cancel", args=[wave.pk]))
    run.refresh_from_db()
    assert (run.state, set(run.persons.values_list("state", flat=True))) == ("cancelled", {State.CANCELLED})
    assert run.finished_at is not None
    # What is left may be started anew.
    assert "Lancer les imports de ce qui reste" in client.get(page).content.decode()


def test_progress_has_rate_and_time_left_and_ends_by_itself(
    client: Client, page: str, wave: Wave, staff: Agent
) -> None:
    for _ in range(4):
        person()
    run = runs.start(wave=wave, by=staff)
    now = timezone.now()
    BulkRun.objects.update(resumed_at=now - timedelta(minutes=2), people_done=2, imports_done=2)
    for one in run.persons.all()[:2]:
        one.state, one.finished_at, one.imports_done = State.DONE, now, 1
        one.save()
    answer = client.get(page, headers={"HX-Request": "true"})
    text = answer.content.decode().replace("\xa0", " ")
    assert 'value="50"' in text
    assert "1,0 par minute" in text
    assert "reste environ 3 minutes" in text or "reste environ 2 minutes" in text
    BulkRun.objects.update(state=BulkRun.State.DONE)
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_list_is_searched_filtered_and_downloaded_whatever_is_typed(
    client: Client, page: str, wave: Wave, staff: Agent, django_assert_max_num_queries
) -> None:
    agents = [person() for _ in range(6)]
    run = runs.start(wave=wave, by=staff)
    run.persons.filter(agent=agents[1]).update(state=State.DONE)
    with django_assert_max_num_queries(18):
        client.get(page)
    for query, count in (
        ({"etat": "done"}, 1),
        ({"etat": "rubbish", "tri": "nom", "page": "999"}, 6),
        ({"recherche": agents[2].family_name}, 1),
        ({"recherche": "\0nobody"}, 0),
    ):
        assert len(client.get(page, query).context["page"].object_list) == count
        table = b"".join(client.get(reverse("wave_imports_csv", args=[wave.pk]), query)).decode()
        assert len(table.strip().splitlines()) == count + 1


def test_bounds_of_a_server_are_changed_on_the_page(client: Client, page: str, wave: Wave, staff: Agent) -> None:
    person()
    runs.start(wave=wave, by=staff)
    server = MailServer.objects.get()
    address = reverse("wave_imports_bounds", args=[wave.pk])
    for parallel, rate, wanted in (("7", "90", (7, 90)), ("999", "x", (7, 90)), ("", "", (None, None))):
        client.post(address, {"serveur": server.pk, "parallele": parallel, "rythme": rate})
        server.refresh_from_db()
        assert (server.parallel, server.rate) == wanted
    assert client.post(address, {"serveur": "²"}).status_code == 404


def test_person_says_to_look_after_own_imports_and_takes_it_back(client: Client) -> None:
    agent = make_agent()
    client.force_login(agent)
    button = "Je m’occupe moi-même de mes imports"
    for own, shown in (("1", False), ("1", False), ("0", True)):
        text = client.post(reverse("own_imports"), {"own": own}, follow=True).content.decode()
        assert (button in text) is shown
        assert OwnImports.objects.filter(agent=agent).exists() is not shown
