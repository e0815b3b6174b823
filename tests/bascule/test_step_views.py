from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import Agent, JournalEntry
from bascule import checklist, steps
from bascule.models import Deposit, Import, ImportItem, StepState
from boxes.models import BoxUse
from tests.each import each
from tests.factories import make_agent, make_box, make_establishment
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db
MOVED = datetime(2026, 3, 1, 8, tzinfo=UTC)
ALL_CODES = [step.code for step in steps.STEPS]


@pytest.fixture
def agent(client: Client) -> Agent:
    signed_in = make_agent()
    client.force_login(signed_in)
    return signed_in


@pytest.fixture
def moved(client: Client) -> Agent:
    signed_in = make_agent(migrated_at=MOVED)
    client.force_login(signed_in)
    return signed_in


def page_of(client: Client, code: str) -> html.HtmlElement:
    answer = client.get(reverse("step", args=[code]))
    assert answer.status_code == 200
    return parse(answer.content)


def change(client: Client, code: str, state: str, **extra: str):
    return client.post(reverse("step_state", args=[code]), {"state": state, **extra})


@each("migrated_at", [None, MOVED])
@each("code", ALL_CODES)
def test_every_step_has_a_page_before_and_after_the_move(
    client: Client, code: str, migrated_at: datetime | None
) -> None:
    client.force_login(make_agent(migrated_at=migrated_at))
    page = page_of(client, code)
    step = steps.get(code)
    assert text(page, "h1") == step.title
    assert len(select(page, "h1")) == 1
    locked = migrated_at is None and not step.is_before
    assert bool(select(page, "button[name=state]")) != locked
    ids = [element.get("id") for element in select(page, "[id]")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["step", "step_state", "step_note"])
def test_strangers_are_sent_to_sign_in(client: Client, name: str) -> None:
    address = reverse(name, args=["note-devices"])
    answer = client.get(address) if name == "step" else client.post(address, {"state": "done", "note": "x"})
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("sign_in"))
    assert not StepState.objects.exists()


def test_unknown_step_and_unknown_state_are_not_found(client: Client, agent: Agent) -> None:
    assert client.get(reverse("step", args=["nothing"])).status_code == 404
    assert change(client, "nothing", "done").status_code == 404
    assert change(client, "note-devices", "finished").status_code == 404
    assert client.post(reverse("step_note", args=["export-contacts"]), {"note": "x"}).status_code == 404
    assert not StepState.objects.exists()


def test_changes_need_a_post(client: Client, agent: Agent) -> None:
    assert client.get(reverse("step_state", args=["note-devices"]), {"state": "done"}).status_code == 405
    assert client.get(reverse("step_note", args=["note-devices"])).status_code == 405


def test_changes_need_the_token_of_the_form(agent: Agent) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    answer = change(strict, "note-devices", "done")
    assert answer.status_code == 403
    assert "Cette page a expiré" in answer.content.decode()
    assert not StepState.objects.exists()


def test_form_on_the_home_page_leads_back_there_with_a_message(client: Client, agent: Agent) -> None:
    answer = client.post(reverse("step_state", args=["note-devices"]), {"state": "done"}, follow=True)
    assert answer.redirect_chain == [(reverse("home"), 302)]
    page = parse(answer.content)
    (message,) = select(page, "#content .fr-alert--success")
    assert message.get("role") == "status"
    assert "c’est fait" in message.text_content()
    assert select(page, "#step-note-devices button[value=open]")


def test_form_on_the_step_page_leads_back_to_the_step(client: Client, agent: Agent) -> None:
    answer = change(client, "note-devices", "not_concerned", **{"from": "step"})
    assert answer.url == reverse("step", args=["note-devices"])
    assert StepState.objects.get().state == "not_concerned"
    change(client, "note-devices", "open", **{"from": "step"})
    assert StepState.objects.get().state == "open"


def test_htmx_gets_the_row_the_summary_and_an_announcement(client: Client, agent: Agent) -> None:
    answer = client.post(
        reverse("step_state", args=["capture-filters"]), {"state": "done"}, headers={"HX-Request": "true"}
    )
    fragments = html.fragments_fromstring(answer.content.decode().strip())
    assert [element.get("id") for element in fragments] == ["step-capture-filters", "summary", "announcement"]
    row, summary, announcement = fragments
    assert select(row, "button[value=open]")
    assert summary.get("hx-swap-oob") == "true"
    assert "Exporter mon agenda" in summary.text_content()
    assert "c’est fait" in announcement.text_content()
    assert len(answer.content) < 15_000


def test_locked_step_refuses_in_words_with_and_without_htmx(client: Client, agent: Agent) -> None:
    answer = client.post(reverse("step_state", args=["check-mailbox"]), {"state": "done"}, follow=True)
    page = parse(answer.content)
    (message,) = select(page, ".fr-alert--error")
    assert message.get("role") == "alert"
    assert "quand votre boîte aura été transférée" in message.text_content()
    htmx = client.post(reverse("step_state", args=["check-mailbox"]), {"state": "done"}, headers={"HX-Request": "true"})
    assert htmx["HX-Redirect"] == reverse("home")
    assert not StepState.objects.exists()


def test_person_changes_only_the_own_states(client: Client, agent: Agent) -> None:
    other = make_agent()
    client.post(reverse("step_state", args=["note-devices"]), {"state": "done", "agent": str(other.pk)})
    assert [row.agent for row in StepState.objects.all()] == [agent]
    assert JournalEntry.objects.get().actor == agent.address


