"""RemoveAttachments: a message without some of its parts. Source: Zimbra's handler of the same name.

A draft is written anew; another message gives way to a new one, which has its folder, flags, tags and date.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from typing import TypeAlias

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.message_elements import View, no_such_part, whole
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, messages

_MAX_PARTS = 200
_TEXT = -1
# Encrypted, or signed in a way that leaves no text outside the signature.
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_FRAME = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_Part: TypeAlias = "email.message.Message[str, str]"


@handles(MAIL, "RemoveAttachmentsRequest", writes=True)
def remove_attachments(call: Call) -> Reply:
    """mail.NO_SUCH_MSG, mail.NO_SUCH_PART, service.PERM_DENIED; service.OPERATION_DENIED for what is encrypted or
    sealed by a signature, service.INVALID_REQUEST."""
    given = call.request.need("m")
    mailbox, number = call.locate(given.require("id"))
    item = items.get(mailbox, number, "message")
    raw = messages.raw(mailbox, number)
    if Message.parse(raw).root.content_type in _SEALED:
        raise SoapFault("service.OPERATION_DENIED", "not allowed to remove attachments of a sealed message")
    raw = without(raw, given.require("part").split(","))
    if "d" in item.flags:
        made = messages.replace(mailbox, item, raw)
    else:
        mailbox.check(item.folder, "id")
        known = messages.detail(mailbox, number)
        made = messages.add(
            mailbox, item.folder, raw,
            flags=item.flags.replace("a", ""), tags=item.tags, date=known.date,
            conversation=known.conversation if known.conversation > 0 else None,
        )  # fmt: skip
        items.delete(mailbox, number)
    reply = response(call)
    reply.children.append(whole(mailbox, items.get(mailbox, made.id), View()))
    return reply


def without(raw: bytes, numbers: list[str]) -> bytes:
    """The message less the parts of these numbers ("2", "3.1", "TEXT" for all of its text).

    mail.NO_SUCH_PART; service.INVALID_REQUEST for what is no number.
    """
    wanted = {_place(number.strip()) for number in numbers if number.strip()}
    if len(wanted) > _MAX_PARTS:
        raise invalid_request("too many parts")
    if len(_FRAME.findall(raw)) > _MAX_PARTS:
        # Each may be inside the one before, and the library that takes the message apart goes down into them.
        raise invalid_request("message is nested too deeply")
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    # From the last to the first, so that what is taken away does not change the numbers of the rest.
    for place in sorted(wanted, reverse=True):
        _take_away(message, place)
    return message.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n"))


def _place(number: str) -> tuple[int, ...]:
    """The steps to a part; a TEXT is of the lowest number, so that it comes last."""
    *above, last = number.split(".")
    text = last.upper() == "TEXT"
    steps = above if text else [*above, last]
    if not all(len(step) < 6 and step.isdecimal() for step in steps):
        raise invalid_request(f"invalid part id: {number[:60]}")
    return (*map(int, steps), *([_TEXT] if text else []))


def _named(place: tuple[int, ...]) -> str:
    return ".".join("TEXT" if step == _TEXT else str(step) for step in place)


def _take_away(message: _Part, place: tuple[int, ...]) -> None:
    if place == (_TEXT,):
        _empty(message)
        return
    frame = message
    for step in place[:-1]:
        frame = _inside(frame)[_index(frame, step, place)]
    if not frame.is_multipart():
        # A message of one part is that part.
        if place != (1,):
            raise no_such_part(_named(place))
        _empty(frame)
        return
    parts = _inside(frame)
    del parts[_index(frame, place[-1], place)]
    if not parts:
        _empty(frame)


def _inside(frame: _Part) -> list[_Part]:
    """The parts of a multipart, or those of the message that a part holds."""
    found = frame.get_payload()
    if not isinstance(found, list):
        return []
    inner: list[_Part] = found  # type: ignore[assignment]  # what get_payload gives is not said to be parts
    if frame.get_content_type() == "message/rfc822" and inner and inner[0].is_multipart():
        return _inside(inner[0])
    return inner


def _index(frame: _Part, step: int, place: tuple[int, ...]) -> int:
    if not 0 < step <= len(_inside(frame)):
        raise no_such_part(_named(place))
    return step - 1


def _empty(part: _Part) -> None:
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del part[name]
    part["Content-Type"] = "text/plain; charset=utf-8"
    part.set_payload("")
