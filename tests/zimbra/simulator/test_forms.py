"""The same requests in XML and in JSON, as different clients write them, get the same answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.zimbra.simulator.form_scenario import STEPS
from tests.zimbra.simulator.forms import Speaker, at, full, masked, of_json, shapes, short
from tests.zimbra.simulator.test_sending import upload
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

_numbers = itertools.count(1)


@pytest.fixture
def speakers(simulator: SimulatorServer, admin: Wire) -> Iterator[list[Speaker]]:
    """XML, both ways of writing JSON, and both ways of asking in one form for an answer in the other."""
    number = next(_numbers)
    made = []
    for letter, (write, wanted) in zip(
        "abcde", ((None, ""), (full, ""), (short, ""), (None, "js"), (short, "xml")), strict=True
    ):
        own = f"forme{letter}{number:04}"
        speaker = Speaker(Wire(simulator.port), own, write, wanted)
        other = f"autre.{own}@ac-reunion.fr"
        me = f"{own}@ac-reunion.fr"
        my_id = admin.create_account(me, displayName=f"Moi {own}")
        other_id = admin.create_account(other, displayName=f"Autre {own}")
        neighbour = Wire(simulator.port).sign_in(other)
        neighbour.mail(
            '<CreateFolderRequest><folder name="Commun" l="1" view="contact"><acl>'
            f'<grant gt="usr" zid="{my_id}" perm="rw"/></acl></folder></CreateFolderRequest>'
        )
        neighbour.connection.close()
        itself = Wire(simulator.port).sign_in(me)
        picture = upload(itself, "photo.gif", "image/gif", b"GIF89a")
        itself.connection.close()
        speaker.known = {
            "own": own,
            "me": me,
            "other": other,
            "other_id": other_id,
            "picture": picture,
            "domain": f"{own}.example",
        }
        made.append(speaker)
    yield made
    for speaker in made:
        speaker.wire.connection.close()


def test_answers_are_the_same_in_every_form(speakers: list[Speaker]) -> None:
    for step in STEPS:
        answers = []
        for speaker in speakers:
            status, name, tree = speaker.answer(step.document, admin=step.admin)
            assert (status, name) == ((500, "Fault") if step.faulty else (200, name)), (step.document, tree)
            speaker.known.update({word: at(tree, path) for word, path in step.keeps})
            answers.append((name, masked(tree, speaker.own)))
        for speaker, answer in zip(speakers[1:], answers[1:], strict=True):
            assert answer == answers[0], (speaker.own, step.document)


# What real servers write as one object, in the documents asked for; every other child is a member of an array. Read in
# the server's source: addUniqueElement and @ZimbraUniqueElement.
_SINGLE = frozenset(
    {
        ("AuthResponse", "attrs"), ("AuthResponse", "prefs"), ("AuthResponse", "session"), ("comp", "or"),
        ("ContactActionResponse", "action"), ("ConvActionResponse", "action"), ("FolderActionResponse", "action"),
        ("ItemActionResponse", "action"), ("MsgActionResponse", "action"), ("TagActionResponse", "action"),
        ("Fault", "Code"), ("Fault", "Detail"), ("Fault", "Reason"), ("Detail", "Error"),
        ("GetAccountInfoResponse", "cos"), ("GetInfoResponse", "cos"), ("GetInfoResponse", "attrs"),
        ("GetInfoResponse", "childAccounts"), ("GetInfoResponse", "dataSources"), ("GetInfoResponse", "identities"),
        ("GetInfoResponse", "prefs"), ("GetInfoResponse", "props"), ("GetInfoResponse", "rights"),
        ("GetInfoResponse", "signatures"), ("GetInfoResponse", "zimlets"), ("GetMailboxResponse", "mbox"),
        ("GetEffectiveFolderPermsResponse", "folder"), ("GetVersionInfoResponse", "info"), ("folder", "acl"),
        ("grant", "grantee"), ("grant", "right"), ("grant", "target"),
    }
)  # fmt: skip


def test_children_are_single_in_json_where_zimbra_has_them_single(speakers: list[Speaker]) -> None:
    speaker = next(one for one in speakers if one.write is full)
    for step in STEPS:
        _, data = speaker.ask(step.document, admin=step.admin)
        ((name, value),) = json.loads(data)["Body"].items()
        speaker.known.update({word: at(of_json(value), path) for word, path in step.keeps})
        for parent, child, in_array in shapes(value, name):
            assert in_array != ((parent, child) in _SINGLE), (name, parent, child)


def _members(speaker: Speaker, document: str) -> Any:
    _, data = speaker.ask(document)
    return next(iter(json.loads(data)["Body"].values()))


def test_values_are_plain_members_or_texts_in_json_as_zimbra_has_them(speakers: list[Speaker]) -> None:
    speaker = next(one for one in speakers if one.write is full)
    sign_in = STEPS[0].document
    answer = _members(speaker, sign_in)
    assert isinstance(answer["lifetime"], int)
    assert set(answer["authToken"][0]) == {"_content"}
    assert set(answer["attrs"]["_attrs"]) == {"zimbraMailQuota"}
    speaker.known["token"] = answer["authToken"][0]["_content"]
    about = _members(speaker, '<GetInfoRequest xmlns="urn:zimbraAccount"/>')
    assert about["soapURL"].startswith("http")
    assert about["publicURL"].startswith("http")
    assert about["name"] == speaker.known["me"]
    made = _members(
        speaker,
        '<CreateContactRequest xmlns="urn:zimbraMail"><cn><a n="lastName">É</a><a n="email">a@b.example</a></cn>'
        "</CreateContactRequest>",
    )
    assert made["cn"][0]["_attrs"]["lastName"] == "É"
    raised = _members(speaker, '<GetContactsRequest xmlns="urn:zimbraMail"><cn id="9999"/></GetContactsRequest>')
    assert raised["Code"] == {"Value": "soap:Sender"}
    assert isinstance(raised["Reason"]["Text"], str)
    assert raised["Detail"]["Error"]["Code"] == "mail.NO_SUCH_CONTACT"
    assert raised["Detail"]["Error"]["_jsns"] == "urn:zimbra"
    listed = _members(speaker, '<GetFolderRequest xmlns="urn:zimbraMail"><folder l="2"/></GetFolderRequest>')["folder"]
    assert (listed[0]["activesyncdisabled"], listed[0]["n"], listed[0]["id"]) == (False, 0, "2")
