"""Filter rules as JSON, and back: the names of the classes' fields, with the name of the element as `type`.

{"name": "Listes", "active": true, "condition": "anyof",
 "tests": [{"type": "headerTest", "header": "subject", "value": "[dsi]", "comparison": "contains"}],
 "actions": [{"type": "actionFileInto", "folder": "/Listes"}, {"type": "actionStop"}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args, get_type_hints

from zimbra import soap
from zimbra.errors import Garbled
from zimbra.types.elements import Other
from zimbra.types.filter_actions import ACTIONS, Action
from zimbra.types.filter_tests import TESTS, Test
from zimbra.types.filters import FilterRule, RuleBody

K = TypeVar("K", Test, Action)

_TEST_OF = {kind.ELEMENT: kind for kind in TESTS}
_ACTION_OF = {kind.ELEMENT: kind for kind in ACTIONS}
_CONDITIONS = ("allof", "anyof")


class NotARule(ValueError):
    """The JSON is not that of filter rules; the message says where, in French."""


def rules_to_json(rules: Sequence[FilterRule]) -> list[dict[str, object]]:
    return [
        {"name": rule.name, "active": rule.active, **_body(rule)}
        | ({"attributes": dict(rule.more_attributes)} if rule.more_attributes else {})
        for rule in rules
    ]


def rules_from_json(value: object) -> tuple[FilterRule, ...]:
    """NotARule: anything that `rules_to_json` would not have written."""
    return tuple(_rule(one, f"filtre {place}") for place, one in enumerate(_list(value, "le fichier"), start=1))


def _body(body: RuleBody) -> dict[str, object]:
    value: dict[str, object] = {
        "condition": body.condition,
        "tests": [_part(one) for one in body.tests],
        "actions": [_part(one) for one in body.actions],
    }
    if body.variables:
        value["variables"] = [list(one) for one in body.variables]
    if body.nested is not None:
        value["nested"] = _body(body.nested)
    if body.more:
        value["more"] = [_other(one) for one in body.more]
    return value


def _part(part: Test | Action | Other) -> dict[str, object]:
    if isinstance(part, Other):
        return _other(part)
    value: dict[str, object] = {"type": part.ELEMENT}
    for field in fields(part):
        one = getattr(part, field.name)
        if field.default is MISSING or one != field.default:
            value[field.name] = list(one) if isinstance(one, tuple) else one
    return value


def _other(other: Other) -> dict[str, object]:
    return {"element": other.element, "attributes": dict(other.attributes), "inner": other.inner}


def _rule(value: object, where: str) -> FilterRule:
    given = _object(value, where)
    name = given.get("name")
    if not isinstance(name, str):
        raise NotARule(f"{where} : il manque le nom (name)")
    body = _read_body(given, where, also={"name", "active", "attributes"})
    return FilterRule(
        *(getattr(body, field.name) for field in fields(RuleBody)),
        name=name,
        active=_boolean(given.get("active", True), f"{where}, active"),
        more_attributes=_attributes(given.get("attributes", {}), where),
    )


def _read_body(given: Mapping[str, object], where: str, *, also: set[str]) -> RuleBody:
    unknown = set(given) - {"condition", "tests", "actions", "variables", "nested", "more"} - also
    if unknown:
        raise NotARule(f"{where} : {', '.join(sorted(unknown))} n'a pas de sens ici")
    condition = given.get("condition", "allof")
    if condition not in _CONDITIONS:
        raise NotARule(f"{where}, condition : allof ou anyof")
    nested = given.get("nested")
    return RuleBody(
        tests=tuple(_read_part(one, _TEST_OF, f"{where}, tests") for one in _list(given.get("tests", []), where)),
        actions=tuple(
            _read_part(one, _ACTION_OF, f"{where}, actions") for one in _list(given.get("actions", []), where)
        ),
        condition=str(condition),
        variables=tuple(_variable(one, where) for one in _list(given.get("variables", []), where)),
        nested=None if nested is None else _read_body(_object(nested, where), f"{where}, nested", also=set()),
        more=tuple(_read_other(_object(one, where), where) for one in _list(given.get("more", []), where)),
    )


def _variable(value: object, where: str) -> tuple[str, str]:
    pair = _list(value, where)
    if len(pair) != 2 or not all(isinstance(one, str) for one in pair):
        raise NotARule(f"{where}, variables : des paires de textes")
    return str(pair[0]), str(pair[1])


def _read_part(value: object, known: Mapping[str, type[K]], where: str) -> K | Other:
    given = dict(_object(value, where))
    if "element" in given:
        return _read_other(given, where)
    kind = known.get(str(given.pop("type", "")))
    if kind is None:
        raise NotARule(f"{where} : type inconnu ; au choix : {', '.join(known)}")
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in given:
            values[field.name] = _value(given.pop(field.name), hints[field.name], f"{where}, {field.name}")
        elif field.default is MISSING:
            raise NotARule(f"{where}, {kind.ELEMENT} : il manque {field.name}")
    if given:
        raise NotARule(f"{where}, {kind.ELEMENT} : {', '.join(sorted(given))} n'a pas de sens ici")
    return kind(**values)


def _value(value: object, hint: object, where: str) -> object:
    kinds = get_args(hint) or (hint,)
    if isinstance(value, list) and all(isinstance(one, str) for one in value) and str in kinds and len(kinds) > 1:
        return tuple(value)
    if isinstance(value, bool):
        fits = bool in kinds
    elif isinstance(value, int):
        fits = int in kinds
    else:
        fits = (isinstance(value, str) and hint is str) or (value is None and type(None) in kinds)
    if not fits:
        raise NotARule(f"{where} : la valeur n'est pas du bon type")
    return value


def _read_other(given: Mapping[str, object], where: str) -> Other:
    element, inner = given.get("element"), given.get("inner", "")
    if not isinstance(element, str) or not isinstance(inner, str):
        raise NotARule(f"{where} : un élément a un nom et un contenu")
    # It is sent as it stands: it must be one whole element, and nothing after it.
    try:
        root = soap.parse(f"<{element}>{inner}</{element}>".encode())
    except Garbled as error:
        raise NotARule(f"{where} : l'élément {element} n'est pas du XML") from error
    if soap.local_name(root) != element:
        raise NotARule(f"{where} : l'élément {element} n'est pas du XML")
    return Other(element, _attributes(given.get("attributes", {}), where), inner)


def _attributes(value: object, where: str) -> tuple[tuple[str, str], ...]:
    given = _object(value, where)
    if not all(isinstance(one, str) and name.isidentifier() for name, one in given.items()):
        raise NotARule(f"{where} : les attributs sont des textes")
    return tuple((name, str(one)) for name, one in given.items())


def _boolean(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise NotARule(f"{where} : true ou false")
    return value


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NotARule(f"{where} : un objet est attendu")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise NotARule(f"{where} : une liste est attendue")
    return value
