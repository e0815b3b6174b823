"""A message as the tree of its parts, for what Zimbra asks of it: headers of parts, and whether one is attached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Parameters

from bascule.conversions.filters.messages import Message, decoded_words

_MAX_DEPTH = 20
_MAX_PARTS = 200
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched"})


@dataclass(frozen=True, eq=False)
class Node:
    """head: the headers of the part, as a message without a body has them. kind: media type in lower case."""

    head: Message
    kind: str
    is_file: bool
    disposition: str
    children: tuple[Node, ...] = ()

    @property
    def is_multipart(self) -> bool:
        return self.kind.startswith("multipart/")

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


def tree(message: Message) -> Node:
    """The whole message; parts nested too deep, and too many of them, are left out."""
    return _node(message, 0, [_MAX_PARTS])


def has_attachment(root: Node) -> bool:
    """Whether something is in the message that is neither shown as its text nor a frame or picture of that."""
    shown = {id(node) for node in _shown(root)}
    waiting: list[tuple[Node, str]] = [(root, "")]
    while waiting:
        node, parent = waiting.pop()
        waiting += [(child, node.kind) for child in node.children]
        if node.is_multipart or id(node) in shown:
            continue
        if node.is_file or node.disposition == "attachment":
            return True
        if parent not in ("", "multipart/alternative", "multipart/related"):
            return True
        if not parent and not node.kind.startswith("text/"):
            return True
    return False


def _shown(node: Node) -> Iterator[Node]:
    if not node.is_multipart:
        if _is_text(node):
            yield node
        return
    children: tuple[Node, ...] = tuple(one for one in node.children if one.is_multipart or _is_text(one))
    if node.kind == "multipart/related":
        children = tuple(one for one in node.children[:1] if one in children)
    elif node.kind != "multipart/alternative":
        children = children[:1]
    for child in children:
        yield from _shown(child)


def _is_text(node: Node) -> bool:
    return node.kind in _TEXTS and node.disposition != "attachment"


def _node(message: Message, depth: int, left: list[int]) -> Node:
    about = Parameters()
    for name in ("content-type", "content-disposition"):
        for value in message.raw_values(name)[:1]:
            about[name] = value
    left[0] -= 1
    children: list[Node] = []
    boundary = about.get_boundary() if about.get_content_maintype() == "multipart" else None
    if boundary and depth < _MAX_DEPTH:
        for section in _sections(message.body, boundary):
            if left[0] <= 0:
                break
            children.append(_node(Message.parse(section), depth + 1, left))
    kind = about.get_content_type()
    if kind.startswith("multipart/") and not children and not depth:
        kind = "text/plain"
    is_file = bool(decoded_words(about.get_filename("") or "").strip())
    return Node(message, kind, is_file, (about.get_content_disposition() or "").lower(), tuple(children))


def _sections(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the lines of a boundary, up to the one that ends it."""
    mark = re.escape(b"--" + boundary.encode("utf-8", "replace"))
    pieces = re.split(rb"(?:\A|\r?\n)" + mark + rb"(--)?[ \t]*(?:\r?\n|\Z)", body, maxsplit=_MAX_PARTS)
    found = []
    # Text before the first boundary, then for each boundary whether it is the last and what follows it.
    for is_last, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if is_last:
            break
        found.append(piece)
    return found
