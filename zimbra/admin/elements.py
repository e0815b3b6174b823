"""How the administration writes entries of the directory and names them in requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zimbra import soap
from zimbra.verbs.base import all_fields

Attributes = Mapping[str, str | Sequence[str]]


def by(element: str, value: str, key: str = "name") -> str:
    """Whom a request is about: by its name or, with key "id", by its id."""
    return f"<{element}{soap.attributes({'by': key})}>{soap.text(value)}</{element}>"


def pairs(attributes: Attributes) -> str:
    """Attributes to set. A sequence sets several values; an empty text or sequence removes the attribute."""
    return "".join(
        soap.pairs({name: one})
        for name, value in attributes.items()
        for one in ([value] if isinstance(value, str) else value or [""])
    )


def first_values(element: soap.Element) -> dict[str, str]:
    """Attributes of an entry, the first value of each."""
    return {name: values[0] for name, values in all_fields(element).items()}
