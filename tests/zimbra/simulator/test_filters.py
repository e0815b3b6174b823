from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.filter_rules import SCRIPT, attribute, modify, rule, shown
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.server import SimulatorServer

# --- shown and replaced --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "Outgoing"])
def test_fresh_account_has_no_rules(agent: Wire, kind: str) -> None:
    assert len(shown(agent, kind)) == 0


@pytest.mark.parametrize("kind", ["", "Outgoing"])
def test_rules_are_shown_as_they_were_given(agent: Wire, kind: str) -> None:
    tests = '<headerTest header="subject,x-a" stringComparison="contains" value="DSI" negative="1"/><attachmentTest/>'
    actions = '<actionFileInto folderPath="/Inbox/A"/><actionFlag flagName="flagged"/><actionStop/>'
    modify(agent, rule("première", tests, actions), rule("seconde", active="0"), kind=kind)
    one, two = shown(agent, kind)
    assert (one.get("name"), one.get("active")) == ("première", "1")
    assert (two.get("name"), two.get("active")) == ("seconde", "0")
    assert one.find("filterTests").get("condition") == "anyof"
    header, attachment = one.find("filterTests")
    assert dict(header.attrib) == {
        "header": "subject,x-a", "stringComparison": "contains", "value": "DSI", "negative": "1", "index": "0",
    }  # fmt: skip
    assert dict(attachment.attrib) == {"index": "1"}
    assert [(found.tag, found.get("index")) for found in one.find("filterActions")] == [
        ("actionFileInto", "0"), ("actionFlag", "1"), ("actionStop", "2"),
    ]  # fmt: skip
    assert one.find("filterActions/actionFileInto").get("copy") == "0"


def test_incoming_and_outgoing_rules_are_apart(agent: Wire) -> None:
    modify(agent, rule("arrive"))
    modify(agent, rule("part"), kind="Outgoing")
    assert [one.get("name") for one in shown(agent)] == ["arrive"]
    assert [one.get("name") for one in shown(agent, "Outgoing")] == ["part"]


def test_rules_given_replace_all_there_were(agent: Wire) -> None:
    modify(agent, rule("une"), rule("deux"))
    modify(agent, rule("trois"))
    assert [one.get("name") for one in shown(agent)] == ["trois"]
    modify(agent)
    assert len(shown(agent)) == 0


def test_rules_are_a_script_of_the_account(agent: Wire, admin: Wire, address: str) -> None:
    modify(agent, rule("une", '<addressTest header="from" part="domain" stringComparison="is" value="a.fr"/>'))
    assert attribute(admin, address).endswith(
        '\n\n# une\nif anyof (address :domain :is :comparator "i;ascii-casemap" ["from"] "a.fr") {\n    keep;\n}\n'
    )


def test_script_of_the_account_is_shown_as_rules(agent: Wire, admin: Wire, address: str) -> None:
    script = (
        'require ["fileinto"];\n# à la main\nif header :matches ["Subject"] "*" {\n'
        '  if anyof (address "From" "b@c.fr", size :over 100k) { fileinto "x"; stop; }\n}\ntag "y";\n'
    )
    admin.modify_account(address, **{SCRIPT: script})
    one, two = shown(agent)
    assert one.get("name") == "à la main"
    assert one.find("filterTests").get("condition") is None
    assert one.find("filterTests/headerTest").get("header") == "Subject"
    assert one.find("nestedRule/filterTests").get("condition") == "anyof"
    assert one.find("nestedRule/filterTests/sizeTest").get("s") == "100k"
    assert one.find("nestedRule/filterActions/actionStop").get("index") == "1"
    assert two.get("name") is None
    assert two.find("filterActions/actionTag").get("tagName") == "y"


def test_bad_script_of_the_account_is_a_fault(agent: Wire, admin: Wire, address: str) -> None:
    admin.modify_account(address, **{SCRIPT: "if {"})
    with pytest.raises(Fault) as refused:
        shown(agent)
    assert refused.value.code == "service.PARSE_ERROR"


