"""Reception of files, bounded while they stream in: what is too big is passed over, not stored and then judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from bascule import deposits

DRAINED = 5
TOTAL_REFUSED = "L’envoi était trop volumineux : déposez moins de fichiers à la fois."


def max_request_bytes() -> int:
    """How much all files of one request may have together."""
    return int(settings.DEPOSIT_MAX_BYTES * settings.DEPOSIT_ZIP_RATIO)


class BoundedUpload(FileUploadHandler):
    """Goes before the handlers that store. `refused` tells names and sentences of what was not let through.

    One file may have DEPOSIT_MAX_BYTES, a whole request DEPOSIT_ZIP_RATIO times that; beyond it the rest is thrown
    away. A browser hears the refusal only once it has sent everything, so the rest of what somebody may have sent in
    good faith is waited for; a request of more than DRAINED times the bound is cut off.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[tuple[str, str]] = []
        self._size = self._total = self._announced = 0

    def handle_raw_input(
        self, input_data: Any, META: dict[str, str], content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self._announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._size += len(raw_data)
        self._total += len(raw_data)
        name = deposits.shown_name(self.file_name or "")
        bound = max_request_bytes()
        if self._total > bound:
            self.refused.append((name, TOTAL_REFUSED))
            raise StopUpload(connection_reset=self._announced > DRAINED * bound)
        if self._size > settings.DEPOSIT_MAX_BYTES:
            self.refused.append((name, deposits.too_big_sentence()))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def takes_files(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view whose files are bounded while they arrive; it gets the `BoundedUpload` as `handler`.

    The bound has to stand before anything reads the body, and the check of the token reads it. So the site's own check
    is left out for this view, and the same check is made here, once the bound stands.
    """
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        handler = BoundedUpload(request)
        request.upload_handlers.insert(0, handler)
        return checked(request, *args, handler=handler, **kwargs)

    return bounded
