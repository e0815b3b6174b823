"""The Apple profile downloaded, and the settings opened on a telephone by a code."""

from __future__ import annotations

import plistlib
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule.devices import qr
from bascule.models import Device, DeviceLink
from tests.factories import make_agent, make_moved_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Agent:
    return make_moved_agent("marie.payet@ac-reunion.fr")


@pytest.fixture
def device(agent: Agent) -> Device:
    return Device.objects.create(agent=agent, kind="apple", name="iPhone", program="ios")


def payloads(content: bytes) -> list[str]:
    return [one["PayloadType"] for one in plistlib.loads(content)["PayloadContent"]]


def test_the_profile_sets_up_what_was_ticked(client: Client, agent: Agent, device: Device) -> None:
    client.force_login(agent)
    address = reverse("device_profile", args=[device.pk])
    assert "Télécharger le profil" in client.get(address).content.decode()
    answer = client.get(address, {"telecharger": "oui", "partie": ["messages", "agenda"]})
    assert answer["Content-Type"] == "application/x-apple-aspen-config"
    assert ".mobileconfig" in answer["Content-Disposition"]
    assert payloads(answer.content) == ["com.apple.mail.managed", "com.apple.caldav.account"]
    answer = client.get(address, {"telecharger": "oui", "partie": "messages", "forme": "exchange"})
    assert payloads(answer.content) == ["com.apple.eas.account"]
    assert client.get(address, {"telecharger": "oui"}).status_code == 302


def opened_at(client: Client, device: Device) -> str:
    page = client.post(reverse("device_qr", args=[device.pk])).content.decode()
    assert "<svg" in page
    found = re.search(r'id="address" value="http://[^/]+([^"]+)"', page)
    assert found
    return found[1]


def test_a_code_opens_settings_and_profile_without_a_sign_in(client: Client, agent: Agent, device: Device) -> None:
    client.force_login(agent)
    address = opened_at(client, device)
    telephone = Client()
    page = telephone.get(address).content.decode()
    assert "imap.education.gouv.fr" in page
    assert "marie.payet@ac-reunion.fr" in page
    assert "com.apple.mail.managed" in payloads(telephone.get(address, {"profil": "oui"}).content)


def test_a_new_code_closes_the_one_before(client: Client, agent: Agent, device: Device) -> None:
    client.force_login(agent)
    first, second = opened_at(client, device), opened_at(client, device)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    client.post(reverse("device_qr", args=[device.pk]), {"fermer": "oui"})
    assert Client().get(second).status_code == 404
    assert "plus valable" in Client().get(second).content.decode()


def test_a_code_ends_with_its_time_or_with_its_person(agent: Agent, device: Device) -> None:
    _, token = qr.make(device=device, by=agent)
    assert qr.opened(token) == device
    with pytest.raises(qr.LinkGone):
        qr.opened(token, timezone.now() + qr.LASTS + timedelta(seconds=1))
    with pytest.raises(qr.LinkGone):
        qr.opened(token[:-2] + "xx")
    agent.is_active = False
    agent.save()
    with pytest.raises(qr.LinkGone):
        qr.opened(token)


def test_a_code_is_for_ones_own_device(client: Client, device: Device) -> None:
    stranger = make_agent()
    with pytest.raises(PermissionError):
        qr.make(device=device, by=stranger)
    with pytest.raises(PermissionError):
        qr.close(device=device, by=stranger)
    client.force_login(stranger)
    assert client.post(reverse("device_qr", args=[device.pk])).status_code == 404
    assert not DeviceLink.objects.exists()
