"""What a request says and what an answer says, in XML and in Zimbra's JSON.

`Element` is a parsed request, the same whatever the form it came in. `Reply` is an answer being built; it knows
enough (which children are single, which values are "content") to be written in either form as Zimbra writes it:
repeated children are always arrays, `a n=` lists become `_attrs`, an XML boolean is 1 or 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from zimbra.simulator.fault import invalid_request, parse_error

MAX_DEPTH = 100
_XHTML = "{http://www.w3.org/1999/xhtml}"

# What the store can keep: eighteen digits.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")

Value = str | int | bool


class Element:
    """One element of a request: local name, namespace ("" when none), attributes, text and children in order."""

    __slots__ = ("_children", "_node", "_text", "attrs", "name", "ns")

    def __init__(self, name: str, ns: str = "", attrs: dict[str, str] | None = None, text: str = "") -> None:
        self.name = name
        self.ns = ns
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self._text = text
        # What is read of a node, when there is one, is read when first asked for: see `plain_pairs`.
        self._node: ElementTree.Element | None = None
        self._children: list[Element] | None = None

    @property
    def text(self) -> str:
        return self._text if self._node is None else _text(self._node)

    @text.setter
    def text(self, text: str) -> None:
        self._text = text

    @property
    def children(self) -> list[Element]:
        found = self._children
        if found is None:
            found = self._children = [_wrap(node) for node in _nodes(self._node)]
        return found

    def plain_pairs(self) -> dict[str, str] | None:
        """Name to text, when the children are `<a n="name">text</a>` and nothing else, each name once; None if not.

        A short cut for what most requests of a batch are made of; the other readers serve all.
        """
        if self._node is None:
            return None
        found: dict[str, str] = {}
        for node in self._node.findall(f"{{{self.ns}}}a" if self.ns else "a"):
            attrs = node.attrib
            if len(attrs) != 1 or "n" not in attrs or len(node):
                return None
            found[attrs["n"]] = _text(node)
        return found if len(found) == len(self._node) else None

    def find(self, name: str) -> Element | None:
        if self._children is None and self._node is not None:
            for node in _nodes(self._node):
                if _local(node.tag)[0] == name:
                    return _wrap(node)
            return None
        return next(self.all(name), None)

    def need(self, name: str) -> Element:
        found = self.find(name)
        if found is None:
            raise invalid_request(f"missing required element: {name}")
        return found

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name. In JSON one that has nothing but text may be a plain member, as attributes are,
        and those called "a" may stand in `_attrs`."""
        names = ("a", "_attrs") if name == "a" else (name,)
        for child in self.children:
            if child.name in names:
                yield child
        if self._node is None and name in self.attrs:
            yield Element(name, self.ns, None, self.attrs[name])

    def get(self, name: str, default: str | None = None) -> str | None:
        """The attribute, or the text of the single child of that name: Zimbra reads both alike."""
        value = self.attrs.get(name)
        if value is not None:
            return value
        child = self.find(name)
        return default if child is None else child.text

    def require(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise invalid_request(f"missing required attribute: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if value.lower() not in ("1", "true", "0", "false"):
            raise invalid_request(f"invalid value for attribute {name}: {value[:80]}")
        return value.lower() in ("1", "true")

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.get(name)
        if value is None or not value.strip():
            return default
        if not _INTEGER.match(value.strip()):
            raise invalid_request(f"invalid value for attribute {name}: {value[:80]}")
        return int(value)

    def pairs(self, child_name: str = "a", key: str = "n") -> Iterator[tuple[str, Element]]:
        """The `<a n="name">value</a>` list, or its JSON form `_attrs`. Yields (name, element)."""
        for child in self.children:
            if child.name == child_name or child.name == "_attrs":
                name = child.attrs.get(key if child.name == child_name else "n")
                if name is None:
                    raise invalid_request(f"missing required attribute: {key}")
                yield name, child


# --- reading XML ---------------------------------------------------------------------------------------------------

# The standard library's tree, made without a line of Python for each element, is wrapped as far as it is read: on
# batches two thirds of the time of callbacks. Entities have no way in: a document type is refused where it starts.


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise parse_error("document type declarations are not accepted")


def parse_xml(body: bytes) -> Element:
    """The root element of a document.

    A document type (hence any entity of its own), nesting beyond MAX_DEPTH or a malformed byte is service.PARSE_ERROR.
    """
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 (it has no entities to expand)
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise parse_error(str(error)[:200]) from None
    level = [root]
    for _ in range(MAX_DEPTH - 1):
        level = [child for node in level for child in node if len(child)]
        if not level:
            return _wrap(root)
    raise parse_error("document is nested too deeply")


def _wrap(node: ElementTree.Element) -> Element:
    name, ns = _local(node.tag)
    element = Element(name, ns, _attributes(node))
    element._node = node
    return element


@lru_cache(maxsize=4096)
def _local(tag: str) -> tuple[str, str]:
    """Local name and namespace of "{namespace}name"."""
    ns, _, name = tag.rpartition("}")
    return name, ns[1:]


def _attributes(node: ElementTree.Element) -> dict[str, str]:
    attrs: dict[str, str] = node.attrib
    for name in attrs:
        if name[0] == "{":
            return {_local(key)[0]: value for key, value in attrs.items()}
    return attrs


def _nodes(node: ElementTree.Element | None) -> Iterable[ElementTree.Element]:
    """The elements inside one, none when they are part of its text."""
    return () if node is None or (len(node) and _is_mixed(node)) else node


def _is_mixed(node: ElementTree.Element) -> bool:
    """Whether there is text between the elements inside, or they are XHTML: Zimbra takes all of it for text then."""
    if node.tag.startswith(_XHTML) or (node.text and not node.text.isspace()):
        return True
    return any(child.tail and not child.tail.isspace() for child in node)


def _text(node: ElementTree.Element) -> str:
    """The text inside an element, nothing but spaces being none; markup inside is part of it, as written."""
    text = node.text or ""
    if len(node) and _is_mixed(node):
        text += "".join([_markup(child, _local(node.tag)[1]) + (child.tail or "") for child in node])
    return "" if text.isspace() else text


def _markup(node: ElementTree.Element, around: str) -> str:
    """An element as it could be written inside one of the namespace `around`."""
    name, ns = _local(node.tag)
    start = name + (f' xmlns="{ns}"' if ns != around else "")
    start += "".join(f' {key}="{escape_attribute(value)}"' for key, value in _attributes(node).items())
    inside = "".join([_markup(child, ns) + escape_text(child.tail or "") for child in node])
    inside = escape_text(node.text or "") + inside
    return f"<{start}>{inside}</{name}>" if inside else f"<{start}/>"


# --- reading JSON --------------------------------------------------------------------------------------------------


def parse_json(body: bytes) -> Element:
    """The envelope of the JSON form as an element named Envelope; rubbish is service.PARSE_ERROR."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise parse_error(str(error)[:200]) from None
    if not isinstance(value, dict):
        raise parse_error("a JSON object is expected")
    return _from_json("Envelope", value, "", 0)


def _from_json(name: str, value: dict[str, Any], ns: str, depth: int) -> Element:
    if depth > MAX_DEPTH:
        raise parse_error("document is nested too deeply")
    own = value.get("_jsns")
    element = Element(name, own if isinstance(own, str) else ns)
    for key, member in value.items():
        if key == "_jsns":
            continue
        if key == "_content":
            element.text = _scalar(member)
        elif key == "_attrs" and isinstance(member, dict):
            for attribute, content in member.items():
                for one in content if isinstance(content, list) else [content]:
                    more = dict(one) if isinstance(one, dict) else {"_content": one}
                    text = _scalar(more.pop("_content", ""))
                    attrs = {key: _scalar(value) for key, value in more.items()}
                    element.children.append(Element("_attrs", element.ns, {**attrs, "n": attribute}, text))
        elif isinstance(member, dict):
            element.children.append(_from_json(key, member, element.ns, depth + 1))
        elif isinstance(member, list):
            for one in member:
                if isinstance(one, dict):
                    element.children.append(_from_json(key, one, element.ns, depth + 1))
                else:
                    element.children.append(Element(key, element.ns, None, _scalar(one)))
        elif member is not None:
            element.attrs[key] = _scalar(member)
    return element


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    while isinstance(value, dict):  # a text that is wrapped once more, as some clients write it
        value = value.get("_content")
    if value is None:
        return ""
    text = str(value)
    # JSON escapes can spell half a surrogate pair, which no store and no XML can hold.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


# --- writing -------------------------------------------------------------------------------------------------------


class Reply:
    """An element of an answer.

    `attrs` are attributes; `content` are values that XML writes as child elements with text and JSON as plain
    members; `pairs` the `a n=` list (name, value, further attributes) written with the names in `pair_names`.
    """

    __slots__ = ("attrs", "children", "content", "name", "ns", "pair_names", "pairs", "text", "unique")

    def __init__(
        self,
        name: str,
        attrs: Mapping[str, Value | None] | None = None,
        *,
        text: str | None = None,
        ns: str | None = None,
        unique: bool = False,
    ) -> None:
        self.name = name
        self.ns = ns
        self.attrs: dict[str, Value] = (
            {} if attrs is None else {key: value for key, value in attrs.items() if value is not None}
        )
        self.content: dict[str, Value] = {}
        self.text = text
        self.unique = unique
        self.children: list[Reply] = []
        self.pairs: list[tuple[str, str, dict[str, Value] | None]] = []
        self.pair_names = ("a", "n")

    def add(
        self,
        name: str,
        attrs: Mapping[str, Value | None] | None = None,
        *,
        text: str | None = None,
        unique: bool = False,
    ) -> Reply:
        child = Reply(name, attrs, text=text, unique=unique)
        self.children.append(child)
        return child


_TEXT_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTR_SPECIAL = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
_ENTITIES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;",
}  # fmt: skip


def escape_text(text: str) -> str:
    """XML text; characters XML 1.0 cannot carry are left out."""
    return _TEXT_SPECIAL.sub(lambda m: _ENTITIES.get(m[0], ""), text) if _TEXT_SPECIAL.search(text) else text


def escape_attribute(text: str) -> str:
    return _ATTR_SPECIAL.sub(lambda m: _ENTITIES.get(m[0], ""), text) if _ATTR_SPECIAL.search(text) else text


def _plain(value: Value) -> str:
    if value is True:
        return "1"
    return "0" if value is False else str(value)


def write_xml(reply: Reply, out: list[str]) -> None:
    """Append the XML text of `reply` to `out`."""
    name = reply.name
    start = f'<{name} xmlns="{reply.ns}"' if reply.ns else f"<{name}"
    if reply.attrs:
        start += "".join(
            [
                f' {key}="{escape_attribute(value) if value.__class__ is str else _plain(value)}"'
                for key, value in reply.attrs.items()
            ]
        )
    if reply.text is None and not reply.children and not reply.pairs and not reply.content:
        out.append(start + "/>")
        return
    out.append(start + ">")
    if reply.text:
        out.append(escape_text(reply.text))
    for key, value in reply.content.items():
        out.append(f"<{key}>{escape_text(_plain(value))}</{key}>")
    tag, attribute = reply.pair_names
    for key, text, more in reply.pairs:
        extra = "".join(f' {k}="{escape_attribute(_plain(v))}"' for k, v in more.items()) if more else ""
        out.append(f'<{tag} {attribute}="{escape_attribute(key)}"{extra}>{escape_text(text)}</{tag}>')
    for child in reply.children:
        write_xml(child, out)
    out.append(f"</{name}>")


def to_json(reply: Reply) -> dict[str, Any]:
    """The JSON form of `reply`, as plain Python values."""
    value: dict[str, Any] = dict(reply.attrs)
    value.update(reply.content)
    if reply.pairs:
        attributes: dict[str, Any] = {}
        for key, text, more in reply.pairs:
            member: Any = {**more, "_content": text} if more else text
            if key not in attributes:
                attributes[key] = member
            elif isinstance(attributes[key], list):
                attributes[key].append(member)
            else:
                attributes[key] = [attributes[key], member]
        value["_attrs"] = attributes
    for child in reply.children:
        if child.unique:
            value[child.name] = to_json(child)
        else:
            value.setdefault(child.name, []).append(to_json(child))
    if reply.text is not None:
        value["_content"] = reply.text
    if reply.ns:
        value["_jsns"] = reply.ns
    return value
