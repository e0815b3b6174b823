"""Filter rules as elements of requests and answers."""

from __future__ import annotations

from zimbra.simulator.element import Element, Reply, Value
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.sieve.rules import Block, Piece, Rule, Variables
from zimbra.simulator.formats.sieve.to_script import KNOWN_ACTIONS, KNOWN_TESTS
from zimbra.simulator.requests.registry import MAIL

# A value of these is an element with text in XML, and may be a plain member in JSON.
_CHILDREN = ("content", "method", "headerName", "headerValue", "newName", "newValue")
_YES_NO = frozenset({"negative", "caseSensitive", "copy"})
# These are "true" in XML too, and left out otherwise (plain Booleans in Zimbra's FilterAction and EditheaderTest).
_TRUE = frozenset({"last", "countComparator", "valueComparator"})
_NUMBERS = frozenset({"index", "offset", "maxBodySize"})


# --- reading -------------------------------------------------------------------------------------------------------


def read_rules(element: Element | None) -> list[Rule]:
    """The rules of a request; elements that are no test or action are passed over, as in Zimbra.

    service.INVALID_REQUEST for a rule without a name.
    """
    return [] if element is None else [_rule(one) for one in element.all("filterRule")]


def _rule(element: Element) -> Rule:
    name = element.attrs.get("name")
    if name is None:
        raise invalid_request("missing required attribute: name")
    rule = Rule(name=name, active=element.attrs.get("active", "").lower() in ("1", "true"))
    _fill(rule, element)
    return rule


def _fill(block: Block, element: Element) -> None:
    variables = element.find("filterVariables")
    if variables is not None:
        block.variables = _variables(variables)
    tests = element.find("filterTests")
    if tests is not None:
        block.condition = tests.attrs.get("condition")
        block.tests = [_piece(one) for one in tests.children if one.name in KNOWN_TESTS]
    actions = element.find("filterActions")
    if actions is not None:
        block.actions = [
            _piece(one) for one in actions.children if one.name in KNOWN_ACTIONS or one.name == "filterVariables"
        ]
    below = element.find("nestedRule")
    if below is not None:
        if below.find("filterTests") is None:
            raise invalid_request("missing required element: filterTests")
        block.child = Block()
        _fill(block.child, below)


def _variables(element: Element) -> Variables:
    return [(one.attrs.get("name", ""), one.attrs.get("value", "")) for one in element.all("filterVariable")]


def _piece(element: Element) -> Piece:
    attrs = dict(element.attrs)
    children = [(one.name, one.text) for one in element.children if one.name in _CHILDREN]
    children += [(name, attrs.pop(name)) for name in _CHILDREN if name in attrs]
    test = element.find("test")
    return Piece(
        element.name,
        attrs,
        element.text,
        children,
        _variables(element) if element.name == "filterVariables" else [],
        None if test is None else _piece(test),
    )


# --- writing -------------------------------------------------------------------------------------------------------


def rules_element(rules: list[Rule], ns: str) -> Reply:
    """The element filterRules, in the namespace `ns`; what is inside a rule is always of the mail service."""
    element = Reply("filterRules")
    for rule in rules:
        element.children.append(_rule_element(rule, ns))
    return element


def _rule_element(rule: Rule, ns: str) -> Reply:
    element = Reply("filterRule", {"name": rule.name, "active": rule.active})
    element.children = _contents(rule)
    if ns != MAIL:
        for child in element.children:
            child.ns = MAIL
    return element


def _contents(block: Block) -> list[Reply]:
    found = []
    if block.variables:
        found.append(_variables_element(block.variables))
    tests = Reply("filterTests", {"condition": block.condition})
    tests.children = [_piece_element(piece) for piece in block.tests or []]
    found.append(tests)
    if block.actions is not None:
        actions = Reply("filterActions")
        actions.children = [_piece_element(piece) for piece in block.actions]
        found.append(actions)
    if block.child is not None:
        below = Reply("nestedRule")
        below.children = _contents(block.child)
        found.append(below)
    return found


def _variables_element(variables: Variables) -> Reply:
    element = Reply("filterVariables")
    for name, value in variables:
        element.add("filterVariable", {"name": name, "value": value})
    return element


def _piece_element(piece: Piece) -> Reply:
    if piece.name == "filterVariables":
        element = _variables_element(piece.variables)
        element.attrs["index"] = piece.number("index")
        return element
    element = Reply(piece.name, {name: _value(name, value) for name, value in piece.attrs.items()})
    if piece.text:
        element.text = piece.text
    for name, text in piece.children:
        element.add(name, text=text)
    if piece.test is not None:
        test = _piece_element(piece.test)
        test.unique = True
        element.children.append(test)
    return element


def _value(name: str, value: str) -> Value:
    if name in _YES_NO:
        return value == "1"
    if name in _TRUE:
        return "true"
    return int(value) if name in _NUMBERS else value
