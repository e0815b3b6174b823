"""SOAP: envelope in, envelope out, faults, batches. HTTP knows nothing of it but three values.

The body's first byte chooses XML or JSON, as on the real server, whatever the Content-Type says.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass, field

from zimbra.simulator import sessions, tokens
from zimbra.simulator.call import Call, NeedsWriting, Service, Unit
from zimbra.simulator.element import Element, Reply, parse_json, parse_xml, to_json, write_xml
from zimbra.simulator.fault import SoapFault, failure, invalid_request, parse_error
from zimbra.simulator.requests import HANDLERS
from zimbra.simulator.requests.registry import ADMIN, ZIMBRA, Handler
from zimbra.simulator.store.mailbox import MailboxMissing

log = logging.getLogger("zimbra.simulator")

MAX_BODY = 15_360_000  # soap_request_max_size of a fresh Zimbra
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"


# What a value nobody thought of may raise: an answer for that request, a trace in the log, no harm to its neighbours.
_UNFORESEEN = (sqlite3.Error, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Form:
    """How to write the answer. `context` stands in its header, `headers` in that of HTTP."""

    json_form: bool = False
    soap11: bool = False
    context: list[Reply] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Context:
    """`session`: as the request asks for one, or None. `proof`: the token against requests forged by another site; None
    when none is needed, the token not being out of a cookie. `forgiving`: a token out of time is as good as none."""

    token: str
    account: Element | None
    admin_endpoint: bool
    session: Element | None
    proof: str | None
    forgiving: bool = True


def too_large() -> Answer:
    """The answer to a body beyond MAX_BODY."""
    fault = invalid_request(f"request is larger than {MAX_BODY} bytes")
    return _answer(_fault_reply(fault), _Form(), 500)


def handle(
    service: Service, body: bytes, *, cookie_token: str = "", proof: str = "", admin_endpoint: bool = False
) -> Answer:
    """Carry out one SOAP document. Never raises for what a client can send.

    `cookie_token`: the token in the cookie, for a document without one; `proof`: the header X-Zimbra-Csrf-Token.
    """
    form = _Form()
    try:
        # A byte order mark may stand before the first byte that counts.
        form.json_form = bool(body) and not body.startswith((b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff"))
        if not body.strip():
            raise parse_error("empty request payload")
        envelope = parse_json(body) if form.json_form else parse_xml(body)
        if not form.json_form:
            if envelope.name != "Envelope" or envelope.ns not in (SOAP12, SOAP11):
                raise parse_error("could not determine the SOAP protocol")
            form.soap11 = envelope.ns == SOAP11
        context, document = _open(envelope, form, cookie_token, proof, admin_endpoint)
        reply = _run(service, context, document, form)
    except SoapFault as fault:
        return _answer(_fault_reply(fault, soap11=form.soap11, json_form=form.json_form), form, 500)
    return _answer(reply, form, 200)


def _open(
    envelope: Element, form: _Form, cookie_token: str, proof: str, admin_endpoint: bool
) -> tuple[_Context, Element]:
    """The context and the document of an envelope; sets the form of the answer."""
    header = envelope.find("Header")
    context = header.find("context") if header is not None else None
    token, account, session = cookie_token, None, None
    needed: str | None = proof
    forgiving = True
    if context is not None:
        given = (context.get("authToken") or "").strip()
        token, needed = (given, None) if given else (cookie_token, context.get("csrfToken") or proof)
        if given:
            element = context.find("authToken")
            forgiving = element is not None and element.flag("voidOnExpired")
        account = context.find("account")
        session = _session(context)
        wanted = context.find("format")
        if wanted is not None and wanted.attrs.get("type") in ("xml", "js"):
            form.json_form = wanted.attrs["type"] == "js"
            form.soap11 = form.soap11 and not form.json_form
    body = envelope.find("Body")
    if body is None or not body.children:
        raise parse_error("no document in the body")
    return _Context(token, account, admin_endpoint, session, needed, forgiving), body.children[0]


def _session(context: Element) -> Element | None:
    """The session asked for; in JSON it may be a plain value."""
    if context.find("nosession") is not None or "nosession" in context.attrs:
        return None
    plain = context.attrs.get("session")
    return context.find("session") if plain is None else Element("session", text=plain)


def _handler_of(document: Element, context: _Context) -> Handler | None:
    if document.ns == ADMIN and not context.admin_endpoint:
        return None
    return HANDLERS.get((document.ns, document.name))


def _is_batch(document: Element) -> bool:
    return document.ns == ZIMBRA and document.name == "BatchRequest"


def _run(service: Service, context: _Context, document: Element, form: _Form) -> Reply:
    documents = document.children if _is_batch(document) else [document]
    # The first that writes decides: the rest of a batch of writes is not looked through.
    writes = any((handler := _handler_of(one, context)) is not None and handler.writes for one in documents)
    try:
        try:
            return _transact(service, context, document, form, writes)
        except (MailboxMissing, NeedsWriting):
            return _transact(service, context, document, form, True)
    except sqlite3.Error as error:
        log.exception("%s failed", document.name)
        raise failure(str(error)) from error


def _transact(service: Service, context: _Context, document: Element, form: _Form, writes: bool) -> Reply:
    kept: SoapFault | None = None
    with service.database.transaction(write=writes) as db:
        caller: tokens.Caller | None = None
        refusal: SoapFault | None = None
        if context.token:
            try:
                caller = _caller(service, db, context)
            except tokens.TokenLapsed as fault:
                if not context.forgiving:
                    raise
                refusal = fault
            except SoapFault as fault:  # only a request that needs a token is refused for it
                refusal = fault
        unit = Unit(service, db, writable=writes, caller=caller)
        unit.session_wanted = context.session is not None
        try:
            if _is_batch(document):
                reply = _batch(unit, context, caller, refusal, document, form)
            else:
                reply = _execute(unit, context, caller, refusal, document, _handler_of(document, context))
        except SoapFault as fault:
            if not fault.keeps:
                raise
            kept = fault
        unit.flush()
        form.headers = unit.headers
        known = unit.caller  # somebody who has just signed in, too
        if known is not None:
            form.context = sessions.header(unit, known, context.session, context.account, admin=context.admin_endpoint)
    if kept is not None:
        raise kept
    return reply


def _caller(service: Service, db: sqlite3.Connection, context: _Context) -> tokens.Caller:
    key = service.database.token_key
    caller = tokens.read(db, key, context.token)
    if context.proof is not None and not tokens.csrf_proved(key, caller, context.proof):
        raise SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
    return caller


def _execute(
    unit: Unit,
    context: _Context,
    caller: tokens.Caller | None,
    refusal: SoapFault | None,
    document: Element,
    handler: Handler | None,
) -> Reply:
    if handler is None:
        if document.ns == ADMIN and context.admin_endpoint and caller is not None and not caller.admin:
            # Only administrators are told which requests there are.
            raise SoapFault("service.PERM_DENIED", "permission denied: need adequate admin auth")
        log.warning("unknown request: %s %s", document.ns, document.name)
        raise SoapFault("service.UNKNOWN_DOCUMENT", f"unknown document: {document.name}")
    if handler.access != "anyone":
        if caller is None:
            raise refusal or SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
        enough = caller.admin or (handler.access == "manager" and caller.manages)
        if handler.access in ("admin", "manager") and not enough:
            raise SoapFault("service.PERM_DENIED", "permission denied: need adequate admin auth")
    try:
        return handler.function(Call(document, unit, caller, context.account, context.token))
    except _UNFORESEEN as error:
        log.exception("%s failed", document.name)
        raise failure(f"{type(error).__name__}: {error}") from error


def _batch(
    unit: Unit,
    context: _Context,
    caller: tokens.Caller | None,
    refusal: SoapFault | None,
    document: Element,
    form: _Form,
) -> Reply:
    """Each request for itself: a refused one leaves no trace and spoils no other."""
    stop = document.attrs.get("onerror", "continue") == "stop"
    reply = Reply("BatchResponse", ns=ZIMBRA, unique=True)
    for child in document.children:
        request_id = child.attrs.get("requestId")
        failed = False
        handler = _handler_of(child, context)
        unit.begin_child()
        if handler is None or not handler.guards:
            unit.guard()
        try:
            if _is_batch(child):
                raise invalid_request("a batch cannot contain a batch")
            one = _execute(unit, context, caller, refusal, child, handler)
        except SoapFault as fault:
            failed = True
            one = _fault_reply(fault, soap11=form.soap11, json_form=form.json_form)
        unit.end_child(undo=failed)
        one.unique = False
        if request_id is not None:
            one.attrs["requestId"] = request_id
        reply.children.append(one)
        if failed and stop:
            break
    return reply


def _fault_reply(fault: SoapFault, *, soap11: bool = False, json_form: bool = False) -> Reply:
    """The Fault element of an envelope; a batch clears `unique` and adds its requestId."""
    side = "Sender" if fault.sender else "Receiver"
    prefix = "" if json_form else "soap:"
    reply = Reply(prefix + "Fault", unique=True)
    error = Reply("Error", ns="urn:zimbra", unique=True)
    error.content["Code"] = fault.code
    error.content["Trace"] = f"simulator:{fault.code}"
    error.pairs = [(name, value, {"t": "STR"}) for name, value in fault.details.items()]
    if soap11:
        side = "Client" if fault.sender else "Server"
        reply.content["faultcode"] = f"soap:{side}"
        reply.content["faultstring"] = fault.message
        reply.add("detail", unique=True).children.append(error)
        return reply
    code = reply.add(prefix + "Code", unique=True)
    code.content[prefix + "Value"] = f"soap:{side}"
    reason = reply.add(prefix + "Reason", unique=True)
    reason.content[prefix + "Text"] = fault.message
    reply.add(prefix + "Detail", unique=True).children.append(error)
    return reply


def _answer(reply: Reply, form: _Form, status: int) -> Answer:
    context = Reply("context", ns=ZIMBRA, unique=True)
    context.children = form.context
    if form.json_form:
        envelope = {
            "Header": {"context": to_json(context)},
            "Body": {reply.name: to_json(reply)},
            "_jsns": "urn:zimbraSoap",
        }
        text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        return Answer(status, "text/javascript; charset=utf-8", text.encode("utf-8", "replace"), form.headers)
    namespace = SOAP11 if form.soap11 else SOAP12
    out = [f'<soap:Envelope xmlns:soap="{namespace}"><soap:Header>']
    write_xml(context, out)
    out.append("</soap:Header><soap:Body>")
    write_xml(reply, out)
    out.append("</soap:Body></soap:Envelope>")
    content_type = "text/xml; charset=utf-8" if form.soap11 else "application/soap+xml; charset=utf-8"
    return Answer(status, content_type, "".join(out).encode("utf-8", "replace"), form.headers)
