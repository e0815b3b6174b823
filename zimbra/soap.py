"""SOAP 1.2 of Zimbra: requests to bytes, bytes to elements, faults to errors. Pure: no socket, no clock.

Requests are put together as text, because thousands of small ones are sent; everything that comes from outside
passes through `text` or `attribute`. Answers are read by a parser that expands, fetches and follows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from zimbra.errors import Garbled, ZimbraError, error_for

# The class of parsed elements, for annotations; lxml has no public name for it.
Element = etree._Element

ACCOUNT = "urn:zimbraAccount"
ADMIN = "urn:zimbraAdmin"
MAIL = "urn:zimbraMail"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"

# Elements and attributes of one answer: the largest honest ones, whole address books, hold a tenth of it, and each
# costs a few hundred bytes of memory whatever its own length. Counted by "<" and by "=", so twice as strict for the
# former and a little stricter where texts hold either.
MAX_MARKS = 3_000_000

# Everything XML 1.0 has no way to write, whatever the escaping (section 2.2 of the recommendation).
_IMPOSSIBLE = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_IMPOSSIBLE_RUN = re.compile(f"[{_IMPOSSIBLE}]+")
_SPECIAL_IN_TEXT = re.compile(f"[&<>\r{_IMPOSSIBLE}]")
_SPECIAL_IN_ATTRIBUTE = re.compile(f'[&<>"\r\n\t{_IMPOSSIBLE}]')


def text(value: str) -> str:
    """`value` as element content. Characters XML cannot carry are left out; a carriage return survives parsing."""
    if not _SPECIAL_IN_TEXT.search(value):
        return value
    value = _IMPOSSIBLE_RUN.sub("", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(value: str) -> str:
    """`value` between double quotes of an attribute; line ends and tabs survive the parser's normalisation."""
    if not _SPECIAL_IN_ATTRIBUTE.search(value):
        return value
    return text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def attributes(values: Mapping[str, object]) -> str:
    """Attributes as they stand in a tag, each after a space. None is left out, booleans become 1 and 0."""
    parts = []
    for name, value in values.items():
        if value is None:
            continue
        shown = ("1" if value else "0") if isinstance(value, bool) else str(value)
        parts.append(f' {name}="{attribute(shown)}"')
    return "".join(parts)


@lru_cache(maxsize=4096)
def _opening(name: str, key: str) -> str:
    return f'<a {key}="{attribute(name)}">'


def pairs(values: Mapping[str, str], key: str = "n") -> str:
    """`<a n="name">value</a>` for each entry, the way Zimbra writes contact fields and directory attributes."""
    return "".join([f"{_opening(name, key)}{text(value)}</a>" for name, value in values.items()])


@dataclass(frozen=True, slots=True)
class Request:
    """One request document, not yet in an envelope.

    name ends in "Request"; urn is its namespace; tag holds attributes as `attributes` writes them; inner is XML.
    """

    name: str
    urn: str
    tag: str = field(default="", repr=False)
    inner: str = field(default="", repr=False)

    def xml(self, request_id: str = "") -> str:
        numbered = f' requestId="{request_id}"' if request_id else ""
        return f'<{self.name} xmlns="{self.urn}"{numbered}{self.tag}>{self.inner}</{self.name}>'

    @property
    def answer_name(self) -> str:
        return self.name.removesuffix("Request") + "Response"


def request(name: str, urn: str, inner: str = "", /, **tag: object) -> Request:
    """A `Request` from Python values: keyword arguments become attributes of its element."""
    return Request(name, urn, attributes(tag), inner)


def batch(requests: Iterable[str]) -> Request:
    """Several numbered requests in one; the server goes on after a child that fails."""
    return Request("BatchRequest", "urn:zimbra", ' onerror="continue"', "".join(requests))


def envelope(body: Request, *, token: str = "", agent: str = "migration-portal") -> bytes:
    """The bytes to post. Without `token` the request goes unauthenticated (sign-in)."""
    signed = f"<authToken>{text(token)}</authToken>" if token else ""
    return (
        f'<soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Header><context xmlns="urn:zimbra"><nosession/>'
        f'<format type="xml"/><userAgent name="{attribute(agent)}"/>{signed}</context></soap:Header>'
        f"<soap:Body>{body.xml()}</soap:Body></soap:Envelope>"
    ).encode()


def local_name(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element, name: str) -> Element | None:
    """First child with this local name; servers and proxies differ in the namespaces they write."""
    for one in element:
        if local_name(one) == name:
            return one
    return None


def children(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if local_name(one) == name)


def child_text(element: Element, name: str) -> str:
    """Text of the first child called `name`, or of the attribute of that name, or an empty string."""
    found = child(element, name)
    if found is not None:
        return found.text or ""
    return element.get(name) or ""


def number(value: str | None, default: int = 0) -> int:
    """An attribute that should hold a whole number; anything else gives `default`."""
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        return default


def parse(content: bytes) -> Element:
    """The root element of an answer.

    Garbled: no XML, not UTF-8, a document type declaration (nothing good in an answer needs one), nested deeper than
    libxml2 goes without `huge_tree` (256 levels, 10 MB in one text), or of more elements than `MAX_MARKS` allow. The
    size of the whole was bounded by whoever read the bytes.
    """
    if content.count(b"<") > MAX_MARKS or content.count(b"=") > MAX_MARKS:
        raise Garbled("too many elements")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Garbled("broken XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Garbled("document type declaration")
    return root


def looks_like_soap(content: bytes) -> bool:
    """Whether an answer with an HTTP error status is worth parsing: a proxy's error page is not."""
    head = content[:1024]
    return b"Envelope" in head and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def answer(content: bytes, name: str) -> Element:
    """The response element called `name` in the envelope's body. A fault is raised as its error."""
    root = parse(content)
    body = child(root, "Body") if local_name(root) == "Envelope" else None
    if body is None or len(body) == 0:
        raise Garbled("no SOAP body")
    found = body[0]
    if local_name(found) == "Fault":
        raise fault(found)
    if local_name(found) != name:
        raise Garbled("another answer")
    return found


def fault(element: Element) -> ZimbraError:
    """The error a `Fault` element of SOAP 1.2 (or 1.1) stands for."""
    code = reason = ""
    for one in element.iter():
        name = local_name(one)
        if name == "Error":
            code = child_text(one, "Code") or code
        elif name in {"Text", "faultstring"} and not reason:
            reason = one.text or ""
    if not code:
        return Garbled("fault without a code")
    return error_for(code, reason)
