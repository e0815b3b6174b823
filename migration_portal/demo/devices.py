"""What the people of the demo read their mail with, and an application password that one of them made in Zimbra."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from accounts.models import Agent
from bascule import zimbra_door
from bascule.devices import inventory
from bascule.devices.inventory import Wishes
from boxes import uses

# Whose account the operator has not given the feature.
WITHOUT_PASSWORDS = "jean-noel.dijoux"

# Who has which devices, with those already set up again.
_DEVICES: tuple[tuple[str, Wishes, str], ...] = (
    (
        "anais.lebon",
        Wishes("thunderbird", "PC du bureau", version="128", protocol="imap", has_contacts=True, has_calendar=True),
        "",
    ),
    ("anais.lebon", Wishes("ios", "Mon iPhone", version="18", has_contacts=True, has_calendar=True), ""),
    ("anais.lebon", Wishes("outlook-new", "Portable de la maison"), "unused"),
    ("jean-noel.dijoux", Wishes("android-gmail", "Téléphone", has_calendar=True), ""),
    ("thierry.vitry", Wishes("thunderbird", "PC de la classe", version="115", protocol="pop"), ""),
    ("thierry.vitry", Wishes("android-thunderbird", "Téléphone personnel"), ""),
    ("yannick.payet", Wishes("thunderbird", "Poste de secrétariat", version="140", protocol="imap"), "done"),
    ("claire.robert", Wishes("thunderbird", "Ordinateur de la maison", version="old", protocol="pop"), ""),
    ("claire.robert", Wishes("android-samsung", "Mon Samsung", has_contacts=True, has_calendar=True), ""),
    ("gerard.assing", Wishes("outlook-classic", "PC de direction", version="new", protocol="imap"), ""),
)
_MADE_THERE = ("anais.lebon", "Ancienne tablette")


def furnish() -> None:
    """Note the devices as their owners would have, with the boxes they use on a computer."""
    for local_part, wishes, state in _DEVICES:
        agent = Agent.objects.get(address=f"{local_part}@{settings.MAIL_DOMAIN}")
        boxes = tuple(uses.noted(agent).values_list("pk", flat=True)) if wishes.program == "thunderbird" else ()
        device = inventory.add(agent=agent, wishes=replace(wishes, box_ids=boxes), by=agent)
        if state:
            inventory.mark(device=device, state=state, by=agent)
    local_part, name = _MADE_THERE
    with zimbra_door.mailbox_of(Agent.objects.get(address=f"{local_part}@{settings.MAIL_DOMAIN}")) as client:
        client.create_app_password(name)
