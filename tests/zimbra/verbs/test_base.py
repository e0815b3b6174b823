import pytest

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport, fault
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import Garbled, NotAllowed, NotFound, Unavailable, ZimbraError
from zimbra.verbs.base import Ask, is_true, needed


def naming(number: int, *, repeatable: bool = True) -> Ask[str]:
    request = soap.request("GetTagRequest", soap.MAIL, f'<x n="{number}"/>')
    return Ask(request, lambda answer: needed(answer, "tag").get("name") or "", repeatable)


def test_ask_all_strikes_only_the_request_a_fault_or_a_strange_answer_is_for() -> None:
    client, server = scripted(
        {"GetTag": ['<tag name="a"/>', refused("mail.NO_SUCH_TAG"), "<other/>", '<tag name="d"/>']}
    )
    results = client.ask_all([naming(number) for number in range(4)])
    assert [type(result.error) for result in results] == [type(None), NotFound, Garbled, type(None)]
    assert (results[0].get(), results[3].get()) == ("a", "d")
    assert [result.done for result in results] == [True, False, False, True]
    assert len(server.requests) == 1


def test_ask_all_is_repeatable_only_when_all_are() -> None:
    client, server = scripted({"GetTag": '<tag name="a"/>'})
    client.ask_all([naming(1), naming(2)])
    client.ask_all([naming(1), naming(2, repeatable=False)])
    assert [sent.repeatable for sent in server.sent] == [True, False]
    assert client.ask_all([]) == []


def test_ask_all_keeps_contents_out_of_repr() -> None:
    client, _ = scripted({"GetTag": '<tag name="secret"/>'})
    assert "secret" not in repr(client.ask_all([naming(1)]))


@each(("value", "true"), [("1", True), ("TRUE", True), ("true", True), ("0", False), ("FALSE", False), (None, False)])
def test_is_true_reads_both_ways_of_writing(value: str | None, true: bool) -> None:
    assert is_true(value) is true


def test_sign_out_ends_the_session_and_a_later_verb_signs_in_anew() -> None:
    client, server = scripted({"EndSession": "", "NoOp": ""})
    client.sign_out()
    client.sign_out()
    assert [request.get("logoff") for request in server.requests] == ["1"]
    assert server.tokens == ["token-1"]
    client.noop()
    assert server.tokens == ["token-1", "token-2"]


@pytest.mark.parametrize("code", ["service.AUTH_EXPIRED", "service.AUTH_REQUIRED"])
def test_sign_out_of_a_session_that_has_ended_signs_in_for_nothing(code: str) -> None:
    client, server = scripted({"EndSession": refused(code)})
    client.sign_out()
    assert server.sign_ins == 1


@pytest.mark.parametrize("trouble", [Unavailable("http.503"), NotAllowed("service.PERM_DENIED")])
def test_sign_out_that_fails_says_so(trouble: ZimbraError) -> None:
    transport = ScriptedTransport(
        lambda _: trouble if isinstance(trouble, Unavailable) else fault("service.PERM_DENIED")
    )
    client = ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)
    with pytest.raises(type(trouble)):
        client.sign_out()


def test_info_tells_limits_and_addresses() -> None:
    client, _ = scripted(
        {
            "GetInfo": "<name>a@b.fr</name><id>acc</id><version>10</version><used>5</used><attrs>"
            '<attr name="zimbraIdentityMaxNumEntries">7</attr><attr name="zimbraMailSignatureMaxLength">0</attr>'
            '<attr name="zimbraMailAlias">x@b.fr</attr><attr name="zimbraMailAlias">y@b.fr</attr>'
            '<attr name="zimbraAllowFromAddress">ce@b.fr</attr></attrs>'
        }
    )
    info = client.info()
    assert (info.address, info.account_id, info.used) == ("a@b.fr", "acc", 5)
    assert info.addresses == ("a@b.fr", "x@b.fr", "y@b.fr", "ce@b.fr")
    assert (info.limits.identities, info.limits.signature_length, info.limits.signatures) == (7, 0, 20)
    assert info.attributes["zimbraMailAlias"] == "x@b.fr"
