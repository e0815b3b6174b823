"""Files handed over: what is taken, what is refused, what goes and when."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import uploads
from accounts.models import Agent, JournalEntry
from bascule import deposits, originals
from bascule.models import Deposit, Import, ReadCollection
from tests.each import each
from tests.factories import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deposit_dir")]

CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Marie Payet\r\nEND:VCARD\r\n"


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def agent() -> Agent:
    return make_agent()


def receive(agent: Agent, content: bytes, name: str = "contacts.vcf") -> deposits.Received:
    return deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_sealed_with_its_row_and_a_journal_line(agent: Agent) -> None:
    received = receive(agent, CARD)
    (deposit,) = received.new
    assert b"".join(originals.read(deposit.stored_as)) == CARD
    assert (deposit.agent, deposit.state, deposit.size) == (agent, Deposit.State.RECEIVED, len(CARD))
    entry = JournalEntry.objects.get(action="deposit.received")
    assert (entry.actor, entry.target, entry.target_label) == (agent.address, f"deposit:{deposit.pk}", "contacts.vcf")


def test_reading_is_handed_out_after_the_commit(
    agent: Agent, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = []
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk: handed.append((task.name, pk)))
    with django_capture_on_commit_callbacks(execute=True):
        (deposit,) = receive(agent, CARD).new
        assert handed == []
    assert handed == [("bascule.tasks.read_deposit", deposit.pk)]


def test_the_same_bytes_are_recognised_whatever_their_name(agent: Agent, deposit_dir: Path) -> None:
    (first,) = receive(agent, CARD).new
    again = receive(agent, CARD, "autre-nom.vcf")
    assert (again.new, again.known) == ([], [first])
    assert len(files_in(deposit_dir)) == 1


def test_the_same_bytes_of_somebody_else_are_theirs(agent: Agent) -> None:
    receive(agent, CARD)
    assert len(receive(make_agent(), CARD).new) == 1


def test_every_file_of_a_zip_is_a_deposit(agent: Agent) -> None:
    received = receive(agent, zipped({"a/one.vcf": CARD, "two.ics": b"BEGIN:VCALENDAR"}), "tout.zip")
    assert [deposit.name for deposit in received.new] == ["one.vcf", "two.ics"]


def test_a_zip_is_known_by_its_content_not_its_name(agent: Agent) -> None:
    assert [one.name for one in receive(agent, zipped({"a.vcf": CARD}), "contacts.vcf").new] == ["a.vcf"]


def test_a_bad_file_of_a_zip_costs_only_itself(agent: Agent, settings) -> None:
    settings.DEPOSIT_MAX_BYTES = 100
    received = receive(agent, zipped({"big.vcf": b"x" * 101, "in.zip": zipped({"a": b""}), "a.vcf": CARD}))
    assert [deposit.name for deposit in received.new] == ["a.vcf"]
    assert [name for name, _ in received.refused] == ["big.vcf", "in.zip"]


def test_a_zip_bomb_leaves_nothing_behind(agent: Agent, settings, deposit_dir: Path) -> None:
    settings.DEPOSIT_MAX_BYTES, settings.DEPOSIT_ZIP_RATIO = 1000, 2
    bomb = zipped({f"{number}.vcf": bytes([65 + number]) * 900 for number in range(6)})
    received = receive(agent, bomb)
    assert len(received.new) == 2
    assert [name for name, _ in received.refused] == ["2.vcf"]
    assert len(files_in(deposit_dir)) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"%PDF-1.4", "PDF"),
        (b"\x89PNG\r\n", "image"),
        (b"!BDN....", "Outlook"),
        (b"Rar!....", "RAR"),
        (b"PK\x03\x04 not really", "endommagée"),
    ],
)
def test_what_cannot_be_an_export_is_refused_with_advice(
    agent: Agent, deposit_dir: Path, content: bytes, words: str
) -> None:
    ((name, sentence),) = receive(agent, content).refused
    assert name == "contacts.vcf"
    assert words in sentence
    assert files_in(deposit_dir) == []
    assert not JournalEntry.objects.exists()


def test_a_file_over_the_limit_is_refused_and_one_at_it_is_taken(agent: Agent, settings, deposit_dir: Path) -> None:
    settings.DEPOSIT_MAX_BYTES = len(CARD)
    assert receive(agent, CARD + b"x").refused
    assert files_in(deposit_dir) == []
    assert receive(agent, CARD).new


def test_a_person_cannot_fill_the_disk_file_by_file(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deposits, "MAX_DEPOSITS_PER_AGENT", 1)
    receive(agent, CARD)
    assert receive(agent, CARD + b"other").refused


def test_deleting_takes_row_contents_and_file(
    agent: Agent, deposit_dir: Path, django_capture_on_commit_callbacks
) -> None:
    (deposit,) = receive(agent, CARD).new
    with django_capture_on_commit_callbacks(execute=True):
        deposits.delete(deposit=deposit, by=agent)
        assert len(files_in(deposit_dir)) == 1
    assert files_in(deposit_dir) == []
    assert not Deposit.objects.exists()
    assert JournalEntry.objects.get(action="deposit.deleted").target_label == "contacts.vcf"


def make_import(deposit: Deposit, state: str) -> Import:
    collection = ReadCollection.objects.create(deposit=deposit, position=0, kind="contacts", item_count=1)
    return Import.objects.create(
        collection=collection, agent=deposit.agent, kind="contacts", folder_name="x", total=1, state=state
    )


@pytest.mark.parametrize("state", Import.UNDER_WAY)
def test_a_deposit_on_its_way_is_not_deleted(agent: Agent, state: str) -> None:
    (deposit,) = receive(agent, CARD).new
    make_import(deposit, state)
    with pytest.raises(deposits.InUse):
        deposits.delete(deposit=deposit, by=agent)
    assert Deposit.objects.exists()


def test_an_item_whose_fate_is_unknown_keeps_its_deposit(agent: Agent) -> None:
    (deposit,) = receive(agent, CARD).new
    make_import(deposit, Import.State.FAILED).items.create(position=0, state="in_flight")
    with pytest.raises(deposits.InUse):
        deposits.delete(deposit=deposit, by=agent)


def test_what_was_sent_stays_known_after_the_deposit(agent: Agent) -> None:
    (deposit,) = receive(agent, CARD).new
    parent = make_import(deposit, Import.State.DONE)
    deposits.delete(deposit=deposit, by=agent)
    parent.refresh_from_db()
    assert parent.collection is None


def test_deposits_expire_after_the_move_of_their_owner(settings, django_capture_on_commit_callbacks) -> None:
    settings.DEPOSIT_RETENTION_DAYS = 90
    now = timezone.now()
    long_ago, lately = now - timedelta(days=91), now - timedelta(days=89)
    cases = {
        "expired": (make_agent(migrated_at=long_ago), long_ago),
        "moved lately": (make_agent(migrated_at=lately), long_ago),
        "deposited lately": (make_agent(migrated_at=long_ago), lately),
        "not moved": (make_agent(), long_ago),
        "in use": (make_agent(migrated_at=long_ago), long_ago),
    }
    for name, (owner, received_at) in cases.items():
        (deposit,) = receive(owner, CARD, name).new
        Deposit.objects.filter(pk=deposit.pk).update(received_at=received_at)
        if name == "in use":
            make_import(deposit, Import.State.SENDING)
    with django_capture_on_commit_callbacks(execute=True):
        assert deposits.expire() == 1
    left = set(Deposit.objects.values_list("name", flat=True))
    assert left == set(cases) - {"expired"}
    assert JournalEntry.objects.get(action="deposit.expired").actor == ""
    assert JournalEntry.objects.get(action="deposits.expired").details == {"deposits": 1, "orphans": 0}


def test_the_date_of_deletion_is_known_after_the_move(agent: Agent, settings) -> None:
    settings.DEPOSIT_RETENTION_DAYS = 90
    (deposit,) = receive(agent, CARD).new
    assert deposits.deletion_date(deposit) is None
    agent.migrated_at = deposit.received_at + timedelta(days=10)
    assert deposits.deletion_date(deposit) == agent.migrated_at + timedelta(days=90)
    agent.migrated_at = deposit.received_at - timedelta(days=10)
    assert deposits.deletion_date(deposit) == deposit.received_at + timedelta(days=90)


@each(
    ("name", "shown"),
    [
        ("C:\\Users\\x\\carnet.vcf", "carnet.vcf"),
        ("../../x.ics", "x.ics"),
        ("a\nb\u202ec.vcf", "a b c.vcf"),
        ("", "fichier"),
        ("x" * 300 + ".vcf", "x" * 200 + "…" + "x" * 50 + ".vcf"),
    ],
)
def test_names_are_made_fit_for_a_page(name: str, shown: str) -> None:
    assert uploads.shown_name(name) == shown
