"""Messages: putting them in, reading, searching, sending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from zimbra import soap
from zimbra.errors import Garbled, ZimbraError
from zimbra.types.folders import Folder
from zimbra.types.mail import Correspondent, FolderCount, Message, NewMessage, Part
from zimbra.verbs.base import is_true
from zimbra.verbs.content import ContentVerbs, Upload
from zimbra.verbs.folders import FolderVerbs
from zimbra.verbs.items import PAGE, ItemVerbs
from zimbra.verbs.moments import Unreadable, from_milliseconds, to_milliseconds

# Above this a message travels as an upload, whose limit is that of files, and not inside the SOAP document.
INLINE_BYTES = 256 << 10

_MAIL_VIEWS = frozenset({"", "message", "conversation"})
_PEOPLE = {"t": "to", "c": "cc", "b": "bcc", "r": "reply_to"}


class MessageVerbs(ContentVerbs, ItemVerbs, FolderVerbs):
    def add_message(
        self,
        folder_id: str,
        raw: bytes,
        *,
        flags: str = "",
        tags: Sequence[str] = (),
        received: datetime | None = None,
        as_invitation: bool = True,
    ) -> Message:
        """Put a message (RFC 5322) into a folder, by id or path, as it is: no filter is run, nobody is written to.

        flags: letters; without u it is read. received: an aware moment, now without it. as_invitation=False: leave a
        calendar part alone. Not repeated after a lost answer. NotFound mail.NO_SUCH_FOLDER; Refused
        mail.QUOTA_EXCEEDED, mail.MESSAGE_PARSE_ERROR.
        """
        tag: dict[str, object] = {
            "l": folder_id,
            "f": flags or None,
            "tn": ",".join(tags) or None,
            "d": None if received is None else to_milliseconds(received),
            "noICal": None if as_invitation else True,
        }
        inner = ""
        if len(raw) <= INLINE_BYTES and _travels_as_text(raw):
            inner = f"<content>{soap.text(raw.decode('ascii'))}</content>"
        else:
            tag["aid"] = self.upload(raw, "message/rfc822", "message.eml")
        request = soap.request("AddMsgRequest", soap.MAIL, f"<m{soap.attributes(tag)}>{inner}</m>")
        return _message(_the_message(self.endpoint.call(request)))

    def message(
        self,
        message_id: str,
        *,
        headers: Iterable[str] = (),
        html: bool = False,
        mark_read: bool = False,
        longest: int = 0,
    ) -> Message:
        """A message with its parts and the texts a reader shows. NotFound: it is gone.

        headers: names of headers to give back. html: the HTML text where there are both. longest: characters of each
        text, 0 for all. mark_read: a right to write is needed then.
        """
        wanted = "".join(f"<header{soap.attributes({'n': name})}/>" for name in headers)
        tag = {
            "id": message_id,
            "html": html or None,
            "read": mark_read or None,
            "max": longest or None,
        }
        request = soap.request("GetMsgRequest", soap.MAIL, f"<m{soap.attributes(tag)}>{wanted}</m>")
        return _message(_the_message(self.endpoint.call(request, repeatable=True)))

    def raw_message(self, message_id: str) -> bytes:
        """The message as it came, byte for byte. NotFound also when the right to read is missing."""
        return self.item_text(message_id, "")

    def messages(self, query: str = "in:inbox", *, sort_by: str = "dateDesc", page: int = PAGE) -> Iterator[Message]:
        """The messages a search finds, without their parts, each once, page by page as it is read."""
        for element in self.search_elements(query, "message", sort_by=sort_by, page=page):
            if soap.local_name(element) == "m":
                yield _message(element)

    def message_counts(self) -> tuple[FolderCount, ...]:
        """How much mail each folder of the person's own holds, the Trash and Junk included, parents first."""
        return tuple(_counts(self.folders()))

    def send(self, message: NewMessage, *, save_to_sent: bool = True) -> str:
        """Send a message; the id of the copy kept in Sent, "" when none was kept.

        Not repeated after a lost answer: look into Sent. Refused mail.SEND_ABORTED_ADDRESS_FAILURE and the like: an
        address the server cannot send to. NotAllowed: no right to write as `sender`.
        """
        uploads = self.upload_all([Upload(one.content, one.content_type, one.name) for one in message.attachments])
        for one in uploads:
            if isinstance(one, ZimbraError):
                raise one
        request = soap.request(
            "SendMsgRequest", soap.MAIL, _written(message, [str(one) for one in uploads]), noSave=not save_to_sent
        )
        sent = soap.child(self.endpoint.call(request), "m")
        return "" if sent is None else sent.get("id") or ""


