"""The two filter rules of a list: what they are to be, which of the person's do that already, and what those lack.

A rule made by hand has any name; it is known by what it does: mail to, or from, the list goes into a folder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bascule.lists.wishes import ListSetup
from zimbra.types.filter_actions import FileInto, Keep, Stop
from zimbra.types.filter_tests import AddressTest, EnvelopeTest, HeaderTest, MimeHeaderTest, Test
from zimbra.types.filters import Direction, FilterRule

INCOMING: Direction = "incoming"
OUTGOING: Direction = "outgoing"

# What a rule can look at, and how that is called.
_PLACES = {"to": "À", "cc": "Cc", "list-id": "List-Id", "envelope": "l’enveloppe du message", "from": "De"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as wanted. code: stable. sentence: French. overwrites: putting it right takes away
    something the person has chosen, and is done only when asked for; otherwise it is merely missing."""

    code: str
    sentence: str
    overwrites: bool


def rule_name(setup: ListSetup, direction: Direction, others: Sequence[FilterRule] = ()) -> str:
    """A name that none of `others` bears."""
    plain = f"Liste {setup.address}" if direction == INCOMING else f"Envoyés de la liste {setup.address}"
    taken = {rule.name.casefold() for rule in others}
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain} ({number})"
    return name


def wanted_rule(setup: ListSetup, direction: Direction, path: str, name: str) -> FilterRule:
    """The rule as the portal makes it. path: of the folder it files into."""
    actions = (FileInto(path), Stop()) if setup.stops else (FileInto(path),)
    return FilterRule(name=name, condition="anyof", tests=_tests(setup, _needed(setup, direction)), actions=actions)


def find_rule(rules: Sequence[FilterRule], setup: ListSetup, direction: Direction) -> FilterRule | None:
    """The rule that files the list's mail, the one nearest to what is wanted when there are several."""
    candidates = [rule for rule in rules if _files(rule) and _is_about(rule, setup, direction)]

    def far(rule: FilterRule) -> tuple[bool, int]:
        return not rule.active, len(_needed(setup, direction) - _covered(rule, setup))

    return min(candidates, key=far, default=None)


def target_of(rule: FilterRule) -> str:
    """The path it files into, without a leading slash."""
    return next((one.folder.strip("/") for one in rule.actions if isinstance(one, FileInto)), "")


def differences(rule: FilterRule, setup: ListSetup, direction: Direction, path: str) -> tuple[Difference, ...]:
    """What of `rule` is not as wanted."""
    found = []
    if not rule.active:
        found.append(Difference("inactive", "Cette règle est désactivée.", True))
    if rule.condition != "anyof" and len(rule.tests) > 1:
        found.append(Difference("condition", "Elle exige toutes ses conditions à la fois.", True))
    missing = _needed(setup, direction) - _covered(rule, setup)
    if missing:
        names = " ni ".join(label for place, label in _PLACES.items() if place in missing)
        found.append(Difference("tests", f"Elle ne regarde pas {names}.", False))
    target = target_of(rule)
    if target.casefold() != path.strip("/").casefold():
        found.append(Difference("target", f"Elle range dans « {target} ».", True))
    if any(isinstance(one, FileInto) and one.copy for one in rule.actions):
        found.append(Difference("copy", "Elle laisse aussi le message là où il était.", True))
    stops = any(isinstance(one, Stop) for one in rule.actions)
    if stops != setup.stops:
        sentence = "Elle arrête les règles suivantes." if stops else "Elle laisse agir les règles suivantes."
        found.append(Difference("stop", sentence, True))
    return tuple(found)


def mended(rule: FilterRule, setup: ListSetup, direction: Direction, path: str, codes: set[str]) -> FilterRule:
    """`rule` with the differences named by `codes` put right; its name, further tests and actions stay."""
    changed = rule
    if "inactive" in codes:
        changed = replace(changed, active=True)
    if "condition" in codes:
        changed = replace(changed, condition="anyof")
    # A single test means the same under both conditions; with a second one, only "anyof" is right.
    if "tests" in codes and (changed.condition == "anyof" or len(changed.tests) == 1):
        missing = _needed(setup, direction) - _covered(rule, setup)
        changed = replace(changed, condition="anyof", tests=(*changed.tests, *_tests(setup, missing)))
    actions = list(changed.actions)
    for at, action in enumerate(actions):
        if isinstance(action, FileInto):
            folder = path if "target" in codes else action.folder
            actions[at] = FileInto(folder, copy=action.copy and "copy" not in codes)
    if "copy" in codes:
        actions = [one for one in actions if not isinstance(one, Keep)]
    if "stop" in codes:
        actions = [one for one in actions if not isinstance(one, Stop)] + ([Stop()] if setup.stops else [])
    return replace(changed, actions=tuple(actions))


def _needed(setup: ListSetup, direction: Direction) -> set[str]:
    if direction == OUTGOING:
        return {"from"}
    return {"to", "cc", "list-id", "envelope"} if setup.also_headers else {"to", "cc"}


def _tests(setup: ListSetup, places: set[str]) -> tuple[Test, ...]:
    """Whole addresses are compared: "sti@…" is also a part of "prof-sti@…"."""
    tests: list[Test] = []
    headers = ",".join(name for name in ("to", "cc", "from") if name in places)
    if headers:
        tests.append(AddressTest(headers, setup.address))
    if "list-id" in places:
        # RFC 2919: the name of the list in the form of a domain.
        tests.append(HeaderTest("list-id", f"<{setup.local_part}.{setup.domain}>"))
    if "envelope" in places:
        tests.append(EnvelopeTest("to", setup.address))
    return tuple(tests)


def _files(rule: FilterRule) -> bool:
    return rule.nested is None and any(isinstance(one, FileInto) for one in rule.actions)


def _is_about(rule: FilterRule, setup: ListSetup, direction: Direction) -> bool:
    aimed = [bool(_places(test, setup) & _needed(setup, direction)) for test in rule.tests]
    return any(aimed) and (all(aimed) or rule.condition == "anyof")


def _covered(rule: FilterRule, setup: ListSetup) -> set[str]:
    return {place for test in rule.tests for place in _places(test, setup)}


def _places(test: object, setup: ListSetup) -> set[str]:
    """Where `test` looks for the list; none when it looks for something else."""
    if not isinstance(test, HeaderTest | MimeHeaderTest | AddressTest) or test.negative:
        return set()
    if isinstance(test, AddressTest) and test.part == "domain":
        return set()
    if not _means(test.value, test.comparison, setup, of_part=isinstance(test, AddressTest) and test.part != "all"):
        return set()
    headers = {name.strip().casefold() for name in test.header.split(",")}
    if isinstance(test, EnvelopeTest):
        return {"envelope"} if "to" in headers else set()
    return headers & set(_PLACES)


def _means(value: str, comparison: str, setup: ListSetup, *, of_part: bool) -> bool:
    wanted = value.casefold().strip()
    if comparison == "matches":
        wanted = wanted.strip("*")
    if of_part:
        return wanted == setup.local_part
    # `contains` with the beginning of the address, as far as the @ or beyond, finds nothing but the list. With the name
    # alone it may be meant for the list too, unless that is a plain word, such as "parents".
    names = {setup.address, f"{setup.local_part}.{setup.domain}", f"<{setup.local_part}.{setup.domain}>"}
    if comparison != "is":
        names.add(f"<{setup.address}>")
        if not setup.local_part.isalpha():
            names.add(setup.local_part)
        if re.fullmatch(re.escape(setup.local_part) + "@.*", wanted) and setup.address.startswith(wanted):
            return True
    return wanted in names