def test_variables_and_nested_rules_come_back(agent: Wire) -> None:
    below = (
        '<nestedRule><filterTests condition="allof"><bulkTest/></filterTests><filterActions><actionDiscard/>'
        '<filterVariables><filterVariable name="w" value="2"/></filterVariables></filterActions></nestedRule>'
    )
    whole = (
        '<filterRule name="r" active="1"><filterVariables><filterVariable name="v" value="1"/></filterVariables>'
        f"<filterTests><trueTest/></filterTests>{below}</filterRule>"
    )
    modify(agent, whole)
    (found,) = shown(agent)
    assert found.find("filterVariables/filterVariable").attrib == {"name": "v", "value": "1"}
    assert found.find("filterTests").get("condition") == "allof"
    assert found.find("nestedRule/filterActions/filterVariables/filterVariable").get("name") == "w"
    assert found.find("nestedRule/filterActions/actionDiscard") is not None


def test_texts_of_actions_come_back(agent: Wire) -> None:
    actions = (
        "<actionReply><content>Bien reçu.\n.</content></actionReply>"
        '<actionNotify a="x@y.fr" su="Vu" maxBodySize="20" origHeaders="From,To"><content>${SUBJECT}</content>'
        '</actionNotify><actionRFCCompliantNotify importance="2"><method>mailto:a@b.fr?body=x</method>'
        '</actionRFCCompliantNotify><actionLog level="info">noté</actionLog><actionReject>Non.</actionReject>'
    )
    modify(agent, rule("r", actions=actions))
    found = shown(agent).find("filterRule/filterActions")
    assert found.findtext("actionReply/content").replace("\r", "") == "Bien reçu.\n."
    assert found.findtext("actionNotify/content") == "${SUBJECT}"
    assert (found.find("actionNotify").get("maxBodySize"), found.find("actionNotify").get("origHeaders")) == (
        "20", "From,To",
    )  # fmt: skip
    assert found.findtext("actionRFCCompliantNotify/method") == "mailto:a@b.fr?body=x"
    assert (found.find("actionLog").get("level"), found.findtext("actionLog")) == ("info", "noté")
    assert found.findtext("actionReject") == "Non."


def test_rules_in_json(agent: Wire) -> None:
    wanted = {
        "filterRules": [
            {
                "filterRule": [
                    {
                        "name": "json",
                        "active": True,
                        "filterTests": [
                            {"condition": "allof", "bodyTest": [{"value": "x", "caseSensitive": True}]}
                        ],
                        "filterActions": [{"actionReply": [{"content": [{"_content": "oui"}]}], "actionStop": [{}]}],
                    }
                ]
            }
        ]
    }  # fmt: skip
    agent.json("ModifyFilterRulesRequest", "urn:zimbraMail", wanted)
    answer = agent.json("GetFilterRulesRequest", "urn:zimbraMail", {})
    (found,) = answer["filterRules"][0]["filterRule"]
    assert (found["name"], found["active"]) == ("json", True)
    assert found["filterTests"] == [
        {"condition": "allof", "bodyTest": [{"value": "x", "caseSensitive": True, "index": 0}]}
    ]
    assert found["filterActions"] == [
        {"actionReply": [{"index": 0, "content": [{"_content": "oui"}]}], "actionStop": [{"index": 1}]}
    ]


def test_unknown_tests_and_actions_are_passed_over(agent: Wire) -> None:
    modify(agent, rule("r", "<trueTest/><headerExistTest header='x'/>", "<actionKeep/><actionExplode/>"))
    (found,) = shown(agent)
    assert [one.tag for one in found.find("filterTests")] == ["trueTest"]
    assert [one.tag for one in found.find("filterActions")] == ["actionKeep"]


def test_rule_without_tests_always_applies(agent: Wire, admin: Wire, address: str) -> None:
    modify(agent, '<filterRule name="r" active="0"><filterActions><actionStop/></filterActions></filterRule>')
    assert attribute(admin, address).endswith("\n\n# r\nstop;\n")


