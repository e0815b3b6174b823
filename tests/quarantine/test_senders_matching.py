from __future__ import annotations

from dataclasses import dataclass

import pytest

from quarantine import senders_matching
from quarantine.senders_matching import BadPattern, Listed, MessageSenders, candidates, decide, parse_pattern, proposals
from tests.each import each

OWN = ("ac-reunion.fr",)


@dataclass(frozen=True)
class Row:
    kind: str
    pattern: str


def senders(shown: str = "", envelope: str = "", authentication: str = "", *, is_list: bool = False) -> MessageSenders:
    return MessageSenders(tuple(shown.split()), envelope, authentication, is_list)  # type: ignore[arg-type]


@each(
    ("typed", "text"),
    [
        ("Camille@Ecole.FR", "camille@ecole.fr"),
        ("  Camille Hoarau <camille@ecole.fr> ", "camille@ecole.fr"),
        ("mailto:camille@ecole.fr", "camille@ecole.fr"),
        ("camille+liste@ecole.fr", "camille+liste@ecole.fr"),
        ("ecole.fr", "ecole.fr"),
        ("@Ecole.fr", "ecole.fr"),
        ("*.ecole.fr", "ecole.fr"),
        ("*@ecole.fr", "ecole.fr"),
        (".ecole.fr", "ecole.fr"),
        ("ecole.fr.", "ecole.fr"),
        ("a@académie.fr", "a@xn--acadmie-eya.fr"),
        ("Académie.FR", "xn--acadmie-eya.fr"),
        ("xn--acadmie-eya.fr", "xn--acadmie-eya.fr"),
        ("impots.gouv.fr", "impots.gouv.fr"),
        ("o'neil/x=y@ecole.fr", "o'neil/x=y@ecole.fr"),
        ("prénom@ecole.fr", "prénom@ecole.fr"),
    ],
)
def test_parse_pattern(typed: str, text: str) -> None:
    found = parse_pattern(typed)
    assert found.text == text
    assert found.is_domain == ("@" not in text)
    assert parse_pattern(found.text) == found
    assert parse_pattern(found.readable) == found


@each(
    "typed",
    [
        "",
        "   ",
        "fr",
        "gouv.fr",
        "co.uk",
        "*.fr",
        "@com",
        "github.io",
        "localhost",
        "a@",
        "@",
        "a@b",
        "a b@ecole.fr",
        "a@*.fr",
        "*a@ecole.fr",
        "a@ecole.fr, b@ecole.fr",
        "https://ecole.fr/page",
        "ecole.fr/page",
        "192.0.2.1",
        "eco le.fr",
        "-.fr",
        "a@ecole.fr\0",
        "\0",
        "a..b",
        "x" * 70 + ".fr",
        "x" * 600 + "@ecole.fr",
        '"a b"@ecole.fr',
    ],
)
def test_parse_pattern_refuses(typed: str) -> None:
    with pytest.raises(BadPattern) as refused:
        parse_pattern(typed)
    assert refused.value.sentence.endswith(".")


@each("typed", ["ac-reunion.fr", "dsi.ac-reunion.fr", "*.AC-Reunion.fr", "gmail.com", "orange.fr"])
def test_parse_pattern_trusts_neither_the_own_domain_nor_everybody(typed: str) -> None:
    with pytest.raises(BadPattern):
        parse_pattern(typed, kind="trust", own_domains=OWN)
    assert parse_pattern(typed, kind="block", own_domains=OWN)


def test_parse_pattern_trusts_addresses_of_the_own_domain() -> None:
    assert parse_pattern("a@ac-reunion.fr", kind="trust", own_domains=OWN).text == "a@ac-reunion.fr"
    assert parse_pattern("notac-reunion.fr", kind="trust", own_domains=OWN).text == "notac-reunion.fr"


def test_pattern_says_what_it_covers() -> None:
    assert "sous-domaines" in parse_pattern("ecole.fr").covers
    assert "a+mot@ecole.fr" in parse_pattern("a@ecole.fr").covers
    assert "exactement" in parse_pattern("a+b@ecole.fr").covers


@each(
    ("entry", "address", "matches"),
    [
        ("a@ecole.fr", "a@ecole.fr", True),
        ("a@ecole.fr", "a+liste@ecole.fr", True),
        ("a@ecole.fr", "a@sous.ecole.fr", False),
        ("a@ecole.fr", "aa@ecole.fr", False),
        ("a+liste@ecole.fr", "a+liste@ecole.fr", True),
        ("a+liste@ecole.fr", "a@ecole.fr", False),
        ("a+liste@ecole.fr", "a+autre@ecole.fr", False),
        ("ecole.fr", "a@ecole.fr", True),
        ("ecole.fr", "a@x.y.ecole.fr", True),
        ("ecole.fr", "a@monecole.fr", False),
        ("sous.ecole.fr", "a@ecole.fr", False),
        ("ecole.fr", "", False),
    ],
)
def test_candidates(entry: str, address: str, matches: bool) -> None:
    assert (entry in candidates(address)) == matches


