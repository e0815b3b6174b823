"""Reception of files, bounded while they stream in: what is too big is passed over, not stored and then judged."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from bascule import deposits

TOTAL_REFUSED = "L’envoi était trop volumineux : déposez moins de fichiers à la fois."


class BoundedUpload(FileUploadHandler):
    """Goes before the handlers that store. `refused` tells names and sentences of what was not let through.

    One file may have DEPOSIT_MAX_BYTES, a whole request DEPOSIT_ZIP_RATIO times that; beyond it the rest is not read.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[tuple[str, str]] = []
        self._size = self._total = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._size += len(raw_data)
        self._total += len(raw_data)
        name = deposits.shown_name(self.file_name or "")
        if self._total > settings.DEPOSIT_MAX_BYTES * settings.DEPOSIT_ZIP_RATIO:
            self.refused.append((name, TOTAL_REFUSED))
            raise StopUpload(connection_reset=True)
        if self._size > settings.DEPOSIT_MAX_BYTES:
            self.refused.append((name, deposits.too_big_sentence()))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
