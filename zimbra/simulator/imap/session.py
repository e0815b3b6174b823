"""One IMAP connection: reading commands and answering them, who is signed in, what is selected.

Beyond RFC 3501: ID, NAMESPACE, LITERAL+, SASL-IR, IDLE, UIDPLUS, MOVE, UNSELECT, CHILDREN, LIST-EXTENDED,
LIST-STATUS, SPECIAL-USE, QUOTA, ENABLE, CONDSTORE, ESEARCH, WITHIN.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from zimbra.simulator.call import NeedsWriting, Service, Unit
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.imap import names
from zimbra.simulator.imap.grammar import BadSyntax, Scanner
from zimbra.simulator.imap.view import View
from zimbra.simulator.listeners import Listeners
from zimbra.simulator.store import accounts, app_passwords
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import MailboxMissing
from zimbra.simulator.tokens import Caller

log = logging.getLogger("zimbra.simulator")

CAPABILITIES = (
    b"IMAP4rev1 LITERAL+ SASL-IR ID NAMESPACE IDLE UIDPLUS MOVE UNSELECT CHILDREN LIST-EXTENDED LIST-STATUS"
    b" SPECIAL-USE QUOTA ENABLE CONDSTORE ESEARCH WITHIN AUTH=PLAIN"
)
# A line may name each of 100,000 messages.
MAX_LINE = 1024 * 1024
MAX_LITERAL = 256 * 1024
MAX_MESSAGE = 64 * 1024 * 1024
# Before somebody has signed in there is nothing long to say.
MAX_ANONYMOUS = 8 * 1024
MAX_MISTAKES = 20
ANONYMOUS_SECONDS = 60
IDLE_SECONDS = 30 * 60
WRITE_SECONDS = 120
POLL_SECONDS = 0.2

Result = TypeVar("Result")
Work = Callable[[Unit, Account], Result]
Handler = Callable[["Session", Scanner, bool], Awaitable[str]]

_TAG = re.compile(rb"([^(){ %*\"\\+\x00-\x1f\x7f]{1,200})(?: |\Z)")
_COMMAND = re.compile(rb"(UID )?([A-Z][A-Z0-9]{0,30})", re.IGNORECASE)
_LITERAL = re.compile(rb"\{(\d{1,19})(\+?)\}\Z")

# A mistake of the server itself: told as such, and the connection goes on.
_UNFORESEEN = (sqlite3.Error, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)

# What a refusal of the store is called in an answer.
_CODES = {
    "mail.NO_SUCH_FOLDER": "NONEXISTENT", "account.NO_SUCH_ACCOUNT": "NONEXISTENT", "service.PERM_DENIED": "NOPERM",
    "mail.QUOTA_EXCEEDED": "OVERQUOTA", "mail.MESSAGE_TOO_BIG": "TOOBIG", "mail.ALREADY_EXISTS": "ALREADYEXISTS",
    "mail.INVALID_NAME": "CANNOT", "mail.IMMUTABLE_OBJECT": "CANNOT", "mail.CANNOT_CONTAIN": "CANNOT",
}  # fmt: skip


class Refusal(Exception):
    """A NO; the text may begin with a response code in brackets."""


class Goodbye(Exception):
    """The connection ends, with this as BYE."""


class Session:
    """`account_id` is "" until somebody has signed in; `view` is the selected folder."""

    def __init__(
        self, service: Service, listeners: Listeners, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.service = service
        self._listeners = listeners
        self._reader = reader
        self._writer = writer
        self.account_id = ""
        self.view: View | None = None
        self.condstore = False
        self.tag = b"*"
        self._leaving = False

    # --- talking -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """The whole conversation; never raises."""
        try:
            await self.send(b"* OK [CAPABILITY %s] Zimbra IMAP4rev1 server ready\r\n" % CAPABILITIES)
            mistakes = 0
            while not self._leaving:
                seconds = IDLE_SECONDS if self.account_id else ANONYMOUS_SECONDS
                try:
                    pieces = await asyncio.wait_for(self._command(), seconds)
                except TimeoutError:
                    raise Goodbye("nothing heard for too long") from None
                answered = pieces is None or await self._answer(pieces)
                mistakes = 0 if answered else mistakes + 1
                if mistakes >= MAX_MISTAKES:
                    raise Goodbye("too many mistakes")
        except Goodbye as end:
            await self._say_goodbye(str(end))
        except asyncio.CancelledError:
            self._writer.write(b"* BYE server is stopping\r\n")
        except (OSError, EOFError, TimeoutError):
            log.debug("an IMAP client went away")
        finally:
            self._writer.close()

    async def _say_goodbye(self, text: str) -> None:
        try:
            await self.send(b"* BYE %s\r\n" % text.encode("ascii", "replace"))
        except (OSError, TimeoutError):
            log.debug("an IMAP client went away")

    async def send(self, data: bytes) -> None:
        """Write, and wait while the client does not read; one that reads nothing for long is given up."""
        self._writer.write(data)
        await asyncio.wait_for(self._writer.drain(), WRITE_SECONDS)

    async def send_all(self, answers: list[bytes]) -> None:
        if answers:
            await self.send(b"\r\n".join(answers) + b"\r\n")

    async def line(self) -> bytes:
        """The next line without its end."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise Goodbye("line too long") from None
        return line.rstrip(b"\r\n")

    async def _command(self) -> list[bytes] | None:
        """A command with its literals; None for one that was answered already because it is too big."""
        text = await self.line()
        pieces: list[bytes] = []
        room = MAX_ANONYMOUS
        if self.account_id:
            room = MAX_MESSAGE if re.match(rb"\S+ APPEND ", text, re.IGNORECASE) else MAX_LITERAL
        elif len(text) > MAX_ANONYMOUS:
            raise Goodbye("line too long")
        while (found := _LITERAL.search(text)) is not None:
            size = int(found[1])
            if size > room:
                if found[2]:  # it is on its way already
                    raise Goodbye("literal too big")
                tag = text.split(b" ", 1)[0] if not pieces else pieces[0].split(b" ", 1)[0]
                await self.send(b"%s NO [TOOBIG] literal too big\r\n" % (tag if _TAG.fullmatch(tag) else b"*"))
                return None
            room -= size
            if not found[2]:
                await self.send(b"+ go on\r\n")
            pieces += [text[: found.start()], await self._reader.readexactly(size)]
            text = await self.line()
        return [*pieces, text]

    async def _answer(self, pieces: list[bytes]) -> bool:
        """Carry out a command; whether it made sense."""
        found = _TAG.match(pieces[0])
        if found is None:
            await self.send(b"* BAD tag expected\r\n")
            return False
        self.tag = found[1]
        try:
            handler, by_uid, scanner, name = self._find(pieces, found.end())
            text = await handler(self, scanner, by_uid)
            if self.view is not None and not self._leaving:
                await self._poll(name)
            await self.send(b"%s OK %s\r\n" % (self.tag, _ascii(text)))
        except BadSyntax as error:
            await self.send(b"%s BAD %s\r\n" % (self.tag, _ascii(str(error))))
            return False
        except Refusal as refusal:
            await self.send(b"%s NO %s\r\n" % (self.tag, _ascii(str(refusal))))
        except SoapFault as fault:
            code = f"[{_CODES[fault.code]}] " if fault.code in _CODES else ""
            await self.send(b"%s NO %s\r\n" % (self.tag, _ascii(code + fault.message)))
        except _UNFORESEEN:
            log.exception("an IMAP command failed")
            await self.send(b"%s NO [SERVERBUG] server error\r\n" % self.tag)
        return True

    def _find(self, pieces: list[bytes], start: int) -> tuple[Handler, bool, Scanner, str]:
        found = _COMMAND.match(pieces[0], start)
        if found is None:
            raise BadSyntax("command expected")
        name = found[2].decode().upper()
        command = _COMMANDS.get(name)
        if command is None or (found[1] and name not in WITH_UID):
            raise BadSyntax(f"unknown command {name}")
        state, handler = command
        if state == "anonymous" and self.account_id:
            raise BadSyntax("already signed in")
        if state in ("signed in", "selected") and not self.account_id:
            raise BadSyntax("sign in first")
        if state == "selected" and self.view is None:
            raise BadSyntax("no folder is selected")
        return handler, bool(found[1]), Scanner([pieces[0][found.end() :], *pieces[1:]]), name

    async def _poll(self, command: str) -> None:
        """Tell what others have changed. Numbers may not change under a client that is using them."""
        quiet = command in ("FETCH", "STORE", "SEARCH")
        await self.send_all(await self.store(lambda unit, _: self.changes(unit, vanish=not quiet)))

    def changes(self, unit: Unit, *, vanish: bool) -> list[bytes]:
        """What is new in the selected folder; Goodbye when it is gone or closed to the reader."""
        assert self.view is not None
        try:
            found = self.view.refresh(unit)
            return found + self.view.vanished(unit) if vanish else found
        except SoapFault as fault:
            raise Goodbye(f"the selected folder is gone: {fault.code}") from fault

    # --- the store -----------------------------------------------------------------------------------------------

    async def store(self, work: Work[Result], *, write: bool = False) -> Result:
        """Do some work in one transaction, as the account that is signed in."""
        return await self._listeners.run(self._transact, work, write)

    def _transact(self, work: Work[Result], write: bool) -> Result:
        try:
            return self._once(work, write)
        except (MailboxMissing, NeedsWriting):
            if write:
                raise
            return self._once(work, True)

    def _once(self, work: Work[Result], write: bool) -> Result:
        with self.service.database.transaction(write=write) as db:
            account = accounts.by_id(db, self.account_id)
            if account is None or account.status not in ("active", "lockout"):
                raise Goodbye("the account is not active any more")
            unit = Unit(self.service, db, writable=write, caller=Caller(account, False, "", 0))
            result = work(unit, account)
            unit.flush()
        return result

    async def sign_in(self, name: bytes, password: bytes) -> str:
        """NO [AUTHENTICATIONFAILED] for all but the right password of an active account that may use IMAP."""
        try:
            given = name.decode(), password.decode()
        except UnicodeDecodeError:
            raise Refusal("[AUTHENTICATIONFAILED] LOGIN failed") from None
        account = await self._listeners.run(self._check_password, *given)
        if account is None:
            raise Refusal("[AUTHENTICATIONFAILED] LOGIN failed")
        if not account.flag("zimbraImapEnabled"):
            raise Refusal("account does not have IMAP access enabled")
        self.account_id = account.id
        return f"[CAPABILITY {CAPABILITIES.decode()}] LOGIN completed"

    def _check_password(self, name: str, password: str) -> Account | None:
        with self.service.database.transaction(write=False) as db:
            account = accounts.by_name(db, name, self.service.default_domain)
            if account is None or account.status != "active":
                return None
            if accounts.password_matches(account, password):
                return account
            if not app_passwords.check(db, account, password):
                return None
        with self.service.database.transaction(write=True) as db:
            app_passwords.used(db, account, password)
        return account

    async def select(self, view: View | None) -> None:
        """Another folder, or none."""
        old, self.view = self.view, view
        if old is not None and old.recent and not old.read_only:
            await self.store(lambda unit, _: self._tell(unit, old), write=True)

    def _tell(self, unit: Unit, view: View) -> None:
        try:
            names.recent_told(view.place.mailbox(unit), view.place.folder)
        except SoapFault:
            log.debug("the folder that was selected is gone")

    def leave(self) -> None:
        self._leaving = True

    def changed(self) -> int:
        return self.service.database.commits

    async def wait_for_line(self, meanwhile: Callable[[], Awaitable[None]]) -> bytes:
        """The next line; `meanwhile` is called whenever something was written to the store before it comes."""
        seen = self.changed()
        waiting = asyncio.ensure_future(self.line())
        try:
            for _ in range(int(IDLE_SECONDS / POLL_SECONDS)):
                await asyncio.wait({waiting}, timeout=POLL_SECONDS)
                if waiting.done():
                    return waiting.result()
                if self.changed() != seen:
                    seen = self.changed()
                    await meanwhile()
            raise Goodbye("idle for too long")
        finally:
            waiting.cancel()


def _ascii(text: str) -> bytes:
    return " ".join(text.encode("ascii", "replace").decode().split())[:60_000].encode()


WITH_UID = frozenset({"FETCH", "STORE", "COPY", "MOVE", "SEARCH", "EXPUNGE"})
# By name: in which state a command makes sense ("any", "anonymous", "signed in", "selected"), what carries it out.
_COMMANDS: dict[str, tuple[str, Handler]] = {}


def handles(name: str, state: str) -> Callable[[Handler], Handler]:
    """Enter a command; each family has a module."""

    def enter(handler: Handler) -> Handler:
        _COMMANDS[name] = (state, handler)
        return handler

    return enter
