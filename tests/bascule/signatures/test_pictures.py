"""Pictures of signatures: dropped, left, replaced, made smaller; those on the web fetched by the worker only."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image as Pillow

from accounts.models import Agent
from bascule import remote_images
from bascule.conversions.signatures import LONGEST
from bascule.models import SavedSignature
from bascule.remote_images import NotFetched
from bascule.signatures import pictures, saved
from bascule.signatures.contents import EMBED, LEAVE, SignatureContents, contents_of, written
from bascule.signatures.pictures import Decision, decided
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

HTML = (
    '<p>Zoé <img src="https://www.example.org/logo.png" alt="Logo"> <img src="cid:un" alt="Photo"> '
    '<img src="https://espion.example/p.gif" width="1" height="1"></p>'
)


def noise(width: int = 300, height: int = 200) -> bytes:
    out = io.BytesIO()
    Pillow.effect_noise((width, height), 90).save(out, "PNG")
    return out.getvalue()


def save(agent: Agent, html: str = HTML) -> SavedSignature:
    return saved.add(agent=agent, contents=written("Bureau", html), by=agent)


def fetched(row: SavedSignature, *ranks: int) -> SignatureContents:
    """After the person has asked for these pictures, and a worker has come by."""
    after, problems = decided(contents_of(row), {rank: Decision(EMBED) for rank in ranks}, longest=LONGEST)
    assert not problems
    saved.edit(row=row, contents=after, by=row.agent)
    pictures.fetch(row.pk)
    row.refresh_from_db()
    return contents_of(row)


def test_every_picture_that_is_not_inside_waits_for_a_decision() -> None:
    contents = written("x", HTML)
    assert [(one.image.kind, one.is_undecided, one.image.tracking) for one in contents.pictures] == [
        ("remote", True, False),
        ("cid", True, False),
        ("remote", True, True),
    ]


def test_dropped_left_and_replaced() -> None:
    after, problems = decided(
        written("x", HTML),
        {0: Decision(LEAVE), 1: Decision(data=noise()), 2: Decision(pictures.REMOVE)},
        longest=LONGEST,
    )
    assert problems == {}
    assert [one.image.kind for one in after.pictures] == ["remote", "data"]
    assert after.undecided == []
    assert after.length <= LONGEST
    assert "espion" not in after.html


def test_file_that_is_no_picture_is_told_and_changes_nothing() -> None:
    contents = written("x", HTML)
    after, problems = decided(contents, {1: Decision(data=b"<svg onload=alert(1)>")}, longest=LONGEST)
    assert after == contents
    assert "PNG, JPEG" in problems[1]


def test_no_room_for_a_picture_is_told() -> None:
    after, problems = decided(
        written("x", "<p>" + "mot " * 2500 + HTML + "</p>"), {1: Decision(data=noise())}, longest=LONGEST
    )
    assert "pas assez de place" in problems[1]
    assert len(after.undecided) == 3


def test_picture_inside_is_made_small_enough_to_fit() -> None:
    inside = decided(written("x", HTML), {1: Decision(data=noise())}, longest=0)[0]
    inside = decided(inside, {0: Decision(pictures.REMOVE), 2: Decision(pictures.REMOVE)}, longest=0)[0]
    assert inside.length > LONGEST
    after, problems = decided(inside, {0: Decision(pictures.REDUCE)}, longest=LONGEST)
    assert (problems, after.length <= LONGEST, after.pictures[0].is_inside) == ({}, True, True)


def test_asked_for_pictures_are_fetched_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(remote_images, "fetch", lambda url: (asked.append(url), noise())[1])
    row = save(make_agent())
    assert asked == []
    contents = fetched(row, 0)
    assert asked == ["https://www.example.org/logo.png"]
    assert contents.pictures[0].is_inside
    assert contents.length <= LONGEST
    # A second message for the same work finds nothing to do.
    pictures.fetch(row.pk)
    assert len(asked) == 1


def test_picture_that_cannot_be_had_is_told_and_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> bytes:
        raise NotFetched("refused", "Le site ne la donne pas.")

    monkeypatch.setattr(remote_images, "fetch", refuse)
    row = save(make_agent())
    contents = fetched(row, 0)
    assert (contents.pictures[0].error, contents.awaited) == ("Le site ne la donne pas.", [])
    assert contents.pictures[0].is_undecided
    monkeypatch.setattr(remote_images, "fetch", lambda url: noise())
    assert fetched(row, 0).pictures[0].is_inside


def test_signature_edited_meanwhile_keeps_the_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    row = save(make_agent())

    def edited(url: str) -> bytes:
        saved.edit(row=row, contents=written("Autre", "<p>Tout neuf</p>"), by=row.agent)
        return noise()

    monkeypatch.setattr(remote_images, "fetch", edited)
    contents = fetched(row, 0)
    assert (contents.name, contents.html) == ("Autre", "<p>Tout neuf</p>")


def test_what_was_decided_survives_an_edit_of_the_text() -> None:
    first = decided(written("x", HTML), {0: Decision(LEAVE)}, longest=LONGEST)[0]
    again = written("x", "<p>Avant</p>" + first.html, known=first.pictures)
    assert [(one.image.kind, one.choice) for one in again.pictures] == [
        ("remote", LEAVE),
        ("cid", ""),
        ("remote", ""),
    ]


def test_very_heavy_picture_is_made_lighter_before_it_is_kept() -> None:
    heavy = decided(written("x", "<img src='cid:a'>"), {0: Decision(data=noise())}, longest=0)[0]
    assert pictures.lightened(heavy) == heavy

    data = base64.b64encode(noise(900, 700)).decode()
    lighter = pictures.lightened(written("x", f'<p>Zoé<img src="data:image/png;base64,{data}"></p>'))
    assert 0 < lighter.pictures[0].image.size <= pictures.MOST_BYTES
