"""Every address of the pages about boxes, tried by everybody there is: who may look, who may change, who sees nothing.

An address that is not in the table fails the first test: whoever adds one says what it is. What a form needs to be
taken stands in FORMS: what changes nothing in the wrong hands is seen to change something in the right ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse

from boxes.models import Role
from boxes.urls import urlpatterns
from tests.boxes.cast import ROLES, Scene, make_scene, tables_written
from tests.factories import give_access

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
    "appointing": ({"staff"}, SEES_BOX - {"staff"}),
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
}
# Forms that write no data: a look is asked for, what is shown already is shown again.
CHANGES_NOTHING = {"box_look", "box_show"}
METHODS = {"L": ("get", "head"), "F": ("post",)}
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
def scene(db: None) -> Scene:
    return make_scene()


def allowed(name: str) -> tuple[str, ...]:
    return tuple(method for letter in TABLE[name][0] for method in METHODS[letter])


def addresses(numbers: dict[str, object]) -> dict[str, str]:
    return {
        str(one.name): reverse(str(one.name), kwargs={part: numbers[part] for part in one.pattern.converters})
        for one in urlpatterns
    }


def form(name: str, scene: Scene) -> dict[str, str]:
    from boxes.conventions import version_of

    known = scene.ids | {"version": version_of(scene.box.conventions)}
    return {
        key: str(known[value[1:]]) if value.startswith("@") else value for key, value in FORMS.get(name, {}).items()
    }


def signed_in(scene: Scene, role: str, *, checked: bool = False) -> Client:
    """checked: forms need their token, as in a browser."""
    client = Client(enforce_csrf_checks=checked)
    client.force_login(scene.people[role])
    return client


def ask(
    client: Client, method: str, address: str, fields: dict[str, str], **more: Any
) -> tuple[HttpResponseBase, set[str]]:
    """The answer, and the tables that were written to; what it did is taken back."""
    with tables_written() as written, transaction.atomic():
        answer = getattr(client, method)(address, fields if method == "post" else None, **more)
        transaction.set_rollback(True)
    return answer, written


def test_every_address_is_in_the_table() -> None:
    assert set(TABLE) == {one.name for one in urlpatterns}
    assert {who for _, who in TABLE.values()} <= set(WHO)
    assert set(FORMS) | CHANGES_NOTHING <= {name for name in TABLE if "F" in TABLE[name][0]}


def test_nobody_gets_anything_without_signing_in(scene: Scene, client: Client) -> None:
    for name, address in addresses(scene.ids).items():
        for method in EVERY_METHOD:
            answer, written = ask(client, method, address, form(name, scene))
            assert answer.status_code == 302, (name, method)
            assert answer.headers["Location"].startswith(reverse("sign_in")), (name, method)
            assert not written, (name, method)


@pytest.mark.parametrize("role", ROLES)
def test_each_gets_what_the_table_says(scene: Scene, role: str) -> None:
    """Forms change something in the hands of those who may, and of nobody else. Looking never does."""
    client = signed_in(scene, role)
    for name, address in addresses(scene.numbers(role)).items():
        may, told = WHO[TABLE[name][1]]
        for method in allowed(name):
            answer, written = ask(client, method, address, form(name, scene))
            seen = (role, name, method, answer.status_code, written)
            if role not in may:
                assert answer.status_code == (403 if role in told else 404), seen
                assert not written, seen
            elif method != "post":
                assert answer.status_code in {200, 302}, seen
                assert not written, seen
            else:
                assert answer.status_code in {200, 302}, seen
                assert bool(written) == (name not in CHANGES_NOTHING), seen


def test_other_methods_are_refused(scene: Scene) -> None:
    for role in ("owner", "staff"):
        client = signed_in(scene, role)
        for name, address in addresses(scene.numbers(role)).items():
            for method in set(EVERY_METHOD) - set(allowed(name)):
                answer, written = ask(client, method, address, {})
                assert (answer.status_code, written) == (405, set()), (role, name, method)


def test_forms_without_their_token_are_refused(scene: Scene) -> None:
    for role in ("owner", "staff"):
        client = signed_in(scene, role, checked=True)
        for name, address in addresses(scene.numbers(role)).items():
            if "post" in allowed(name):
                answer, written = ask(client, "post", address, form(name, scene))
                assert (answer.status_code, written) == (403, set()), (role, name)


def test_what_a_script_asks_for_is_no_more(scene: Scene) -> None:
    """Fragments ask for the same right as pages."""
    for role in ROLES:
        client = signed_in(scene, role)
        for name, address in addresses(scene.numbers(role)).items():
            may, told = WHO[TABLE[name][1]]
            if "L" in TABLE[name][0]:
                answer, written = ask(client, "get", address, {}, headers={"HX-Request": "true"})
                expected = {200, 204, 302} if role in may else {403} if role in told else {404}
                assert answer.status_code in expected, (role, name)
                assert not written, (role, name)


def test_what_belongs_to_another_box_is_not_there(scene: Scene) -> None:
    """Not even for whoever may do everything in both."""
    for role in ("owner", "staff"):
        client = signed_in(scene, role)
        here = scene.numbers(role)
        for one in urlpatterns:
            parts = list(one.pattern.converters)
            if len(parts) < 2:
                continue
            for strange in parts[1:]:
                address = reverse(
                    str(one.name), kwargs={p: here[p] for p in parts} | {strange: scene.elsewhere[strange]}
                )
                for method in allowed(str(one.name)):
                    answer, written = ask(client, method, address, form(str(one.name), scene))
                    assert answer.status_code in {403, 404}, (role, one.name, method)
                    assert role != "owner" or answer.status_code == 404, (role, one.name, method)
                    assert not written, (role, one.name, method)


def test_before_its_transfer_a_box_has_no_pages(scene: Scene) -> None:
    give_access(scene.census_box, scene.people["owner"], Role.OWNER)
    for role in ("owner", "head", "declared", "staff"):
        client = signed_in(scene, role)
        numbers = scene.numbers(role) | {"box_id": scene.census_box.pk}
        for name, address in addresses(numbers).items():
            if address.startswith("/mes-boites/") and name != "boxes":
                for method in allowed(name):
                    answer, written = ask(client, method, address, form(name, scene))
                    assert (answer.status_code, written) == (404, set()), (role, name, method)


def test_numbers_of_any_length_are_not_there(scene: Scene) -> None:
    for role in ("owner", "staff"):
        client = signed_in(scene, role)
        numbers = {part: _STRANGE if part.endswith("_id") else value for part, value in scene.numbers(role).items()}
        for name, address in addresses(numbers).items():
            if _STRANGE in address:
                for method in allowed(name):
                    answer, _ = ask(client, method, address, {})
                    assert answer.status_code == 404, (role, name, method)
