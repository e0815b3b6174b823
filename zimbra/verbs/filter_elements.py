"""Filter rules to XML and back, by what their classes (`zimbra.types.filter_parts`) say of themselves.

Nothing is lost on the way there and back: whatever an element holds beyond what its class knows makes it an `Other`,
which is written as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, get_args, get_type_hints

from zimbra import soap
from zimbra.types.elements import Other
from zimbra.types.filter_actions import ACTIONS, Action
from zimbra.types.filter_parts import CHILD, CHILDREN, PLACE, REQUIRED, TEXT
from zimbra.types.filter_tests import TESTS, Test
from zimbra.types.filters import FilterRule, RuleBody
from zimbra.verbs.elements import attributes_of, other_xml, read_other

K = TypeVar("K", Test, Action)

_TEST_OF = {kind.ELEMENT: kind for kind in TESTS}
_ACTION_OF = {kind.ELEMENT: kind for kind in ACTIONS}
_HINTS: dict[str, dict[str, object]] = {name: get_type_hints(kind) for name, kind in _TEST_OF.items()}
_HINTS |= {name: get_type_hints(kind) for name, kind in _ACTION_OF.items()}
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
_BODY = frozenset({"filterVariables", "filterTests", "filterActions", "nestedRule"})


def wire_name(field: Field[object]) -> str:
    """The name a field has on its element."""
    return str(field.metadata.get("name", field.name))


def rules_xml(rules: Iterable[FilterRule]) -> str:
    """The element `filterRules`, with the order of everything said by `index`."""
    return f"<filterRules>{''.join(map(_rule_xml, rules))}</filterRules>"


def read_rules(answer: soap.Element) -> tuple[FilterRule, ...]:
    """The rules in the answer to a Get request, in their order."""
    found = soap.child(answer, "filterRules")
    return () if found is None else tuple(map(_rule, soap.children(found, "filterRule")))


def element_xml(part: Test | Action | Other, index: int) -> str:
    """One test or action at its place."""
    if isinstance(part, Other):
        return other_xml(part, index=index)
    tag_values: dict[str, object] = {"index": index}
    inner = ""
    for field in fields(part):
        value, name = getattr(part, field.name), wire_name(field)
        place = field.metadata[PLACE]
        if place == TEXT:
            inner += soap.text(value)
        elif place == CHILDREN:
            inner += "".join(f"<{name}>{soap.text(one)}</{name}>" for one in value)
        elif not field.metadata.get(REQUIRED) and value in {"", False, None}:
            continue
        elif place == CHILD:
            inner += f"<{name}>{soap.text(value)}</{name}>"
        else:
            tag_values[name] = value
    return f"<{part.ELEMENT}{soap.attributes(tag_values)}>{inner}</{part.ELEMENT}>"


def _rule_xml(rule: FilterRule) -> str:
    tag = soap.attributes({**dict(rule.more_attributes), "name": rule.name, "active": rule.active})
    return f"<filterRule{tag}>{_body_xml(rule)}</filterRule>"


def _body_xml(body: RuleBody) -> str:
    written = ""
    if body.variables:
        each = (
            f"<filterVariable{soap.attributes({'index': index, 'name': name, 'value': value})}/>"
            for index, (name, value) in enumerate(body.variables)
        )
        written += f'<filterVariables index="0">{"".join(each)}</filterVariables>'
    tag = soap.attributes({"condition": body.condition})
    written += f"<filterTests{tag}>{_parts_xml(body.tests)}</filterTests>"
    if body.actions or body.nested is None:
        written += f"<filterActions>{_parts_xml(body.actions)}</filterActions>"
    if body.nested is not None:
        written += f"<nestedRule>{_body_xml(body.nested)}</nestedRule>"
    for other in body.more:
        written += other_xml(other)
    return written


def _parts_xml(parts: Sequence[Test | Action | Other]) -> str:
    return "".join([element_xml(part, index) for index, part in enumerate(parts)])


def _rule(element: soap.Element) -> FilterRule:
    body = _body(element)
    return FilterRule(
        *(getattr(body, field.name) for field in fields(RuleBody)),
        name=element.get("name") or "",
        active=(element.get("active") or "1") not in _FALSE,
        more_attributes=attributes_of(element, but=("name", "active")),
    )


def _body(element: soap.Element) -> RuleBody:
    tests, actions = soap.child(element, "filterTests"), soap.child(element, "filterActions")
    nested, variables = soap.child(element, "nestedRule"), soap.child(element, "filterVariables")
    return RuleBody(
        tests=() if tests is None else tuple(_part(one, _TEST_OF) for one in _in_order(tests)),
        actions=() if actions is None else tuple(_part(one, _ACTION_OF) for one in _in_order(actions)),
        condition="allof" if tests is None else tests.get("condition") or "allof",
        variables=() if variables is None else _variables(variables),
        nested=None if nested is None else _body(nested),
        more=tuple(read_other(one, but=()) for one in element if soap.local_name(one) not in _BODY),
    )


def _variables(element: soap.Element) -> tuple[tuple[str, str], ...]:
    return tuple((one.get("name") or "", one.get("value") or "") for one in _in_order(element))


def _in_order(element: soap.Element) -> list[soap.Element]:
    # The server gives tests of one kind together, and their order by `index`.
    return sorted(element, key=lambda one: soap.number(one.get("index")))


def _part(element: soap.Element, known: dict[str, type[K]]) -> K | Other:
    kind = known.get(soap.local_name(element))
    return (kind and _typed(element, kind)) or read_other(element, but=("index",))


def _typed(element: soap.Element, kind: type[K]) -> K | None:
    """The element as its class has it, or None when the class would lose something of it."""
    hints = _HINTS[kind.ELEMENT]
    values: dict[str, Any] = {}
    attributes = dict(attributes_of(element, but=("index",)))
    inside = list(element)
    holds_text = False
    for field in fields(kind):
        place, name = field.metadata[PLACE], wire_name(field)
        if place == TEXT:
            holds_text, values[field.name] = True, element.text or ""
        elif place in {CHILD, CHILDREN}:
            found = [one for one in inside if soap.local_name(one) == name]
            inside = [one for one in inside if one not in found]
            if any(one.attrib or len(one) for one in found) or (place == CHILD and len(found) > 1):
                return None
            texts = tuple(one.text or "" for one in found)
            if place == CHILD and not texts and field.metadata[REQUIRED]:
                return None
            values[field.name] = texts if place == CHILDREN else "".join(texts)
        elif name in attributes:
            value = _value(attributes.pop(name), hints[field.name])
            if value is None or (value == "" and not field.metadata.get(REQUIRED)):
                return None
            values[field.name] = value
        elif field.metadata.get(REQUIRED):
            return None
        elif field.default is not MISSING:
            # What is absent is empty, whatever the class proposes to who writes a new one.
            values[field.name] = "" if isinstance(field.default, str) else field.default
    if attributes or inside or (not holds_text and (element.text or "").strip()):
        return None
    return kind(**values)


def _value(text: str, hint: object) -> object:
    """The text as the field's type has it, None when it is none of that type."""
    kinds = get_args(hint) or (hint,)
    if bool in kinds:
        return True if text in _TRUE else False if text in _FALSE else None
    if int in kinds:
        return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else None
    return text
