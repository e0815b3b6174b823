"""Messages from the terminal."""

import re

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import message, soon
from tests.zimbra.tool.conftest import Tool
from tests.zimbra.tool.test_running import whole_tool
from zimbra.client import ZimbraClient


def test_messages_of_a_folder_are_listed(tool: Tool, client: ZimbraClient) -> None:
    assert "Aucun message." in tool.done("messages", "list")
    folder = client.create_folder("Été 2026", view="message")
    ids = [client.add_message(folder.id, message(f"numéro {n}"), flags="u").id for n in range(3)]
    assert soon(lambda: len(list(client.messages(f"inid:{folder.id}"))) == 3)
    rows = tool.json("messages", "list", "/Été 2026")
    assert {row["id"] for row in rows} == set(ids)
    assert all(row["unread"] for row in rows)
    shown = tool.done("messages", "list", folder.id, "--limit", "2")
    assert len(shown.splitlines()) == 3
    assert "--limit" in tool.err
    assert tool.json("messages", "list", "--query", f"inid:{folder.id} is:read") == []


def test_a_message_is_shown_and_stays_unread(tool: Tool, client: ZimbraClient) -> None:
    raw = message("réunion")
    added = client.add_message("2", raw, flags="u")
    shown = tool.done("messages", "show", added.id)
    assert re.search(r"^Objet +réunion$", shown, re.MULTILINE)
    assert tool.json("messages", "show", added.id)["subject"] == "réunion"
    assert client.message(added.id).is_unread
    tool("messages", "show", "99999")
    assert (tool.code, "mail.NO_SUCH_MSG" in tool.err) == (1, True)


def test_a_message_comes_out_as_it_came_in(server: Server, address: str, client: ZimbraClient) -> None:
    raw = message("réunion")
    added = client.add_message("2", raw)
    assert whole_tool(server, address, f"messages show {added.id} --raw").stdout == raw


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_a_limit_is_a_number_of_messages(tool: Tool, limit: str) -> None:
    tool("messages", "list", "--limit", limit)
    assert tool.code == 2
