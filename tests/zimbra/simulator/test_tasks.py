"""Tasks made, changed and done by request."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.zimbra.simulator.appointments import ms, refused
from tests.zimbra.simulator.wire import Wire

TIMES = '<s d="20260901T080000Z"/><e d="20260903T080000Z"/>'


def _create(agent: Wire, inside: str = "", attrs: str = "", *, more: str = "") -> Any:
    return agent.mail(
        f'<CreateTaskRequest><m l="15"><inv><comp {attrs}>{inside}</comp></inv><su>Copies</su>{more}</m>'
        "</CreateTaskRequest>"
    )


def _read(agent: Wire, made: Any) -> Any:
    return agent.mail(f'<GetTaskRequest id="{made.get("calItemId")}"/>').find("task")


def _listed(agent: Wire, query: str = "in:tasks") -> list[Any]:
    return list(agent.mail(f'<SearchRequest types="task"><query>{query}</query></SearchRequest>').findall("task"))


def test_a_task_needs_nothing_at_all(agent: Wire) -> None:
    made = agent.mail('<CreateTaskRequest><m l="15"><inv/><su>Rien</su></m></CreateTaskRequest>')
    assert made.get("apptId") is None
    comp = _read(agent, made).find("inv/comp")
    assert (comp.get("status"), comp.find("s"), comp.find("e")) == ("NEED", None, None)
    span = f's="{ms(2026, 1, 1)}" e="{ms(2026, 2, 1)}"'
    assert len(agent.mail(f"<GetTaskSummariesRequest {span}/>").findall("task/inst")) == 1


def test_a_task_says_what_it_was_given(agent: Wire, address: str) -> None:
    made = _create(
        agent,
        f'{TIMES}<or a="{address}"/><at a="marie@ac-reunion.fr"/>',
        'name="Copies" loc="Salle 2" priority="1" percentComplete="50" status="INPR"',
        more='<mp ct="text/plain"><content>Corriger</content></mp>',
    )
    found = _read(agent, made)
    comp = found.find("inv/comp")
    assert found.find("inv").get("type") == "task"
    assert {key: comp.get(key) for key in ("name", "loc", "priority", "percentComplete", "status", "fb")} == {
        "name": "Copies", "loc": "Salle 2", "priority": "1", "percentComplete": "50", "status": "INPR", "fb": None,
    }  # fmt: skip
    assert (comp.find("s").get("d"), comp.find("e").get("d"), comp.findtext("desc")) == (
        "20260901T080000Z", "20260903T080000Z", "Corriger",
    )  # fmt: skip
    (listed,) = _listed(agent)
    assert (listed.get("dueDate"), listed.get("percentComplete"), listed.get("status"), listed.get("ptst")) == (
        str(ms(2026, 9, 3, 8)), "50", "INPR", "AC",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "start", "end"),
    [
        ('<e d="20260903"/>', None, "20260903"),
        ('<s d="20260901"/>', "20260901", None),
        ('<s d="20260901"/><e d="20260903"/>', "20260901", "20260903"),
    ],
)
def test_a_task_is_due_on_the_day_it_names(agent: Wire, inside: str, start: str | None, end: str | None) -> None:
    comp = _read(agent, _create(agent, inside, 'allDay="1"')).find("inv/comp")
    shown = [None if one is None else one.get("d") for one in (comp.find("s"), comp.find("e"))]
    assert shown == [start, end]


def test_a_task_that_is_done_says_when(agent: Wire) -> None:
    made = _create(agent, TIMES, 'name="Copies" status="COMP" percentComplete="100"')
    assert _read(agent, made).find("inv/comp").get("completed").endswith("Z")
    given = _create(agent, TIMES, 'status="COMP" completed="20260902T101500Z"')
    assert _read(agent, given).find("inv/comp").get("completed") == "20260902T101500Z"
    with refused("service.INVALID_REQUEST"):
        _create(agent, TIMES, 'completed="hier"')


@pytest.mark.parametrize("status", ["NEED", "INPR", "WAITING", "DEFERRED", "COMP"])
def test_the_states_of_a_task(agent: Wire, status: str) -> None:
    assert _read(agent, _create(agent, "", f'status="{status}"')).find("inv/comp").get("status") == status


def test_a_change_of_a_task(agent: Wire) -> None:
    made = _create(agent, TIMES, 'name="Avant" percentComplete="10"')
    changed = agent.mail(
        f'<ModifyTaskRequest id="{made.get("invId")}" comp="0"><m><inv><comp name="Après" percentComplete="60" '
        f'status="INPR">{TIMES}</comp></inv></m></ModifyTaskRequest>'
    )
    assert changed.get("invId") == made.get("invId")
    comp = _read(agent, made).find("inv/comp")
    assert (comp.get("name"), comp.get("percentComplete")) == ("Après", "60")


def test_a_cancelled_task_is_in_the_trash(agent: Wire) -> None:
    made = _create(agent, TIMES, 'name="Copies"')
    agent.mail(f'<CancelTaskRequest id="{made.get("invId")}" comp="0"/>')
    assert _read(agent, made).get("l") == "3"


DAILY = '<recur><add><rule freq="DAI"><interval ival="1"/><count num="4"/></rule></add></recur>'


def _days(agent: Wire) -> list[str]:
    found = agent.mail(f'<GetTaskSummariesRequest s="{ms(2026, 8, 1)}" e="{ms(2026, 10, 1)}"/>')
    return [one.get("ridZ") for one in found.iter("inst") if one.get("ridZ")]


def test_a_repeated_task_with_an_exception(agent: Wire) -> None:
    made = _create(agent, f'<s d="20260901T080000Z"/><e d="20260901T090000Z"/>{DAILY}', 'name="Copies"')
    changed = agent.mail(
        f'<CreateTaskExceptionRequest id="{made.get("invId")}" comp="0"><m><inv><comp name="Plus tard">'
        '<exceptId d="20260902T080000Z"/><s d="20260902T100000Z"/><e d="20260902T110000Z"/></comp></inv></m>'
        "</CreateTaskExceptionRequest>"
    )
    assert changed.get("calItemId") == made.get("calItemId")
    assert _days(agent) == [f"2026090{day}T080000Z" for day in (1, 2, 3, 4)]


def test_an_instance_done_leaves_the_series(agent: Wire) -> None:
    made = _create(agent, f'<s d="20260901T080000Z"/><e d="20260901T090000Z"/>{DAILY}', 'name="Copies"')
    agent.mail(
        f'<CompleteTaskInstanceRequest id="{made.get("calItemId")}"><exceptId d="20260902T080000Z"/>'
        "</CompleteTaskInstanceRequest>"
    )
    assert _days(agent) == [f"2026090{day}T080000Z" for day in (1, 3, 4)]
    (done,) = [one for one in _listed(agent) if one.get("recur") is None]
    comp = agent.mail(f'<GetTaskRequest id="{done.get("id")}"/>').find("task/inv/comp")
    assert (comp.get("status"), comp.get("percentComplete"), comp.find("e").get("d")) == (
        "COMP", "100", "20260902T090000Z",
    )  # fmt: skip
    single = _create(agent, TIMES)
    with refused("service.INVALID_REQUEST"):
        agent.mail(
            f'<CompleteTaskInstanceRequest id="{single.get("calItemId")}"><exceptId d="20260902T080000Z"/>'
            "</CompleteTaskInstanceRequest>"
        )


def test_a_repeated_task_may_say_only_when_it_is_due(agent: Wire) -> None:
    comp = _read(agent, _create(agent, f'<e d="20260901T090000Z"/>{DAILY}')).find("inv/comp")
    assert comp.find("s").get("d") == "20260901T085959Z"
    with refused("service.INVALID_REQUEST"):
        _create(agent, DAILY)


def test_set_task_writes_a_whole_task(agent: Wire) -> None:
    made = agent.mail(
        '<SetTaskRequest><default needsReply="0" ptst="AC"><m><inv uid="t-1" name="Entière" fb="B" transp="O">'
        f"{TIMES}</inv><mp><content>Texte</content></mp></m></default></SetTaskRequest>"
    )
    assert made.get("calItemId").isdecimal()
    assert made.find("default").get("id").isdecimal()
    found = _read(agent, made)
    assert (found.get("l"), found.find("inv/comp").get("name")) == ("15", "Entière")


def test_tasks_and_appointments_are_not_mixed_up(agent: Wire) -> None:
    made = _create(agent, TIMES)
    with refused("mail.NO_SUCH_APPT"):
        agent.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>')
    assert agent.mail('<SearchRequest types="appointment"><query>in:tasks</query></SearchRequest>').findall("*") == []
    with refused("mail.NO_SUCH_TASK"):
        agent.mail('<GetTaskRequest id="4242"/>')


def test_the_form_of_zimbra_client_is_read_and_answered_as_it_expects(agent: Wire) -> None:
    made = agent.mail(
        f'<CreateTaskRequest><m><inv><comp name="Copies" status="NEED" due="{ms(2026, 9, 3, 8)}"/></inv></m>'
        "</CreateTaskRequest>"
    )
    assert made.find("m").get("id") == made.get("invId")
    assert made.find("m/inv/comp/e").get("d") == "20260903T080000Z"
    read = agent.mail(f'<GetTaskRequest><task id="{made.get("invId")}"/></GetTaskRequest>')
    assert read.find("m/inv/comp").get("name") == "Copies"
    done = agent.mail(
        f'<ModifyTaskRequest><m id="{made.get("invId")}"><inv><comp status="COMP" percentComplete="100"/></inv></m>'
        "</ModifyTaskRequest>"
    )
    assert done.find("m/inv/comp").get("status") == "COMP"


def test_the_form_of_zimbra_client_is_noted_and_strictness_stays(agent: Wire, caplog: pytest.LogCaptureFixture) -> None:
    made = agent.mail('<CreateTaskRequest><m><inv><comp name="Copies"/></inv></m></CreateTaskRequest>')
    with caplog.at_level(logging.INFO, logger="zimbra.simulator"):
        agent.mail(f'<GetTaskRequest id="{made.get("invId")}"/>')
        assert "refuses" not in caplog.text
        agent.mail(f'<GetTaskRequest><task id="{made.get("invId")}"/></GetTaskRequest>')
    assert "GetTaskRequest is in a form that Zimbra itself refuses" in caplog.text
    for request in (
        "<GetTaskRequest/>",
        '<CreateAppointmentRequest><m><inv><comp name="x" e="1788220800000"/></inv></m></CreateAppointmentRequest>',
        '<CreateAppointmentRequest><m><inv><comp name="x" s="demain"/></inv></m></CreateAppointmentRequest>',
        "<CancelTaskRequest><m/></CancelTaskRequest>",
    ):
        with refused("service.INVALID_REQUEST"):
            agent.mail(request)
