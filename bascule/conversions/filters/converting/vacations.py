"""`vacation` (RFC 5230) as the out-of-office answer of Zimbra, which is one of its preferences rather than a filter.

Zimbra's answer goes to everybody for a period; lists, robots and one's own mail get none, as on the old server. So an
answer under another condition than a period is not taken over: it would go to people who got none before.
"""

from __future__ import annotations

import email
import email.errors
import email.message
import re
from datetime import date as Day
from email.policy import default as default_policy

from bascule.conversions.filters.converting import conditions_dates
from bascule.conversions.filters.converting.logic import Clause, Expression, TooComplex, clauses
from bascule.conversions.filters.converting.refusals import Notes, Refusal, bad_arguments, unsupported_option
from bascule.conversions.filters.model import Vacation
from bascule.conversions.filters.source.syntax import Command, Number, Strings, Tag, Test

# What zimbraPrefOutOfOfficeReply holds.
MAX_TEXT = 8_192
MAX_SUBJECT = 200
MAX_ADDRESSES = 50
MAX_DAYS = 365
# Of an answer given as a MIME entity, which costs more to read than text.
MAX_MIME = 30_000
_VALUED = frozenset({"days", "seconds", "subject", "from", "addresses", "handle", "fcc"})
# Fields that lists and robots set; Zimbra answers none of them either.
_OF_ROBOTS = frozenset(
    {
        "list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "list-archive", "list-subscribe",
        "precedence", "auto-submitted", "x-auto-response-suppress", "x-autoreply", "x-autorespond", "mailing-list",
        "x-mailing-list", "x-loop", "x-spam-flag", "x-spam-status", "x-spam-level", "x-zimbra-dl", "return-path",
    }
)  # fmt: skip
_ROBOTS = re.compile(
    r"no.?reply|do.?not.?reply|ne.?pas.?repondre|mailer-daemon|postmaster|owner-|-request|bounce", re.I
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def vacation_of(command: Command, guard: Expression, notes: Notes) -> Vacation:
    """The answer of a command that runs under this condition (leaves: tests of the script).

    Refusal: its condition can't be kept (`vacation_conditional`), or it has no text.
    """
    starts, ends = _period(guard)
    options, texts, mime = _arguments(command)
    if len(texts) != 1:
        raise bad_arguments("vacation")
    text = _clean(_text_of_mime(texts[0]) if mime else texts[0])
    if not text:
        raise Refusal(
            "vacation_empty", "L’absence de cette règle n’a pas de texte : écrivez-la dans Zimbra, Préférences."
        )
    if len(text) > MAX_TEXT:
        notes.add("vacation_shortened", f"Zimbra limite l’absence à {MAX_TEXT} signes : la fin est coupée. Relisez-la.")
        text = text[:MAX_TEXT].rstrip()
    notes.add(
        "vacation_moved",
        "Cette réponse automatique devient le message d’absence de Zimbra (Préférences, Absence du bureau) : vérifiez"
        " ses dates avant de l’activer.",
    )
    if "from" in options:
        notes.add("vacation_from", "L’absence partait d’une autre adresse : dans Zimbra, elle part de la vôtre.")
    subject = " ".join(_clean("".join(_strings(options.get("subject")))).split())[:MAX_SUBJECT]
    return Vacation(
        text=text,
        subject=subject,
        days=_days(options),
        starts=starts.isoformat() if starts else "",
        ends=ends.isoformat() if ends else "",
        addresses=tuple(dict.fromkeys(one.strip() for one in _strings(options.get("addresses")) if "@" in one))[
            :MAX_ADDRESSES
        ],
    )


def _arguments(command: Command) -> tuple[dict[str, Number | Strings], list[str], bool]:
    if command.tests or command.block is not None:
        raise bad_arguments("vacation")
    options: dict[str, Number | Strings] = {}
    texts: list[str] = []
    mime = False
    args = list(command.args)
    while args:
        argument = args.pop(0)
        if isinstance(argument, Tag):
            if argument.name == "mime":
                mime = True
                continue
            value = args.pop(0) if args else argument
            if argument.name not in _VALUED:
                raise unsupported_option("vacation", argument.name)
            if isinstance(value, Tag) or isinstance(value, Number) != (argument.name in ("days", "seconds")):
                raise bad_arguments("vacation")
            options[argument.name] = value
        elif isinstance(argument, Strings):
            texts += argument.values
        else:
            raise bad_arguments("vacation")
    return options, texts, mime


def _strings(value: Number | Strings | None) -> tuple[str, ...]:
    return value.values if isinstance(value, Strings) else ()


def _days(options: dict[str, Number | Strings]) -> int | None:
    if isinstance(days := options.get("days"), Number):
        return min(max(days.value, 1), MAX_DAYS)
    if isinstance(seconds := options.get("seconds"), Number):
        return min(max(-(-seconds.value // 86_400), 1), MAX_DAYS)
    return None


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _text_of_mime(source: str) -> str:
    """The plain text of a MIME entity; the whole below its header when it has none."""
    try:
        source = source[:MAX_MIME]
        entity = email.message_from_bytes(
            source.encode("utf-8", "replace"), _class=email.message.EmailMessage, policy=default_policy
        )
        body = entity.get_body(preferencelist=("plain",))
        content = body.get_content() if body is not None else ""
    except (LookupError, ValueError, TypeError, AttributeError, email.errors.MessageError):
        content = ""
    if isinstance(content, str) and content.strip():
        return content
    return re.split(r"\r?\n\r?\n", source, maxsplit=1)[-1]


# ------------------------------------------------------------------------------------------------------ conditions


def _period(guard: Expression) -> tuple[Day | None, Day | None]:
    try:
        wanted = clauses(guard, most_clauses=20, most_literals=200)
    except TooComplex:
        raise _conditional() from None
    starts: list[Day] = []
    ends: list[Day] = []
    for clause in wanted:
        first, last = _of_clause(clause)
        starts += [first] if first else []
        ends += [last] if last else []
    start, end = max(starts, default=None), min(ends, default=None)
    if start and end and start > end:
        raise _conditional()
    return start, end


def _of_clause(clause: Clause) -> tuple[Day | None, Day | None]:
    if len(clause) == 1:
        test, holds = clause[0]
        if found := conditions_dates.period(test, holds=holds):
            return found
    if clause and all(not holds and _finds_robots(test) for test, holds in clause):
        return None, None
    raise _conditional()


def _finds_robots(test: Test) -> bool:
    """Whether the test holds for lists and robots only, which get no answer from Zimbra anyway."""
    lists = [argument.values for argument in test.args if isinstance(argument, Strings)]
    tags = [argument.name for argument in test.args if isinstance(argument, Tag)]
    if "comparator" in tags and lists:
        lists = lists[1:]
    if not lists or {"value", "count", "regex"} & set(tags):
        return False
    if test.name in ("header", "exists") and all(name.lower() in _OF_ROBOTS for name in lists[0]):
        return True
    if test.name in ("header", "address", "envelope") and len(lists) == 2:
        senders = {"from", "sender", "return-path", "reply-to"}
        empty = test.name == "envelope" and set(lists[1]) == {""}
        return {name.lower() for name in lists[0]} <= senders and (empty or all(map(_ROBOTS.search, lists[1])))
    return False


def _conditional() -> Refusal:
    return Refusal(
        "vacation_conditional",
        "Cette réponse automatique ne partait que sous certaines conditions, et l’absence de Zimbra répond à tout le"
        " monde : elle n’est pas reprise. Écrivez une absence pour la période voulue (Préférences, Absence du bureau).",
    )
