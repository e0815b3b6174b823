import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch, fault
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types.elements import Other
from zimbra.types.filter_actions import ACTIONS, FileInto, Flag, Keep, Log, Notify, Redirect, Reject, Reply, Stop, Tag
from zimbra.types.filter_tests import (
    TESTS,
    AddressTest,
    AttachmentTest,
    DateTest,
    EnvelopeTest,
    HeaderTest,
    InviteTest,
    SizeTest,
    TrueTest,
)
from zimbra.types.filters import Applied, FilterRule, RuleBody
from zimbra.verbs.filter_elements import read_rules, rules_xml
from zimbra.verbs.filters import ALWAYS_APPLIED, BAD_NAME, DUPLICATE_NAME

ANSWER = """<GetFilterRulesResponse xmlns="urn:zimbraMail"><filterRules>
<filterRule name="Listes &amp; co" active="1" since="9"><filterVariables index="0">
    <filterVariable index="1" name="b" value="2"/><filterVariable index="0" name="a" value="1"/></filterVariables>
  <filterTests condition="anyof">
    <headerTest index="2" header="subject" stringComparison="contains" value="[dsi]" negative="1"/>
    <headerTest index="0" header="x-spam" countComparison="gt" valueComparisonComparator="i;ascii-numeric" value="3"/>
    <addressTest index="1" header="from,to" part="domain" stringComparison="is" value="b.fr" caseSensitive="0"/>
    <inviteTest index="3"><method>request</method><method>cancel</method></inviteTest>
    <sizeTest index="4" numberComparison="over" s="10K"/><dateTest index="5" dateComparison="before" d="1700000000"/>
    <sunspotTest index="6" activity="high"><deep a="1">é<b/></deep></sunspotTest>
    <headerTest index="7" header="subject" stringComparison="is" value="x" phase="moon"/>
  </filterTests>
  <filterActions><actionStop index="9"/><actionFileInto index="1" folderPath="/Listes/DSI" copy="0"/>
    <actionNotify index="2" a="a@b.fr" su="Vu" maxBodySize="-1" origHeaders="*"><content>a
b</content></actionNotify><actionLog index="3" level="info">ligne</actionLog>
    <actionReply index="4"><content/></actionReply></filterActions></filterRule>
<filterRule name="Imbriquée" active="0"><filterTests condition="allof"><trueTest index="0"/></filterTests>
  <nestedRule><filterTests condition="allof"><attachmentTest index="0"/></filterTests>
    <filterActions><actionKeep index="0"/></filterActions></nestedRule></filterRule>
</filterRules></GetFilterRulesResponse>"""


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


def there_and_back(*rules: FilterRule) -> tuple[FilterRule, ...]:
    return read_rules(soap.parse(f'<R xmlns="urn:zimbraMail">{rules_xml(rules)}</R>'.encode()))


def test_filters_reads_kinds_values_and_order() -> None:
    lists, nested = client(ScriptedTransport(lambda _: ANSWER)).filters()
    assert (lists.name, lists.active, lists.condition) == ("Listes & co", True, "anyof")
    assert lists.variables == (("a", "1"), ("b", "2"))
    assert lists.more_attributes == (("since", "9"),)
    assert lists.tests[:6] == (
        HeaderTest("x-spam", "3", "", count_comparison="gt", comparator="i;ascii-numeric"),
        AddressTest("from,to", "b.fr", "domain", "is"),
        HeaderTest("subject", "[dsi]", negative=True),
        InviteTest(("request", "cancel")),
        SizeTest("over", "10K"),
        DateTest("before", 1_700_000_000),
    )
    assert lists.actions == (
        FileInto("/Listes/DSI"),
        Notify("a@b.fr", "Vu", "a\nb", -1, "*"),
        Log("ligne", "info"),
        Reply(""),
        Stop(),
    )
    assert not nested.active
    assert (nested.tests, nested.actions) == ((TrueTest(),), ())
    assert nested.nested == RuleBody((AttachmentTest(),), (Keep(),))


def test_what_the_types_do_not_know_is_kept_whole() -> None:
    rules = client(ScriptedTransport(lambda _: ANSWER)).filters()
    unknown, unknown_attribute = rules[0].tests[6:]
    assert isinstance(unknown, Other)
    assert (unknown.element, unknown.attributes) == ("sunspotTest", (("activity", "high"),))
    assert isinstance(unknown_attribute, Other)
    assert dict(unknown_attribute.attributes)["phase"] == "moon"
    assert there_and_back(*rules) == rules


