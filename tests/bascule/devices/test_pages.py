"""Mes appareils, page by page: what is shown to whom, what forms do, and the one page that shows a password."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, Notice
from bascule import checklist
from bascule.devices import inventory, making, password_look, passwords
from bascule.devices.inventory import Wishes
from bascule.models import AppPassword, Device, StepState
from boxes.models import Role
from tests.bascule.devices.conftest import SECRET, Account
from tests.factories import make_agent, make_shared_box
from tests.pages import parse, select, text
from zimbra.errors import NotOffered

pytestmark = pytest.mark.django_db
State = AppPassword.State


@pytest.fixture
def me(client: Client, person: Agent) -> Client:
    client.force_login(person)
    return client


def shown(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return text(parse(answer.content))


def ordered(client: Client, device: Device) -> AppPassword:
    answer = client.post(reverse("device_password", args=[device.pk]))
    row = AppPassword.objects.latest("pk")
    assert answer.url == reverse("app_password", args=[row.pk])
    return row


def test_device_is_noted_before_the_move_and_the_step_marked(client: Client) -> None:
    agent = make_agent()
    client.force_login(agent)
    assert "Quel est votre premier appareil" in shown(client, "devices")
    form = {"programme": "thunderbird", "name": "PC du bureau", "protocol": "pop", "has_mail": "on"}
    answer = client.post(reverse("device_new"), form, follow=True)
    told = text(parse(answer.content))
    assert "« PC du bureau » est noté." in told
    assert "ses anciens messages ne sont que sur cet ordinateur" in told
    assert "La liste est complète" in told
    device = Device.objects.get()
    assert "Rien à changer pour l’instant" in shown(client, "device", device.pk)
    assert not select(parse(client.get(reverse("device", args=[device.pk])).content), "#password-title")
    told = shown(client, "step", "note-devices")
    assert "PC du bureau" in told


def test_form_says_what_is_wrong(me: Client, device: Device) -> None:
    for fields, sentence in (
        ({"name": "Autre"}, "Cochez au moins"),
        ({"name": "mon IPHONE", "has_mail": "on"}, "Vous avez déjà un appareil de ce nom"),
        ({"name": "x" * 61, "has_mail": "on"}, "plus de 60 caractères"),
    ):
        answer = me.post(reverse("device_new"), {"programme": "ios", **fields})
        assert answer.status_code == 422
        assert sentence in text(parse(answer.content))
    assert me.get(reverse("device_new"), {"programme": "nothing"}).status_code == 404
    assert me.post(reverse("device_new"), {"programme": "ios\0"}).status_code == 404
    nul = me.post(reverse("device_new"), {"programme": "ios", "name": "a\0b", "has_mail": "on"})
    assert nul.status_code in {302, 422}


def test_device_shows_its_settings_its_steps_and_its_boxes(me: Client, person: Agent, settings) -> None:
    settings.CLIENT_IMAP_HOST, settings.CLIENT_SYNC_HOST = "imap.test", "sync.test"
    box = make_shared_box((person, Role.MEMBER), address="ce@ac-reunion.fr")
    wishes = Wishes("thunderbird", "PC", has_calendar=True, box_ids=(box.pk,))
    device = inventory.add(agent=person, wishes=wishes, by=person)
    content = parse(me.get(reverse("device", args=[device.pk])).content)
    values = text(content, "section[aria-labelledby=values-title]")
    assert "imap.test" in values
    assert "https://sync.test/dav/ce@ac-reunion.fr/Calendar" in values
    ids = [one.get("id") for one in select(content, "[id]")]
    assert len(ids) == len(set(ids))
    copied = {one.get("data-copy") for one in select(content, "[data-copy]")}
    assert copied <= set(ids)
    assert select(content, "#etape-box-calendars")


def test_steps_are_ticked_by_a_form_or_by_htmx(me: Client, device: Device) -> None:
    address = reverse("device_tick", args=[device.pk])
    answer = me.post(address, {"etape": "remove", "fait": "1"})
    assert answer.url == reverse("device", args=[device.pk]) + "#etape-remove"
    content = parse(me.get(reverse("device", args=[device.pk])).content)
    assert "device-step--done" in select(content, "#etape-remove")[0].get("class")
    assert text(content, "#guide-progress").startswith("1 sur ")
    answer = me.post(address, {"etape": "remove", "fait": "0"}, headers={"HX-Request": "true"})
    assert b'id="etape-remove"' in answer.content
    assert b"hx-swap-oob" in answer.content
    assert me.post(address, {"etape": "nothing", "fait": "1"}).status_code == 404


def test_last_device_done_proposes_the_step(me: Client, person: Agent, device: Device) -> None:
    offer = "Tous vos appareils sont réglés"
    assert offer not in shown(me, "devices")
    answer = me.post(reverse("device_state", args=[device.pk]), {"state": "done"}, follow=True)
    content = parse(answer.content)
    assert offer in text(content)
    (form,) = select(content, f"form[action={reverse('step_state', args=['reconfigure-devices'])}]")
    fields = {one.get("name"): one.get("value") for one in select(form, "input[type=hidden]")}
    me.post(form.get("action"), fields)
    assert StepState.objects.get(agent=person, step="reconfigure-devices").state == "done"
    assert offer not in shown(me, "devices")
    assert me.post(reverse("device_state", args=[device.pk]), {"state": "nonsense"}).status_code == 404


def test_password_is_shown_once_in_the_browser_that_asked(
    me: Client, person: Agent, device: Device, account: Account
) -> None:
    row = ordered(me, device)
    key = me.cookies[f"once-{row.pk}"]
    assert key["httponly"]
    assert (key["samesite"], key["path"]) == ("Strict", reverse("app_password", args=[row.pk]))
    waiting = me.get(reverse("app_password", args=[row.pk]), headers={"HX-Request": "true"})
    assert waiting.status_code == 204
    making.make(row.pk)
    told = shown(me, "app_password", row.pk)
    assert "Il est prêt" in told
    assert SECRET not in told
    address = reverse("app_password_show", args=[row.pk])
    assert me.get(address).status_code == 405
    # Another browser, the same person: nothing is shown, nothing is lost.
    elsewhere = Client()
    elsewhere.force_login(person)
    assert "que dans le navigateur" in text(parse(elsewhere.post(address, follow=True).content))
    answer = me.post(address)
    content = parse(answer.content)
    (secret,) = select(content, "#secret")
    assert secret.text_content() == SECRET
    assert [one.text_content() for one in select(secret, "span")] == ["ABCD", "EFGH", "IJKL", "MNOP"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert me.cookies[f"once-{row.pk}"].value == ""
    again = me.post(address, follow=True)
    assert "a déjà été affiché" in text(parse(again.content))
    assert SECRET not in again.content.decode()
    assert SECRET not in shown(me, "app_password", row.pk)


def test_feature_switched_off_is_told_with_the_way_by_hand(me: Client, device: Device, account: Account) -> None:
    account.lists = NotOffered("service.UNKNOWN_DOCUMENT")
    row = ordered(me, device)
    making.make(row.pk)
    told = shown(me, "app_password", row.pk)
    assert "cette fonction est fermée pour votre compte" in told
    assert "Paramétrage Thunderbird & mobile" in told
    password_look.look_for(device.agent)
    password_look.look(device.agent.pk)
    assert "Paramétrage Thunderbird & mobile" in shown(me, "app_passwords")


def test_list_has_those_made_elsewhere_and_revokes_after_asking(
    me: Client, person: Agent, device: Device, account: Account
) -> None:
    account.names = ["Tablette d’avant"]
    making.make(ordered(me, device).pk)
    password_look.look_for(person)
    password_look.look(person.pk)
    told = shown(me, "app_passwords")
    assert "2 mots de passe sur 25 possibles" in told
    assert "Créé hors du portail" in told
    query = {"nom": "Tablette d’avant"}
    assert "Révoquer « Tablette d’avant »" in text(parse(me.get(reverse("app_password_revoke"), query).content))
    assert account.names == ["Tablette d’avant", "Mon iPhone"]
    me.post(reverse("app_password_revoke"), query)
    making.revoke(AppPassword.objects.get(state=State.REVOKING).pk)
    assert account.names == ["Mon iPhone"]
    assert me.get(reverse("app_password_revoke"), {"nom": "Rien"}).status_code == 404
    assert me.post(reverse("app_password_revoke"), {"nom": "Rien\0"}).status_code == 404


def test_one_never_shown_is_told_on_every_page_of_devices(me: Client, device: Device, account: Account) -> None:
    row = ordered(me, device)
    making.make(row.pk)
    AppPassword.objects.update(until=row.ordered_at)
    passwords.expire()
    for told in (
        shown(me, "devices"),
        shown(me, "device", device.pk),
        shown(me, "app_passwords"),
        shown(me, "app_password", row.pk),
    ):
        assert "amais affiché" in told or "sans que personne ne l’ait vu" in told
        assert "évoquer" in told
    assert Notice.objects.filter(title__contains="jamais été affiché").count() == 1


def test_removing_a_device_asks_about_its_password(me: Client, device: Device, account: Account) -> None:
    making.make(ordered(me, device).pk)
    assert "Et son mot de passe d’application" in shown(me, "device_delete", device.pk)
    me.post(reverse("device_delete", args=[device.pk]), {"mots-de-passe": "revoquer"})
    assert not Device.objects.exists()
    assert AppPassword.objects.get().state == State.REVOKING


def test_nobody_sees_the_devices_of_others(client: Client, device: Device) -> None:
    client.force_login(make_agent(is_staff=True))
    assert client.get(reverse("device", args=[device.pk])).status_code == 404
    assert "Mon iPhone" not in shown(client, "devices")


def test_help_desk_sees_the_inventory_and_no_more(client: Client, person: Agent, device: Device) -> None:
    inventory.tick(device=device, step="remove", done=True, by=person)
    checklist.save_note(agent=person, step="note-devices", text="code du téléphone", by=person)
    client.force_login(make_agent(is_staff=True))
    content = parse(client.get(reverse("help_desk_agent", args=[person.pk])).content)
    told = text(content, "#appareils")
    assert "Mon iPhone" in told
    assert "Mail sur iPhone ou iPad" in told
    assert "À refaire" in told
    assert "code du téléphone" not in text(content)


def test_pages_cost_as_much_whatever_there_is(
    me: Client, person: Agent, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    for number in range(10):
        inventory.add(agent=person, wishes=Wishes("ios", f"Appareil {number}"), by=person)
    with django_assert_max_num_queries(12):
        me.get(reverse("devices"))
    with django_assert_max_num_queries(18):
        me.get(reverse("device", args=[Device.objects.all()[0].pk]))
