import pytest

from tests.each import each
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotAllowed, NotFound, Refused, Taken
from zimbra.types import Grant, GrantChange, Role

MARIE = '<action id="300" op="grant" zid="5b0c" d="marie@b.fr"/>'


def test_grant_sends_the_letters_of_a_role_and_reads_whom_it_went_to() -> None:
    client, server = scripted({"FolderAction": MARIE})
    assert client.grant("300", "marie@b.fr", Role.MANAGER) == Grant("usr", "5b0c", "rwidx", "marie@b.fr")
    assert server.asked("FolderAction") == [
        '<action op="grant" id="300"><grant perm="rwidx" gt="usr" d="marie@b.fr"/></action>'
    ]


def test_grant_to_an_id_or_to_everybody_names_no_address() -> None:
    client, server = scripted(
        {
            "FolderAction": [
                MARIE,
                '<action id="300" op="grant" zid="00000000-0000-0000-0000-000000000000"/>',
            ]
        }
    )
    client.grant("300", "5b0c", "rw")
    everybody = client.grant("300", "", Role.VIEWER, kind="all")
    assert (everybody.kind, everybody.name) == ("all", "")
    assert [text[text.index("<grant") :] for text in server.asked("FolderAction")] == [
        '<grant perm="rw" gt="usr" zid="5b0c"/></action>',
        '<grant perm="r" gt="all"/></action>',
    ]


@pytest.mark.parametrize(
    "answer",
    [
        '<action id="300" op="grant" zid="nobody@b.fr" d="nobody@b.fr"/>',
        '<action id="300" op="grant" zid="0000-unknown"/>',
    ],
)
def test_grant_to_nobody_is_withdrawn_and_not_found(answer: str) -> None:
    client, server = scripted({"FolderAction": [answer, '<action id="300" op="!grant"/>']})
    with pytest.raises(NotFound) as caught:
        client.grant("300", "nobody@b.fr", Role.VIEWER)
    assert caught.value.code == "account.NO_SUCH_ACCOUNT"
    zid = "nobody@b.fr" if "nobody" in answer else "0000-unknown"
    assert server.asked("FolderAction")[1] == f'<action op="!grant" id="300" zid="{zid}"/>'


@pytest.mark.parametrize(
    ("to", "grants"),
    [
        (
            "Marie@b.fr",
            '<grant zid="5b0c" gt="usr" perm="rwidx" d="marie@b.fr"/><grant zid="x" gt="usr" perm="rwidx"/>',
        ),
        ("5b0c", '<grant zid="5b0c" gt="usr" perm="rwidx" d="marie@b.fr"/>'),
        ("alias@b.fr", '<grant zid="5b0c" gt="usr" perm="rwidxc" d="marie@b.fr"/><grant zid="x" gt="usr" perm="r"/>'),
    ],
)
def test_grant_that_is_there_already_is_given_back(to: str, grants: str) -> None:
    """What the server refuses as given already, be it by the first sending of a request sent twice."""
    folder = f'<folder id="300" name="Agenda" l="1"><acl>{grants}</acl></folder>'
    client, _ = scripted({"FolderAction": refused("mail.GRANT_EXISTS"), "GetFolder": folder})
    assert client.grant("300", to, Role.MANAGER) == Grant("usr", "5b0c", "rwidx", "marie@b.fr")


def test_grant_that_is_there_already_for_somebody_outside_is_withdrawn() -> None:
    folder = '<folder id="300" name="A" l="1"><acl><grant zid="x@b.fr" gt="guest" perm="r" d="x@b.fr"/></acl></folder>'
    client, server = scripted({"FolderAction": [refused("mail.GRANT_EXISTS"), "<action/>"], "GetFolder": folder})
    with pytest.raises(NotFound):
        client.grant("300", "x@b.fr", Role.VIEWER)
    assert server.asked("FolderAction")[1] == '<action op="!grant" id="300" zid="x@b.fr"/>'


def test_grant_that_is_there_already_and_cannot_be_found_says_so() -> None:
    folder = '<folder id="300" name="A" l="1"><acl><grant zid="1" gt="usr" perm="r"/></acl></folder>'
    client, _ = scripted({"FolderAction": refused("mail.GRANT_EXISTS"), "GetFolder": folder})
    with pytest.raises(Taken):
        client.grant("300", "alias@b.fr", Role.MANAGER)


def test_grant_on_purpose_to_a_guest_stays() -> None:
    client, server = scripted({"FolderAction": '<action id="300" op="grant" zid="x@out.fr" d="x@out.fr"/>'})
    assert client.grant("300", "x@out.fr", Role.VIEWER, kind="guest").grantee_id == "x@out.fr"
    assert len(server.asked("FolderAction")) == 1


def test_grant_of_unknown_letters_is_not_sent() -> None:
    client, server = scripted({})
    with pytest.raises(Refused) as caught:
        client.grant("300", "marie@b.fr", "manager")
    assert caught.value.code == "request.INVALID"
    assert server.requests == []


def test_grant_all_tells_folder_by_folder() -> None:
    client, server = scripted({"FolderAction": [MARIE, refused("service.PERM_DENIED"), MARIE]})
    results = client.grant_all(["7", "10", "15"], "marie@b.fr", Role.ADMIN)
    assert [result.done for result in results] == [True, False, True]
    assert isinstance(results[1].error, NotAllowed)
    with pytest.raises(NotAllowed):
        results[1].get()
    assert results[2].get().rights == "rwidxa"
    assert len(server.requests) == 1


