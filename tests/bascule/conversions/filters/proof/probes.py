"""Messages made from a script: for each of its tests those that fulfil it and those that just miss it, where all else
in its rule is such that this test decides; and for pairs of rules a message that concerns both, for order and `stop`.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from tests.bascule.conversions.filters.proof.messages import STYLES, Draft
from tests.bascule.conversions.filters.proof.sieve_text import Node, read

_NOTHING = Draft()
_ODD_SIZES = 40 * 2**20


@dataclass(frozen=True)
class Way:
    """How a command inside conditions is reached: tests with what each has to come to."""

    wanted: tuple[tuple[Node, bool], ...]

    @property
    def draft(self) -> Draft:
        made = _NOTHING
        for test, truth in self.wanted:
            made |= fulfilled(test, truth)
        return made


def drafts(script: str, seed: str, most: int, *, more: int | None = None) -> list[Draft]:
    """At most that many, the same for the same seed: first those that no comparison can do without.

    more: how many others at most, which say the same in another way; None: as many as there is room for.
    """
    ways = [list(_ways([node])) for node in _branches(read(script))]
    rng = random.Random(seed)
    needed = [_NOTHING, *(way.draft for group in ways for way in group)]
    firsts = [group[0].draft for group in ways if group]
    near = [first | second for first, second in pairwise(firsts)]
    pairs = [rng.choice(firsts) | rng.choice(firsts) for _ in range(len(firsts)) if len(firsts) > 2]
    styled: list[Draft] = []
    for group in ways:
        for way in group:
            for around, leaf in _deciding(way):
                sure, others = _variations(leaf)
                needed += [around | draft for draft in sure]
                styled += [around | draft for draft in others]
    rng.shuffle(styled)
    styled = styled[:more]
    every = list(dict.fromkeys([*needed, *near, *styled, *pairs]))
    if len(needed) + len(near) > most:
        first = every[: len(needed) + len(near)]
        every = [every[0], *rng.sample(first[1:], min(len(first) - 1, max(0, most * 2 // 3))), *styled, *pairs]
        every = list(dict.fromkeys(every))
    return every[:most]


def _branches(nodes: list[Node]) -> list[Node]:
    """Chains of if, elsif and else, each as one node: the branches are in the block of an unnamed one."""
    chains: list[Node] = []
    for node in nodes:
        if node.name == "if":
            chains.append(Node("chain", block=[node]))
        elif node.name in ("elsif", "else") and chains:
            (chains[-1].block or []).append(node)
    return chains


def _ways(chains: list[Node], before: tuple[tuple[Node, bool], ...] = ()) -> Iterator[Way]:
    for chain in chains:
        earlier = before
        for branch in chain.block or []:
            here = earlier + tuple((test, True) for test in branch.tests)
            yield Way(here)
            yield from _ways(_branches(branch.block or []), here)
            earlier += tuple((test, False) for test in branch.tests)


def _deciding(way: Way) -> Iterator[tuple[Draft, Node]]:
    """Each test without tests in it, with a draft for which it alone decides whether the way is taken."""
    for index, (test, _) in enumerate(way.wanted):
        others = _NOTHING
        for other, truth in way.wanted[:index] + way.wanted[index + 1 :]:
            others |= fulfilled(other, truth)
        for around, leaf in _leaves(test):
            yield others | around, leaf


def _leaves(test: Node) -> Iterator[tuple[Draft, Node]]:
    if test.name not in ("allof", "anyof", "not"):
        yield _NOTHING, test
        return
    for index, inner in enumerate(test.tests):
        around = _NOTHING
        for other in test.tests[:index] + test.tests[index + 1 :]:
            around |= fulfilled(other, test.name == "allof")
        for further, leaf in _leaves(inner):
            yield around | further, leaf


def fulfilled(test: Node, truth: bool) -> Draft:
    """A message for which the test comes to that, as far as one can be made; what misses is a message without."""
    if test.name == "not":
        return fulfilled(test.tests[0], not truth)
    if test.name in ("allof", "anyof"):
        made = _NOTHING
        for inner in test.tests if truth == (test.name == "allof") else test.tests[:1]:
            made |= fulfilled(inner, truth)
        if truth or test.name == "allof":
            return made
        for inner in test.tests[1:]:
            made |= fulfilled(inner, truth)
        return made
    sure, _ = _variations(test)
    if truth:
        return sure[0] if sure else _NOTHING
    if test.name == "size":
        return sure[1]
    if test.name == "exists":
        return Draft(missing=frozenset(name.lower() for name in test.strings()[0]))
    return _NOTHING


# --- one test -----------------------------------------------------------------------------------------------------


def _variations(test: Node) -> tuple[list[Draft], list[Draft]]:
    """(sure, more). The first of the sure ones fulfils the test; further ones just miss it; more: in every disguise."""
    if test.name == "header":
        return _header(test)
    if test.name in ("address", "envelope"):
        return _address(test)
    if test.name == "size":
        return _size(test)
    if test.name == "exists":
        names = test.strings()[0]
        there = Draft(headers=tuple((name, "present@neutre.example") for name in names))
        gone = [Draft(missing=frozenset({name.lower()})) for name in names]
        return [there, *(there | draft for draft in gone)], [Draft(headers=tuple((name, "") for name in names))]
    if test.name == "body":
        return _body(test)
    if test.name in ("date", "currentdate"):
        days = ("Wed, 03 Sep 2025 23:59:00 +0200", "Thu, 04 Sep 2025 00:01:00 +0200", "Fri, 05 Sep 2025 09:00:00 +0200")
        return [Draft(headers=(("Date", day),)) for day in days], []
    return [], []


def _header(test: Node) -> tuple[list[Draft], list[Draft]]:
    names, keys = test.strings()[-2:]
    how = _comparison(test)
    if how in (":count", ":value"):
        return _numbers(test, names, keys)
    sure = [Draft(headers=((names[0], matching(key, how)),)) for key in keys[:1]]
    sure += [Draft(headers=((names[0], miss),)) for miss in missing(keys[0], how)[:2]]
    sure.append(Draft(headers=((names[0], other_case(matching(keys[0], how))),)))
    sure += [Draft(headers=((name, matching(key, how)),)) for name, key in product(names, keys)][1:9]
    more: list[Draft] = []
    for name, key in product(names, keys):
        more += [Draft(headers=((name, value),)) for value in others(key, how)]
        for value in (matching(key, how), matching(key, how).swapcase()):
            more += [Draft(headers=((name, value),), style=style) for style in STYLES]
        more += [Draft(headers=((name, miss),)) for miss in missing(key, how)]
        more.append(Draft(headers=((name, "tout autre"), (name, matching(key, how)))))
        more.append(Draft(headers=((name, matching(key, how)), (name, "tout autre"))))
        more.append(Draft(headers=((name, f"{matching(key, how)} <quelqu.un@neutre.example>"),)))
        more.append(Draft(headers=((name, ""),)))
        more.append(Draft(missing=frozenset({name.lower()})))
        more.append(Draft(headers=((f"X-{name}", matching(key, how)),)))
    return sure, more


def _numbers(test: Node, names: list[str], keys: list[str]) -> tuple[list[Draft], list[Draft]]:
    if not keys[0].isdigit():
        return [Draft(headers=((names[0], value),)) for value in (keys[0], keys[0] + "a", "0", "zzz")], []
    number = int(keys[0])
    if _comparison(test) == ":count":
        counts = [count for count in (number, number + 1, number - 1) if count >= 0]
        some = [Draft(headers=((names[0], "x@neutre.example"),) * count) for count in counts]
        return [draft if draft.headers else Draft(missing=frozenset({names[0].lower()})) for draft in some], []
    return [Draft(headers=((names[0], str(value)),)) for value in (number, number + 1, max(0, number - 1))], []


def _address(test: Node) -> tuple[list[Draft], list[Draft]]:
    names, keys = test.strings()[-2:]
    how = _comparison(test)
    if how in (":count", ":value"):
        return _numbers(test, names, keys)
    part = next((word for word in test.words() if word in (":localpart", ":domain", ":user", ":detail")), ":all")

    def placed(name: str, address: str) -> Draft:
        if test.name == "envelope":
            return Draft(sender=address) if name.lower() == "from" else Draft(recipient=address)
        return Draft(headers=((name, address),))

    sure = [placed(names[0], _addressed(matching(keys[0], how), part))]
    sure += [placed(names[0], _addressed(miss, part)) for miss in missing(keys[0], how)[:2]]
    sure.append(placed(names[0], _addressed(matching(keys[0], how), part).swapcase()))
    sure += [placed(name, _addressed(matching(key, how), part)) for name in names for key in keys][1:9]
    more = []
    for name in names:
        for key in keys:
            address = _addressed(matching(key, how), part)
            more += [placed(name, _addressed(value, part)) for value in (*others(key, how), *missing(key, how))]
            more.append(placed(name, address.swapcase()))
            more.append(placed(name, f"leurre.{address}"))
            more.append(placed(name, f"{address}.leurre.example"))
            if test.name == "address":
                more.append(placed(name, f'"Payet, Élodie" <{address}>'))
                more.append(placed(name, f"Jo <jo@neutre.example>, Léa <{address}>"))
                more.append(placed(name, f'"{address}" <jo@neutre.example>'))
                more.append(placed(name, ""))
                more.append(Draft(missing=frozenset({name.lower()})))
    return [draft for draft in sure if _sendable(draft)], [draft for draft in more if _sendable(draft)]


def _addressed(value: str, part: str) -> str:
    value = re.sub(r"[\s<>(),;:\"]", "", value) or "vide"
    if part == ":domain":
        return f"quelqu.un@{value}"
    if part == ":detail":
        return f"quelqu.un+{value}@neutre.example"
    return f"{value}@neutre.example" if part in (":localpart", ":user") or "@" not in value else value


def _sendable(draft: Draft) -> bool:
    named = [draft.sender, draft.recipient]
    address = re.compile(r"[A-Za-z0-9+_-]+(\.[A-Za-z0-9+_-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
    return all(text is None or address.fullmatch(text) is not None for text in named)


def _size(test: Node) -> tuple[list[Draft], list[Draft]]:
    (limit,) = (arg for arg in test.args if isinstance(arg, int))
    near = (limit + 1, limit, limit - 1) if ":over" in test.words() else (limit - 1, limit, limit + 1)
    return [Draft(size=size) for size in near if 600 < size < _ODD_SIZES] or [Draft(), Draft()], []


def _body(test: Node) -> tuple[list[Draft], list[Draft]]:
    keys = test.strings()[-1]
    how = _comparison(test)
    sure = [Draft(body=(matching(keys[0], how),)), Draft(body=(missing(keys[0], how)[0],))]
    sure += [Draft(body=(matching(key, how),)) for key in keys[1:6]]
    more: list[Draft] = []
    for key in keys:
        value = matching(key, how)
        more += [Draft(body=("Bonjour,", other)) for other in (*others(key, how), *missing(key, how))]
        more += [Draft(body=(value,), charset="iso-8859-1"), Draft(headers=(("Subject", value),))]
        more += [Draft(body=("Bonjour,", "", f"{value} et la suite", "Cordialement"))]
    return sure, more


def _comparison(test: Node) -> str:
    known = (":is", ":contains", ":matches", ":count", ":value", ":regex")
    return next((word for word in test.words() if word in known), ":is")


def matching(key: str, how: str) -> str:
    """A value that fulfils the comparison."""
    if how == ":contains":
        return f"Avant {key} apres" if key else "Quelque chose"
    if how == ":regex":
        return re.sub(r"^\^|\$$", "", key.replace("[0-9]+", "42").replace(".*", "tout").replace(".", "u"))
    return _concrete(key, "quelque chose", "q") if how == ":matches" else key


def others(key: str, how: str) -> list[str]:
    """Further values that do, or do by the letter's case alone."""
    if how == ":contains":
        found = [key, f"{key} en tete", f"a la fin {key}", f"dans{key}unmot"]
    elif how == ":matches":
        found = [_concrete(key, "", "é"), _concrete(key, "*", "?"), _concrete(key, "a\\b", "\\")]
    elif how == ":regex":
        found = [f"Avant {matching(key, how)}", f"{matching(key, how)} et la suite"]
    else:
        found = [f" {key} ", key.replace(" ", "  ")]
    return [*found, other_case(matching(key, how)), key.upper(), key.lower(), key.swapcase(), key.title()]


def other_case(text: str) -> str:
    """The letters that i;ascii-casemap takes for the same, capitals for small ones: those with accents stay."""
    return "".join(letter.swapcase() if letter.isascii() else letter for letter in text)


def missing(key: str, how: str) -> list[str]:
    """Values that just miss it: a letter more, less, or another one, and without the accents."""
    plain = matching(key, how) if how in (":matches", ":regex") else key
    middle = len(plain) // 2
    found = [f"{plain[:middle]}~{plain[middle:]}", plain[:-1], plain[1:]]
    if how == ":is":
        found.insert(0, f"Avant{plain}apres")
    bare = "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))
    found += [bare] if bare != plain else []
    return [*found, plain + "x", "x" + plain, plain.replace(" ", "")]


def _concrete(pattern: str, several: str, one: str) -> str:
    return re.sub(
        r"\\(.)|\*|\?", lambda found: found[1] or (several if found[0] == "*" else one), pattern, flags=re.DOTALL
    )
