"""Zimbra's filter rules as text that can be kept: the wire's own XML, which loses nothing."""

from __future__ import annotations

from collections.abc import Iterable

from zimbra import soap
from zimbra.types.filters import FilterRule
from zimbra.verbs.filter_elements import read_rules, rules_xml


def rules_to_text(rules: Iterable[FilterRule]) -> str:
    """The reverse of `rules_from_text`."""
    return rules_xml(rules)


def rules_from_text(text: str) -> tuple[FilterRule, ...]:
    """The rules that `rules_to_text` wrote. Raises Garbled for anything else."""
    return read_rules(soap.parse(f"<stored>{text}</stored>".encode()))
