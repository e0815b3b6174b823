"""Every address of the pages about boxes, tried by everybody there is: who may look, who may change, who sees nothing.

An address that is not in the table fails the first test: whoever adds one says what it is. What a form needs to be
taken stands in FORMS: what changes nothing in the wrong hands is seen to change something in the right ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

import boxes.views
from accounts.models import Agent
from boxes.models import BoxFinding, CensusSheet, Role
from boxes.urls import urlpatterns
from tests.boxes.cast import ROLES, Scene, make_scene, tables_written
from tests.factories import give_access, make_entry, make_moved_agent

pytestmark = pytest.mark.django_db

SEES_BOX = {"reader", "member", "owner", "staff"}
# Who may; whoever sees the box and may not is told so (403); for the rest there is no such page (404).
WHO: dict[str, tuple[set[str], set[str]]] = {
    "everybody": (set(ROLES), set()),
    "staff": ({"staff"}, set()),
    # Of a box that is shared.
    "seeing": (SEES_BOX, set()),
    "delegated": (SEES_BOX - {"staff"}, {"staff"}),
    "writing": ({"member", "owner"}, {"reader", "staff"}),
    "owning": ({"owner"}, SEES_BOX - {"owner"}),
    "overseeing": ({"owner", "staff"}, {"reader", "member"}),
    "deciding": ({"owner", "staff"}, set()),
    "appointing": ({"staff"}, SEES_BOX - {"staff"}),
    # Of an establishment, and of a box that is not shared yet.
    "census": ({"head", "declared", "staff"}, set()),
    "leading": ({"head", "staff"}, {"declared"}),
    "validating": ({"staff"}, {"head", "declared"}),
}
# Methods: L looks (GET, HEAD), F takes a form (POST). Then who, of WHO.
TABLE: dict[str, tuple[str, str]] = {
    "boxes": ("L", "everybody"),
    "box": ("L", "seeing"),
    "box_members_csv": ("L", "overseeing"),
    "box_retry": ("F", "overseeing"),
    "box_hide": ("F", "delegated"),
    "box_show": ("F", "delegated"),
    "box_leave": ("LF", "delegated"),
    "box_add": ("LF", "owning"),
    "box_search": ("L", "owning"),
    "box_role": ("LF", "owning"),
    "box_remove": ("LF", "owning"),
    "box_owner_appoint": ("LF", "appointing"),
    "box_history": ("L", "seeing"),
    "box_look": ("F", "seeing"),
    "box_shares": ("L", "overseeing"),
    "box_share_new": ("LF", "owning"),
    "box_share_access": ("F", "owning"),
    "box_share_revoke": ("LF", "owning"),
    "box_team": ("L", "seeing"),
    "box_conventions_edit": ("LF", "owning"),
    "box_tag_new": ("LF", "owning"),
    "box_tag_edit": ("LF", "owning"),
    "box_tag_delete": ("LF", "owning"),
    "box_tags_propose": ("F", "owning"),
    "box_tags_create": ("F", "writing"),
    "box_identities": ("L", "writing"),
    "box_identity_new": ("LF", "writing"),
    "box_identity_edit": ("LF", "writing"),
    "box_identity_delete": ("LF", "writing"),
    "box_identity_retry": ("F", "writing"),
    "box_calendars": ("L", "seeing"),
    "box_findings": ("L", "seeing"),
    "box_findings_check": ("F", "overseeing"),
    "box_finding_restore": ("LF", "deciding"),
    "box_finding_adopt": ("LF", "deciding"),
    "census": ("L", "everybody"),
    "census_sheet": ("L", "census"),
    "census_submit": ("LF", "leading"),
    "census_reopen": ("LF", "leading"),
    "census_validate": ("F", "validating"),
    "census_box_add": ("LF", "leading"),
    "census_box": ("L", "census"),
    "census_box_edit": ("LF", "census"),
    "census_box_remove": ("LF", "census"),
    "census_box_kept": ("F", "census"),
    "census_copy": ("LF", "census"),
    "census_users": ("F", "census"),
    "census_entry_add": ("LF", "census"),
    "census_entry_role": ("F", "census"),
    "census_entry_remove": ("LF", "census"),
    "census_person_new": ("LF", "census"),
    "census_lists": ("L", "census"),
    "census_list_take": ("F", "census"),
    "census_list": ("LF", "census"),
    "census_list_original": ("L", "census"),
    "census_list_delete": ("LF", "census"),
    "census_requests": ("L", "leading"),
    "census_request": ("LF", "leading"),
    "staff_boxes": ("L", "staff"),
    "staff_delegations_csv": ("L", "staff"),
    "staff_box_new": ("LF", "staff"),
    "staff_box_edit": ("LF", "staff"),
    "staff_appoint": ("F", "staff"),
    "staff_census": ("L", "staff"),
    "staff_census_remind": ("F", "staff"),
    "staff_census_validate": ("F", "staff"),
    "staff_census_reopen": ("LF", "staff"),
    "staff_owners": ("L", "staff"),
    "staff_pending": ("L", "staff"),
    "staff_requests": ("L", "staff"),
    "staff_request": ("L", "staff"),
    "staff_request_accept": ("F", "staff"),
    "staff_request_refuse": ("F", "staff"),
    "staff_findings": ("L", "staff"),
    "staff_findings_restore": ("F", "staff"),
    "staff_transfer": ("L", "staff"),
    "staff_transfer_start": ("F", "staff"),
    "staff_transfer_progress": ("L", "staff"),
    "staff_transfer_retry": ("F", "staff"),
}
# What makes each form do something; "@name" is a number of the scene.
FORMS: dict[str, dict[str, str]] = {
    "box_add": {"personne": "@somebody", "role": "member"},
    "box_role": {"role": "reader"},
    "box_owner_appoint": {"personne": "@somebody"},
    "box_share_new": {"agent": "@somebody", "folder": "300", "access": "read"},
    "box_share_access": {"access": "write"},
    "box_conventions_edit": {"text": "Chacun prend ce qui arrive le matin.", "version": "@version"},
    "box_tag_new": {"name": "À classer", "colour": "3", "meaning": ""},
    "box_tag_edit": {"name": "Très urgent", "colour": "5", "meaning": ""},
    "box_identity_new": {"name": "Astreinte", "from_name": "Direction"},
    "box_identity_edit": {"name": "Autre nom", "from_name": "Direction"},
    "census_reopen": {"motif": "Une boîte manquait."},
    "census_box_add": {"address": "infirmerie", "name": "Infirmerie"},
    "census_box_edit": {"name": "Vie scolaire et internat"},
    "census_box_kept": {"sert": "0"},
    "census_copy": {"source": "@source"},
    "census_entry_add": {"personne": "@somebody", "role": "reader"},
    "census_entry_role": {"role": "reader"},
    "census_person_new": {
        "given_name": "Max",
        "family_name": "Grondin",
        "job": "Cuisine",
        "employer": "Région",
        "role": "member",
    },
    "census_list_take": {"boite": "@census_box_id", "texte": "marie.payet@ac-reunion.fr;membre"},
    "census_request": {"personne": "@somebody"},
    "staff_box_new": {"address": "nouvelle@ac-reunion.fr", "name": "Nouvelle", "uai": "@uai"},
    "staff_box_edit": {"name": "Autre nom", "uai": "@uai"},
    "staff_appoint": {"personne": "@somebody"},
    "staff_census_remind": {"etablissement": "@uai"},
    "staff_census_reopen": {"raison": "Une boîte manquait."},
    "staff_request_accept": {"personne": "@somebody"},
    "staff_request_refuse": {"reponse": "Personne inconnue de la collectivité."},
    "staff_findings_restore": {"ecart": "@finding_id", "confirme": "oui"},
    "staff_transfer_start": {"boite": "@census_box_id"},
    "staff_transfer_retry": {"boite": "@box_id", "relancer": "@box_id"},
}
# The census has to have been handed over for these.
HANDED_OVER = {"census_reopen", "census_validate", "staff_census_validate", "staff_census_reopen"}
# Forms that write no data: a look is asked for, what is shown already is shown again.
CHANGES_NOTHING = {"box_look", "box_show"}
KNOWN = [one for one in urlpatterns if one.name in TABLE]
PERSONAL = {"box_finding_restore", "box_finding_adopt", "box_identity_edit", "box_identity_delete"}
METHODS = {"L": ("get", "head"), "F": ("post",)}
# Whoever may look may have the headers alone: asked for once, by `test_other_methods_are_refused`.
TRIED = {"L": ("get",), "F": ("post",)}
EVERY_METHOD = ("get", "head", "post", "put", "patch", "delete")
_STRANGE = "9" * 30


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    # Most answers are refusals: what they look like is tested elsewhere, and would take most of the time.
    for status in (403, 404):
        monkeypatch.setattr(f"migration_portal.urls.handler{status}", _refusal(status), raising=False)


def _refusal(status: int) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, exception: Exception) -> HttpResponse:
        return HttpResponse(status=status)

    return answer


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Who asks is known by the session's key: reading session and person anew takes a third of a question's time."""
    made = make_scene()
    signed_in_as: dict[str, Agent] = {}

    def person_of(request: HttpRequest) -> Agent | AnonymousUser:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if key and key not in signed_in_as:
            person = get_user(request)
            if not isinstance(person, Agent):
                return person
            signed_in_as[key] = person
        return copy(signed_in_as[key]) if key else AnonymousUser()

    monkeypatch.setattr("django.contrib.auth.get_user", person_of)
    return made


