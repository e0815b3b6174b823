"""Files in the place of pictures: what is too big is told, and never read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bascule.models import SavedSignature
from bascule.signatures import saved
from bascule.signatures.contents import contents_of, written
from bascule.views import signatures
from tests.factories import make_agent
from tests.pages import parse, select

pytestmark = pytest.mark.django_db

TWO = '<p>Zoé <img src="https://www.example.org/a.png"><img src="https://www.example.org/b.png"></p>'


@pytest.fixture
def row(client: Client) -> SavedSignature:
    agent = make_agent()
    client.force_login(agent)
    return saved.add(agent=agent, contents=written("Bureau", TWO), by=agent)


def told(client: Client, row: SavedSignature, *files: bytes) -> str:
    """What the page says after these files were given for the pictures, by their ranks."""
    form: dict[str, Any] = {"etat": row.changed_at.isoformat()}
    form |= {f"fichier-{rank}": SimpleUploadedFile(f"{rank}.png", data) for rank, data in enumerate(files)}
    answer = client.post(reverse("signature_pictures", args=[row.pk]), form, follow=True)
    assert answer.status_code == 200
    return " ".join(one.text_content() for one in select(parse(answer.content), ".fr-alert"))


def test_files_that_are_too_big_together_are_not_read(
    client: Client, row: SavedSignature, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "_MOST_TOGETHER", 100)
    said = told(client, row, b"x" * 60, b"y" * 60)
    assert "Image 2 : ces fichiers dépassent 20 Mo ensemble" in said
    assert "Image 1 : ces fichiers" not in said
    row.refresh_from_db()
    assert len(contents_of(row).pictures) == 2


def test_file_beyond_the_bound_of_uploads_is_passed_over_and_told(
    client: Client, row: SavedSignature, settings: Any
) -> None:
    settings.DEPOSIT_MAX_BYTES = 50
    said = told(client, row, b"x" * 60)
    assert "« 0.png »" in said
    assert "enregistrés" not in said
