"""Reception of files, bounded while they stream in: what is too big is passed over, not stored and then judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

DRAINED = 5


@dataclass(frozen=True)
class Bounds:
    """How many bytes one file, and all files of one request together, may have; what is said in French of more."""

    file_bytes: int
    request_bytes: int
    file_refused: str
    request_refused: str = "L’envoi était trop volumineux : déposez moins de fichiers à la fois."


def shown_name(name: str) -> str:
    """A file name fit for a page and a download: one line, no path, at most 255 characters, its end kept."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = " ".join("".join(c if c.isprintable() else " " for c in last).split()) or "fichier"
    return clean if len(clean) <= 255 else clean[:200] + "…" + clean[-54:]


class BoundedUpload(FileUploadHandler):
    """Goes before the handlers that store. `refused` tells names and sentences of what was not let through.

    Beyond the bounds the rest is thrown away. A browser hears the refusal only once it has sent everything, so the
    rest of what somebody may have sent in good faith is waited for; a request of more than DRAINED times the bound is
    cut off.
    """

    def __init__(self, request: HttpRequest | None, bounds: Bounds) -> None:
        super().__init__(request)
        self.bounds = bounds
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
        name = shown_name(self.file_name or "")
        bound = self.bounds.request_bytes
        if self._total > bound:
            self.refused.append((name, self.bounds.request_refused))
            raise StopUpload(connection_reset=self._announced > DRAINED * bound)
        if self._size > self.bounds.file_bytes:
            self.refused.append((name, self.bounds.file_refused))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def takes_files(
    bounds: Callable[[], Bounds],
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view whose files are bounded while they arrive; it gets the `BoundedUpload` as `handler`.

    bounds: asked with each request. They have to stand before anything reads the body, and the check of the token
    reads it. So the site's own check is left out for this view, and the same check is made here, once they stand.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        checked = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            handler = BoundedUpload(request, bounds())
            request.upload_handlers.insert(0, handler)
            return checked(request, *args, handler=handler, **kwargs)

        return bounded

    return decorate
