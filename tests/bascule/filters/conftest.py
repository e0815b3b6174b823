"""A simulated Zimbra behind the portal's own door, and people with a mailbox there."""

from tests.bascule.imports.conftest import agent, door, mailbox

__all__ = ["agent", "door", "mailbox"]
