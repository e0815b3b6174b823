"""The record of what was seen on a real Zimbra, and the plug-in that tells of it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.zimbra.contract import record

ROOT = Path(__file__).resolve().parents[2]
SEEN = {"test_a.py::test_one": {"version": "10.1", "date": "2026-01-01"}}


def test_a_run_enters_what_passed_and_takes_out_what_failed() -> None:
    after = record.updated(SEEN, {"test_a.py::test_two": "8.8"}, ["test_a.py::test_one"], "2026-02-01")
    assert after == {"test_a.py::test_two": {"version": "8.8", "date": "2026-02-01"}}
    assert list(SEEN) == ["test_a.py::test_one"]


def test_a_simulator_is_not_taken_for_a_real_server() -> None:
    assert record.updated({}, {"test_a.py::test_two": "10.1.0_GA_SIMULATOR"}, [], "2026-02-01") == {}


def test_a_run_leaves_what_it_did_not_try() -> None:
    assert record.updated(SEEN, {}, [], "2026-02-01") == SEEN


def test_summary_counts_what_was_run() -> None:
    said = record.summary(["test_a.py::test_one", "test_a.py::test_two", "test_a.py::test_two"], SEEN)
    assert said == "contract: 2 behaviours; 1 seen on a real Zimbra; the rest only simulated"


def test_listing_says_where_each_was_seen() -> None:
    names = ["test_b.py::test_x", "test_a.py::test_one", "test_a.py::test_two"]
    assert record.listing(names, {"test_b.py::test_x": "needs trouble"}, SEEN) == [
        "test_a.py::test_one  [seen on 10.1, 2026-01-01]",
        "test_a.py::test_two  [only simulated so far]",
        "test_b.py::test_x  [simulator only: needs trouble]",
    ]


def test_record_is_written_in_order_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    record.write({"b": {"version": "é"}, "a": {}}, path)
    assert path.read_text(encoding="utf-8").index('"a"') < path.read_text(encoding="utf-8").index('"b"')
    assert record.read(path) == {"a": {}, "b": {"version": "é"}}


def test_only_tests_of_the_contract_are_behaviours() -> None:
    assert record.behaviour("tests/zimbra/contract/test_a.py::test_one[x]") == "test_a.py::test_one[x]"
    assert record.behaviour("tests/zimbra/test_soap.py::test_one") == ""


def test_the_committed_record_names_tests_that_exist() -> None:
    for name in record.read():
        file, _, test = name.partition("::")
        source = (ROOT / record.DIRECTORY / file).read_text(encoding="utf-8")
        assert f"def {test.partition('[')[0]}(" in source, name


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:randomly", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_the_suite_lists_itself_without_running() -> None:
    got = run("--contract-list", "tests/zimbra/contract/test_tasks.py")
    lines = [line for line in got.stdout.splitlines() if line.startswith("test_tasks.py::")]
    assert len(lines) > 3
    assert re.search(
        r"^contract: \d+ behaviours; \d+ seen on a real Zimbra; the rest only simulated$", got.stdout, re.M
    )


def test_nothing_is_recorded_without_a_real_server() -> None:
    before = record.PATH.read_bytes()
    got = run("--contract-record", "tests/zimbra/contract/test_tasks.py")
    assert (got.returncode, "--contract-record needs a real Zimbra" in got.stderr) == (4, True)
    assert record.PATH.read_bytes() == before
