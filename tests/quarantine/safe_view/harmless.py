"""What the safe view gives is HTML of eleven tags without an attribute, each closed where it was opened."""

from __future__ import annotations

import re

from quarantine.safe_view import SafeMessage, markup

_PIECE = re.compile(r"<(/?)([a-z]+)>|&(?:amp|lt|gt|quot|#x27);|[^<>&\"']")
_SINGLE = {"br", "hr"}
_BLOCKS = {"p", "ul", "ol", "li", "blockquote"}
_DECEIVING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_markup(text: str) -> None:
    at = 0
    opened: list[str] = []
    while at < len(text):
        piece = _PIECE.match(text, at)
        assert piece, f"neither a tag, an escaped sign nor text: {text[at : at + 40]!r}"
        at = piece.end()
        tag = piece[2]
        if not tag:
            continue
        assert tag in markup.TAGS
        if tag in _SINGLE:
            assert not piece[1]
        elif piece[1]:
            assert opened, f"</{tag}> closes nothing"
            assert opened.pop() == tag
        else:
            assert not (tag in _BLOCKS and "p" in opened)
            assert not (tag == "p" and opened and opened[-1] == "li")
            assert tag not in opened or tag in {"ul", "ol", "li", "blockquote", "strong"}
            assert (tag == "li") == bool(opened and opened[-1] in {"ul", "ol"})
            opened.append(tag)
    assert not opened
    assert not _DECEIVING.search(text)


def check(message: SafeMessage) -> None:
    for body in message.bodies:
        check_markup(body.markup)
        assert not _DECEIVING.search(body.hidden)
    lines = [message.subject, message.date_text, *(one.name for one in message.attachments)]
    for one in (*message.senders, *message.reply_to, *message.to.shown, *message.cc.shown):
        lines += [one.name, one.address, one.claims, one.ascii_domain]
    for line in lines:
        assert not _DECEIVING.search(line)
        assert "\n" not in line
    "".join(lines).encode()
