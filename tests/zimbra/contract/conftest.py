"""The contract as a plug-in: what was seen on a real Zimbra, and what only on the simulated one. docs/contract.md."""

from __future__ import annotations

import datetime
import os

import pytest

from tests.simulated import Server, Simulated
from tests.zimbra.contract import record

SEEN = "contract_seen_on"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "what the client can count on")
    group.addoption("--contract-list", action="store_true", help="list the behaviours and where they were seen")
    group.addoption("--contract-record", action="store_true", help="record what a real Zimbra was seen doing")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--contract-record", default=False) and not os.environ.get("ZIMBRA_TEST_URL"):
        raise pytest.UsageError("--contract-record needs a real Zimbra: see docs/contract.md")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if not session.config.getoption("--contract-list", default=False):
        return None
    names = [record.behaviour(item.nodeid) for item in session.items]
    reasons = {}
    for item in session.items:
        marker = item.get_closest_marker("simulated_only")
        if marker:
            reasons[record.behaviour(item.nodeid)] = str(marker.kwargs["reason"])
    print()
    for line in record.listing(filter(None, names), reasons, record.read()):
        print(line)
    print(record.summary(filter(None, names), record.read()))
    return True


@pytest.fixture(autouse=True)
def _where_it_was_seen(request: pytest.FixtureRequest, server: Server) -> None:
    """Leaves out what a real server cannot be asked; notes its version for what it can."""
    marker = request.node.get_closest_marker("simulated_only")
    if isinstance(server, Simulated):
        return
    if marker:
        pytest.skip(marker.kwargs["reason"])
    request.node.user_properties.append((SEEN, _version(server)))


_versions: dict[str, str] = {}


def _version(server: Server) -> str:
    if server.url not in _versions:
        with server.client(server.create_account()) as client:
            _versions[server.url] = client.info().version
    return _versions[server.url]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    run: set[str] = set()
    passed: dict[str, str] = {}
    failed: set[str] = set()
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            name = record.behaviour(report.nodeid)
            if not name:
                continue
            run.add(name)
            version = dict(report.user_properties).get(SEEN)
            if version and outcome == "passed" and report.when == "call":
                passed[name] = str(version)
            elif version and outcome in {"failed", "error"}:
                failed.add(name)
    if not run:
        return
    known = record.read()
    if config.getoption("--contract-record", default=False):
        passed = {name: version for name, version in passed.items() if name not in failed}
        known = record.updated(known, passed, failed, datetime.date.today().isoformat())
        record.write(known)
    terminalreporter.write_line(record.summary(run, known))
