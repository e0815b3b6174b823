"""How the tests and actions of a filter rule say where their fields stand on the wire, and what has no class.

Each class names the element it travels as in `ELEMENT`, and each field says in its metadata where on that element it
stands: an attribute, the text of a child, the element's own text. `zimbra.verbs.filter_elements` reads and writes
them by that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PLACE = "place"
REQUIRED = "required"
ATTRIBUTE, CHILD, CHILDREN, TEXT = "attribute", "child", "children", "text"

# Metadata of fields. A required attribute is written even when empty; any other is left out then.
MUST = {PLACE: ATTRIBUTE, REQUIRED: True}
MAY = {PLACE: ATTRIBUTE}


def on_wire(name: str, *, required: bool = False, place: str = ATTRIBUTE) -> dict[str, object]:
    """Metadata of a field whose name on the wire is not its own."""
    return {PLACE: place, "name": name, REQUIRED: required}


@dataclass(frozen=True, slots=True)
class Other:
    """An element that has no class here, or has something its class does not know: kept as it came.

    attributes without `index`, which is given anew when the element is written; inner is the XML inside it.
    """

    element: str
    attributes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    inner: str = field(default="", repr=False)
