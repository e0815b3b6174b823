"""The journal, for staff: who did what, when and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import journal, journal_search, sentences
from accounts.journal_search import Asked, Filter, Place
from accounts.models import Agent, JournalEntry
from accounts.tables import csv_download

# Entries that a download reads at a time: memory is bounded by them, whatever its length.
_CHUNK = 2_000
# Kinds of action offered for the words somebody searched.
_MOST_KINDS = 6
_HEADING = ("date", "par", "concerne", "action", "ce qui a été fait", "motif", "cible", "libellé")


@dataclass(frozen=True)
class Line:
    """An entry as the page shows it; by, about: the people who have it in the directory."""

    entry: JournalEntry
    sentence: str
    reason: str
    on_behalf: str
    by: Agent | None
    about: Agent | None


@require_safe
def journal_page(request: HttpRequest) -> HttpResponseBase:
    if not request.user.is_staff:
        raise Http404
    asked = _asked(request)
    wanted = journal_search.look_up(asked)
    if request.GET.get("format") == "csv":
        return _download(request, asked, wanted)
    before, after = Place.read(request.GET.get("avant", "")), Place.read(request.GET.get("apres", ""))
    page = journal_search.page(wanted, before=before, after=after)
    if after is not None and page.newer is None:
        # The newest page is a whole one.
        page = journal_search.page(wanted)
    parameters = journal_search.without_place(asked)
    context = {
        "title": "Journal",
        "asked": asked,
        "page": page,
        "days": _by_day(page.entries),
        "families": sentences.families(),
        "one_kind": sentences.outline(asked.kind),
        "unknown": wanted.unknown,
        "choices": [(agent, urlencode(_chosen(asked, name, agent.address))) for name, agent in wanted.choices],
        "kinds": _kinds(asked),
        "query": urlencode(parameters),
        "older": urlencode(parameters | {"avant": str(page.older)}) if page.older else "",
        "newer": urlencode(parameters | {"apres": str(page.newer)}) if page.newer else "",
        "without_target": urlencode(journal_search.without_place(replace(asked, target=""))),
        "kept_days": settings.JOURNAL_DAYS,
        "portal": journal_search.PORTAL,
    }
    return render(request, "accounts/journal.html", context)


def _asked(request: HttpRequest) -> Asked:
    def typed(name: str) -> str:
        # PostgreSQL takes no NUL in a text.
        return request.GET.get(name, "").replace("\0", "").strip()[: journal_search.MOST_CHARACTERS]

    return Asked(
        text=typed("recherche"),
        by=typed("par"),
        about=typed("concerne"),
        kind=typed("genre"),
        target=typed("cible")[:60],
        since=journal_search.read_day(typed("du")),
        until=journal_search.read_day(typed("au")),
    )


def _chosen(asked: Asked, name: str, address: str) -> dict[str, str]:
    return journal_search.without_place(journal_search.with_address(asked, name, address))


def _kinds(asked: Asked) -> list[tuple[str, str]]:
    """Kinds of action that say what was searched: sentence and parameters of the list of them alone."""
    if not asked.text or asked.kind:
        return []
    found = journal_search.kinds_that_say(asked.text)[:_MOST_KINDS]
    return [(text, urlencode(journal_search.without_place(replace(asked, kind=code, text="")))) for code, text in found]


def _by_day(entries: list[JournalEntry]) -> list[tuple[dt.date, list[Line]]]:
    addresses = {address for entry in entries for address in (entry.actor, entry.subject) if address}
    people = {agent.address: agent for agent in Agent.objects.filter(address__in=addresses)} if addresses else {}
    lines = (
        Line(
            entry,
            sentences.sentence(entry),
            sentences.reason(entry),
            sentences.on_behalf_of(entry),
            people.get(entry.actor),
            people.get(entry.subject),
        )
        for entry in entries
    )
    return [(day, list(some)) for day, some in groupby(lines, lambda line: timezone.localdate(line.entry.at))]


def _download(request: HttpRequest, asked: Asked, wanted: Filter) -> HttpResponseBase:
    """Everything that is asked for, in one file; that it was taken is itself in the journal."""
    # What is written while the file is being sent is not in it.
    until = Place(timezone.now(), 0)
    if request.method == "GET":
        assert isinstance(request.user, Agent)
        shown = ", ".join(f"{name} = {value}" for name, value in journal_search.without_place(asked).items())
        with transaction.atomic():
            journal.record("journal.exported", by=request.user, filters=shown or "entier")
    return csv_download("journal.csv", _table(wanted, until))


def _table(wanted: Filter, before: Place | None) -> Iterator[tuple[object, ...]]:
    yield _HEADING
    while before is not None:
        page = journal_search.page(wanted, before=before, size=_CHUNK)
        for entry in page.entries:
            yield (
                f"{timezone.localtime(entry.at):%d/%m/%Y %H:%M:%S}",
                entry.actor or "Le portail",
                entry.subject,
                entry.action,
                sentences.sentence(entry),
                sentences.reason(entry),
                entry.target,
                entry.target_label,
            )
        before = page.older
