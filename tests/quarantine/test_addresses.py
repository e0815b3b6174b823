"""Every address about held mail and sending limits, tried by everybody there is: who may look, who may change, who is
told that there is no such page.

An address that is not in the table fails the first test. What a form needs to be taken stands in FORMS: what changes
nothing in the wrong hands is seen to change something in the right ones.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes.models import Delegation, Role
from quarantine import held, senders
from quarantine.models import CompromisedSender, FactorImport, Hold, ListServer, NetworkFactor, SenderEntry
from quarantine.urls import urlpatterns
from quarantine.views.frame import FIELD
from tests.boxes.cast import tables_written
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db

# What each is to the box whose quarantine it is. Staff have no access to it of their own.
ROLES = ("stranger", "removed", "pending", "reader", "member", "owner", "staff")
SEES = {"reader", "member", "owner"}
# Who may; who sees the quarantine and may not is told so (403); for the rest there is no such page (404).
WHO: dict[str, tuple[set[str], set[str]]] = {
    "looking": (SEES, set()),
    "acting": (SEES - {"reader"}, {"reader"}),
    "staff": ({"staff"}, set()),
    # Whoever holds the link; the signed part decides (tests/quarantine/views/test_linked.py).
    "link": (set(ROLES), set()),
}
# Methods: L looks (GET, HEAD), F takes a form (POST). Then who, of WHO.
TABLE: dict[str, tuple[str, str]] = {
    "quarantine": ("L", "looking"),
    "holds_act": ("F", "acting"),
    "holds_states": ("L", "looking"),
    "quarantine_undo": ("F", "acting"),
    "hold": ("L", "looking"),
    "hold_state": ("L", "looking"),
    "hold_release": ("LF", "acting"),
    "hold_trust": ("LF", "acting"),
    "hold_delete": ("LF", "acting"),
    "hold_restore": ("F", "acting"),
    "hold_block": ("LF", "acting"),
    "hold_report": ("LF", "acting"),
    "sender_lists": ("L", "looking"),
    "sender_add": ("F", "acting"),
    "sender_remove": ("F", "acting"),
    "sender_restore": ("F", "acting"),
    "digest_choice": ("L", "looking"),
    "digest_now": ("F", "acting"),
    "quarantine_link": ("LF", "link"),
    "quarantine_link_renew": ("F", "link"),
    "my_sending": ("L", "looking"),
    "staff_quarantine": ("L", "staff"),
    "staff_digest_rules": ("LF", "staff"),
    "staff_sender_lists": ("L", "staff"),
    "staff_sender_add": ("F", "staff"),
    "staff_sender_remove": ("LF", "staff"),
    "sending": ("L", "staff"),
    "sending_figures": ("L", "staff"),
    "gateways": ("L", "staff"),
    "compromised": ("LF", "staff"),
    "compromised_release": ("LF", "staff"),
    "sending_rules": ("LF", "staff"),
    "networks": ("L", "staff"),
    "network_save": ("F", "staff"),
    "network_remove": ("LF", "staff"),
    "list_server_save": ("F", "staff"),
    "list_server_remove": ("LF", "staff"),
    "network_list_take": ("F", "staff"),
    "network_list": ("LF", "staff"),
    "network_list_errors": ("L", "staff"),
    "network_list_original": ("L", "staff"),
    "network_list_delete": ("F", "staff"),
}
FORMS: dict[str, dict[str, str]] = {
    "holds_act": {"action": "liberer", "message": "@hold_id"},
    "hold_trust": {"expediteur": "connu@exemple.fr"},
    "hold_block": {"expediteur": "connu@exemple.fr"},
    "hold_report": {"commentaire": "Étrange."},
    "sender_add": {"liste": "blocage", "expediteur": "nouveau@exemple.fr"},
    "staff_digest_rules": {},
    "staff_sender_add": {"liste": "blocage", "expediteur": "nouveau@exemple.fr", "note": "vu partout"},
    "staff_sender_remove": {"note": "par erreur"},
    "compromised": {"adresse": "vole2@ac-reunion.fr", "motif": "signalé"},
    "compromised_release": {"motif": "mot de passe changé"},
    "network_save": {"reseau": "198.51.100.0/24", "facteur": "4"},
    "list_server_save": {"reseau": "198.51.100.9"},
    "network_list_take": {"texte": "203.0.113.0/24;9740001A;4"},
}
# Forms that have nothing to do in this scene: tried for who may send them, and by their own tests for what they do.
DOES_NOTHING = {
    "quarantine_undo",
    "sender_restore",
    "sending_rules",
    "staff_digest_rules",
    "quarantine_link",
    "quarantine_link_renew",
}
METHODS = {"L": ("get",), "F": ("post",)}
EVERY_METHOD = ("get", "post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


class Scene:
    """A box with a held message, and one person of each kind."""

    def __init__(self) -> None:
        self.people: dict[str, Agent] = {role: make_moved_agent(f"{role}@ac-reunion.fr") for role in ROLES}
        self.people["staff"].is_staff = True
        self.people["staff"].save()
        self.people["pending"] = make_agent("attend@ac-reunion.fr")
        box = make_shared_box(address="direction@ac-reunion.fr")
        for role in (Role.READER, Role.MEMBER, Role.OWNER):
            give_access(box, self.people[role.value], role)
        give_access(box, self.people["pending"], Role.MEMBER)
        give_access(box, self.people["removed"], Role.OWNER, state=Delegation.State.REMOVED)
        self.mailbox = box.address
        self.hold = make_hold(box.address, sender="connu@exemple.fr")
        self.other = make_hold(make_moved_agent().address)
        staff = self.people["staff"]
        self.numbers: dict[str, Any] = {
            "hold_id": self.hold.pk,
            "entry_id": senders.block(mailbox=box.address, pattern="a@exemple.fr", by=self.people["owner"]).entry.pk,
            "row_id": CompromisedSender.objects.create(
                sender="vole@ac-reunion.fr", origin="staff", since=timezone.now()
            ).pk,
            "network_id": NetworkFactor.objects.create(network="192.0.2.0/24", factor=4).pk,
            "server_id": ListServer.objects.create(network="192.0.2.9/32").pk,
            "import_id": FactorImport.objects.create(
                name="liste", content=sealing.seal(b"203.0.113.0/24;9740001A;4"), size=25, agent=staff
            ).pk,
        }
        self.staff_entry = senders.block(mailbox="", pattern="b@exemple.fr", note="vu", by=staff).entry.pk
        self.clients: dict[str, Client] = {}

    def address(self, name: str, **changed: object) -> str:
        pattern = next(one for one in urlpatterns if one.name == name)
        numbers = self.numbers | ({"entry_id": self.staff_entry} if name.startswith("staff_") else {}) | changed
        return reverse(name, kwargs={part: numbers[part] for part in pattern.pattern.converters})

    def fields(self, name: str) -> dict[str, str]:
        found = {key: str(self.numbers[v[1:]]) if v.startswith("@") else v for key, v in FORMS.get(name, {}).items()}
        return {FIELD: self.mailbox, **found}

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
            if name == "hold_restore":
                Hold.objects.filter(pk=self.hold.pk).update(state=Hold.State.DELETED, state_at=timezone.now())
            with tables_written() as written:
                answer = getattr(client, method)(address or self.address(name), self.fields(name), **more)
            transaction.set_rollback(True)
        return answer, written


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def methods(name: str) -> tuple[str, ...]:
    return tuple(method for letter in TABLE[name][0] for method in METHODS[letter])


def expected(name: str, role: str, method: str) -> set[int]:
    may, told = WHO[TABLE[name][1]]
    if TABLE[name][1] == "link":
        # Without a link that is sound: a page that says so.
        return {200, 302, 404, 410, 422}
    return {200, 302, 422} if role in may else {403} if role in told else {404}


def test_every_address_is_in_the_table() -> None:
    assert set(TABLE) == {one.name for one in urlpatterns}
    assert set(FORMS) | DOES_NOTHING <= {name for name in TABLE if "F" in TABLE[name][0]}


def test_nobody_gets_anything_without_signing_in(scene: Scene, client: Client) -> None:
    wrong = []
    for name in TABLE:
        for method in methods(name):
            answer, written = scene.ask(client, name, method)
            to_sign_in = answer.headers.get("Location", "").startswith(reverse("sign_in"))
            if written or (TABLE[name][1] != "link" and not (answer.status_code == 302 and to_sign_in)):
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_each_gets_what_the_table_says(scene: Scene, role: str) -> None:
    """Forms change something in the hands of those who may, and of nobody else. Looking never does."""
    wrong = []
    for name in TABLE:
        for method in methods(name):
            answer, written = scene.ask(scene.client(role), name, method)
            changes = method == "post" and role in WHO[TABLE[name][1]][0] and name not in DOES_NOTHING
            if answer.status_code not in expected(name, role, method) or bool(written) != changes:
                wrong.append((name, method, answer.status_code, written))
    assert not wrong


def test_fragments_ask_for_the_same_right_as_pages(scene: Scene) -> None:
    wrong = []
    for role in ("stranger", "reader", "staff"):
        for name in TABLE:
            if "L" in TABLE[name][0]:
                answer, written = scene.ask(scene.client(role), name, "get", headers={"HX-Request": "true"})
                if answer.status_code not in expected(name, role, "get") or written:
                    wrong.append((role, name, answer.status_code, written))
    assert not wrong


def test_other_methods_are_refused(scene: Scene) -> None:
    wrong = []
    for name in TABLE:
        role = "staff" if TABLE[name][1] == "staff" else "owner"
        for method in EVERY_METHOD:
            # The choice of times is a form on the page that shows it.
            if method not in methods(name) and (name, method) != ("digest_choice", "post"):
                answer, written = scene.ask(scene.client(role), name, method)
                if answer.status_code != 405 or written:
                    wrong.append((name, method, answer.status_code, written))
    assert not wrong


def test_what_is_of_another_quarantine_is_not_there(scene: Scene) -> None:
    """Nor what is in none: rubbish in the place of a number."""
    own = senders.block(mailbox=scene.other.recipient, pattern="c@exemple.fr", by=None).entry.pk
    wrong = []
    for name in TABLE:
        who = TABLE[name][1]
        parts = next(one for one in urlpatterns if one.name == name).pattern.converters
        for part in parts:
            there = [scene.other.pk] if part == "hold_id" else [own] if part == "entry_id" else []
            for number in (*there, "9" * 30):
                address = scene.address(name, **{part: number})
                client = scene.client("staff" if who == "staff" else "owner")
                for method in methods(name):
                    answer, written = scene.ask(client, name, method, address)
                    if answer.status_code != 404 or written:
                        wrong.append((name, part, method, answer.status_code, written))
    assert not wrong


@pytest.mark.parametrize("role", ["stranger", "removed", "pending", "reader", "staff"])
def test_writers_ask_again_who_may(scene: Scene, role: str) -> None:
    """Whatever way led there: the functions that write refuse whoever may not act."""
    agent = scene.people[role]
    for attempt in (held.release, held.delete, held.restore):
        with pytest.raises(held.HoldError):
            attempt(scene.hold, by=agent)
    for put in (senders.trust, senders.block):
        with pytest.raises(senders.SenderError):
            put(mailbox=scene.mailbox, pattern="d@exemple.fr", by=agent)
    with pytest.raises(senders.SenderError):
        senders.remove(entry=SenderEntry.objects.get(pk=scene.numbers["entry_id"]), by=agent)
    scene.hold.refresh_from_db()
    assert scene.hold.state == Hold.State.HELD
    assert SenderEntry.objects.count() == 2
