from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account, pairs, prefs, set_prefs
from tests.zimbra.simulator.wire import Fault, Wire


def _create(wire: Wire, name: str, **attrs: str) -> str:
    listed = "".join(f'<a name="{key}">{escape(value)}</a>' for key, value in attrs.items())
    body = f"<CreateIdentityRequest><identity name={quoteattr(name)}>{listed}</identity></CreateIdentityRequest>"
    return account(wire, body).find("identity").get("id")


def _modify(wire: Wire, which: str, **attrs: str) -> None:
    listed = "".join(f'<a name="{key}">{escape(value)}</a>' for key, value in attrs.items())
    account(wire, f"<ModifyIdentityRequest><identity {which}>{listed}</identity></ModifyIdentityRequest>")


def _all(wire: Wire) -> dict[str, dict[str, str]]:
    return {one.get("name"): pairs(one) for one in account(wire, "<GetIdentitiesRequest/>")}


def test_every_account_has_the_default_identity(agent: Wire, address: str) -> None:
    (default,) = account(agent, "<GetIdentitiesRequest/>")
    info = account(agent, '<GetInfoRequest sections="idents"/>')
    assert (default.get("name"), default.get("id")) == ("DEFAULT", info.findtext("id"))
    assert pairs(default)["zimbraPrefFromAddress"] == address
    assert pairs(info.find("identities/identity")) == pairs(default)


def test_an_identity_is_created_changed_renamed_and_deleted(agent: Wire) -> None:
    identity = _create(
        agent, "Direction", zimbraPrefFromDisplay="La direction", zimbraPrefFromAddress="direction@ac-reunion.fr"
    )
    _modify(agent, f'id="{identity}"', zimbraPrefFromDisplay="", zimbraPrefIdentityName="Secrétariat", displayName="x")
    assert _all(agent)["Secrétariat"] == {
        "zimbraPrefFromAddress": "direction@ac-reunion.fr",
        "zimbraPrefIdentityId": identity,
        "zimbraPrefIdentityName": "Secrétariat",
    }
    account(agent, '<DeleteIdentityRequest><identity name="secrétariat"/></DeleteIdentityRequest>')
    assert list(_all(agent)) == ["DEFAULT"]


def test_several_addresses_are_kept_as_several(agent: Wire) -> None:
    body = (
        '<CreateIdentityRequest><identity name="M"><a name="zimbraPrefWhenSentToAddresses">a@x.fr</a>'
        '<a name="zimbraPrefWhenSentToAddresses">b@x.fr</a></identity></CreateIdentityRequest>'
    )
    created = account(agent, body).find("identity")
    assert [one.text for one in created if one.get("name") == "zimbraPrefWhenSentToAddresses"] == ["a@x.fr", "b@x.fr"]


@pytest.mark.parametrize("name", ["DEFAULT", "default", "DEJA", "Déjà"])
def test_a_name_that_is_taken_is_refused_whatever_its_case(agent: Wire, name: str) -> None:
    _create(agent, "Deja")
    _create(agent, "déjà")
    with pytest.raises(Fault, match=r"account\.IDENTITY_EXISTS"):
        _create(agent, name)


def test_a_name_must_be_there_and_agree_with_its_attribute(agent: Wire) -> None:
    for name, attrs in (("", {}), ("Un", {"zimbraPrefIdentityName": "Deux"})):
        with pytest.raises(Fault, match=r"ldap\.LDAP_ERROR"):
            _create(agent, name, **attrs)
    identity = _create(agent, "   ")
    with pytest.raises(Fault, match=r"service\.FAILURE"):
        _modify(agent, f'id="{identity}"', zimbraPrefIdentityName=" ")


def test_there_is_room_for_twenty_with_the_default_one(agent: Wire) -> None:
    for number in range(19):
        _create(agent, f"n{number}")
    with pytest.raises(Fault, match=r"account\.TOO_MANY_IDENTITIES"):
        _create(agent, "encore")


@each(
    ("name", "value"),
    [
        ("zimbraPrefReplyToEnabled", "1"),
        ("zimbraPrefWhenInFoldersEnabled", "oui"),
        ("zimbraPrefForwardReplyFormat", "pdf"),
        ("zimbraPrefFromAddressType", "other"),
        ("zimbraPrefFromAddress", "x" * 257),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_is_created(agent: Wire, name: str, value: str) -> None:
    with pytest.raises(Fault, match=r"account\.INVALID_ATTR_VALUE"):
        _create(agent, "Essai", **{name: value})
    assert list(_all(agent)) == ["DEFAULT"]


def test_what_is_not_there_cannot_be_changed_or_deleted(agent: Wire) -> None:
    for body in (
        '<ModifyIdentityRequest><identity id="rien"/></ModifyIdentityRequest>',
        '<DeleteIdentityRequest><identity name=""/></DeleteIdentityRequest>',
    ):
        with pytest.raises(Fault, match=r"account\.NO_SUCH_IDENTITY"):
            account(agent, body)


def test_the_default_identity_is_the_accounts_preferences(agent: Wire) -> None:
    _modify(agent, 'name="DEFAULT"', zimbraPrefFromDisplay="Marie Hoarau")
    assert prefs(agent, "zimbraPrefFromDisplay") == [("zimbraPrefFromDisplay", "Marie Hoarau")]
    set_prefs(agent, ("zimbraPrefFromDisplay", "M. H."))
    assert _all(agent)["DEFAULT"]["zimbraPrefFromDisplay"] == "M. H."
    for body in (
        '<DeleteIdentityRequest><identity name="DEFAULT"/></DeleteIdentityRequest>',
        '<ModifyIdentityRequest><identity name="DEFAULT"><a name="zimbraPrefIdentityName">X</a></identity>'
        "</ModifyIdentityRequest>",
    ):
        with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
            account(agent, body)


def test_identities_in_json_are_written_with_attrs(agent: Wire) -> None:
    answer = agent.json(
        "CreateIdentityRequest",
        "urn:zimbraAccount",
        {"identity": {"name": "J", "_attrs": {"zimbraPrefFromDisplay": "Jean"}}},
    )
    assert answer["identity"][0]["_attrs"]["zimbraPrefFromDisplay"] == "Jean"
    listed = agent.json("GetIdentitiesRequest", "urn:zimbraAccount", {})["identity"]
    assert [one["name"] for one in listed] == ["DEFAULT", "J"]
