"""/home/<account>/<folder>?fmt=: whole files in and out.

The real server's manners: HTTP 200 with an empty body for a good import, no ids, no rollback (what came before an error
stays), 404 where the right is missing, 500 for whatever is neither a bad request nor a missing thing.
"""

from __future__ import annotations

import codecs
import json
import logging
import re
import time
from collections.abc import Callable

from zimbra.simulator import archive_import, busytimes
from zimbra.simulator.call import MAIL_NS, Call, Service, Unit
from zimbra.simulator.element import Element
from zimbra.simulator.export import export_folder, export_item
from zimbra.simulator.fault import SoapFault, failure, invalid_request, no_such_account
from zimbra.simulator.formats.contact_csv import BadCsv, parse_table
from zimbra.simulator.formats.invite import FULL_PARSE_MAX, read_each
from zimbra.simulator.formats.spans import time_of
from zimbra.simulator.formats.vcard import parse_cards
from zimbra.simulator.http import Request, Response, charset_of, form_parts, text_response
from zimbra.simulator.requests import calendar as calendar_requests
from zimbra.simulator.requests import contacts as contact_requests
from zimbra.simulator.requests.contactfiles import from_row
from zimbra.simulator.requests.places import at_path
from zimbra.simulator.signin import caller_of, is_stranger, visitor_of
from zimbra.simulator.store import accounts, folders, messages, tags
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import MailboxMissing
from zimbra.simulator.tokens import Caller

log = logging.getLogger("zimbra.simulator")

_CALLBACK = re.compile(r"[\w.$]{1,100}\Z")
_EXTENSIONS = ("ics", "vcf", "csv", "zip", "tgz", "json", "xml")
# What handlers see of a request that is no envelope.
_REST = Element("Rest", MAIL_NS)


def home(service: Service, request: Request, path: str) -> Response:
    """Answer /home/`path`."""
    if request.method not in ("GET", "HEAD", "POST", "PUT"):
        return text_response(405, "Method Not Allowed")
    owner, _, place = path.partition("/")
    writes = request.method in ("POST", "PUT")
    try:
        if not writes and request.query.get("fmt", "").lower() == "ifb":
            return busytimes.of_home(service, request, owner)
        try:
            return _answer(service, request, owner, place, writes, writes)
        except MailboxMissing:
            return _answer(service, request, owner, place, writes, True)
    except SoapFault as fault:
        return _refusal(request, fault, writes)


def _refusal(request: Request, fault: SoapFault, writes: bool) -> Response:
    callback = request.query.get("callback", "")
    if writes and _CALLBACK.match(callback) and not fault.code.startswith("service.AUTH"):
        return _callback(callback, "fail", fault)
    if fault.code.startswith("service.AUTH"):
        return Response(401, headers=[("WWW-Authenticate", 'BASIC realm="Zimbra"')], body=b"must authenticate")
    if fault.code == "service.INVALID_REQUEST" or fault.code == "mail.UNABLE_TO_IMPORT_CONTACTS":
        return text_response(400, fault.message)
    return text_response(404 if _is_missing(fault) else 500, fault.message)


def _is_missing(fault: SoapFault) -> bool:
    """A right that is missing looks like a thing that is missing."""
    return fault.code == "service.PERM_DENIED" or ".NO_SUCH_" in fault.code


def _callback(name: str, outcome: str, fault: SoapFault | None = None) -> Response:
    told = (
        ""
        if fault is None
        else ", " + json.dumps({"Code": fault.code, "Reason": fault.message}).replace("<", "\\u003c")
    )
    script = f"window.parent.{name}('{outcome}'{told});"
    page = f'<html><head></head><body onload="onLoad()"><script>function onLoad() {{ {script} }}</script></body></html>'
    return Response(200, "text/html; charset=utf-8", page.encode())


