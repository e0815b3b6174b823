"""Where gateways listen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quarantine.gateway.addresses import free_socket_path, host_and_port, shown
from tests.stores import StoreServer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:10031", ("127.0.0.1", 10031)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("10031", None),
        (":10031", None),
        ("127.0.0.1:", None),
        ("127.0.0.1:65536", None),
        ("127.0.0.1:ten", None),
        ("127.0.0.1:-1", None),
    ],
)
def test_address_is_host_and_port(text: str, found: tuple[str, int] | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="host:port"):
            host_and_port(text)
    else:
        assert host_and_port(text) == found
        assert shown(*found) == text


def test_socket_of_who_was_killed_gives_way_and_nothing_else_does(store_server: StoreServer) -> None:
    path = store_server.folder / "taken"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(FileExistsError, match="somebody listens"):
            free_socket_path(path)
    free_socket_path(path)
    assert not path.exists()
    free_socket_path(path)
    path.write_text("a file")
    with pytest.raises(FileExistsError, match="no socket"):
        free_socket_path(path)
    path.unlink()


def test_policy_gateway_has_to_be_told_where_to_listen(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Indiquez où écouter"):
        call_command("policy_gateway")
    for option in (["--listen", "nowhere"], ["--socket", "x", "--socket-mode", "9"], ["--metrics", "1"]):
        with pytest.raises(CommandError):
            call_command("policy_gateway", *option)
