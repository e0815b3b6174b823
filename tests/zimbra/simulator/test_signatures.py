from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest

from tests.zimbra.simulator.account_requests import account, pairs, prefs, set_prefs
from tests.zimbra.simulator.wire import Fault, Wire


def _create(wire: Wire, name: str, **texts: str) -> str:
    contents = "".join(f'<content type="text/{kind}">{escape(text)}</content>' for kind, text in texts.items())
    body = f"<CreateSignatureRequest><signature name={quoteattr(name)}>{contents}</signature></CreateSignatureRequest>"
    return account(wire, body).find("signature").get("id")


def _all(wire: Wire) -> dict[str, dict[str, str]]:
    return {
        one.get("name"): {content.get("type"): content.text or "" for content in one.findall("content")}
        for one in account(wire, "<GetSignaturesRequest/>")
    }


def test_a_signature_has_a_plain_and_an_html_text(agent: Wire) -> None:
    signature = _create(agent, "Travail", plain="M. Hoarau", html="<b>M. Hoarau</b>")
    texts = {"text/plain": "M. Hoarau", "text/html": "<b>M. Hoarau</b>"}
    assert _all(agent) == {"Travail": texts}
    account(
        agent,
        f'<ModifySignatureRequest><signature id="{signature}" name="Bureau"><content type="text/plain">M. H.</content>'
        '<content type="text/html"/></signature></ModifySignatureRequest>',
    )
    assert _all(agent) == {"Bureau": {"text/plain": "M. H."}}
    found = account(agent, '<GetInfoRequest sections="sigs"/>').find("signatures/signature")
    assert (found.get("id"), found.findtext("content")) == (signature, "M. H.")


def test_a_name_is_given_once_whatever_its_case(agent: Wire) -> None:
    _create(agent, "Un", plain="1")
    second = _create(agent, "Deux", plain="2")
    with pytest.raises(Fault, match=r"account\.SIGNATURE_EXISTS"):
        _create(agent, "UN", plain="3")
    with pytest.raises(Fault, match=r"account\.SIGNATURE_EXISTS"):
        account(agent, f'<ModifySignatureRequest><signature id="{second}" name="un"/></ModifySignatureRequest>')
    assert _all(agent)["Deux"] == {"text/plain": "2"}


@pytest.mark.parametrize(("length", "accepted"), [(10_240, True), (10_241, False)])
def test_a_text_has_a_longest_length(agent: Wire, length: int, accepted: bool) -> None:
    if accepted:
        _create(agent, "Longue", html="é" * length)
    else:
        with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
            _create(agent, "Longue", html="é" * length)
    assert len(_all(agent)) == accepted


def test_the_longest_length_is_the_accounts_own(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMailSignatureMaxLength="5")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _create(agent, "Longue", plain="123456")
    admin.modify_account(address, zimbraMailSignatureMaxLength="0")
    _create(agent, "Longue", plain="1" * 20_000)


def test_there_is_room_for_twenty(agent: Wire) -> None:
    for number in range(20):
        _create(agent, f"s{number}", plain="x")
    with pytest.raises(Fault, match=r"account\.TOO_MANY_SIGNATURES"):
        _create(agent, "encore", plain="x")


@pytest.mark.parametrize(
    "inside",
    ['<content type="text/rtf">x</content>', "<content>a</content><content type='text/plain'>b</content>"],
)
def test_contents_are_of_two_types_and_one_of_each(agent: Wire, inside: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        account(agent, f'<CreateSignatureRequest><signature name="S">{inside}</signature></CreateSignatureRequest>')


def test_a_deleted_signature_is_forgotten_by_the_identities(agent: Wire) -> None:
    kept, gone = _create(agent, "Reste", plain="x"), _create(agent, "Part", plain="x")
    set_prefs(agent, ("zimbraPrefDefaultSignatureId", gone), ("zimbraPrefForwardReplySignatureId", kept))
    account(
        agent,
        '<CreateIdentityRequest><identity name="I">'
        f'<a name="zimbraPrefDefaultSignatureId">{gone}</a></identity></CreateIdentityRequest>',
    )
    account(agent, '<DeleteSignatureRequest><signature name="Part"/></DeleteSignatureRequest>')
    own = account(agent, "<GetIdentitiesRequest/>")[1]
    assert "zimbraPrefDefaultSignatureId" not in pairs(own)
    names = ("zimbraPrefDefaultSignatureId", "zimbraPrefForwardReplySignatureId")
    assert prefs(agent, *names) == [("zimbraPrefForwardReplySignatureId", kept)]
    with pytest.raises(Fault, match=r"account\.NO_SUCH_SIGNATURE"):
        account(agent, f'<DeleteSignatureRequest><signature id="{gone}"/></DeleteSignatureRequest>')


def test_signatures_in_json_hold_arrays(agent: Wire) -> None:
    agent.json(
        "CreateSignatureRequest",
        "urn:zimbraAccount",
        {"signature": {"name": "J", "content": [{"type": "text/plain", "_content": "Jean"}]}},
    )
    (found,) = agent.json("GetSignaturesRequest", "urn:zimbraAccount", {})["signature"]
    assert found["content"] == [{"type": "text/plain", "_content": "Jean"}]


def test_the_first_signature_becomes_the_default_one(agent: Wire) -> None:
    first = _create(agent, " Un ", plain="1")
    _create(agent, "Deux", plain="2")
    assert prefs(agent, "zimbraPrefDefaultSignatureId") == [("zimbraPrefDefaultSignatureId", first)]
    assert sorted(_all(agent)) == ["Deux", "Un"]
