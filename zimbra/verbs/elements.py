"""Elements kept as they came, for what the types do not know."""

from __future__ import annotations

from collections.abc import Collection

from lxml import etree

from zimbra import soap
from zimbra.types.elements import Other


def read_other(element: soap.Element, *, but: Collection[str] = ()) -> Other:
    """The element whole, without the attributes called `but`."""
    inner = soap.text(element.text or "") + "".join(etree.tostring(one, encoding="unicode") for one in element)
    return Other(soap.local_name(element), attributes_of(element, but=but), inner)


def other_xml(other: Other, **attributes: object) -> str:
    """The element as it came, with these attributes besides."""
    tag = soap.attributes({**dict(other.attributes), **attributes})
    return f"<{other.element}{tag}>{other.inner}</{other.element}>"


def attributes_of(element: soap.Element, *, but: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in element.attrib.items() if name not in but)
