from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry
from boxes import wave_source
from boxes.census import account_requests
from boxes.models import AccountRequest, Box, BoxFinding, CensusEntry, CensusSheet, Delegation, Role
from tests.each import each
from tests.factories import (
    give_access,
    make_agent,
    make_box,
    make_entry,
    make_establishment,
    make_moved_agent,
    make_shared_box,
    make_wave,
)

pytestmark = pytest.mark.django_db

PAGES = (
    "staff_boxes",
    "staff_box_new",
    "staff_census",
    "staff_owners",
    "staff_pending",
    "staff_requests",
    "staff_transfer",
    "staff_delegations_csv",
)


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent(is_staff=True)
    client.force_login(agent)
    return agent


def make_head(place, *, moved: bool = True) -> Agent:
    make = make_moved_agent if moved else make_agent
    return make(establishment=place, function=Agent.Function.HEAD)


def make_request(box: Box, **fields) -> AccountRequest:
    values = {"given_name": "Léa", "family_name": "Payet", "job": "Agente", "employer": "Région"}
    request = AccountRequest.objects.create(establishment=box.establishment, **(values | fields))
    CensusEntry.objects.create(box=box, request=request, role=Role.MEMBER)
    return request


def text(answer) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")


def page(client: Client, name: str, *args, **query) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return text(answer)


def cost(client: Client, django_assert_max_num_queries, most: int, name: str, **query) -> None:
    with django_assert_max_num_queries(most):
        assert client.get(reverse(name), query).status_code == 200


def told(client: Client, page_name: str, *args, **values) -> str:
    return text(client.post(reverse(page_name, args=args), values, follow=True))


def test_pages_are_for_staff_only(client: Client) -> None:
    place = make_establishment()
    box = make_shared_box((make_moved_agent(), Role.OWNER), establishment=place)
    asked = make_request(box)
    addresses = [reverse(name) for name in PAGES]
    addresses += [reverse("staff_box_edit", args=[box.pk]), reverse("staff_request", args=[asked.pk])]
    addresses += [reverse("staff_census_reopen", args=[place.uai])]
    addresses += [f"{reverse('staff_transfer_progress')}?etablissement={place.uai}"]
    posts = [reverse(f"staff_{name}") for name in ("transfer_start", "transfer_retry", "census_remind", "box_new")]
    posts += [reverse("staff_appoint", args=[box.pk]), reverse("staff_box_edit", args=[box.pk])]
    posts += [reverse(f"staff_request_{what}", args=[asked.pk]) for what in ("accept", "refuse")]
    posts += [reverse(f"staff_census_{what}", args=[place.uai]) for what in ("validate", "reopen")]
    for address in addresses:
        assert client.get(address).status_code == 302, "sign in first"
    owner = Delegation.objects.get().agent
    for person in (make_agent(), make_head(place), owner):
        client.force_login(person)
        assert {client.get(address).status_code for address in addresses} == {404}
        assert {client.post(address, {"personne": person.pk}).status_code for address in posts} == {404}
    client.force_login(make_agent(is_staff=True))
    assert {client.get(address).status_code for address in addresses} == {200}
    assert {client.get(address).status_code for address in set(posts) - set(addresses)} == {405}


