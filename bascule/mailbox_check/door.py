"""The one way to an IMAP server, by imapclient: connect, sign in for one person, list, read identifiers, subscribe.

For tasks only. Nothing of what a message says is asked for but the fields named in `digests`, and in `headers`, which
the person asked to see. Folders are opened read-only, so that nothing is marked as seen.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError
from imapclient.response_parser import parse_response

from accounts.models import Agent
from bascule.mailbox_check import digests, naming, tls_faults
from bascule.mailbox_check.access import AUTHZID, Server
from bascule.mailbox_check.columns import Columns
from bascule.mailbox_check.errors import (
    CheckError,
    DelegationRefused,
    FolderFault,
    ServerAway,
    Unusable,
    WrongPassword,
)

CONNECT_SECONDS = 15
# Messages of one FETCH: a line names each of them, and servers take lines of 8,000 bytes (RFC 2683, 3.2.1.5).
FETCH_MESSAGES = 800

_STATUS = ("MESSAGES", "UIDNEXT", "UIDVALIDITY")
_NO_MESSAGES = frozenset({"\\noselect", "\\nonexistent"})
# What a server says that turns a password down for another reason than the password (RFC 5530).
_NOT_NOW = (b"[UNAVAILABLE]", b"[INUSE]", b"[LIMIT]", b"[SERVERBUG]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder on the server's list. messages: None when it would not say."""

    name: naming.Name
    flags: tuple[str, ...]
    subscribed: bool
    messages: int | None

    @property
    def holds_messages(self) -> bool:
        return not _NO_MESSAGES.intersection(flag.lower() for flag in self.flags)


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as it is when it is opened. uid_next: messages that come later have at least that UID."""

    uid_validity: int
    uid_next: int
    messages: int


class Mailbox:
    """Signed in for one person; made by `opened`. requests: commands sent, sign-in included.

    Every method raises ServerAway when the connection is cut, FolderFault when the server says no.
    """

    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        self.requests = 0

    def listed(self) -> list[Listed]:
        """The person's own folders, with how many messages each holds; one command where the server can (RFC 5819)."""
        prefix, others = self._namespaces()
        found, subscribed, counts = self._list()
        told: list[Listed] = []
        for flags, delimiter, wire in found:
            text = naming.decoded(wire)
            lowered = {flag.lower() for flag in flags}
            if naming.VIRTUAL_FLAGS & lowered or any(text.startswith(other) for other in others):
                continue
            name = naming.named(wire, delimiter, prefix)
            is_subscribed = "\\subscribed" in lowered or wire in subscribed or name.path == (naming.INBOX,)
            one = Listed(name, flags, is_subscribed, counts.get(wire))
            if one.holds_messages and one.messages is None:
                one = Listed(name, flags, is_subscribed, self._count(wire))
            told.append(one)
        return told

    def open(self, wire: str) -> Opened:
        """Select the folder, read-only."""
        name = _sendable(wire.encode("latin-1"))
        found = self._ask(lambda: self._client.select_folder(name, readonly=True))
        return Opened(int(found.get(b"UIDVALIDITY", 0)), int(found.get(b"UIDNEXT", 0)), int(found.get(b"EXISTS", 0)))

    def uids(self, after: int, before: int) -> list[int]:
        """UIDs of the open folder that are above `after` and below `before` (0: no bound), in order."""
        last = str(before - 1) if before else "*"
        if before and before - 1 <= after:
            return []
        found = self._ask(lambda: self._client.search(["UID", f"{after + 1}:{last}"]))
        # "9:*" means the last message too when that is below 9.
        return sorted(uid for uid in found if uid > after)

    def read(self, uids: Sequence[int], key: bytes) -> Columns:
        """Digests, sizes and dates of those messages of the open folder; of what is gone meanwhile there is nothing."""
        fields = f"BODY.PEEK[HEADER.FIELDS ({digests.IDENTIFIER_FIELD})]"
        found = self._fetch(uids, ["RFC822.SIZE", "INTERNALDATE", fields])
        known: dict[int, int] = {}
        without: list[int] = []
        for uid, data in found.items():
            digest = digests.of_identifier(_header(data), key)
            if digest is None:
                without.append(uid)
            else:
                known[uid] = digest
        if without:
            others = self._fetch(without, [f"BODY.PEEK[HEADER.FIELDS ({' '.join(digests.OTHER_FIELDS)})]"])
            for uid in without:
                known[uid] = digests.of_others(_header(others.get(uid, {})), _size(found[uid]), key)
        columns = Columns()
        for uid in sorted(found):
            columns.add(uid, known[uid], _size(found[uid]), _seconds(found[uid].get(b"INTERNALDATE")))
        return columns

    def headers(self, uids: Sequence[int], fields: Sequence[str]) -> dict[int, bytes]:
        """Those fields of those messages of the open folder, as they stand there."""
        found = self._fetch(uids, [f"BODY.PEEK[HEADER.FIELDS ({' '.join(fields)})]"])
        return {uid: _header(data) for uid, data in found.items()}

    def subscribe(self, wire: str) -> None:
        name = _sendable(wire.encode("latin-1"))
        self._ask(lambda: self._client.subscribe_folder(name))

    # --- the wire ----------------------------------------------------------------------------------------------------

    def _ask(self, command: Callable[[], Any]) -> Any:
        self.requests += 1
        try:
            return command()
        except (IMAPClientAbortError, OSError, EOFError) as error:
            raise ServerAway from error
        except (ProtocolError, ValueError, LookupError) as error:
            raise Unusable from error
        except IMAPClientError as error:
            raise FolderFault from error

    def _fetch(self, uids: Sequence[int], data: list[str]) -> dict[int, dict[bytes, Any]]:
        """A message that the server cannot read makes it refuse all that were asked for with it: it is left out."""
        try:
            found: dict[int, dict[bytes, Any]] = self._ask(lambda: self._client.fetch(uids, data))
        except FolderFault:
            if len(uids) == 1:
                return {}
            half = len(uids) // 2
            return self._fetch(uids[:half], data) | self._fetch(uids[half:], data)
        return found

    def _namespaces(self) -> tuple[str, list[str]]:
        """The prefix of the person's own folders, and those of what belongs to others (RFC 2342)."""
        if not self._client.has_capability("NAMESPACE"):
            return "", []
        try:
            spaces = self._ask(self._client.namespace)
        except FolderFault:
            return "", []
        own = next((prefix for prefix, _ in spaces.personal or ()), "")
        others = [prefix for space in (spaces.other, spaces.shared) for prefix, _ in space or () if prefix]
        return own, others

    def _list(self) -> tuple[list[tuple[tuple[str, ...], str, bytes]], set[bytes], dict[bytes, int]]:
        if self._client.has_capability("LIST-STATUS"):
            return self._list_with_status()
        found = [_folder(row) for row in self._ask(self._client.list_folders)]
        subscribed = {_folder(row)[2] for row in self._ask(self._client.list_sub_folders)}
        return found, subscribed, {}

    def _list_with_status(self) -> tuple[list[tuple[tuple[str, ...], str, bytes]], set[bytes], dict[bytes, int]]:
        special = "SPECIAL-USE " if self._client.has_capability("SPECIAL-USE") else ""
        wanted = f"(SUBSCRIBED {special}STATUS ({' '.join(_STATUS)}))"
        # imapclient has no LIST with return options: its own imaplib connection sends it, and reads the answers.
        connection = self._client._imap

        def command() -> tuple[list[Any], list[Any]]:
            kind, data = connection._simple_command("LIST", '""', '"*"', "RETURN", wanted)
            if kind != "OK":
                raise IMAPClientError(str(data))
            return connection.response("LIST")[1], connection.response("STATUS")[1]

        rows, states = self._ask(command)
        found = [_folder(row) for row in self._client._proc_folder_list(rows)]
        counts: dict[bytes, int] = {}
        for name, values in _in_pairs(parse_response([row for row in states if row])):
            told = dict(zip(values[::2], values[1::2], strict=False))
            counts[_bytes(name)] = int(told.get(b"MESSAGES", 0))
        return found, set(), counts

    def _count(self, wire: bytes) -> int | None:
        try:
            name = _sendable(wire)
            return int(self._ask(lambda: self._client.folder_status(name, ["MESSAGES"]))[b"MESSAGES"])
        except FolderFault:
            return None


