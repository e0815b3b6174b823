from __future__ import annotations

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account, prefs, set_prefs
from tests.zimbra.simulator.wire import Fault, Wire

TRUSTED = "zimbraPrefMailTrustedSenderList"
FROM, UNTIL = "zimbraPrefOutOfOfficeFromDate", "zimbraPrefOutOfOfficeUntilDate"


def test_a_preference_is_set_and_an_empty_value_gives_back_the_default(agent: Wire) -> None:
    name = "zimbraPrefComposeFormat"
    set_prefs(agent, (name, "text"))
    assert prefs(agent, name) == [(name, "text")]
    set_prefs(agent, (name, ""))
    assert prefs(agent, name) == [(name, "html")]


def test_a_preference_with_several_values(agent: Wire) -> None:
    set_prefs(agent, (TRUSTED, "a@x.fr"), (TRUSTED, "b@x.fr"))
    set_prefs(agent, (f"+{TRUSTED}", "c@x.fr"), (f"-{TRUSTED}", "a@x.fr"))
    assert prefs(agent, TRUSTED) == [(TRUSTED, "b@x.fr"), (TRUSTED, "c@x.fr")]
    set_prefs(agent, (TRUSTED, "d@x.fr"))
    assert prefs(agent, TRUSTED) == [(TRUSTED, "d@x.fr")]
    set_prefs(agent, (TRUSTED, ""))
    assert prefs(agent, TRUSTED) == []


def test_trusted_senders_have_a_limit(agent: Wire) -> None:
    set_prefs(agent, *((TRUSTED, f"n{number}@x.fr") for number in range(500)))
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        set_prefs(agent, (f"+{TRUSTED}", "encore@x.fr"))
    assert len(prefs(agent, TRUSTED)) == 500


@pytest.mark.parametrize("name", ["zimbraMailQuota", "displayName", "+zimbraIsAdminAccount", "zimbraprefX"])
def test_only_preferences_can_be_set(agent: Wire, name: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        set_prefs(agent, ("zimbraPrefComposeFormat", "text"), (name, "TRUE"))
    assert prefs(agent, "zimbraPrefComposeFormat") == [("zimbraPrefComposeFormat", "html")]


@each(
    ("name", "value", "code"),
    [
        ("zimbraPrefComposeFormat", "-1", "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefComposeInNewWindow", "true", "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefMailItemsPerPage", "-5", "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefMailItemsPerPage", "0025", "ldap.INVALID_ATTR_VALUE"),
        ("zimbraPrefMailPollingInterval", "souvent", "account.INVALID_ATTR_VALUE"),
        (FROM, "2026-09-01", "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefOutOfOfficeReply", "x" * 8193, "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefMailSignature", "x" * 10241, "service.INVALID_REQUEST"),
        ("zimbraPrefMailForwardingAddress", "x" * 4097, "account.INVALID_ATTR_VALUE"),
        ("zimbraPrefThatNobodyKnows", "x", "ldap.INVALID_ATTR_NAME"),
    ],
)
def test_values_that_cannot_be_are_refused(agent: Wire, name: str, value: str, code: str) -> None:
    with pytest.raises(Fault) as fault:
        set_prefs(agent, (name, value))
    assert fault.value.code == code


def test_an_absence_is_announced(agent: Wire) -> None:
    values = [
        ("zimbraPrefOutOfOfficeReplyEnabled", "TRUE"),
        ("zimbraPrefOutOfOfficeReply", "Absente jusqu'à lundi.\nMarie"),
        (FROM, "20260901060000Z"),
        (UNTIL, "20260905160000Z"),
        ("zimbraPrefOutOfOfficeExternalReplyEnabled", "TRUE"),
        ("zimbraPrefOutOfOfficeExternalReply", "Absente."),
    ]
    set_prefs(agent, *values)
    assert set(prefs(agent, *(name for name, _ in values))) == set(values)
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        set_prefs(agent, (UNTIL, "20260801000000Z"))


def test_forwarding_needs_the_feature(admin: Wire, agent: Wire, address: str) -> None:
    name = "zimbraPrefMailForwardingAddress"
    set_prefs(agent, (name, "a@x.fr, b@x.fr"))
    admin.modify_account(address, zimbraFeatureMailForwardingEnabled="FALSE")
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        set_prefs(agent, (name, "c@x.fr"))
    assert prefs(agent, name) == [(name, "a@x.fr, b@x.fr")]


def test_all_preferences_come_with_those_of_the_class(agent: Wire) -> None:
    found = dict(prefs(agent))
    assert found["zimbraPrefLocale"] == "fr"
    assert found["zimbraPrefGroupMailBy"] == "conversation"
    assert "zimbraMailQuota" not in found


def test_preferences_in_json_are_members_of_attrs(agent: Wire) -> None:
    agent.json("ModifyPrefsRequest", "urn:zimbraAccount", {"_attrs": {TRUSTED: ["a@x.fr", "b@x.fr"]}})
    found = agent.json("GetPrefsRequest", "urn:zimbraAccount", {"pref": [{"name": TRUSTED}]})
    assert found["_attrs"] == {TRUSTED: ["a@x.fr", "b@x.fr"]}


def test_small_lists_of_choices(agent: Wire) -> None:
    assert "fr" in [one.get("id") for one in account(agent, "<GetAvailableLocalesRequest/>")]
    assert "harmony" in [one.get("name") for one in account(agent, "<GetAvailableSkinsRequest/>")]
