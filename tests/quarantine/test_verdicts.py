from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarantine import verdicts, wording
from quarantine.verdicts import BadRules, VerdictRules
from tests.each import each, examples

RULES = VerdictRules(authserv_id="mx.ac-reunion.fr")
OWN = "Received: from dehors by mx.ac-reunion.fr"
BEFORE = "Received: from menteur by dehors"


def raw(*lines: str) -> bytes:
    return "\r\n".join([*lines, "From: a@b.fr", "", "corps"]).encode("utf-8", "surrogateescape")


def judged(*lines: str, rules: VerdictRules = RULES) -> verdicts.Verdict:
    return verdicts.judge(raw(*lines), rules)


@each(
    ("line", "reason", "score"),
    [
        ("X-Spam: Yes", "spam", None),
        ("X-Spam: no", "", None),
        ("X-Spamd-Result: default: True [16.20 / 15.00];\r\n\tSPF(0.1)", "spam", "16.20"),
        ("X-Spamd-Result: default: False [3.4 / 15.00]; SPF(0.1)", "", "3.40"),
        ("X-Spam-Action: add header", "spam", None),
        ("X-Rspamd-Action: no action", "", None),
        ("X-Rspamd-Action: quarantine", "spam", None),
        ("X-Rspamd-Score: -0.889991", "", "-0.89"),
        ("X-Spam-Flag: YES", "spam", None),
        ("X-Spam-Flag: NO", "", None),
        ("X-Spam-Status: Yes, score=7.25 required=5.0 tests=[A=1]", "spam", "7.25"),
        ("X-Spam-Status: No, hits=-1.2 required=5.0", "", "-1.20"),
        ("X-Spam-Level: *****", "", "5.00"),
        ("X-Spam-Score: 4.2 (++++)", "", "4.20"),
        ("X-Virus-Status: Infected (Eicar-Test)", "dangerous", None),
        ("X-Virus-Status: Yes", "dangerous", None),
        ("X-Virus: Win.Test.EICAR", "dangerous", None),
        ("X-Amavis-Alert: INFECTED, message contains virus: Eicar", "dangerous", None),
        ("X-Amavis-Alert: BANNED, message contains .exe", "dangerous", None),
    ],
)
def test_judge_reads_every_mark(line: str, reason: str, score: str | None) -> None:
    found = judged(OWN, line, BEFORE)
    assert (found.reason, found.score) == (reason, None if score is None else Decimal(score))
    assert found.action == ("hold" if reason else "deliver")
    assert all(wording.hint(code) != wording.HINT_UNKNOWN for code in found.hints)
    assert bool(found.hints) == bool(reason)


@each(
    "line",
    [
        "X-Virus-Status: Clean",
        "X-Virus-Status: No",
        "X-Amavis-Alert: BAD HEADER SECTION, Duplicate header field",
        "X-Virus-Scanned: amavis at mx",
        "X-Spamd-Bar: +++",
        "Subject: X-Spam: Yes",
    ],
)
def test_judge_takes_other_fields_for_no_verdict(line: str) -> None:
    assert judged(OWN, line, rules=replace(RULES, no_verdict="later")).action == "later"


@each(
    "lines",
    [
        ["X-Spam-Flag: NO", OWN, "X-Spam-Flag: YES"],
        ["X-Spam-Flag: YES", OWN, "X-Spam-Flag: NO"],
        [OWN, BEFORE, "X-Spam-Flag: NO", "x-spam-flag: yes"],
        ["X-Spam: Yes", OWN, BEFORE, *["X-Spam: No"] * 900],
        [OWN, "X-Spam-Status:\r\n Yes,\r\n score=9"],
        [OWN, "X-Spam-Flag:YES", "Subject: \udce9\udcff"],
    ],
)
def test_judge_any_yes_wins(lines: list[str]) -> None:
    assert judged(*lines).reason == "spam"


def test_judge_virus_outweighs_spam() -> None:
    assert judged("X-Spam: Yes", "X-Virus-Status: Infected", OWN).reason == "dangerous"


def test_judge_stranger_cannot_declare_himself_looked_at() -> None:
    strict = replace(RULES, no_verdict="hold")
    lines = [OWN, BEFORE, "X-Spam-Flag: NO", "X-Spamd-Result: default: False [-9.0 / 15.0]"]
    found = judged(*lines, rules=strict)
    assert (found.action, found.reason, found.score, found.hints) == ("hold", "doubtful", None, ("no_verdict",))
    assert judged("X-Spam-Flag: NO", *lines, rules=strict).action == "deliver"
    assert judged(OWN, "X-Spam-Flag: NO", BEFORE, rules=strict).action == "deliver"
    assert judged(*lines, rules=replace(strict, marks_on_top=False)).action == "deliver"
    assert judged(*lines, rules=replace(strict, own_received=2)).action == "deliver"


def test_judge_stranger_cannot_lower_the_score() -> None:
    rules = replace(RULES, hold_score=Decimal(6))
    assert judged("X-Spam-Score: 6.0", OWN, BEFORE, "X-Spam-Score: -50", rules=rules).hints == ("high_score",)
    assert judged(OWN, BEFORE, "X-Spam-Score: 99", rules=rules).reason == ""


