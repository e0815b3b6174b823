"""The script we write of converted rules, held against the one that a (simulated) Zimbra makes of the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bascule.conversions.filters.reading import read_filters
from bascule.conversions.filters.zimbra_script import zimbra_script
from bascule.conversions.model import Unreadable
from tests.simulated import DEFAULTS, Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import Discard, FileInto, Flag, Keep, Redirect, Reject, Stop, Tag
from zimbra.types.filter_tests import (
    AddressTest,
    BodyTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    SizeTest,
    TrueTest,
)
from zimbra.types.filters import FilterRule, RuleBody

SAMPLES = sorted((Path(__file__).parents[3] / "samples" / "sieve").iterdir())
ZONE = DEFAULTS["zimbraPrefTimeZoneId"]


@pytest.fixture(scope="module")
def address(simulated: Simulated) -> str:
    return simulated.create_account()


@pytest.fixture(scope="module")
def mailbox(simulated: Simulated, address: str) -> Iterator[ZimbraClient]:
    with simulated.client(address) as client:
        yield client


def held(simulated: Simulated, address: str, mailbox: ZimbraClient, rules: Sequence[FilterRule]) -> str:
    mailbox.replace_filters(rules)
    with simulated.admin() as admin:
        return admin.get_account(address, attributes=("zimbraMailSieveScript",)).attributes["zimbraMailSieveScript"]


def test_script_of_every_test_and_action_is_that_of_zimbra(
    simulated: Simulated, address: str, mailbox: ZimbraClient
) -> None:
    header = HeaderTest("Subject,X-Sujet", 'dit « "oui" » \\ non', "contains")
    rules = [
        FilterRule((header,), (FileInto('Listes/D"SI', copy=True), Stop()), name="Réunions", condition="anyof"),
        FilterRule(
            (
                HeaderTest("Subject", "*x?", "matches", case_sensitive=True, negative=True),
                HeaderTest("X-Note", "5", comparison="", value_comparison="ge"),
                HeaderTest("X-Note", "b", comparison="", value_comparison="lt", case_sensitive=True),
                HeaderTest("X-Note", "!", comparison="", value_comparison="lt", comparator="i;octet"),
                HeaderTest("Received", "3", comparison="", count_comparison="gt"),
                AddressTest("from,sender", "chef@univ.example"),
                AddressTest("to", "univ.example", "domain", "contains", case_sensitive=True, negative=True),
                AddressTest("to", "2", comparison="", count_comparison="eq"),
                AddressTest("to", "a", "localpart", comparison="", value_comparison="ne"),
                EnvelopeTest("from", "a*", "localpart", "matches"),
                HeaderExistsTest("X-Spam", negative=True),
                SizeTest("over", "10M"),
                DateTest("before", 1_750_000_000),
                DateTest("after", 1_735_686_000, negative=True),
                CurrentTimeTest("after", "0830"),
                CurrentDayOfWeekTest("1,5"),
                BodyTest("facture"),
                BodyTest("Été", case_sensitive=True, negative=True),
            ),
            (Flag("flagged"), Flag("read"), Tag("à lire"), Keep()),
            name="Tout",
            active=False,
        ),
        FilterRule(
            (TrueTest(),),
            name="Emboîtée",
            nested=RuleBody(
                (SizeTest("under", "2K"),),
                (Keep(),),
                "anyof",
                nested=RuleBody((TrueTest(), BodyTest("b")), (Discard(), Stop())),
            ),
        ),
        FilterRule((TrueTest(),), (Reject("Non.\n.\n..\nMerci."),), name="Rejet"),
    ]
    assert zimbra_script(rules, zone=ZONE) == held(simulated, address, mailbox, rules)


def test_scripts_of_the_samples_are_those_of_zimbra(simulated: Simulated, address: str, mailbox: ZimbraClient) -> None:
    checked = 0
    for path in SAMPLES:
        try:
            reading = read_filters(path.read_bytes(), path.name, domain="univ.example")
        except Unreadable:
            continue
        if rules := [one for converted in reading.rules for one in converted.rules]:
            assert zimbra_script(rules, zone=ZONE) == held(simulated, address, mailbox, rules), path.name
            checked += 1
    assert checked > 10


def test_days_are_those_of_the_zone() -> None:
    rule = FilterRule((DateTest("before", 1_750_017_600),), (Keep(),), name="Jour")
    assert '"20250615"' in zimbra_script([rule], zone="Europe/Brussels")
    assert '"20250616"' in zimbra_script([rule], zone="Indian/Reunion")


def test_what_the_conversion_never_makes_is_refused() -> None:
    with pytest.raises(TypeError, match="Redirect"):
        zimbra_script([FilterRule((TrueTest(),), (Redirect("a@b.example"),), name="R")], zone=ZONE)
