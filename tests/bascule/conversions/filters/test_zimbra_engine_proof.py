"""What the engine foretells of rules and messages, against what a simulated Zimbra does with them."""

from __future__ import annotations

import random
import smtplib
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.zimbra_engine.engine import Outcome, run
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.simulated import Simulated
from zimbra.types.filter_actions import (
    Action,
    Discard,
    FileInto,
    Flag,
    Keep,
    Log,
    Redirect,
    Reject,
    Reply,
    Stop,
    Tag,
)
from zimbra.types.filter_tests import (
    AddressTest,
    AttachmentTest,
    BodyTest,
    BulkTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    FlaggedTest,
    HeaderExistsTest,
    HeaderTest,
    ImportanceTest,
    InviteTest,
    ListTest,
    MeTest,
    MimeHeaderTest,
    SizeTest,
    Test,
    TrueTest,
    TwitterTest,
)
from zimbra.types.filters import FilterRule, RuleBody
from zimbra.verbs.filter_elements import rules_xml

ZONE = ZoneInfo("Europe/Brussels")
SENDER = "Paul.Payet@Ailleurs.example"
WORDS = ("réunion", "RÉUNION", "Facture", "facture 12", "12", "-3", "élève*", "a\\b", "été?", "")
PEOPLE = ("Chef <chef@univ.example>", '"Hoarau, Élise" <e.hoarau@Univ.Example>', "news@twitter.example", "sans adresse")
NAMES = ("Subject", "From", "To", "Cc", "X-Score", "X-Projet")


def _test(draw: random.Random, me: str) -> Test:
    negative = draw.random() < 0.25
    word = draw.choice([word for word in WORDS if word])
    pattern = draw.choice(("*{}*", "{}*", "*{}", "{}", "?{}", "*{}*?", "*a*{}*")).format(word)
    case = draw.random() < 0.3
    names = ",".join(draw.sample(NAMES, draw.choice((1, 1, 2))))
    people = ",".join(draw.sample(("from", "To", "cc"), draw.choice((1, 1, 2))))
    part = draw.choice(("all", "localpart", "domain"))
    address = draw.choice(("chef@univ.example", "CHEF", "univ.example", "Univ", "*univ*", "e.hoarau", me))
    comparison = draw.choice(("is", "contains", "matches"))
    relation = draw.choice(("gt", "ge", "lt", "le", "eq", "ne"))
    number = draw.choice(("0", "1", "2", "12"))
    kinds: list[Test] = [
        HeaderTest(names, word, "contains", case, negative=negative),
        HeaderTest(names, word, "is", case, negative=negative),
        HeaderTest(names, pattern, "matches", case, negative=negative),
        HeaderTest("X-Score", number, "", value_comparison=relation, negative=negative),
        HeaderTest("X-Score", word, "", case, value_comparison=relation, negative=negative),
        HeaderTest("X-Projet", number, "", count_comparison=relation, negative=negative),
        AddressTest(people, address, part, comparison, case, negative=negative),
        AddressTest(people, number, part, "", count_comparison=relation, negative=negative),
        EnvelopeTest(draw.choice(("from", "to", "from,TO")), draw.choice((me, SENDER, "*payet*", "ailleurs.example")),
                     part, comparison, case, negative=negative),
        MimeHeaderTest("Content-Type,X-Projet", draw.choice(("pdf", "plain", "réunion")), negative=negative),
        HeaderExistsTest(draw.choice((*NAMES, "x-absent")), negative=negative),
        SizeTest(draw.choice(("over", "under")), draw.choice(("3K", "20k", "8000", "1M")), negative=negative),
        DateTest(draw.choice(("before", "after")), int(datetime(2026, draw.randint(1, 12), 1, tzinfo=UTC).timestamp()),
                 negative=negative),
        CurrentTimeTest(draw.choice(("before", "after")), draw.choice(("0000", "2359")), negative=negative),
        CurrentDayOfWeekTest(draw.choice(("0,1,2,3,4,5,6", "0,1,2,3,4,5,6")), negative=negative),
        BodyTest(draw.choice((*(word for word in WORDS if word), "deux lignes", "<b>")), case, negative=negative),
        AttachmentTest(negative=negative),
        MeTest(people, negative=negative),
        InviteTest(draw.choice(((), ("anyrequest",), ("reply",))), negative=negative),
        FlaggedTest(draw.choice(("read", "flagged")), negative=negative),
        ImportanceTest(draw.choice(("high", "low", "normal")), negative=negative),
        BulkTest(negative=negative),
        ListTest(negative=negative),
        TwitterTest(negative=negative),
        TrueTest(negative=draw.random() < 0.1),
    ]  # fmt: skip
    return draw.choice(kinds)


def _actions(draw: random.Random) -> tuple[Action, ...]:
    kinds = (
        Keep(), Discard(), FileInto("/Dossier A"), FileInto("dossier a"), FileInto("A/B/C"), FileInto("Inbox"),
        FileInto("À part", copy=True), FileInto("Mauvais:nom"), Flag("read"), Flag("flagged"), Tag("Élèves"),
        Tag(" à lire "), Redirect("loin@ailleurs.example"), Redirect("loin@ailleurs.example", copy=True),
        Reply("Merci"), Reject("Non"), Log("vu"), Stop(),
    )  # fmt: skip
    found = draw.choices(kinds, weights=[3 if isinstance(one, FileInto | Flag | Tag) else 1 for one in kinds], k=3)
    return tuple(found[: draw.randint(1, 3)])


