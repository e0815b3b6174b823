"""What the documentation says of figures and commands, held by the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from quarantine import sending_rules
from tests.each import each

ROOT = Path(__file__).resolve().parents[2]
LIMITS = (ROOT / "docs" / "sending-limits.md").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_documented_thresholds_are_those_of_the_rows() -> None:
    told = {}
    for minutes, *figures in re.findall(r"^\| (\d+) min \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", LIMITS, re.M):
        ip_warn, ip_max, sender_warn, sender_max = map(int, figures)
        told["ip", int(minutes) * 60] = (ip_warn, ip_max)
        told["sender", int(minutes) * 60] = (sender_warn, sender_max)
    assert told == sending_rules.figures()


@each("document", ["sending-limits", "quarantine", "postfix", "notifications"])
def test_commands_and_files_that_are_named_exist(document: str) -> None:
    text = (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"manage\.py (\w+)", text)) - {"check"}
    assert commands <= set(get_commands())
    files = set(re.findall(r"`((?:quarantine|tests|accounts|boxes)/[\w/.]+\.py)`", text))
    assert not [name for name in files if not (ROOT / name).is_file()]
