"""`manage.py prepare_static`: collectstatic, left out when no source file has changed since the last time."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Collects, hashes and compresses the static files if any of them changed."

    def handle(self, *args: Any, **options: Any) -> None:
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
        stamp = settings.STATIC_ROOT / ".stamp"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        call_command("collectstatic", "--no-input", "--clear", verbosity=0)
        stamp.write_text(digest.hexdigest())
