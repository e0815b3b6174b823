from datetime import UTC, datetime

import pytest

from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import Garbled, NotOffered, Refused
from zimbra.types import AppPassword


def test_app_passwords_are_read_with_their_moments() -> None:
    client, _ = scripted(
        {
            "GetAppSpecificPasswords": "<appSpecificPasswords>"
            '<passwordData appName="Thunderbird" created="1767225600000" lastUsed="1767225601500"/>'
            '<passwordData appName="Mobile" created="x"/></appSpecificPasswords>'
            "<maxAppPasswords>25</maxAppPasswords>"
        }
    )
    found = client.app_passwords()
    assert found.limit == 25
    assert found.passwords == (
        AppPassword(
            "Thunderbird", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
        ),
        AppPassword("Mobile"),
    )


@pytest.mark.parametrize("wrapped", ['[pw="s3cret"]', "<pw>s3cret</pw>"])
def test_create_app_password_shows_its_secret_once_and_in_no_repr(wrapped: str) -> None:
    client, server = scripted({"CreateAppSpecificPassword": wrapped})
    made = client.create_app_password("Thunderbird <maison>")
    assert (made.name, made.secret) == ("Thunderbird <maison>", "s3cret")
    assert "s3cret" not in repr(made)
    assert server.asked("CreateAppSpecificPassword") == ['[appName="Thunderbird <maison>"]']
    assert not server.sent[0].repeatable


def test_create_app_password_without_a_secret_is_no_answer() -> None:
    client, _ = scripted({"CreateAppSpecificPassword": ""})
    with pytest.raises(Garbled):
        client.create_app_password("x")


@pytest.mark.parametrize("answer", ["", refused("account.NO_SUCH_APP_PASSWORD")])
def test_revoke_app_password_whether_it_was_there_or_not(answer: str) -> None:
    client, server = scripted({"RevokeAppSpecificPassword": answer})
    client.revoke_app_password("Mobile")
    assert server.asked("RevokeAppSpecificPassword") == ['[appName="Mobile"]']
    assert server.sent[0].repeatable


def test_a_service_without_app_passwords_offers_none() -> None:
    unknown = refused("service.UNKNOWN_DOCUMENT")
    client, _ = scripted({f"{verb}AppSpecificPassword": unknown for verb in ("Create", "Revoke")})
    for asking in (client.create_app_password, client.revoke_app_password):
        with pytest.raises(NotOffered) as caught:
            asking("Thunderbird")
        assert isinstance(caught.value, Refused)
