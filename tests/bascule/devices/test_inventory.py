"""A person's devices: noted, changed, removed, marked, by that person alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError

from accounts.models import Agent, JournalEntry
from accounts.sentences import sentence
from bascule.devices import inventory, listing
from bascule.devices.inventory import Wishes
from bascule.models import AppPassword, Device
from boxes.models import Role
from tests.each import each
from tests.factories import make_agent, make_box, make_shared_box

pytestmark = pytest.mark.django_db

WISHES = Wishes("thunderbird", "PC du bureau", version="128", protocol="pop", has_calendar=True)


def note(agent: Agent, wishes: Wishes = WISHES) -> Device:
    return inventory.add(agent=agent, wishes=wishes, by=agent)


def test_device_is_kept_as_it_was_said() -> None:
    agent = make_agent()
    mine, other = make_shared_box((agent, Role.MEMBER)), make_box()
    device = note(agent, replace(WISHES, box_ids=(mine.pk, other.pk)))
    assert (device.kind, device.version, device.protocol, device.state) == ("thunderbird", "128", "pop", "to_do")
    assert list(device.boxes.all()) == [mine]
    (shown,) = listing.shown([device])
    assert shown.facts == "Thunderbird · version 128 à 139 · POP · messages et calendrier"
    assert shown.is_pop


def test_what_a_program_does_not_know_is_left_out() -> None:
    device = note(make_agent(), Wishes("outlook-new", "", version="128", protocol="pop", has_contacts=True))
    assert (device.name, device.version, device.protocol) == ("Nouvel Outlook de mon ordinateur", "", "")
    assert not device.has_contacts
    with pytest.raises(KeyError):
        note(make_agent(), Wishes("nothing-like-it", "x"))


@each(("typed", "kept"), [("  Mon \t iPhone\n", "Mon iPhone"), ("a\0b", "a b"), ("é" * 70, "é" * 60), (" ", "")])
def test_name_is_one_line(typed: str, kept: str) -> None:
    assert inventory.clean_name(typed) == kept


def test_two_devices_of_one_name_are_not_told_apart() -> None:
    agent = make_agent()
    first = note(agent)
    with pytest.raises(inventory.NameTaken):
        note(agent, replace(WISHES, name="pc DU bureau"))
    other = note(agent, replace(WISHES, name="Portable"))
    with pytest.raises(inventory.NameTaken):
        inventory.change(device=other, wishes=WISHES, by=agent)
    with pytest.raises(IntegrityError):
        Device.objects.create(agent=agent, kind="other", name="PC DU BUREAU")
    assert first.pk


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MOST_DEVICES", 2)
    agent = make_agent()
    note(agent)
    note(agent, replace(WISHES, name="Deux"))
    with pytest.raises(inventory.TooMany):
        note(agent, replace(WISHES, name="Trois"))
    note(make_agent())


def test_only_their_owner_writes() -> None:
    device, staff = note(make_agent()), make_agent(is_staff=True)
    for attempt in (
        lambda: inventory.add(agent=device.agent, wishes=WISHES, by=staff),
        lambda: inventory.change(device=device, wishes=WISHES, by=staff),
        lambda: inventory.remove(device=device, by=staff),
        lambda: inventory.mark(device=device, state="unused", by=staff),
        lambda: inventory.tick(device=device, step="password", done=True, by=staff),
    ):
        with pytest.raises(inventory.NotYours):
            attempt()
    assert Device.objects.get().state == "to_do"


def test_set_up_only_after_the_move(person: Agent) -> None:
    waiting = note(make_agent())
    with pytest.raises(inventory.NotMoved):
        inventory.mark(device=waiting, state="done", by=waiting.agent)
    inventory.mark(device=waiting, state="unused", by=waiting.agent)
    device = note(person)
    for state in ("done", "to_do", "unused", "done"):
        inventory.mark(device=device, state=state, by=person)
        assert Device.objects.get(pk=device.pk).state == state
    with pytest.raises(ValueError, match="nonsense"):
        inventory.mark(device=device, state="nonsense", by=person)


def test_another_program_begins_anew(person: Agent) -> None:
    device = note(person)
    inventory.tick(device=device, step="password", done=True, by=person)
    inventory.mark(device=device, state="done", by=person)
    inventory.change(device=device, wishes=replace(WISHES, protocol="imap"), by=person)
    device.refresh_from_db()
    assert (device.ticked, device.state) == (["password"], "done")
    inventory.change(device=device, wishes=Wishes("outlook-classic", "PC du bureau"), by=person)
    device.refresh_from_db()
    assert (device.ticked, device.state, device.kind) == ([], "to_do", "computer")


def test_steps_are_ticked_once_and_taken_back(person: Agent) -> None:
    device = note(person)
    for done, kept in ((True, ["password"]), (True, ["password"]), (False, []), (False, [])):
        inventory.tick(device=device, step="password", done=done, by=person)
        device.refresh_from_db()
        assert device.ticked == kept
    with pytest.raises(KeyError):
        inventory.tick(device=device, step="exchange", done=True, by=person)


def test_removed_device_leaves_its_passwords(person: Agent) -> None:
    device = note(person)
    AppPassword.objects.create(agent=person, device=device, name="PC du bureau", state="shown")
    inventory.remove(device=device, by=person)
    assert AppPassword.objects.get().device is None


def test_journal_tells_each_change(person: Agent) -> None:
    device = note(person)
    inventory.mark(device=device, state="done", by=person)
    inventory.mark(device=device, state="done", by=person)
    inventory.remove(device=device, by=person)
    assert [sentence(entry) for entry in JournalEntry.objects.order_by("pk")] == [
        "a noté l’appareil « PC du bureau »",
        "a noté que l’appareil « PC du bureau » est réglé",
        "a retiré l’appareil « PC du bureau » de sa liste",
    ]


def test_list_is_searched_filtered_and_sorted(person: Agent) -> None:
    for name, program in (("Zoé", "ios"), ("Éric", "thunderbird"), ("Atelier", "thunderbird")):
        note(person, Wishes(program, name))
    inventory.mark(device=person.devices.get(name="Zoé"), state="done", by=person)
    found = list(inventory.of_agent(person))

    def names(**asked: str) -> list[str]:
        return [one.name for one in inventory.chosen(found, **asked)]

    assert names() == ["Zoé", "Éric", "Atelier"]
    assert names(sort="nom") == ["Atelier", "Éric", "Zoé"]
    assert names(sort="etat") == ["Éric", "Atelier", "Zoé"]
    assert names(wanted="eric") == ["Éric"]
    assert names(wanted="THUNDER") == ["Éric", "Atelier"]
    assert names(state="done") == ["Zoé"]
    standing = inventory.standing(found)
    assert (standing.total, standing.done, standing.left, standing.is_over) == (3, 1, 2, False)
