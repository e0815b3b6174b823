"""Whom one writes to becomes a contact: "Emailed Contacts" (zimbraPrefAutoAddAddressEnabled).

Sources: Zimbra's MailSender (after sending) and ParsedAddress, which takes a name apart.
"""

from __future__ import annotations

import re

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store import contacts
from zimbra.simulator.store.contacts import Contact
from zimbra.simulator.store.items import COLUMNS, Item
from zimbra.simulator.store.mailbox import EMAILED_CONTACTS, Mailbox

Person = tuple[str, str]

# Addresses looked for in one reading of the contacts.
_AT_ONCE = 100
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "m", "mme", "mlle", "rev", "hon"})
# Small words that begin a family name.
_PARTICLES = frozenset(
    {
        "al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el", "la", "las", "le",
        "les", "lo", "los", "san", "st", "ten", "ter", "van", "von", "zu",
    }
)  # fmt: skip


def name_fields(display: str, address: str) -> dict[str, str]:
    """The attributes of a contact made from an address; without a name, what stands before the @ is one."""
    name = " ".join(display.split()).strip('" ')
    fields: dict[str, str] = {}
    if not name or name.lower() == address.lower():
        local = re.sub("[._]", " ", address.partition("@")[0])
        if " " not in local:
            return {"firstName": local, "email": address}
        name = " ".join(local.split())
    last, comma, first = (part.strip() for part in name.partition(","))
    words = (first if comma and first else name).split()
    if len(words) > 1 and words[0].rstrip(".").lower() in _TITLES:
        fields["namePrefix"] = words.pop(0)
    if comma and first and last:
        fields["lastName"] = last
        rest = words[1:]
    else:
        start = len(words) - 1
        while start > 1 and words[start - 1].lower() in _PARTICLES:
            start -= 1
        if start > 0:
            fields["lastName"] = " ".join(words[start:])
        rest = words[1:start]
    fields["firstName"] = words[0]
    if rest:
        fields["middleName"] = " ".join(rest)
    return {**fields, "fullName": name, "email": address}


def unknown(mailbox: Mailbox, people: list[Person]) -> list[Person]:
    """Those of some people whose address no contact has, each once."""
    waiting = {address.lower(): (display, address) for display, address in reversed(people) if address}
    wanted = list(waiting)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        holding = " OR ".join("instr(lower(content), ?) > 0" for _ in some)
        rows = mailbox.db.execute(
            f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND type = 'contact' AND ({holding})",  # noqa: S608
            (mailbox.num, *some),
        )
        for row in rows:
            for address in contacts.load(Item(*row)).emails():
                waiting.pop(address.lower(), None)
    return list(reversed(waiting.values()))


def remember(mailbox: Mailbox, people: list[Person]) -> None:
    """Contacts for these people; what does not fit any more is left out."""
    for display, address in people:
        try:
            contacts.create(mailbox, EMAILED_CONTACTS, Contact(dict(name_fields(display, address))), "")
        except SoapFault:
            return
