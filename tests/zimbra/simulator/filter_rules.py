"""Filter rules over SOAP, for the tests of filters."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from tests.zimbra.simulator.wire import Wire

SCRIPT = "zimbraMailSieveScript"


def rule(name: str = "une", tests: str = "<trueTest/>", actions: str = "<actionKeep/>", **attrs: str) -> str:
    listed = "".join(f" {key}={quoteattr(value)}" for key, value in {"active": "1", **attrs}.items())
    condition = ' condition="anyof"'
    return (
        f"<filterRule name={quoteattr(name)}{listed}><filterTests{condition}>{tests}</filterTests>"
        f"<filterActions>{actions}</filterActions></filterRule>"
    )


def modify(wire: Wire, *rules: str, kind: str = "") -> Any:
    return wire.mail(
        f"<Modify{kind}FilterRulesRequest><filterRules>{''.join(rules)}</filterRules></Modify{kind}FilterRulesRequest>"
    )


def shown(wire: Wire, kind: str = "") -> Any:
    """The element filterRules."""
    return wire.mail(f"<Get{kind}FilterRulesRequest/>").find("filterRules")


def apply(wire: Wire, name: str, what: str, kind: str = "") -> list[str]:
    """The ids of the answer."""
    answer = wire.mail(
        f"<Apply{kind}FilterRulesRequest><filterRules><filterRule name={quoteattr(name)}/></filterRules>{what}"
        f"</Apply{kind}FilterRulesRequest>"
    )
    found = answer.find("m")
    return [] if found is None else found.get("ids").split(",")


def attribute(admin: Wire, address: str, name: str = SCRIPT) -> str:
    answer = admin.admin(f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>')
    return next((one.text for one in answer.iter("a") if one.get("n") == name), "")
