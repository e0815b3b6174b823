"""Letters that filters write, and folders of others they file into."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest

from tests.zimbra.simulator import mails
from tests.zimbra.simulator.filter_rules import SCRIPT, apply, modify, rule
from tests.zimbra.simulator.mail_clients import SENDER
from tests.zimbra.simulator.wire import Wire

ALWAYS = "<trueTest/>"


def raw(wire: Wire, query: str = "in:inbox") -> str:
    """The one message a query finds, as it is stored."""
    (found,) = mails.find(wire, query)
    text: str = mails.get(wire, found.get("id"), raw="1").findtext("content")
    return text


# --- in circles ----------------------------------------------------------------------------------------------------


def test_two_who_answer_each_other_come_to_an_end(agent: Wire, other: Wire, admin: Wire, address: str) -> None:
    for name in (address, f"autre.{address}"):
        admin.modify_account(name, **{SCRIPT: 'reply "Absent."; keep;'})
    mails.send(agent, f"autre.{address}", "Question")
    assert mails.subjects(agent, "in:inbox") == ["Re: Question"]
    assert mails.subjects(other, "in:inbox") == ["Question"]


@pytest.mark.parametrize(
    ("action", "copies"), [('notify "{}" "Vu" "texte"', 3), ('notify "mailto:{}"', 3), ('redirect "{}"', 1)]
)
def test_two_who_pass_mail_on_to_each_other_come_to_an_end(
    agent: Wire, other: Wire, admin: Wire, address: str, action: str, copies: int
) -> None:
    for name, to in ((address, f"autre.{address}"), (f"autre.{address}", address)):
        admin.modify_account(name, **{SCRIPT: f'require ["enotify"]; {action.format(to)};'})
    mails.send(agent, f"autre.{address}", "Question")
    assert len(mails.subjects(other, "in:inbox")) + len(mails.subjects(agent, "in:inbox")) == copies


def test_who_is_named_by_a_part_only_has_not_passed_it_on(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None]
) -> None:
    modify(agent, rule("r", ALWAYS, f'<actionRedirect a="autre.{address}"/>'))
    arrive(**{"X-Zimbra-Forwarded": f"aussi.{address}"})
    assert mails.subjects(other, "in:inbox") == ["Bonjour"]


# --- answers -------------------------------------------------------------------------------------------------------


def test_answer_goes_where_the_message_asks_for_it(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None]
) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReply><content>Absent.</content></actionReply>"))
    arrive("RE: Question", **{"Reply-To": f"autre.{address}"})
    assert mails.subjects(other, "in:inbox") == ["RE: Question"]
    assert f"X-Zimbra-Forwarded: {address}" in raw(other)


@pytest.mark.parametrize(("wanted", "kept"), [("TRUE", ["Re: Question"]), ("FALSE", [])])
def test_answer_is_kept_among_what_was_sent(
    agent: Wire, admin: Wire, address: str, arrive: Callable[..., None], wanted: str, kept: list[str]
) -> None:
    admin.modify_account(address, zimbraPrefSaveToSent=wanted)
    modify(agent, rule("r", ALWAYS, "<actionReply><content>Absent.</content></actionReply>"))
    arrive("Question")
    assert mails.subjects(agent, "in:sent") == kept


def test_answer_goes_through_the_outgoing_filters(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReply><content>Absent.</content></actionReply>"))
    modify(agent, rule("s", ALWAYS, '<actionFileInto folderPath="Réponses"/>'), kind="Outgoing")
    arrive("Question")
    assert mails.subjects(agent, 'in:"Réponses"') == ["Re: Question"]


def test_answer_tells_of_the_message(agent: Wire, other: Wire, address: str, arrive: Callable[..., None]) -> None:
    text = "De ${From}, sur ${SUBJECT} : ${body} [${X-Rien}]"
    modify(agent, rule("r", ALWAYS, f"<actionReply><content>{text}</content></actionReply>"))
    arrive("Question", "Quand ?", **{"Reply-To": f"autre.{address}"})
    (found,) = mails.find(other, "in:inbox")
    said = mails.get(other, found.get("id")).findtext(".//content").split()
    assert " ".join(said) == f"De Bob <{SENDER}>, sur Question : Quand ? []"


def test_header_changed_for_the_copy_is_changed_for_all(agent: Wire, other: Wire, admin: Wire, address: str) -> None:
    script = 'require ["editheader"]; addheader "X-Academie" "Paris"; deleteheader "Subject";'
    admin.modify_account(address, zimbraSieveEditHeaderEnabled="TRUE", zimbraAdminOutgoingSieveScriptBefore=script)
    mails.send(agent, f"autre.{address}", "Question")
    for wire, query in ((agent, "in:sent"), (other, "in:inbox")):
        stored = raw(wire, query)
        assert "X-Academie: Paris" in stored
        assert "Subject:" not in stored


@pytest.mark.parametrize("fields", [{"sender": ""}, {"Auto-Submitted": "auto-replied"}])
def test_notices_are_not_answered(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None], fields: dict[str, str]
) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReply><content>Absent.</content></actionReply>"))
    arrive(**{"Reply-To": f"autre.{address}", **fields})
    assert mails.subjects(other, "in:inbox") == []
    assert mails.subjects(agent, "in:inbox") == ["Bonjour"]


def test_refused_message_of_nobody_is_kept(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReject>Pas ici.</actionReject>"))
    arrive(sender="")
    assert mails.subjects(agent, "in:inbox") == ["Bonjour"]


def test_message_passed_on_comes_from_its_recipient(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None]
) -> None:
    modify(agent, rule("r", ALWAYS, f'<actionRedirect a="autre.{address}"/>'))
    test = f'<envelopeTest header="from" stringComparison="is" value="{address}"/>'
    modify(other, rule("r", test, '<actionTag tagName="par"/>'))
    arrive()
    assert mails.subjects(other, "tag:par") == ["Bonjour"]


def test_notice_takes_fields_over_from_the_message(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None]
) -> None:
    action = f'<actionNotify a="autre.{address}" origHeaders="X-Suite,From"><content>Vu</content></actionNotify>'
    modify(agent, rule("r", ALWAYS, action))
    arrive(**{"X-Suite": "12"})
    text = raw(other)
    assert "X-Suite: 12" in text
    assert [line for line in text.splitlines() if line.startswith("From:")] == [f"From: Bob <{SENDER}>"]


# --- folders others share ------------------------------------------------------------------------------------------


def _shared(owner: Wire, reader: Wire, address: str, rights: str) -> str:
    """A folder "Commun" of the owner, granted and linked as "Lien"; its id."""
    folder = owner.mail('<CreateFolderRequest><folder name="Commun" l="1"/></CreateFolderRequest>').find("folder")
    number: str = folder.get("id")
    owner.mail(f'<CreateFolderRequest><folder name="Dedans" l="{number}"/></CreateFolderRequest>')
    owner.mail(
        f'<FolderActionRequest><action op="grant" id="{number}"><grant gt="usr" d="{escape(address)}"'
        f' perm="{rights}"/></action></FolderActionRequest>'
    )
    link = f'<link l="1" name="Lien" owner="autre.{address}" rid="{number}"/>'
    reader.mail(f"<CreateMountpointRequest>{link}</CreateMountpointRequest>")
    return number


@pytest.mark.parametrize(("path", "place"), [("/Lien", "Commun"), ("Lien/dedans/", "Commun/Dedans")])
def test_message_is_filed_in_a_folder_another_shares(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None], path: str, place: str
) -> None:
    _shared(other, agent, address, "rwi")
    modify(agent, rule("r", ALWAYS, f'<actionFileInto folderPath="{path}"/><actionFlag flagName="flagged"/>'))
    arrive()
    (found,) = mails.find(other, f'in:"{place}"')
    assert "f" in found.get("f")
    assert mails.subjects(agent, "in:inbox") == []


@pytest.mark.parametrize(("rights", "path"), [("r", "/Lien"), ("rwi", "/Lien/Manque")])
def test_message_is_kept_when_the_shared_folder_does_not_take_it(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None], rights: str, path: str
) -> None:
    _shared(other, agent, address, rights)
    modify(agent, rule("r", ALWAYS, f'<actionFileInto folderPath="{path}"/>'))
    arrive()
    assert mails.subjects(agent, "in:inbox") == ["Bonjour"]
    assert mails.subjects(other, "is:anywhere") == []


def test_message_is_kept_when_the_other_mailbox_is_full(
    agent: Wire, other: Wire, admin: Wire, address: str, arrive: Callable[..., None]
) -> None:
    _shared(other, agent, address, "rwi")
    admin.modify_account(f"autre.{address}", zimbraMailQuota="10")
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="/Lien"/>'))
    arrive()
    assert mails.subjects(agent, "in:inbox") == ["Bonjour"]
    assert mails.subjects(other, "is:anywhere") == []


def test_message_is_kept_when_the_folder_is_a_saved_search(agent: Wire, arrive: Callable[..., None]) -> None:
    search = '<search name="Cherche" query="in:inbox" types="message" l="1"/>'
    agent.mail(f"<CreateSearchFolderRequest>{search}</CreateSearchFolderRequest>")
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="Cherche"/>'))
    arrive()
    assert mails.subjects(agent, "in:inbox") == ["Bonjour"]


def test_stored_message_is_filed_in_a_folder_another_shares(agent: Wire, other: Wire, address: str) -> None:
    _shared(other, agent, address, "rwi")
    one = mails.add(agent, mails.letter("facture")).get("id")
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="/Lien"/>'))
    assert apply(agent, "r", f'<m ids="{one}"/>') == [one]
    assert mails.subjects(other, "in:Commun") == ["facture"]
    assert mails.subjects(agent, "in:inbox") == []
