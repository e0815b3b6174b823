"""Alarms of appointments: told, dismissed, put off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.zimbra.simulator.appointments import create, ms, read, refused
from tests.zimbra.simulator.wire import Wire

# --- alarms --------------------------------------------------------------------------------------------------------

ALARM = '<alarm action="DISPLAY"><trigger><rel neg="1" m="30"/></trigger><desc>Vite</desc></alarm>'


def _alarm(agent: Wire) -> Any:
    span = f'calExpandInstStart="{ms(2026, 8, 1)}" calExpandInstEnd="{ms(2027, 8, 1)}"'
    found = agent.mail(f'<SearchRequest types="appointment" {span}><query>in:calendar</query></SearchRequest>')
    return found.find("appt/alarmData")


def test_the_next_alarm_is_told_dismissed_and_put_off(agent: Wire) -> None:
    times = '<s d="20360901T100000Z"/><e d="20360901T110000Z"/>'
    daily = '<recur><add><rule freq="DAI"><count num="3"/></rule></add></recur>'
    made = create(agent, daily + ALARM, times=times)
    first = ms(2036, 9, 1, 9) + 1_800_000
    item = made.get("calItemId")
    assert read(agent, made).get("nextAlarm") == str(first)
    answer = agent.mail(
        f'<DismissCalendarItemAlarmRequest><appt id="{item}" dismissedAt="{first}"/></DismissCalendarItemAlarmRequest>'
    ).find("appt")
    assert answer.get("calItemId") == item
    data = answer.find("alarmData")
    assert (data.get("nextAlarm"), data.get("alarmInstStart")) == (str(first + 86_400_000), str(ms(2036, 9, 2, 10)))
    answer = agent.mail(
        f'<SnoozeCalendarItemAlarmRequest><appt id="{item}" until="{first + 60_000}"/></SnoozeCalendarItemAlarmRequest>'
    )
    assert answer.find("appt/alarmData").get("nextAlarm") == str(first + 60_000)
    answer = agent.mail(
        f'<DismissCalendarItemAlarmRequest><appt id="{item}" dismissedAt="{ms(2040, 1, 1)}"/>'
        "</DismissCalendarItemAlarmRequest>"
    )
    assert answer.find("appt/alarmData") is None


def test_lists_show_the_alarm(agent: Wire) -> None:
    create(agent, ALARM)
    data = _alarm(agent)
    assert data.get("nextAlarm") == str(ms(2026, 9, 1, 7) + 1_800_000)
    assert (data.find("alarm").get("action"), data.find("alarm").findtext("desc")) == ("DISPLAY", "Vite")


@pytest.mark.parametrize("moment", ["aaaa", "", "-" + "1" * 30])
def test_an_alarm_is_dismissed_at_a_moment(agent: Wire, moment: str) -> None:
    made = create(agent, ALARM)
    with refused("service.INVALID_REQUEST"):
        agent.mail(
            f'<DismissCalendarItemAlarmRequest><appt id="{made.get("calItemId")}" dismissedAt="{moment}"/>'
            "</DismissCalendarItemAlarmRequest>"
        )
