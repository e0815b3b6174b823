"""How long what a folder holds or a tag marks is kept, as requests say it and answers show it.

Applied when a purge is asked for, see `requests.purging`. Source of the form: Zimbra's RetentionPolicy and Policy.
"""

from __future__ import annotations

from collections.abc import Mapping

from zimbra.simulator.element import Element, Reply

Policies = dict[str, list[dict[str, str]]]


def given(action: Element) -> Policies:
    """The policies of an action by part, `keep` and `purge`; service.INVALID_REQUEST without any `retentionPolicy`."""
    policy = action.need("retentionPolicy")
    kept: Policies = {}
    for part in ("keep", "purge"):
        listed = policy.find(part)
        rules = [] if listed is None else [dict(rule.attrs) for rule in listed.all("policy")]
        if rules:
            kept[part] = rules
    return kept


def show(reply: Reply, policies: Mapping[str, object]) -> None:
    """Put them into the element of a folder or a tag; nothing when there are none."""
    if not policies:
        return
    element = reply.add("retentionPolicy")
    for part in ("keep", "purge"):
        listed = element.add(part)
        rules = policies.get(part)
        for rule in rules if isinstance(rules, list) else ():
            listed.add("policy", dict(rule))
