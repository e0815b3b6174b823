import pytest

from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch, fault
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound
from zimbra.types import Deleted
from zimbra.types.items import Changed


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


@pytest.mark.parametrize(
    "answer",
    [
        '<action op="delete" id="1,3" nei="2"/>',
        '<action op="delete" id="1,2,3" nei="2"/>',
        '<action op="delete" id="3,1"/>',
    ],
    ids=["named", "named and listed", "left out"],
)
def test_delete_items_tells_what_was_gone_already(answer: str) -> None:
    transport = ScriptedTransport(lambda _: f"<ItemActionResponse>{answer}</ItemActionResponse>")
    assert client(transport).delete_items(["1", "2", "3"]) == Deleted(("1", "3"), ("2",))
    assert dict(transport.requests[0][0].attrib) == {"op": "delete", "id": "1,2,3", "nei": "1"}


def test_delete_items_of_anothers_mailbox_is_told_by_numbers() -> None:
    answer = '<ItemActionResponse><action op="delete" id="u-1:7,u-1:8" nei="8"/></ItemActionResponse>'
    assert client(ScriptedTransport(lambda _: answer)).delete_items(["u-1:7", "u-1:8"]) == Deleted(
        ("u-1:7",), ("u-1:8",)
    )
    own = '<ItemActionResponse><action op="delete" id="7" nei=""/></ItemActionResponse>'
    assert client(ScriptedTransport(lambda _: own)).delete_items(["me:7"]) == Deleted(("me:7",), ())


def test_delete_items_goes_one_by_one_when_a_missing_id_is_a_fault() -> None:
    def one_by_one(child: soap.Element) -> str:
        number, item_id = child.get("requestId"), child[0].get("id")
        if item_id == "2":
            return fault("mail.NO_SUCH_ITEM", number)
        return f'<ItemActionResponse requestId="{number}"><action id="{item_id}"/></ItemActionResponse>'

    def answer(request: soap.Element) -> str:
        together = soap.local_name(request) != "BatchRequest"
        return fault("mail.NO_SUCH_ITEM") if together else answer_batch(request, one_by_one)

    assert client(ScriptedTransport(answer)).delete_items(["1", "2", "3"]) == Deleted(("1", "3"), ("2",))


def test_delete_items_in_somebody_elses_folder_raises() -> None:
    with pytest.raises(NotAllowed):
        client(ScriptedTransport(lambda _: fault("service.PERM_DENIED"))).delete_items(["1"])


def test_delete_items_sends_long_lists_in_pieces() -> None:
    def answer(request: soap.Element) -> str:
        return f'<ItemActionResponse><action id="{request[0].get("id")}"/></ItemActionResponse>'

    transport = ScriptedTransport(answer)
    wanted = [str(n) for n in range(1001)]
    assert client(transport).delete_items(wanted) == Deleted(tuple(wanted), ())
    assert [len((request[0].get("id") or "").split(",")) for request in transport.requests] == [500, 500, 1]


def test_delete_items_of_nothing_sends_nothing() -> None:
    transport = ScriptedTransport(lambda _: "")
    assert client(transport).delete_items([]) == Deleted((), ())
    assert transport.requests == []


def test_search_gives_kind_folder_and_attributes() -> None:
    transport = ScriptedTransport(
        lambda _: '<SearchResponse more="0"><cn id="1" l="7" fileAsStr="x"/></SearchResponse>'
    )
    [found] = client(transport).search("in:contacts", "contact")
    assert (found.kind, found.id, found.folder_id, found.attributes["fileAsStr"]) == ("cn", "1", "7", "x")


def changed(request: soap.Element) -> str:
    return f'<ItemActionResponse><action id="{request[0].get("id")}"/></ItemActionResponse>'


def test_changes_send_their_own_action() -> None:
    transport = ScriptedTransport(changed)
    used = client(transport)
    used.trash_items(["1"])
    used.move_items(["1"], "300")
    used.mark_read(["1"])
    used.mark_read(["1"], read=False)
    used.flag_items(["1"], flagged=False)
    used.tag_items(["1"], "À faire")
    used.mark_spam(["1"], spam=False, folder_id="2")
    sent = [{name: value for name, value in one[0].attrib.items() if name != "id"} for one in transport.requests]
    assert sent == [
        {"op": "trash"},
        {"op": "move", "l": "300"},
        {"op": "read"},
        {"op": "!read"},
        {"op": "!flag"},
        {"op": "tag", "tn": "À faire"},
        {"op": "!spam", "l": "2"},
    ]
    assert [one.repeatable for one in transport.sent] == [True, False, True, True, True, True, True]


def test_a_change_that_names_a_missing_item_is_made_to_the_others() -> None:
    def answer(request: soap.Element) -> str:
        if soap.local_name(request) != "BatchRequest":
            return fault("mail.NO_SUCH_MSG")
        return answer_batch(
            request,
            lambda one: (
                fault("mail.NO_SUCH_MSG", one.get("requestId"))
                if one[0].get("id") == "2"
                else f'<ItemActionResponse requestId="{one.get("requestId")}"><action/></ItemActionResponse>'
            ),
        )

    assert client(ScriptedTransport(answer)).flag_items(["1", "2", "3"]) == Changed(("1", "3"), ("2",))


def test_a_move_into_a_folder_that_is_gone_is_not_told_as_gone_items() -> None:
    transport = ScriptedTransport(lambda _: fault("mail.NO_SUCH_FOLDER"))
    with pytest.raises(NotFound) as caught:
        client(transport).move_items(["1", "2"], "999")
    assert caught.value.code == "mail.NO_SUCH_FOLDER"
    assert len(transport.requests) == 1
