"""What must hold of the project's own files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.each import each

ROOT = Path(__file__).resolve().parent.parent


def python_files() -> list[Path]:
    packages = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "var"))]
    return [file for package in packages for file in package.rglob("*.py")]


def test_lock_files_name_no_host_and_hash_everything() -> None:
    for path in (ROOT / "requirements.lock", ROOT / "requirements-dev.lock"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.findall(r"^[a-z0-9][^\n]*", text, flags=re.MULTILINE | re.IGNORECASE)
        assert len(entries) > 20
        assert all(entry.endswith("\\") for entry in entries), "an entry without a hash"


def test_every_setting_from_the_environment_is_documented() -> None:
    source = (ROOT / "migration_portal" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    assert len(names) > 20
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M))
    assert names == documented


def test_python_files_stay_within_their_room() -> None:
    long_ones = {
        str(path.relative_to(ROOT)): lines
        for path in python_files()
        if "migrations" not in path.parts
        and "tests" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert python_files()
    assert not long_ones


@pytest.mark.parametrize("word", ["make demo", "make test"])
def test_readme_shows_the_two_commands(word: str) -> None:
    assert word in (ROOT / "README.md").read_text(encoding="utf-8")


TEMPLATES = sorted(str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html"))


@each("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    get_template(name)


def test_templates_bring_no_inline_script_or_style() -> None:
    # The content security policy would block them, in silence for most people.
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    # Mails have no policy, and webmails drop style sheets.
    pages = [name for name in TEMPLATES if "/mail_" not in name]
    assert pages
    assert not [name for name in pages if inline.search((ROOT / "templates" / name).read_text(encoding="utf-8"))]
