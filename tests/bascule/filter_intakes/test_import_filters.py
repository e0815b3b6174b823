"""`manage.py import_filters`: rules given and sent from a shell, without a worker."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Agent, JournalEntry
from bascule.filter_intakes import sending
from bascule.filters.contents import contents_of
from bascule.models import CapturedRule, Deposit, Replay
from tests.bascule.filter_intakes.directory import AWAY, OFF, REUNION, SPAM, entry
from tests.bascule.imports.conftest import agent, door, mailbox
from tests.factories import make_agent
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import FileInto, Stop

__all__ = ["agent", "door", "mailbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def run(*arguments: object) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("import_filters", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def written(folder: Path, *parts: str, name: str = "annuaire.ldif") -> Path:
    path = folder / name
    path.write_text("".join(parts))
    return path


def test_everybody_in_an_ldif_gets_their_rules(files: Path, staff: Agent, marie: Agent) -> None:
    paul = make_agent("paul@ac-reunion.fr")
    path = written(files, entry("mp", REUNION, SPAM, OFF, mail=marie.address), entry("paul", AWAY))
    output, code = run(path, "--by", staff.address)
    assert code == 0
    assert "Marie Payet <marie.payet@ac-reunion.fr> : 3 règles (3 à l’identique, 0 à vérifier, 0 non reprise)" in output
    assert "1 règle (0 à l’identique, 0 à vérifier, 1 non reprise)" in output
    assert [contents_of(one).name for one in CapturedRule.objects.filter(agent=marie)] == [
        "Pub",
        "Réunions",
        "Ancienne",
    ]
    assert CapturedRule.objects.filter(agent=paul).count() == 1
    assert JournalEntry.objects.filter(action="deposit.received", actor=staff.address).count() == 2
    assert "Pub" not in output
    again, code = run(path)
    assert (code, CapturedRule.objects.count(), Deposit.objects.count()) == (0, 4, 2)
    assert "déjà données" in again


def test_what_cannot_be_done_is_told_and_the_others_are_served(files: Path, marie: Agent) -> None:
    path = written(files, entry("x", SPAM, mail="x@y.example"), entry("mp", SPAM, mail=marie.address))
    output, code = run(files / "absent.ldif", path)
    assert code == 1
    assert "absent.ldif : rien de donné, fichier impossible à ouvrir" in output
    assert "x@y.example : rien de donné, personne du portail n’a cette adresse." in output
    assert CapturedRule.objects.filter(agent=marie).count() == 1


def test_contradicting_entries_are_held_back_here_as_on_the_page(files: Path, marie: Agent) -> None:
    path = written(files, entry("a", SPAM, mail=marie.address), entry("b", REUNION, mail=marie.address))
    output, code = run(path)
    assert (code, Deposit.objects.count()) == (1, 0)
    assert output.count("des entrées différentes") == 2
    same = written(files, entry("a", SPAM, mail=marie.address) * 2, name="b.ldif")
    assert run(same)[1] == 0
    assert Deposit.objects.count() == 1


def test_a_script_needs_to_know_whose_it_is(files: Path, marie: Agent) -> None:
    path = written(files, SPAM, "\n", REUNION, name="regles.sieve")
    output, code = run(path)
    assert (code, Deposit.objects.count()) == (1, 0)
    assert "--for" in output
    output, code = run(path, "--for", "Marie.Payet@ac-reunion.fr")
    assert code == 0
    assert "2 règles (2 à l’identique" in output
    assert Deposit.objects.get().name == "regles.sieve"


def test_lines_without_an_entry_are_taken_for_one_person(files: Path, marie: Agent) -> None:
    path = written(files, "mailSieveRuleSource: if true { keep; }\n", name="colle.txt")
    assert run(path)[1] == 1
    assert run(path, "--for", marie.address)[1] == 0
    assert CapturedRule.objects.filter(agent=marie).count() == 1


def test_dry_run_writes_nothing(files: Path, marie: Agent, deposit_dir: Path) -> None:
    path = written(files, entry("mp", SPAM, mail=marie.address))
    output, code = run(path, "--dry-run")
    assert (code, Deposit.objects.count(), CapturedRule.objects.count()) == (0, 0, 0)
    assert "seraient données" in output
    assert not JournalEntry.objects.exists()
    assert not deposit_dir.exists()


def test_unknown_people_and_files_without_rules_are_refused(files: Path, db: None) -> None:
    with pytest.raises(CommandError, match=r"qui@ac-reunion\.fr"):
        run(files / "x", "--for", "qui@ac-reunion.fr")
    path = written(files, "dn: uid=a,o=x\nmail: a@b.example\n")
    output, code = run(path, "--json")
    (report,) = json.loads(output)
    assert (code, report["outcome"]) == (1, "unreadable")
    assert "mailSieveRuleSource" in report["why"]


def test_json_tells_everything_of_a_person(files: Path, marie: Agent) -> None:
    output, code = run(written(files, entry("mp", SPAM, AWAY, mail=marie.address)), "--json", "--send")
    (report,) = json.loads(output)
    assert code == 0
    assert (report["address"], report["outcome"], report["rules"], report["refused"]) == (marie.address, "given", 2, 1)
    assert report["remarks"]
    assert report["sending"]["outcome"] == "not_migrated"


def test_sending_puts_the_rules_into_zimbra(files: Path, agent: Agent, mailbox: ZimbraClient) -> None:
    path = written(files, entry("x", REUNION, SPAM, OFF, mail=agent.address))
    told, code = run(path, "--send", "--dry-run")
    assert code == 0
    assert "seraient envoyées dans Zimbra : 3 règles en tout, 1 dossier créé" in told
    assert mailbox.filters() == ()
    assert not CapturedRule.objects.exists()
    output, code = run(path, "--send")
    assert code == 0
    assert "envoyées dans Zimbra : 3 règles en tout, 1 dossier créé, aucune différence." in output
    assert [(rule.name, rule.active) for rule in mailbox.filters()] == [
        ("Pub", True),
        ("Réunions", True),
        ("Ancienne", False),
    ]
    assert mailbox.filters()[1].actions == (FileInto("Réunions"),)
    assert isinstance(mailbox.filters()[0].actions[-1], Stop)
    assert mailbox.folder_at("Réunions").view == "message"
    assert Replay.objects.get().state == "done"
    again, code = run(path, "--send")
    assert code == 0
    assert "tout est déjà dans Zimbra" in again


def test_a_zimbra_that_does_not_answer_is_told(
    files: Path, agent: Agent, door: Simulated, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0.0)
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:9"
    output, code = run(written(files, entry("x", SPAM, mail=agent.address)), "--send")
    assert code == 1
    assert "envoi arrêté" in output
    assert CapturedRule.objects.filter(agent=agent).count() == 1
