import pytest

from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotFound, Refused, Taken
from zimbra.types import Identity, SendRight

LISTED = """<identity name="DEFAULT" id="acc"><a name="zimbraPrefIdentityName">DEFAULT</a>
<a name="zimbraPrefFromAddress">a@b.fr</a><a name="zimbraPrefReplyToEnabled">FALSE</a></identity>
<identity name="Collège" id="i1"><a name="zimbraPrefIdentityName">Collège</a>
<a name="zimbraPrefFromDisplay">Collège des Flamboyants</a><a name="zimbraPrefFromAddress">ce@b.fr</a>
<a name="zimbraPrefFromAddressType">sendOnBehalfOf</a><a name="zimbraPrefReplyToEnabled">TRUE</a>
<a name="zimbraPrefReplyToDisplay">Secrétariat</a><a name="zimbraPrefReplyToAddress">sec@b.fr</a>
<a name="zimbraPrefWhenInFoldersEnabled">TRUE</a><a name="zimbraPrefWhenInFolderIds">301</a>
<a name="zimbraPrefWhenInFolderIds">302</a><a name="zimbraPrefDefaultSignatureId">s1</a></identity>"""
COLLEGE = Identity(
    "Collège",
    from_name="Collège des Flamboyants",
    from_address="ce@b.fr",
    from_right=SendRight.SEND_ON_BEHALF,
    reply_to_name="Secrétariat",
    reply_to_address="sec@b.fr",
    folder_ids=("301", "302"),
    signature_id="s1",
)


def test_identities_are_read_with_all_their_settings() -> None:
    client, _ = scripted({"GetIdentities": LISTED})
    default, college = client.identities()
    assert (default.is_default, default.id, default.from_address, default.reply_to) == (True, "acc", "a@b.fr", False)
    assert (college.id, college.is_default) == ("i1", False)
    assert (college.from_name, college.from_right) == ("Collège des Flamboyants", SendRight.SEND_ON_BEHALF)
    assert (college.reply_to, college.reply_to_name, college.reply_to_address) == (True, "Secrétariat", "sec@b.fr")
    assert (college.by_folder, college.folder_ids, college.by_recipient) == (True, ("301", "302"), False)
    assert (college.signature_id, college.answer_signature_id) == ("s1", "")
    assert "Flamboyants" not in repr(college)


def test_create_identity_sends_what_is_given_with_booleans_of_the_directory() -> None:
    client, server = scripted({"CreateIdentity": '<identity name="Collège" id="i1"/>'})
    assert client.create_identity(COLLEGE).id == "i1"
    [sent] = server.asked("CreateIdentity")
    assert sent == (
        '<identity name="Collège"><a name="zimbraPrefFromDisplay">Collège des Flamboyants</a>'
        '<a name="zimbraPrefFromAddress">ce@b.fr</a><a name="zimbraPrefFromAddressType">sendOnBehalfOf</a>'
        '<a name="zimbraPrefReplyToEnabled">TRUE</a><a name="zimbraPrefReplyToDisplay">Secrétariat</a>'
        '<a name="zimbraPrefReplyToAddress">sec@b.fr</a><a name="zimbraPrefWhenInFoldersEnabled">TRUE</a>'
        '<a name="zimbraPrefWhenInFolderIds">301</a><a name="zimbraPrefWhenInFolderIds">302</a>'
        '<a name="zimbraPrefWhenSentToEnabled">FALSE</a><a name="zimbraPrefDefaultSignatureId">s1</a></identity>'
    )
    assert not server.sent[0].repeatable


def test_create_identity_of_a_taken_name() -> None:
    client, server = scripted(
        {"CreateIdentity": refused("account.IDENTITY_EXISTS"), "GetIdentities": LISTED, "ModifyIdentity": ""}
    )
    with pytest.raises(Taken):
        client.create_identity(COLLEGE)
    found = client.create_identity(Identity("collège", from_address="x@b.fr"), existing_ok=True)
    assert found.id == "i1"
    [sent] = server.asked("ModifyIdentity")
    assert sent.startswith(
        '<identity id="i1"><a name="zimbraPrefFromDisplay"/><a name="zimbraPrefFromAddress">x@b.fr</a>'
    )
    assert '<a name="zimbraPrefWhenInFoldersEnabled">FALSE</a><a name="zimbraPrefWhenInFolderIds"/>' in sent
    assert '<a name="zimbraPrefIdentityName">collège</a>' in sent


def test_create_identity_over_the_limit_is_refused() -> None:
    client, _ = scripted({"CreateIdentity": refused("account.TOO_MANY_IDENTITIES")})
    with pytest.raises(Refused) as caught:
        client.create_identity(COLLEGE, existing_ok=True)
    assert caught.value.code == "account.TOO_MANY_IDENTITIES"


def test_update_of_the_accounts_own_identity_keeps_its_name() -> None:
    client, server = scripted({"GetIdentities": LISTED, "ModifyIdentity": ""})
    own = client.default_identity()
    client.update_identity(own.id, own)
    assert "zimbraPrefIdentityName" not in server.asked("ModifyIdentity")[0]
    client.change_identity("i1", {"zimbraPrefSaveToSent": "TRUE"})
    assert server.asked("ModifyIdentity")[1] == '<identity id="i1"><a name="zimbraPrefSaveToSent">TRUE</a></identity>'


def test_a_switch_said_outright_wins_over_what_is_given() -> None:
    client, server = scripted({"ModifyIdentity": ""})
    client.update_identity("i1", Identity("x", reply_to_address="a@b.fr", reply_to=False))
    assert '<a name="zimbraPrefReplyToEnabled">FALSE</a>' in server.asked("ModifyIdentity")[0]


@pytest.mark.parametrize(("answer", "there"), [("", True), (refused("account.NO_SUCH_IDENTITY"), False)])
def test_delete_identity_tells_whether_it_was_there(answer: str, there: bool) -> None:
    client, server = scripted({"DeleteIdentity": answer})
    assert client.delete_identity("i1") is there
    assert server.asked("DeleteIdentity") == ['<identity id="i1"/>']


def test_default_identity_of_a_server_that_tells_none_is_not_found() -> None:
    client, _ = scripted({"GetIdentities": ""})
    with pytest.raises(NotFound):
        client.default_identity()


def test_delete_identities_in_one_request_and_one_that_is_gone_is_no_error() -> None:
    client, server = scripted(
        {"DeleteIdentity": ["", refused("account.NO_SUCH_IDENTITY"), refused("service.INVALID_REQUEST")]}
    )
    results = client.delete_identities(["i1", "i2", "acc"])
    assert [result.done for result in results] == [True, True, False]
    assert len(server.requests) == 1


def test_folders_and_identities_come_in_one_request() -> None:
    folder = '<folder id="1" name="USER_ROOT" absFolderPath="/" l="11"/>'
    client, server = scripted({"GetIdentities": LISTED, "GetFolder": folder})
    tree, identities = client.folders_and_identities()
    assert tree.id == "1"
    assert [one.name for one in identities] == ["DEFAULT", "Collège"]
    assert len(server.requests) == 1
