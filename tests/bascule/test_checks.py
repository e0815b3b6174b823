from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from bascule.checks import check_signature_template, check_zimbra


def codes() -> list[str | None]:
    return [message.id for message in check_zimbra()]


@pytest.mark.parametrize(
    ("url", "plain", "expected"),
    [
        ("https://zimbra.example.fr", False, []),
        ("http://127.0.0.1:8070", False, []),
        ("http://[::1]:8070", False, []),
        ("http://localhost:8070", False, []),
        ("http://zimbra.example.fr", False, ["bascule.E001"]),
        ("http://simulateur:8070", True, []),
    ],
)
def test_passwords_do_not_cross_a_network_in_clear(
    settings: Settings, url: str, plain: bool, expected: list[str]
) -> None:
    settings.ZIMBRA_URL, settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:8070", url
    settings.ZIMBRA_PLAIN_HTTP = plain
    assert codes() == expected


def test_authorities_that_cannot_be_read_are_told_at_the_start(settings: Settings, tmp_path: Path) -> None:
    settings.ZIMBRA_CA_FILE = str(tmp_path / "missing.pem")
    assert codes() == ["bascule.E002"]
    with pytest.raises(SystemCheckError, match="ZIMBRA_CA_FILE"):
        call_command("check")


def test_signature_template_that_cannot_be_used_is_told(settings, tmp_path) -> None:
    assert check_signature_template() == []
    settings.SIGNATURE_TEMPLATE = str(tmp_path / "absent.html")
    assert [found.id for found in check_signature_template()] == ["bascule.E003"]
    file = tmp_path / "modele.html"
    settings.SIGNATURE_TEMPLATE = str(file)
    file.write_text("<p>{inconnu}</p>", encoding="utf-8")
    assert "{inconnu}" in check_signature_template()[0].msg
    file.write_text("<p>{nom}</p>", encoding="utf-8")
    assert check_signature_template() == []
