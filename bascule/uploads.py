"""How much may be handed in for a deposit: one file DEPOSIT_MAX_BYTES, a request DEPOSIT_ZIP_RATIO times that."""

from __future__ import annotations

from django.conf import settings

from accounts import uploads
from accounts.uploads import BoundedUpload, Bounds
from bascule import deposits

__all__ = ["BoundedUpload", "bounds", "max_request_bytes", "takes_files"]


def max_request_bytes() -> int:
    """How much all files of one request may have together."""
    return int(settings.DEPOSIT_MAX_BYTES * settings.DEPOSIT_ZIP_RATIO)


def bounds() -> Bounds:
    return Bounds(settings.DEPOSIT_MAX_BYTES, max_request_bytes(), deposits.too_big_sentence())


takes_files = uploads.takes_files(bounds)
