"""Rules that stand in a deposited file: read, kept as the person's own, and told on the page of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.filters.model import ConvertedRule, FilterReading
from bascule.conversions.filters.reading import read_filters
from bascule.conversions.model import Remark
from bascule.filters import captured
from bascule.filters.captured import Added
from bascule.models import CapturedRule, Deposit


def read_rules(data: bytes, name: str = "") -> FilterReading:
    """The rules of a script, an LDIF or a pasted text. name: of the file, for the sentences. Raises Unreadable."""
    return read_filters(data, name, domain=settings.MAIL_DOMAIN)


def store(*, deposit: Deposit, reading: FilterReading) -> None:
    """Keep the rules of `deposit` and what is to be said of them. Called in the transaction of the reader's claim."""
    added = captured.add_from_reading(agent=deposit.agent, rules=reading.rules, deposit=deposit, by=None)
    remarks = [*reading.remarks, *_of_rules(reading.rules), *_left_out(added)]
    deposit.state, deposit.kind, deposit.read_at = Deposit.State.READ, Deposit.Kind.FILTERS, timezone.now()
    deposit.items_in, deposit.items_out = len(reading.rules), len(added.rows)
    deposit.remark_counts = dict(Counter(remark.code for remark in remarks))
    deposit.remarks = sealing.seal_json([asdict(remark) for remark in remarks])
    deposit.save()


def take_again(*, deposit: Deposit, data: bytes, by: Agent) -> Added:
    """Bring back what the person has deleted since of the rules of a file that is handed over a second time.

    Raises Unreadable, as the first time.
    """
    rules = read_rules(data, deposit.name).rules
    return captured.add_from_reading(agent=deposit.agent, rules=rules, deposit=deposit, by=by)


def rules_of(deposit: Deposit) -> QuerySet[CapturedRule]:
    return CapturedRule.objects.filter(deposit=deposit).order_by("direction", "position", "pk")


def _of_rules(rules: Sequence[ConvertedRule]) -> Iterator[Remark]:
    """A file has many rules: each remark says which of them it is about."""
    for rule in rules:
        place = f"règle « {rule.name} »" + (f", {rule.source.place}" if rule.source.place else "")
        for remark in rule.remarks:
            yield replace(remark, place=place)


def _left_out(added: Added) -> Iterator[Remark]:
    for rule in added.known:
        message = "Vous aviez déjà relevé cette règle, mot pour mot : elle n’est pas ajoutée une seconde fois."
        yield Remark("rule_known", f"règle « {rule.name} »", message)
    for rule in added.left:
        message = f"Vous avez déjà {captured.MAX_RULES} règles : supprimez-en, puis déposez celle-ci de nouveau."
        yield Remark("rule_left", f"règle « {rule.name} »", message, rule.source.text[:2000])
