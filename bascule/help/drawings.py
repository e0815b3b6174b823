"""Drawings of the help: SVG files of our own making, which do nothing and fetch nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

MOST_BYTES = 300_000

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    f"{_SVG}{name}"
    for name in (
        *("svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "marker", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "use", "symbol"),
        *("style", "pattern"),
    )
)
_HREF = frozenset({"href", "{http://www.w3.org/1999/xlink}href"})
_OUTSIDE = re.compile(r"@import|expression\s*\(|url\(\s*['\"]?(?!#)|(?:java|vb)script:|data:", re.IGNORECASE)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*\Z")


@dataclass(frozen=True)
class Size:
    width: int
    height: int


def faults(content: bytes) -> list[str]:
    """Why a drawing may not be shown, in French; nothing when it may."""
    if len(content) > MOST_BYTES:
        return [f"Le dessin dépasse {MOST_BYTES // 1000} ko."]
    root = _parsed(content)
    if root is None:
        return ["Le fichier n’est pas un SVG bien formé."]
    found = []
    if root.tag != f"{_SVG}svg":
        found.append("L’élément racine n’est pas <svg>.")
    if root.getroottree().docinfo.internalDTD is not None:
        found.append("Déclaration DOCTYPE refusée.")
    if size(content) is None:
        found.append("Il manque « viewBox », ou « width » et « height ».")
    for element in root.iter():
        if not isinstance(element.tag, str):
            if element.tag is not etree.Comment:
                found.append("Instruction de traitement refusée.")
            continue
        if element.tag not in _ELEMENTS:
            found.append(f"Élément refusé : <{etree.QName(element).localname}>.")
        if element.tag == f"{_SVG}style" and _OUTSIDE.search("".join(str(text) for text in element.itertext())):
            found.append("Le style va chercher quelque chose ailleurs.")
        found.extend(_attributes(element))
    return list(dict.fromkeys(found))


def _attributes(element: etree._Element) -> list[str]:
    found = []
    for name, value in element.attrib.items():
        name, value = str(name), str(value)
        if name.lower().startswith("on"):
            found.append(f"Attribut refusé : {name}.")
        elif name in _HREF and not value.startswith("#"):
            found.append("Référence hors du dessin.")
        elif _OUTSIDE.search(value):
            found.append(f"L’attribut {etree.QName(name).localname} va chercher quelque chose ailleurs.")
    return found


def size(content: bytes) -> Size | None:
    """Width and height of a drawing, of its viewBox first."""
    root = _parsed(content)
    if root is None:
        return None
    box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip())
    if len(box) == 4:
        try:
            width, height = float(box[2]), float(box[3])
        except ValueError:
            return None
    else:
        lengths = [_LENGTH.match(root.get(name) or "") for name in ("width", "height")]
        if lengths[0] is None or lengths[1] is None:
            return None
        width, height = float(lengths[0][1]), float(lengths[1][1])
    if not (0 < width < 10_000 and 0 < height < 10_000):
        return None
    return Size(round(width), round(height))


def _parsed(content: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