def methods(name: str, of: dict[str, tuple[str, ...]] = TRIED) -> tuple[str, ...]:
    return tuple(method for letter in TABLE[name][0] for method in of[letter])


def addresses(numbers: dict[str, object]) -> dict[str, str]:
    return {str(one.name): reverse(str(one.name), kwargs=parts(one, numbers)) for one in KNOWN}


def parts(one: URLPattern, numbers: dict[str, object]) -> dict[str, object]:
    """The box of a census is one that is not shared yet."""
    if str(one.name).startswith("census"):
        numbers = numbers | {"box_id": numbers["census_box_id"]}
    return {part: numbers[part] for part in one.pattern.converters}


def form(name: str, scene: Scene) -> dict[str, str]:
    from boxes.conventions import version_of

    known = scene.ids | {"version": version_of(scene.box.conventions)}
    return {
        key: str(known[value[1:]]) if value.startswith("@") else value for key, value in FORMS.get(name, {}).items()
    }


def signed_in(scene: Scene, role: str, *, checked: bool = False) -> Client:
    """checked: forms need their token, as in a browser."""
    known = scene.clients.get((role, checked))
    if known is not None:
        return known
    client = scene.clients[role, checked] = Client(enforce_csrf_checks=checked, raise_request_exception=False)
    client.force_login(scene.people[role])
    return client