def test_replace_numbers_what_it_sends_and_keeps_what_it_read() -> None:
    transport = ScriptedTransport(
        lambda request: ANSWER if soap.local_name(request).startswith("Get") else "<ModifyFilterRulesResponse/>"
    )
    used = client(transport)
    used.replace_filters(used.filters())
    sent = transport.requests[1]
    tests, actions = sent[0][0][1], sent[0][0][2]
    assert [one.get("index") for one in tests] == [str(n) for n in range(8)]
    assert [soap.local_name(one) for one in actions][-1] == "actionStop"
    assert [one.get("activity") for one in tests if soap.local_name(one) == "sunspotTest"] == ["high"]
    assert [soap.local_name(one) for one in tests[6]] == ["deep"]
    assert tests[3].get("negative") is None
    assert tests[2].get("negative") == "1"
    # The server puts aside what it has no class for, so that nothing may be sent that it would read as a wider rule.
    assert {one.get("stringComparison") for one in soap.children(tests, "headerTest")} == {None, "contains", "is"}


def test_outgoing_rules_have_their_own_requests() -> None:
    transport = ScriptedTransport(lambda request: f"<{soap.local_name(request).removesuffix('Request')}Response/>")
    used = client(transport)
    assert used.filters("outgoing") == ()
    used.replace_filters([], "outgoing")
    assert [soap.local_name(one) for one in transport.requests] == [
        "GetOutgoingFilterRulesRequest",
        "ModifyOutgoingFilterRulesRequest",
    ]


@each(
    ("rules", "code"),
    [
        ([FilterRule(name="a\nb")], BAD_NAME),
        ([FilterRule(name="a\u2028b")], BAD_NAME),
        ([FilterRule(name="  ")], BAD_NAME),
        ([FilterRule(name="a"), FilterRule(name="a")], DUPLICATE_NAME),
        ([FilterRule(actions=(Keep(),), name="a", active=False)], ALWAYS_APPLIED),
    ],
)
def test_rules_that_would_not_come_back_as_they_are_are_not_sent(rules: list[FilterRule], code: str) -> None:
    transport = ScriptedTransport(lambda _: "")
    with pytest.raises(Refused) as caught:
        client(transport).replace_filters(rules)
    assert caught.value.code == code
    assert transport.requests == []


def test_names_people_write_are_sent() -> None:
    rules = [FilterRule(name="Réunion : « été »\u00a0! 🌴"), FilterRule(name="réunion")]
    assert there_and_back(*rules) == tuple(rules)
    client(ScriptedTransport(lambda _: "<ModifyFilterRulesResponse/>")).replace_filters(rules)


def keeping(rules: list[FilterRule]) -> ScriptedTransport:
    """A server that keeps the rules it is sent."""

    def answer(request: soap.Element) -> str:
        if soap.local_name(request) == "ModifyFilterRulesRequest":
            rules[:] = read_rules(request)
            return "<ModifyFilterRulesResponse/>"
        return f"<GetFilterRulesResponse>{rules_xml(rules)}</GetFilterRulesResponse>"

    return ScriptedTransport(answer)


def test_put_filter_replaces_in_place_or_adds() -> None:
    kept = [FilterRule(name=name, actions=(Keep(),)) for name in "ab"]
    used = client(keeping(kept))
    used.put_filter(FilterRule(name="a", actions=(Stop(),)))
    used.put_filter(FilterRule(name="c"))
    used.put_filter(FilterRule(name="d"), first=True)
    assert [(rule.name, rule.actions) for rule in kept] == [("d", ()), ("a", (Stop(),)), ("b", (Keep(),)), ("c", ())]


def test_delete_filter_takes_one_away() -> None:
    kept = [FilterRule(name=name) for name in "ab"]
    used = client(keeping(kept))
    used.delete_filter("a")
    assert [rule.name for rule in kept] == ["b"]
    with pytest.raises(NotFound):
        used.delete_filter("a")


def applied(child: soap.Element) -> str:
    ids = child[1].get("ids") or ""
    number = child.get("requestId")
    return f'<ApplyFilterRulesResponse requestId="{number}"><m ids="{ids[:3]}"/></ApplyFilterRulesResponse>'


