"""How the pages of files and imports tell what they know: counts that add up, nothing offered that cannot be done."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import checklist, deposits, reading
from bascule.models import Deposit, Import, ImportItem, ReadCollection
from bascule.templatetags.files_text import size
from tests.each import each
from tests.factories import make_agent
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db

CARDS = b"".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{n}\r\nFN:Contact {n:03}\r\nEND:VCARD\r\n".encode() for n in range(60)
)
EMPTY_CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:\r\nX-Y:1\r\nEND:VCARD\r\n"
SERIES = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:series
DTSTART:20240506T050000Z
DTEND:20240506T060000Z
SUMMARY:Point
RRULE:FREQ=WEEKLY;COUNT=4
END:VEVENT
BEGIN:VEVENT
UID:series
RECURRENCE-ID:20240513T050000Z
DTSTART:20240513T070000Z
DTEND:20240513T080000Z
SUMMARY:Point plus tard
END:VEVENT
BEGIN:VEVENT
UID:guests
DTSTART:20240520T050000Z
DTEND:20240520T060000Z
SUMMARY:Conseil
ORGANIZER:mailto:o@example.net
ATTENDEE:mailto:a@example.net
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEPOSIT_DIR = tmp_path
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk, **kwargs: None)


@pytest.fixture
def agent() -> Agent:
    return make_agent(migrated_at=timezone.now())


@pytest.fixture
def site(client: Client, agent: Agent) -> Client:
    client.force_login(agent)
    return client


def deposit(agent: Agent, content: bytes, name: str = "carnet.vcf") -> Deposit:
    row = deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent).new[0]
    reading.read(row.pk)
    return Deposit.objects.get(pk=row.pk)


def done_import(agent: Agent, **states: int) -> Import:
    collection = ReadCollection.objects.get(deposit=deposit(agent, CARDS))
    parent = Import.objects.create(
        collection=collection,
        agent=agent,
        kind=collection.kind,
        name=collection.name,
        folder_name="Carnet",
        total=sum(states.values()),
        state="done",
    )
    wanted = [state for state, count in states.items() for _ in range(count)]
    ImportItem.objects.bulk_create(
        ImportItem(parent=parent, position=position, state=state) for position, state in enumerate(wanted)
    )
    return parent


def content(site: Client, name: str, *args: object, **query: str) -> str:
    return text(parse(site.get(reverse(name, args=args), query).content))


def test_counts_of_a_file_and_of_its_parts_add_up(site: Client, agent: Agent) -> None:
    told = content(site, "file_detail", deposit(agent, SERIES, "agenda.ics").pk)
    assert "3 trouvés 2 prêts 0 remarque" in told
    assert "1 occurrence modifiée est rangée avec sa série." in told


def test_no_reminder_is_not_told(site: Client, agent: Agent) -> None:
    told = content(site, "collection_detail", deposit(agent, SERIES, "agenda.ics").pk, 0, vue="liste")
    assert "1 participant" in told
    assert "rappel" not in told


def test_a_remark_is_read_without_opening_anything(site: Client, agent: Agent) -> None:
    page = parse(site.get(reverse("file_detail", args=[deposit(agent, CARDS + EMPTY_CARD).pk])).content)
    (remark,) = [one for one in select(page, "div.portal-details") if "Texte d’origine" in one.text_content()]
    (folded,) = select(remark, "details")
    assert len(remark.text_content().split()) > len(folded.text_content().split()) + 3


def test_the_import_is_not_offered_before_the_move(site: Client, agent: Agent) -> None:
    row = deposit(agent, CARDS)
    pages = [reverse("file_detail", args=[row.pk]), reverse("collection_detail", args=[row.pk, 0])]
    target = reverse("import_new", args=[row.pk, 0])
    assert all(target in site.get(page).content.decode() for page in pages)
    agent.migrated_at = None
    agent.save()
    assert not any(target in site.get(page).content.decode() for page in pages)
    assert "s’ouvrira ici quand votre boîte aura été transférée" in content(site, "file_detail", row.pk)


def test_what_will_arrive_leads_to_the_import_that_was_made(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=60)
    assert parent.collection is not None
    page = site.get(reverse("collection_detail", args=[parent.collection.deposit_id, 0])).content.decode()
    assert reverse("import_detail", args=[parent.pk]) in page
    assert reverse("import_new", args=[parent.collection.deposit_id, 0]) not in page


def test_results_are_filtered_by_the_states_that_occur(site: Client, agent: Agent) -> None:
    page = parse(site.get(reverse("import_detail", args=[done_import(agent, created=58, refused=2).pk])).content)
    assert [option.get("value") for option in select(page, "#etat option")] == ["", "created", "refused"]


def test_refused_items_can_be_sent_once_more(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=58, refused=2)
    assert "Réessayer les 2 éléments refusés" in content(site, "import_detail", parent.pk)
    site.post(reverse("import_retry", args=[parent.pk]))
    parent.refresh_from_db()
    assert parent.state == Import.State.QUEUED
    assert parent.items.filter(state=ImportItem.State.PENDING).count() == 2


def test_refused_items_of_a_deleted_file_are_not_offered(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=59, refused=1)
    Deposit.objects.all().delete()
    assert "Réessayer" not in content(site, "import_detail", parent.pk)
    answer = site.post(reverse("import_retry", args=[parent.pk]), follow=True)
    assert "Le fichier d’origine est supprimé" in answer.content.decode()


def test_a_result_says_its_state_once(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=58, refused=1, present=1)
    parent.items.filter(state="refused").update(reason="service.FAILURE")
    parent.items.filter(state="present").update(reason="same_present")
    told = content(site, "import_detail", parent.pk, etat="refused")
    assert "Refusé : Zimbra a rencontré une erreur interne" in told
    assert "Déjà présent : identique" in content(site, "import_detail", parent.pk, etat="present")


def test_progress_is_read_out_in_quarters(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=40, pending=20)
    Import.objects.filter(pk=parent.pk).update(state="sending")
    page = parse(site.get(reverse("import_detail", args=[parent.pk]), headers={"HX-Request": "true"}).content)
    assert page.get("data-say") == "Envoi en cours, 50 %. "


def test_a_step_already_done_is_not_offered_again(site: Client, agent: Agent) -> None:
    parent = done_import(agent, created=60)
    assert "Marquer l’étape « Ajouter mes contacts »" in content(site, "import_detail", parent.pk)
    checklist.mark_done(agent=agent, step="add-contacts", by=agent)
    assert "Marquer l’étape" not in content(site, "import_detail", parent.pk)


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ({"created": 2}, "Les 2 éléments ajoutés par cet import seront retirés"),
        ({"created": 1}, "L’élément ajouté par cet import sera retiré de « Carnet », même si vous l’avez modifié"),
        ({"present": 1}, "Les éléments que cet import a pu ajouter seront retirés"),
    ],
)
def test_undo_says_what_goes(site: Client, agent: Agent, states: dict[str, int], sentence: str) -> None:
    assert sentence in content(site, "import_undo", done_import(agent, **states).pk)


def test_pages_that_do_not_exist_have_no_link(site: Client, agent: Agent) -> None:
    row = deposit(agent, CARDS)
    first = parse(site.get(reverse("collection_detail", args=[row.pk, 0])).content)
    assert [link.text_content() for link in select(first, ".fr-pagination a")] == [
        "Page 1 sur 2",
        "Page suivante",
        "Dernière page",
    ]
    assert all(link.get("href") for link in select(first, ".fr-pagination a"))


def test_a_bad_file_of_an_archive_is_named_once(site: Client, settings) -> None:
    settings.DEPOSIT_MAX_BYTES = 1000
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gros.vcf", b"x" * 1001)
    files = {"files": [SimpleUploadedFile("tout.zip", buffer.getvalue())]}
    page = parse(site.post(reverse("file_deposit"), files, follow=True).content)
    (alert,) = select(page, ".fr-alert--error")
    assert alert.text_content().count("gros.vcf") == 1


@pytest.mark.parametrize("step", ["export-contacts", "restore-calendar"])
def test_files_are_deposited_on_the_page_of_the_step(site: Client, step: str) -> None:
    page = parse(site.get(reverse("step", args=[step])).content)
    (form,) = select(page, "#deposit-form")
    assert form.get("action") == reverse("file_deposit")
    assert "50 Mo au plus" in " ".join(form.text_content().split())


@each(
    ("count", "told"),
    [(0, "0 octet"), (999, "999 octets"), (1000, "1 ko"), (999_499, "999 ko"), (999_500, "1,0 Mo"), (5e7, "50,0 Mo")],
)
def test_sizes_are_told_in_thousands(count: int, told: str) -> None:
    assert size(int(count)) == told.replace(" ", "\N{NO-BREAK SPACE}")


def test_a_message_stays_long_enough_to_be_read_without_script(site: Client) -> None:
    """Pages that wait for a worker load again by themselves, and what they had to say is gone then."""
    files = {"files": [SimpleUploadedFile("carnet.vcf", CARDS), SimpleUploadedFile("vide.vcf", b"")]}
    told = site.post(reverse("file_deposit"), files, follow=True).content.decode()
    assert "Ce fichier est vide" in told
    assert '<meta http-equiv="refresh" content="15">' in told
    assert '<meta http-equiv="refresh" content="3">' in site.get(reverse("files")).content.decode()
