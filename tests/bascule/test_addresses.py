"""Every address of the portal's own pages: who may ask for it, by which methods, and that looking changes nothing.

An address that is not in the table fails the first test: whoever adds one says what it is.
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule import deposits, reading
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured
from bascule.help_desk import consents
from bascule.lists import setups
from bascule.lists.wishes import ListSetup
from bascule.mailbox_check.naming import Name
from bascule.models import (
    AppPassword,
    BulkRun,
    ConnectionTest,
    Device,
    FilterIntake,
    Import,
    MailboxCensus,
    MailboxComparison,
    MailboxFolder,
    MailboxPair,
    Reminder,
    ReminderTemplate,
    Replay,
    SupportNote,
)
from bascule.signatures import saved
from bascule.signatures.contents import written
from bascule.urls import urlpatterns
from tests.factories import make_agent, make_wave

pytestmark = pytest.mark.django_db

# Methods: L looks (GET, HEAD), F takes a form (POST), D takes a document that a program sends (POST), without a cookie
# or a token, and changes nothing. Whose: "all" whoever it is, signed in or not; "any" whoever is signed in; "own" the
# one person it belongs to; "staff" people of staff.
TABLE: dict[str, tuple[str, str]] = {
    "home": ("L", "any"),
    "note_boxes": ("F", "any"),
    "step": ("L", "any"),
    "step_state": ("F", "any"),
    "step_note": ("F", "any"),
    "files": ("L", "any"),
    "file_deposit": ("F", "any"),
    "file_detail": ("L", "own"),
    "file_remarks": ("L", "own"),
    "file_original": ("L", "own"),
    "file_cleaned": ("L", "own"),
    "file_delete": ("LF", "own"),
    "collection_detail": ("L", "own"),
    "item_detail": ("L", "own"),
    "collection_cleaned": ("L", "own"),
    "import_new": ("LF", "own"),
    "import_detail": ("L", "own"),
    "import_results_csv": ("L", "own"),
    "import_retry": ("F", "own"),
    "import_undo": ("LF", "own"),
    "filters": ("L", "any"),
    "filter_new": ("LF", "any"),
    "filters_paste": ("LF", "any"),
    "filter_explain": ("F", "any"),
    "filter_trial": ("LF", "any"),
    "filters_there": ("L", "any"),
    "filters_take_over": ("F", "any"),
    "filters_selection": ("F", "any"),
    "filters_delete": ("LF", "any"),
    "filter_detail": ("L", "own"),
    "filter_edit": ("LF", "own"),
    "filter_move": ("F", "own"),
    "filter_switch": ("F", "own"),
    "lists": ("L", "any"),
    "list_new": ("LF", "any"),
    "lists_send": ("F", "any"),
    "list_detail": ("LF", "own"),
    "list_edit": ("LF", "own"),
    "list_delete": ("LF", "own"),
    "filters_send": ("LF", "any"),
    "filters_apply": ("LF", "any"),
    "signature": ("L", "any"),
    "signature_new": ("LF", "any"),
    "signature_upload": ("LF", "any"),
    "signature_template": ("LF", "any"),
    "signature_use": ("F", "any"),
    "signature_send": ("LF", "any"),
    "signature_editor": ("L", "any"),
    "signature_preview": ("F", "any"),
    "signature_template_preview": ("F", "any"),
    "signature_there": ("L", "own"),
    "signature_detail": ("L", "own"),
    "signature_shown": ("L", "own"),
    "signature_edit": ("LF", "own"),
    "signature_pictures": ("F", "own"),
    "signature_fit": ("F", "own"),
    "signature_delete": ("LF", "own"),
    "replay_detail": ("L", "own"),
    "replay_retry": ("F", "own"),
    "replay_undo": ("LF", "own"),
    "team": ("L", "staff"),
    "filter_intakes": ("L", "staff"),
    "filter_intake_receive": ("F", "staff"),
    "filter_intake": ("L", "staff"),
    "filter_intake_csv": ("L", "staff"),
    "filter_intake_confirm": ("F", "staff"),
    "filter_intake_go_on": ("F", "staff"),
    "filter_intake_cancel": ("F", "staff"),
    "wave_freeze": ("LF", "staff"),
    "wave_start": ("LF", "staff"),
    "wave_finish": ("LF", "staff"),
    "wave_back": ("LF", "staff"),
    "wave_rehearsal": ("L", "staff"),
    "wave_rehearsal_csv": ("L", "staff"),
    "wave_rehearsal_start": ("F", "staff"),
    "wave_rehearsal_cancel": ("F", "staff"),
    "wave_rehearsal_again": ("F", "staff"),
    "wave_run": ("L", "staff"),
    "wave_run_stop": ("F", "staff"),
    "wave_run_go_on": ("F", "staff"),
    "wave_run_give_up": ("F", "staff"),
    "reminders": ("L", "staff"),
    "reminder_new": ("LF", "staff"),
    "reminder_templates": ("L", "staff"),
    "reminder_template_new": ("LF", "staff"),
    "reminder_template": ("LF", "staff"),
    "reminder_template_delete": ("LF", "staff"),
    "reminder": ("L", "staff"),
    "reminder_edit": ("LF", "staff"),
    "reminder_plan": ("LF", "staff"),
    "reminder_act": ("F", "staff"),
    "reminder_cancel": ("LF", "staff"),
    "my_reminders": ("LF", "any"),
    "reminder_refuse": ("LF", "all"),
    "help_desk": ("L", "staff"),
    "help_desk_by_address": ("L", "staff"),
    "help_desk_agent": ("L", "staff"),
    "help_desk_act": ("LF", "staff"),
    "help_desk_deposit": ("LF", "staff"),
    "help_desk_note_add": ("F", "staff"),
    "help_desk_note_edit": ("LF", "staff"),
    "help_desk_note_delete": ("LF", "staff"),
    "help_desk_consent_ask": ("LF", "staff"),
    "help_desk_consent_cancel": ("F", "staff"),
    "help_desk_file": ("L", "staff"),
    "help_desk_original": ("L", "staff"),
    "help_desk_collection": ("L", "staff"),
    "help_desk_item": ("L", "staff"),
    "consents": ("L", "any"),
    "consent_answer": ("LF", "own"),
    "consent_withdraw": ("F", "own"),
    "waves": ("L", "staff"),
    "wave_new": ("LF", "staff"),
    "waves_fill": ("LF", "staff"),
    "waves_unplaced": ("L", "staff"),
    "waves_overlaps": ("L", "staff"),
    "wave_move": ("LF", "staff"),
    "wave_move_list": ("LF", "staff"),
    "planning_subscribe": ("LF", "staff"),
    "planning_ics": ("L", "staff"),
    "planning_feed": ("L", "all"),
    "wave": ("L", "staff"),
    "wave_edit": ("LF", "staff"),
    "wave_places": ("LF", "staff"),
    "wave_places_csv": ("L", "staff"),
    "wave_people": ("L", "staff"),
    "wave_split": ("LF", "staff"),
    "wave_merge": ("LF", "staff"),
    "wave_delete": ("LF", "staff"),
    "tracking": ("L", "staff"),
    "tracking_comparison": ("L", "staff"),
    "wave_tracking": ("L", "staff"),
    "wave_tracking_places": ("L", "staff"),
    "wave_stuck": ("L", "staff"),
    "wave_jobs": ("L", "staff"),
    "wave_job_list": ("L", "staff"),
    "wave_jobs_retry": ("LF", "staff"),
    "own_imports": ("F", "any"),
    "wave_imports": ("L", "staff"),
    "wave_imports_start": ("LF", "staff"),
    "wave_imports_pause": ("F", "staff"),
    "wave_imports_resume": ("F", "staff"),
    "wave_imports_cancel": ("LF", "staff"),
    "wave_imports_retry": ("F", "staff"),
    "wave_imports_bounds": ("F", "staff"),
    "wave_imports_csv": ("L", "staff"),
    "autoconfig": ("L", "all"),
    "autoconfig_well_known": ("L", "all"),
    "autodiscover": ("D", "all"),
    "devices": ("L", "any"),
    "device_new": ("LF", "any"),
    "device": ("L", "own"),
    "device_profile": ("L", "own"),
    "device_qr": ("LF", "own"),
    "device_open": ("L", "all"),
    "device_edit": ("LF", "own"),
    "device_delete": ("LF", "own"),
    "device_state": ("F", "own"),
    "device_tick": ("F", "own"),
    "device_password": ("F", "own"),
    "app_passwords": ("L", "any"),
    "app_password_revoke": ("LF", "any"),
    "app_password": ("L", "own"),
    "app_password_show": ("F", "own"),
    "connection_test": ("LF", "any"),
    "connection_result": ("L", "own"),
    "diagnosis": ("L", "all"),
    "diagnosis_message": ("F", "all"),
    "diagnosis_symptom": ("L", "all"),
    "wave_mailboxes": ("L", "staff"),
    "wave_mailboxes_start": ("F", "staff"),
    "wave_mailboxes_stop": ("F", "staff"),
    "mailbox_check": ("L", "any"),
    "mailbox_census": ("F", "any"),
    "mailbox_compare": ("F", "any"),
    "mailbox_resume": ("F", "own"),
    "mailbox_cancel": ("F", "own"),
    "mailbox_subscribe": ("F", "own"),
    "mailbox_folder": ("LF", "own"),
    "mailbox_delete": ("LF", "any"),
    "first_sign_in": ("L", "any"),
    "first_sign_in_tick": ("F", "any"),
    "help": ("L", "all"),
    "help_search": ("L", "all"),
    "help_print": ("L", "all"),
    "help_section": ("L", "all"),
    "help_drawing": ("L", "all"),
    "help_page": ("L", "all"),
    "help_opinion": ("F", "any"),
    "help_staff": ("L", "staff"),
    "help_new": ("LF", "staff"),
    "help_edit": ("LF", "staff"),
    "help_restore": ("LF", "staff"),
    "accessibility": ("L", "all"),
    "legal_notice": ("L", "all"),
    "personal_data": ("L", "all"),
}
METHODS = {"L": ("get", "head"), "F": ("post",), "D": ("post",)}
EVERY_METHOD = ("get", "head", "post", "put", "patch", "delete")
CARDS = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Payet;Marie\r\nFN:Marie Payet\r\nEND:VCARD\r\n"
# What Django notes of a visit, and what is a mere copy of something else.
_NOT_DATA = {"Session", "SettingsLook", "DestinationLook", "AppPasswordLook"}
_STRANGE = "9" * 30


def allowed(name: str) -> tuple[str, ...]:
    return tuple(method for letter in TABLE[name][0] for method in METHODS[letter])


@pytest.fixture(autouse=True)
def nobody_works(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEPOSIT_DIR = tmp_path / "deposits"
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def owner() -> Agent:
    return make_agent("marie.payet@ac-reunion.fr")


@pytest.fixture
def ids(owner: Agent) -> dict[str, object]:
    """One of everything that a person can own; what staff handed in beside it."""
    received = deposits.receive(agent=owner, name="carnet.vcf", file=io.BytesIO(CARDS), by=owner)
    deposit = received.new[0]
    reading.read(deposit.pk)
    collection = deposit.collections.get()
    wave = make_wave("first-degree", day=date(2030, 3, 1))
    BulkRun.objects.create(wave=wave)
    source = SourceRule('if header :contains "subject" "paie" { discard; }')
    return {
        "deposit_id": deposit.pk,
        "position": collection.position,
        "number": 1,
        "import_id": Import.objects.create(
            agent=owner, collection=collection, kind="contacts", folder_name="Contacts", total=1
        ).pk,
        "rule_id": captured.add(agent=owner, source=source, by=owner).pk,
        "list_id": setups.add(agent=owner, setup=ListSetup("profs@ac-reunion.fr"), by=owner).pk,
        "signature_id": saved.add(agent=owner, contents=written("Bureau", "<p>Marie</p>"), by=owner).pk,
        "replay_id": Replay.objects.create(
            agent=owner,
            kind="filters",
            plan=sealing.seal_json({"directions": {}, "folders": ["Paie"], "absence": None}),
            total=1,
        ).pk,
        "intake_id": FilterIntake.objects.create(by=make_agent(is_staff=True), name="regles.ldif", size=1).pk,
        "wave_id": wave.pk,
        "reminder_id": Reminder.objects.create(name="J-10", subject="Objet", body="Texte").pk,
        "template_id": ReminderTemplate.objects.create(name="Modèle", subject="Objet", body="Texte").pk,
        "token": "1:abc",
        "agent_id": owner.pk,
        "act": "etape-faite",
        "note_id": SupportNote.objects.create(agent=owner, author=owner, text=sealing.seal(b"x")).pk,
        "consent_id": consents.ask(
            agent=owner, deposit=deposit, originals=False, reason="essai", by=make_agent(is_staff=True)
        ).pk,
        "zimbra_id": "0a1b2c3d",
        "code": "recreate-filters",
        "test_id": ConnectionTest.objects.create(agent=owner, state="done").pk,
        "link": "abc",
        **_compared(owner),
        "section": "faq",
        "name": "deux-messageries",
        "slug": "restaurer-mon-agenda",
        "symptom_code": "mot-de-passe-refuse",
        "device_id": Device.objects.create(agent=owner, kind="apple", name="iPhone", program="ios").pk,
        "row_id": AppPassword.objects.create(agent=owner, name="iPhone", state="shown").pk,
    }


def _compared(owner: Agent) -> dict[str, object]:
    old, new = (
        MailboxCensus.objects.create(agent=owner, side=side, state="done", key=sealing.seal(b"x"))
        for side in ("old", "new")
    )
    comparison = MailboxComparison.objects.create(agent=owner, old=old, new=new, made_at=timezone.now())
    folder = MailboxFolder.objects.create(census=old, number=0, name=Name("INBOX", ("INBOX",)).sealed())
    pair = MailboxPair.objects.create(comparison=comparison, number=0, how="absent", old=folder)
    return {"census_id": old.pk, "pair_id": pair.pk}


def addresses(ids: dict[str, object]) -> dict[str, str]:
    found = {}
    for one in urlpatterns:
        wanted = one.pattern.converters
        found[str(one.name)] = reverse(str(one.name), kwargs={name: ids[name] for name in wanted})
    return found


def signed_in(agent: Agent, *, checked: bool = False) -> Client:
    """checked: forms need their token, as in a browser."""
    client = Client(enforce_csrf_checks=checked)
    client.force_login(agent)
    return client


def everything() -> dict[str, list[object]]:
    """All rows of all tables that hold data."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model.__name__ not in _NOT_DATA
    }