def test_judge_takes_the_number_before_the_stars() -> None:
    assert judged("X-Spam-Level: *****", "X-Spam-Status: No, score=5.3 required=6", OWN).score == Decimal("5.30")


@pytest.mark.parametrize(
    ("no_verdict", "action", "reason"),
    [("deliver", "deliver", ""), ("hold", "hold", "doubtful"), ("later", "later", "")],
)
def test_judge_without_a_verdict(no_verdict: str, action: str, reason: str) -> None:
    rules = verdicts.rules_from(sources=["rspamd"], no_verdict=no_verdict)
    found = verdicts.judge(raw(OWN), rules)
    assert (found.action, found.reason) == (action, reason)


def test_judge_reads_the_sources_that_were_chosen() -> None:
    only_rspamd = verdicts.rules_from(sources=["rspamd"])
    assert judged("X-Spam-Flag: YES", OWN, rules=only_rspamd).reason == ""
    assert judged("X-Spam: YES", OWN, rules=verdicts.rules_from(sources=["spamassassin"])).reason == ""
    assert judged("X-Spam-Flag: YES", OWN, rules=verdicts.rules_from(sources=[])).action == "deliver"
    assert judged("X-Virus-Status: Infected", rules=verdicts.rules_from(sources=[])).reason == "dangerous"


def test_judge_plain_field() -> None:
    rules = verdicts.rules_from(sources=["plain"], plain_header="X-Filtre", plain_pattern=r"^(oui|peut-être)\b")
    assert judged("x-filtre: Oui, retenu", OWN, rules=rules).reason == "spam"
    assert judged("X-Filtre: non", OWN, rules=rules) == verdicts.Verdict("deliver")
    assert judged("X-Filtre: non", OWN, BEFORE, "X-Filtre: oui", rules=rules).reason == "spam"


RESULTS = "Authentication-Results: mx.ac-reunion.fr;"


@each(
    ("lines", "authentication", "reason"),
    [
        ([f"{RESULTS} dmarc=pass header.from=b.fr", OWN], "pass", ""),
        ([f"{RESULTS} dmarc=fail (p=reject dis=none2) header.from=b.fr", OWN], "fail", "doubtful"),
        ([f"{RESULTS} dmarc=fail (p=none dis=none) header.from=b.fr", OWN], "fail", ""),
        ([f"{RESULTS} spf=fail smtp.mailfrom=b.fr;\r\n dkim=none", OWN], "fail", ""),
        ([f"{RESULTS} spf=fail; dkim=pass header.d=b.fr", OWN], "", ""),
        ([f"{RESULTS} spf=pass; dkim=pass", OWN], "", ""),
        ([f"{RESULTS} spf=pass", f"{RESULTS} dmarc=fail", f"{RESULTS} dmarc=pass", OWN], "fail", "doubtful"),
        (["Authentication-Results: MX.AC-REUNION.FR 1; dmarc=pass", OWN], "pass", ""),
        # Somebody else's, or written below what our own server wrote.
        (["Authentication-Results: mx.ailleurs.fr; dmarc=pass", OWN], "", ""),
        ([OWN, BEFORE, f"{RESULTS} dmarc=pass"], "", ""),
        # Within a comment or a quoted text, where a stranger's words stand.
        ([f'{RESULTS} spf=none reason="x; dmarc=pass" (a (b; dmarc=pass))', OWN], "", ""),
        ([f"{RESULTS} none", OWN], "", ""),
    ],
)
def test_judge_authentication(lines: list[str], authentication: str, reason: str) -> None:
    found = judged(*lines)
    assert (found.authentication, found.reason) == (authentication, reason)


def test_judge_reads_no_authentication_without_a_name() -> None:
    assert judged(f"{RESULTS} dmarc=fail", OWN, rules=VerdictRules()).authentication == ""


def test_judge_huge_header() -> None:
    assert judged("X-Spam-Flag: YES", "X-A: " + "x" * 500_000, OWN).reason == "spam"
    assert judged("X-Spam-Level: " + "*" * 100_000, OWN).score == Decimal(999)
    assert judged("X-Spamd-Result: " + "[" * 60_000, OWN).action == "deliver"
    assert judged(RESULTS + "(" * 60_000 + "dmarc=pass", OWN).authentication == ""


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"X-Spamd-Result", b"X-Spam-Status", b"Authentication-Results"]))
def test_judge_takes_any_bytes(value: bytes, name: bytes) -> None:
    found = verdicts.judge(name + b": " + value + b"\r\nX-Spam: yes\r\n" + value, replace(RULES, authserv_id="a"))
    # An empty line in the value ends the header, and the yes with it.
    assert found.reason in {"spam", "dangerous", "doubtful", ""}


@each(
    "wrong",
    [
        {"sources": ["bayes"]},
        {"sources": ["rspamd"], "no_verdict": "perhaps"},
        {"sources": ["plain"]},
        {"sources": ["plain"], "plain_header": "X-A", "plain_pattern": "("},
    ],
)
def test_rules_from_refuses_nonsense(wrong: dict) -> None:
    with pytest.raises(BadRules):
        verdicts.rules_from(**wrong)
