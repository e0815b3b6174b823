"""What an administrator does."""

import secrets

import pytest

from tests.simulated import PASSWORD, Server
from zimbra.admin import AdminClient
from zimbra.errors import NotAllowed, NotFound, Refused


def test_admin_verbs(server: Server) -> None:
    address = f"verbes-{secrets.token_hex(6)}@{server.domain}"
    with server.admin() as admin:
        account = admin.create_account(address, PASSWORD, {"displayName": "Marie <Hoarau>"})
        # Taken away at the end even if this test fails half-way.
        server.made.append(account.id)
        assert (account.address, account.attributes["displayName"]) == (address, "Marie <Hoarau>")
        with pytest.raises(Refused) as caught:
            admin.create_account(address, PASSWORD)
        assert caught.value.code == "account.ACCOUNT_EXISTS"
        assert admin.get_account(address).id == account.id
        assert admin.modify_account(account.id, {"displayName": "Zoé"}).attributes["displayName"] == "Zoé"
        assert admin.get_account(account.id, by="id").attributes["displayName"] == "Zoé"
        entries = {one.name: one for one in admin.search_directory("(displayName=Zo*)", attributes=("displayName",))}
        assert (entries[address].kind, entries[address].id) == ("account", account.id)
        admin.delete_account(account.id)
        with pytest.raises(NotFound):
            admin.get_account(address)


def test_admin_verbs_are_not_for_everybody(server: Server) -> None:
    with AdminClient(server.admin_url, server.create_account(), PASSWORD) as admin, pytest.raises(NotAllowed):
        admin.get_account(server.admin_address)
