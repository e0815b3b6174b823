"""A message that a rule applies to, made from the rule itself, for who wants to try it.

Whether the rule really applies, the engines say: what they do not agree with is made another way, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from itertools import islice

from bascule.conversions.filters.examples.draft import MAX_SIZE, Draft
from bascule.conversions.filters.examples.wishes import MOST_WAYS, Way, Wish, ways_of_rule, ways_of_script
from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine import engine as old_engine
from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.zimbra_engine import engine as zimbra_engine
from zimbra.types.filters import FilterRule

_ELSEWHERE = "exemple.example"
_SENDER = f"camille.payet@{_ELSEWHERE}"
# What may be written to find one message that fits: large ones take their time.
_MOST_OCTETS = 30_000_000
_PEOPLE = frozenset({"from", "to", "cc", "bcc", "sender", "reply-to"})
_FROM_SERVICE = {
    "FacebookTest": "notification+a@facebookmail.com",
    "LinkedInTest": "member@linkedin.com",
    "SocialcastTest": "a@socialcast.com",
    "TwitterTest": "a@postmaster.twitter.com",
}
# Where the owner of a mailbox stands in a message that arrives; tried one after the other.
_WITHOUT = ((), ("subject",), ("to",), ("to", "subject"), ("date",), ("from",))


@dataclass(frozen=True, slots=True)
class _Made:
    recipient: str
    now: datetime


def draft_for(rule: FilterRule | SourceRule, *, recipient: str, now: datetime) -> Draft | None:
    """The message, to be changed further; None when no message was found that the rule applies to.

    recipient: the person's address; now: with the time zone of the account.
    """
    made = _Made(recipient, now)
    left = _MOST_OCTETS
    for way in islice(_ways(rule), MOST_WAYS):
        if not _can_have_size(way):
            continue
        for as_written in (False, True):
            for without in _WITHOUT:
                draft = _draft(way, made, without, as_written=as_written)
                left -= 1000 if draft is None else 1000 + draft.size
                if draft is None or left < 0:
                    break
                if _applies(rule, draft, made):
                    return draft
    return None


def example_for(rule: FilterRule | SourceRule, *, recipient: str, now: datetime) -> bytes | None:
    """As `draft_for`, as the octets of the message."""
    draft = draft_for(rule, recipient=recipient, now=now)
    return None if draft is None else draft.octets()


def _ways(rule: FilterRule | SourceRule) -> Iterator[Way]:
    if isinstance(rule, FilterRule):
        return ways_of_rule(rule)
    try:
        return ways_of_script(parse(rule.text).commands)
    except SieveError:
        return iter(())


def _can_have_size(way: Way) -> bool:
    """Whether no size that is wanted excludes another."""
    sizes = [wish for wish in way if wish.what == "size"]
    least = max((wish.number for wish in sizes if (wish.comparison == "over") == wish.holds), default=0)
    most = min((wish.number for wish in sizes if (wish.comparison == "over") != wish.holds), default=MAX_SIZE)
    return least <= most


def _applies(rule: FilterRule | SourceRule, draft: Draft, made: _Made) -> bool:
    message = Message.parse(draft.octets())
    sender, recipient = draft.sender, draft.recipient
    if isinstance(rule, SourceRule):
        whole = replace(rule, active=True)
        return bool(old_engine.run([whole], message, sender=sender, recipient=recipient, now=made.now).matched)
    outcome = zimbra_engine.run(
        [replace(rule, active=True)], message, sender=sender, recipient=recipient, now=made.now,
        addresses=[made.recipient],
    )  # fmt: skip
    return bool(outcome.matched) and not outcome.error


def _draft(way: Way, made: _Made, without: tuple[str, ...], *, as_written: bool) -> Draft | None:
    """None when a wish is beyond what can be made. as_written: values stand in headers of people as they are."""
    draft = Draft(
        headers=[
            ("From", f"Camille Payet <{_SENDER}>"),
            ("To", made.recipient),
            ("Subject", "Message d’exemple"),
            ("Date", format_datetime(made.now)),
        ],
        body="Bonjour,\n\nCeci est un message d’exemple, fabriqué à partir d’une règle.\n",
        sender=_SENDER,
        recipient=made.recipient,
    )
    draft.headers = [one for one in draft.headers if one[0].lower() not in without]
    named: dict[str, list[str]] = {}
    for wish in way:
        if not _grant(draft, wish, made, named, as_written=as_written):
            return None
    return draft


def _grant(draft: Draft, wish: Wish, made: _Made, named: dict[str, list[str]], *, as_written: bool) -> bool:
    """False when nothing that can be put into a message fulfils the wish. named: values given to a header so far."""
    if wish.what == "size":
        over = (wish.comparison == "over") == wish.holds
        draft.size = max(draft.size, wish.number + 1) if over else draft.size
        return draft.size <= MAX_SIZE
    if wish.what in ("date", "day"):
        return _grant_date(draft, wish, made)
    if not wish.holds:
        return _grant_absence(draft, wish)
    if wish.what == "body":
        draft.body += f"\n{_filled(wish)}\n"
    elif wish.what == "exists":
        for name in wish.names:
            if not draft.get(name):
                draft.headers.append((name, made.recipient if name.lower() in _PEOPLE else "exemple"))
    elif wish.what == "envelope":
        _grant_envelope(draft, wish)
    elif wish.what in ("header", "address") and wish.names:
        _grant_header(draft, wish, named, as_written=as_written)
    elif wish.what in _FROM_SERVICE:
        _put(draft, "From", _FROM_SERVICE[wish.what])
    elif wish.what == "me":
        _put(draft, wish.names[0], made.recipient)
    elif wish.what == "importance":
        if wish.value in ("high", "low"):
            _put(draft, "Importance", wish.value)
    elif wish.what == "AttachmentTest":
        draft.attached = True
    elif wish.what == "InviteTest":
        draft.invitation = True
    elif wish.what == "BulkTest":
        _put(draft, "Precedence", "bulk")
    elif wish.what == "ListTest":
        _put(draft, "List-Id", f"<liste.{_ELSEWHERE}>")
    return True


def _grant_absence(draft: Draft, wish: Wish) -> bool:
    """What a message has of itself and must not have; anything else is simply left out."""
    if wish.what == "exists":
        draft.headers = [one for one in draft.headers if one[0].lower() not in {name.lower() for name in wish.names}]
    elif wish.what == "importance" and wish.value == "normal":
        _put(draft, "Importance", "high")
    elif wish.what in ("header", "address") and wish.comparison in ("value", "count") and wish.names:
        opposite = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}
        _grant_header(draft, replace(wish, relation=opposite.get(wish.relation, "")), {}, as_written=False)
    return True


def _grant_header(draft: Draft, wish: Wish, named: dict[str, list[str]], *, as_written: bool) -> None:
    name = wish.names[0]
    if wish.comparison == "count":
        count = _number_for(wish)
        draft.headers = [one for one in draft.headers if one[0].lower() not in {each.lower() for each in wish.names}]
        if wish.what == "address":
            people = ", ".join(f"personne{at}@{_ELSEWHERE}" for at in range(count))
            draft.headers += [(name, people)] if people else []
        else:
            draft.headers += [(name, "exemple")] * count
        return
    value = str(_number_for(wish)) if wish.comparison == "value" and wish.value.isdigit() else _filled(wish)
    values = named.setdefault(name.lower(), [])
    if wish.what == "address":
        value = _address(value, wish)
    elif name.lower() in _PEOPLE and wish.comparison != "is" and not as_written:
        value = _person(value)
    if value not in values:
        values.append(value)
    together = ", " if name.lower() in _PEOPLE else " "
    _put(draft, name, value if wish.comparison == "is" else together.join(values))


def _grant_envelope(draft: Draft, wish: Wish) -> None:
    value = _address(_filled(wish), wish)
    for name in wish.names[:1]:
        if name.lower() == "to":
            draft.recipient = value
        else:
            draft.sender = value


def _grant_date(draft: Draft, wish: Wish, made: _Made) -> bool:
    try:
        if wish.what == "date":
            moment = datetime.fromtimestamp(wish.number, UTC)
            before = (wish.comparison == "before") == wish.holds
            moment += timedelta(days=-2 if before else 2)
        else:
            wanted = date.fromisoformat(wish.value)
            relation = wish.relation if wish.comparison == "value" else "eq"
            later = {"gt": 1, "ge": 1, "lt": -1, "le": -1, "ne": 1}.get(relation, 0)
            if not wish.holds:
                later = -later if relation not in ("ne", "eq") else (1 if relation == "eq" else 0)
            moment = datetime.combine(wanted + timedelta(days=later), time(12), made.now.tzinfo)
    except (ValueError, OverflowError, OSError):
        return False
    _put(draft, wish.names[0] if wish.names else "Date", format_datetime(moment))
    return True


def _put(draft: Draft, name: str, value: str) -> None:
    """In the place of a header of that name, or behind the others."""
    for at, (one, _) in enumerate(draft.headers):
        if one.lower() == name.lower():
            draft.headers[at] = (one, value)
            return
    shown = {"subject": "Subject", "from": "From", "to": "To", "cc": "Cc"}.get(name.lower(), name)
    draft.headers.append((shown, value))


def _number_for(wish: Wish) -> int:
    number = int(wish.value) if wish.value.isascii() and wish.value.isdigit() and len(wish.value) < 4 else 1
    return {"gt": number + 1, "lt": max(number - 1, 0), "ne": number + 1}.get(wish.relation, number)


def _filled(wish: Wish) -> str:
    """A value that compares: a pattern without its signs, an expression without its anchors."""
    if wish.comparison == "matches":
        signs = re.findall(r"\\[*?]|.", wish.value, re.DOTALL)
        return "".join("" if sign == "*" else "x" if sign == "?" else sign[-1] for sign in signs)
    if wish.comparison == "regex":
        plain = wish.value.removeprefix("^").removesuffix("$")
        return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\.[*+?]?", "x", plain))
    if wish.comparison == "value":
        return {"gt": wish.value + "x", "ne": wish.value + "x", "lt": ""}.get(wish.relation, wish.value)
    return wish.value


def _person(value: str) -> str:
    """A value to be found in a header of people, as somebody's address or name."""
    bare = value.strip()
    if re.fullmatch(r"[^\s@<>\",;:()]+@[^\s@<>\",;:()]+", bare) and bare.isascii():
        return bare
    if bare.isascii() and re.fullmatch(r"@[^\s@<>\",;:()]+", bare):
        return f"exemple{bare}"
    if bare.isascii() and "." in bare and re.fullmatch(r"[A-Za-z0-9.-]+", bare):
        return f"exemple@{bare.strip('.')}"
    if re.search(r"[<>\",;:()@]", bare):
        return value
    return f"{value} <exemple@{_ELSEWHERE}>"


def _address(value: str, wish: Wish) -> str:
    if wish.part == "domain":
        return f"exemple@{value}"
    if wish.part in ("localpart", "user"):
        return f"{value}@{_ELSEWHERE}"
    if wish.part == "detail":
        return f"exemple+{value}@{_ELSEWHERE}"
    if "@" in value.strip("@") or wish.comparison == "is":
        return value
    return f"exemple{value}" if value.startswith("@") else f"{value.rstrip('@')}@{_ELSEWHERE}"
