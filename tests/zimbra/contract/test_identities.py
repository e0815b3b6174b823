"""Identities: what a member of a functional box writes under."""

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient
from zimbra.errors import Refused, Taken
from zimbra.types import Identity, SendRight


def college(server: Server) -> Identity:
    return Identity(
        "Collège",
        from_name="Collège des Flamboyants & cie",
        from_address=f"ce@{server.domain}",
        from_right=SendRight.SEND_ON_BEHALF,
        reply_to_name="Secrétariat",
        reply_to_address=f"secretariat@{server.domain}",
        folder_ids=("5", "2"),
    )


def named(client: ZimbraClient, name: str) -> Identity:
    return next(identity for identity in client.identities() if identity.name == name)


def test_the_accounts_own_identity_is_there_from_the_start(client: ZimbraClient) -> None:
    own = client.default_identity()
    assert own.is_default
    assert own.id == client.info().account_id
    assert client.identities() == [own]


def test_created_identity_is_read_back_whole(server: Server, client: ZimbraClient) -> None:
    sent = college(server)
    made = client.create_identity(sent)
    found = named(client, "Collège")
    assert found.id == made.id
    assert (found.from_name, found.from_address, found.from_right) == (
        sent.from_name,
        sent.from_address,
        sent.from_right,
    )
    assert (found.reply_to, found.reply_to_name, found.reply_to_address) == (
        True,
        sent.reply_to_name,
        sent.reply_to_address,
    )
    assert (found.by_folder, set(found.folder_ids), found.by_recipient) == (True, {"5", "2"}, False)


def test_identity_of_a_taken_name_is_refused_or_brought_to_the_settings(server: Server, client: ZimbraClient) -> None:
    made = client.create_identity(college(server))
    with pytest.raises(Taken):
        client.create_identity(Identity("collège"))
    changed = client.create_identity(Identity("Collège", from_name="Autre"), existing_ok=True)
    assert (changed.id, changed.from_name, changed.from_address, changed.folder_ids) == (made.id, "Autre", "", ())
    assert not changed.by_folder
    with pytest.raises(Taken):
        client.create_identity(Identity("DEFAULT"))


def test_update_renames_and_unsets(server: Server, client: ZimbraClient) -> None:
    made = client.create_identity(college(server))
    client.update_identity(made.id, Identity("Lycée", from_name="Lycée", sent_to=(f"lycee@{server.domain}",)))
    found = named(client, "Lycée")
    assert (found.id, found.reply_to, found.reply_to_address) == (made.id, False, "")
    assert (found.by_recipient, found.sent_to) == (True, (f"lycee@{server.domain}",))


def test_update_of_the_accounts_own(client: ZimbraClient) -> None:
    own = client.default_identity()
    client.update_identity(own.id, Identity("DEFAULT", from_name="Marie Hoarau", from_address=own.from_address))
    assert client.default_identity().from_name == "Marie Hoarau"
    client.change_identity(own.id, {"zimbraPrefFromDisplay": ""})
    # The server then takes the name from elsewhere in the account.
    assert client.default_identity().from_name != "Marie Hoarau"


def test_deleted_identity_is_gone_and_the_own_one_stays(client: ZimbraClient) -> None:
    made = client.create_identity(Identity("Passager"))
    assert client.delete_identity(made.id)
    assert not client.delete_identity(made.id)
    with pytest.raises(Refused):
        client.delete_identity(client.default_identity().id)
    assert [identity.name for identity in client.identities()] == ["DEFAULT"]


def test_more_identities_than_the_limit_are_refused(server: Server) -> None:
    with server.client(server.create_account(zimbraIdentityMaxNumEntries="3")) as client:
        assert client.info().limits.identities == 3
        client.create_identity(Identity("un"))
        client.create_identity(Identity("deux"))
        with pytest.raises(Refused) as caught:
            client.create_identity(Identity("trois"))
    assert caught.value.code == "account.TOO_MANY_IDENTITIES"


def test_identities_are_deleted_together(client: ZimbraClient) -> None:
    made = [client.create_identity(Identity(name)).id for name in ("Une", "Deux")]
    own = client.default_identity().id
    assert [result.done for result in client.delete_identities([*made, own])] == [True, True, False]
    assert [one.is_default for one in client.identities()] == [True]