def _rules(draw: random.Random, me: str) -> list[FilterRule]:
    found = []
    for number in range(draw.randint(2, 6)):
        tests = tuple(_test(draw, me) for _ in range(draw.choice((1, 1, 2, 3))))
        nested, actions = None, _actions(draw)
        if draw.random() < 0.2:
            inner = tuple(_test(draw, me) for _ in range(2))
            nested = RuleBody(inner, _actions(draw), draw.choice(("allof", "anyof")))
            actions = draw.choice(((), actions))
        active = draw.random() < 0.9
        condition = draw.choice(("allof", "anyof"))
        found.append(FilterRule(tests, actions, condition, nested=nested, name=f"règle {number}", active=active))
    return found


def _encoded(draw: random.Random, text: str) -> str:
    if text.isascii():
        return text
    return Header(text, draw.choice(("utf-8", "iso-8859-1"))).encode()


def _message(draw: random.Random, mark: str, me: str) -> bytes:
    moment = datetime(2026, draw.randint(1, 12), draw.randint(1, 28), 12, tzinfo=UTC)
    lines = [f"Message-ID: <{mark}@ailleurs.example>"]
    subject = draw.choice((*WORDS, "Re: la réunion de 12 h", "xa facture 12 z"))
    lines += [f"{draw.choice(('Subject', 'SUBJECT'))}: {_encoded(draw, subject)}"] if draw.random() < 0.9 else []
    people = (*PEOPLE[:3], f"Moi <{me}>")
    lines += [f"From: {_encoded_names(draw.choice(PEOPLE))}"] if draw.random() < 0.95 else []
    to = ", ".join(draw.sample(people, draw.randint(0, 3)))
    lines += [f"{name}: {_encoded_names(to)}" for name in ("To", "Cc") if to and draw.random() < 0.8]
    lines += [f"X-Score: {draw.choice(('1', '12', 'douze', '2 points'))}"] if draw.random() < 0.6 else []
    lines += [f"X-Projet: {_encoded(draw, draw.choice(WORDS))}" for _ in range(draw.choice((0, 0, 1, 2)))]
    lines += [f"Date: {format_datetime(moment)}"] if draw.random() < 0.8 else []
    extra = ("Importance: high", "X-Priority: 5", "Precedence: bulk", "List-Id: <liste.univ.example>",
             "List-Unsubscribe: <https://univ.example/>")  # fmt: skip
    lines += draw.sample(extra, draw.choice((0, 0, 1, 2)))
    text = f"{mark}\r\n{draw.choice(WORDS)} sur deux\r\nlignes\r\n" + "x" * draw.choice((0, 5000, 15000))
    form = draw.choice(("plain", "plain", "html", "attached", "invitation"))
    lines.append("MIME-Version: 1.0")
    if form == "plain":
        lines += ["Content-Type: text/plain; charset=utf-8", "", text]
    elif form == "html":
        lines += ["Content-Type: text/html; charset=utf-8", "", f"<p>{mark}</p><div>{text}</div><style>été</style>"]
    else:
        kind = 'application/pdf; name="a.pdf"' if form == "attached" else "text/calendar; method=REQUEST"
        inner = "JVBERi0=" if form == "attached" else "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR"
        encoding = "base64" if form == "attached" else "7bit"
        lines += ['Content-Type: multipart/mixed; boundary="bord"', "", "--bord",
                  "Content-Type: text/plain; charset=utf-8", "", text, "--bord", f"Content-Type: {kind}",
                  f"Content-Transfer-Encoding: {encoding}", "", inner, "--bord--", ""]  # fmt: skip
    return "\r\n".join(lines).encode()


def _encoded_names(people: str) -> str:
    return people.replace('"Hoarau, Élise"', Header("Hoarau Élise", "utf-8").encode())


def _foretold(outcome: Outcome) -> list[tuple[str, frozenset[str], frozenset[str]]]:
    flags = frozenset(flag for flag in outcome.flags if flag != "priority")
    return sorted((folder.casefold(), flags, frozenset(outcome.tags)) for folder in outcome.folders)


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_message_lands_where_it_was_foretold(simulated: Simulated, seed: int) -> None:
    draw = random.Random(seed)
    me = simulated.create_account()
    matched: Counter[bool] = Counter()
    with simulated.client(me) as client:
        for turn in range(3):
            rules = _rules(draw, me)
            client.replace_filters(rules)
            foretold = {}
            for number in range(16):
                mark = f"marque{seed}x{turn}x{number}x"
                raw = _message(draw, mark, me)
                now = datetime.now(ZONE)
                outcome = run(rules, Message.parse(raw), sender=SENDER, recipient=me, now=now)
                matched[bool(outcome.matched)] += 1
                foretold[mark] = (outcome, raw)
                with suppress(smtplib.SMTPException):
                    simulated.deliver(me, raw, SENDER)
            places = {folder.id: folder.path.strip("/").casefold() for folder in client.folders().walk()}
            found: dict[str, list[tuple[str, frozenset[str], frozenset[str]]]] = {mark: [] for mark in foretold}
            for message in client.messages("is:anywhere"):
                mark = message.fragment.split()[0]
                flags = {"read"} if "u" not in message.flags else set()
                flags |= {"flagged"} if "f" in message.flags else set()
                if mark in found:
                    found[mark].append((places[message.folder_id], frozenset(flags), frozenset(message.tags)))
            for mark, (outcome, raw) in foretold.items():
                assert sorted(found[mark]) == _foretold(outcome), f"{rules_xml(rules)}\n{outcome}\n{raw[:900].decode()}"
    assert matched[True] > 3
