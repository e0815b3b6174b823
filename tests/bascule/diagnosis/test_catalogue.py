"""The entries of the diagnosis: complete, and leading to pages that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bascule import steps
from bascule.diagnosis import telling
from bascule.diagnosis.catalogue import CatalogueError, catalogue, read
from bascule.diagnosis.recognition import compiled
from bascule.help.library import portal_page
from bascule.help.placeholders import names, unknown

FAMILY = '[family]\ncode = "f"\norder = 1\ntitle = "T"\nsummary = "S"\n'
CAUSE = '[[causes]]\ncode = "c"\ntitle = "T"\nwhy = "W"\nremedies = ["R"]\n'


def test_five_families_have_symptoms_and_causes() -> None:
    """Domain section 8."""
    assert [family.order for family in catalogue().families] == [1, 2, 3, 4, 5]
    for family in catalogue().families:
        assert len(catalogue().of_family(family.code)) >= 3
        assert [cause for cause in catalogue().causes.values() if cause.family == family.code]


def test_every_cause_can_be_reached_and_says_what_to_do() -> None:
    led_to = {code for symptom in catalogue().symptoms.values() for code in symptom.causes}
    for cause in catalogue().causes.values():
        assert cause.signs or cause.code in led_to, cause.code
        assert cause.remedies, cause.code
        assert cause.why.endswith("."), cause.code
        for text in (cause.title, cause.why, *cause.remedies):
            assert unknown(text, names()) == [], cause.code
            # Hosts come from the settings.
            assert not re.search(r"\b(?:imaps?|smtps?)\.[a-z]", text), text


def test_signs_are_patterns() -> None:
    for cause in catalogue().causes.values():
        for sign in cause.signs:
            score, patterns = compiled(sign, r"old\.host", r"new\.host")
            assert 50 <= score <= 100
            assert patterns


def test_links_lead_somewhere() -> None:
    for cause in catalogue().causes.values():
        for name, _ in cause.pages:
            kind, _, code = name.rpartition(":")
            if kind:
                assert steps.get(code)
            else:
                assert portal_page(name), name


def test_texts_name_the_servers_of_the_settings(settings: object) -> None:
    settings.CLIENT_IMAP_HOST = "imap.exemple.test"  # type: ignore[attr-defined]
    (cause,) = telling.told([catalogue().causes["ancien-serveur"]], names(), has_moved=True)
    assert any("imap.exemple.test" in remedy for remedy in cause.remedies)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[family", "f.toml"),
        (FAMILY.replace('code = "f"', ""), "code"),
        (FAMILY + CAUSE + CAUSE, "c stands twice"),
        (FAMILY + CAUSE + 'colour = "red"\n', "colour"),
        (FAMILY + '[[symptoms]]\ncode = "s"\ntitle = "T"\ndetail = "D"\ncauses = ["x"]\n', "s: no cause x"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "f.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=re.escape(fault)):
        read(tmp_path)