BLOCK, TRUST = Row("block", "piege.fr"), Row("trust", "amie@piege.fr")


@each(
    ("found", "personal", "staff", "listed"),
    [
        (senders("a@piege.fr"), [BLOCK], [], Listed("block", BLOCK, by_staff=False)),
        (senders("x@sain.fr", "a@piege.fr"), [BLOCK], [], Listed("block", BLOCK, by_staff=False)),
        (senders("x@sain.fr a@piege.fr"), [BLOCK], [], Listed("block", BLOCK, by_staff=False)),
        (senders("amie@piege.fr"), [TRUST, BLOCK], [], Listed("block", BLOCK, by_staff=False)),
        (senders("amie@piege.fr"), [TRUST], [BLOCK], Listed("block", BLOCK, by_staff=True)),
        (senders("amie@piege.fr"), [BLOCK], [TRUST], Listed("block", BLOCK, by_staff=False)),
        (senders("amie@piege.fr"), [BLOCK], [BLOCK], Listed("block", BLOCK, by_staff=True)),
        (senders("amie@piege.fr"), [TRUST], [TRUST], Listed("trust", TRUST, by_staff=False)),
        (senders("amie@piege.fr"), [], [TRUST], Listed("trust", TRUST, by_staff=True)),
        (senders("amie+x@piege.fr", authentication="pass"), [TRUST], [], Listed("trust", TRUST, by_staff=False)),
        # Contradicted: the header counts no more, the envelope does.
        (senders("amie@piege.fr", authentication="fail"), [TRUST], [], None),
        (senders("x@sain.fr", "amie@piege.fr", "fail"), [TRUST], [], Listed("trust", TRUST, by_staff=False)),
        # Nobody knows which of two a program shows.
        (senders("amie@piege.fr x@sain.fr"), [TRUST], [], None),
        (senders("x@sain.fr"), [TRUST, BLOCK], [BLOCK], None),
        (senders(), [TRUST, BLOCK], [], None),
    ],
)
def test_decide(found: MessageSenders, personal: list[Row], staff: list[Row], listed: Listed[Row] | None) -> None:
    assert decide(found, personal, staff, own_domains=OWN) == listed


def test_decide_trusts_an_own_address_only_when_it_is_proved() -> None:
    rows = [Row("trust", "a@ac-reunion.fr")]
    assert decide(senders("a@ac-reunion.fr", "a@ac-reunion.fr"), rows, [], own_domains=OWN) is None
    assert decide(senders("a@ac-reunion.fr", authentication="pass"), rows, [], own_domains=OWN) is not None


@each(
    ("found", "offered"),
    [
        (senders("a@ecole.fr"), ("a@ecole.fr", "ecole.fr")),
        (senders("a@gmail.com"), ("a@gmail.com",)),
        (senders("news@ecole.fr", "bounce-77@env.fr", is_list=True), ("ecole.fr", "news@ecole.fr")),
        (senders("return-7273-929392@bounces.ecole.fr"), ("bounces.ecole.fr",)),
        (senders("", "a@ecole.fr"), ("a@ecole.fr", "ecole.fr")),
        (senders("ce.9740101a@ac-reunion.fr"), ("ce.9740101a@ac-reunion.fr", "ac-reunion.fr")),
        (senders(), ()),
    ],
)
def test_proposals(found: MessageSenders, offered: tuple[str, ...]) -> None:
    assert proposals(found) == offered


def test_senders_of_reads_every_from() -> None:
    raw = b"From: A <A@Ecole.fr>, b@ecole.fr\r\nfrom: c@ecole.fr\r\nList-Id: <x>\r\n\r\nFrom: d@ecole.fr\r\n"
    assert senders_matching.senders_of(raw, "<Bounce@Ecole.fr>", "pass") == MessageSenders(
        ("a@ecole.fr", "b@ecole.fr", "c@ecole.fr"), "bounce@ecole.fr", "pass", is_list=True
    )
    assert senders_matching.senders_of(b"", "", "") == MessageSenders((), "")


def test_candidates_stay_few_whatever_a_stranger_writes() -> None:
    raw = b"From: " + b", ".join(b"a%d@%s.piege.fr" % (at, b".".join([b"x"] * 100)) for at in range(300)) + b"\r\n\r\n"
    found = senders_matching.senders_of(raw, "", "")
    assert len(found.shown) == senders_matching.MAX_SHOWN
    wanted = senders_matching.candidates_of(found)
    assert len(wanted) < 300
    assert "piege.fr" in wanted
