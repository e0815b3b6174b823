"""Where a message waits for the page that shows it: in the person's own browser, or sealed.

Messages name what people named: rules, signatures, files. Django keeps what is too long for a cookie in the session,
which stands in the database in clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from accounts import sealing


class SealedSessionStorage(SessionStorage):
    """As Django's; messages that can no longer be opened are dropped."""

    def serialize_messages(self, messages: Sequence[Any]) -> str:
        return sealing.seal(super().serialize_messages(messages).encode()).decode()

    def deserialize_messages(self, data: Any) -> Any:
        if not data:
            return data
        try:
            opened = sealing.unseal(str(data).encode()).decode()
        except sealing.CannotOpen:
            return []
        return super().deserialize_messages(opened)


class MessageStorage(FallbackStorage):
    """For the setting MESSAGE_STORAGE."""

    storage_classes = (CookieStorage, SealedSessionStorage)
