"""`manage.py seed_demo`: the made-up academy, written once into an empty portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from migration_portal.demo import academy, devices, held_mail, mailboxes, shared_boxes


class Command(BaseCommand):
    help = "Fills an empty portal and the simulated Zimbra with made-up people, waves, exports and boxes."

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        new = not academy.is_filled()
        if new:
            academy.fill(today)
        academy.provision_zimbra()
        if new:
            academy.deposit_exports(today)
            mailboxes.furnish()
            shared_boxes.furnish()
            devices.furnish()
            held_mail.furnish()
