"""What a dry run finds, whatever becomes of its workers, and that it changes nothing but its own rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from bascule import deposits, originals, planning, reading, standings
from bascule.filters.contents import RuleContents
from bascule.models import (
    CapturedRule,
    Deposit,
    DistributionList,
    Rehearsal,
    RehearsalFinding,
    RehearsalSlice,
    Standing,
    Wave,
)
from bascule.rehearsals import engine, files, kinds
from bascule.rehearsals import planning as rehearsing
from bascule.rehearsals.planning import AlreadyRunning, NothingToDo
from bascule.signatures import saved
from bascule.signatures.contents import written
from bascule.waves.states import NotStaff
from boxes.models import AccountRequest, CensusSheet, Role
from tests.bascule.rehearsals.conftest import state_of
from tests.factories import make_agent, make_box, make_entry, make_establishment, make_wave
from tests.simulated import DOMAIN, Simulated

pytestmark = pytest.mark.django_db

GOOD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Payet;Marie\r\nFN:Marie Payet {}\r\nEND:VCARD\r\n"


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True, population="dsi")


@pytest.fixture
def wave() -> Wave:
    return make_wave("first-degree", day=planning.today() + timedelta(days=10), takes_boxes=True)


def deposit(agent: Agent, name: str, content: str = "", *, read: bool = True) -> Deposit:
    content = content or GOOD.format(agent.pk)
    received = deposits.receive(agent=agent, name=name, file=io.BytesIO(content.encode()), by=agent).new[0]
    if read:
        reading.read(received.pk)
    received.refresh_from_db()
    return received


def run(rehearsal: Rehearsal) -> Rehearsal:
    while engine.advance(rehearsal.pk):
        pass
    rehearsal.refresh_from_db()
    return rehearsal


def rehearsed(wave: Wave, staff: Agent) -> Rehearsal:
    standings.refresh()
    return run(rehearsing.start(wave=wave, by=staff))


def found(rehearsal: Rehearsal) -> set[tuple[str, Any]]:
    return {
        (one.kind, one.agent or one.box or one.establishment)
        for one in RehearsalFinding.objects.filter(rehearsal=rehearsal)
    }


def without_accounts(rehearsal: Rehearsal) -> set[tuple[str, Any]]:
    return {one for one in found(rehearsal) if not one[0].startswith("account")}


def test_files_are_read_again_and_steps_looked_at(staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    idle, fine, gone, cut, bad, slow, other, late, careful = (make_agent() for _ in range(9))
    deposit(fine, "bon.vcf")
    originals.delete(deposit(gone, "perdu.vcf").stored_as)
    folder = files.reading.originals._folder()
    path = folder / deposit(cut, "abime.vcf").stored_as
    path.write_bytes(path.read_bytes()[:-9])
    deposit(bad, "notes.txt", "rien de ce que nous lisons")
    deposit(slow, "attend.vcf", read=False)
    Deposit.objects.filter(pk=deposit(other, "autre.vcf").pk).update(items_out=7)
    Deposit.objects.filter(pk=deposit(late, "vieux.vcf").pk).update(received_at=timezone.now() - timedelta(days=85))
    Standing.objects.all().delete()
    standings.refresh()
    Standing.objects.filter(agent=careful).update(done=standings.bit("note-devices"))
    for position, folders in enumerate([(), ("Contacts/Écoles",)]):
        contents = RuleContents("Règle", folders=folders).sealed()
        CapturedRule.objects.create(
            agent=fine, position=position, origin="form", verdict="refused" if position else "same", contents=contents
        )
    saved.add(agent=fine, contents=written("Longue", f"<p>{'mot ' * 4000}</p>"), by=fine)
    CapturedRule.objects.create(agent=other, position=1, origin="form", verdict="same", contents=b"x")
    DistributionList.objects.create(agent=fine, address="contacts@ac-reunion.fr", contents=b"")
    outcome = rehearsed(wave, staff)
    assert without_accounts(outcome) == {
        ("nothing_done", idle),
        ("file_gone", gone),
        ("file_sealed", cut),
        ("file_unreadable", bad),
        ("file_waiting", slow),
        ("file_changed", other),
        ("file_expires", late),
        ("devices_noted", careful),
        ("rules_refused", fine),
        ("rules_folder", fine),
        ("signature_long", fine),
        ("kept_sealed", other),
        ("list_folder", fine),
    }
    changed = RehearsalFinding.objects.get(kind="file_changed")
    assert kinds.sentence(changed.kind, changed.values) == (
        "« autre.vcf » donnait 7 éléments au dépôt, et en donne 1 aujourd’hui."
    )
    assert Deposit.objects.get(name="perdu.vcf").state == Deposit.State.READ


def test_a_file_that_loses_much_is_told_with_counts(staff: Agent, wave: Wave) -> None:
    cards = "".join(GOOD.format(n) if n % 2 else "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n" for n in range(20))
    agent = make_agent()
    one = deposit(agent, "agenda.ics", cards)
    assert one.items_in - one.items_out >= 3, (one.items_in, one.items_out)
    outcome = rehearsed(wave, staff)
    row = RehearsalFinding.objects.get(rehearsal=outcome, kind="file_loses")
    assert row.values == {"file": "agenda.ics", "lost": one.items_in - one.items_out, "items": one.items_in}


def test_boxes_and_censuses(staff: Agent, wave: Wave) -> None:
    ready, open_, empty = make_establishment(), make_establishment(), make_establishment()
    for place in (ready, open_):
        make_agent(establishment=place, function="DIR")
    CensusSheet.objects.create(establishment=ready, state=CensusSheet.State.SUBMITTED)
    make_box(establishment=ready)
    person = make_agent()
    same = make_box(establishment=open_, address=person.address)
    dropped = make_box(establishment=open_, is_kept=False)
    orphan = make_box(establishment=empty)
    waiting = make_box(establishment=ready)
    asked = AccountRequest.objects.create(establishment=ready, family_name="X", state=AccountRequest.State.SENT)
    make_entry(waiting, make_agent(), Role.OWNER)
    waiting.entries.create(request=asked, role=Role.MEMBER)
    outcome = rehearsed(wave, staff)
    assert {one for one in found(outcome) if not isinstance(one[1], Agent)} == {
        ("box_is_agent", same),
        ("box_not_kept", dropped),
        ("box_no_owner", orphan),
        ("box_without_account", waiting),
        ("census_to_validate", ready),
        ("census_open", open_),
        ("census_open", empty),
        ("place_no_head", empty),
        ("accounts_asked", ready),
    }


def test_accounts_in_zimbra_and_nothing_is_written_there(staff: Agent, wave: Wave, zimbra: Simulated) -> None:
    def person(name: str, **attributes: str) -> Agent:
        agent = make_agent(f"{name}.{wave.pk}@{DOMAIN}", family_name="Hoarau")
        if attributes or name == "bon":
            zimbra.create_account(agent.address, **attributes)
        deposit(agent, f"{name}.vcf")
        return agent

    fine = person("bon", sn="Hoarau")
    missing, alias, listed = person("absent"), person("autre"), person("liste")
    closed, waits = person("ferme", zimbraAccountStatus="closed"), person("attend", zimbraAccountStatus="maintenance")
    named, small = person("nom", sn="Grondin"), person("petit", zimbraMailQuota=str(2 << 30))
    big = person("grand", zimbraMailQuota=str(20 << 30), sn="Hoarau-Payet")
    box, taken = make_box(address=f"b1.{wave.pk}@{DOMAIN}"), make_box(address=f"b2.{wave.pk}@{DOMAIN}")
    holder = zimbra.create_account()
    with zimbra.admin() as admin:
        account = admin.get_account(holder)
        admin.add_alias(account.id, alias.address)
        admin.add_alias(account.id, box.address)
        admin.create_list(listed.address)
        admin.create_list(taken.address)
    before = state_of(zimbra)
    outcome = rehearsed(wave, staff)
    assert state_of(zimbra) == before
    assert {one for one in found(outcome) if one[0].startswith(("account", "box_alias", "box_list"))} == {
        ("account_missing", missing),
        ("account_alias", alias),
        ("account_list", listed),
        ("account_closed", closed),
        ("account_waits", waits),
        ("account_name", named),
        ("account_quota", small),
        ("box_alias", box),
        ("box_list", taken),
    }
    assert {key: outcome.counts[key] for key in ("clean", "look", "blocked", "unchecked")} == {
        "clean": 2,
        "look": 3,
        "blocked": 4,
        "unchecked": 0,
    }
    assert Standing.objects.get(agent=fine).mail_host
    assert big.deposits.exists()


def test_nothing_that_people_own_is_written(staff: Agent, wave: Wave) -> None:
    for _ in range(2):
        deposit(make_agent(), "carnet.vcf")
    standings.refresh()
    ours = {"Rehearsal", "RehearsalSlice", "RehearsalFinding", "JournalEntry", "Notice"}

    def rows() -> dict[str, list[object]]:
        return {
            model.__name__: list(model._default_manager.order_by("pk").values_list())
            for model in apps.get_models()
            if model.__name__ not in ours
        }

    before = rows()
    rehearsed(wave, staff)
    assert rows() == before
    assert Notice.objects.get().recipient == staff
    assert [*JournalEntry.objects.order_by("pk").values_list("action", flat=True)][-2:] == [
        "rehearsal.started",
        "rehearsal.done",
    ]


def test_without_zimbra_the_rest_is_done_and_its_checks_taken_up_again(
    staff: Agent, wave: Wave, zimbra: Simulated, settings: Any
) -> None:
    make_agent(f"absent.{wave.pk}@{DOMAIN}")
    settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:9"
    outcome = rehearsed(wave, staff)
    assert (outcome.state, outcome.counts["unchecked"]) == (Rehearsal.State.DONE, 1)
    assert {kind for kind, _ in found(outcome)} == {"nothing_done"}
    settings.ZIMBRA_ADMIN_URL = zimbra.url
    assert rehearsing.check_again(rehearsal=outcome, by=staff) == 1
    outcome = run(outcome)
    assert (outcome.counts["unchecked"], outcome.counts["blocked"]) == (0, 1)
    with pytest.raises(NothingToDo):
        rehearsing.check_again(rehearsal=outcome, by=staff)


def test_compared_with_the_one_before(staff: Agent, wave: Wave) -> None:
    agents = [make_agent() for _ in range(3)]
    bad = [deposit(agent, "notes.txt", f"rien {agent.pk}") for agent in agents[:2]]
    first = rehearsed(wave, staff)
    assert "new" not in first.counts
    bad[0].delete()
    deposit(agents[2], "notes.txt", "rien non plus")
    second = rehearsed(wave, staff)
    assert {key: second.counts[key] for key in ("settled", "new", "before")} == {
        "settled": 1,
        "new": 1,
        "before": first.pk,
    }
    fresh = RehearsalFinding.objects.filter(rehearsal=second, is_new=True, severity__lte=1)
    assert [one.agent for one in fresh] == [agents[2]]
    for _ in range(rehearsing.KEPT):
        rehearsed(wave, staff)
    assert Rehearsal.objects.count() == rehearsing.KEPT


def in_slices(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(rehearsing, "PEOPLE_PER_SLICE", size)


def test_several_workers_and_one_that_comes_back_double_nothing(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_slices(monkeypatch, 1)
    agents = [make_agent() for _ in range(4)]
    for agent in agents:
        deposit(agent, "notes.txt", f"rien {agent.pk}")
    standings.refresh()
    rehearsal = rehearsing.start(wave=wave, by=staff)
    whole = files.check
    nested = 0

    def meanwhile(*args: Any, **kwargs: Any) -> list[Any]:
        """In the middle of each slice another worker works on the same dry run, and a lost one takes the slice."""
        nonlocal nested
        nested += 1
        seen = whole(*args, **kwargs)
        if nested == 1:
            engine.advance(rehearsal.pk)
        if nested == 2:
            mine = RehearsalSlice.objects.filter(kind="files").exclude(holder="").order_by("-attempts")
            mine.update(holder="elsewhere:1:1:1", held_until=timezone.now() - timedelta(seconds=1))
        return seen

    monkeypatch.setattr(files, "check", meanwhile)
    outcome = run(rehearsal)
    assert outcome.state == Rehearsal.State.DONE
    assert RehearsalFinding.objects.filter(rehearsal=outcome, kind="file_unreadable").count() == 4
    assert JournalEntry.objects.filter(action="rehearsal.done").count() == 1


def test_a_file_that_kills_its_reader_is_left_out_and_the_rest_goes_on(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    bad, fine = make_agent(), make_agent()
    for agent in (bad, fine):
        deposit(agent, "notes.txt", f"rien {agent.pk}")
    whole = reading.reread

    def reread(one: Deposit) -> Any:
        if one.agent_id == bad.pk:
            raise Killed
        return whole(one)

    monkeypatch.setattr(files.reading, "reread", reread)
    standings.refresh()
    rehearsal = rehearsing.start(wave=wave, by=staff)
    for _ in range(9):
        try:
            run(rehearsal)
        except Killed:
            assert engine.waiting() == [rehearsal.pk]
    assert engine.waiting() == []
    assert without_accounts(rehearsal) == {("file_stops_reader", bad), ("file_unreadable", fine)}


def test_given_up_and_one_at_a_time(staff: Agent, wave: Wave) -> None:
    make_agent()
    standings.refresh()
    with pytest.raises(NotStaff):
        rehearsing.start(wave=wave, by=make_agent(population="dsi"))
    rehearsal = rehearsing.start(wave=wave, by=staff)
    assert engine.waiting() == [rehearsal.pk]
    with pytest.raises(AlreadyRunning):
        rehearsing.start(wave=wave, by=staff)
    rehearsing.cancel(rehearsal=rehearsal, by=staff)
    assert engine.advance(rehearsal.pk) is False
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.slices.count(), engine.waiting()) == (Rehearsal.State.CANCELLED, 0, [])
    with pytest.raises(NothingToDo):
        rehearsing.cancel(rehearsal=rehearsal, by=staff)
    assert run(rehearsing.start(wave=wave, by=staff)).state == Rehearsal.State.DONE


def test_every_kind_reads_whole(staff: Agent) -> None:
    filled: Callable[[str], str] = lambda text: kinds.sentence(text, {})  # noqa: E731
    for code, kind in kinds.KINDS.items():
        assert filled(code).rstrip().endswith("."), code
        assert kind.remedy.endswith("."), code
        assert len(code) <= 40
    assert kinds.sentence("gone_since", {}) == "gone_since"
