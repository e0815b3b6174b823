import pytest

from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotOffered, Refused
from zimbra.types import Limits, SenderLists


def test_sender_lists_are_read_and_kept_out_of_repr() -> None:
    client, _ = scripted(
        {"GetWhiteBlackList": "<whiteList><addr>a@b.fr</addr><addr>c.fr</addr></whiteList><blackList/>"}
    )
    found = client.sender_lists()
    assert found == SenderLists(("a@b.fr", "c.fr"), ())
    assert "c.fr" not in repr(found)


def test_set_sender_lists_replaces_one_and_leaves_the_other() -> None:
    client, server = scripted({"ModifyWhiteBlackList": ""})
    client.set_sender_lists(white=["a@b.fr"])
    client.set_sender_lists(white=[], black=["x@y.fr", "z.fr"])
    client.set_sender_lists()
    assert server.asked("ModifyWhiteBlackList") == [
        "<whiteList><addr>a@b.fr</addr></whiteList>",
        "<whiteList/><blackList><addr>x@y.fr</addr><addr>z.fr</addr></blackList>",
    ]


def test_change_sender_lists_never_clears_a_list_by_saying_nothing_of_it() -> None:
    client, server = scripted({"ModifyWhiteBlackList": ""})
    client.change_sender_lists(allow=["a@b.fr"])
    client.change_sender_lists(disallow=["c@d.fr"])
    client.change_sender_lists()
    assert server.asked("ModifyWhiteBlackList") == [
        '<whiteList><addr op="+">a@b.fr</addr></whiteList><blackList><addr op="-">a@b.fr</addr></blackList>',
        '<whiteList><addr op="-">c@d.fr</addr></whiteList>',
    ]


def test_sender_lists_too_long_are_not_sent() -> None:
    client, server = scripted({"ModifyWhiteBlackList": ""})
    with pytest.raises(Refused) as caught:
        client.set_sender_lists(black=[f"{n}@b.fr" for n in range(101)])
    assert caught.value.code == "request.TOO_MANY"
    assert server.requests == []
    client.set_sender_lists(black=[f"{n}@b.fr" for n in range(101)], limits=Limits(black_list=200))
    assert len(server.requests) == 1


def test_sender_lists_of_a_service_without_them_are_not_offered() -> None:
    client, _ = scripted({"GetWhiteBlackList": refused("service.UNKNOWN_DOCUMENT")})
    with pytest.raises(NotOffered):
        client.sender_lists()
