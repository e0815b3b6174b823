"""What has no class here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Other:
    """An element that has no class here, or has something its class does not know: kept as it came.

    attributes but for those given anew when the element is written (`index`); inner is the XML inside it.
    """

    element: str
    attributes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    inner: str = field(default="", repr=False)
