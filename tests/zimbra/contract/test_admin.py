"""The administration: accounts, aliases, lists, domains."""

import secrets

import pytest

from tests.simulated import PASSWORD, Server
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound, Refused, Taken


def fresh(server: Server, kind: str) -> str:
    return f"{kind}-{secrets.token_hex(6)}@{server.domain}"


def test_rename_and_password(server: Server) -> None:
    address, renamed = server.create_account(), fresh(server, "apres")
    with server.admin() as admin:
        account = admin.get_account(address)
        assert admin.rename_account(account.id, renamed).address == renamed
        assert admin.find_account(address) is None
        admin.set_password(account.id, "a new & long passw0rd")
    with pytest.raises(NotAllowed):
        server.client(renamed)
    with ZimbraClient.sign_in(server.url, renamed, "a new & long passw0rd") as client:
        assert client.info().account_id == account.id


def test_rename_to_a_taken_address(server: Server) -> None:
    one, two = server.create_account(), server.create_account()
    with server.admin() as admin, pytest.raises(Taken):
        admin.rename_account(admin.get_account(one).id, two)


def test_aliases(server: Server) -> None:
    address, alias = server.create_account(), fresh(server, "alias")
    with server.admin() as admin:
        account = admin.get_account(address)
        admin.add_alias(account.id, alias)
        assert admin.get_account(alias).id == account.id
        assert admin.get_account(address).aliases == (alias,)
        with pytest.raises(Taken):
            admin.add_alias(account.id, alias)
        with server.client(alias) as client:
            assert client.info().addresses == (address, alias)
        assert admin.remove_alias(account.id, alias)
        assert not admin.remove_alias(account.id, alias)
        assert admin.find_account(alias) is None


def test_several_values_of_an_attribute(server: Server) -> None:
    address = server.create_account()
    with server.admin() as admin:
        account = admin.get_account(address)
        admin.modify_account(account.id, {"zimbraAllowFromAddress": ("a@b.fr", "c@b.fr"), "displayName": "Zoé"})
        admin.modify_account(account.id, {"+zimbraAllowFromAddress": "d@b.fr", "-zimbraAllowFromAddress": "a@b.fr"})
        found = admin.get_account(address)
        assert set(found.values["zimbraAllowFromAddress"]) == {"c@b.fr", "d@b.fr"}
        admin.modify_account(account.id, {"zimbraAllowFromAddress": (), "displayName": ""})
        found = admin.get_account(address)
    assert "zimbraAllowFromAddress" not in found.values
    assert "displayName" not in found.attributes


def test_mailbox_size_grows_with_what_comes_in(server: Server) -> None:
    address = server.create_account()
    with server.admin() as admin, server.client(address) as client:
        account_id = client.info().account_id
        before = admin.mailbox_size(account_id)
        client.add_message("2", b"From: a@b.fr\r\nSubject: un\r\n\r\n" + b"bonjour\r\n" * 200)
        assert admin.mailbox_size(account_id) >= before + 1000
        with pytest.raises(NotFound):
            admin.mailbox_size("00000000-1111-2222-3333-444444444444")


def test_list_with_its_members(server: Server) -> None:
    address = fresh(server, "equipe")
    members = [f"m{number}@{server.domain}" for number in range(3)]
    with server.admin() as admin:
        made = admin.create_list(address, members[:2], {"displayName": "Équipe"})
        try:
            admin.add_members(made.id, members[1:])
            found = admin.get_list(address)
            assert (found.id, set(found.members), found.attributes["displayName"]) == (made.id, set(members), "Équipe")
            admin.remove_members(made.id, members[:1])
            admin.modify_list(made.id, {"displayName": "Autre"})
            found = admin.get_list(made.id, key="id")
            assert (set(found.members), found.attributes["displayName"]) == (set(members[1:]), "Autre")
            with pytest.raises(Taken):
                admin.create_list(address)
            assert address in {one.name for one in admin.search_directory(types="distributionlists")}
        finally:
            admin.delete_list(made.id)
        with pytest.raises(NotFound):
            admin.get_list(address)


def test_domain_from_its_making_to_its_end(server: Server) -> None:
    name = f"d{secrets.token_hex(5)}.{server.domain}"
    with server.admin() as admin:
        made = admin.create_domain(name, {"description": "essai"})
        with pytest.raises(Taken):
            admin.create_domain(name)
        assert admin.get_domain(name).id == made.id
        assert admin.modify_domain(made.id, {"description": "autre"}).attributes["description"] == "autre"
        assert name in {domain.name for domain in admin.domains()}
        account = admin.create_account(f"seul@{name}", PASSWORD)
        with pytest.raises(Refused):
            admin.delete_domain(made.id)
        admin.delete_account(account.id)
        admin.delete_domain(made.id)
        with pytest.raises(NotFound):
            admin.get_domain(made.id, key="id")
