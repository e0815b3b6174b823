"""Sending in the name of a box: rights given by the box, seen by the person."""

import secrets
from collections.abc import Callable

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import SendRight


def test_rights_are_given_once_and_listed(server: Server, client: ZimbraClient) -> None:
    member = server.create_account()
    for _ in range(2):
        client.grant_right(SendRight.SEND_AS, member)
    client.grant_right(SendRight.SEND_ON_BEHALF, member)
    [found] = client.account_rights(SendRight.SEND_AS)
    assert (found.right, found.kind, found.name, found.denied) == ("sendAs", "usr", member, False)
    assert {one.right for one in client.account_rights() if one.name == member} == {"sendAs", "sendOnBehalfOf"}


def test_revoked_right_is_gone_and_may_be_revoked_again(server: Server, client: ZimbraClient) -> None:
    member = server.create_account()
    client.grant_right(SendRight.SEND_AS, member)
    assert client.revoke_right(SendRight.SEND_AS, member)
    assert not client.revoke_right(SendRight.SEND_AS, member)
    assert client.account_rights(SendRight.SEND_AS) == []
    assert not client.revoke_right(SendRight.SEND_AS, f"nobody-{secrets.token_hex(6)}@{server.domain}")


def test_right_by_id_or_by_an_alias(server: Server, client: ZimbraClient) -> None:
    member = server.create_account()
    alias = f"alias-{secrets.token_hex(6)}@{server.domain}"
    with server.admin() as admin:
        account = admin.get_account(member)
        admin.add_alias(account.id, alias)
    client.grant_right(SendRight.SEND_AS, account.id)
    assert [one.grantee_id for one in client.account_rights(SendRight.SEND_AS)] == [account.id]
    assert client.revoke_right(SendRight.SEND_AS, alias)
    client.grant_right(SendRight.SEND_AS, member)
    assert client.revoke_right(SendRight.SEND_AS, account.id)


@pytest.mark.parametrize("right", list(SendRight))
def test_person_sees_whom_it_may_send_as(server: Server, right: SendRight) -> None:
    box, member = server.create_account(), server.create_account()
    with server.client(box) as owner, server.client(member) as person:
        assert person.send_targets() == []
        owner.grant_right(right, member)
        [target] = person.send_targets()
        assert (target.right, target.kind, box in target.addresses) == (right, "account", True)
        owner.revoke_right(right, member)
        assert person.send_targets() == []


@pytest.mark.parametrize(
    ("granting", "error"),
    [
        (lambda client, domain: client.grant_right("sendAs", f"nobody@{domain}"), NotFound),
        (lambda client, domain: client.grant_right("sendEverything", client.info().address), Refused),
    ],
)
def test_right_to_nobody_or_of_no_kind(
    server: Server, client: ZimbraClient, granting: Callable[[ZimbraClient, str], None], error: type[Exception]
) -> None:
    with pytest.raises(error):
        granting(client, server.domain)


def test_rights_are_given_and_taken_together(server: Server, client: ZimbraClient) -> None:
    before, after = server.create_account(), server.create_account()
    client.grant_right(SendRight.SEND_AS, before)
    given, taken = client.change_right(
        SendRight.SEND_AS, give=[after, f"nobody@{server.domain}"], take=client.account_rights(SendRight.SEND_AS)
    )
    assert [one.done for one in (*given, *taken)] == [True, False, True]
    assert [one.name for one in client.account_rights(SendRight.SEND_AS)] == [after]
