from __future__ import annotations

from quarantine import wording
from quarantine.models import Hold
from tests.each import each


@each("reason", Hold.Reason.values)
def test_every_reason_has_a_sentence(reason: str) -> None:
    assert wording.reason(reason) != wording.REASON_UNKNOWN
    assert wording.reason(reason).endswith(".")


def test_unknown_codes_have_a_sentence() -> None:
    assert wording.reason("?") == wording.REASON_UNKNOWN
    assert (wording.hint("?"), wording.level("?")) == (wording.HINT_UNKNOWN, "note")


def test_weightiest_first() -> None:
    assert wording.weightiest_first({"archive", "form", "virus", "?"}) == ("virus", "form", "archive")
