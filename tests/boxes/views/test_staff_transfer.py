from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from boxes.models import Box, CensusSheet, Delegation
from tests.boxes.views.test_staff import make_head, make_request, page, staff, text, told  # noqa: F401
from tests.factories import make_agent, make_box, make_entry, make_establishment, make_moved_agent, make_wave

pytestmark = pytest.mark.django_db


def test_a_wave_is_looked_at_confirmed_and_followed(client: Client, staff: Agent) -> None:  # noqa: F811
    wave = make_wave("first-degree", takes_boxes=True)
    place = make_establishment()
    make_head(place)
    goes = make_box(establishment=place, name="Direction")
    make_entry(goes, make_agent())
    make_request(goes)
    orphan = make_box(name="Orpheline")
    unneeded = make_box(establishment=place, name="Inutile", is_kept=False)
    assert wave.name in page(client, "staff_transfer")
    content = page(client, "staff_transfer", vague=wave.pk)
    assert "1</strong> boîte à transférer" in content
    assert "Non transférées (2)" in content
    assert "ni propriétaire désigné" in content
    assert "1</strong> personne sans compte" in content
    assert "Une boîte a un recensement qui n’est pas validé" in content
    CensusSheet.objects.create(establishment=place, state="validated")
    assert "pas validé" not in page(client, "staff_transfer", vague=wave.pk)
    assert not Box.objects.filter(transfer_asked_at__isnull=False).exists()
    answer = client.post(reverse("staff_transfer_start"), {"vague": wave.pk})
    assert answer.status_code == 302
    followed = f"{reverse('staff_transfer_progress')}?vague={wave.pk}"
    assert answer["Location"] == followed
    said = text(client.get(followed))
    assert "Transfert lancé pour 1 boîte." in said
    assert "2 boîtes non transférées" in said
    assert set(Box.objects.filter(transfer_asked_at__isnull=False)) == {goes}
    assert Delegation.objects.filter(box=goes).count() == 2
    said = told(client, "staff_transfer_start", vague=wave.pk)
    assert "2 boîtes non transférées" in said
    assert "Transfert lancé" not in said
    assert Delegation.objects.count() == 2
    for box in (orphan, unneeded):
        box.refresh_from_db()
        assert not box.is_shared


def test_boxes_are_chosen_by_establishment_or_one_by_one(client: Client, staff: Agent) -> None:  # noqa: F811
    place = make_establishment()
    make_head(place)
    first, second = make_box(establishment=place), make_box(establishment=place)
    content = page(client, "staff_transfer", etablissement=place.uai)
    assert "2</strong> boîtes à transférer" in content
    content = page(client, "staff_transfer", boite=[first.pk])
    assert "1 boîte choisie" in content
    assert second.address not in content
    client.post(reverse("staff_transfer_start"), {"boite": [first.pk]})
    assert set(Box.objects.filter(transfer_asked_at__isnull=False)) == {first}
    assert "Choisissez d’abord" in told(client, "staff_transfer_start")
    assert "1 boîte déjà transférée" in page(client, "staff_transfer", boite=[first.pk])


def test_progress_shows_trouble_and_retries(client: Client, staff: Agent) -> None:  # noqa: F811
    place = make_establishment()
    make_head(place)
    stuck, done = make_box(establishment=place), make_box(establishment=place)
    client.post(reverse("staff_transfer_start"), {"etablissement": place.uai})
    Box.objects.update(work_asked_at=None, transferred_at=timezone.now())
    Delegation.objects.update(applied_role="owner", mount_id="257")
    Delegation.objects.filter(box=stuck).update(trouble="mail.QUOTA_EXCEEDED")
    content = page(client, "staff_transfer_progress", etablissement=place.uai)
    assert "est pleine" in content
    assert "Relancer la boîte à débloquer" in content
    assert done.address not in page(client, "staff_transfer_progress", etablissement=place.uai, etat="trouble")
    lines = page(client, "staff_transfer_progress", etablissement=place.uai, format="csv").splitlines()
    assert [line.split(";")[3] for line in lines[1:]] == ['"À débloquer"', '"Terminée"']
    assert "1 boîte relancée." in told(client, "staff_transfer_retry", etablissement=place.uai)
    stuck.refresh_from_db()
    assert stuck.work_asked_at is not None
    assert not Delegation.objects.exclude(trouble="").exists()
    done.refresh_from_db()
    assert done.work_asked_at is None
    told(client, "staff_transfer_retry", etablissement=place.uai, relancer=done.pk)
    done.refresh_from_db()
    assert done.work_asked_at is not None
    other = make_box()
    answer = client.post(reverse("staff_transfer_retry"), {"etablissement": place.uai, "relancer": other.pk})
    assert answer.status_code == 404


def test_progress_goes_on_while_zimbra_is_at_it(client: Client, staff: Agent) -> None:  # noqa: F811
    place = make_establishment()
    make_head(place)
    make_box(establishment=place)
    client.post(reverse("staff_transfer_start"), {"etablissement": place.uai})
    address = f"{reverse('staff_transfer_progress')}?etablissement={place.uai}"
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert "hx-get" in text(fragment)
    assert "0 boîte sur 1" in text(fragment)
    Box.objects.update(work_asked_at=None, transferred_at=timezone.now())
    Delegation.objects.update(applied_role="owner", mount_id="257")
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "1 boîte sur 1" in page(client, "staff_transfer_progress", etablissement=place.uai)


def test_pages_do_not_ask_box_by_box(
    client: Client,
    staff: Agent,  # noqa: F811
    django_assert_max_num_queries,
) -> None:
    place = make_establishment()
    make_head(place)
    for _ in range(20):
        make_entry(make_box(establishment=place), make_moved_agent())
    with django_assert_max_num_queries(14):
        page(client, "staff_transfer", etablissement=place.uai)
    client.post(reverse("staff_transfer_start"), {"etablissement": place.uai})
    with django_assert_max_num_queries(14):
        page(client, "staff_transfer_progress", etablissement=place.uai)
