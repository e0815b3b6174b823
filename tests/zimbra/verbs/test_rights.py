import pytest

from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotFound, Refused
from zimbra.types import AccountRight, SendRight, SendTarget

ACES = '<ace gt="usr" zid="5b0c" right="sendAs" d="marie@b.fr"/><ace gt="usr" zid="77aa" right="sendAs" deny="1"/>'


def test_account_rights_are_read_with_those_denied() -> None:
    client, server = scripted({"GetRights": ACES})
    assert client.account_rights(SendRight.SEND_AS) == [
        AccountRight("sendAs", "usr", "5b0c", "marie@b.fr"),
        AccountRight("sendAs", "usr", "77aa", denied=True),
    ]
    client.account_rights()
    assert server.asked("GetRights") == ['<ace right="sendAs"/>', ""]


def test_grant_right_by_address_or_id_may_be_repeated() -> None:
    client, server = scripted({"GrantRights": ACES})
    client.grant_right(SendRight.SEND_ON_BEHALF, "marie@b.fr")
    client.grant_right("viewFreeBusy", "5b0c")
    assert server.asked("GrantRights") == [
        '<ace gt="usr" right="sendOnBehalfOf" d="marie@b.fr"/>',
        '<ace gt="usr" right="viewFreeBusy" zid="5b0c"/>',
    ]
    assert all(sent.repeatable for sent in server.sent)


@pytest.mark.parametrize(("code", "error"), [("account.NO_SUCH_ACCOUNT", NotFound), ("service.FAILURE", Refused)])
def test_grant_right_to_nobody_or_of_no_kind(code: str, error: type[Exception]) -> None:
    client, _ = scripted({"GrantRights": refused(code)})
    with pytest.raises(error):
        client.grant_right("sendAs", "nobody@b.fr")


@pytest.mark.parametrize("who", ["Marie@b.fr", "5b0c"])
def test_revoke_right_names_the_id(who: str) -> None:
    client, server = scripted({"GetRights": ACES, "RevokeRights": ACES})
    assert client.revoke_right(SendRight.SEND_AS, who)
    assert server.asked("RevokeRights") == ['<ace gt="usr" right="sendAs" zid="5b0c"/>']


@pytest.mark.parametrize(("answer", "done"), [("", False), (ACES, True), (refused("account.NO_SUCH_ACCOUNT"), False)])
def test_revoke_right_of_an_alias_is_left_to_the_server(answer: str, done: bool) -> None:
    client, server = scripted({"GetRights": "", "RevokeRights": answer})
    assert client.revoke_right(SendRight.SEND_AS, "alias@b.fr") is done
    assert server.asked("RevokeRights") == ['<ace gt="usr" right="sendAs" d="alias@b.fr"/>']


def test_revoke_right_of_an_id_without_it_asks_no_more() -> None:
    client, server = scripted({"GetRights": ACES})
    assert not client.revoke_right(SendRight.SEND_ON_BEHALF, "5b0c")
    assert server.asked("RevokeRights") == []


def test_send_targets_hold_every_address() -> None:
    client, server = scripted(
        {
            "DiscoverRights": '<targets right="sendAs"><target type="account" d="Collège"><email addr="ce@b.fr"/>'
            '<email addr="college@b.fr"/></target></targets><targets right="sendOnBehalfOfDistList">'
            '<target type="dl" id="x" name="liste@b.fr"/></targets>'
        }
    )
    assert client.send_targets() == [
        SendTarget("sendAs", "account", ("ce@b.fr", "college@b.fr"), "Collège"),
        SendTarget("sendOnBehalfOfDistList", "dl", ("liste@b.fr",)),
    ]
    assert server.asked("DiscoverRights") == [
        "<right>sendAs</right><right>sendOnBehalfOf</right>"
        "<right>sendAsDistList</right><right>sendOnBehalfOfDistList</right>"
    ]


def test_change_right_gives_and_takes_in_one_request() -> None:
    given = '<ace gt="usr" zid="1" right="sendAs" d="a@b.fr"/>'
    client, server = scripted({"GrantRights": [given, refused("account.NO_SUCH_ACCOUNT")], "RevokeRights": ""})
    gone = AccountRight("sendAs", "usr", "5b0c")
    given_results, taken = client.change_right(SendRight.SEND_AS, give=["a@b.fr", "nobody@b.fr"], take=[gone])
    assert given_results[0].done
    assert isinstance(given_results[1].error, NotFound)
    assert [one.done for one in taken] == [True]
    assert server.asked("RevokeRights") == ['<ace gt="usr" right="sendAs" zid="5b0c"/>']
    assert len(server.requests) == 1