def test_apply_filters_goes_in_pieces_and_tells_who_was_affected() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, applied))
    result = client(transport).apply_filters(["a & b"], [str(n) for n in range(100, 1101)])
    assert result == Applied(("100", "600", "110"))
    assert [request.get("name") for request in transport.requests[0][0][0]] == ["a & b"]
    assert not transport.sent[0].repeatable


def test_apply_filters_tells_what_is_not_known() -> None:
    def second_fails(child: soap.Element) -> str:
        return fault("service.FAILURE", "1") if child.get("requestId") == "1" else applied(child)

    transport = ScriptedTransport(lambda batch: answer_batch(batch, second_fails))
    result = client(transport).apply_filters(["a"], [str(n) for n in range(100, 700)])
    assert (result.affected, len(result.unsettled), result.code) == (("100",), 100, "service.FAILURE")


def test_apply_filters_refused_as_a_whole_raises() -> None:
    transport = ScriptedTransport(
        lambda batch: answer_batch(batch, lambda one: fault("service.INVALID_REQUEST", one.get("requestId")))
    )
    with pytest.raises(Refused):
        client(transport).apply_filters(["none"], ["257"])


def test_apply_filters_to_nothing_sends_nothing() -> None:
    transport = ScriptedTransport(lambda _: '<SearchResponse more="0"/>')
    assert client(transport).apply_filters_to_query(["a"], "in:inbox") == Applied()
    assert len(transport.requests) == 1


texts = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20)
some_tests = st.one_of(
    st.builds(HeaderTest, texts, texts, st.sampled_from(["is", "contains", "matches"]), st.booleans()),
    st.builds(EnvelopeTest, st.just("from"), texts, negative=st.booleans()),
    st.builds(InviteTest, st.lists(st.sampled_from(["request", "reply"])).map(tuple)),
    st.builds(SizeTest, st.sampled_from(["over", "under"]), st.just("5M"), negative=st.booleans()),
)
some_actions = st.one_of(
    st.builds(FileInto, texts, st.booleans()),
    st.builds(Redirect, texts, st.booleans()),
    st.builds(Reject, texts),
    st.builds(Reply, texts),
    st.builds(Tag, texts),
    st.builds(Flag, st.sampled_from(["read", "flagged"])),
)


@given(
    st.lists(some_tests, max_size=4).map(tuple),
    st.lists(some_actions, max_size=4).map(tuple),
    st.sampled_from(["allof", "anyof"]),
)
def test_typed_rules_come_back_as_they_were_written(tests: tuple, actions: tuple, condition: str) -> None:
    rule = FilterRule(tests, actions, condition, name="r", nested=RuleBody(tests, actions))
    assert there_and_back(rule) == (rule,)


def test_no_two_classes_travel_as_one_element() -> None:
    names = [kind.ELEMENT for kind in (*TESTS, *ACTIONS)]
    assert len(set(names)) == len(names)


ELEMENTS = [kind.ELEMENT for kind in (*TESTS, *ACTIONS)]
words = st.sampled_from(["", "0", "1", "true", "is", "10", "-5", "é & <b>", "x\ny"])
attributes = st.dictionaries(
    st.sampled_from(["index", "negative", "header", "value", "stringComparison", "copy", "d", "s", "a", "maxBodySize"]),
    words,
    max_size=4,
)
inside = st.sampled_from(
    ["", "texte", "<method>a</method>", "<content>a</content>", "<content><b/></content>", "<z q='1'/>"]
)


@st.composite
def elements(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from([*ELEMENTS, "sunspotTest"]))
    return f"<{name}{soap.attributes(draw(attributes))}>{draw(inside)}</{name}>"


@given(st.lists(elements(), max_size=4), st.lists(elements(), max_size=4))
def test_whatever_the_server_says_is_kept(tests: list[str], actions: list[str]) -> None:
    written = (
        f'<R><filterRules><filterRule name="a"><filterTests>{"".join(tests)}</filterTests>'
        f"<filterActions>{''.join(actions)}</filterActions></filterRule></filterRules></R>"
    )
    first = read_rules(soap.parse(written.encode()))
    again = there_and_back(*first)
    assert there_and_back(*again) == again
    for before, after in zip((*first[0].tests, *first[0].actions), (*again[0].tests, *again[0].actions), strict=True):
        if isinstance(before, Other):
            # Only the declaration of the namespace it came in may be added.
            assert isinstance(after, Other)
            assert (after.element, after.attributes) == (before.element, before.attributes)
        else:
            assert after == before