def _answer(service: Service, request: Request, owner: str, place: str, writes: bool, writable: bool) -> Response:
    with service.database.transaction(write=writable) as db:
        caller = caller_of(service, db, request)
        if caller is None and owner not in ("~", ""):
            caller = visitor_of(service, db, request)
        if caller is None or (writes and is_stranger(caller)):
            raise _who_is_there()
        unit = Unit(service, db, writable=writable, caller=caller)
        try:
            response, fault = _carried_out(unit, caller, request, owner, place, writes)
        except SoapFault as refusal:
            if is_stranger(caller) and _is_missing(refusal):
                raise _who_is_there() from None
            raise
        unit.flush()
    # What came before the error is kept, hence the refusal only after the commit.
    if fault is not None:
        raise fault
    return response


def _who_is_there() -> SoapFault:
    return SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")


def _carried_out(
    unit: Unit, caller: Caller, request: Request, owner: str, place: str, writes: bool
) -> tuple[Response, SoapFault | None]:
    """The answer, and the fault that ended an import."""
    call = _call(unit, caller, owner)
    fmt = request.query.get("fmt", "").lower()
    if "id" in request.query and not writes:
        return _item(call, request, fmt), None
    call, folder, fmt = _folder(call, place, request.query.get("id"), fmt)
    if not writes:
        return export_folder(call, folder, fmt, _span(request), request.query.get("query", "")), None
    callback = request.query.get("callback", "")
    done = _callback(callback, "success") if _CALLBACK.match(callback) else Response(200, body=b"")
    return done, _import(call, request, folder, fmt)


def _call(unit: Unit, caller: Caller, owner: str) -> Call:
    """A call on the mailbox the address names, where its grants decide what the caller may do."""
    if owner in ("~", ""):
        return Call(_REST, unit, caller, None, "")
    account = accounts.by_address(unit.db, owner if "@" in owner else f"{owner}@{unit.service.default_domain}")
    account = account or accounts.by_id(unit.db, owner)
    if account is None:
        raise no_such_account(owner)
    return _about(Call(_REST, unit, caller, None, ""), account)


def _about(call: Call, account: Account) -> Call:
    """The same call, on somebody's mailbox."""
    named = Element("account", "", {"by": "id"}, account.id)
    return Call(_REST, call.unit, call.caller, named, "")


def _item(call: Call, request: Request, fmt: str) -> Response:
    """One item, of the mailbox the address names or of the one its id does."""
    mailbox, number = call.locate(request.query["id"])
    call = _about(call, mailbox.account)
    return export_item(call, number, fmt, request.query.get("part", ""), inline=request.query.get("disp") == "i")


def _folder(call: Call, place: str, folder_id: str | None, fmt: str) -> tuple[Call, Folder, str]:
    """The folder of an address and the format asked for; "/Calendar.ics" asks for Calendar in ics.

    What is behind a link is in another mailbox: the call comes back as one on that.
    """
    if folder_id is not None:
        mailbox, number = call.folder(folder_id)
        found = folders.get(mailbox, number)
    else:
        try:
            mailbox, found = at_path(call.unit, call.mailbox, place)
        except SoapFault:
            base, dot, extension = place.rpartition(".")
            if not dot or extension.lower() not in _EXTENSIONS:
                raise
            mailbox, found = at_path(call.unit, call.mailbox, base)
            fmt = fmt or extension.lower()
    return _about(call, mailbox.account), found, fmt


def _span(request: Request) -> tuple[int, int] | None:
    """`start` and `end`; None when neither is given."""
    now = int(time.time() * 1000)
    start, end = (time_of(request.query.get(name, ""), now) for name in ("start", "end"))
    if start is None and end is None:
        return None
    return start or 0, calendar_requests.FAR_FUTURE if end is None else end


# --- import --------------------------------------------------------------------------------------------------------


