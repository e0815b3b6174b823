"""One request in every form a client may give it, and answers of every form brought to one.

A request is described in XML, the form that says most (it knows attributes from children). `Speaker` sends it as its
form wants; what comes back is a tree of plain values: a dict of lists, in which a value is the same whether it was an
attribute, a child with nothing but text, or a member of a JSON object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from tests.zimbra.simulator.wire import NAMESPACES, SOAP, Wire, local

PAIR_TAGS = ("a", "attr", "pref", "header")


# --- requests ------------------------------------------------------------------------------------------------------


def full(node: Any) -> dict[str, Any]:
    """JSON as the web client writes it: arrays for all children, texts as `_content`, `_attrs` for what is a list."""
    value: dict[str, Any] = dict(node.attrib)
    if node.text and node.text.strip():
        value["_content"] = node.text
    for child in node:
        name = child.get("n")
        if local(child) == "a" and name is not None:
            members = value.setdefault("_attrs", {})
            more = {key: given for key, given in child.attrib.items() if key != "n"}
            member = {**more, "_content": child.text or ""} if more else child.text or ""
            members[name] = member if name not in members else [*_listed(members[name]), member]
        else:
            value.setdefault(local(child), []).append(full(child))
    return value


def short(node: Any) -> dict[str, Any]:
    """JSON as scripts write it: no array where there is one, texts and numbers and booleans as plain values."""
    value: dict[str, Any] = {name: _plain(name, text) for name, text in node.attrib.items()}
    if node.text and node.text.strip():
        value["_content"] = node.text
    grouped: dict[str, list[Any]] = {}
    for child in node:
        bare = not child.attrib and not len(child) and child.text
        grouped.setdefault(local(child), []).append(child.text if bare else short(child))
    for name, members in grouped.items():
        value[name] = members[0] if len(members) == 1 else members
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_FLAGS = frozenset({"html", "read", "active", "negative", "fie", "noICal", "includeContent", "caseSensitive", "copy"})


def _plain(name: str, text: str) -> Any:
    if name in _FLAGS and text in ("0", "1"):
        return text == "1"
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,14}", text) else text


# --- answers -------------------------------------------------------------------------------------------------------

Tree = Any


def of_xml(node: Any) -> Tree:
    """An element of an answer as a tree."""
    found: dict[str, list[Any]] = {}
    for name, value in node.attrib.items():
        found.setdefault(name, []).append(value)
    for child in node:
        key = child.get("n", child.get("name"))
        if local(child) in PAIR_TAGS and key is not None:
            found.setdefault(f"@{key}", []).append(_pair(dict(child.attrib), child.text or ""))
        else:
            found.setdefault(local(child), []).append(of_xml(child))
    return _closed(found, node.text or "")


def of_json(value: Any) -> Tree:
    if not isinstance(value, dict):
        return _scalar(value)
    found: dict[str, list[Any]] = {}
    text = ""
    for name, member in value.items():
        if name == "_content":
            text = _scalar(member)
        elif name == "_attrs":
            for key, one in ((key, one) for key, some in member.items() for one in _listed(some)):
                wrapped = isinstance(one, dict)
                more = {n: _scalar(v) for n, v in one.items() if n != "_content"} if wrapped else {}
                found.setdefault(f"@{key}", []).append(_pair(more, one["_content"] if wrapped else one))
        elif name in PAIR_TAGS and all(isinstance(one, dict) and {"n", "name"} & set(one) for one in _listed(member)):
            for one in _listed(member):
                more = {n: _scalar(v) for n, v in one.items() if n != "_content"}
                key = one.get("n", one.get("name"))
                found.setdefault(f"@{key}", []).append(_pair(more, one.get("_content", "")))
        elif name != "_jsns":
            found.setdefault(name, []).extend(of_json(one) for one in _listed(member))
    return _closed(found, text)


def _pair(more: dict[str, str], text: str) -> Tree:
    kept = {key: [value] for key, value in more.items() if key not in ("n", "name")}
    return _closed(kept, text)


def _closed(found: dict[str, list[Any]], text: str) -> Tree:
    if not found:
        return text
    return {**found, "_content": [text]} if text else found


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


_MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b1[6-9][0-9]{11}\b"), "<ms>"),
    (re.compile(r"\b1[6-9][0-9]{8}\b"), "<seconds>"),
    (re.compile(r"\b20[0-9]{6}T?[0-9]{6}(\.[0-9]+)?Z\b"), "<instant>"),
    (re.compile(r"<[^<>@\s]+@[^<>\s]+>"), "<message-id>"),
)
# Told apart by nothing but the moment or by chance.
_CHANCE = frozenset(
    {
        "authToken",
        "csrfToken",
        "session",
        "lifetime",
        "Trace",
        "crumb",
        "pw",
        "prevSession",
        "accessed",
        "token",
        "mbxid",
    }
)


def masked(tree: Tree, own: str, below: str = "") -> Tree:
    """Without what differs from one account and one moment to the next; `own`: the word all names of this form bear."""
    if isinstance(tree, dict):
        shown = {name: [masked(one, own, name) for one in some] for name, some in tree.items()}
        return {name.replace(own, "FORM"): some for name, some in shown.items()}
    if below in _CHANCE:
        return "<chance>"
    for pattern, word in _MASKS:
        if below not in ("d", "s", "e") or word != "<instant>":
            tree = pattern.sub(word, tree)
    return tree.replace(own, "FORM")


# --- who speaks ----------------------------------------------------------------------------------------------------


@dataclass
class Speaker:
    """One client that speaks one form. `write`: how a document is put in JSON, None for XML; `wanted`: the form it asks
    its answers in; `own`: the word that all names it makes bear; `known`: what "{…}" in a document stands for."""

    wire: Wire
    own: str
    write: Callable[[Any], dict[str, Any]] | None
    wanted: str = ""
    known: dict[str, str] = field(default_factory=dict)

    def ask(self, document: str, *, admin: bool = False) -> tuple[int, bytes]:
        """The status and the bytes for a document in XML."""
        document = re.sub(r"{(\w+)}", lambda found: escape(self.known[found[1]]), document)
        token = self.known.get("admin_token" if admin else "token", "")
        if self.write is None:
            context = f"<authToken>{escape(token)}</authToken>" if token else ""
            context += f"<format type={quoteattr(self.wanted)}/>" if self.wanted else ""
            sent = (
                f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header><context xmlns="urn:zimbra">{context}</context>'
                f"</soap:Header><soap:Body>{document}</soap:Body></soap:Envelope>"
            )
        else:
            header: dict[str, Any] = {"_jsns": "urn:zimbra"}
            if token:
                header["authToken"] = token if self.write is short else [{"_content": token}]
            if self.wanted:
                header["format"] = {"type": self.wanted}
            node = etree.fromstring(document)
            sent = json.dumps({"Header": {"context": header}, "Body": {local(node): self._document(node)}})
        path = "/service/admin/soap" if admin else "/service/soap"
        status, _, data = self.wire.send("POST", path, sent, {"Content-Type": "application/soap+xml"})
        return status, data

    def _document(self, node: Any) -> dict[str, Any]:
        assert self.write is not None
        if local(node) != "BatchRequest":
            return {"_jsns": etree.QName(node).namespace, **self.write(node)}
        value: dict[str, Any] = {"_jsns": NAMESPACES["batch"], **node.attrib}
        for child in node:
            value.setdefault(local(child), []).append(self._document(child))
        return value

    def answer(self, document: str, *, admin: bool = False) -> tuple[int, str, Tree]:
        """Status, name of the document answered, and its tree."""
        status, data = self.ask(document, admin=admin)
        in_json = self.wanted == "js" or (self.write is not None and self.wanted != "xml")
        assert data.startswith(b"{") == in_json, data[:100]
        if in_json:
            ((name, value),) = json.loads(data)["Body"].items()
            return status, name, of_json(value)
        found = next(one for one in etree.fromstring(data) if local(one) == "Body")[0]
        return status, local(found), of_xml(found)


def shapes(value: Any, parent: str) -> Iterator[tuple[str, str, bool]]:
    """Every child of a JSON document as (parent, name, whether in an array)."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "_attrs":
                continue
            if isinstance(member, dict):
                yield parent, name, False
            if isinstance(member, list):
                yield parent, name, True
            for one in _listed(member):
                yield from shapes(one, name)


def at(tree: Tree, path: str) -> str:
    """A value by its path: names and positions (0 when left out) divided by dots."""
    for step in path.split("."):
        name, _, position = step.partition("/")
        tree = tree[name][int(position or 0)]
    assert isinstance(tree, str), tree
    return tree
