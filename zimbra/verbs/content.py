"""Bytes in and out over plain HTTP: uploads, exports, imports of whole files, parts of items."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

from zimbra.errors import Garbled, NotAllowed, Refused, Unavailable, ZimbraError
from zimbra.transport import HttpRequest, HttpResponse, HttpStream, bounded
from zimbra.verbs.base import T, Verbs
from zimbra.verbs.moments import to_milliseconds
from zimbra.wire import http_error

# Uploads sent together: the server's limit (10 MiB by default) holds for the whole HTTP request.
GROUP_BYTES = 4 << 20
GROUP_FILES = 50

# One item or attachment: ten times what Zimbra takes for a message.
ITEM_BYTES = 100 << 20

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

# What a folder can be had as, and what can be put into one, by the names the server has for the formats.
EXPORTS = {
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "csv": "text/csv",
    "zip": "application/zip",
    "tar": "application/x-tar",
    "tgz": "application/x-compressed-tar",
    "json": "application/json",
    "xml": "text/xml",
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
}
IMPORTS = {fmt: EXPORTS[fmt] for fmt in ("ics", "vcf", "csv", "zip", "tar", "tgz")}

# 200,'null','id,id': HTTP status, the caller's own number, upload ids.
_UPLOADED = re.compile(rb"^\s*(\d{3}),'[^']*'(?:,'([^']*)')?\s*;?\s*$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to hand over before the request that uses it."""

    content: bytes = field(repr=False)
    content_type: str
    name: str = field(repr=False)


