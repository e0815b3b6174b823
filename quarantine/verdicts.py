"""What the mail server found out about a message, read from the header fields it wrote. Pure.

Anybody can write such fields into a message that he sends. Two rules keep him from declaring himself clean:

1. Any yes wins, wherever it stands and however often the field is there: one `X-Spam-Flag: YES` is enough, a `NO` above
   or below it takes nothing back. By writing a yes a stranger holds nothing but his own mail.
2. What speaks for a message (that it was looked at at all, the score, what authentication found) is believed only
   above the `own_received + 1`-th Received field: a mail server puts its fields on top of what came in, so that nobody
   outside can write there. With `marks_on_top` off it is believed anywhere; that is for mail servers whose filter
   appends its fields at the end, and they must remove those of strangers themselves (docs/postfix.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from quarantine.safe_view import fields
from quarantine.safe_view.fields import Field

SOURCES: Final = ("rspamd", "spamassassin", "plain")
Action = Literal["deliver", "hold", "later"]
Reason = Literal["", "spam", "doubtful", "dangerous"]
Authentication = Literal["", "pass", "fail"]

# Of a value, so much is looked at.
_VALUE_CHARACTERS = 4_000
_SCORE = r"(-?\d{1,5}(?:\.\d{1,6})?)"
_YES = re.compile(r"\s*(?:yes|true|spam)\b", re.IGNORECASE)
_SPAMD_RESULT = re.compile(r"[^:\[]{0,60}:?\s*(true|false)?[^\[]{0,40}\[\s*" + _SCORE + r"\s*/", re.IGNORECASE)
_STATUS_SCORE = re.compile(r"\b(?:score|hits)\s*=\s*" + _SCORE, re.IGNORECASE)
_LONE_SCORE = re.compile(r"\s*" + _SCORE)
# Actions of rspamd by which it asks that a message be kept from the inbox.
_SUSPECT_ACTIONS = frozenset({"add header", "rewrite subject", "quarantine", "reject", "discard", "soft reject"})
_NOT_INFECTED = re.compile(r"\s*(?:|clean|no|none|not[ _-]?found|passed|ok|scanned|0|false)\b[^a-z]*$", re.IGNORECASE)
_VIRUS_FIELDS = frozenset({"x-virus-status", "x-virus", "x-virus-found", "x-virus-infected", "x-amavis-alert"})
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*([a-z][a-z0-9-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_ASKS_NOTHING = re.compile(r"\b(?:p|dis|policy)\s*=\s*none\b", re.IGNORECASE)


class BadRules(ValueError):
    """The settings make no rules; the text says which one and why."""


@dataclass(frozen=True)
class VerdictRules:
    """sources: of SOURCES, whose marks are read; a virus found is always heeded.

    plain_header, plain_pattern: for the source `plain`; whatever the case, anywhere in the value.
    authserv_id: the name under which our mail server writes Authentication-Results; "" reads none.
    no_verdict: what becomes of a message on which no source has left a mark.
    hold_score: from this score on it is held, even when its source has not called it spam.
    own_received: Received fields that our own servers add before the message comes here.
    """

    sources: frozenset[str] = frozenset({"rspamd", "spamassassin"})
    plain_header: str = ""
    plain_pattern: re.Pattern[str] | None = None
    authserv_id: str = ""
    no_verdict: Action = "deliver"
    hold_score: Decimal | None = None
    own_received: int = 1
    marks_on_top: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """reason: "" when nothing speaks against it. hints: codes of `quarantine.wording`.

    authentication: whether the header From is proved, or contradicted, by what our mail server found.
    """

    action: Action
    reason: Reason = ""
    score: Decimal | None = None
    hints: tuple[str, ...] = ()
    authentication: Authentication = ""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one field says. spam, dangerous: a yes; rough: the score is a row of stars."""

    spam: bool = False
    dangerous: bool = False
    score: Decimal | None = None
    rough: bool = False
    hint: str = ""


def rules_from(
    *,
    sources: Iterable[str],
    plain_header: str = "",
    plain_pattern: str = "",
    authserv_id: str = "",
    no_verdict: str = "deliver",
) -> VerdictRules:
    """Rules from settings. Raises BadRules."""
    chosen = frozenset(name.strip().lower() for name in sources if name.strip())
    unknown = chosen - set(SOURCES)
    if unknown:
        raise BadRules(f"unknown source of verdicts: {', '.join(sorted(unknown))}")
    if no_verdict not in {"deliver", "hold", "later"}:
        raise BadRules(f"neither deliver, hold nor later: {no_verdict}")
    pattern = None
    if "plain" in chosen:
        if not plain_header or not plain_pattern:
            raise BadRules("the source plain needs a header and a pattern")
        try:
            pattern = re.compile(plain_pattern, re.IGNORECASE)
        except re.error as error:
            raise BadRules(f"not a regular expression: {plain_pattern} ({error})") from error
    return VerdictRules(
        sources=chosen,
        plain_header=plain_header.lower(),
        plain_pattern=pattern,
        authserv_id=authserv_id.lower(),
        no_verdict="hold" if no_verdict == "hold" else "later" if no_verdict == "later" else "deliver",
    )