def _travels_as_text(raw: bytes) -> bool:
    """Whether XML can carry it and give the same bytes back."""
    return raw.isascii() and not any(byte < 32 and byte not in b"\t\r\n" for byte in raw)


def _written(message: NewMessage, uploads: Sequence[str]) -> str:
    people = {"t": message.to, "c": message.cc, "b": message.bcc, "r": message.reply_to}
    people["f"] = () if message.sender is None else (message.sender,)
    inner = "".join(
        f"<e{soap.attributes({'t': kind, 'a': one.address, 'p': one.name or None})}/>"
        for kind, several in people.items()
        for one in several
    )
    plain = f'<mp ct="text/plain"><content>{soap.text(message.text)}</content></mp>'
    html = f'<mp ct="text/html"><content>{soap.text(message.html)}</content></mp>'
    body = plain
    if message.html:
        body = f'<mp ct="multipart/alternative">{plain}{html}</mp>' if message.text else html
    inner += f"<su>{soap.text(message.subject)}</su>{body}"
    if uploads:
        inner += f"<attach{soap.attributes({'aid': ','.join(uploads)})}/>"
    tag = soap.attributes(
        {
            "idnt": message.identity_id or None,
            "origid": message.answers or None,
            "rt": ("w" if message.forwards else "r") if message.answers else None,
        }
    )
    return f"<m{tag}>{inner}</m>"


def _the_message(answer: soap.Element) -> soap.Element:
    found = soap.child(answer, "m")
    if found is None or not found.get("id"):
        raise Garbled("no message")
    return found


def _message(element: soap.Element) -> Message:
    people: dict[str, list[Correspondent]] = {name: [] for name in ("from", "sender", *_PEOPLE.values())}
    headers: dict[str, tuple[str, ...]] = {}
    for one in element:
        name = soap.local_name(one)
        if name == "e":
            kind = {"f": "from", "s": "sender"}.get(one.get("t") or "") or _PEOPLE.get(one.get("t") or "")
            if kind:
                # p: the whole name; d: the short form for lists.
                people[kind].append(Correspondent(one.get("a") or "", one.get("p") or one.get("d") or ""))
        elif name == "header":
            key = one.get("n") or ""
            headers[key] = (*headers.get(key, ()), one.text or "")
    body = soap.child(element, "mp")
    return Message(
        id=element.get("id") or "",
        folder_id=element.get("l") or "",
        conversation_id=element.get("cid") or "",
        flags=element.get("f") or "",
        tags=tuple(one for one in (element.get("tn") or "").split(",") if one),
        size=soap.number(element.get("s")),
        received=_moment(element.get("d")),
        sent=_moment(element.get("sd")),
        subject=soap.child_text(element, "su"),
        fragment=soap.child_text(element, "fr"),
        sender=next(iter(people["from"]), None),
        sent_by=next(iter(people["sender"]), None),
        to=tuple(people["to"]),
        cc=tuple(people["cc"]),
        bcc=tuple(people["bcc"]),
        reply_to=tuple(people["reply_to"]),
        message_id=soap.child_text(element, "mid"),
        headers=headers,
        body=None if body is None else _part(body),
    )


def _moment(milliseconds: str | None) -> datetime | None:
    try:
        return from_milliseconds(milliseconds) if milliseconds else None
    except Unreadable:
        return None


def _part(element: soap.Element) -> Part:
    return Part(
        part=element.get("part") or "",
        content_type=element.get("ct") or "",
        size=soap.number(element.get("s")),
        filename=element.get("filename") or "",
        disposition=element.get("cd") or "",
        content_id=element.get("ci") or "",
        content=soap.child_text(element, "content"),
        is_body=is_true(element.get("body")),
        is_cut=is_true(element.get("truncated")),
        parts=tuple(map(_part, soap.children(element, "mp"))),
    )


def _counts(root: Folder) -> Iterator[FolderCount]:
    for folder in root.walk():
        own = not (folder.is_mountpoint or folder.is_search or ":" in folder.id)
        if own and folder.view in _MAIL_VIEWS and folder.path != "/":
            yield FolderCount(folder.id, folder.path, folder.count, folder.unread, folder.size)