class ContentVerbs(Verbs):
    def upload(self, content: bytes, content_type: str, name: str = "file") -> str:
        """Hand over a file; the id returned is good for 15 minutes and one use. Refused: too big, forbidden type."""
        return self._upload([Upload(content, content_type, name)])[0]

    def upload_all(self, files: Sequence[Upload]) -> list[str | ZimbraError]:
        """Hand over several files, many in one HTTP request: for each its id or its refusal. Others raise."""
        results: list[str | ZimbraError] = []
        for group in _groups(files):
            try:
                results += self._upload(group)
            except (Refused, Garbled):
                # One bad file must not cost the others; a server that takes one file at a time is served too.
                results += [self._upload_alone(file) for file in group]
        return results

    @contextmanager
    def export(
        self,
        folder_path: str,
        fmt: str,
        *,
        query: str = "",
        types: str = "",
        csv_format: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """A folder as a file, in pieces: `with client.export("/Contacts", "vcf") as chunks`.

        fmt: ics, vcf, csv, zip, tar, tgz, json, xml, rss, atom (see `EXPORTS`). query, types: only what a search finds
        in it (zip, tar, tgz). csv_format: a layout other than Zimbra's own (thunderbird-csv...). start, end: aware
        moments that bound a calendar. An empty folder gives an empty file.
        NotFound also when the right to read is missing: Zimbra tells no difference. What breaks off in the middle
        raises `Unavailable` where the pieces are read: what was read so far is not the whole.
        """
        wanted: dict[str, str] = {"fmt": fmt, "query": query, "types": types, "csvfmt": csv_format}
        wanted |= {name: str(to_milliseconds(one)) for name, one in (("start", start), ("end", end)) if one}
        with self._get(_path(folder_path), {name: value for name, value in wanted.items() if value}) as stream:
            yield stream.chunks

    def item_text(self, item_id: str, fmt: str) -> bytes:
        """One item as a file: an appointment or task as ics, a contact as vcf, a message, with "", as it came."""
        with self._get("/home/~/", {"id": item_id} | ({"fmt": fmt} if fmt else {})) as stream:
            return b"".join(bounded(stream.chunks, ITEM_BYTES))

    def item_part(self, item_id: str, part: str) -> bytes:
        """An attachment of an item, such as the picture of a contact (`Contact.image.part`)."""
        with self._get("/home/~/", {"id": item_id, "part": part}) as stream:
            return b"".join(bounded(stream.chunks, ITEM_BYTES))

    def import_file(
        self,
        folder_path: str,
        fmt: str,
        content: bytes,
        content_type: str = "",
        *,
        ignore_errors: bool = False,
        resolve: str = "",
        types: str = "",
        csv_format: str = "",
        csv_locale: str = "",
    ) -> None:
        """Have the server import a whole file. It gives no ids and no result per item: use it for a single file only.

        fmt: ics, vcf, csv, zip, tar, tgz (see `IMPORTS`, which gives the content type too). ignore_errors: go on after
        a bad component (ics only). resolve: what happens to items that are there already, skip (the server's own
        choice), modify, replace, or reset to empty the folder first; of archives only, as is `types`. Contacts of a
        vcf or csv come again each time.
        Refused http.500: the server stopped at an error; what came before it in the file stays imported. Refused
        http.400: it could read none of it. NotFound also when the right to write is missing.
        """
        query = {"fmt": fmt, "auth": "co", "resolve": resolve, "types": types} | (
            {"ignore": "1"} if ignore_errors else {}
        )
        query |= {"csvfmt": csv_format, "csvlocale": csv_locale}
        content_type = content_type or IMPORTS.get(fmt, "application/octet-stream")
        wanted = urlencode({name: value for name, value in query.items() if value})
        url = f"{self.base}{_path(folder_path)}?{wanted}"
        response = self._with_session(lambda cookie: self._post(url, content, content_type, cookie))
        if response.status == 500:
            # Unlike a proxy's 502, the server's own word: every failure of an import but a bad request ends so.
            raise Refused("http.500")

    def _upload_alone(self, file: Upload) -> str | ZimbraError:
        try:
            return self._upload([file])[0]
        except Refused as error:
            return error

    def _upload(self, files: Sequence[Upload]) -> list[str]:
        boundary = secrets.token_hex(16)
        body = _multipart(files, boundary)
        # lbfums: measured against the limit of files, not the smaller one of messages.
        url = f"{self.base}/service/upload?fmt=raw&lbfums=1"
        content_type = f"multipart/form-data; boundary={boundary}"
        ids = self._with_session(
            lambda cookie: _upload_ids(self._post(url, body, content_type, cookie, repeatable=True))
        )
        if len(ids) != len(files):
            raise Garbled("not one id for each file")
        return ids

    def _post(
        self, url: str, body: bytes, content_type: str, cookie: dict[str, str], *, repeatable: bool = False
    ) -> HttpResponse:
        request = HttpRequest("POST", url, {"Content-Type": content_type, **cookie}, body, repeatable)
        response = self.endpoint.transport.send(request)
        if response.status >= 400 and (repeatable or response.status != 500):
            raise http_error(request, response)
        if 300 <= response.status < 400:
            raise Garbled("redirected")
        return response

    @contextmanager
    def _get(self, path: str, query: dict[str, str]) -> Iterator[HttpStream]:
        url = f"{self.base}{path}?{urlencode(query | {'auth': 'co'})}"
        session = self.endpoint.session
        token = session.token()
        for last in (False, True):
            request = HttpRequest("GET", url, _cookie(token), repeatable=True)
            with self.endpoint.transport.stream(request) as stream:
                if stream.status < 300:
                    yield stream
                    return
                if stream.status < 400:
                    raise Garbled("redirected")
                error = http_error(request, HttpResponse(stream.status, stream.headers, b""))
            if last or not (isinstance(error, NotAllowed) and error.ends_session):
                raise error
            token = session.renew(token)

    def _with_session(self, send: Callable[[dict[str, str]], T]) -> T:
        session = self.endpoint.session
        token = session.token()
        try:
            return send(_cookie(token))
        except NotAllowed as error:
            if not error.ends_session:
                raise
        return send(_cookie(session.renew(token)))


def _cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"ZM_AUTH_TOKEN={token}"}


def _path(folder_path: str) -> str:
    return "/home/~/" + "/".join(quote(segment, safe="") for segment in folder_path.strip("/").split("/"))


def _groups(files: Sequence[Upload]) -> Iterator[list[Upload]]:
    group: list[Upload] = []
    size = 0
    for file in files:
        if group and (len(group) >= GROUP_FILES or size + len(file.content) > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += len(file.content)
    if group:
        yield group


def _multipart(files: Sequence[Upload], boundary: str) -> bytes:
    # Names of files in UTF-8, a line for each: the server takes them before those of the headers, which hold ASCII.
    names = "\n".join(_CONTROL.sub(" ", file.name).strip() or "file" for file in files)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="filenames"\r\n\r\n{names}\r\n'.encode()]
    for number, file in enumerate(files):
        name = quote(file.name, safe=" .-_") or "file"
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file{number}"; filename="{name}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n".encode("ascii", "replace")
        )
        parts.append(file.content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts)


def _upload_ids(response: HttpResponse) -> list[str]:
    found = _UPLOADED.match(response.body)
    status = int(found[1]) if found else 0
    if found is None or (status == 200 and not found[2]):
        raise Garbled("not an upload's answer")
    if status == 200:
        return found[2].decode("ascii", "replace").split(",")
    if status >= 500:
        raise Unavailable(f"http.{status}")
    if status in {401, 403}:
        raise NotAllowed(f"http.{status}")
    raise Refused(f"http.{status}")
