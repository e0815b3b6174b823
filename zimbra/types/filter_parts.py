"""How the tests and actions of a filter rule say where their fields stand on the wire.

Each class names the element it travels as in `ELEMENT`, and each field says in its metadata where on that element it
stands: an attribute, the text of a child, the element's own text. `zimbra.verbs.filter_elements` reads and writes
them by that alone.
"""

from __future__ import annotations

PLACE = "place"
REQUIRED = "required"
ATTRIBUTE, CHILD, CHILDREN, TEXT = "attribute", "child", "children", "text"

# Metadata of fields. A required attribute is written even when empty; any other is left out then.
MUST = {PLACE: ATTRIBUTE, REQUIRED: True}
MAY = {PLACE: ATTRIBUTE}


def on_wire(name: str, *, required: bool = False, place: str = ATTRIBUTE) -> dict[str, object]:
    """Metadata of a field whose name on the wire is not its own."""
    return {PLACE: place, "name": name, REQUIRED: required}
