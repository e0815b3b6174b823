"""A source of rules, read as a whole: what the pages show, keep and replay."""

from __future__ import annotations

from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.converting.crossing import cross_rule_remarks
from bascule.conversions.filters.converting.variables import setting
from bascule.conversions.filters.model import ConvertedRule, FilterReading
from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.source.sources import split
from bascule.conversions.filters.source.syntax import Command
from bascule.conversions.model import Remark
from zimbra.types.filter_tests import BodyTest
from zimbra.types.filters import RuleBody

# Commands of earlier rules that are looked at for variables.
MAX_SETTING = 50


def read_filters(data: bytes, name: str = "", *, domain: str) -> FilterReading:
    """The rules of a script, an LDIF or pasted text, converted in their order; their names differ from each other.

    name: of the file. domain: of the person's address. A rule that is unlike all others is among them too, refused.
    Errors: `bascule.conversions.model.Unreadable` when there is no rule in it, or far too much.
    """
    sources = split(data, name)
    reading = FilterReading(remarks=list(sources.remarks))
    taken: set[str] = set()
    earlier: list[Command] = []
    for source in sources.rules:
        rule = convert(source, domain=domain, taken=taken, earlier=earlier)
        if source.active and len(earlier) < MAX_SETTING:
            earlier += _setting(source.text)
        taken.update(one.name.casefold() for one in rule.rules)
        reading.rules.append(rule)
    reading.remarks += cross_rule_remarks(reading.rules)
    if accented := next(filter(_seeks_accents, reading.rules), None):
        message = (
            "Dans le texte des messages, Zimbra ne distingue pas « É » de « é », ce que l’ancien serveur faisait : une"
            " règle qui cherche un mot accentué peut en trouver un peu plus. Il n’y a rien à faire."
        )
        reading.remarks.append(Remark("accents_in_text", accented.source.place, message))
    return reading


def _setting(text: str) -> list[Command]:
    """Commands that set variables, which the rules after this one see."""
    if "set" not in text.lower():
        return []
    try:
        return setting(parse(text).commands)
    except SieveError:
        return []


def _seeks_accents(rule: ConvertedRule) -> bool:
    return any(_has_accents(one) for one in rule.rules)


def _has_accents(body: RuleBody) -> bool:
    here = any(
        isinstance(test, BodyTest) and not test.case_sensitive and not test.value.isascii() for test in body.tests
    )
    return here or (body.nested is not None and _has_accents(body.nested))
