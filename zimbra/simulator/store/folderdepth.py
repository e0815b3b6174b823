"""How deep folders may lie in one another."""

from __future__ import annotations

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store.mailbox import Mailbox

# Zimbra has no bound of its own; but a tree deeper than what programs read as XML makes a mailbox nobody can list.
MAX_DEPTH = 200


def cannot_contain() -> SoapFault:
    return SoapFault("mail.CANNOT_CONTAIN", "cannot put object in that folder")


def check_depth(mailbox: Mailbox, parent: int, height: int) -> None:
    """mail.CANNOT_CONTAIN for a branch with so many levels when it would reach too deep below its new parent."""
    row = mailbox.db.execute(
        "WITH RECURSIVE above (id, parent) AS ("
        " SELECT id, parent FROM folders WHERE mbox = ?1 AND id = ?2 UNION ALL"
        " SELECT folders.id, folders.parent FROM folders JOIN above ON folders.id = above.parent"
        " WHERE folders.mbox = ?1 AND above.parent <> above.id)"
        " SELECT count(*) FROM above",
        (mailbox.num, parent),
    ).fetchone()
    if row[0] + height > MAX_DEPTH:
        raise cannot_contain()
