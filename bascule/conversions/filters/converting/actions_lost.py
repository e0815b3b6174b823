"""Actions that no rule of the new mailbox takes over: redirections and notifications, and what to do instead."""

from __future__ import annotations

import re

from bascule.conversions.filters.converting.refusals import Notes, shown
from bascule.conversions.filters.source.syntax import Command, Strings

_ADDRESS = re.compile(r"[^\s<>@]+@([^\s<>@]+)")


def note_redirect(command: Command, notes: Notes, domain: str) -> None:
    """The academy allows no redirection to another service; within it, a delegation is the way."""
    values = [value for one in command.args if isinstance(one, Strings) for value in one.values]
    address = values[-1] if values else ""
    found = _ADDRESS.search(address)
    where = found[1].casefold().rstrip(".") if found else ""
    start = f"Le transfert automatique vers « {shown(address)} » n’est pas repris : le message reste dans votre boîte."
    own = domain.casefold().removeprefix("@")
    if own and (where == own or where.endswith("." + own)):
        advice = (
            " Pour que d’autres lisent ces messages, faites-leur déléguer la boîte partagée ou un dossier de la vôtre."
        )
        notes.add("redirect_inside", start + advice, address)
    else:
        advice = (
            " L’académie n’autorise pas de transfert vers un autre service : consultez votre boîte dans Zimbra, depuis"
            " un navigateur ou un téléphone."
        )
        notes.add("redirect_outside", start + advice, address)


def note_notification(command: Command, notes: Notes) -> None:
    """Notices by mail, by text message and the like."""
    notes.add(
        "notify",
        "L’avertissement que cette règle envoyait n’est pas repris. Pour être averti, activez les notifications de"
        " Zimbra dans votre navigateur ou sur votre téléphone.",
    )
