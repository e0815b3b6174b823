"""Rules made in Zimbra, in the quick form."""

from __future__ import annotations

from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import SourceRule
from bascule.filters.form_sieve import Field, FormRule, Join, Operator, sieve_of
from bascule.filters.form_zimbra import form_of_zimbra
from tests.each import each
from zimbra.types.filter_actions import Discard, FileInto, Flag, Keep, Redirect, Reject, Reply, Stop, Tag
from zimbra.types.filter_tests import (
    AddressTest,
    AttachmentTest,
    BodyTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    SizeTest,
    TrueTest,
)
from zimbra.types.filters import FilterRule, RuleBody

SUBJECT = HeaderTest("subject", "réunion")


FILED = (FileInto("/Listes/DSI"),)


def made(*tests, actions=FILED, condition="allof", **more) -> FilterRule:
    return FilterRule(tests, actions, condition, name="À moi", **more)


SAYABLE = [
    made(SUBJECT),
    made(SUBJECT, HeaderTest("From", "dsi", negative=True), condition="anyof"),
    made(AddressTest("from", "a@b.example")),
    made(HeaderTest("to,cc", "tous")),
    made(HeaderTest("subject", "[x]*", "matches"), actions=(Keep(), Stop())),
    made(SizeTest("over", "10M"), BodyTest("bonjour"), HeaderExistsTest("List-Id", negative=True)),
    made(SUBJECT, actions=(FileInto("A"), Flag("read"), Tag("Perso"), Stop())),
    made(SUBJECT, actions=(Discard(),)),
    made(SUBJECT, actions=(Reject("Non merci"),)),
    made(TrueTest(), actions=(Flag("flagged"),)),
    made(actions=(Flag("flagged"),)),
]
BEYOND = [
    made(AttachmentTest()),
    made(EnvelopeTest("from", "a@b.example")),
    made(AddressTest("from", "b.example", "domain")),
    made(AddressTest("from", "dupont", comparison="contains")),
    made(HeaderTest("subject", "a", case_sensitive=True)),
    made(HeaderTest("subject", "a*b", "matches", negative=True)),
    made(HeaderTest("subject", "a;b")),
    made(HeaderTest("subject", "3", "", value_comparison="gt", comparator="i;ascii-numeric")),
    made(TrueTest(negative=True)),
    made(SUBJECT, nested=RuleBody((SUBJECT,), (Keep(),))),
    made(SUBJECT, actions=(FileInto("A", copy=True),)),
    made(SUBJECT, actions=(Flag("priority"),)),
    made(SUBJECT, actions=(Redirect("x@y.example"),)),
    made(SUBJECT, actions=(Reply("Absent"),)),
    made(SUBJECT, actions=(Stop(), FileInto("A"))),
    made(SUBJECT, actions=()),
    made(SUBJECT, variables=(("a", "b"),)),
]


@each("rule", SAYABLE, ids=repr)
def test_form_says_the_rule_and_gives_it_back(rule: FilterRule) -> None:
    form = form_of_zimbra(rule)
    assert form is not None
    [back] = convert(SourceRule(sieve_of(form), rule.name), domain="academie.example").rules
    assert {type(one) for one in back.tests} == {type(one) for one in rule.tests or (TrueTest(),)}
    assert len(back.actions) == len(rule.actions)
    assert back.name == rule.name


@each("rule", BEYOND, ids=repr)
def test_what_the_form_cannot_say_has_none(rule: FilterRule) -> None:
    assert form_of_zimbra(rule) is None


def test_form_has_the_words_of_the_rule() -> None:
    form = form_of_zimbra(made(SUBJECT, HeaderTest("from", "x", "is"), condition="anyof"))
    assert isinstance(form, FormRule)
    assert (form.join, form.folder) == (Join.ANY, "Listes/DSI")
    assert [(one.field, one.operator, one.values) for one in form.conditions] == [
        (Field.SUBJECT, Operator.CONTAINS, ("réunion",)),
        (Field.FROM, Operator.IS, ("x",)),
    ]
