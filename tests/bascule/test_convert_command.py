"""`manage.py convert`: cleaned files, reports, exit code."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from django.core.management import call_command

from bascule.converting import OutputNames, convert_files, safe_stem
from tests.each import each

SAMPLES = Path(__file__).parents[1] / "samples"
MEETING = SAMPLES / "ics" / "01-cs6-meeting.ics"
TASKS = SAMPLES / "ics" / "03-cs6-todo.ics"
BOOK = SAMPLES / "vcf" / "02-groups.vcf"


def run(*arguments: object) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("convert", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_json_is_a_list_of_reports_with_the_agreed_keys(tmp_path: Path) -> None:
    output, code = run(MEETING, TASKS, BOOK, "--json", "--out", tmp_path)
    reports = json.loads(output)
    assert code == 0
    assert [report["file"] for report in reports] == [str(MEETING), str(TASKS), str(BOOK)]
    assert [report["kind"] for report in reports] == ["calendar", "calendar", "contacts"]
    for report in reports:
        assert list(report) == ["file", "kind", "items_in", "items_out", "repairs", "remarks"]
        assert all(list(repair) == ["code", "count"] for repair in report["repairs"])
        assert all(list(remark) == ["code", "place", "message", "original"] for remark in report["remarks"])
    assert (reports[1]["items_in"], reports[1]["items_out"]) == (2, 1)
    assert [remark["code"] for remark in reports[1]["remarks"]] == ["tombstone"]


def test_cleaned_files_and_reports_are_written(tmp_path: Path) -> None:
    run(MEETING, TASKS, BOOK, "--out", tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "01-cs6-meeting.json",
        "02-groups (groupes).csv",
        "02-groups.json",
        "02-groups.vcf",
        "03-cs6-todo.json",
        "Marie Payet (tâches).ics",
        "Marie Payet.ics",
    ]
    assert b"VERSION:2.0" in (tmp_path / "new" / "Marie Payet.ics").read_bytes()
    assert json.loads((tmp_path / "new" / "02-groups.json").read_text())["kind"] == "contacts"


def test_two_calendars_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    run(MEETING, SAMPLES / "ics" / "02-cs6-recurring-allday.ics", "--out", tmp_path)
    assert {path.name for path in tmp_path.glob("*.ics")} == {"Marie Payet.ics", "Marie Payet-2.ics"}


def test_a_source_in_the_directory_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "Marie Payet.ics"
    source.write_bytes(MEETING.read_bytes())
    run(source, "--out", tmp_path)
    assert source.read_bytes() == MEETING.read_bytes()
    assert (tmp_path / "Marie Payet-2.ics").exists()


def test_an_unreadable_file_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    rubbish = tmp_path / "photo.ics"
    rubbish.write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    output, code = run(rubbish, tmp_path / "absent.ics", tmp_path, MEETING, "--json", "--out", tmp_path / "out")
    reports = json.loads(output)
    assert code == 1
    assert [report["kind"] for report in reports] == ["", "", "", "calendar"]
    assert [report["remarks"][0]["code"] for report in reports[:3]] == [
        "not_calendar",
        "file_unreadable",
        "file_unreadable",
    ]
    assert (tmp_path / "out" / "Marie Payet.ics").exists()


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    misnamed = tmp_path / "agenda.ics"
    misnamed.write_bytes(BOOK.read_bytes())
    output, _ = run(misnamed, "--json", "--out", tmp_path / "out")
    assert json.loads(output)[0]["kind"] == "contacts"


def test_a_zip_gives_one_report_per_file(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.write(MEETING, "dossier/agenda.ics")
        content.write(BOOK, "../carnet.vcf")
        content.writestr("lisez-moi.txt", "bonjour")
    output, code = run(archive, "--json", "--out", tmp_path / "out")
    reports = json.loads(output)
    assert code == 1
    assert [Path(report["file"]).name for report in reports] == ["agenda.ics", "carnet.vcf", "lisez-moi.txt"]
    assert [report["kind"] for report in reports] == ["calendar", "contacts", ""]
    assert not (tmp_path / "carnet.vcf").exists()


def test_a_damaged_zip_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    archive.write_bytes(b"PK\x03\x04" + b"\0" * 50)
    output, code = run(archive, "--json", "--out", tmp_path / "out")
    assert code == 1
    assert json.loads(output)[0]["remarks"][0]["code"] == "zip_damaged"


def test_the_summary_is_in_french(tmp_path: Path) -> None:
    output, code = run(TASKS, "--out", tmp_path)
    assert code == 0
    assert "calendrier, 2 éléments en entrée, 1 en sortie" in output
    assert "déjà supprimé sur l’ancien serveur" in output
    assert str(tmp_path / "Marie Payet (tâches).ics") in output


@each(
    ("name", "stem"),
    [
        ("Marie Payet", "Marie Payet"),
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("", "sans nom"),
        ("...", "sans nom"),
        ("CON", "CON_"),
        ("é" * 100, "é" * 40),
        ("x\0y\n", "x_y"),
    ],
)
def test_names_of_files_are_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_names_differ_even_on_systems_that_ignore_case(tmp_path: Path) -> None:
    names = OutputNames(tmp_path)
    assert [names.claim(name, ".ics").name for name in ("Cours", "cours", "COURS")] == [
        "Cours.ics",
        "cours-2.ics",
        "COURS-3.ics",
    ]


def test_large_calendars_are_written_in_parts(tmp_path: Path) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:Grand"]
    for number in range(1001):
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTART;VALUE=DATE:20240916", "SUMMARY:x", "END:VEVENT"]
    source = tmp_path / "grand.ics"
    source.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]))
    (report,) = convert_files([source], tmp_path / "out")
    assert [path.name for path in report.written] == ["Grand-1.ics", "Grand-2.ics"]
    assert report.items_out == 1001


def test_rules_are_written_as_zimbra_holds_them(tmp_path: Path) -> None:
    script = tmp_path / "mes-regles.sieve"
    script.write_text(
        'require ["fileinto"];\n# Rule Info: $Order=1 Name="Réunions"\n'
        'if header :contains "Subject" "réunion" { fileinto "Réunions"; stop; }\n'
        '# Rule Info: $Order=2 Name="Transfert"\nif size :over 1M { redirect "moi@ailleurs.example"; }\n'
    )
    output, code = run(script, "--json", "--out", tmp_path / "new")
    (report,) = json.loads(output)
    assert (code, report["kind"], report["items_in"], report["items_out"]) == (0, "filters", 2, 1)
    assert report["remarks"][0]["place"].startswith("règle « Transfert »")
    written = (tmp_path / "new" / "mes-regles.sieve").read_text()
    assert written.startswith('require ["fileinto", "copy",')
    assert "\n# Réunions\nif " in written
    assert '    fileinto "Réunions";\n    stop;\n}\n' in written


def test_a_directory_entry_is_told_in_french(tmp_path: Path) -> None:
    output, code = run(SAMPLES / "sieve" / "01-user.ldif", "--out", tmp_path)
    assert code == 0
    assert "règles de filtrage, 3 règles en entrée, 3 en sortie" in output
    assert (tmp_path / "01-user.sieve").exists()


def test_a_script_that_says_nothing_is_refused_as_a_script(tmp_path: Path) -> None:
    script = tmp_path / "vide.sieve"
    script.write_text("# rien\n")
    output, code = run(script, "--out", tmp_path / "new")
    assert code == 1
    assert "ne contient aucune règle de filtrage" in output
    assert not (tmp_path / "new" / "vide.sieve").exists()
