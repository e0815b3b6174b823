"""Signing in, staying signed in, whose account it is."""

import pytest

from tests.simulated import PASSWORD, Server
from tests.zimbra.contract.samples import PIXEL
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound
from zimbra.types import NewContact
from zimbra.wire import post


def test_sign_in_with_a_wrong_password_is_not_allowed(server: Server) -> None:
    address = server.create_account()
    with pytest.raises(NotAllowed) as caught:
        ZimbraClient.sign_in(server.url, address, "wrong-password")
    assert caught.value.code == "account.AUTH_FAILED"
    assert "wrong-password" not in repr(caught.value)


def test_sign_in_of_an_unknown_account_looks_like_a_wrong_password(server: Server) -> None:
    with pytest.raises(NotAllowed) as caught:
        ZimbraClient.sign_in(server.url, f"nobody@{server.domain}", PASSWORD)
    assert caught.value.code == "account.AUTH_FAILED"


def test_with_preauth_needs_the_domains_key_and_no_password(server: Server) -> None:
    if not server.preauth_key:
        pytest.skip("the domain's preauth key is not known")
    address = server.create_account()
    with ZimbraClient.with_preauth(server.url, address, server.preauth_key) as client:
        assert client.info().address == address
    with pytest.raises(NotAllowed):
        ZimbraClient.with_preauth(server.url, address, server.preauth_key[::-1])


def test_info_tells_who_and_the_limits(server: Server) -> None:
    address = server.create_account(zimbraContactMaxNumEntries="123", zimbraMailQuota="5000000")
    with server.client(address) as client:
        info = client.info()
    assert (info.address, info.contact_max, info.quota) == (address, 123, 5_000_000)
    assert info.account_id
    assert info.upload_max > 0


def test_noop_answers(client: ZimbraClient) -> None:
    client.noop()


def test_on_behalf_acts_in_the_persons_mailbox(server: Server) -> None:
    address = server.create_account()
    with server.admin() as admin, ZimbraClient.on_behalf(server.url, admin, address) as delegated:
        delegated.create_contacts("7", [NewContact({"firstName": "Marie"})])
        assert delegated.info().address == address
    with server.client(address) as client:
        assert [contact.attributes["firstName"] for contact in client.contacts("7")] == ["Marie"]


def test_on_behalf_of_nobody_is_not_found(server: Server) -> None:
    with server.admin() as admin, pytest.raises(NotFound):
        ZimbraClient.on_behalf(server.url, admin, f"nobody@{server.domain}")


def test_session_ended_by_the_server_is_renewed_without_a_word(client: ZimbraClient) -> None:
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    assert client.create_contacts("7", [NewContact({"firstName": "Marie"})])[0].done
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    with client.export("/Contacts", "vcf") as chunks:
        assert b"Marie" in b"".join(chunks)
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    assert client.upload(PIXEL, "image/png")


def test_a_closed_account_is_shut_out_at_once(server: Server) -> None:
    address = server.create_account()
    with server.client(address) as client, server.admin() as admin:
        admin.modify_account(admin.get_account(address).id, {"zimbraAccountStatus": "closed"})
        with pytest.raises(NotAllowed):
            client.folders()
    with pytest.raises(NotAllowed):
        server.client(address)


def test_signing_out_ends_the_token(client: ZimbraClient) -> None:
    token = client.endpoint.session.token()
    client.sign_out()
    with pytest.raises(NotAllowed):
        post(client.endpoint.transport, client.endpoint.soap_url, soap.request("NoOpRequest", soap.MAIL), token=token)
