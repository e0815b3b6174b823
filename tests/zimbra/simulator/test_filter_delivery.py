"""Filters at work: mail handed in by LMTP or sent, then looked for."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.zimbra.simulator import mails
from tests.zimbra.simulator.filter_rules import modify, rule, shown
from tests.zimbra.simulator.mail_clients import SENDER, mail_program
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

ALWAYS = "<trueTest/>"


def places(wire: Wire, query: str = "is:anywhere") -> list[str]:
    """The paths of the folders of all messages found."""
    paths = {one.get("id"): one.get("absFolderPath") for one in wire.mail("<GetFolderRequest/>").iter("folder")}
    return sorted(paths[one.get("l")] for one in mails.find(wire, query))


def read(wire: Wire, item: str) -> EmailMessage:
    """A message as it is stored."""
    raw = mails.get(wire, item, raw="1").findtext("content")
    message = email.message_from_string(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_message_is_filed_in_a_folder_that_is_made(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", '<headerTest header="subject" stringComparison="contains" value="facture"/>',
                       '<actionFileInto folderPath="/Comptes/Factures"/><actionStop/>'))  # fmt: skip
    arrive("Votre facture")
    arrive("Autre chose")
    assert places(agent) == ["/Comptes/Factures", "/Inbox"]


def test_message_is_filed_in_a_folder_that_is_there_whatever_the_case(agent: Wire, arrive: Callable[..., None]) -> None:
    agent.mail('<CreateFolderRequest><folder name="Factures" l="2"/></CreateFolderRequest>')
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="INBOX/factures"/>'))
    arrive()
    assert places(agent) == ["/Inbox/Factures"]


def test_several_folders_get_a_copy_each_but_one_only_once(agent: Wire, arrive: Callable[..., None]) -> None:
    actions = "".join(f'<actionFileInto folderPath="{path}"/>' for path in ("A", "B", "/A", "b"))
    modify(agent, rule("r", ALWAYS, actions))
    arrive()
    assert places(agent) == ["/A", "/B"]


def test_copy_leaves_the_message_in_the_inbox(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="A" copy="1"/>'))
    arrive()
    assert places(agent) == ["/A", "/Inbox"]


def test_message_that_cannot_be_filed_stays_in_the_inbox(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="a:b"/>'))
    arrive()
    assert places(agent) == ["/Inbox"]


def test_flags_and_tags_are_on_the_message(agent: Wire, arrive: Callable[..., None]) -> None:
    actions = '<actionFlag flagName="read"/><actionFlag flagName="flagged"/><actionTag tagName="à lire"/>'
    modify(agent, rule("r", ALWAYS, actions))
    arrive()
    (found,) = mails.find(agent, "in:inbox")
    assert "f" in found.get("f")
    assert "u" not in found.get("f")
    assert found.get("tn") == "à lire"


def test_discarded_message_is_nowhere(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, "<actionDiscard/>"))
    arrive()
    assert places(agent) == []


def test_disabled_rule_does_nothing(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, "<actionDiscard/>", active="0"))
    arrive()
    assert places(agent) == ["/Inbox"]


def test_rules_run_in_order_until_one_stops(agent: Wire, arrive: Callable[..., None]) -> None:
    modify(
        agent,
        rule("a", ALWAYS, '<actionTag tagName="un"/>'),
        rule("b", ALWAYS, '<actionTag tagName="deux"/><actionStop/>'),
        rule("c", ALWAYS, "<actionDiscard/>"),
    )
    arrive()
    assert mails.find(agent, "in:inbox")[0].get("tn") == "un,deux"


def test_rule_of_a_trashed_folder_lets_mail_into_the_inbox(agent: Wire, arrive: Callable[..., None]) -> None:
    made = agent.mail('<CreateFolderRequest><folder name="A" l="2"/></CreateFolderRequest>').find("folder")
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="/Inbox/A"/>'))
    mails.act(agent, "trash", made.get("id"), request="FolderActionRequest")
    arrive()
    assert places(agent) == ["/Inbox"]


def test_broken_script_keeps_the_message(agent: Wire, admin: Wire, address: str, arrive: Callable[..., None]) -> None:
    admin.modify_account(address, zimbraMailSieveScript='require ["tag"]; tag "avant"; fileinto "A";')
    arrive()
    assert places(agent) == ["/Inbox"]
    assert mails.find(agent, "in:inbox")[0].get("tn") == "avant"


def test_redirected_message_goes_on_and_is_not_kept(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None]
) -> None:
    modify(agent, rule("r", ALWAYS, f'<actionRedirect a="autre.{address}"/>'))
    arrive("Suivi")
    assert places(agent) == []
    assert mails.subjects(other) == ["Suivi"]


def test_redirection_in_a_circle_ends(agent: Wire, other: Wire, address: str, arrive: Callable[..., None]) -> None:
    modify(agent, rule("r", ALWAYS, f'<actionRedirect a="autre.{address}"/>'))
    modify(other, rule("r", ALWAYS, f'<actionRedirect a="{address}"/>'))
    arrive("Ronde")
    assert len(places(agent) + places(other)) == 1


def test_reply_is_filled_from_the_message(agent: Wire, other: Wire, address: str) -> None:
    content = "<content>Reçu : ${SUBJECT}</content>"
    modify(agent, rule("r", ALWAYS, f"<actionReply>{content}</actionReply>"))
    mails.send(other, address, "Question")
    (found,) = mails.find(other, "in:inbox")
    assert found.findtext("su") == "Re: Question"
    assert found.findtext("fr").startswith("Reçu : Question")
    assert mails.subjects(agent, "in:inbox") == ["Question"]


def test_notice_is_sent_elsewhere(agent: Wire, other: Wire, address: str, arrive: Callable[..., None]) -> None:
    actions = f'<actionNotify a="autre.{address}" su="Vu : ${{subject}}"><content>De ${{from}}</content></actionNotify>'
    modify(agent, rule("r", ALWAYS, actions))
    arrive("Urgent")
    assert mails.subjects(other, "in:inbox") == ["Vu : Urgent"]
    assert mails.subjects(agent, "in:inbox") == ["Urgent"]


def test_notice_by_a_mailto_address(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None], admin: Wire
) -> None:
    to = f"mailto:autre.{address}?subject=Vu&body=Deux%20mots&x-note=%C3%A9t%C3%A9&auto-submitted=no&from=x%40y.fr"
    admin.modify_account(address, zimbraMailSieveScript=f'require ["enotify"]; notify :importance "1" "{to}";')
    arrive("Urgent")
    (found,) = mails.find(other, "in:inbox")
    assert (found.findtext("su"), found.findtext("fr")) == ("Vu", "Deux mots")
    message = read(other, found.get("id"))
    assert message["From"].addresses[0].addr_spec == address
    assert message["Importance"] == "High"
    assert message["X-Note"] == "été"
    assert message.get_all("Auto-Submitted") == [f'auto-notified; owner-email="{address}"']
    assert mails.subjects(agent, "in:inbox") == ["Urgent"]


def test_notice_from_another_address_with_a_text_of_its_own(
    other: Wire, address: str, arrive: Callable[..., None], admin: Wire
) -> None:
    script = f'require ["enotify"]; notify :from "garde@ecole.fr" :message "Alerte" "mailto:autre.{address}?subject=x";'
    admin.modify_account(address, zimbraMailSieveScript=script)
    arrive("Urgent")
    (found,) = mails.find(other, "in:inbox")
    assert found.findtext("su") == "Alerte"
    assert found.find("e").get("a") == "garde@ecole.fr"


def test_own_notice_that_comes_back_is_not_noticed(
    agent: Wire, other: Wire, address: str, arrive: Callable[..., None], admin: Wire
) -> None:
    script = f'require ["enotify"]; notify "mailto:autre.{address}";'
    admin.modify_account(address, zimbraMailSieveScript=script)
    arrive("Retour", **{"Auto-Submitted": f'auto-notified; owner-email="{address}"'})
    assert places(other) == []
    assert mails.subjects(agent, "in:inbox") == ["Retour"]


def test_spaces_before_a_folder_name_count_and_those_after_do_not(agent: Wire, arrive: Callable[..., None]) -> None:
    actions = "".join(f'<actionFileInto folderPath="{path}"/>' for path in ("a  b", "a  b  ", "  a  b"))
    modify(agent, rule("r", ALWAYS, actions))
    arrive()
    assert places(agent) == ["/  a  b", "/a  b"]


def test_rejected_message_is_not_kept(agent: Wire, other: Wire, address: str) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReject>Pas ici.</actionReject>"))
    mails.send(other, address, "Question")
    assert places(agent) == []
    (found,) = mails.find(other, "in:inbox")
    assert "Pas ici." in found.findtext("fr")


def test_refusal_is_a_notice_of_what_became_of_the_message(agent: Wire, other: Wire, address: str) -> None:
    modify(agent, rule("r", ALWAYS, "<actionReject>Pas ici.</actionReject>"))
    mails.send(other, address, "Question")
    (found,) = mails.find(other, "in:inbox")
    message = read(other, found.get("id"))
    assert message["Subject"] == "Disposition notification"
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "disposition-notification"
    text, report = message.iter_parts()
    assert "Pas ici." in text.get_content()
    assert report.get_content_type() == "message/disposition-notification"
    assert f"Final-Recipient: rfc822; {address}" in report.as_string()


def test_fields_of_a_notice_keep_the_letters_of_the_script_but_the_first(
    other: Wire, address: str, arrive: Callable[..., None], admin: Wire
) -> None:
    script = f'require ["enotify"]; notify "mailto:autre.{address}?x-suite=1&X-CODE=2&sUBJECT=Vu";'
    admin.modify_account(address, zimbraMailSieveScript=script)
    arrive()
    (found,) = mails.find(other, "in:inbox")
    message = read(other, found.get("id"))
    assert {"X-suite", "X-CODE", "Subject"} <= set(message.keys())
    assert message["Subject"] == "Vu"


@pytest.mark.parametrize("sender", ["", '""'])
def test_message_from_nobody_has_no_sender(
    agent: Wire, arrive: Callable[..., None], admin: Wire, address: str, sender: str
) -> None:
    script = 'require ["envelope"]; if envelope :is "from" "" { tag "sans"; }'
    admin.modify_account(address, zimbraMailSieveScript=script)
    arrive(sender=sender)
    (found,) = mails.find(agent, "in:inbox")
    assert found.get("tn") == "sans"


@pytest.mark.parametrize(
    ("test", "sender", "expected"),
    [
        ('<envelopeTest header="from" stringComparison="is" value="bob@ailleurs.example"/>', SENDER, "/A"),
        ('<envelopeTest header="from" part="domain" stringComparison="is" value="y.fr"/>', SENDER, "/Inbox"),
        ('<addressTest header="from" stringComparison="is" value="bob@ailleurs.example"/>', "x@y.fr", "/A"),
        ('<meTest header="to,cc"/>', SENDER, "/A"),
        ('<bodyTest value="TEXTE"/>', SENDER, "/A"),
        ('<sizeTest numberComparison="over" s="10K"/>', SENDER, "/Inbox"),
        ('<addressBookTest header="from"/>', SENDER, "/Inbox"),
    ],
)  # fmt: skip
def test_message_is_judged_by(agent: Wire, arrive: Callable[..., None], test: str, sender: str, expected: str) -> None:
    modify(agent, rule("r", test, '<actionFileInto folderPath="A"/>'))
    arrive(sender=sender)
    assert places(agent) == [expected]


def test_sender_in_the_address_book_is_known(agent: Wire, arrive: Callable[..., None]) -> None:
    agent.contact(lastName="Bob", email="autre@x.fr", email2=SENDER.upper())
    modify(agent, rule("r", '<addressBookTest header="from"/>', '<actionFileInto folderPath="A"/>'))
    arrive()
    assert places(agent) == ["/A"]


def test_answer_in_a_conversation_of_ones_own_is_known(agent: Wire, arrive: Callable[..., None]) -> None:
    sent = mails.send(agent, "x@ailleurs.example", "Projet").get("id")
    message_id = mails.get(agent, sent).findtext("mid")
    modify(agent, rule("r", '<conversationTest where="started"/>', '<actionFileInto folderPath="A"/>'),
           rule("s", '<contactRankingTest header="from"/>', '<actionTag tagName="souvent"/>'))  # fmt: skip
    arrive("Re: Projet", In_Reply_To=message_id, From="x@ailleurs.example")
    arrive("Autre")
    assert places(agent, "not in:sent") == ["/A", "/Inbox"]
    assert mails.subjects(agent, "tag:souvent") == ["Re: Projet"]


def test_administrators_rules_run_before_and_after(
    agent: Wire, admin: Wire, address: str, arrive: Callable[..., None]
) -> None:
    admin.modify_account(
        address,
        zimbraAdminSieveScriptBefore='require ["tag"]; tag "avant";',
        zimbraAdminSieveScriptAfter='require ["tag"]; tag "apres";',
    )
    modify(agent, rule("r", ALWAYS, '<actionTag tagName="moi"/>'))
    arrive()
    assert mails.find(agent, "in:inbox")[0].get("tn") == "avant,moi,apres"


def test_administrators_header_is_in_the_message(
    agent: Wire, admin: Wire, address: str, arrive: Callable[..., None]
) -> None:
    script = (
        'require ["editheader","variables"]; replaceheader :newvalue "[vu] ${1}" :matches "subject" "*";'
        ' addheader "X-Vu" "oui";'
    )
    admin.modify_account(address, zimbraSieveEditHeaderEnabled="TRUE", zimbraAdminSieveScriptBefore=script)
    arrive("Rapport")
    (found,) = mails.find(agent, "in:inbox")
    assert found.findtext("su") == "[vu] Rapport"
    raw = mails.get(agent, found.get("id"), raw="1").findtext("content")
    assert "X-Vu: oui\r\n" in raw


def test_outgoing_rules_say_where_the_copy_goes(agent: Wire, other: Wire, address: str) -> None:
    test = '<headerTest header="subject" stringComparison="is" value="Projet"/>'
    actions = '<actionFileInto folderPath="Projets"/><actionTag tagName="envoi"/>'
    modify(agent, rule("r", test, actions), kind="Outgoing")
    mails.send(agent, f"autre.{address}", "Projet")
    mails.send(agent, f"autre.{address}", "Autre")
    assert places(agent) == ["/Projets", "/Sent"]
    assert mails.subjects(agent, "tag:envoi") == ["Projet"]
    assert mails.subjects(other) == ["Autre", "Projet"]


def test_outgoing_rules_write_no_letters(agent: Wire, other: Wire, address: str) -> None:
    modify(agent, rule("r", ALWAYS, f'<actionRedirect a="autre.{address}"/>'), kind="Outgoing")
    mails.send(agent, address, "Pour moi")
    assert places(other) == []
    assert "/Sent" in places(agent)


def test_added_message_is_not_filtered(agent: Wire) -> None:
    modify(agent, rule("r", ALWAYS, "<actionDiscard/>"))
    mails.add(agent)
    assert places(agent) == ["/Inbox"]


def test_rule_follows_a_folder_renamed_by_imap(
    agent: Wire, simulator: SimulatorServer, address: str, arrive: Callable[..., None]
) -> None:
    modify(agent, rule("r", ALWAYS, '<actionFileInto folderPath="Un/Deux"/>'))
    arrive()
    with mail_program(simulator, address) as client:
        client.rename_folder("Un", "Nouveau")
        arrive()
        assert places(agent) == ["/Nouveau/Deux", "/Nouveau/Deux"]
        client.rename_folder("Nouveau/Deux", "Trois")
        client.delete_folder("Trois")
    arrive()
    assert places(agent) == ["/Inbox"]
    assert shown(agent)[0].get("active") == "0"


def test_folder_is_named_by_the_subject(agent: Wire, admin: Wire, address: str, arrive: Callable[..., None]) -> None:
    script = 'require ["fileinto","variables"]; if header :matches "subject" "[*]*" { fileinto "Listes/${1}"; }'
    admin.modify_account(address, zimbraMailSieveScript=script)
    arrive("[dsi  reunion] Panne")
    assert places(agent) == ["/Listes/dsi  reunion"]
