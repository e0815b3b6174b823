"""What a draft remembers beside its text: which message it answers or forwards, and in whose name it will be sent."""

from __future__ import annotations

import json

from zimbra.simulator.store.items import Item

_NAMES = ("origid", "rt", "idnt", "forAcct", "autoSendTime")


def draft_attributes(item: Item) -> dict[str, str | int | bool]:
    """The attributes of a draft's element; none of another message."""
    if "d" not in item.flags or not item.content:
        return {}
    kept = json.loads(item.content)
    return {name: kept[name] for name in _NAMES if kept.get(name)}


def note(**values: str | int | None) -> str:
    """To be kept as the content of the draft's item."""
    kept = {name: value for name, value in values.items() if name in _NAMES and value}
    return json.dumps(kept) if kept else ""