def test_every_address_is_in_the_table() -> None:
    assert set(TABLE) == {one.name for one in urlpatterns}


def test_nobody_gets_anything_without_signing_in(ids: dict[str, object], client: Client) -> None:
    before = everything()
    for name, address in addresses(ids).items():
        if TABLE[name][1] != "all":
            for method in EVERY_METHOD:
                answer = getattr(client, method)(address)
                assert answer.status_code == 302, (name, method)
                assert answer.url.startswith(reverse("sign_in")), (name, method)
    assert everything() == before


def test_what_belongs_to_somebody_else_is_not_there(ids: dict[str, object]) -> None:
    """Nor for a member of staff, whose right is to the pages of staff."""
    stranger, staff = signed_in(make_agent()), signed_in(make_agent(is_staff=True))
    before = everything()
    for name, address in addresses(ids).items():
        whose = TABLE[name][1]
        for method in allowed(name):
            if whose in {"own", "staff"}:
                assert getattr(stranger, method)(address).status_code == 404, (name, method)
            if whose == "own":
                assert getattr(staff, method)(address).status_code == 404, (name, method)
    assert everything() == before


def test_other_methods_are_refused(ids: dict[str, object]) -> None:
    client = signed_in(make_agent(is_staff=True))
    before = everything()
    for name, address in addresses(ids).items():
        for method in set(EVERY_METHOD) - set(allowed(name)):
            answer = getattr(client, method)(address)
            assert answer.status_code == 405, (name, method)
    assert everything() == before


