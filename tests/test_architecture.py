"""The import rule of docs/architecture.md, read from the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.each import each

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "zimbra": set(),
    "accounts": set(),
    "boxes": {"accounts", "zimbra"},
    "quarantine": {"accounts", "boxes", "zimbra"},
    "bascule": {"accounts", "boxes", "zimbra"},
    "migration_portal": {"accounts", "boxes", "quarantine", "bascule", "zimbra"},
}


def imported_modules(path: Path) -> set[str]:
    """Full names of all that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@each("package", [name for name in MAY_IMPORT if (ROOT / name).is_dir()])
def test_package_imports_only_what_it_may(package: str) -> None:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    assert files_of(package)
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of(package)
        for module in imported_modules(path)
        if module.split(".")[0] in forbidden
    ]
    assert not broken


def test_simulator_is_reached_over_its_protocol_only() -> None:
    outside = [path for package in MAY_IMPORT for path in files_of(package) if "simulator" not in path.parts]
    assert not [path for path in outside if any(m.startswith("zimbra.simulator") for m in imported_modules(path))]
    inside = files_of("zimbra/simulator")
    assert inside
    assert not [
        path
        for path in inside
        if any(m.startswith("zimbra.") and not m.startswith("zimbra.simulator") for m in imported_modules(path))
    ]


def test_conversions_know_no_framework() -> None:
    paths = files_of("bascule/conversions")
    assert paths
    assert not [path for path in paths if any(m.split(".")[0] == "django" for m in imported_modules(path))]


def test_views_never_reach_the_mail_service() -> None:
    apps = ("bascule", "boxes", "quarantine")
    paths = [*(path for app in apps for path in files_of(f"{app}/views")), *(ROOT / "accounts").glob("views*.py")]
    doors = ("zimbra", "imapclient", "smtplib", "urllib3")
    # Nor by way of ours: the door of the tasks, and what goes through it.
    ours = ("boxes.zimbra_door", "boxes.sync", "bascule.zimbra_door", "quarantine.deliveries", "quarantine.arrivals")
    assert len(paths) > 20
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in paths
        for module in imported_modules(path)
        if module.split(".")[0] in doors or module.startswith(ours)
    ]
    assert not broken


def test_a_forbidden_import_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text("def f():\n    from bascule.models import Wave\n    import zimbra.client\n")
    assert imported_modules(path) == {"bascule.models.Wave", "zimbra.client"}
