"""Filter rules and what is stored: folders and tags they name, messages they are applied to."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest

from tests.each import each
from tests.zimbra.simulator import mails
from tests.zimbra.simulator.filter_rules import SCRIPT, apply, attribute, modify, rule, shown
from tests.zimbra.simulator.wire import Fault, Wire

# --- folders and tags ----------------------------------------------------------------------------------------------


def _folder(wire: Wire, name: str, parent: str = "1") -> str:
    answer = wire.mail(f'<CreateFolderRequest><folder name="{name}" l="{parent}"/></CreateFolderRequest>')
    return answer.find("folder").get("id")


def _act(wire: Wire, op: str, item: str, **attrs: str) -> None:
    mails.act(wire, op, item, request="FolderActionRequest", **attrs)


def test_rule_follows_a_renamed_folder(agent: Wire) -> None:
    folder = _folder(agent, "Anciens")
    _folder(agent, "Sous", folder)
    actions = '<actionFileInto folderPath="Anciens/Sous"/><actionFileInto folderPath="Anciens et plus"/>'
    modify(agent, rule("r", actions=actions))
    modify(agent, rule("s", actions=actions), kind="Outgoing")
    _act(agent, "rename", folder, name="Nouveaux")
    for kind in ("", "Outgoing"):
        one, two = shown(agent, kind).find("filterRule/filterActions")
        assert (one.get("folderPath"), two.get("folderPath")) == ("/Nouveaux/Sous", "Anciens et plus")


def test_rule_follows_a_moved_folder(agent: Wire) -> None:
    folder = _folder(agent, "A")
    modify(agent, rule("r", actions='<actionFileInto folderPath="/A"/>'))
    _act(agent, "move", folder, l="2")
    assert shown(agent).find("filterRule/filterActions/actionFileInto").get("folderPath") == "/Inbox/A"


@pytest.mark.parametrize("op", ["trash", "delete"])
def test_rule_of_a_folder_that_goes_is_put_out_of_use(agent: Wire, op: str) -> None:
    folder = _folder(agent, "A")
    modify(agent, rule("va", actions='<actionFileInto folderPath="/A/B"/>'), rule("reste"))
    _act(agent, op, folder)
    assert [(one.get("name"), one.get("active")) for one in shown(agent)] == [("va", "0"), ("reste", "1")]
    assert shown(agent).find("filterRule/filterActions/actionFileInto").get("folderPath") == "/A/B"


def test_change_of_colour_leaves_the_script_alone(agent: Wire, admin: Wire, address: str) -> None:
    folder = _folder(agent, "A")
    script = 'require "fileinto";\n# r\nif true { fileinto "/A"; }'
    admin.modify_account(address, **{SCRIPT: script})
    _act(agent, "color", folder, color="3")
    assert attribute(admin, address) == script


def test_rule_follows_a_renamed_tag_and_ends_with_it(agent: Wire) -> None:
    tag = agent.mail('<CreateTagRequest><tag name="un"/></CreateTagRequest>').find("tag").get("id")
    modify(agent, rule("r", actions='<actionTag tagName="un"/>'))
    mails.act(agent, "rename", tag, request="TagActionRequest", name="deux")
    (found,) = shown(agent)
    assert (found.find("filterActions/actionTag").get("tagName"), found.get("active")) == ("deux", "1")
    mails.act(agent, "delete", tag, request="TagActionRequest")
    assert shown(agent).find("filterRule").get("active") == "0"


# --- applied to what is there --------------------------------------------------------------------------------------


def _where(wire: Wire, subject: str) -> set[str]:
    """The folders of the messages with a subject."""
    return {one.get("l") for one in mails.find(wire, f"is:anywhere subject:{subject}")}


def test_stored_messages_are_filed(agent: Wire) -> None:
    one = mails.add(agent, mails.letter("facture")).get("id")
    other = mails.add(agent, mails.letter("bonjour")).get("id")
    modify(agent, rule("r", '<headerTest header="subject" stringComparison="is" value="facture"/>',
                       '<actionFileInto folderPath="Factures"/>'))  # fmt: skip
    assert apply(agent, "r", f'<m ids="{one},{other}"/>') == [one]
    folder = agent.mail('<GetFolderRequest><folder path="/Factures"/></GetFolderRequest>').find("folder").get("id")
    assert _where(agent, "facture") == {folder}
    assert _where(agent, "bonjour") == {"2"}


def test_stored_messages_are_found_by_a_query(agent: Wire) -> None:
    one = mails.add(agent, mails.letter("facture")).get("id")
    mails.add(agent, mails.letter("bonjour"))
    modify(agent, rule("r", actions='<actionTag tagName="vu"/><actionFlag flagName="flagged"/>'))
    assert apply(agent, "r", "<query>subject:facture</query>") == [one]
    (found,) = mails.find(agent, "tag:vu")
    assert found.get("id") == one
    assert "f" in found.get("f")
    # Nothing is left to be done.
    assert apply(agent, "r", "<query>subject:facture</query>") == []


def test_stored_message_is_kept_where_it_is(agent: Wire) -> None:
    folder = _folder(agent, "A")
    one = mails.add(agent, mails.letter("facture"), folder=folder).get("id")
    modify(agent, rule("r", actions='<actionKeep/><actionFileInto folderPath="B"/>'))
    assert apply(agent, "r", f'<m ids="{one}"/>') == [one]
    assert len(_where(agent, "facture")) == 2
    assert folder in _where(agent, "facture")


def test_stored_message_is_discarded(agent: Wire) -> None:
    one = mails.add(agent, mails.letter("facture")).get("id")
    modify(agent, rule("r", actions="<actionDiscard/>"))
    assert apply(agent, "r", f'<m ids="{one}"/>') == [one]
    assert _where(agent, "facture") == set()


def test_letters_are_not_written_for_stored_messages(agent: Wire, address: str) -> None:
    one = mails.add(agent, mails.letter("facture")).get("id")
    actions = f'<actionRedirect a="{address}"/><actionReply><content>oui</content></actionReply>'
    modify(agent, rule("r", actions=actions))
    assert apply(agent, "r", f'<m ids="{one}"/>') == []
    assert [found.get("id") for found in mails.find(agent, "is:anywhere")] == [one]


def test_rules_are_applied_one_by_name(agent: Wire) -> None:
    one = mails.add(agent, mails.letter("facture")).get("id")
    modify(agent, rule("a", actions='<actionTag tagName="a"/>'), rule("b", actions='<actionTag tagName="b"/>'))
    assert apply(agent, "b", f'<m ids="{one}"/>') == [one]
    assert mails.find(agent, "subject:facture")[0].get("tn") == "b"


def test_outgoing_rules_are_applied_too(agent: Wire) -> None:
    one = mails.add(agent, mails.letter("facture"), folder="5").get("id")
    modify(agent, rule("r", actions='<actionTag tagName="envoi"/>'), kind="Outgoing")
    assert apply(agent, "r", f'<m ids="{one}"/>', "Outgoing") == [one]


def test_messages_that_are_gone_are_passed_over(agent: Wire) -> None:
    modify(agent, rule("r", actions='<actionTag tagName="a"/>'))
    assert apply(agent, "r", '<m ids="987654"/>') == []


@each(
    ("name", "what"),
    [
        ("inconnue", '<m ids="1"/>'), ("r", ""), ("r", '<m ids="1"/><query>in:inbox</query>'),
        ("r", '<m ids="x"/>'), ("r", "<query>in:nulle-part</query>"), ("r", "<m/>"),
    ],
)  # fmt: skip
def test_bad_wish_to_apply_is_refused(agent: Wire, name: str, what: str) -> None:
    modify(agent, rule("r"))
    with pytest.raises(Fault) as refused:
        apply(agent, name, what)
    assert refused.value.code == "service.INVALID_REQUEST"


def test_account_without_rules_has_none_to_apply(agent: Wire) -> None:
    with pytest.raises(Fault, match="no filter rules") as refused:
        apply(agent, "r", "<query>in:inbox</query>")
    assert refused.value.code == "service.INVALID_REQUEST"


def test_not_too_many_messages_at_once(agent: Wire, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraFilterBatchSize="1")
    for subject in ("un", "deux"):
        mails.add(agent, mails.letter(subject))
    modify(agent, rule("r", actions='<actionTag tagName="a"/>'))
    with pytest.raises(Fault) as refused:
        apply(agent, "r", "<query>in:inbox</query>")
    assert refused.value.code == "service.INVALID_REQUEST"
    assert len(mails.find(agent, "tag:a")) == 0


def test_escaping_survives(agent: Wire) -> None:
    value = 'a "b" \\ é & <c>'
    modify(agent, rule("r", f'<headerTest header="subject" stringComparison="is" value={quoteattr(value)}/>',
                       f"<actionReply><content>{escape(value)}</content></actionReply>"))  # fmt: skip
    (found,) = shown(agent)
    assert found.find("filterTests/headerTest").get("value") == value
    assert found.findtext("filterActions/actionReply/content") == value
