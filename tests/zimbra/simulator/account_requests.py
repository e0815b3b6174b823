"""Short requests that several tests about people make."""

from __future__ import annotations

import copy
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.zimbra.simulator.wire import PASSWORD, Wire


def account(wire: Wire, body: str, **more: Any) -> Any:
    """A request of urn:zimbraAccount."""
    return wire.soap(body.replace("Request", 'Request xmlns="urn:zimbraAccount"', 1), **more)


def signed_in(wire: Wire, address: str, password: str = PASSWORD) -> Wire:
    """The same connection as somebody else; both can be used in turn."""
    return copy.copy(wire).sign_in(address, password)


def pairs(element: Any, key: str = "name") -> dict[str, str]:
    """The `a name=` list of an element, the last of repeated ones."""
    return {one.get(key): one.text or "" for one in element if one.get(key)}


def set_prefs(wire: Wire, *values: tuple[str, str]) -> Any:
    listed = "".join(f"<pref name={quoteattr(name)}>{escape(value)}</pref>" for name, value in values)
    return account(wire, f"<ModifyPrefsRequest>{listed}</ModifyPrefsRequest>")


def prefs(wire: Wire, *names: str) -> list[tuple[str, str]]:
    listed = "".join(f"<pref name={quoteattr(name)}/>" for name in names)
    return [(one.get("name"), one.text) for one in account(wire, f"<GetPrefsRequest>{listed}</GetPrefsRequest>")]


def grant(wire: Wire, right: str, **attrs: str) -> Any:
    given = "".join(f" {name}={quoteattr(value)}" for name, value in attrs.items())
    return account(wire, f'<GrantRightsRequest><ace right="{right}"{given}/></GrantRightsRequest>')


def create_list(admin: Wire, address: str, *members: str, **attrs: str) -> str:
    """The id of a new distribution list."""
    listed = "".join(f'<a n="{name}">{escape(value)}</a>' for name, value in attrs.items())
    answer = admin.admin(
        f"<CreateDistributionListRequest><name>{address}</name>{listed}</CreateDistributionListRequest>"
    )
    list_id: str = answer.find("dl").get("id")
    if members:
        given = "".join(f"<dlm>{escape(member)}</dlm>" for member in members)
        admin.admin(f"<AddDistributionListMemberRequest><id>{list_id}</id>{given}</AddDistributionListMemberRequest>")
    return list_id
