"""Entries of the journal that staff look for, newest first, in pages that cost the same among a thousand entries and
among five million.

Nothing is counted, and no page is reached by its number. Pages hang on a place in time (`Place`). One filter leads, the
one whose index gives the fewest entries in order: what was acted on, then a person, then the kinds of action, then time
alone. Where the others have to be tried entry by entry, a page looks at `LOOKED_AT` entries at most, says how far it
came, and the next one goes on from there.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts import directory_search, sentences
from accounts.models import Agent, JournalEntry
from accounts.plain_text import plain, words

PAGE = 50
# Entries tried for one page when no index knows all that is asked; some 50 ms on PostgreSQL.
LOOKED_AT = 40_000
# People that a part of an address or a name may stand for.
MOST_PEOPLE = 10
MOST_WORDS = 8
MOST_CHARACTERS = 254
# How those are called who are not people: the portal's own actions.
PORTAL = "le portail"
_PORTAL_WORDS = {"portail", "le portail"}


@dataclass(frozen=True)
class Place:
    """An entry's place in the journal: when, and its number among those of the same instant."""

    at: dt.datetime
    pk: int

    def __str__(self) -> str:
        """For an address: microseconds since 1970, then the number."""
        return f"{(self.at - _EPOCH) // dt.timedelta(microseconds=1)}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """What `str` wrote; None for anything else."""
        micros, _, pk = text.partition("-")
        if not (micros.isascii() and micros.isdigit() and pk.isascii() and pk.isdigit() and len(text) <= 40):
            return None
        if int(micros) > _LATEST or int(pk) > _LARGEST:
            return None
        return cls(_EPOCH + dt.timedelta(microseconds=int(micros)), int(pk))


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST = 200 * 366 * 86_400_000_000
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """What somebody filters by, as typed; empty: not filtered by that. kind: of `sentences.families`, or an action's
    code. since, until: days in Réunion, both included."""

    text: str = ""
    by: str = ""
    about: str = ""
    kind: str = ""
    target: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def narrows(self) -> bool:
        return self != Asked()


@dataclass(frozen=True)
class Filter:
    """`Asked`, looked up. leads: the streams of entries, each in order by an index, that together hold all that is
    asked; rest: what has to be tried on each of them. unknown: field and typed text that stands for nobody, or for too
    many (`choices`: some of these)."""

    leads: tuple[Q, ...] = (Q(),)
    rest: Q = field(default_factory=Q)
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    unknown: str = ""
    choices: tuple[tuple[str, Agent], ...] = ()


@dataclass(frozen=True)
class Page:
    """Entries, newest first. older, newer: places to go on from, None where there is nothing. stopped_at: how far back
    was looked when the bound was reached before the page was full."""

    entries: list[JournalEntry]
    older: Place | None = None
    newer: Place | None = None
    stopped_at: dt.datetime | None = None


def look_up(asked: Asked) -> Filter:
    """What `asked` means: people found in the directory, kinds of action as their codes, days as instants."""
    by, by_unknown, by_choices = _people(asked.by)
    about, about_unknown, about_choices = _people(asked.about)
    codes = sentences.codes_of(asked.kind) if asked.kind else None
    said, mentioned = _said(asked.text)
    leading: list[tuple[Q, ...]] = []
    if asked.target:
        leading.append((Q(target=asked.target),))
    if about is not None:
        leading.append(tuple(Q(subject=one) for one in about))
    if by is not None:
        leading.append(tuple(Q(actor=one) for one in by))
    if mentioned:
        leading.append((Q(actor=mentioned), Q(subject=mentioned) & ~Q(actor=mentioned)))
    if codes is not None:
        leading.append(tuple(Q(action=one) for one in codes))
    rest = said
    for others in leading[1:]:
        one_of = Q(pk__in=[])
        for other in others:
            one_of |= other
        rest &= one_of
    return Filter(
        leads=leading[0] if leading else (Q(),),
        rest=rest,
        since=_midnight(asked.since),
        until=_midnight(asked.until + dt.timedelta(1)) if asked.until and asked.until < dt.date.max else None,
        unknown="by" if by_unknown else "about" if about_unknown else "",
        choices=tuple([("par", one) for one in by_choices] + [("concerne", one) for one in about_choices]),
    )


def page(wanted: Filter, *, before: Place | None = None, after: Place | None = None, size: int = PAGE) -> Page:
    """At most `size` entries older than `before`, or the ones just newer than `after`; the newest of all without
    either. Two queries at most, whatever the size of the journal."""
    if wanted.unknown or not wanted.leads:
        return Page([])
    ascending = after is not None
    span = _span(wanted, before, after)
    end = _bound(wanted, span, ascending) if wanted.rest else None
    if end is not None:
        span &= _beyond(end, ascending, included=True)
    order = ("at", "id") if ascending else ("-at", "-id")
    found = _merged([_stream(lead & wanted.rest & span, order)[: size + 1] for lead in wanted.leads], order)[: size + 1]
    entries = list(found)
    is_full = len(entries) > size
    entries = entries[:size]
    if ascending:
        entries.reverse()
    further: Place | None = None
    if is_full and entries:
        further = _place(entries[0 if ascending else -1])
    elif end is not None:
        further = end
    stopped = end.at if end is not None and not is_full else None
    if after is not None:
        back = _place(entries[-1]) if entries else Place(after.at, after.pk + 1)
        return Page(entries, older=back, newer=further, stopped_at=stopped)
    newer: Place | None = None
    if before is not None:
        newer = _place(entries[0]) if entries else Place(before.at, before.pk - 1)
    return Page(entries, older=further, newer=newer, stopped_at=stopped)


def _people(typed: str) -> tuple[list[str] | None, bool, list[Agent]]:
    """Addresses that `typed` stands for, None where nothing was typed; whether it stands for nobody or for too many;
    of too many, some."""
    text = typed.strip().lower()
    if not text:
        return None, False, []
    if text in _PORTAL_WORDS:
        return [""], False, []
    if "@" in text and "." in text.rpartition("@")[2]:
        return [text], False, []
    # An address that begins so is found by its index; the search of people comes second.
    found = list(Agent.objects.filter(address__startswith=text).order_by("address")[: MOST_PEOPLE + 1])
    found = found or directory_search.find(text, limit=MOST_PEOPLE + 1)
    if not found or len(found) > MOST_PEOPLE:
        return [], True, found[:MOST_PEOPLE]
    return [agent.address for agent in found], False, []


def _said(text: str) -> tuple[Q, str]:
    """Entries that show every word of `text`: in their sentence, in what it speaks of, or as a person. A whole address
    is given back instead: it has an index."""
    wanted = text.split()[:MOST_WORDS]
    if len(wanted) == 1 and "@" in wanted[0] and "." in wanted[0].rpartition("@")[2]:
        return Q(), wanted[0].lower()
    every = Q()
    for word in wanted:
        shown = Q(target_label__icontains=word) | Q(actor__icontains=word.lower()) | Q(subject__icontains=word.lower())
        shown |= Q(action__in=_codes_that_say([word]))
        # SQLite keeps what is no ASCII of a JSON value as its number.
        kept = word if connection.vendor == "postgresql" else json.dumps(word)[1:-1]
        shown |= Q(details_text__icontains=kept)
        every &= shown
    return every, ""


def kinds_that_say(text: str) -> list[tuple[str, str]]:
    """Kinds of action whose own words hold all of `text`: code and outline of the sentence. They have an index each, so
    that a rare one is found at once however long ago it was."""
    return [(code, sentences.outline(code)) for code in _codes_that_say(text.split()[:MOST_WORDS])]


def _codes_that_say(wanted: list[str]) -> list[str]:
    asked = [word for one in wanted for word in words(one)]
    if not asked:
        return []
    texts = {code: plain(sentence) for code, sentence in sentences.SENTENCES.items()}
    found = (code.removesuffix(".self") for code, text in texts.items() if all(word in text for word in asked))
    return [code for code in dict.fromkeys(found) if code in sentences.SENTENCES]


def _midnight(day: dt.date | None) -> dt.datetime | None:
    if day is None or day.year < 2:
        return None
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


def _place(entry: JournalEntry) -> Place:
    return Place(entry.at, entry.pk)


def _beyond(place: Place, ascending: bool, *, included: bool = False) -> Q:
    """Entries on this side of `place`, seen from where the page begins, when included; else beyond it."""
    newer = ascending != included
    if newer:
        exactly = Q(id__gte=place.pk) if included else Q(id__gt=place.pk)
        return Q(at__gte=place.at) & (Q(at__gt=place.at) | exactly)
    exactly = Q(id__lte=place.pk) if included else Q(id__lt=place.pk)
    return Q(at__lte=place.at) & (Q(at__lt=place.at) | exactly)


def _span(wanted: Filter, before: Place | None, after: Place | None) -> Q:
    span = Q()
    if wanted.since:
        span &= Q(at__gte=wanted.since)
    if wanted.until:
        span &= Q(at__lt=wanted.until)
    if after:
        span &= _beyond(after, True)
    elif before:
        span &= _beyond(before, False)
    return span


def _bound(wanted: Filter, span: Q, ascending: bool) -> Place | None:
    """Where to stop trying: the nearest place at which one of the streams has given its share; None: none does."""
    order = ("at", "id") if ascending else ("-at", "-id")
    share = max(LOOKED_AT // len(wanted.leads), PAGE)
    ends = [JournalEntry.objects.filter(lead & span).order_by(*order)[share - 1 : share] for lead in wanted.leads]
    nearest = _merged(ends, order).values_list("at", "id").first()
    return Place(*nearest) if nearest else None


def _stream(wanted: Q, order: tuple[str, str]) -> QuerySet[JournalEntry]:
    rows = JournalEntry.objects.alias(details_text=Cast("details", TextField()))
    return rows.filter(wanted).order_by(*order)


def _merged(parts: list[QuerySet[JournalEntry]], order: tuple[str, str]) -> QuerySet[JournalEntry]:
    """One query over several that are cut off already, so that each costs no more than its own rows."""
    if len(parts) == 1:
        return parts[0]
    # SQLite takes no ORDER BY inside a UNION, but takes one in a subquery of it.
    wrapped = [JournalEntry.objects.order_by().filter(pk__in=part.values("pk")) for part in parts]
    return wrapped[0].union(*wrapped[1:], all=True).order_by(*order)


def read_day(text: str) -> dt.date | None:
    """A day as a form gives it (2025-06-30), or as French writes it; None for anything else."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    return None


def without_place(asked: Asked) -> dict[str, str]:
    """`asked` as the parameters of an address, what is empty left out."""
    values = {
        "recherche": asked.text,
        "par": asked.by,
        "concerne": asked.about,
        "genre": asked.kind,
        "cible": asked.target,
        "du": asked.since.isoformat() if asked.since else "",
        "au": asked.until.isoformat() if asked.until else "",
    }
    return {name: value for name, value in values.items() if value}


def with_address(asked: Asked, name: str, address: str) -> Asked:
    """`asked` with one of several people chosen. name: par or concerne."""
    return replace(asked, by=address) if name == "par" else replace(asked, about=address)
