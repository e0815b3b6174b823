"""Browse: which domains a mailbox corresponds with, which kinds of files its messages carry.

Source: Zimbra's Browse. Of things recognised in a text ("objects") there are none here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, messages
from zimbra.simulator.store.mailbox import Mailbox

_KINDS = ("domains", "attachments", "objects")
# Where a domain was met, in the order its letters are written.
_PLACES = "ftc"
_MAX_PATTERN = 200


@handles(MAIL, "BrowseRequest")
def browse(call: Call) -> Reply:
    """The most frequent first; `regex` chooses among them, `maxResults` bounds them. service.INVALID_REQUEST."""
    request = call.request
    kind = request.require("browseBy").strip().lower()
    if kind not in _KINDS:
        raise invalid_request(f"unknown browse type: {kind[:80]}")
    limit = request.number("maxResults") or 0
    chosen = _pattern(request.get("regex") or "")
    reply = response(call)
    if kind == "domains":
        met, places = _domains(call.owned)
        for name, times in _most(met, chosen, limit):
            letters = "".join(letter for letter in _PLACES if letter in places[name])
            reply.add("bd", {"freq": times, "h": letters}, text=name)
    elif kind == "attachments":
        for name, times in _most(_types(call.owned), chosen, limit):
            reply.add("ba", {"freq": times}, text=name)
    return reply


def _pattern(text: str) -> re.Pattern[str] | None:
    """None for everything. Letters and jokers are all it may have: any pattern could keep the server for hours."""
    if not text:
        return None
    plain = text.removeprefix("^").removesuffix("$")
    if len(text) > _MAX_PATTERN or not re.fullmatch(r"(?:[\w@./ -]|\\.|\.\*)*", plain) or plain.count(".*") > 4:
        raise invalid_request(f"invalid regex: {text[:80]}")
    return re.compile(plain, re.IGNORECASE)


def _most(met: Counter[str], chosen: re.Pattern[str] | None, limit: int) -> list[tuple[str, int]]:
    found = [(name, times) for name, times in met.items() if chosen is None or chosen.fullmatch(name)]
    found.sort(key=lambda one: (-one[1], one[0]))
    return found[:limit] if limit > 0 else found


def _domains(mailbox: Mailbox) -> tuple[Counter[str], dict[str, set[str]]]:
    met: Counter[str] = Counter()
    places: dict[str, set[str]] = defaultdict(set)
    ids = [item.id for item in items.select(mailbox, ("message",))]
    for known in messages.details(mailbox, ids).values():
        of_message: set[str] = set()
        for letter in _PLACES:
            for _, address in known.summary["e"].get(letter, []):
                domain = address.rpartition("@")[2].lower()
                if domain and "@" in address:
                    places[domain].add(letter)
                    of_message.add(domain)
        met.update(of_message)
    return met, places


def _types(mailbox: Mailbox) -> Counter[str]:
    met: Counter[str] = Counter()
    for item in items.select(mailbox, ("message",)):
        if "a" in item.flags:
            parts = Message.parse(messages.raw(mailbox, item.id)).attachments
            met.update({part.content_type for part in parts})
    return met
