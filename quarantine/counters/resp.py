"""Commands to the store and its replies in bytes (RESP 2). Pure.

Source: valkey.io/topics/protocol. Only the replies that our commands have are read: statuses, errors, numbers, strings.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the store, as it words it."""

    text: str


Reply = bytes | int | Failure | None


class NotAReply(Exception):
    """What came in is no reply to a command of ours."""


def arguments(*parts: bytes) -> bytes:
    """Arguments to put behind a `head`."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


def head(count: int, *parts: bytes) -> bytes:
    """The beginning of a command of `count` parts in all."""
    return b"*%d\r\n%b" % (count, arguments(*parts))


def command(*parts: bytes) -> bytes:
    return head(len(parts), *parts)


def replies(data: bytes) -> tuple[list[Reply], bytes]:
    """The replies that `data` holds whole, and what is left of it. Raises NotAReply."""
    found: list[Reply] = []
    start = 0
    while (end := data.find(b"\r\n", start)) >= 0:
        kind, line = data[start], data[start + 1 : end]
        start_of_next = end + 2
        if kind == 0x24:  # "$"
            size = _number(line)
            if size < 0:
                found.append(None)
            else:
                if len(data) < start_of_next + size + 2:
                    break
                found.append(data[start_of_next : start_of_next + size])
                start_of_next += size + 2
        elif kind == 0x2B:  # "+"
            found.append(line)
        elif kind == 0x2D:  # "-"
            found.append(Failure(line.decode("utf-8", "replace")))
        elif kind == 0x3A:  # ":"
            found.append(_number(line))
        else:
            raise NotAReply(repr(data[start : start + 20]))
        start = start_of_next
    return found, data[start:]


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError as error:
        raise NotAReply(repr(line[:20])) from error
