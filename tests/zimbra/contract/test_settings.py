"""Preferences, absence, trusted and blocked senders, application passwords, sign-out."""

from datetime import UTC, datetime

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient
from zimbra.endpoint import Endpoint
from zimbra.errors import NotAllowed, NotOffered, Refused
from zimbra.session import Session, Token
from zimbra.types import ExternalReply, OutOfOffice

TRUSTED = "zimbraPrefMailTrustedSenderList"


def test_preferences_are_set_read_and_unset(client: ZimbraClient) -> None:
    client.set_preferences({"zimbraPrefLocale": "de", "zimbraPrefMailSignatureEnabled": True})
    assert client.preferences("zimbraPrefLocale", "zimbraPrefMailSignatureEnabled") == {
        "zimbraPrefLocale": ("de",),
        "zimbraPrefMailSignatureEnabled": ("TRUE",),
    }
    client.set_preferences({"zimbraPrefLocale": None, "zimbraPrefMailSignatureEnabled": False})
    assert client.preferences("zimbraPrefMailSignatureEnabled") == {"zimbraPrefMailSignatureEnabled": ("FALSE",)}
    # What the class of service says holds again.
    assert "de" not in client.preferences("zimbraPrefLocale").get("zimbraPrefLocale", ())
    assert len(client.preferences()) > 5


def test_values_are_added_and_removed_again_and_again(client: ZimbraClient) -> None:
    for _ in range(2):
        client.add_to_preference(TRUSTED, ["a@b.fr", "c.fr"])
    assert set(client.preferences(TRUSTED)[TRUSTED]) == {"a@b.fr", "c.fr"}
    for _ in range(2):
        client.remove_from_preference(TRUSTED, ["a@b.fr"])
    assert client.preferences(TRUSTED) == {TRUSTED: ("c.fr",)}
    client.set_preferences({TRUSTED: ("d.fr", "e.fr")})
    assert set(client.preferences(TRUSTED)[TRUSTED]) == {"d.fr", "e.fr"}


def test_what_is_no_preference_is_refused(client: ZimbraClient) -> None:
    with pytest.raises(Refused) as caught:
        client.set_preferences({"zimbraMailQuota": "0"})
    assert caught.value.code == "service.INVALID_REQUEST"


def test_out_of_office_is_read_back(client: ZimbraClient) -> None:
    assert not client.out_of_office().enabled
    absence = OutOfOffice(
        True,
        "Absente jusqu'au 3 août.\nMerci & à bientôt",
        datetime(2026, 7, 3, 20, tzinfo=UTC),
        datetime(2026, 8, 2, 20, tzinfo=UTC),
        ExternalReply.OTHER,
        "Away",
    )
    client.set_out_of_office(absence)
    assert client.out_of_office() == absence
    client.set_out_of_office(OutOfOffice(False, external=ExternalReply.NONE))
    found = client.out_of_office()
    assert (found.enabled, found.start, found.until, found.external) == (False, None, None, ExternalReply.NONE)


def test_trusted_senders(client: ZimbraClient) -> None:
    client.trust_senders(["marie@b.fr", "b.fr"])
    client.trust_senders(["Marie@b.fr"])
    assert set(client.trusted_senders()) == {"marie@b.fr", "b.fr"}
    client.distrust_senders(["MARIE@b.fr", "unknown@b.fr"])
    assert client.trusted_senders() == ("b.fr",)


def test_sender_lists_are_replaced_and_changed(client: ZimbraClient) -> None:
    client.set_sender_lists(white=["a@b.fr", "c.fr"], black=["x@y.fr"])
    client.change_sender_lists(block=["c.fr"], unblock=["x@y.fr", "unknown@y.fr"])
    found = client.sender_lists()
    assert (found.white, found.black) == (("a@b.fr",), ("c.fr",))
    client.change_sender_lists(allow=["c.fr"], disallow=["a@b.fr"])
    found = client.sender_lists()
    assert (found.white, found.black) == (("c.fr",), ())
    client.set_sender_lists(white=[])
    assert client.sender_lists().white == ()


def test_sender_lists_longer_than_the_server_allows_are_refused(server: Server) -> None:
    with server.client(server.create_account(zimbraMailBlacklistMaxNumEntries="2")) as client:
        assert client.info().limits.black_list == 2
        client.set_sender_lists(black=["1@b.fr", "2@b.fr"])
        with pytest.raises(Refused) as caught:
            client.change_sender_lists(block=["3@b.fr"])
        assert caught.value.code == "service.INVALID_REQUEST"
        assert set(client.sender_lists().black) == {"1@b.fr", "2@b.fr"}


def test_app_password_is_listed_until_it_is_revoked(server: Server) -> None:
    # Whether a service has them is its edition's business; where it has none, that must be plain to see.
    address = server.create_account(zimbraFeatureTwoFactorAuthAvailable="TRUE")
    with server.client(address) as client:
        try:
            made = client.create_app_password("Thunderbird")
        except NotOffered:
            with pytest.raises(NotOffered):
                client.app_passwords()
            return
        assert made.secret
        found = client.app_passwords()
        assert [one.name for one in found.passwords] == ["Thunderbird"]
        for _ in range(2):
            client.revoke_app_password("Thunderbird")
        assert client.app_passwords().passwords == ()


@pytest.mark.simulated_only(reason="which accounts have application passwords is the business of a service's edition")
def test_account_without_app_passwords_is_offered_none(client: ZimbraClient) -> None:
    for asking in (client.app_passwords, lambda: client.create_app_password("x")):
        with pytest.raises(NotOffered):
            asking()


def test_sign_out_ends_the_token(server: Server, client: ZimbraClient) -> None:
    tokens = [Token(client.endpoint.session.token())]
    client.sign_out()

    def once() -> Token:
        if not tokens:
            raise NotAllowed("account.AUTH_FAILED")
        return tokens.pop()

    with pytest.raises(NotAllowed):
        ZimbraClient(client.base, Endpoint(client.endpoint.soap_url, client.endpoint.transport, Session(once))).noop()
    client.noop()
