"""Names of rules: that of the source made fit for Zimbra, or one made from what the rule says.

Zimbra keeps a name on a line of its script: one line, and no name twice, since rules are told apart by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zimbra.types import filter_actions as actions
from zimbra.types import filter_tests as tests
from zimbra.types.filters import RuleBody

MAX_NAME = 100
_MOST_TESTS = 2
_MOST_VALUE = 40
_MOST_FIELDS = 2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_HEADERS = {
    "from": "De", "sender": "De", "to": "À", "cc": "Cc", "bcc": "Cci", "subject": "Objet", "list-id": "Liste",
    "reply-to": "Réponse à", "to,cc": "À ou Cc", "cc,to": "À ou Cc", "from,sender": "De",
}  # fmt: skip
_FLAGS = {"read": "lu", "flagged": "suivi"}


def fit(name: str) -> str:
    """The name on one line, without blanks around it, shortened; "" when nothing is left."""
    return _short(" ".join(_CONTROL.sub(" ", name).split()), MAX_NAME)


def unique(name: str, taken: set[str]) -> str:
    """The name, told apart by a number from those that are taken (casefolded); it is taken from then on."""
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        end = f" ({number})"
        found = _short(name, MAX_NAME - len(end)) + end
    taken.add(found.casefold())
    return found


def made(body: RuleBody) -> str:
    """A name in French from the first conditions and what is done: "De : chef@univ.example → Chef"."""
    every: list[tests.Test] = []
    word = " ou " if body.condition == "anyof" else " et "
    part: RuleBody | None = body
    doing: Sequence[object] = ()
    while part is not None:
        every += [one for one in part.tests if isinstance(one, tests.Test)]
        doing = part.actions or doing
        part = part.nested
    # A test that only keeps Zimbra from reading a negative number tells nothing.
    every = [one for one in every if not (isinstance(one, tests.HeaderTest) and one.value == "-*")] or every
    every.sort(key=lambda one: one.negative)
    told: list[str] = []
    for one in dict.fromkeys(map(_test, every[:_MOST_TESTS])):
        # What is said of the same field once: "Objet : promo ou soldes".
        subject, colon, value = one.partition(" : ")
        told.append(value if colon and told and told[-1].startswith(subject + colon) else one)
    conditions = word.join(told) + (" …" if len(every) > _MOST_TESTS else "")
    conditions = conditions[:1].upper() + conditions[1:]
    return fit(f"{_short(conditions, MAX_NAME - 30)} → {_short(_doing(doing), 27)}")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _test(test: tests.Test) -> str:
    match test:
        case tests.TrueTest():
            return "Aucun message" if test.negative else "Tous les messages"
        case tests.EnvelopeTest(value="?*", negative=True):
            return "Sans expéditeur"
        case tests.EnvelopeTest(value="?*"):
            return "Avec expéditeur"
        case tests.HeaderTest(header=header, value="!", value_comparison="lt"):
            said = f"{_header(header)} vide"
        case tests.HeaderTest(header=header, value=value) | tests.AddressTest(header=header, value=value):
            said = f"{_header(header)} : {_short(value, _MOST_VALUE)}"
        case tests.HeaderExistsTest(header=header):
            return f"{'sans' if test.negative else 'avec'} {_header(header)}"
        case tests.SizeTest(comparison=comparison, size=size):
            over = {True: ("au plus", "au moins"), False: ("plus de", "moins de")}[test.negative]
            return f"{over[0] if comparison == 'over' else over[1]} {_size(size)}"
        case tests.BodyTest(value=value):
            said = f"Texte : {_short(value, _MOST_VALUE)}"
        case _:
            return "Selon la date ou l’heure"
    return f"sauf {said}" if test.negative else said


def _header(names: str) -> str:
    """One or more fields, as a person calls them; a long list is cut short."""
    known = _HEADERS.get(names.lower())
    if known:
        return known
    each = list(dict.fromkeys(_HEADERS.get(name.lower(), name) for name in names.split(",")))
    return " ou ".join(each[:_MOST_FIELDS]) + ("…" if len(each) > _MOST_FIELDS else "")


def _size(size: str) -> str:
    unit = {"K": "Ko", "M": "Mo", "G": "Go"}.get(size[-1:], "octets")
    return f"{size.rstrip('KMG')} {unit}"


def _doing(doing: Sequence[object]) -> str:
    for one in doing:
        match one:
            case actions.FileInto(folder=folder):
                return folder.rpartition("/")[2]
            case actions.Discard():
                return "supprimer"
            case actions.Reject():
                return "refuser"
            case actions.Keep():
                return "garder"
    for one in doing:
        match one:
            case actions.Flag(flag=flag):
                return f"marquer comme {_FLAGS.get(flag, flag)}"
            case actions.Tag(tag=tag):
                return f"étiquette {tag}"
    return "s’arrêter là"
