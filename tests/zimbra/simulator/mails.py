"""Mail for the tests of messages: writing one, adding it, finding it again."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.zimbra.simulator.wire import Wire


def letter(
    subject: str = "Bonjour",
    text: str = "Le texte.",
    *,
    sender: str = "Marie Martin <marie@exemple.fr>",
    to: str = "agent@ac-reunion.fr",
    **fields: str,
) -> str:
    """A plain message; further fields by keyword, "_" standing for "-"."""
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return f"From: {sender}\nTo: {to}\nSubject: {subject}\n{more}\n{text}\n"


def add(wire: Wire, raw: str | None = None, *, folder: str = "2", **attrs: str) -> Any:
    """AddMsg; the `m` of the answer."""
    listed = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    content = escape(letter() if raw is None else raw)
    request = f"<AddMsgRequest><m l={quoteattr(folder)}{listed}><content>{content}</content></m></AddMsgRequest>"
    return wire.mail(request).find("m")


def find(wire: Wire, query: str, *, types: str = "message", **attrs: str) -> Any:
    """SearchRequest; the whole answer."""
    listed = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    return wire.mail(f'<SearchRequest types="{types}"{listed}><query>{escape(query)}</query></SearchRequest>')


def subjects(wire: Wire, query: str = "is:anywhere") -> list[str]:
    """Of the messages found, in order of the alphabet."""
    return sorted(one.findtext("su") for one in find(wire, query))


def ids(answer: Any) -> list[str]:
    return [one.get("id") for one in answer]


def get(wire: Wire, item: str, **attrs: str) -> Any:
    """GetMsg; its `m`."""
    listed = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    return wire.mail(f'<GetMsgRequest><m id="{item}"{listed}/></GetMsgRequest>').find("m")


def act(wire: Wire, op: str, item: str, *, request: str = "MsgActionRequest", **attrs: str) -> Any:
    """MsgAction (or another); its `action`."""
    listed = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    return wire.mail(f'<{request}><action op="{op}" id="{item}"{listed}/></{request}>').find("action")


def send(
    wire: Wire, to: str, subject: str = "Bonjour", text: str = "Texte", *, inner: str = "", context: str = "",
    request: str = "", **attrs: str
) -> Any:  # fmt: skip
    """SendMsg; its `m`. `inner`: further elements of the message."""
    listed = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    people = "".join(f"<e t='t' a={quoteattr(one)}/>" for one in to.split(",") if one)
    body = f'{people}<su>{escape(subject)}</su><mp ct="text/plain"><content>{escape(text)}</content></mp>{inner}'
    return wire.mail(f"<SendMsgRequest{request}><m{listed}>{body}</m></SendMsgRequest>", context=context).find("m")


def share(owner: Wire, folder: str, grantee: str, perm: str) -> None:
    """Grant rights on a folder to an account."""
    owner.mail(
        f'<FolderActionRequest><action op="grant" id="{folder}"><grant perm="{perm}" gt="usr" d="{grantee}"/></action>'
        "</FolderActionRequest>"
    )
