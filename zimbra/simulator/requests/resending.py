"""BounceMsg: a message sent on as it is, with Resent fields before its own. Source: Zimbra's BounceMsg."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.mail import building, delivery
from zimbra.simulator.mail.compose import mailbox as written_address
from zimbra.simulator.mail.compose import new_message_id
from zimbra.simulator.requests.composing import people_of
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.sending import authors, check_recipients, complete
from zimbra.simulator.store import messages


@handles(MAIL, "BounceMsgRequest", writes=True)
def bounce_message(call: Call) -> Reply:
    """Nothing is kept among the sent ones. service.INVALID_REQUEST without recipients; mail.NO_SUCH_MSG."""
    given = call.request.need("m")
    mailbox, number = call.locate(given.require("id"))
    raw = messages.raw(mailbox, number)
    people = people_of(given)
    addressed = [address for letter in "bct" for _, address in people.get(letter, [])]
    recipients = list(dict.fromkeys(complete(call, address) for address in addressed))
    if not recipients:
        raise invalid_request("no recipients specified")
    author, sender = authors(call, *(next(iter(people.get(letter, [])), None) for letter in ("f", "s")))
    check_recipients(call, recipients)
    fields = [("Resent-Date", format_datetime(datetime.now(UTC))), ("Resent-From", written_address(*author))]
    if sender is not None:
        fields.append(("Resent-Sender", written_address(*sender)))
    for letter, name in (("t", "Resent-To"), ("c", "Resent-Cc"), ("b", "Resent-Bcc")):
        listed = people.get(letter, [])
        if listed:
            fields.append((name, ", ".join(written_address(*one) for one in listed)))
    fields.append(("Resent-Message-ID", new_message_id()))
    resent = building.head(fields) + raw
    for recipient in recipients:
        delivery.send(call.unit, author[1], recipient, resent)
    return response(call)
