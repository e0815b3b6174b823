from __future__ import annotations

import pytest

from tests.zimbra.simulator.account_requests import account
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store import accounts, app_passwords


def _create(wire: Wire, name: str) -> str:
    password: str = account(wire, f'<CreateAppSpecificPasswordRequest appName="{name}"/>').get("pw")
    return password


def _names(wire: Wire) -> list[str]:
    return [
        one.get("appName") for one in account(wire, "<GetAppSpecificPasswordsRequest/>").find("appSpecificPasswords")
    ]


def _opens(server: SimulatorServer, address: str, password: str) -> bool:
    with server.database.transaction(write=False) as db:
        found = accounts.by_address(db, address)
        assert found is not None
        return app_passwords.check(db, found, password)


@pytest.fixture
def secured(admin: Wire, agent: Wire, address: str) -> Wire:
    admin.modify_account(address, zimbraFeatureTwoFactorAuthAvailable="TRUE")
    return agent


@pytest.mark.parametrize("name", ["CreateAppSpecificPassword", "GetAppSpecificPasswords", "RevokeAppSpecificPassword"])
def test_without_two_factors_the_requests_are_unknown(agent: Wire, name: str) -> None:
    with pytest.raises(Fault, match=r"service\.UNKNOWN_DOCUMENT"):
        account(agent, f'<{name}Request appName="Téléphone"/>')


def test_a_password_is_made_for_an_application_and_revoked(
    simulator: SimulatorServer, secured: Wire, address: str
) -> None:
    password = _create(secured, "Téléphone")
    assert len(password) == 16
    assert _names(secured) == ["Téléphone"]
    assert _opens(simulator, address, password)
    assert not _opens(simulator, address, password.lower())
    account(secured, '<RevokeAppSpecificPasswordRequest appName="Téléphone"/>')
    assert _names(secured) == []
    assert not _opens(simulator, address, password)


def test_it_is_worth_nothing_once_two_factors_are_gone(
    simulator: SimulatorServer, admin: Wire, secured: Wire, address: str
) -> None:
    password = _create(secured, "Tablette")
    admin.modify_account(address, zimbraFeatureTwoFactorAuthAvailable="FALSE")
    assert not _opens(simulator, address, password)


def test_the_time_of_its_use_is_kept(simulator: SimulatorServer, secured: Wire, address: str) -> None:
    password = _create(secured, "Bureau")
    _create(secured, "Autre")
    with simulator.database.transaction(write=True) as db:
        found = accounts.by_address(db, address)
        assert found is not None
        app_passwords.used(db, found, password)
    answer = account(secured, "<GetAppSpecificPasswordsRequest/>")
    assert answer.findtext("maxAppPasswords") == "25"
    used = {one.get("appName"): one.get("lastUsed") for one in answer.find("appSpecificPasswords")}
    assert used["Autre"] is None
    assert int(used["Bureau"]) > 0


def test_a_name_serves_once_and_there_is_a_limit(admin: Wire, secured: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMaxAppSpecificPasswords="2")
    _create(secured, "Un")
    with pytest.raises(Fault, match=r"service\.FAILURE"):
        _create(secured, "Un")
    _create(secured, "Deux")
    with pytest.raises(Fault, match=r"service\.FAILURE"):
        _create(secured, "Trois")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _create(secured, " ")
    assert _names(secured) == ["Deux", "Un"]
