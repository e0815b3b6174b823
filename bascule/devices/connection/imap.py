"""The conversation with the server that messages are read from, over a connection that is already encrypted."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from bascule.devices.connection import signing_in
from bascule.devices.connection.faults import Fault

# What mail programs make use of: pushing, quota, moving messages in one step.
_WANTED = {"IDLE": "nouvelles en direct (IDLE)", "QUOTA": "place restante (QUOTA)", "MOVE": "déplacements (MOVE)"}
# RFC 6154, and the names that Zimbra gives these folders without saying what they are for.
_SPECIAL = {
    rb"\Sent": ("envoyés", {"sent"}),
    rb"\Drafts": ("brouillons", {"drafts"}),
    rb"\Trash": ("corbeille", {"trash"}),
    rb"\Junk": ("indésirables", {"junk"}),
}
_NOT_THERE = {rb"\Noselect", rb"\NonExistent"}
_NEARLY, _FULL = 90, 100

Given = TypeVar("Given")


class _Over(imaplib.IMAP4):
    """IMAP over a connection that is there."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._given = sock
        super().__init__("", 0)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        return self._given


class _Client(IMAPClient):
    def __init__(self, sock: ssl.SSLSocket, seconds: float) -> None:
        self._given = sock
        super().__init__("", 0, ssl=False, timeout=seconds)

    def _create_IMAP4(self) -> _Over:
        return _Over(self._given)


class Conversation:
    """One sign-in at most. Whatever goes wrong is raised as Fault."""

    def __init__(self, sock: ssl.SSLSocket, seconds: float) -> None:
        self._sock = sock
        self._client = self._greeted(seconds)
        self._folders: list[tuple[tuple[bytes, ...], bytes, Any]] | None = None

    def _greeted(self, seconds: float) -> Any:
        try:
            return _Client(self._sock, seconds)
        except TimeoutError as error:
            raise Fault("greeting.silent") from error
        except imaplib.IMAP4.abort as error:
            # Also raised for a first line that is not IMAP at all.
            raise Fault("greeting.strange" if "unexpected response" in str(error) else "lost") from error
        except imaplib.IMAP4.error as error:
            # It said something else than OK: "BYE" when it has no room, anything when it is no such server.
            raise Fault("greeting.busy" if "BYE" in str(error)[:20].upper() else "greeting.strange") from error
        except OSError as error:
            raise Fault("lost") from error

    def sign_in(self, address: str, password: str) -> dict[str, Any]:
        """Tried once, in the first of the ways the server knows."""

        def ask() -> dict[str, Any]:
            capabilities = self._client.capabilities()
            is_plain = b"AUTH=PLAIN" in capabilities
            if not is_plain and b"LOGINDISABLED" in capabilities:
                raise Fault("sign_in.no_way")
            way = self._client.plain_login if is_plain else self._client.login
            try:
                way(address, password)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise signing_in.fault(str(error), password) from None
            return {"way": "PLAIN" if is_plain else "LOGIN"}

        return self._asked(ask)

    def capabilities(self) -> dict[str, Any]:
        """Raises Fault capabilities.few, which is no more than a warning."""
        known = {one.decode("ascii", "replace").upper() for one in self._asked(self._client.capabilities)}
        missing = [label for name, label in _WANTED.items() if name not in known]
        if missing:
            raise Fault("capabilities.few", missing=missing)
        return {"count": len(known)}

    def quota(self) -> dict[str, Any]:
        """Octets used and allowed; {} when the server does not say. Raises Fault quota.full and quota.nearly."""

        def ask() -> list[Any]:
            if not self._client.has_capability("QUOTA"):
                return []
            return list(self._client.get_quota_root("INBOX")[1])

        for one in self._asked(ask):
            # In units of 1024 octets (RFC 9208).
            if one.resource.upper() == "STORAGE" and one.limit:
                percent = min(100 * one.usage // one.limit, 999)
                values = {"used": one.usage * 1024, "limit": one.limit * 1024, "percent": percent}
                if percent >= _NEARLY:
                    raise Fault("quota.full" if percent >= _FULL else "quota.nearly", **values)
                return values
        return {}

    def folders(self) -> dict[str, Any]:
        """How many there are, and which of the special ones. Raises Fault folders.missing."""
        found = self._listed()
        missing: list[str] = []
        special: list[str] = []
        for flag, (label, names) in _SPECIAL.items():
            there = any(flag in flags or str(name).casefold() in names for flags, _, name in found)
            (special if there else missing).append(label)
        if missing:
            raise Fault("folders.missing", missing=missing, count=len(found))
        return {"special": special, "count": len(found)}

    def subscriptions(self) -> dict[str, Any]:
        """How many folders there are, and how many of them programs do not show. Raises Fault subscriptions.some."""
        found = {str(name) for _, _, name in self._listed()}
        subscribed = {str(name) for _, _, name in self._asked(self._client.list_sub_folders)}
        hidden = len({name for name in found if name.upper() != "INBOX"} - subscribed)
        if hidden:
            raise Fault("subscriptions.some", hidden=hidden, count=len(found))
        return {"count": len(found)}

    def close(self) -> None:
        with suppress(IMAPClientError, OSError):
            self._client.logout()
        with suppress(OSError):
            self._sock.close()

    def _listed(self) -> list[tuple[tuple[bytes, ...], bytes, Any]]:
        if self._folders is None:
            found = self._asked(self._client.list_folders)
            self._folders = [one for one in found if not _NOT_THERE & set(one[0])]
        return self._folders

    def _asked(self, ask: Callable[[], Given]) -> Given:
        try:
            return ask()
        except TimeoutError as error:
            raise Fault("slow") from error
        except (IMAPClientAbortError, OSError) as error:
            raise Fault("lost") from error
        except (IMAPClientError, UnicodeError, ValueError) as error:
            raise Fault("strange") from error
