"""IMAP's commands of every state and those around signing in."""

from __future__ import annotations

import base64
import binascii
import re

from zimbra.simulator.imap import names
from zimbra.simulator.imap.grammar import BadSyntax, Scanner, quoted
from zimbra.simulator.imap.session import CAPABILITIES, Refusal, Session, handles


@handles("CAPABILITY", "any")
async def capability(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()
    await session.send(b"* CAPABILITY %s\r\n" % CAPABILITIES)
    return "CAPABILITY completed"


@handles("CHECK", "selected")
@handles("NOOP", "any")
async def noop(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()
    return "NOOP completed"


@handles("ID", "any")
async def identify(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    if not scanner.skip(b"NIL"):
        scanner.need(b"(")
        while not scanner.skip(b")"):
            scanner.skip(b" ")
            if not scanner.skip(b"NIL"):
                scanner.string()
    scanner.end()
    await session.send(b'* ID ("NAME" "Zimbra" "VERSION" "simulated")\r\n')
    return "ID completed"


@handles("LOGOUT", "any")
async def logout(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()
    if session.account_id:
        await session.select(None)
    await session.send(b"* BYE Zimbra IMAP4rev1 server closing connection\r\n")
    session.leave()
    return "LOGOUT completed"


@handles("LOGIN", "anonymous")
async def login(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    name = scanner.astring()
    scanner.space()
    password = scanner.astring()
    scanner.end()
    return await session.sign_in(name, password)


@handles("AUTHENTICATE", "anonymous")
async def authenticate(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    mechanism = scanner.word()
    initial = None
    if scanner.skip(b" "):
        initial = b"" if scanner.skip(b"=") else scanner.match(re.compile(rb"[A-Za-z0-9+/=]+"), "base64")
    scanner.end()
    if mechanism != "PLAIN":
        raise Refusal("mechanism not supported")
    if initial is None:
        await session.send(b"+ \r\n")
        initial = await session.line()
    if initial == b"*":
        raise BadSyntax("AUTHENTICATE aborted")
    try:
        parts = base64.b64decode(initial, validate=True).split(b"\0")
    except binascii.Error as error:
        raise BadSyntax("base64 expected") from error
    if len(parts) != 3:
        raise BadSyntax("malformed PLAIN response")
    as_whom, name, password = parts
    if as_whom not in (b"", name):
        raise Refusal("[AUTHORIZATIONFAILED] nobody acts for others here")
    return await session.sign_in(name, password)


@handles("ENABLE", "signed in")
async def enable(session: Session, scanner: Scanner, by_uid: bool) -> str:
    wanted: list[str] = []
    while scanner.skip(b" "):
        wanted.append(scanner.word())
    scanner.end()
    session.condstore = session.condstore or "CONDSTORE" in wanted
    if session.view is not None:
        session.view.condstore = session.condstore
    await session.send(b"* ENABLED%s\r\n" % (b" CONDSTORE" if "CONDSTORE" in wanted else b""))
    return "ENABLE completed"


@handles("IDLE", "signed in")
async def idle(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()

    async def meanwhile() -> None:
        if session.view is not None:
            await session.send_all(await session.store(lambda unit, _: session.changes(unit, vanish=True)))

    await session.send(b"+ idling\r\n")
    await meanwhile()
    line = await session.wait_for_line(meanwhile)
    if line.strip().upper() != b"DONE":
        raise BadSyntax("DONE expected")
    return "IDLE completed"


@handles("NAMESPACE", "signed in")
async def namespace(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()
    await session.send(b'* NAMESPACE (("" "/")) ((%s "/")) NIL\r\n' % quoted(names.HOME.encode()))
    return "NAMESPACE completed"
