import pytest

from tests.each import each
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotFound, Refused, Taken
from zimbra.types import Signature

LISTED = """<signature name="Pro" id="s1"><content type="text/html">&lt;p&gt;Zoé&lt;/p&gt;</content>
<content type="text/plain">Zoé</content></signature><signature name="Nue" id="s2"/>"""


def test_signatures_are_read_in_both_forms() -> None:
    client, _ = scripted({"GetSignatures": LISTED})
    assert client.signatures() == [Signature("Pro", "<p>Zoé</p>", "Zoé", "s1"), Signature("Nue", id="s2")]
    assert "Zoé" not in repr(client.signatures())


def test_create_signature_sends_the_forms_there_are() -> None:
    client, server = scripted({"CreateSignature": '<signature name="Pro" id="s1"/>'})
    assert client.create_signature(Signature("Pro", html="<p>Zoé & cie</p>")) == "s1"
    assert server.asked("CreateSignature") == [
        '<signature name="Pro"><content type="text/html">&lt;p&gt;Zoé &amp; cie&lt;/p&gt;</content></signature>'
    ]
    assert not server.sent[0].repeatable


def test_create_signature_of_a_taken_name_replaces_it_on_request() -> None:
    client, server = scripted(
        {"CreateSignature": refused("account.SIGNATURE_EXISTS"), "GetSignatures": LISTED, "ModifySignature": ""}
    )
    with pytest.raises(Taken):
        client.create_signature(Signature("PRO", text="t"))
    assert client.create_signature(Signature("PRO", text="t"), existing_ok=True) == "s1"
    assert server.asked("ModifySignature") == [
        '<signature id="s1" name="PRO"><content type="text/html"/><content type="text/plain">t</content></signature>'
    ]


def test_create_signature_taken_by_what_is_gone_meanwhile_is_not_found() -> None:
    client, _ = scripted({"CreateSignature": refused("account.SIGNATURE_EXISTS"), "GetSignatures": ""})
    with pytest.raises(NotFound):
        client.create_signature(Signature("Pro"), existing_ok=True)


@each(
    ("text", "longest", "sent"),
    [("a" * 10_240, 10_240, True), ("a" * 10_241, 10_240, False), ("😀" * 6, 11, False), ("a" * 20_000, 0, True)],
)
def test_a_signature_too_long_is_not_sent(text: str, longest: int, sent: bool) -> None:
    client, server = scripted({"CreateSignature": '<signature name="Pro" id="s1"/>', "ModifySignature": ""})
    if sent:
        client.create_signature(Signature("Pro", text=text), longest=longest)
        client.update_signature("s1", Signature("Pro", html=text), longest=longest)
        return
    for refusing in (
        lambda: client.create_signature(Signature("Pro", text=text), longest=longest),
        lambda: client.update_signature("s1", Signature("Pro", html=text), longest=longest),
    ):
        with pytest.raises(Refused) as caught:
            refusing()
        assert caught.value.code == "request.TOO_LONG"
    assert server.requests == []


@pytest.mark.parametrize(("answer", "there"), [("", True), (refused("account.NO_SUCH_SIGNATURE"), False)])
def test_delete_signature_tells_whether_it_was_there(answer: str, there: bool) -> None:
    client, _ = scripted({"DeleteSignature": answer})
    assert client.delete_signature("s1") is there


def test_use_signature_names_it_to_an_identity_and_switches_signatures_on() -> None:
    client, server = scripted(
        {"GetIdentities": '<identity name="DEFAULT" id="acc"/>', "ModifyIdentity": "", "ModifyPrefs": ""}
    )
    client.use_signature("s1", "s2")
    client.use_signature(answers="", identity_id="i1")
    assert server.asked("ModifyIdentity") == [
        '<identity id="acc"><a name="zimbraPrefDefaultSignatureId">s1</a>'
        '<a name="zimbraPrefForwardReplySignatureId">s2</a></identity>',
        '<identity id="i1"><a name="zimbraPrefForwardReplySignatureId"/></identity>',
    ]
    assert server.asked("ModifyPrefs") == ['<pref name="zimbraPrefMailSignatureEnabled">TRUE</pref>']