def ask(
    client: Client,
    method: str,
    address: str,
    fields: dict[str, str],
    *,
    before: Callable[[], object] | None = None,
    **more: Any,
) -> tuple[HttpResponseBase, set[str]]:
    """The answer, and the tables that were written to; what it did is taken back, as is what `before` did."""
    with transaction.atomic():
        if before:
            before()
        with tables_written() as written:
            answer = getattr(client, method)(address, fields if method == "post" else None, **more)
        transaction.set_rollback(True)
    return answer, written


def handed_over(scene: Scene) -> None:
    CensusSheet.objects.filter(establishment=scene.census_box.establishment).update(state=CensusSheet.State.SUBMITTED)


def test_every_address_is_in_the_table() -> None:
    assert set(TABLE) == {one.name for one in urlpatterns}
    assert {who for _, who in TABLE.values()} <= set(WHO)
    assert set(FORMS) | CHANGES_NOTHING <= {name for name in TABLE if "F" in TABLE[name][0]}


def test_nobody_gets_anything_without_signing_in(scene: Scene, client: Client) -> None:
    wrong = []
    for name, address in addresses(scene.ids).items():
        for method in ("get", "post"):
            answer, written = ask(client, method, address, form(name, scene))
            to_sign_in = answer.headers.get("Location", "").startswith(reverse("sign_in"))
            if answer.status_code != 302 or not to_sign_in or written:
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_each_gets_what_the_table_says(scene: Scene, role: str) -> None:
    """Forms change something in the hands of those who may, and of nobody else. Looking never does."""
    client = signed_in(scene, role)
    wrong = []
    for name, address in addresses(scene.numbers(role)).items():
        for method in methods(name):
            before = partial(handed_over, scene) if name in HANDED_OVER else None
            answer, written = ask(client, method, address, form(name, scene), before=before)
            changes = method == "post" and role in WHO[TABLE[name][1]][0] and name not in CHANGES_NOTHING
            if answer.status_code not in expected(name, role) or bool(written) != changes:
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