def _import(call: Call, request: Request, folder: Folder, fmt: str) -> SoapFault | None:
    """Import the body into a folder; the fault that stopped it, if any, what came before it being kept."""
    importers: dict[str, tuple[Callable[[Call, Request, Folder, bytes], None], str]] = {
        "ics": (_import_ics, ""),
        "vcf": (_import_vcf, "zimbraFileUploadMaxSize"),
        "csv": (_import_csv, "zimbraMtaMaxMessageSize"),
        "eml": (_import_message, "zimbraMtaMaxMessageSize"),
        **dict.fromkeys(("zip", "tar", "tgz"), (_import_archive, "")),
    }
    fmt = fmt or _usual_format(request, folder)
    if fmt not in importers:
        return invalid_request(f"unsupported format: {fmt[:20]}")
    importer, limit_name = importers[fmt]
    limit = call.target.limit(limit_name) if limit_name else 0
    if limit and request.content_length > limit:
        return failure(f"upload over {limit} byte limit")
    body = request.body
    if request.content_type.lower().startswith("multipart/"):
        files = [part for part in form_parts(body, request.content_type) if part.filename]
        if not files:
            return invalid_request("no file in the form")
        body = files[0].data
    try:
        importer(call, request, folder, body)
    except SoapFault as fault:
        return fault
    return None


_FORMATS = {
    "message/rfc822": "eml", "text/calendar": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf", "text/csv": "csv",
    "text/comma-separated-values": "csv",
}  # fmt: skip


def _usual_format(request: Request, folder: Folder) -> str:
    """What a body is read as when the address does not say: by its type, or else by what the folder holds."""
    kind = request.content_type.partition(";")[0].strip().lower()
    of_folder = {"appointment": "ics", "task": "ics", "contact": "vcf", "message": "eml"}
    return _FORMATS.get(kind) or of_folder.get(folder.view, "eml")


def _import_ics(call: Call, request: Request, folder: Folder, body: bytes) -> None:
    ignore = request.query.get("ignore") == "1"
    text = body.decode(charset_of(request.content_type), "replace")
    # Longer files are read as they come: a zone must then stand before its use.
    streaming = request.content_length > FULL_PARSE_MAX
    local = call.target.first("zimbraPrefTimeZoneId")
    preserve = request.query.get("preserveAlarms") == "1"
    for invite in read_each(text, local, ignore_errors=ignore, streaming=streaming):
        try:
            calendar_requests.keep(call, folder.id, invite, preserve_alarms=preserve)
        except SoapFault as fault:
            if not ignore and fault.code != "service.FORBIDDEN":
                raise
            log.warning("skipping error during ics import: UID:%s: %s", invite.uid, fault)


def _import_vcf(call: Call, request: Request, folder: Folder, body: bytes) -> None:
    # The charset of Content-Type is not looked at.
    charset = charset_of(f";charset={request.query.get('charset', 'utf-8')}")
    cards = parse_cards(body.decode(charset, "replace").removeprefix("\ufeff"))
    if not cards:
        raise invalid_request("no contact in the vCard")
    for card in cards:
        contact_requests.keep(call, folder.id, contact_requests.from_card(card), "")


def _import_message(call: Call, request: Request, folder: Folder, body: bytes) -> None:
    messages.add(call.mailbox, folder.id, body, flags="u")


def _import_archive(call: Call, request: Request, folder: Folder, body: bytes) -> None:
    fmt = request.query.get("fmt", "").lower()
    archive_import.put(call, folder, body, fmt, request.query.get("resolve", ""))


def _import_csv(call: Call, request: Request, folder: Folder, body: bytes) -> None:
    try:
        rows = parse_table(_guess(body))
    except BadCsv as error:
        raise SoapFault("mail.UNABLE_TO_IMPORT_CONTACTS", f"could not parse csv file: {error}") from None
    for fields, tag_names in rows:
        tag_ids = tags.ids_for(call.mailbox, tag_names, None)
        contact_requests.keep(call, folder.id, from_row(fields), tag_ids)


def _guess(body: bytes) -> str:
    """The text of a CSV; its charset is guessed from its bytes, never read from Content-Type."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