GRANTED = """<folder id="300" name="Agenda" l="1"><acl>
<grant zid="5b0c" gt="usr" perm="rwidx" d="Marie@b.fr"/><grant zid="77aa" gt="usr" perm="r"/>
<grant zid="x@out.fr" gt="guest" perm="r" d="x@out.fr"/></acl></folder>"""


def test_grants_are_read_with_roles_and_without_names_of_those_gone() -> None:
    client, server = scripted({"GetFolder": GRANTED})
    found = client.grants("300")
    assert [(one.kind, one.grantee_id, one.name, one.role) for one in found] == [
        ("usr", "5b0c", "Marie@b.fr", Role.MANAGER),
        ("usr", "77aa", "", Role.VIEWER),
        ("guest", "x@out.fr", "x@out.fr", Role.VIEWER),
    ]
    assert server.asked("GetFolder") == ['[depth="0" needGranteeName="1"]<folder l="300"/>']


def test_grants_of_a_folder_one_does_not_administer_are_not_told() -> None:
    client, _ = scripted({"GetFolder": '<folder id="300" name="Agenda" l="1"/>'})
    assert client.grants("300") == ()
    assert client.folder("300").grants is None


@pytest.mark.parametrize(("who", "zid"), [("marie@B.fr", "5b0c"), ("77aa", "77aa"), ("x@out.fr", "x@out.fr")])
def test_revoke_names_the_id(who: str, zid: str) -> None:
    client, server = scripted({"GetFolder": GRANTED, "FolderAction": '<action id="300" op="!grant"/>'})
    assert client.revoke("300", who)
    assert server.asked("FolderAction") == [f'<action op="!grant" id="300" zid="{zid}"/>']


def test_revoke_of_what_was_not_granted_says_so() -> None:
    client, server = scripted({"GetFolder": GRANTED})
    assert not client.revoke("300", "jean@b.fr")
    assert server.asked("FolderAction") == []


def test_revoke_all_goes_in_one_request() -> None:
    client, server = scripted({"FolderAction": ['<action op="!grant" id="7"/>', refused("mail.NO_SUCH_FOLDER")]})
    results = client.revoke_all(["7", "999"], "5b0c")
    assert [type(result.error) for result in results] == [type(None), NotFound]
    assert len(server.requests) == 1


@each(
    ("rights", "role"),
    [("r", Role.VIEWER), ("rp", Role.VIEWER), ("rwidx", Role.MANAGER), ("xdiwra", Role.ADMIN), ("", Role.NONE)],
)
def test_role_is_the_webmails_name_for_letters(rights: str, role: Role) -> None:
    assert Grant("usr", "z", rights).role is role
    assert Grant("usr", "z", rights + "f").role is None


def test_effective_rights_of_anothers_folder() -> None:
    client, server = scripted({"GetEffectiveFolderPerms": '<folder id="z:10" perm="rwidx"/>'})
    assert client.effective_rights("z:10") == "rwidx"
    assert server.asked("GetEffectiveFolderPerms") == ['<folder l="z:10"/>']


def test_change_grants_gives_and_withdraws_in_one_request() -> None:
    client, server = scripted({"FolderAction": [MARIE, "<action/>", refused("service.PERM_DENIED")]})
    changes = [
        GrantChange("300", "marie@b.fr", Role.MANAGER),
        GrantChange("10", "77aa", None),
        GrantChange("7", "x@b.fr", "r"),
    ]
    results = client.change_grants(changes)
    assert [result.done for result in results] == [True, True, False]
    assert isinstance(results[2].error, NotAllowed)
    assert server.asked("FolderAction")[:2] == [
        '<action op="grant" id="300"><grant perm="rwidx" gt="usr" d="marie@b.fr"/></action>',
        '<action op="!grant" id="10" zid="77aa"/>',
    ]
    assert len(server.requests) == 1
    assert all(sent.repeatable for sent in server.sent)


def test_change_grants_withdraws_what_went_to_nobody_and_leaves_the_rest() -> None:
    guest = '<action id="300" op="grant" zid="x@b.fr" d="x@b.fr"/>'
    client, server = scripted({"FolderAction": [MARIE, guest, "<action/>"]})
    results = client.change_grants([GrantChange("300", "marie@b.fr", "r"), GrantChange("300", "x@b.fr", "r")])
    assert results[0].done
    assert isinstance(results[1].error, NotFound)
    assert server.asked("FolderAction")[2] == '<action op="!grant" id="300" zid="x@b.fr"/>'


def test_change_grants_takes_what_is_there_already_for_done() -> None:
    folder = '<folder id="300" name="A" l="1"><acl><grant zid="5b0c" gt="usr" perm="r" d="marie@b.fr"/></acl></folder>'
    client, _ = scripted({"FolderAction": refused("mail.GRANT_EXISTS"), "GetFolder": folder})
    assert client.change_grants([GrantChange("300", "marie@b.fr", "r")])[0].done


def test_change_grants_of_nothing_asks_for_nothing() -> None:
    client, server = scripted({})
    assert client.change_grants([]) == []
    assert server.requests == []


def test_revoke_orphans_names_id_and_kind() -> None:
    client, server = scripted({"FolderAction": "<action/>"})
    client.revoke_orphans("1", "5b0c")
    assert server.asked("FolderAction") == ['<action op="revokeorphangrants" id="1" zid="5b0c" gt="usr"/>']
