"""The go of a worker at a box: who takes it, what it waits for, what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.claims import Claim
from accounts.models import Agent
from boxes import identities, work, zimbra_door
from boxes.models import Box, BoxIdentity, Delegation, Role
from boxes.sync import access, engine
from boxes.sync.run import MOST_SILENT, OPEN_MAILBOXES, Run
from tests.boxes.sync.held import of_box, of_person
from tests.factories import give_access, make_box, make_shared_box
from tests.simulated import DOMAIN, Simulated
from zimbra.errors import Unavailable

pytestmark = pytest.mark.django_db

_numbers = iter(range(1, 10_000))


def asked(*people: tuple[Agent, str]) -> Box:
    box = make_box(address=f"moteur.{next(_numbers)}@{DOMAIN}", name="Moteur", transfer_asked_at=timezone.now())
    for agent, role in people:
        identities.follow_role(give_access(box, agent, role))
    work.ask(box)
    return box


def status(door: Simulated, address: str, value: str) -> None:
    with door.admin() as admin:
        admin.modify_account(admin.get_account(address).id, {"zimbraAccountStatus": value})


def test_a_box_without_work_or_that_is_gone_asks_for_nothing(settings) -> None:
    settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:9"
    assert engine.advance(12345) is None
    assert engine.advance(make_shared_box().pk) is None


def test_a_service_that_does_not_answer_is_waited_for_longer_each_time(door: Simulated, person) -> None:
    box = asked((person(), Role.OWNER))
    waits = []
    for _ in range(2):
        with door.disturbed(mode="503"):
            waits.append(engine.advance(box.pk))
        box.refresh_from_db()
        assert box.waiting_for == "http.503"
        assert box.holder == ""
        assert engine.waiting() == []
        assert engine.advance(box.pk) is None
        Box.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert waits[1] == 2 * waits[0]
    assert engine.waiting() == [box.pk]
    assert engine.advance(box.pk) is None
    box.refresh_from_db()
    assert (box.attempts, box.waiting_for, box.retry_at, box.work_asked_at) == (0, "", None, None)


def test_who_takes_a_box_over_from_the_dead_lets_the_server_finish_first(
    door: Simulated, person, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(engine.time, "sleep", pauses.append)
    box = asked((person(), Role.OWNER))
    advance(box.pk)
    assert pauses == []
    work.ask(box)
    Box.objects.filter(pk=box.pk).update(holder="elsewhere:1:1:a", held_until=timezone.now() - timedelta(minutes=1))
    advance(box.pk)
    assert pauses == [engine.PAUSE_SECONDS]


def test_a_box_held_by_somebody_alive_is_left_alone(door: Simulated, person) -> None:
    box = asked((person(), Role.OWNER))
    Box.objects.filter(pk=box.pk).update(holder="elsewhere:1:1:a", held_until=timezone.now() + timedelta(minutes=1))
    assert engine.advance(box.pk) is None
    box.refresh_from_db()
    assert (box.holder, box.transferred_at) == ("elsewhere:1:1:a", None)


def test_a_mailbox_in_maintenance_is_waited_for_and_stops_nobody_else(
    door: Simulated, person, advance: Callable[[int], None]
) -> None:
    first, second, third = person(), person(), person()
    status(door, first.address, "maintenance")
    box = asked((first, Role.OWNER), (second, Role.MEMBER), (third, Role.READER))
    assert engine.advance(box.pk) is not None
    box.refresh_from_db()
    assert box.waiting_for == "account.MAINTENANCE_MODE"
    assert [row.is_in_place for row in Delegation.objects.order_by("pk")] == [False, True, True]
    assert of_person(door, second.address).identities == (("Moteur", box.address),)
    assert all(one.is_in_place for one in BoxIdentity.objects.filter(delegation__agent=second))
    status(door, first.address, "active")
    Box.objects.update(retry_at=None)
    advance(box.pk)
    assert all(row.is_in_place for row in Delegation.objects.all())
    assert set(of_box(door, box.address).senders) == {first.address, second.address}


def test_when_several_in_a_row_do_not_answer_the_rest_is_not_tried(
    door: Simulated, person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def silent(run: Run, someone: object) -> None:
        tried.append(someone.address)  # type: ignore[attr-defined]
        raise Unavailable("http.timeout")

    monkeypatch.setattr(access.members, "serve", silent)
    people = [person() for _ in range(MOST_SILENT + 2)]
    box = asked(*((one, Role.OWNER) for one in people))
    assert engine.advance(box.pk) is not None
    assert len(tried) == MOST_SILENT
    assert not Delegation.objects.exclude(trouble="").exists()


def test_no_more_mailboxes_stay_open_than_are_meant_to() -> None:
    opened: list[str] = []

    class Door:
        def mailbox(self, address: str) -> object:
            opened.append(address)
            return object()

    run = Run(Claim(Box, make_shared_box().pk, "me"), Door())  # type: ignore[arg-type]
    first = run.mailbox("a@b.fr")
    assert run.mailbox("a@b.fr") is first
    for number in range(OPEN_MAILBOXES):
        run.mailbox(f"{number}@b.fr")
    assert run.mailbox("a@b.fr") is not first
    assert len(opened) == OPEN_MAILBOXES + 2


def test_requests_for_each_delegation_are_few(
    door: Simulated, person, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send = zimbra_door.HttpTransport.func.send  # type: ignore[attr-defined]

    def counting(self: object, request: object) -> object:
        sent.append("")
        return send(self, request)

    people = [person() for _ in range(10)]
    monkeypatch.setattr(zimbra_door.HttpTransport.func, "send", counting)  # type: ignore[attr-defined]
    box = asked(*((one, Role.OWNER) for one in people))
    advance(box.pk)
    # Of the box: the administrator's sign-in, the account looked for and made, its token, folders; the tree, rights,
    # grants, rights given. Of each person: a token, folders and identities, the mounted folder, the identity.
    assert len(sent) <= 9 + 4 * len(people)
    sent.clear()
    other = asked(*((one, Role.READER) for one in people))
    advance(other.pk)
    assert len(sent) <= 9 + 2 * len(people)
    sent.clear()
    work.ask(box)
    advance(box.pk)
    assert len(sent) <= 5
