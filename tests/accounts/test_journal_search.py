"""The journal's page: each filter, pages by place in time, bounds, download, what is erased."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import journal, journal_retention, journal_search, sentences
from accounts.journal_search import Asked, Place, look_up, page
from accounts.models import Agent, JournalEntry
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

DAY = dt.datetime(2026, 3, 10, 8, tzinfo=dt.UTC)


def entry(action: str = "step.done", *, minutes: int = 0, **fields: object) -> JournalEntry:
    made = JournalEntry.objects.create(action=action, **fields)
    made.at = DAY + dt.timedelta(minutes=minutes)
    made.save(update_fields=["at"])
    return made


def found(**asked: object) -> list[int]:
    return [one.pk for one in page(look_up(Asked(**asked))).entries]  # type: ignore[arg-type]


def test_each_filter_finds_what_it_names() -> None:
    staff = make_agent("dsi.une@ac-reunion.fr", given_name="Ève", family_name="Técher")
    zoe = make_agent("zoe.lefevre@ac-reunion.fr", given_name="Zoé", family_name="Lefèvre")
    mine = entry(actor=zoe.address, subject=zoe.address, target_label="mes filtres", target="step:1")
    for_her = entry(
        "box.granted",
        minutes=1,
        actor=staff.address,
        subject=zoe.address,
        target="box:7",
        target_label="direction@ac-reunion.fr",
        details={"name": "Zoé Lefèvre", "role": "membre"},
    )
    by_portal = entry("import.done", minutes=60 * 24, subject=zoe.address, target_label="carnet.vcf")
    table: list[tuple[dict[str, object], list[JournalEntry]]] = [
        ({}, [by_portal, for_her, mine]),
        ({"by": "Le portail"}, [by_portal]),
        ({"by": "dsi.u"}, [for_her]),
        ({"by": "Lefèvre zoé"}, [mine]),
        ({"by": "zoe.lefevre@ac-reunion.fr"}, [mine]),
        ({"by": "nobody.knows@ac-reunion.fr"}, []),
        ({"about": "zoe"}, [by_portal, for_her, mine]),
        ({"about": "zoe", "by": "techer"}, [for_her]),
        ({"kind": "Boîtes fonctionnelles"}, [for_her]),
        ({"kind": "import.done"}, [by_portal]),
        ({"kind": "Rien de tel"}, []),
        ({"kind": "Étapes", "about": "zoe"}, [mine]),
        ({"target": "box:7"}, [for_her]),
        ({"target": "box:7", "by": "zoe"}, []),
        ({"text": "carnet.vcf"}, [by_portal]),
        ({"text": "etape faite"}, [mine]),
        ({"text": "accès à la boîte"}, [for_her]),
        ({"text": "Lefèvre"}, [for_her]),
        ({"text": "zoe.lefevre@ac-reunion.fr"}, [by_portal, for_her, mine]),
        ({"text": "zoe.lef", "kind": "Étapes"}, [mine]),
        ({"text": "%"}, []),
        # 8:00 UTC is noon in Réunion; 20:00 UTC is the next day there.
        ({"since": dt.date(2026, 3, 11)}, [by_portal]),
        ({"until": dt.date(2026, 3, 10)}, [for_her, mine]),
        ({"until": dt.date.max}, [by_portal, for_her, mine]),
        ({"since": dt.date.min}, [by_portal, for_her, mine]),
    ]
    for asked, wanted in table:
        assert found(**asked) == [one.pk for one in wanted], asked


def test_days_are_those_of_reunion() -> None:
    late = entry(minutes=12 * 60)
    assert found(since=dt.date(2026, 3, 11)) == [late.pk]
    assert found(until=dt.date(2026, 3, 10)) == []


def test_pages_leave_nothing_out_and_repeat_nothing(django_assert_max_num_queries) -> None:
    # Several at one instant, over several leads.
    made = [
        entry(action, minutes=number // 3, actor=f"a{number % 2}@b.fr")
        for number in range(12)
        for action in ("step.done", "step.reopened")
    ]
    newest_first = [one.pk for one in sorted(made, key=lambda one: (one.at, one.pk), reverse=True)]
    for asked in (Asked(), Asked(kind="Étapes"), Asked(kind="Étapes", text="étape")):
        wanted = look_up(asked)
        forward, backward, place = [], [], None
        while True:
            with django_assert_max_num_queries(2):
                one = page(wanted, before=place, size=5)
            forward += [each.pk for each in one.entries]
            if one.older is None:
                break
            last, place = place, one.older
        assert forward == newest_first, asked
        while one.newer is not None:
            one = page(wanted, after=one.newer, size=5)
            backward = [each.pk for each in one.entries] + backward
        assert backward == newest_first[: len(backward)]
        assert len(backward) >= 15
        assert last


def test_what_no_index_knows_is_tried_in_bounded_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_search, "LOOKED_AT", 60)
    rare = entry(target_label="introuvable.vcf")
    for number in range(130):
        entry(minutes=1 + number, target_label="carnet.vcf")
    wanted = look_up(Asked(text="introuvable"))
    stops, place = [], None
    while True:
        one = page(wanted, before=place)
        if one.stopped_at is None:
            break
        assert one.entries == []
        stops.append(one.stopped_at)
        place = one.older
    assert [each.pk for each in one.entries] == [rare.pk]
    assert stops == [DAY + dt.timedelta(minutes=minutes) for minutes in (71, 11)]


def test_a_name_of_too_many_offers_a_choice(client: Client) -> None:
    client.force_login(make_agent("dsi.une@ac-reunion.fr", is_staff=True))
    for number in range(11):
        entry(actor=make_agent(f"marie.{number}@ac-reunion.fr", given_name="Marie").address)
    text = client.get(reverse("journal"), {"par": "marie", "genre": "Étapes"}).content.decode()
    assert "désigne trop de personnes" in text
    link = re.search(r'href="(\?[^"]*par=marie\.0%40[^"]*)"', text)
    assert link
    text = client.get(reverse("journal") + html.unescape(link.group(1))).content.decode()
    assert text.count("<time") == 1
    assert "ne désigne personne" in client.get(reverse("journal"), {"par": "qui donc"}).content.decode()


def test_page_shows_days_reasons_and_who_acted_for_whom(client: Client) -> None:
    client.force_login(make_agent(is_staff=True))
    zoe = make_agent("zoe.lefevre@ac-reunion.fr")
    details = {"reason": "appel du 3 mars, agent en congé", "on_behalf": True}
    entry(actor="dsi@ac-reunion.fr", subject=zoe.address, target_label="Filtres", details=details)
    entry("box.granted", minutes=24 * 60, actor="<b>", target="box:1")
    with CaptureQueriesContext(connection) as queries:
        text = client.get(reverse("journal")).content.decode()
    assert len(queries) < 8
    assert "Mardi 10 mars 2026" in text
    assert "Mercredi 11 mars 2026" in text
    assert "appel du 3 mars, agent en congé" in text
    assert f"Fait à la place de {zoe.address}" in text
    assert "<b>" not in text
    assert 'href="?cible=box%3A1"' in text
    assert "365&nbsp;jours" in text


@pytest.mark.parametrize(
    "parameters",
    [
        {"avant": "x"},
        {"avant": "9" * 39},
        {"apres": "0-0"},
        {"avant": "-1-5"},
        {"avant": "²-²"},
        {"du": "2026-13-40", "au": "0001-01-01"},
        {"du": "9999-12-31", "au": "9999-12-31"},
        {"recherche": "a\0b", "par": "\0", "concerne": "x\0", "genre": "\0", "cible": "\0"},
        {"recherche": "@ @. %_\\ ' \" ( {", "par": "@", "concerne": "%"},
        {"recherche": "mot " * 100},
    ],
)
def test_rubbish_in_the_address_is_no_error(client: Client, parameters: dict[str, str]) -> None:
    client.force_login(make_agent(is_staff=True))
    entry()
    assert client.get(reverse("journal"), parameters).status_code == 200


def test_download_holds_all_that_is_asked_and_is_itself_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.views_journal._CHUNK", 3)
    staff = make_agent(is_staff=True)
    client.force_login(staff)
    made = [entry(minutes=number, target_label=f"Étape {number}") for number in range(10)]
    entry("import.done", minutes=3)
    answer = client.get(reverse("journal"), {"format": "csv", "genre": "Étapes"})
    told = JournalEntry.objects.get(action="journal.exported")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(";")[-1] for line in lines[1:]] == [f'"{one.target_label}"' for one in reversed(made)]
    assert told.actor == staff.address
    assert sentences.sentence(told) == "a téléchargé le journal (genre = Étapes)"
    assert client.head(reverse("journal"), {"format": "csv"}).status_code == 200
    assert JournalEntry.objects.filter(action="journal.exported").count() == 1


def test_old_entries_go_and_their_going_is_told(settings) -> None:
    settings.JOURNAL_DAYS = 200
    now = timezone.now()
    for days in (199, 201, 202, 203):
        JournalEntry.objects.filter(pk=entry().pk).update(at=now - dt.timedelta(days))
    assert journal_retention.purge(batch=2, most_batches=1) == 2
    assert journal_retention.purge(batch=2) == 1
    assert journal_retention.purge() == 0
    told = JournalEntry.objects.get(action="journal.purged")
    assert sentences.sentence(told) == "entrées du journal de plus de 200 jours effacées : 3"
    assert JournalEntry.objects.count() == 2


def test_place_survives_its_way_through_an_address() -> None:
    made = journal_entry()
    assert Place.read(str(Place(made.at, made.pk))) == Place(made.at, made.pk)


def journal_entry() -> JournalEntry:
    return journal.record("step.done", by=Agent(address="a@b.fr"))


def test_families_hold_each_code_once() -> None:
    names = sentences.families()
    codes = [code for name in names for code in sentences.codes_of(name)]
    assert len(codes) == len(set(codes))
    assert set(codes) == {code for code in sentences.SENTENCES if not code.endswith(".self")}
    assert "Boîtes fonctionnelles" in names