def expected(name: str, role: str) -> set[int]:
    may, told = WHO[TABLE[name][1]]
    return {200, 204, 302} if role in may else {403} if role in told else {404}


def test_other_methods_are_refused(scene: Scene) -> None:
    client = signed_in(scene, "staff")
    wrong = []
    for name, address in addresses(scene.numbers("staff")).items():
        for method in EVERY_METHOD:
            if method not in methods(name):
                answer, written = ask(client, method, address, {})
                if (answer.status_code == 405) == (method in methods(name, METHODS)) or written:
                    wrong.append((name, method, answer.status_code, written))
    assert not wrong


def test_forms_without_their_token_are_refused(scene: Scene) -> None:
    wrong = []
    for name, address, role in reached(scene):
        if "post" in methods(name):
            answer, written = ask(signed_in(scene, role, checked=True), "post", address, form(name, scene))
            if answer.status_code != 403 or written:
                wrong.append((role, name, answer.status_code, written))
    assert not wrong


def reached(scene: Scene, **strange: object) -> Iterator[tuple[str, str, str]]:
    """Every address with somebody who may use it; strange: parts of it that are otherwise."""
    for one in KNOWN:
        role = next(role for role in ("owner", "head", "staff") if role in WHO[TABLE[str(one.name)][1]][0])
        here = parts(one, scene.numbers(role))
        kwargs = here | {part: value for part, value in strange.items() if part in here}
        yield str(one.name), reverse(str(one.name), kwargs=kwargs), role


def test_what_a_script_asks_for_is_no_more(scene: Scene) -> None:
    """Fragments ask for the same right as pages."""
    wrong = []
    for role in ("stranger", "reader", "owner", "declared"):
        client = signed_in(scene, role)
        for name, address in addresses(scene.numbers(role)).items():
            if "L" in TABLE[name][0]:
                answer, written = ask(client, "get", address, {}, headers={"HX-Request": "true"})
                if answer.status_code not in expected(name, role) or written:
                    wrong.append((role, name, answer.status_code, written))
    assert not wrong


def test_what_belongs_to_another_box_is_not_there(scene: Scene) -> None:
    """Not even for whoever may do everything in both."""
    wrong = []
    for role in ("owner", "head", "declared", "staff"):
        client = signed_in(scene, role)
        for one in KNOWN:
            name, here, there = str(one.name), parts(one, scene.numbers(role)), parts(one, scene.elsewhere)
            refusals = {404} if role in WHO[TABLE[name][1]][0] else {403, 404}
            for strange in list(here)[1:]:
                address = reverse(name, kwargs=here | {strange: there[strange]})
                for method in methods(name):
                    answer, written = ask(client, method, address, form(name, scene))
                    if answer.status_code not in refusals or written:
                        wrong.append((role, name, strange, method, answer.status_code, written))
    assert not wrong


