"""`manage.py reconcile_boxes` on a simulated Zimbra."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command

from accounts.models import Agent, JournalEntry, Notice
from boxes.models import (
    Box,
    BoxCheck,
    BoxFinding,
    BoxIdentity,
    BoxShare,
    Delegation,
)
from tests.boxes.reconciled import Standing, make_standing
from tests.boxes.sync.held import of_box, of_person
from tests.simulated import Simulated

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing(door: Simulated, person: Callable[..., Agent]) -> Standing:
    return make_standing(door, person)


def run(*options: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = StringIO()
    code: object = 0
    try:
        call_command("reconcile_boxes", *options, stdout=out)
    except SystemExit as end:
        code = end.code
    return int(str(code)), out.getvalue()


def dump() -> str:
    models = (Box, Delegation, BoxIdentity, BoxShare, BoxFinding, BoxCheck, JournalEntry, Notice)
    return "".join(serializers.serialize("json", model.objects.order_by("pk")) for model in models)


def held(standing: Standing) -> tuple[object, ...]:
    people = (standing.owner, standing.member, standing.reader)
    address = standing.box.address
    return (of_box(standing.door, address), *(of_person(standing.door, one.address) for one in people))


def upset(standing: Standing, stranger: str) -> None:
    """Access changed, given and taken in Zimbra, a mailbox emptied, a folder shared, and a row of ours left undone."""
    with standing.as_box() as client:
        client.grant("1", standing.member.address, "r")
        client.revoke("1", standing.reader.address)
        client.grant("1", stranger, "rwidx")
        client.grant_right("sendAs", stranger)
        client.grant(client.create_folder("Direction").id, stranger, "r")
    with standing.mailbox(standing.member.address) as client:
        [link] = client.folders().mountpoints()
        client.remove_mountpoint(link.id)
        [identity] = [one for one in client.identities() if not one.is_default]
        client.delete_identity(identity.id)
    Delegation.objects.filter(box=standing.box, agent=standing.owner).update(
        applied_role="", trouble="service.PERM_DENIED"
    )


SUM = "1 boîte : 0 écart en suspens, 0 remis en ordre, 0 boîte pas regardée.\n"


def test_command_when_all_is_in_line(standing: Standing) -> None:
    assert run() == (0, f"{standing.box.address} : rien à signaler.\n{SUM}")


@pytest.mark.parametrize("options", [("--json",), ("--restore",)])
def test_command_dry_run_writes_nothing(
    standing: Standing, person: Callable[..., Agent], options: tuple[str, ...]
) -> None:
    upset(standing, person().address)
    rows, zimbra = dump(), held(standing)
    code, out = run("--dry-run", *options)
    assert code == 1
    assert standing.reader.address in out
    assert (dump(), held(standing)) == (rows, zimbra)


def test_command_mends_what_is_ours_and_reports_the_rest(standing: Standing, person: Callable[..., Agent]) -> None:
    stranger = person()
    upset(standing, stranger.address)
    code, out = run("--box", standing.box.address.upper())
    assert code == 1
    assert "accès pas en place" in out
    assert "[remis en ordre]" in out
    assert f"{stranger.address} a accès à la boîte dans Zimbra sans que le portail l’ait donné" in out
    assert standing.row(standing.owner).is_in_place
    grants = of_box(standing.door, standing.box.address).grants
    # Reported, not overwritten; and the member is let into the folder that the share had closed once it is known.
    assert grants["/"][standing.member.address] == "r"
    assert standing.reader.address not in grants["/"]
    assert stranger.address in grants["/"]
    assert standing.owner.address in grants["/Direction"]
    again, told = run("--box", standing.box.address)
    assert again == 1
    assert "remis en ordre]" not in told


def test_command_restore_puts_everything_back(standing: Standing, person: Callable[..., Agent]) -> None:
    before = held(standing)
    stranger = person()
    upset(standing, stranger.address)
    code, out = run("--restore")
    assert code == 0, out
    root, *people = held(standing)
    assert root.grants["/"] == before[0].grants["/"]
    assert root.senders == before[0].senders
    assert stranger.address not in root.grants["/Direction"]
    assert people == list(before[1:])
    assert run() == (0, f"{standing.box.address} : rien à signaler.\n{SUM}")


def test_command_after_a_restored_backup(standing: Standing) -> None:
    before = held(standing)
    with standing.door.admin() as admin:
        admin.delete_account(standing.box.zimbra_id)
        admin.create_account(standing.box.address, "restored-from-an-old-backup")
    assert run()[0] == 1
    code, out = run("--restore")
    assert code == 0, out
    after = held(standing)
    assert after[0] == before[0]
    assert [one.paths for one in after[1:]] == [one.paths for one in before[1:]]


def test_command_json(standing: Standing) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
    code, out = run("--json")
    [report] = json.loads(out)
    assert code == 1
    assert report["box"] == standing.box.address
    assert [(one["kind"], one["grantee"], one["state"]) for one in report["found"]] == [
        ("grant_missing", standing.reader.address, "open")
    ]


def test_command_in_trouble(standing: Standing) -> None:
    for options in ((), ("--dry-run",)):
        with standing.door.disturbed(mode="down"):
            code, out = run(*options)
        assert code == 2
        assert "pas regardée (" in out


def test_command_for_a_box_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="nulle@academie") as raised:
        run("--box", "nulle@academie.example")
    assert raised.value.returncode == 2


def test_command_without_boxes() -> None:
    assert run()[0] == 0