@each(
    ("given", "code"),
    [
        (rule(tests='<headerTest header="" stringComparison="is" value="x"/>'), "INVALID_REQUEST"),
        (rule(tests='<headerTest header="a" stringComparison="matches" value="*****"/>'), "INVALID_REQUEST"),
        (rule(tests='<headerTest header="a" stringComparison="like" value="x"/>'), "PARSE_ERROR"),
        (rule(tests='<sizeTest numberComparison="over" s="dix"/>'), "INVALID_REQUEST"),
        (rule(tests='<inviteTest><method>rien</method></inviteTest>'), "PARSE_ERROR"),
        (rule(tests='<flaggedTest flagName="blue"/>'), "PARSE_ERROR"),
        (rule(actions='<actionFileInto folderPath=""/>'), "INVALID_REQUEST"),
        (rule(actions="<actionTag/>"), "INVALID_REQUEST"),
        (rule(actions=""), "INVALID_REQUEST"),
        (rule(actions="<actionReject/>"), "PARSE_ERROR"),
        (rule(actions='<actionLog>un "mot"</actionLog>'), "PARSE_ERROR"),
        (rule(actions="<actionAddheader><headerName>X</headerName><headerValue>y</headerValue></actionAddheader>"),
         "PARSE_ERROR"),
        (rule(name="a\nb"), "PARSE_ERROR"),
        ('<filterRule active="1"><filterActions><actionKeep/></filterActions></filterRule>', "INVALID_REQUEST"),
        ('<filterRule name="a" active="1"><filterTests><trueTest/></filterTests></filterRule>', "INVALID_REQUEST"),
        ('<filterRule name="a" active="1"><filterVariables><filterVariable name="v 1" value="x"/></filterVariables>'
         "<filterActions><actionKeep/></filterActions></filterRule>", "PARSE_ERROR"),
    ],
)  # fmt: skip
def test_bad_rule_changes_nothing(agent: Wire, given: str, code: str) -> None:
    modify(agent, rule("avant"))
    with pytest.raises(Fault) as refused:
        modify(agent, given)
    assert refused.value.code == f"service.{code}"
    assert [one.get("name") for one in shown(agent)] == ["avant"]


def test_fault_says_whether_the_script_was_read(agent: Wire) -> None:
    with pytest.raises(Fault) as refused:
        modify(agent, rule(tests='<flaggedTest flagName="blue"/>'))
    assert refused.value.text == "parse error: evaluating Sieve script"
    with pytest.raises(Fault) as refused:
        modify(agent, rule(actions='<actionLog>un "mot</actionLog>'))
    assert refused.value.text == "parse error: parsing Sieve script"


def test_size_of_the_script_is_limited(agent: Wire, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMailSieveScriptMaxSize="400")
    modify(agent, rule("r"))
    with pytest.raises(Fault) as refused:
        modify(agent, rule("r" * 400))
    assert refused.value.code == "service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION"
    assert refused.value.side == "soap:Receiver"


def test_rules_of_others_are_not_shown(agent: Wire, admin: Wire, simulator: SimulatorServer) -> None:
    admin.create_account("filtres.autre@ac-reunion.fr")
    context = '<account by="name">filtres.autre@ac-reunion.fr</account>'
    for request in ("<GetFilterRulesRequest/>", "<ModifyFilterRulesRequest><filterRules/></ModifyFilterRulesRequest>"):
        with pytest.raises(Fault) as refused:
            agent.mail(request, context=context)
        assert refused.value.code == "service.PERM_DENIED"


# --- the administrator's -------------------------------------------------------------------------------------------


def _admin_rules(admin: Wire, request: str, target: str, rules: str = "", when: str = "before") -> Any:
    return admin.admin(f'<{request} type="{when}">{target}{rules}</{request}>')