def test_what_is_personal_is_of_one_person(scene: Scene) -> None:
    """An identity, and what is missing in the own mailbox. Staff decide on the latter as well, and nobody else."""
    finding = BoxFinding.objects.create(
        box=scene.box,
        kind=BoxFinding.Kind.MOUNT_MISSING,
        grantee=scene.people["member"].address,
        last_seen_at=timezone.now(),
    )
    things = {"finding_id": finding.pk, "identity_id": scene.own["member"]["identity_id"]}
    wrong = []
    for role in ROLES:
        client = signed_in(scene, role)
        for name, address in addresses(scene.numbers(role) | things).items():
            if name in PERSONAL:
                may = role == "member" or (role == "staff" and "finding" in name)
                for method in methods(name):
                    answer, written = ask(client, method, address, form(name, scene))
                    if (answer.status_code < 400) != may or bool(written) != (may and method == "post"):
                        wrong.append((role, name, method, answer.status_code, written))
    assert not wrong


def test_before_its_transfer_a_box_has_no_pages(scene: Scene) -> None:
    give_access(scene.census_box, scene.people["owner"], Role.OWNER)
    wrong = []
    for role in ("owner", "head", "declared", "staff"):
        client = signed_in(scene, role)
        numbers = scene.numbers(role) | {"box_id": scene.census_box.pk}
        for name, address in addresses(numbers).items():
            if address.startswith("/mes-boites/") and name != "boxes":
                for method in methods(name):
                    answer, written = ask(client, method, address, form(name, scene))
                    if answer.status_code != 404 or written:
                        wrong.append((role, name, method, answer.status_code, written))
    assert not wrong


def test_after_its_transfer_the_census_of_a_box_is_closed(scene: Scene) -> None:
    """Who takes the census still sees what was noted, and changes nothing of it; delegations govern now."""
    make_entry(scene.box, scene.people["declared"], Role.OWNER)
    entry = make_entry(scene.box, make_moved_agent())
    wrong = []
    for role in ("head", "declared", "staff"):
        client = signed_in(scene, role)
        numbers = scene.numbers(role) | {"census_box_id": scene.box.pk, "entry_id": entry.pk}
        for name, address in addresses(numbers).items():
            if f"/boites/{scene.box.pk}/" in address and address.startswith("/recensement/"):
                for method in methods(name):
                    answer, written = ask(client, method, address, form(name, scene))
                    if answer.status_code not in {200, 302, 422} or written:
                        wrong.append((role, name, method, answer.status_code, written))
    assert not wrong


def test_numbers_of_any_length_are_not_there(scene: Scene) -> None:
    numbers = {part for one in KNOWN for part in one.pattern.converters if part.endswith("_id")}
    wrong = []
    for name, address, role in [row for part in numbers for row in reached(scene, **{part: _STRANGE})]:
        if _STRANGE in address:
            answers = {
                method: ask(signed_in(scene, role), method, address, {})[0].status_code for method in methods(name)
            }
            wrong += [(role, name, answers)] if set(answers.values()) != {404} else []
    assert not wrong


def test_rubbish_is_no_error(scene: Scene) -> None:
    """Whatever stands in a field: what no database takes is not handed to it."""
    sources = [path.read_text(encoding="utf-8") for path in Path(boxes.views.__path__[0]).glob("*.py")]
    fields = {name for source in sources for name in re.findall(r'(?:\.get(?:list)?\(|request, )"([a-z_]+)"', source)}
    assert {"recherche", "personne", "etat", "folder"} <= fields
    fields |= {key for known in FORMS.values() for key in known}
    wrong = []
    for name, address, role in reached(scene):
        client = signed_in(scene, role)
        for rubbish in ("\0", _STRANGE, "²"):
            values = dict.fromkeys(fields, rubbish)
            for method in methods(name):
                asked = address if method == "post" else f"{address}?{urlencode(values)}"
                answer, _ = ask(client, method, asked, values)
                if answer.status_code >= 500:
                    wrong.append((role, name, method, rubbish))
    for name, address, role in reached(scene, uai="974\0"):
        if "%00" in address:
            answers = {
                method: ask(signed_in(scene, role), method, address, {})[0].status_code for method in methods(name)
            }
            wrong += [(role, name, answers)] if set(answers.values()) != {404} else []
    assert not wrong