def test_forms_without_their_token_are_refused(owner: Agent, ids: dict[str, object]) -> None:
    owner.is_staff = True
    owner.save()
    client = signed_in(owner, checked=True)
    before = everything()
    for name, address in addresses(ids).items():
        if "F" in TABLE[name][0]:
            assert client.post(address).status_code == 403, name
    assert everything() == before


@pytest.mark.parametrize("has_moved", [False, True])
def test_looking_changes_nothing(owner: Agent, ids: dict[str, object], has_moved: bool) -> None:
    owner.is_staff = True
    if has_moved:
        owner.migrated_at = timezone.now()
    owner.save()
    client = signed_in(owner)
    before = everything()
    for name, address in addresses(ids).items():
        # What staff see does not depend on their own move.
        if "get" not in allowed(name) or (has_moved and TABLE[name][1] == "staff"):
            continue
        for method, headers in (("get", {}), ("get", {"HX-Request": "true"}), ("head", {})):
            answer = getattr(client, method)(address, headers=headers)
            assert answer.status_code < 500, (name, method)
    assert everything() == before


def test_numbers_of_any_length_are_not_there(owner: Agent, ids: dict[str, object]) -> None:
    owner.is_staff = True
    owner.save()
    client = signed_in(owner)
    numbers = {name: _STRANGE if name.endswith("_id") else value for name, value in ids.items()}
    for name, address in addresses(numbers).items():
        if _STRANGE in address:
            for method in allowed(name):
                assert getattr(client, method)(address).status_code == 404, (name, method)
