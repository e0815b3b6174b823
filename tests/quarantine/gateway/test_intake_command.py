from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quarantine.gateway import intake
from tests.each import each


@each(
    ("options", "told"),
    [
        ({}, "--lmtp"),
        ({"lmtp": ["localhost"]}, "HÔTE:PORT"),
        ({"smtp": ["127.0.0.1:99999"]}, "HÔTE:PORT"),
        ({"hold_lmtp": ["127.0.0.1:0"], "metrics": "here"}, "HÔTE:PORT"),
        ({"lmtp": ["127.0.0.1:0"], "workers": 0}, "--workers"),
    ],
)
def test_what_makes_no_sense_is_said(options: dict, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("intake_gateway", **options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUARANTINE_DELIVERY", "http://x"), ("QUARANTINE_VERDICTS", ["crystal ball"]),
        ("QUARANTINE_NO_VERDICT", "perhaps"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_said_at_the_start(settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    with pytest.raises(CommandError, match="Réglages"):
        call_command("intake_gateway", lmtp=["127.0.0.1:0"])


def test_a_socket_that_somebody_listens_to_is_left_to_him(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(OSError, match="listens"):
            intake._listening(str(path))
    # Left by a process that was killed.
    intake._listening(str(path)).close()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OSError, match="no socket"):
        intake._listening(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "kept"