def test_notes_come_back_in_the_step_after_the_move(client: Client, moved: Agent) -> None:
    hostile = "\nRègle 1 : </textarea><script>alert(1)</script> & « fin »"
    answer = client.post(reverse("step_note", args=["capture-filters"]), {"note": hostile}, follow=True)
    assert "Vos notes sont enregistrées" in answer.content.decode()
    (kept,) = select(page_of(client, "capture-filters"), "textarea#note")
    (shown,) = select(page_of(client, "recreate-filters"), "textarea#earlier-note")
    assert kept.text_content().strip() == shown.text_content().strip() == hostile.strip()
    assert shown.get("readonly") is not None


def test_notes_of_somebody_else_are_not_shown(client: Client, moved: Agent) -> None:
    other = make_agent()
    checklist.save_note(agent=other, step="capture-filters", text="secret", by=other)
    for code in ("capture-filters", "recreate-filters"):
        assert "secret" not in client.get(reverse("step", args=[code])).content.decode()


def test_note_too_long_is_not_lost_on_screen(client: Client, agent: Agent) -> None:
    answer = client.post(reverse("step_note", args=["note-devices"]), {"note": "y" * 20_001})
    assert answer.status_code == 422
    page = parse(answer.content)
    assert "20 000 caractères" in text(page, "#note-error")
    assert select(page, "textarea#note")[0].text_content().strip() == "y" * 20_001
    assert "note-error" in select(page, "textarea#note")[0].get("aria-describedby")
    assert not StepState.objects.exists()


def test_clearing_the_notes_is_confirmed(client: Client, agent: Agent) -> None:
    checklist.save_note(agent=agent, step="note-devices", text="PC", by=agent)
    answer = client.post(reverse("step_note", args=["note-devices"]), {"note": "  "}, follow=True)
    assert "Vos notes sont effacées" in answer.content.decode()
    assert checklist.note(agent, "note-devices") == ""


def test_boxes_of_the_own_establishment_can_be_noted_and_are_shown_later(client: Client) -> None:
    school, elsewhere = make_establishment(), make_establishment()
    mine = make_box(establishment=school, name="Intendance")
    foreign = make_box(establishment=elsewhere, name="Ailleurs")
    agent = make_agent(establishment=school, migrated_at=MOVED)
    client.force_login(agent)
    page = page_of(client, "note-boxes")
    assert [box.get("value") for box in select(page, "input[name=boxes]")] == [str(mine.pk)]
    answer = client.post(reverse("note_boxes"), {"boxes": [str(mine.pk)]}, follow=True)
    assert "1 boîte notée" in answer.content.decode()
    assert select(page_of(client, "note-boxes"), "input[name=boxes][checked]")
    assert "Intendance" in text(page_of(client, "check-boxes"))
    assert client.post(reverse("note_boxes"), {"boxes": [str(foreign.pk)]}).status_code == 404
    assert [use.box for use in BoxUse.objects.all()] == [mine]
    client.post(reverse("note_boxes"), {})
    assert not BoxUse.objects.exists()


def test_person_without_establishment_is_told_to_use_the_notes(client: Client, agent: Agent) -> None:
    page = page_of(client, "note-boxes")
    assert not select(page, "input[name=boxes]")
    assert select(page, "textarea#note")


def deposit(agent: Agent, name: str, **fields: object) -> Deposit:
    values = {"agent": agent, "name": name, "size": 10, "sha256": name, "kind": "contacts", "state": "read"}
    return Deposit.objects.create(**(values | fields))


def test_deposited_and_imported_files_are_counted_by_kind(client: Client, moved: Agent) -> None:
    deposit(moved, "a.vcf", items_out=40)
    deposit(moved, "b.vcf", items_out=2)
    deposit(moved, "c.ics", kind="calendar", items_out=7)
    deposit(moved, "d.vcf", kind="", state="received")
    deposit(make_agent(), "e.vcf", items_out=1000)
    done = Import.objects.create(agent=moved, kind="contacts", folder_name="Contacts", state="done", total=3)
    for position, state in enumerate(["created", "present", "refused"]):
        ImportItem.objects.create(parent=done, position=position, state=state)
    undone = Import.objects.create(agent=moved, kind="contacts", folder_name="Contacts", state="undone", total=1)
    ImportItem.objects.create(parent=undone, position=0, state="created")
    contacts = text(page_of(client, "add-contacts"), "section[aria-labelledby=files-title]")
    assert "2 fichiers déposés et relus : 42 contacts" in contacts
    assert "1 fichier en cours de lecture" in contacts
    assert "1 import terminé : 2 éléments" in contacts
    calendar = text(page_of(client, "restore-calendar"), "section[aria-labelledby=files-title]")
    assert "1 fichier déposé et relu : 7 rendez-vous et tâches" in calendar
    assert "import" not in calendar.replace("Importer mes fichiers", "")


def test_server_settings_are_those_of_the_site(client: Client, moved: Agent, settings) -> None:
    settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT = "imap.example.org", 1993
    settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT = "smtp.example.org", 1465
    settings.CLIENT_SYNC_HOST = "sync.example.org"
    shown = text(page_of(client, "reconfigure-devices"), "section[aria-labelledby=servers-title]")
    for value in ("imap.example.org", "1993", "smtp.example.org", "1465", "sync.example.org", moved.address, "SSL/TLS"):
        assert value in shown


def test_old_service_may_be_gone_is_said_after_the_move(client: Client, moved: Agent) -> None:
    assert "peut être fermé" in text(page_of(client, "export-contacts"))
    assert "peut être fermé" not in text(page_of(client, "add-contacts"))


def test_pages_that_do_not_exist_are_told_in_french(client: Client, agent: Agent) -> None:
    answer = client.get("/nulle-part/")
    assert answer.status_code == 404
    assert "Page introuvable" in answer.content.decode()
