"""People of the directory by name or address, as somebody types them: without accents, in any order, in part."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import Agent
from accounts.plain_text import words

# Shorter texts would list half the directory.
MIN_CHARACTERS = 2
# What is read of what was typed: as much as the longest address.
MAX_CHARACTERS = 254
MAX_WORDS = 8
LIMIT = 20


def find(text: str, *, limit: int = LIMIT) -> list[Agent]:
    """At most `limit` active persons each of whose names or addresses hold every word of `text`, the closest first.

    Whoever wants to know whether there are more asks for one more. Nothing but blanks and signs, or a single letter,
    finds nobody. Establishments come along, so that they can be shown without a query each.
    """
    rows = matching(text)
    return [] if rows is None else list(rows[: max(limit, 0)])


def matching(text: str) -> QuerySet[Agent] | None:
    """The same without a bound, for pages that count and page; None when `text` is too short to search."""
    typed = text.replace("\0", " ")[:MAX_CHARACTERS].strip().lower()
    wanted = words(typed)[:MAX_WORDS]
    if len("".join(wanted)) < MIN_CHARACTERS:
        return None
    holds = Q()
    for word in wanted:
        holds &= Q(search_text__contains=word)
    closeness = Case(
        When(address=typed, then=Value(0)),
        When(search_text__startswith=f"{' '.join(wanted)} ", then=Value(1)),
        When(search_text__contains=f" {wanted[0]}", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return (
        Agent.objects.filter(holds, is_active=True)
        .select_related("establishment")
        .order_by(closeness, "family_name", "given_name", "pk")
    )