@pytest.mark.parametrize(
    ("when", "kind", "name"),
    [
        ("before", "", "zimbraAdminSieveScriptBefore"), ("after", "", "zimbraAdminSieveScriptAfter"),
        ("before", "Outgoing", "zimbraAdminOutgoingSieveScriptBefore"),
        ("after", "Outgoing", "zimbraAdminOutgoingSieveScriptAfter"),
    ],
)  # fmt: skip
def test_administrator_sets_rules_around_a_users(admin: Wire, address: str, when: str, kind: str, name: str) -> None:
    target = f'<account by="name">{address}</account>'
    header = "<actionAddheader><headerName>X</headerName><headerValue>y</headerValue></actionAddheader>"
    given = f"<filterRules>{rule('admin', actions=header)}</filterRules>"
    _admin_rules(admin, f"Modify{kind}FilterRulesRequest", target, given, when)
    answer = _admin_rules(admin, f"Get{kind}FilterRulesRequest", target, when=when)
    (found,) = answer.find("filterRules")
    assert found.get("name") == "admin"
    assert found.findtext("filterActions/actionAddheader/headerName") == "X"
    assert 'addheader "X" "y";' in attribute(admin, address, name)


@pytest.mark.parametrize(("last", "shown_as"), [("1", "true"), ("true", "true"), ("0", None), ("non", None)])
def test_place_of_a_new_header_is_shown_when_it_is_the_last(
    admin: Wire, address: str, last: str, shown_as: str | None
) -> None:
    target = f'<account by="name">{address}</account>'
    texts = "<headerName>X</headerName><headerValue>y</headerValue>"
    given = rule("admin", actions=f'<actionAddheader last="{last}">{texts}</actionAddheader>')
    _admin_rules(admin, "ModifyFilterRulesRequest", target, f"<filterRules>{given}</filterRules>")
    answer = _admin_rules(admin, "GetFilterRulesRequest", target)
    assert answer.find("filterRules/filterRule/filterActions/actionAddheader").get("last") == shown_as


def test_administrators_rules_are_in_the_namespace_of_mail(admin: Wire, address: str) -> None:
    target = f'<account by="name">{address}</account>'
    _admin_rules(admin, "ModifyFilterRulesRequest", target, f"<filterRules>{rule()}</filterRules>")
    envelope = admin.envelope(
        f'<GetFilterRulesRequest xmlns="urn:zimbraAdmin" type="before">{target}</GetFilterRulesRequest>'
    )
    _, _, data = admin.send("POST", "/service/admin/soap", envelope)
    assert b'<filterTests xmlns="urn:zimbraMail"' in data


def test_rules_of_a_domain_are_those_of_its_accounts(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>filtres.example</name></CreateDomainRequest>")
    admin.create_account("x@filtres.example")
    target = '<domain by="name">filtres.example</domain>'
    _admin_rules(admin, "ModifyFilterRulesRequest", target, f"<filterRules>{rule('domaine')}</filterRules>")
    for one in (target, '<account by="name">x@filtres.example</account>'):
        answer = _admin_rules(admin, "GetFilterRulesRequest", one)
        assert [found.get("name") for found in answer.find("filterRules")] == ["domaine"]
    script = "zimbraAdminSieveScriptBefore"
    assert "# domaine" in attribute(admin, "x@filtres.example", script)
    alone = '<GetAccountRequest applyCos="0"><account>x@filtres.example</account></GetAccountRequest>'
    assert script not in [one.get("n") for one in admin.admin(alone).iter("a")]


@each(
    ("target", "when", "code"),
    [
        ('<account by="name">personne@ac-reunion.fr</account>', "before", "account.NO_SUCH_ACCOUNT"),
        ('<domain by="name">nulle-part.example</domain>', "before", "account.NO_SUCH_DOMAIN"),
        ('<cos by="name">aucune</cos>', "after", "account.NO_SUCH_COS"),
        ("", "before", "service.INVALID_REQUEST"),
        ('<account by="name">admin@ac-reunion.fr</account>', "during", "service.INVALID_REQUEST"),
    ],
)
def test_administrator_must_say_whose_and_when(admin: Wire, target: str, when: str, code: str) -> None:
    with pytest.raises(Fault) as refused:
        _admin_rules(admin, "GetFilterRulesRequest", target, when=when)
    assert refused.value.code == code


def test_users_do_not_set_administrators_rules(agent: Wire, address: str) -> None:
    with pytest.raises(Fault) as refused:
        _admin_rules(agent, "GetFilterRulesRequest", f'<account by="name">{address}</account>')
    assert refused.value.code == "service.PERM_DENIED"
