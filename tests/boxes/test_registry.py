from __future__ import annotations

import pytest

from accounts.models import JournalEntry
from boxes import registry
from boxes.models import Box
from tests.factories import make_agent, make_box, make_establishment

pytestmark = pytest.mark.django_db


def test_create_is_for_staff() -> None:
    with pytest.raises(registry.NotStaff):
        registry.create(address="accueil", name="Accueil", establishment=None, by=make_agent())
    assert not Box.objects.exists()


def test_create_twice_is_told() -> None:
    staff, place = make_agent(is_staff=True), make_establishment()
    box = registry.create(address="Accueil@AC-Reunion.fr", name="Accueil", establishment=place, by=staff)
    assert (box.address, box.origin) == ("accueil@ac-reunion.fr", Box.Origin.DIRECTORY)
    with pytest.raises(registry.AlreadyListed):
        registry.create(address="accueil", name="Autre", establishment=None, by=staff)
    assert JournalEntry.objects.filter(action="box.registered", target=f"box:{box.pk}").count() == 1


def test_change_is_for_staff_and_the_same_again_writes_nothing() -> None:
    box = make_box(name="Accueil")
    with pytest.raises(registry.NotStaff):
        registry.change(box=box, name="Autre", establishment=None, by=make_agent())
    staff = make_agent(is_staff=True)
    registry.change(box=box, name="  Accueil ", establishment=None, by=staff)
    assert not JournalEntry.objects.exists()
    with pytest.raises(registry.NoName):
        registry.change(box=box, name="\0 ", establishment=None, by=staff)
    registry.change(box=box, name="x" * 300, establishment=None, by=staff)
    box.refresh_from_db()
    assert len(box.name) == registry.NAME_MAX_CHARACTERS