@each("name", PAGES)
def test_pages_show_without_any_data_and_survive_rubbish(client: Client, staff: Agent, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200
    rubbish = {"recherche": "\0'%", "etat": "x\0", "etablissement": "\0", "tri": "?", "role": "\0", "page": "-1"}
    if name == "staff_transfer":
        assert client.get(reverse(name), {"etablissement": "\0"}).status_code == 400
        assert client.get(reverse(name), {"vague": "9" * 40}).status_code == 400
        assert client.get(reverse(name), {"boite": ["x", "9" * 40]}).status_code == 200
    else:
        assert client.get(reverse(name), rubbish | {"vague": "9" * 40, "liste": "\0"}).status_code == 200


def test_rubbish_in_paths_is_not_found(client: Client, staff: Agent) -> None:
    assert client.get(reverse("staff_box_edit", args=[10**9])).status_code == 404
    assert client.get("/equipe/boites/recensement/%00/rouvrir/").status_code == 404
    assert client.post(reverse("staff_census_validate", args=["0000000X"])).status_code == 404
    assert client.post(reverse("staff_appoint", args=[10**9])).status_code == 404


def test_list_filters_by_state_place_wave_and_words(client: Client, staff: Agent) -> None:
    school, college = make_establishment(name="École des Filaos"), make_establishment()
    wave = make_wave("first-degree", takes_boxes=True)
    head = make_head(school)
    census = make_box(address="secretariat@ac-reunion.fr", name="Secrétariat général", establishment=school)
    shared = make_shared_box((head, Role.OWNER), address="vie@ac-reunion.fr", establishment=school, in_zimbra=True)
    orphan = make_box(address="seule@ac-reunion.fr")
    unneeded = make_box(address="vieille@ac-reunion.fr", is_kept=False, establishment=college)
    stuck = make_shared_box((make_moved_agent(), Role.OWNER), address="bloquee@ac-reunion.fr", establishment=college)
    Delegation.objects.filter(box=stuck).update(trouble="account.NO_SUCH_ACCOUNT")
    BoxFinding.objects.create(box=shared, kind="grant_unknown", grantee="x@y.fr", last_seen_at=timezone.now())

    def listed(**query) -> set[str]:
        content = page(client, "staff_boxes", **query)
        return {box.address for box in Box.objects.all() if f'rows-under portal-wrap">{box.address}<' in content}

    assert len(listed()) == 5
    assert listed(recherche="secretariat GENERAL") == {census.address}
    assert listed(recherche="filaos") == {census.address, shared.address}
    assert listed(etat="census") == {census.address, orphan.address}
    assert listed(etat="transferred") == {shared.address, stuck.address}
    assert listed(etat="not_kept") == {unneeded.address}
    assert listed(etat="trouble") == {stuck.address}
    assert listed(etat="findings") == {shared.address}
    assert listed(etat="no_owner") == {orphan.address}
    assert listed(etat="no_place") == {orphan.address}
    assert listed(etablissement=school.uai) == {census.address, shared.address}
    assert listed(vague=wave.pk) == {box.address for box in wave_source.boxes_of(wave.pk)} != set()
    CensusSheet.objects.create(establishment=school, state="submitted")
    assert listed(etat="submitted") == {census.address}
    CensusSheet.objects.update(state="validated")
    assert listed(etat="validated") == {census.address}
    assert listed(etat="no_owner", recherche="filaos") == set()
    assert "Aucune boîte ne correspond" in page(client, "staff_boxes", recherche="zzz")


def test_list_and_its_csv_do_not_ask_box_by_box(client: Client, staff: Agent, django_assert_max_num_queries) -> None:
    for _ in range(15):
        place = make_establishment()
        head = make_head(place)
        make_entry(make_box(establishment=place), make_agent())
        give_access(make_shared_box((head, Role.OWNER), establishment=place), make_agent())
    cost(client, django_assert_max_num_queries, 32, "staff_boxes")
    with django_assert_max_num_queries(32):
        lines = page(client, "staff_boxes", format="csv").splitlines()
    assert len(lines) == 31


def test_audit_lists_every_access_that_holds_or_waits(
    client: Client, staff: Agent, django_assert_max_num_queries
) -> None:
    place = make_establishment(name="=Lycée")
    owner, gone, waits = make_moved_agent(), make_moved_agent(), make_agent()
    box = make_shared_box((owner, Role.OWNER), establishment=place, address="ce@ac-reunion.fr")
    give_access(box, gone, state=Delegation.State.REMOVED)
    give_access(box, waits, Role.READER, granted_by=owner)
    Delegation.objects.filter(agent=owner).update(applied_role="owner", mount_id="257")
    for _ in range(5):
        make_shared_box((make_moved_agent(), Role.OWNER))
    with django_assert_max_num_queries(4):
        lines = page(client, "staff_delegations_csv").splitlines()
    assert len(lines) == 8
    [first] = [line for line in lines if owner.address in line and "Propriétaire" in line and "ce@" in line]
    assert "Active" in first
    assert first.count('"oui"') == 2
    assert '"\'=Lycée"' in first
    [second] = [line for line in lines if waits.address in line]
    assert "En attente" in second
    assert second.count(owner.address) == 1
    assert not [line for line in lines if gone.address in line]


def test_box_is_added_and_put_right(client: Client, staff: Agent) -> None:
    place = make_establishment()
    taken = make_agent("personne@ac-reunion.fr")
    said = told(client, "staff_box_new", address="Accueil", name=" Accueil ", uai=place.uai.lower())
    assert "La boîte accueil@ac-reunion.fr est ajoutée" in said
    box = Box.objects.get()
    assert (box.address, box.name, box.establishment) == ("accueil@ac-reunion.fr", "Accueil", place)
    for wrong in (
        {"address": "accueil", "name": "Double"},
        {"address": taken.address, "name": "Personne"},
        {"address": "a@exemple.fr", "name": "Ailleurs"},
        {"address": "autre", "name": " "},
        {"address": "autre\0", "name": "x", "uai": "0000000X"},
        {"address": "autre", "name": "x" * 201},
    ):
        assert client.post(reverse("staff_box_new"), wrong).status_code == 422
    assert Box.objects.count() == 1
    told(client, "staff_box_edit", box.pk, name="Accueil du public", uai="")
    box.refresh_from_db()
    assert (box.name, box.establishment) == ("Accueil du public", None)
    assert "Accueil du public" in page(client, "staff_box_edit", box.pk)
    told(client, "staff_box_edit", box.pk, name="Accueil du public", uai="")
    actions = JournalEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["box.registered", "box.renamed", "box.moved"]


def test_pending_accesses_show_the_planned_day(client: Client, staff: Agent, django_assert_max_num_queries) -> None:
    make_wave("first-degree")
    box = make_shared_box((make_moved_agent(), Role.OWNER), establishment=make_establishment())
    waits, closed = make_agent(family_name="Zitte"), make_agent(is_active=False)
    give_access(box, waits, Role.READER)
    give_access(box, closed)
    content = page(client, "staff_pending")
    assert "début mars" in content
    assert "Ce compte n’est plus actif" in content
    assert closed.address not in page(client, "staff_pending", recherche="zitte")
    assert closed.address not in page(client, "staff_pending", role="reader")
    assert "Aucun accès en attente ne correspond" in page(client, "staff_pending", etablissement="0000000X")
    for _ in range(20):
        give_access(box, make_agent())
    cost(client, django_assert_max_num_queries, 14, "staff_pending")
    assert len(page(client, "staff_pending", format="csv").splitlines()) == 23


def test_census_is_validated_reopened_and_reminded(client: Client, staff: Agent) -> None:
    place, other, empty = make_establishment(), make_establishment(), make_establishment()
    make_head(place)
    make_head(other)
    make_entry(make_box(establishment=place), make_agent())
    make_box(establishment=other)
    CensusSheet.objects.create(establishment=place, state="submitted", submitted_at=timezone.now())
    content = page(client, "staff_census")
    assert "Transmis, à valider" in content
    assert "0 renseignée sur 1" in content
    assert empty.name not in content
    assert empty.name in page(client, "staff_census", etat="none")
    assert place.name not in page(client, "staff_census", etat="open")
    assert "Recensement validé" in told(client, "staff_census_validate", place.uai)
    assert "a changé entre-temps" in told(client, "staff_census_validate", place.uai)
    answer = client.post(reverse("staff_census_reopen", args=[place.uai]), {"raison": " \0 "})
    assert answer.status_code == 422
    assert CensusSheet.objects.get(establishment=place).state == "validated"
    assert "Recensement rouvert" in told(client, "staff_census_reopen", place.uai, raison="Il manque le CDI.")
    assert "Il manque le CDI." in page(client, "staff_census")
    assert "1 établissement relancé" in told(client, "staff_census_remind", etablissement=[place.uai])
    said = told(client, "staff_census_remind", tous="1")
    assert "1 établissement relancé" in said
    assert "déjà relancé" in said
    assert "Cochez d’abord" in told(client, "staff_census_remind")
    assert len(page(client, "staff_census", format="csv").splitlines()) == 3


def test_census_does_not_ask_place_by_place(client: Client, staff: Agent, django_assert_max_num_queries) -> None:
    for _ in range(20):
        place = make_establishment()
        make_head(place)
        make_entry(make_box(establishment=place), make_agent(), Role.OWNER)
    cost(client, django_assert_max_num_queries, 24, "staff_census")


def test_owners_page_finds_every_gap_and_appoints_at_once(client: Client, staff: Agent) -> None:
    place = make_establishment()
    head = make_head(place)
    ownerless = make_shared_box(establishment=place, name="Sans personne")
    outsider, closed = make_moved_agent(establishment=make_establishment()), make_moved_agent(is_active=False)
    elsewhere = make_shared_box((outsider, Role.OWNER), (head, Role.MEMBER), establishment=place, name="Voisine")
    inactive = make_shared_box((closed, Role.OWNER), (head, Role.OWNER), establishment=place, name="Partie")
    waiting = make_shared_box((make_agent(), Role.OWNER), (head, Role.READER), name="Attend")
    unshared = make_box(name="Oubliée")

    def named(gap: str) -> set[str]:
        content = page(client, "staff_owners", liste=gap)
        return {box.name for box in Box.objects.all() if f"<strong>{box.name}</strong>" in content}

    assert named("sans-proprietaire") == {ownerless.name, unshared.name}
    assert named("sans-proprietaire-actif") == {waiting.name}
    assert named("comptes-inactifs") == {inactive.name}
    assert named("autre-etablissement") == {elsewhere.name}
    assert named("directions") == {ownerless.name, elsewhere.name}
    said = told(client, "staff_appoint", ownerless.pk, personne=head.pk, liste="sans-proprietaire")
    assert "est désormais propriétaire" in said
    assert Delegation.objects.get(box=ownerless).role == Role.OWNER
    assert "a déjà accès" in told(client, "staff_appoint", ownerless.pk, personne=head.pk)
    assert named("sans-proprietaire") == {unshared.name}
    told(client, "staff_appoint", elsewhere.pk, personne=head.pk, liste="directions")
    assert Delegation.objects.get(box=elsewhere, agent=head).role == Role.OWNER
    assert named("directions") == set()
    assert client.post(reverse("staff_appoint", args=[waiting.pk]), {"personne": "x"}).status_code == 404
    lines = page(client, "staff_owners", liste="comptes-inactifs", format="csv").splitlines()
    assert len(lines) == 2
    assert closed.address in lines[1]


def test_owners_page_does_not_ask_box_by_box(client: Client, staff: Agent, django_assert_max_num_queries) -> None:
    for _ in range(20):
        place = make_establishment()
        make_head(place)
        make_shared_box(establishment=place)
    for gap in ("sans-proprietaire", "directions"):
        cost(client, django_assert_max_num_queries, 18, "staff_owners", liste=gap)


def test_account_request_is_accepted_or_refused(client: Client, staff: Agent) -> None:
    place = make_establishment()
    box = make_box(establishment=place)
    asked = make_request(box, state="sent", sent_at=timezone.now())
    other = make_request(box, given_name="Jean", state="sent", sent_at=timezone.now())
    account = make_moved_agent(given_name="Léa", family_name="Payet", establishment=place)
    assert "Léa Payet" in page(client, "staff_requests", recherche="lea", etat="sent")
    assert "Aucune demande ne correspond" in page(client, "staff_requests", recherche="zzz")
    assert account.address in page(client, "staff_request", asked.pk), "proposed: same name, same place"
    assert account.address in page(client, "staff_request", other.pk, recherche="payet lea")
    assert "Choisissez d’abord" in told(client, "staff_request_accept", asked.pk, personne="x")
    assert "prend sa place" in told(client, "staff_request_accept", asked.pk, personne=account.pk)
    assert CensusEntry.objects.get(box=box, agent=account).role == Role.MEMBER
    assert "a changé entre-temps" in told(client, "staff_request_refuse", asked.pk, reponse="Non")
    answer = client.post(reverse("staff_request_refuse", args=[other.pk]), {"reponse": " "})
    assert answer.status_code == 422
    assert account_requests.NoAnswer.sentence.split(".")[0] in text(answer)
    told(client, "staff_request_refuse", other.pk, reponse="A quitté\0 la région")
    other.refresh_from_db()
    assert (other.state, other.answer) == ("refused", "A quitté la région")
    assert len(page(client, "staff_requests", format="csv").splitlines()) == 3
