"""Requests about appointments, for the tests of several subjects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.zimbra.simulator.wire import Fault, Wire

PARIS = 'tz="Europe/Paris"'


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def lasting(start: str = "20260901T100000", end: str = "20260901T110000", zone: str = PARIS) -> str:
    return f'<s d="{start}" {zone}/><e d="{end}" {zone}/>'


def named(zone: str) -> str:
    return f'tz="{zone}"'


def create(agent: Wire, inside: str = "", attrs: str = 'name="Conseil"', *, times: str | None = None, m: str = "",
            more: str = "", request: str = "CreateAppointmentRequest") -> Any:  # fmt: skip
    component = f"<comp {attrs}>{lasting() if times is None else times}{inside}</comp>"
    return agent.mail(f"<{request}><m {m}><inv>{component}</inv><su>Conseil</su>{more}</m></{request}>")


def read(agent: Wire, made: Any) -> Any:
    return agent.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt")


def message_of(agent: Wire, invite: str) -> Any:
    return agent.mail(f'<GetMsgRequest><m id="{invite}"/></GetMsgRequest>').find("m")


def refused(code: str) -> Any:
    return pytest.raises(Fault, match=code.replace(".", r"\."))


def modify(agent: Wire, invite: str, inside: str = "", attrs: str = 'name="Après"', *, more: str = "",
            root: str = 'comp="0"', m: str = "", times: str | None = None) -> Any:  # fmt: skip
    component = f"<comp {attrs}>{lasting() if times is None else times}{inside}</comp>"
    return agent.mail(
        f'<ModifyAppointmentRequest id="{invite}" {root}><m {m}><inv>{component}</inv>{more}</m>'
        "</ModifyAppointmentRequest>"
    )


WEEKLY = '<recur><add><rule freq="WEE"><interval ival="1"/><count num="4"/></rule></add></recur>'


def instances(agent: Wire, since: int = ms(2026, 8, 31), until: int = ms(2026, 12, 1)) -> list[Any]:
    return list(agent.mail(f'<GetApptSummariesRequest s="{since}" e="{until}"/>').iter("inst"))


def exception(agent: Wire, invite: str, *, day: str = "20260908", hour: str = "14", more: str = "") -> Any:
    return agent.mail(
        f'<CreateAppointmentExceptionRequest id="{invite}" comp="0"><m><inv><comp name="Déplacé">'
        f'<exceptId d="{day}T100000" {PARIS}/>{lasting(f"{day}T{hour}0000", f"{day}T{hour}3000")}{more}'
        "</comp></inv></m></CreateAppointmentExceptionRequest>"
    )