def judge(raw: bytes, rules: VerdictRules) -> Verdict:
    """The verdict on a message. raw: the message, or its header alone."""
    every = fields.read(raw).all
    believed = every if not rules.marks_on_top else _on_top(every, rules.own_received)
    marks = list(_marks(every, rules))
    own = list(_marks(believed, rules))
    authentication, doubtful, found = _authentication(_on_top(every, rules.own_received), rules.authserv_id)

    scored = [mark for mark in [*own, *(one for one in marks if one.spam)] if mark.score is not None]
    score = min(scored, key=lambda mark: mark.rough).score if scored else None
    too_high = rules.hold_score is not None and score is not None and score >= rules.hold_score
    hints = [mark.hint for mark in marks if mark.hint and (mark.spam or mark.dangerous)]
    hints += ["high_score"] if too_high else []
    told = tuple(dict.fromkeys([*hints, *found]))
    reason: Reason = ""
    if any(mark.dangerous for mark in marks):
        reason = "dangerous"
    elif too_high or any(mark.spam for mark in marks):
        reason = "spam"
    elif doubtful:
        reason = "doubtful"
    if reason:
        return Verdict("hold", reason, score, told, authentication)
    if own or not rules.sources:
        return Verdict("deliver", "", score, told, authentication)
    if rules.no_verdict == "hold":
        return Verdict("hold", "doubtful", score, (*told, "no_verdict"), authentication)
    return Verdict(rules.no_verdict, "", score, told, authentication)


def _on_top(every: Iterable[Field], own_received: int) -> list[Field]:
    """The fields above the first Received that is not our own."""
    top, seen = [], 0
    for field in every:
        seen += field.name.lower() == "received"
        if seen > own_received:
            break
        top.append(field)
    return top


def _marks(every: Iterable[Field], rules: VerdictRules) -> Iterator[_Mark]:
    for field in every:
        name, value = field.name.lower(), field.value[:_VALUE_CHARACTERS]
        mark = None
        if name in _VIRUS_FIELDS:
            mark = _virus_mark(name, value)
        if mark is None and "rspamd" in rules.sources:
            mark = _rspamd_mark(name, value)
        if mark is None and "spamassassin" in rules.sources:
            mark = _spamassassin_mark(name, value)
        if mark is None and rules.plain_pattern is not None and name == rules.plain_header:
            yes = rules.plain_pattern.search(value) is not None
            mark = _Mark(spam=yes, hint="marked_spam")
        if mark is not None:
            yield mark


def _virus_mark(name: str, value: str) -> _Mark | None:
    if name == "x-amavis-alert":
        kind = value.strip().upper()
        if kind.startswith("INFECTED"):
            return _Mark(dangerous=True, hint="virus")
        return _Mark(dangerous=True, hint="forbidden_content") if kind.startswith("BANNED") else None
    # Without a finding this is no verdict on spam: the other sources are asked.
    return None if _NOT_INFECTED.match(value) else _Mark(dangerous=True, hint="virus")


def _rspamd_mark(name: str, value: str) -> _Mark | None:
    if name == "x-spam":
        return _Mark(spam=_YES.match(value) is not None, hint="marked_spam")
    if name == "x-spamd-result":
        match = _SPAMD_RESULT.match(value)
        said = match is not None and (match[1] or "").lower() == "true"
        return _Mark(spam=said, score=_score(match[2]) if match else None, hint="marked_spam")
    if name in {"x-spam-action", "x-rspamd-action"}:
        return _Mark(spam=value.strip().lower().replace("_", " ") in _SUSPECT_ACTIONS, hint="marked_spam")
    if name in {"x-rspamd-score", "x-spam-score"}:
        return _lone_score(value)
    return None


def _spamassassin_mark(name: str, value: str) -> _Mark | None:
    if name == "x-spam-flag":
        return _Mark(spam=_YES.match(value) is not None, hint="marked_spam")
    if name == "x-spam-status":
        match = _STATUS_SCORE.search(value)
        return _Mark(spam=_YES.match(value) is not None, score=_score(match[1]) if match else None, hint="marked_spam")
    if name == "x-spam-level":
        stars = len(value) - len(value.lstrip("*"))
        return _Mark(score=Decimal(min(stars, 999)).quantize(Decimal("0.01")), rough=True)
    if name == "x-spam-score":
        return _lone_score(value)
    return None


def _lone_score(value: str) -> _Mark:
    match = _LONE_SCORE.match(value)
    return _Mark(score=_score(match[1]) if match else None)


def _score(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"))


def _authentication(top: Iterable[Field], authserv_id: str) -> tuple[Authentication, bool, list[str]]:
    """What Authentication-Results of our own mail server say (RFC 8601): the header From proved or contradicted,
    whether that is a reason to hold, and the hints. A fail in any of them wins over a pass."""
    if not authserv_id:
        return "", False, []
    results: dict[str, set[str]] = {}
    asks_nothing = False
    for field in top:
        if field.name.lower() != "authentication-results":
            continue
        value = _QUOTED.sub("", field.value[: 4 * _VALUE_CHARACTERS])
        plain = _without_comments(value)
        head, _, rest = plain.partition(";")
        if head.lower().split()[:1] != [authserv_id.lower()]:
            continue
        for part in rest.split(";"):
            match = _RESULT.match(part)
            if match:
                results.setdefault(match[1].lower(), set()).add(match[2].lower())
        asks_nothing = asks_nothing or _ASKS_NOTHING.search(value) is not None
    dmarc, spf, dkim = (results.get(method, set()) for method in ("dmarc", "spf", "dkim"))
    hints = [code for code, failed in (("dmarc_fail", "fail" in dmarc), ("spf_fail", "fail" in spf)) if failed]
    if "fail" in dmarc:
        # A domain that publishes p=none asks that its failures be reported, not that such mail be kept back.
        return "fail", not asks_nothing, hints
    if "pass" in dmarc:
        return "pass", False, []
    if "fail" in spf and "pass" not in dkim:
        return "fail", False, hints
    return "", False, hints


def _without_comments(value: str) -> str:
    for _ in range(5):
        shorter = _COMMENT.sub(" ", value)
        if shorter == value:
            break
        value = shorter
    return value
