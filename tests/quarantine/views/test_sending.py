"""Envois: what staff see and change, and what each person sees of the own sending."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from boxes.models import Role
from quarantine import limits, rules_snapshot, sending_rules
from quarantine.counters.store import Store
from quarantine.counters.types import Question
from quarantine.models import (
    CompromisedSender,
    FactorImport,
    GatewayHeartbeat,
    NetworkFactor,
    SenderFigure,
    SendingRules,
    SlotFigure,
    Threshold,
)
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(store_server: StoreServer, settings) -> StoreServer:
    settings.LIMITS_REDIS_URL = store_server.url
    return store_server


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent(is_staff=True)
    client.force_login(agent)
    return agent


def send(store: StoreServer, sender: str, recipients: int, ip: str = "192.0.2.1") -> None:
    schedule = limits.Schedule(rules_snapshot.load(), timezone.now())
    with Store(store.url) as door:
        door.decide(Question(recipients, ip, sender, schedule.periods()))


@pytest.fixture
def round_the_clock() -> None:
    """Thresholds that are the same at every hour, whenever the test runs."""
    SendingRules.objects.update(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1)


@pytest.mark.usefixtures("round_the_clock")
def test_live_page_shows_who_is_near_a_threshold(client: Client, staff: Agent, store: StoreServer) -> None:
    send(store, "beaucoup@ac-reunion.fr", 480)
    send(store, "peu@ac-reunion.fr", 3, ip="192.0.2.2")
    NetworkFactor.objects.create(network="192.0.2.0/24", factor=4)
    page = client.get(reverse("sending"))
    shown = {one.key: one for one in page.context["rows"]}
    assert set(shown) == {"beaucoup@ac-reunion.fr", "192.0.2.1"}
    assert shown["beaucoup@ac-reunion.fr"].level == "near"
    gauge = shown["192.0.2.1"].gauges[0]
    assert (gauge.used, gauge.warn, gauge.max, gauge.level) == (480, 2000, 2800, "free")
    assert page.context["rows"][0].key == "beaucoup@ac-reunion.fr"
    only = client.get(reverse("sending"), {"par": "ip"})
    assert [one.key for one in only.context["rows"]] == ["192.0.2.1"]
    table = b"".join(client.get(reverse("sending"), {"format": "csv"}).streaming_content).decode()
    assert '"beaucoup@ac-reunion.fr";"Proche du seuil";"1 minute";"480";"500";"700"' in table


@pytest.mark.usefixtures("round_the_clock")
def test_one_address_is_found_used_or_not(client: Client, staff: Agent, store: StoreServer) -> None:
    send(store, "ce.9740001a@ac-reunion.fr", 3)
    one = client.get(reverse("sending"), {"recherche": " CE.9740001A+x@ac-reunion.fr "}).context["one"]
    assert (one.gauges[0].used, one.gauges[0].warn, one.factor) == (3, 1000, 2)
    assert client.get(reverse("sending"), {"recherche": "2001:db8::1"}).context["one"].key == "2001:db8::/64"
    assert client.get(reverse("sending"), {"recherche": "personne"}).context["one"] is None
    assert client.get(reverse("sending"), {"recherche": "a\0@b"}).status_code == 200


def test_a_script_is_given_the_part_that_changes(client: Client, staff: Agent, store: StoreServer) -> None:
    part = client.get(reverse("sending"), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="sending-live"')


def test_what_changes_by_itself_can_be_held_still(client: Client, staff: Agent, store: StoreServer) -> None:
    running, still = (client.get(reverse("sending"), query).content.decode() for query in ({}, {"pause": "1"}))
    assert 'hx-trigger="every' in running
    assert 'hx-trigger="every' not in still
    assert "reprendre" in still


def test_store_that_is_down_is_an_alarm_not_an_error(client: Client, staff: Agent) -> None:
    GatewayHeartbeat.objects.create(
        name="mail1",
        kind="policy",
        started_at=timezone.now(),
        beat_at=timezone.now(),
        troubles={"store": timezone.now().isoformat()},
    )
    for page in (client.get(reverse("sending")), client.get(reverse("sending"), {"recherche": "a@b.fr"})):
        assert page.status_code == 200
        assert "Le compteur des envois ne répond pas" in page.content.decode()
        assert "les messages sont différés" in page.content.decode()
    assert client.get(reverse("my_sending")).status_code == 200


def test_silent_gateway_is_an_alarm(client: Client, staff: Agent, store: StoreServer) -> None:
    GatewayHeartbeat.objects.create(
        name="mail1", kind="policy", started_at=timezone.now(), beat_at=timezone.now() - timezone.timedelta(minutes=2)
    )
    page = client.get(reverse("sending")).content.decode()
    assert "ne donne plus signe de vie" in page
    assert "Aucune passerelle en service" in page


def test_figures_of_a_day_and_their_table(client: Client, staff: Agent) -> None:
    now = timezone.now()
    begins = timezone.localtime(now).replace(hour=9, minute=0, second=0, microsecond=0)
    SlotFigure.objects.create(slot=begins, outcome="accepted", messages=2, recipients=900)
    SlotFigure.objects.create(slot=begins + timezone.timedelta(minutes=25), outcome="held", messages=1, recipients=1)
    SenderFigure.objects.create(
        day=now.date(), subject="sender", key="=cmd@ac-reunion.fr", outcome="refused", messages=2, recipients=1500,
        first_at=now, last_at=now, window=600,
    )  # fmt: skip
    page = client.get(reverse("sending_figures"))
    curve = page.context["curve"]
    assert curve.bars[18].recipients == {"accepted": 900, "held": 1}
    assert (curve.top, curve.bars[18].pieces) == (1000, [("accepted", 20, 180), ("held", 18, 2)])
    assert ("Acceptés", 2, 900) in curve.totals
    assert not client.get(reverse("sending_figures"), {"decision": "held"}).context["page"].object_list
    assert client.get(reverse("sending_figures"), {"jour": "2026-99-99", "tri": "?"}).status_code == 200
    table = b"".join(client.get(reverse("sending_figures"), {"format": "csv"}).streaming_content).decode()
    assert '"\'=cmd@ac-reunion.fr"' in table


def form(**changed: str) -> dict[str, str]:
    """The form of thresholds as the page shows it, with some fields typed over."""
    values = {
        f"{subject}-{window}-{level}": str(number)
        for (subject, window), pair in sending_rules.figures().items()
        for level, number in zip(("warn", "max"), pair, strict=True)
    }
    periods = sending_rules.periods()
    values |= {
        name: sending_rules.shown(getattr(periods, name))
        for name in sending_rules.RULE_LABELS
        if name != "told_address"
    }
    return {**values, "told_address": "", **changed}


def test_thresholds_are_changed_by_the_form(client: Client, staff: Agent) -> None:
    answer = client.post(
        reverse("sending_rules"), form(**{"ip-60-warn": "4\N{NO-BREAK SPACE}00", "night_ends": "06:30"})
    )
    assert answer.status_code == 302
    assert Threshold.objects.get(subject="ip", window=60).warn == 400
    assert str(sending_rules.periods().night_ends) == "06:30:00"


@each(
    "typed",
    [
        {"ip-60-warn": "701"},
        {"ip-60-warn": "abc"},
        {"ip-60-warn": "9" * 400},
        {"sender-600-max": ""},
        {"night_begins": "25:00"},
        {"told_address": "pas une adresse"},
        {"night_divisor": "0"},
    ],
)
def test_a_form_that_makes_no_sense_writes_nothing_and_is_shown_again(
    client: Client, staff: Agent, typed: dict[str, str]
) -> None:
    before = sending_rules.figures(), sending_rules.periods()
    answer = client.post(reverse("sending_rules"), form(**typed))
    assert answer.status_code == 422
    assert "Rien n’a été enregistré" in answer.content.decode()
    assert (sending_rules.figures(), sending_rules.periods()) == before
    name, value = next(iter(typed.items()))
    assert not value or f'value="{value}"' in answer.content.decode(), name


def test_effective_thresholds_are_those_of_the_documentation(client: Client, staff: Agent) -> None:
    night = next(table for table in client.get(reverse("sending_rules")).context["tables"] if table.code == "night")
    assert [(ip.warn, ip.max) for _, ip, _ in night.rows] == [(125, 175), (200, 250), (750, 1500), (1500, 2000)]


def test_list_of_networks_goes_from_the_upload_to_the_rows(client: Client, staff: Agent) -> None:
    answer = client.post(reverse("network_list_take"), {"texte": "192.0.2.0/24;9740001A;4\nfaux;;\n"})
    kept = FactorImport.objects.get()
    assert answer.url == reverse("network_list", args=[kept.pk])
    page = client.get(answer.url).content.decode()
    assert "1 ligne en erreur" in page
    assert "Appliquer la liste" not in page
    errors = b"".join(client.get(reverse("network_list_errors", args=[kept.pk])).streaming_content).decode()
    assert '"2";"faux;;"' in errors
    client.post(answer.url)
    assert not NetworkFactor.objects.exists()
    client.post(reverse("network_list_delete", args=[kept.pk]))
    answer = client.post(reverse("network_list_take"), {"texte": "192.0.2.0/24;9740001A;4"})
    assert "Appliquer la liste" in client.get(answer.url).content.decode()
    client.post(answer.url)
    assert NetworkFactor.objects.get().factor == 4
    original = client.get(reverse("network_list_original", args=[FactorImport.objects.get().pk]))
    assert original.content == b"192.0.2.0/24;9740001A;4"


def test_networks_and_list_servers_by_hand(client: Client, staff: Agent) -> None:
    client.post(reverse("network_save"), {"reseau": "192.0.2.0/24", "compte": "non", "note": "webmail"})
    client.post(reverse("network_save"), {"reseau": "faux", "facteur": "4"})
    client.post(reverse("list_server_save"), {"reseau": "192.0.2.9", "domaine": "listes.ac-reunion.fr"})
    row = NetworkFactor.objects.get()
    page = client.get(reverse("networks"))
    assert row.factor is None
    assert "non compté" in page.content.decode()
    assert "listes.ac-reunion.fr" in page.content.decode()
    assert not client.get(reverse("networks"), {"recherche": "203.0"}).context["page"].object_list
    confirm = reverse("network_remove", args=[row.pk])
    assert client.get(confirm).status_code == 200
    client.post(confirm)
    client.post(reverse("list_server_remove", args=[page.context["list_servers"][0].pk]))
    assert not NetworkFactor.objects.exists()
    assert not client.get(reverse("networks")).context["list_servers"]


def test_account_is_blocked_told_of_and_released(
    client: Client, staff: Agent, store: StoreServer, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("compromised"), {"adresse": "Vole@ac-reunion.fr", "motif": "signalé"})
    row = CompromisedSender.objects.get()
    with Store(store.url) as door:
        assert door.compromised() == {"vole@ac-reunion.fr"}
    assert [message.subject for message in mail.outbox] == ["Compte compromis : vole@ac-reunion.fr"]
    assert client.post(reverse("compromised"), {"adresse": "vole@ac-reunion.fr", "motif": "x"}).status_code == 422
    live = client.get(reverse("sending"), {"recherche": "vole@ac-reunion.fr"})
    assert live.context["one"].level == "compromised"
    page = reverse("compromised_release", args=[row.pk])
    assert client.post(page, {"motif": " "}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"motif": "mot de passe changé"})
    row.refresh_from_db()
    assert (row.released_by, row.release_reason) == (staff.address, "mot de passe changé")
    with Store(store.url) as door:
        assert door.compromised() == set()
    assert "vole@ac-reunion.fr" in client.get(reverse("compromised"), {"recherche": "vole"}).content.decode()


@pytest.mark.usefixtures("round_the_clock")
def test_each_person_sees_the_own_sending_and_a_plan(client: Client, store: StoreServer) -> None:
    agent = make_agent()
    client.force_login(agent)
    send(store, agent.address, 480)
    page = client.get(reverse("my_sending"), {"destinataires": "820"})
    assert page.context["live"].gauges[0].left == 20
    assert sum(part.recipients for part in page.context["parts"]) == 820
    assert "error" in client.get(reverse("my_sending"), {"destinataires": "99999999"}).context
    assert "error" in client.get(reverse("my_sending"), {"destinataires": "-1"}).context


def test_sending_of_a_box_is_for_those_who_have_it(client: Client, store: StoreServer) -> None:
    member, box = make_moved_agent(), make_shared_box()
    give_access(box, member, Role.MEMBER)
    client.force_login(member)
    assert client.get(reverse("my_sending"), {"boite": box.address}).context["live"].key == box.address
    client.force_login(make_agent())
    assert client.get(reverse("my_sending"), {"boite": box.address}).status_code == 404


def test_gateways_say_how_they_are(client: Client, staff: Agent) -> None:
    GatewayHeartbeat.objects.create(
        name="mail1", kind="intake", started_at=timezone.now(), beat_at=timezone.now(), figures={"held": 4}
    )
    GatewayHeartbeat.objects.create(
        name="mail2", kind="policy", started_at=timezone.now(), beat_at=timezone.now(), stopped_at=timezone.now()
    )
    states = client.get(reverse("gateways")).context["states"].states
    assert {one.row.name: one.is_well for one in states} == {"mail1": True, "mail2": False}
