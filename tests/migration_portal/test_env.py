from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from migration_portal import env


def test_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("valeur\n")
    monkeypatch.setenv("X_SECRET_FILE", str(path))
    assert env.text("X_SECRET") == "valeur"


def test_secret_given_twice_or_unreadable_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X_SECRET_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="X_SECRET_FILE"):
        env.text("X_SECRET")
    monkeypatch.setenv("X_SECRET", "a")
    with pytest.raises(ImproperlyConfigured, match="both"):
        env.text("X_SECRET")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_boolean_values(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("X_FLAG", value)
    assert env.boolean("X_FLAG", True) is expected


@pytest.mark.parametrize("value", ["oui", "2", "-"])
def test_nonsense_is_refused_as_boolean(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_FLAG", value)
    with pytest.raises(ImproperlyConfigured, match="X_FLAG"):
        env.boolean("X_FLAG", True)


@pytest.mark.parametrize("value", ["many", "0", "11", "1.5"])
def test_number_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match="X_NUMBER"):
        env.integer("X_NUMBER", 5, minimum=1, maximum=10)


def test_database_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_DB", raising=False)
    assert env.database("X_DB", "sqlite:///data/p.sqlite3")["NAME"] == "data/p.sqlite3"
    assert env.database("X_DB", "sqlite:////srv/p.sqlite3")["NAME"] == "/srv/p.sqlite3"
    server = env.database("X_DB", "postgresql://u:p%40ss@db.example:5433/portal?sslmode=require")
    assert (server["USER"], server["PASSWORD"], server["HOST"], server["PORT"]) == ("u", "p@ss", "db.example", "5433")
    assert (server["NAME"], server["OPTIONS"]) == ("portal", {"sslmode": "require"})
    with pytest.raises(ImproperlyConfigured, match="X_DB"):
        env.database("X_DB", "mysql://localhost/x")
