"""Several requests in one: each has its own fate."""

from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import NewContact


def folder_request(name: str, parent: str = "1") -> soap.Request:
    return soap.request("CreateFolderRequest", soap.MAIL, f"<folder{soap.attributes({'name': name, 'l': parent})}/>")


def test_a_fault_strikes_its_own_request_alone(client: ZimbraClient) -> None:
    replies = client.endpoint.batch([folder_request("a"), folder_request("b", "99999"), folder_request("c")])
    assert [reply.element is not None for reply in replies] == [True, False, True]
    assert isinstance(replies[1].error, NotFound)
    assert {folder.name for folder in client.folders().children} >= {"a", "c"}


def test_requests_of_different_services_travel_together(client: ZimbraClient) -> None:
    requests = [
        soap.request("GetInfoRequest", soap.ACCOUNT, sections="mbox"),
        soap.request("NoOpRequest", soap.MAIL),
        soap.request("GetTagRequest", soap.MAIL),
    ]
    replies = client.endpoint.batch(requests, repeatable=True)
    assert [soap.local_name(reply.element) for reply in replies if reply.element is not None] == [
        "GetInfoResponse",
        "NoOpResponse",
        "GetTagResponse",
    ]


def test_a_request_nobody_knows_is_refused_and_the_others_are_not(client: ZimbraClient) -> None:
    unknown = soap.request("ReadMindRequest", soap.MAIL)
    first, second = client.endpoint.batch([unknown, soap.request("NoOpRequest", soap.MAIL)])
    assert isinstance(first.error, Refused)
    assert first.error.code == "service.UNKNOWN_DOCUMENT"
    assert second.element is not None


def test_order_is_kept_over_several_http_requests(client: ZimbraClient) -> None:
    outcomes = client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(25)], max_children=4)
    names = {contact.id: contact.attributes["firstName"] for contact in client.contacts("7")}
    assert [names[outcome.ids[0]] for outcome in outcomes] == [str(n) for n in range(25)]


def test_a_session_that_ended_is_renewed_for_a_batch(client: ZimbraClient) -> None:
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    assert all(reply.element is not None for reply in client.endpoint.batch([folder_request("a"), folder_request("b")]))