@contextmanager
def opened(server: Server, agent: Agent, password: str) -> Iterator[Mailbox]:
    """A connection signed in for `agent`: with `password`, or as the portal's own account where that is "".

    Raises ServerAway, NotEncrypted, WrongPassword, DelegationRefused, Unusable. One try: servers close accounts for
    a while after several wrong passwords.
    """
    client = _connected(server)
    try:
        mailbox = Mailbox(client)
        mailbox.requests += 1
        _sign_in(client, server, agent, password)
        yield mailbox
    finally:
        with suppress(IMAPClientError, OSError):
            client.logout()
        with suppress(IMAPClientError, OSError):
            client.shutdown()


def _connected(server: Server) -> IMAPClient:
    timeout = SocketTimeout(min(CONNECT_SECONDS, server.seconds), server.seconds)
    is_tls = server.security == "tls"
    try:
        context = None if server.security == "none" else ssl.create_default_context(cafile=server.ca_file or None)
        if context is not None and server.ca_file:
            context.load_default_certs()
        client = IMAPClient(server.host, server.port, ssl=is_tls, ssl_context=context, timeout=timeout)
        # imaplib notes every line it sends, passwords among them.
        client._imap.debug = 0
        client.folder_encode = False
        client.normalise_times = False
        if server.security == "starttls":
            client.starttls(context)
    except ssl.SSLError as error:
        raise tls_faults.explained(error, server.host) from error
    except (IMAPClientAbortError, OSError, EOFError) as error:
        raise ServerAway from error
    except IMAPClientError as error:
        raise Unusable from error
    return client


