import pytest

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NOT_STORED, Garbled
from zimbra.types import CalItemSummary, Outcome

EVENT = "BEGIN:VCALENDAR\r\nSUMMARY:a & b\r\nEND:VCALENDAR\r\n"


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


@each(
    ("answer", "outcome"),
    [
        ('<appt n="1" ids="257-256"/>', Outcome(ids=("257",))),
        ('<appt n="3" ids="257-256,257-258,260-259"/>', Outcome(ids=("257", "260"))),
        ('<appt n="3" ids="257-256"/>', Outcome(ids=("257",), parts_refused=2)),
        ('<appt n="1" ids="0b1c-22:257-256"/>', Outcome(ids=("0b1c-22:257",))),
        ('<appt n="2" ids=""/>', Outcome(code=NOT_STORED)),
        ('<appt n="0"/>', Outcome(code=NOT_STORED)),
    ],
)
def test_import_calendar_items_reads_what_was_stored(answer: str, outcome: Outcome) -> None:
    def each(child: soap.Element) -> str:
        return f'<ImportAppointmentsResponse requestId="{child.get("requestId")}">{answer}</ImportAppointmentsResponse>'

    transport = ScriptedTransport(lambda batch: answer_batch(batch, each))
    assert client(transport).import_calendar_items("10", [EVENT]) == [outcome]


def test_import_calendar_items_not_stored_is_a_refusal() -> None:
    assert Outcome(code=NOT_STORED).refused


def test_import_calendar_items_sends_line_feeds_and_the_folder() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, lambda _: ""))
    client(transport).import_calendar_items("10", [EVENT])
    request = transport.requests[0][0]
    assert (request.get("l"), request.get("ct")) == ("10", "text/calendar")
    assert soap.child_text(request, "content") == EVENT.replace("\r\n", "\n")


def test_calendar_items_reads_every_page_and_gives_each_item_once() -> None:
    items = [("appt", str(n)) for n in range(3)] + [("task", "3")]

    def pages(request: soap.Element) -> str:
        # The second page begins with the last hit of the first, as it does when an item is added meanwhile.
        offset = int(request.get("offset") or 0)
        start = max(0, offset - 1)
        page = items[start : start + 2]
        hits = "".join(f'<{kind} id="{n}" uid="u{n}" l="10" name="N{n}"/>' for kind, n in page)
        return f'<SearchResponse more="{int(start + 2 < len(items))}" offset="{offset}">{hits}<info/></SearchResponse>'

    transport = ScriptedTransport(pages)
    assert list(client(transport).calendar_items()) == [
        CalItemSummary(n, f"u{n}", "10", f"N{n}", kind) for kind, n in items
    ]
    assert soap.child_text(transport.requests[0], "query") == "is:anywhere"
    assert transport.requests[0].get("types") == "appointment,task"


def test_calendar_items_ends_when_a_server_promises_more_and_gives_nothing() -> None:
    transport = ScriptedTransport(lambda _: '<SearchResponse more="1"/>')
    assert list(client(transport).calendar_items()) == []
    assert len(transport.requests) == 1


def test_calendar_item_reads_uid_and_name_from_its_component() -> None:
    answer = '<GetItemResponse><appt id="257" l="10"><inv><comp uid="u" name="Réunion"/></inv></appt></GetItemResponse>'
    found = client(ScriptedTransport(lambda _: answer)).calendar_item("257")
    assert found == CalItemSummary("257", "u", "10", "Réunion", "appt")


def test_calendar_item_that_is_a_contact_is_garbled() -> None:
    transport = ScriptedTransport(lambda _: '<GetItemResponse><cn id="257" l="7"/></GetItemResponse>')
    with pytest.raises(Garbled):
        client(transport).calendar_item("257")
