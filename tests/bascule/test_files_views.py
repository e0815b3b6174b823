"""Mes fichiers and the pages of imports, as the browser asks for them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule import deposits, reading
from bascule.imports import destinations
from bascule.models import Deposit, DestinationLook, Import, ImportItem
from bascule.uploads import BoundedUpload, bounds
from tests.each import each
from tests.factories import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deposit_dir")]

CARDS = b"".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{n}\r\nFN:Contact {n:03}\r\nEMAIL:c{n}@example.net\r\nEND:VCARD\r\n".encode()
    for n in range(90)
)
HOSTILE = "<script>alert(1)</script>"
CALENDAR = f"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:one
DTSTART:20240520T050000Z
DTEND:20240520T060000Z
SUMMARY:{HOSTILE}
END:VEVENT
BEGIN:VEVENT
UID:two
DTSTART;VALUE=DATE:20240704
SUMMARY:Journée
RRULE:FREQ=WEEKLY;COUNT=2
END:VEVENT
BEGIN:VTODO
UID:todo
DUE;VALUE=DATE:20240610
SUMMARY:Rendre
END:VTODO
END:VCALENDAR
""".encode()


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was handed to the workers, in the order of it."""
    handed: list[tuple[str, int]] = []
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk, **kwargs: handed.append((task.name, pk)))
    return handed


@pytest.fixture
def agent() -> Agent:
    return make_agent(migrated_at=timezone.now())


@pytest.fixture
def page(client: Client, agent: Agent) -> Client:
    client.force_login(agent)
    return client


def deposit(agent: Agent, content: bytes = CARDS, name: str = "carnet.vcf") -> Deposit:
    received = deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent)
    reading.read(received.new[0].pk)
    return Deposit.objects.get(pk=received.new[0].pk)


def upload(page: Client, *files: tuple[str, bytes], **headers: str):
    return page.post(
        reverse("file_deposit"), {"files": [SimpleUploadedFile(*file) for file in files]}, follow=True, headers=headers
    )


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode().replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")


# --- deposit


def test_one_file_leads_to_its_page(page: Client) -> None:
    response = upload(page, ("carnet.vcf", CARDS))
    row = Deposit.objects.get()
    assert response.redirect_chain[-1][0] == reverse("file_detail", args=[row.pk])
    assert "Fichier déposé" in text_of(response)


def test_several_files_lead_to_the_list(page: Client) -> None:
    response = upload(page, ("carnet.vcf", CARDS), ("agenda.ics", CALENDAR))
    assert response.redirect_chain[-1][0] == reverse("files")
    assert "agenda.ics" in text_of(response)


def test_a_script_is_told_where_to_go(page: Client) -> None:
    response = page.post(
        reverse("file_deposit"), {"files": SimpleUploadedFile("a.vcf", CARDS)}, headers={"HX-Request": "true"}
    )
    assert response["HX-Redirect"] == reverse("file_detail", args=[Deposit.objects.get().pk])


def test_nothing_chosen_is_said(page: Client) -> None:
    assert "Choisissez d’abord" in text_of(upload(page))


@pytest.mark.parametrize("size", [3_000_001, 20_000])
def test_a_file_over_the_limit_is_named_and_the_others_are_taken(page: Client, settings, size: int) -> None:
    settings.DEPOSIT_MAX_BYTES = size - 1
    html = text_of(upload(page, ("gros.vcf", b"x" * size), ("carnet.vcf", CARDS)))
    assert "« gros.vcf » : Ce fichier dépasse" in html
    assert [row.name for row in Deposit.objects.all()] == ["carnet.vcf"]


def test_a_request_far_over_the_limit_is_not_read_to_its_end(page: Client, settings) -> None:
    settings.DEPOSIT_MAX_BYTES, settings.DEPOSIT_ZIP_RATIO = 100_000, 2
    response = upload(page, *((f"{n}.vcf", bytes([65 + n]) * 90_000) for n in range(4)))
    assert "trop volumineux" in text_of(response)
    assert Deposit.objects.count() <= 2


@pytest.mark.parametrize(("announced", "cut"), [(1_000_000, False), (1_000_001, True)])
def test_only_what_nobody_sends_in_good_faith_is_cut_off(settings, announced: int, cut: bool) -> None:
    settings.DEPOSIT_MAX_BYTES, settings.DEPOSIT_ZIP_RATIO = 100_000, 2
    handler = BoundedUpload(None, bounds())
    handler.handle_raw_input(io.BytesIO(), {}, announced, b"")
    handler.new_file("files", "carnet.vcf", "text/vcard", None)
    with pytest.raises(StopUpload) as stopped:
        handler.receive_data_chunk(b"x" * 200_001, 0)
    assert stopped.value.connection_reset is cut


def test_the_same_file_again_is_recognised(page: Client) -> None:
    upload(page, ("carnet.vcf", CARDS))
    html = text_of(upload(page, ("copie.vcf", CARDS)))
    assert "était déjà déposé" in html
    assert Deposit.objects.count() == 1


def test_a_deposit_needs_the_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_agent())
    assert strict.post(reverse("file_deposit"), {"files": SimpleUploadedFile("a", CARDS)}).status_code == 403
    assert not Deposit.objects.exists()


def test_a_stranger_signs_in_first(client: Client) -> None:
    assert reverse("sign_in") in client.get(reverse("files"))["Location"]
    assert client.post(reverse("file_deposit"), {"files": SimpleUploadedFile("a", CARDS)}).status_code == 302
    assert not Deposit.objects.exists()


# --- while it is read


def test_the_page_asks_again_until_the_file_is_read(page: Client, agent: Agent) -> None:
    upload(page, ("carnet.vcf", CARDS))
    row = Deposit.objects.get()
    address = reverse("file_detail", args=[row.pk])
    assert 'hx-trigger="every 1s"' in text_of(page.get(address))
    assert "hx-get" in text_of(page.get(address, headers={"HX-Request": "true"}))
    assert 'http-equiv="refresh"' in text_of(page.get(reverse("files")))
    reading.read(row.pk)
    assert page.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    html = text_of(page.get(address))
    assert "hx-trigger" not in html
    assert 'http-equiv="refresh"' not in text_of(page.get(reverse("files")))


def test_an_unreadable_file_says_why_and_gives_the_original_back(page: Client, agent: Agent) -> None:
    row = deposit(agent, b"bonjour", "notes.txt")
    assert "ne contient ni fiches de contact ni" in text_of(page.get(reverse("file_detail", args=[row.pk])))
    response = page.get(reverse("file_original", args=[row.pk]))
    assert b"".join(response.streaming_content) == b"bonjour"
    assert "notes.txt" in response["Content-Disposition"]


# --- what was read


def test_the_page_of_a_file_counts_and_shows(page: Client, agent: Agent) -> None:
    html = text_of(page.get(reverse("file_detail", args=[deposit(agent).pk])))
    assert "<strong>90</strong> trouvés" in html
    assert "Contact 000, Contact 001" in html
    assert "sera supprimé automatiquement le" in html


def test_contacts_are_paged_and_searched(page: Client, agent: Agent) -> None:
    address = reverse("collection_detail", args=[deposit(agent).pk, 0])
    html = text_of(page.get(address))
    assert "Contact 039" in html
    assert "Contact 040" not in html
    assert "Contact 089" in text_of(page.get(address, {"page": "3"}))
    found = text_of(page.get(address, {"q": "CONTACT c77@"}))
    assert "1 résultat pour" in found
    assert "Contact 077" in found


def test_a_page_of_contacts_takes_few_queries(page: Client, agent: Agent, django_assert_max_num_queries) -> None:
    row = deposit(agent)
    with django_assert_max_num_queries(8):
        page.get(reverse("collection_detail", args=[row.pk, 0]))


def test_a_calendar_is_shown_by_month_and_as_a_list(page: Client, agent: Agent) -> None:
    row = deposit(agent, CALENDAR, "agenda.ics")
    address = reverse("collection_detail", args=[row.pk, 0])
    html = text_of(page.get(address, {"mois": "2024-05"}))
    assert "Mai 2024" in html
    assert "juillet 2024" in html
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    assert "09:00" in html
    july = text_of(page.get(address, {"mois": "2024-07"}))
    assert july.count("Journée</a>") == 2
    assert "1 résultat" in text_of(page.get(address, {"q": "journee"}))
    assert "4 juillet 2024" in text_of(page.get(address, {"vue": "liste"}))
    # The month nearest to today when none, or nonsense, is asked for.
    assert "Juillet 2024" in text_of(page.get(address, {"mois": "2024-99"}))


def test_tasks_are_a_list_and_an_item_has_a_page(page: Client, agent: Agent) -> None:
    row = deposit(agent, CALENDAR, "agenda.ics")
    assert "échéance : 10 juin 2024" in text_of(page.get(reverse("collection_detail", args=[row.pk, 1])))
    html = text_of(page.get(reverse("item_detail", args=[row.pk, 0, 0])))
    assert "BEGIN:VEVENT" in html
    assert HOSTILE not in html
    assert page.get(reverse("item_detail", args=[row.pk, 0, 99])).status_code == 404


def test_remarks_have_place_reason_and_original(page: Client, agent: Agent) -> None:
    row = deposit(agent, CARDS + b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:\r\nX-Y:<b>1</b>\r\nEND:VCARD\r\n" * 5)
    html = text_of(page.get(reverse("file_detail", args=[row.pk])))
    assert "Fiches vides" in html
    assert "<b>1</b>" not in html
    assert "Voir les 5 remarques" in html
    html = text_of(page.get(reverse("file_remarks", args=[row.pk]), {"nature": "empty_card"}))
    assert html.partition("<main")[2].count("<details") == 5


def test_cleaned_files_are_downloaded(page: Client, agent: Agent) -> None:
    row = deposit(agent, CALENDAR, "agenda.ics")
    one = page.get(reverse("collection_cleaned", args=[row.pk, 0]))
    assert one["Content-Type"] == "text/calendar"
    assert one.content.count(b"BEGIN:VEVENT") == 2
    every = page.get(reverse("file_cleaned", args=[row.pk]))
    with zipfile.ZipFile(io.BytesIO(every.content)) as archive:
        assert [name[-4:] for name in archive.namelist()] == [".ics", ".ics"]


def test_groups_are_downloaded_as_a_table(page: Client, agent: Agent) -> None:
    group = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g\r\nFN:Equipe\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n"
    group += b"X-ADDRESSBOOKSERVER-MEMBER:mailto:a@example.net\r\nEND:VCARD\r\n"
    row = deposit(agent, CARDS + group)
    assert "Seulement les groupes" in text_of(page.get(reverse("collection_detail", args=[row.pk, 0])))
    html = text_of(page.get(reverse("collection_detail", args=[row.pk, 0]), {"nature": "group"}))
    assert "a@example.net" in html
    assert "Contact 000" not in html
    answer = page.get(reverse("file_cleaned", args=[row.pk]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["carnet.vcf", "carnet-groupes.csv"]


def test_deleting_asks_first(page: Client, agent: Agent) -> None:
    row = deposit(agent)
    address = reverse("file_delete", args=[row.pk])
    assert "Supprimer définitivement" in text_of(page.get(address))
    assert Deposit.objects.exists()
    assert "est supprimé" in text_of(page.post(address, follow=True))
    assert not Deposit.objects.exists()


def test_a_file_on_its_way_is_kept(page: Client, agent: Agent) -> None:
    row = deposit(agent)
    make_import(row)
    assert "Un import de ce fichier est en cours" in text_of(
        page.post(reverse("file_delete", args=[row.pk]), follow=True)
    )
    assert Deposit.objects.exists()


# --- imports


def make_import(row: Deposit, state: str = "queued", **fields: object) -> Import:
    collection = row.collections.get(position=0)
    values = {"kind": collection.kind, "name": collection.name, "folder_name": "Ici", "total": collection.item_count}
    return Import.objects.create(collection=collection, agent=row.agent, state=state, **(values | fields))


def seen(row: Deposit, **fields: object) -> DestinationLook:
    folders = {"choices": [{"id": "7", "name": "Contacts", "count": 312, "known": 12}], "room": 89}
    now = timezone.now()
    values = {"asked_at": now, "looked_at": now, "folders": sealing.seal_json(folders)}
    return DestinationLook.objects.create(collection=row.collections.get(position=0), **(values | fields))


def test_before_the_move_the_import_is_locked_and_the_preview_is_not(
    page: Client, agent: Agent, queue: list[tuple[str, int]]
) -> None:
    agent.migrated_at = None
    agent.save()
    row = deposit(agent)
    address = reverse("import_new", args=[row.pk, 0])
    assert "s’ouvrira quand votre boîte aura été transférée" in text_of(page.get(address))
    page.post(address, {"destination": "new", "name": "x"})
    assert not Import.objects.exists()
    assert not DestinationLook.objects.exists()
    assert "Contact 000" in text_of(page.get(reverse("collection_detail", args=[row.pk, 0])))


def test_the_mailbox_is_looked_at_by_a_task(
    page: Client, agent: Agent, queue: list[tuple[str, int]], django_capture_on_commit_callbacks
) -> None:
    row = deposit(agent)
    address = reverse("import_new", args=[row.pk, 0])
    with django_capture_on_commit_callbacks(execute=True):
        assert "regarde ce que contient déjà" in text_of(page.get(address))
        assert page.get(address, headers={"HX-Request": "true"}).status_code == 204
    collection = row.collections.get()
    assert queue == [("bascule.tasks.look_at_destinations", collection.pk)]
    DestinationLook.objects.all().delete()
    seen(row)
    assert page.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    html = text_of(page.get(address))
    assert "312 éléments à présent, dont 12" in html
    assert "ne peut plus recevoir que 89 contacts" in html.replace("\xa0", " ")


def test_an_old_look_is_renewed(agent: Agent) -> None:
    row = deposit(agent)
    old = timezone.now() - timedelta(minutes=10)
    seen(row, asked_at=old, looked_at=old)
    assert destinations.look_for(row.collections.get()).looked_at is None


def test_zimbra_that_does_not_answer_leaves_a_way_on(
    page: Client, agent: Agent, queue: list[tuple[str, int]], django_capture_on_commit_callbacks
) -> None:
    row = deposit(agent)
    seen(row, error="Zimbra ne répond pas pour le moment.", error_code="unavailable", folders=b"")
    address = reverse("import_new", args=[row.pk, 0])
    html = text_of(page.get(address))
    assert "ne répond pas" in html
    assert 'value="new" checked' in html
    with django_capture_on_commit_callbacks(execute=True):
        assert "regarde ce que contient" in text_of(page.get(address, {"anew": "1"}))
    assert len(queue) == 1


@pytest.mark.parametrize(
    ("form", "folder"),
    [
        ({"destination": "new", "name": 'Mes "amis": 1/2'}, ("", "Mes 'amis'- 1-2")),
        ({"destination": "new", "name": ""}, ("", "carnet")),
        ({"destination": "7", "name": "x"}, ("7", "Contacts")),
    ],
)
def test_confirming_starts_an_import(
    page: Client,
    agent: Agent,
    queue: list[tuple[str, int]],
    django_capture_on_commit_callbacks,
    form: dict[str, str],
    folder: tuple[str, str],
) -> None:
    row = deposit(agent)
    seen(row)
    with django_capture_on_commit_callbacks(execute=True):
        response = page.post(reverse("import_new", args=[row.pk, 0]), form, follow=True)
    parent = Import.objects.get()
    assert (parent.folder_id, parent.folder_name, parent.total) == (*folder, 90)
    assert queue == [("bascule.tasks.carry_import", parent.pk)]
    assert 'hx-trigger="every 1s"' in text_of(response)


def test_a_folder_that_was_not_offered_is_not_taken(page: Client, agent: Agent) -> None:
    row = deposit(agent)
    seen(row)
    assert page.post(reverse("import_new", args=[row.pk, 0]), {"destination": "3"}).status_code == 422
    assert not Import.objects.exists()


def test_a_second_import_leads_to_the_first(page: Client, agent: Agent) -> None:
    row = deposit(agent)
    parent = make_import(row)
    response = page.post(reverse("import_new", args=[row.pk, 0]), {"destination": "new"})
    assert response["Location"] == reverse("import_detail", args=[parent.pk])


def test_progress_is_shown_and_ends(page: Client, agent: Agent) -> None:
    parent = make_import(deposit(agent), "sending", run_started_at=timezone.now() - timedelta(seconds=10))
    states = ["created"] * 20 + ["in_flight"] * 10 + ["pending"] * 60
    ImportItem.objects.bulk_create(ImportItem(parent=parent, position=p, state=s) for p, s in enumerate(states))
    address = reverse("import_detail", args=[parent.pk])
    html = text_of(page.get(address, headers={"HX-Request": "true"}))
    assert "20 sur 90 · 2 par seconde · reste environ 3" in html
    Import.objects.update(retry_at=timezone.now() + timedelta(minutes=1), waiting_for="http.503")
    html = text_of(page.get(address))
    assert "Réessayer maintenant" in html
    assert "Prochain essai" in html
    Import.objects.update(state="done")
    assert page.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_trying_again_at_once_ends_the_pause(
    page: Client, agent: Agent, queue: list[tuple[str, int]], django_capture_on_commit_callbacks
) -> None:
    parent = make_import(deposit(agent), "sending", retry_at=timezone.now() + timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        page.post(reverse("import_retry", args=[parent.pk]))
    assert Import.objects.get().retry_at is None
    assert queue == [("bascule.tasks.carry_import", parent.pk)]


def done_import(agent: Agent) -> Import:
    findings = [
        {
            "position": 4,
            "label": HOSTILE,
            "kind": "contact",
            "missing": False,
            "differences": [{"name": "nom", "expected": "Payet", "found": "Payat"}],
        }
    ]
    parent = make_import(deposit(agent), "done", identical=87, differing=1, findings=sealing.seal_json(findings))
    ImportItem.objects.bulk_create(
        ImportItem(parent=parent, position=p, state="created", zimbra_id=str(300 + p)) for p in range(88)
    )
    detail = sealing.seal(b'=HYPERLINK("x")')
    parent.items.create(position=88, state="refused", reason="mail.CONTACT_TOO_BIG", detail=detail)
    parent.items.create(position=89, state="present", reason="same_present")
    return parent


def test_results_are_told_filtered_searched_and_paged(page: Client, agent: Agent) -> None:
    parent = done_import(agent)
    address = reverse("import_detail", args=[parent.pk])
    html = text_of(page.get(address))
    assert "87 sur 88 retrouvés dans Zimbra" in html
    assert "nom : attendu « Payet », trouvé « Payat »" in html
    assert HOSTILE not in html
    assert "Contact 049" in html
    assert "Contact 050" not in html
    assert "Contact 089" in text_of(page.get(address, {"page": "2"}))
    refused = text_of(page.get(address, {"etat": "refused"}))
    assert "1 élément</p>" in refused
    assert "fiche trop volumineuse" in refused
    assert "Contact 077" in text_of(page.get(address, {"q": "c77@"}))
    assert text_of(page.get(address, {"page": "-1", "etat": "x"}))


def test_results_as_a_table_hold_no_formula(page: Client, agent: Agent) -> None:
    parent = done_import(agent)
    answer = page.get(reverse("import_results_csv", args=[parent.pk]))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 91
    assert lines[1] == '"1";"Contact 000";"Ajouté";"";""'
    assert "\"'=HYPERLINK(" in lines[89]


def test_undo_asks_first_and_starts(
    page: Client, agent: Agent, queue: list[tuple[str, int]], django_capture_on_commit_callbacks
) -> None:
    parent = done_import(agent)
    address = reverse("import_undo", args=[parent.pk])
    assert "Les 88 éléments ajoutés" in text_of(page.get(address))
    assert Import.objects.get().state == "done"
    with django_capture_on_commit_callbacks(execute=True):
        page.post(address)
    assert Import.objects.get().state == "undoing"
    assert queue == [("bascule.tasks.carry_import", parent.pk)]
    assert "déjà annulé" in text_of(page.post(address, follow=True))


def test_a_stopped_import_says_why_and_offers_to_go_on(page: Client, agent: Agent) -> None:
    parent = make_import(deposit(agent), "failed", error="Votre boîte Zimbra est pleine.", error_code="x")
    html = text_of(page.get(reverse("import_detail", args=[parent.pk])))
    assert "boîte Zimbra est pleine" in html
    page.post(reverse("import_retry", args=[parent.pk]))
    assert Import.objects.get().state == "queued"


def test_results_of_a_deleted_deposit_are_still_shown(page: Client, agent: Agent) -> None:
    parent = done_import(agent)
    Deposit.objects.all().delete()
    assert "87 sur 88" in text_of(page.get(reverse("import_detail", args=[parent.pk])))
    assert page.get(reverse("import_results_csv", args=[parent.pk])).status_code == 200


# --- whose it is


@each(
    "name",
    [
        "file_detail", "file_remarks", "file_original", "file_cleaned", "file_delete", "collection_detail",
        "collection_cleaned", "item_detail", "import_new", "import_detail", "import_results_csv", "import_undo",
    ],
)  # fmt: skip
def test_what_is_somebody_elses_is_not_there(client: Client, name: str) -> None:
    owner = make_agent(migrated_at=timezone.now())
    row = deposit(owner)
    arguments = {
        "item_detail": [row.pk, 0, 0],
        "collection_detail": [row.pk, 0],
        "collection_cleaned": [row.pk, 0],
        "import_new": [row.pk, 0],
    }.get(name, [row.pk])
    if name.startswith("import_") and name != "import_new":
        arguments = [make_import(row, "done").pk]
    address = reverse(name, args=arguments)
    client.force_login(make_agent(is_staff=True))
    assert client.get(address).status_code == 404
    assert client.post(address).status_code in {404, 405}
    client.force_login(owner)
    assert client.get(address).status_code == 200


def test_others_files_are_not_listed(page: Client, agent: Agent) -> None:
    deposit(make_agent(), CARDS, "pas-a-moi.vcf")
    deposit(agent, CARDS, "a-moi.vcf")
    html = text_of(page.get(reverse("files")))
    assert "a-moi.vcf" in html
    assert "pas-a-moi" not in html
