"""Every repair and remark that a conversion can make has a French name."""

from __future__ import annotations

import re
from pathlib import Path

from bascule import reading
from bascule.conversions.model import Unreadable
from bascule.finding_labels import REMARKS, REPAIRS, remark_label, repair_label
from tests.each import each

SAMPLES = sorted((Path(__file__).resolve().parents[1] / "samples").glob("*/*.[iv]c[sf]"))
CONVERSIONS = Path(reading.__file__).parent / "conversions"


@each("path", SAMPLES, ids=lambda path: path.name)
def test_what_is_found_in_a_sample_has_a_name(path: Path) -> None:
    try:
        found = reading.convert(path.read_bytes(), path.name)
    except Unreadable:
        return
    assert set(found.repairs) <= set(REPAIRS)
    assert {remark.code for remark in found.remarks} <= set(REMARKS)


def test_what_the_sources_count_has_a_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in CONVERSIONS.rglob("*.py"))
    codes = set(re.findall(r'repairs\["(\w+)"\]|\brepair\(\s*"(\w+)"', text))
    assert len(codes) > 50
    assert {one or other for one, other in codes} <= set(REPAIRS)


def test_an_unknown_code_is_still_readable() -> None:
    assert repair_label("some_new_one") == "some new one"
    assert remark_label("some_new_one") == "Autres remarques"


def test_a_code_of_filters_does_not_borrow_the_name_it_has_in_calendars() -> None:
    assert remark_label("several_rules") != remark_label("several_rules", of_filters=True)
    assert remark_label("some_new_one", of_filters=True) == "Autres remarques"
