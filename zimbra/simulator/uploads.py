"""POST /service/upload?fmt=raw: a file handed over before the request that uses it.

A form may bring several files; a body that is no form is one file, named by its headers. The answer is a line for
scripts to read, `200,'null','id,id'`: HTTP's own status is 200 even for a refusal, whose number stands in the line.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from zimbra.simulator import tokens
from zimbra.simulator.call import Service
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.http import FormPart, Request, Response, form_parts, parameter, text_response
from zimbra.simulator.store import uploads

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,60}\Z")


def upload(service: Service, request: Request) -> Response:
    if request.method != "POST":
        return text_response(405, "Method Not Allowed")
    try:
        with service.database.transaction(write=False) as db:
            caller = tokens.read(db, service.database.token_key, request.cookie("ZM_AUTH_TOKEN"))
    except SoapFault:
        return _line(request, 401)
    # lbfums: measured against the limit of files, not the smaller one of messages.
    by_files = "lbfums" in request.query
    limit = caller.account.limit("zimbraFileUploadMaxSize" if by_files else "zimbraMtaMaxMessageSize")
    if limit and request.content_length > limit:
        return _line(request, 413)
    body = request.body
    request_id = ""
    if request.content_type.lower().startswith("multipart/"):
        parts = form_parts(body, request.content_type)
        request_id = next((p.data.decode("utf-8", "replace") for p in parts if p.field == "requestId"), "")
        files = _named(parts)
        if request_id and not _REQUEST_ID.match(request_id):
            return _line(request, 400)
    else:
        disposition = request.header("Content-Disposition")
        name = parameter(request.content_type, "name") or parameter(disposition, "filename") or ""
        files = [FormPart("", html.unescape(name), request.content_type.partition(";")[0], body)] if name else []
    if not files:
        return _line(request, 204, request_id)
    with service.database.transaction(write=True) as db:
        kept = [uploads.store(db, caller.account.id, one.filename, one.content_type, one.data) for one in files]
    return _line(request, 200, request_id, ",".join(one.aid for one in kept))


def _named(parts: list[FormPart]) -> list[FormPart]:
    """The files of a form. A field called filename... names those after it, a line for each."""
    names: list[str] = []
    files: list[FormPart] = []
    for part in parts:
        if part.filename:
            name = names.pop(0) if names else ""
            files.append(replace(part, filename=name or part.filename))
        elif part.field.startswith("filename"):
            names = [name.strip() for name in part.data.decode("utf-8", "replace").split("\n")]
    return files


def _line(request: Request, status: int, request_id: str = "", ids: str = "") -> Response:
    line = f"{status},'{request_id or 'null'}'" + (f",'{ids}'" if ids else "")
    if "raw" not in request.query.get("fmt", "").lower().split(","):
        script = f"function doit() {{ window.parent._uploadManager.loaded({line}); }}"
        line = f"<html><head><script>{script}</script></head><body onload='doit()'></body></html>"
    return Response(200, "text/html; charset=utf-8", f"{line}\n".encode())