def _sign_in(client: IMAPClient, server: Server, agent: Agent, password: str) -> None:
    login = server.login_of(agent)
    refused: type[CheckError] = WrongPassword if password else DelegationRefused
    # NUL parts the fields of SASL PLAIN: no password holds one.
    if "\0" in password:
        raise WrongPassword
    as_whom = ""
    if not password:
        if server.master_form == AUTHZID:
            as_whom, login = login, server.master
        else:
            login = server.master_form.replace("{login}", login).replace("{master}", server.master)
        password = server.master_password
    try:
        if client.has_capability("AUTH=PLAIN") or as_whom:
            client.plain_login(login, password, as_whom)
        else:
            client.login(login, password)
    except LoginError as error:
        cause = error.__context__
        if isinstance(cause, IMAPClientAbortError):
            raise ServerAway from error
        if any(code in str(error).upper().encode() for code in _NOT_NOW):
            raise ServerAway from error
        raise refused from error
    except (IMAPClientAbortError, OSError, EOFError) as error:
        raise ServerAway from error
    except UnicodeEncodeError as error:
        raise refused from error
    except IMAPClientError as error:
        raise Unusable from error


def _sendable(wire: bytes) -> bytes:
    """Raises FolderFault for a name that cannot be sent between quotes (RFC 3501, 4.3)."""
    if any(byte < 0x20 or byte > 0x7E for byte in wire):
        raise FolderFault
    return wire


def _header(data: dict[bytes, Any]) -> bytes:
    """The fields that were asked for; servers write what was asked in more than one way."""
    for name, value in data.items():
        if name.startswith(b"BODY[HEADER.FIELDS"):
            return _bytes(value) if value is not None else b""
    return b""


def _size(data: dict[bytes, Any]) -> int:
    size = data.get(b"RFC822.SIZE", 0)
    return size if isinstance(size, int) else 0


def _seconds(date: object) -> int:
    return int(date.timestamp()) if isinstance(date, datetime) else 0


def _folder(row: tuple[Sequence[bytes], Any, Any]) -> tuple[tuple[str, ...], str, bytes]:
    flags, delimiter, name = row
    told = tuple(_bytes(flag).decode("latin-1") for flag in flags)
    return told, _bytes(delimiter).decode("latin-1") if delimiter is not None else "", _bytes(name)


def _bytes(value: object) -> bytes:
    """As it stood on the wire: names that are numbers come as such."""
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")


def _in_pairs(values: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    yield from zip(values[::2], values[1::2], strict=False)
