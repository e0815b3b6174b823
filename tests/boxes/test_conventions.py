from __future__ import annotations

import pytest
from django.db import transaction

from accounts.models import JournalEntry
from boxes import conventions
from boxes.delegations import NotOwner, NotShared
from boxes.models import Box, Role
from boxes.models.box import CONVENTIONS_MAX_CHARACTERS
from tests.each import each
from tests.factories import make_agent, make_box, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


def write(box: Box, text: str, by, begun_with: str = "") -> bool:
    return conventions.write(box=box, text=text, begun_with=conventions.version_of(begun_with), by=by)


def test_what_an_owner_writes_is_kept_tidy_and_told_in_the_journal() -> None:
    owner = make_moved_agent()
    box = make_shared_box((owner, Role.OWNER))
    assert write(box, "\r\nQui répond  \r\n- Camille\x00\x1b\r\n\r\n", owner)
    box.refresh_from_db()
    assert box.conventions == "Qui répond\n- Camille"
    entry = JournalEntry.objects.get(action="box.conventions_changed")
    assert (entry.actor, entry.target, entry.details) == (owner.address, f"box:{box.pk}", {})


def test_the_same_text_again_changes_nothing() -> None:
    owner = make_moved_agent()
    box = make_shared_box((owner, Role.OWNER), conventions="Bonjour")
    assert not write(box, "Bonjour\r\n", owner, begun_with="ce qui fut")
    assert not JournalEntry.objects.exists()


def test_a_text_can_be_emptied() -> None:
    owner = make_moved_agent()
    box = make_shared_box((owner, Role.OWNER), conventions="Bonjour")
    assert write(box, "", owner, begun_with="Bonjour")
    box.refresh_from_db()
    assert box.conventions == ""


def test_of_two_owners_the_second_is_told_what_the_first_wrote() -> None:
    first, second = make_moved_agent(), make_moved_agent()
    box = make_shared_box((first, Role.OWNER), (second, Role.OWNER), conventions="Avant")
    write(box, "Du premier", first, begun_with="Avant")
    with pytest.raises(conventions.ChangedMeanwhile) as told:
        write(box, "Du second", second, begun_with="Avant")
    assert told.value.current == "Du premier"
    box.refresh_from_db()
    assert box.conventions == "Du premier"
    assert write(box, "Des deux", second, begun_with=told.value.current)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER, None])
def test_only_owners_write(role: Role | None) -> None:
    somebody = make_moved_agent()
    people = [(make_moved_agent(), Role.OWNER), *([(somebody, role)] if role else [])]
    box = make_shared_box(*people)
    with pytest.raises(NotOwner):
        write(box, "Bonjour", somebody)


def test_an_owner_who_was_deactivated_writes_no_more() -> None:
    owner = make_moved_agent()
    box = make_shared_box((owner, Role.OWNER))
    owner.is_active = False
    owner.save()
    with pytest.raises(NotOwner):
        write(box, "Bonjour", owner)


def test_a_box_before_its_transfer_has_none() -> None:
    with pytest.raises(NotShared), transaction.atomic():
        write(make_box(), "Bonjour", make_agent())


def test_the_longest_text_passes_and_no_longer_one() -> None:
    owner = make_moved_agent()
    box = make_shared_box((owner, Role.OWNER))
    # Line ends count as one character, as in the browser.
    longest = "é\r\n" * (CONVENTIONS_MAX_CHARACTERS // 2 - 1) + "éé"
    assert write(box, longest, owner)
    with pytest.raises(conventions.TooLong):
        write(box, longest + "é", owner)


def test_the_example_fits_and_has_paragraphs_and_lists() -> None:
    assert len(conventions.EXAMPLE) < CONVENTIONS_MAX_CHARACTERS
    assert {part.kind for part in conventions.parts_of(conventions.EXAMPLE)} == {"text", "bullets"}


@each(
    ("text", "parts"),
    [
        ("", []),
        ("Une\nDeux\n\nTrois", [("text", ("Une", "Deux")), ("text", ("Trois",))]),
        ("Qui :\n- A\n* B\n• C\nFin", [("text", ("Qui :",)), ("bullets", ("A", "B", "C")), ("text", ("Fin",))]),
        ("1. Un\n2) Deux\n- tiret", [("numbers", ("Un", "Deux")), ("bullets", ("tiret",))]),
        ("-collé\n-\n2026 est une année", [("text", ("-collé", "-", "2026 est une année"))]),
        ("  - retrait", [("bullets", ("retrait",))]),
    ],
)
def test_texts_are_shown_as_paragraphs_and_lists(text: str, parts: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(part.kind, part.lines) for part in conventions.parts_of(text)] == parts
