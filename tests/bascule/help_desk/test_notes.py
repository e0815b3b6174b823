from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import JournalEntry
from bascule.help_desk import notes
from bascule.help_desk.errors import NotThere, Refused
from bascule.models import SupportNote
from tests.bascule.help_desk.conftest import signed_in
from tests.pages import parse, text

pytestmark = pytest.mark.django_db

TEXT = "Refuse le mobile, préfère le téléphone fixe."


def test_note_is_sealed_and_the_journal_does_not_say_it(desk, staff, person) -> None:
    desk.post(reverse("help_desk_note_add", args=[person.pk]), {"texte": TEXT, "epingle": "oui"})
    row = SupportNote.objects.get()
    assert row.pinned
    assert b"mobile" not in bytes(row.text)
    way = reverse("help_desk_note_edit", args=[person.pk, row.pk])
    assert TEXT in text(parse(desk.get(way).content))
    desk.post(way, {"texte": "Rappelée."})
    row.refresh_from_db()
    assert (notes.opened(row), row.pinned) == ("Rappelée.", False)
    desk.post(reverse("help_desk_note_delete", args=[person.pk, row.pk]))
    assert not SupportNote.objects.exists()
    entries = JournalEntry.objects.filter(action__startswith="help.note")
    assert {entry.action for entry in entries} == {"help.note_added", "help.note_changed", "help.note_deleted"}
    assert "mobile" not in str(list(entries.values()))


def test_note_is_changed_and_deleted_by_its_author_only(desk, staff, colleague, person) -> None:
    row = notes.add(agent=person, text=TEXT, pinned=False, by=colleague)
    for name in ("help_desk_note_edit", "help_desk_note_delete"):
        assert desk.post(reverse(name, args=[person.pk, row.pk]), {"texte": "x"}).status_code == 404
    for write in (notes.delete, lambda **known: notes.change(text="x", pinned=True, **known)):
        with pytest.raises(NotThere):
            write(note=row, by=staff)
    assert notes.opened(SupportNote.objects.get()) == TEXT


def test_note_is_bounded_and_what_was_written_is_not_lost(desk, person, monkeypatch) -> None:
    way = reverse("help_desk_note_add", args=[person.pk])
    answer = desk.post(way, {"texte": "é" * 4_001})
    assert answer.status_code == 422
    assert "éééé" in answer.content.decode()
    desk.post(way, {"texte": " \0 "})
    desk.post(way, {"texte": "a\r\n" * 1_999})
    assert SupportNote.objects.count() == 1
    monkeypatch.setattr(notes, "MOST", 1)
    with pytest.raises(Refused):
        notes.add(agent=person, text="x", pinned=False, by=SupportNote.objects.get().author)


def test_the_person_does_not_see_the_notes_and_may_have_them(staff, person) -> None:
    notes.add(agent=person, text=TEXT, pinned=True, by=staff)
    client = signed_in(person)
    for name in ("home", "notices", "consents", "personal_data"):
        assert "téléphone fixe" not in client.get(reverse(name)).content.decode()
    (kept,) = notes.for_export(person)
    assert (kept["texte"], kept["auteur"]) == (TEXT, staff.full_name)
