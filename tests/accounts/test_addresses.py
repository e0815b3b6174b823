"""Every address about people and the directory, tried by everybody there is.

An address that is not in the table fails the first test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from accounts.directory import decisions
from accounts.models import Agent
from accounts.urls import urlpatterns
from tests.accounts.directory.lists import hand_in, listed
from tests.boxes.cast import tables_written
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

# Who may; for the rest of those who are signed in there is no such page (404).
WHO = {"everybody": {"stranger", "staff"}, "staff": {"staff"}}
# Methods: L looks (GET, HEAD), F takes a form (POST). Then who, of WHO.
TABLE: dict[str, tuple[str, str]] = {
    "notices": ("L", "everybody"),
    "notices_read": ("F", "everybody"),
    "journal": ("L", "staff"),
    "directory": ("L", "staff"),
    "directory_receive": ("F", "staff"),
    "directory_sample": ("L", "staff"),
    "establishments": ("L", "staff"),
    "directory_import": ("L", "staff"),
    "directory_import_csv": ("L", "staff"),
    "directory_original": ("L", "staff"),
    "directory_confirm": ("LF", "staff"),
    "directory_cancel": ("F", "staff"),
    "directory_erase": ("F", "staff"),
}
# The way in and out: tests/accounts/test_sign_in.py.
APART = {"sign_in", "sign_out"}
METHODS = {"L": ("get",), "F": ("post",)}
EVERY_METHOD = ("get", "post", "put", "patch", "delete")


def every(patterns: list[Any], parts: dict[str, Any] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and parts of each address."""
    for one in patterns:
        found = {**(parts or {}), **one.pattern.converters}
        if isinstance(one, URLResolver):
            yield from every(one.url_patterns, found)
        elif isinstance(one, URLPattern):
            yield str(one.name), found


PARTS = dict(every(urlpatterns))


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


class Scene:
    """Somebody of staff, somebody who is not, a list to be confirmed and one that is over."""

    def __init__(self) -> None:
        self.people: dict[str, Agent] = {role: make_agent(f"{role}@ac-reunion.fr") for role in ("stranger", "staff")}
        self.people["staff"].is_staff = True
        self.people["staff"].save()
        self.ready = hand_in(listed("new@ac-reunion.fr;N;N;first-degree;;"))
        self.over = hand_in(listed("wrong"))
        self.clients: dict[str, Client] = {}

    def address(self, name: str, **changed: Any) -> str:
        row = self.over if name == "directory_erase" else self.ready
        values = {"import_id": row.pk, "kind_code": "agents"} | changed
        return reverse(name, kwargs={part: values[part] for part in PARTS[name]})

    def fields(self, name: str) -> dict[str, Any]:
        if name != "directory_receive":
            return {}
        return {"sorte": "agents", "etendue": "partielle", "fichier": SimpleUploadedFile("x.csv", listed("x"))}

    def client(self, role: str) -> Client:
        if role not in self.clients:
            self.clients[role] = Client(raise_request_exception=False)
            self.clients[role].force_login(self.people[role])
        return self.clients[role]

    def ask(
        self, client: Client, name: str, method: str, address: str = "", **more: Any
    ) -> tuple[HttpResponseBase, set[str]]:
        """The answer, and the tables that were written to; what it did is taken back."""
        with transaction.atomic():
            with tables_written() as written:
                send = getattr(client, method)
                data = self.fields(name) if method == "post" else {}
                answer = send(address or self.address(name), data, **more)
                if answer.streaming:
                    answer.getvalue()
            transaction.set_rollback(True)
        return answer, written


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def methods(name: str) -> tuple[str, ...]:
    return tuple(method for letter in TABLE[name][0] for method in METHODS[letter])


def test_every_address_is_in_the_table() -> None:
    assert set(TABLE) | APART == set(PARTS)


def test_nobody_gets_anything_without_signing_in(scene: Scene, client: Client) -> None:
    wrong = []
    for name in TABLE:
        for method in methods(name):
            answer, written = scene.ask(client, name, method)
            to_sign_in = answer.headers.get("Location", "").startswith(reverse("sign_in"))
            if written or answer.status_code != 302 or not to_sign_in:
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


@pytest.mark.parametrize("role", ["stranger", "staff"])
def test_each_gets_what_the_table_says(scene: Scene, role: str) -> None:
    """Forms change something in the hands of those who may, and of nobody else. Looking never does."""
    wrong = []
    for name in TABLE:
        for method in methods(name):
            answer, written = scene.ask(scene.client(role), name, method)
            may = role in WHO[TABLE[name][1]]
            changes = method == "post" and may
            if answer.status_code not in ({200, 302} if may else {404}) or (bool(written) != changes):
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


def test_other_methods_are_refused(scene: Scene) -> None:
    wrong = []
    for name in TABLE:
        for method in EVERY_METHOD:
            if method not in methods(name):
                answer, written = scene.ask(scene.client("staff"), name, method)
                if answer.status_code != 405 or written:
                    wrong.append((name, method, answer.status_code, written))
    assert not wrong


@pytest.mark.parametrize("rubbish", [{"import_id": 10**30, "kind_code": "x"}, {"import_id": 0, "kind_code": "1-2"}])
def test_what_is_not_there(scene: Scene, rubbish: dict[str, Any]) -> None:
    wrong = []
    for name, parts in PARTS.items():
        for method in methods(name) if parts else ():
            address = scene.address(name, **rubbish)
            answer, written = scene.ask(scene.client("staff"), name, method, address)
            if answer.status_code != 404 or written:
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


def test_writers_ask_again_who_may(scene: Scene) -> None:
    stranger = scene.people["stranger"]
    for attempt in (decisions.confirm, decisions.cancel):
        with pytest.raises(decisions.NotStaff):
            attempt(row=scene.ready, by=stranger)
    with pytest.raises(decisions.NotStaff):
        decisions.erase(row=scene.over, by=stranger)
