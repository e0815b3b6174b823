"""The tool as a person runs it, in this process, on the account of a fixture."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulated import PASSWORD, Server
from zimbra.client import ZimbraClient
from zimbra.tool.running import run


@dataclass
class Tool:
    """Runs command lines. code, out, err: what the last one gave."""

    environment: dict[str, str]
    code: int = 0
    out: str = ""
    err: str = ""
    asked: list[str] = field(default_factory=list)

    def __call__(self, *words: object) -> str:
        out, err = io.StringIO(), io.StringIO()
        self.code = run([str(word) for word in words], self.environment, out=out, err=err, ask=self._ask)
        self.out, self.err = out.getvalue(), err.getvalue()
        return self.out

    def json(self, *words: object) -> Any:
        text = self("--json", *words)
        assert self.code == 0, self.err
        return json.loads(text)

    def done(self, *words: object) -> str:
        text = self(*words)
        assert self.code == 0, self.err
        return text

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        raise EOFError


@pytest.fixture
def address(server: Server) -> str:
    return server.create_account()


@pytest.fixture
def tool(server: Server, address: str) -> Tool:
    return Tool({"ZIMBRA_URL": server.url, "ZIMBRA_ACCOUNT": address, "ZIMBRA_PASSWORD": PASSWORD})


@pytest.fixture
def client(server: Server, address: str) -> Iterator[ZimbraClient]:
    """The same account, seen without the tool."""
    with server.client(address) as signed_in:
        yield signed_in
