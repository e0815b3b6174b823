"""Pictures embedded, dropped, left, and made small enough."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bascule.conversions.model import Unreadable
from bascule.conversions.signatures import DROP, LEAVE, clean, keep, shrink
from bascule.conversions.signatures.addresses import media_type
from tests.each import each


def picture(kind: str, size: tuple[int, int] = (90, 30), *, mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    made = Image.effect_noise(size, 50).convert(mode)
    made.save(out, kind, **more)
    return out.getvalue()


@each("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_shrink_gives_a_picture_that_fits(kind: str) -> None:
    made = shrink(picture(kind, (400, 100)), most_bytes=3000)
    assert len(made.data) <= 3000
    assert media_type(made.data) == made.media_type
    assert (made.width, made.height) == (400, 100)
    assert Image.open(io.BytesIO(made.data)).size[0] <= 400


def test_shrink_keeps_what_is_clear_and_shows_wide_pictures_at_a_width_that_fits() -> None:
    clear = Image.new("RGBA", (1200, 300), (0, 0, 145, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    made = shrink(out.getvalue(), most_bytes=5000)
    assert made.media_type == "image/png"
    assert Image.open(io.BytesIO(made.data)).convert("RGBA").getpixel((0, 0))[3] == 0
    assert (made.width, made.height) == (600, 150)


def test_shrink_turns_a_photo_upright_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "chez moi"
    made = shrink(picture("JPEG", (60, 20), exif=exif), most_bytes=20_000)
    assert b"chez moi" not in made.data
    assert Image.open(io.BytesIO(made.data)).size == (20, 60)
    assert (made.width, made.height) == (20, 60)


def test_shrink_lets_a_small_animation_move_and_stops_one_without_room() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    moving = shrink(out.getvalue(), most_bytes=2000)
    assert Image.open(io.BytesIO(moving.data)).n_frames == 3
    still = shrink(out.getvalue(), most_bytes=110)
    assert media_type(still.data) == still.media_type == "image/png"


@each(
    "data",
    [
        b"",
        b"<svg onload=x>",
        b"\x89PNG\r\n\x1a\n",
        picture("PNG")[:60],
        picture("JPEG")[:300],
        b"GIF89a" + b"\0" * 9,
        b"RIFF\0\0\0\0WEBP",
        picture("BMP"),
        b"%PDF-1.4",
        picture("GIF")[:40],
        picture("WEBP")[:50],
    ],
    # Noise is in the pictures: as names, the bytes would differ from one worker to the next.
    ids=["nothing", "svg", "begun", "png", "jpeg", "gif89a", "riff", "bmp", "pdf", "gif87a", "webp"],
)
def test_shrink_refuses_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(Unreadable, match="PNG, JPEG, GIF ou WebP") as caught:
        shrink(data, most_bytes=5000)
    assert caught.value.code == "not_an_image"


def test_shrink_refuses_a_few_bytes_that_say_they_are_gigabytes() -> None:
    small = bytearray(picture("GIF", (10, 10)))
    small[6:10] = b"\xff\xff\xff\xff"
    with pytest.raises(Unreadable) as caught:
        shrink(bytes(small), most_bytes=5000)
    assert caught.value.code == "image_too_large"


def test_shrink_says_when_nothing_legible_would_be_left() -> None:
    with pytest.raises(Unreadable, match="ne tient pas") as caught:
        shrink(picture("PNG"), most_bytes=40)
    assert caught.value.code == "image_too_heavy"


def test_keep_embeds_drops_and_leaves_by_position() -> None:
    html = "<p><img src=cid:a alt=Un> <img src=https://x.fr/b.png alt=Deux> <img src=https://x.fr/c.png width=9></p>"
    logo = shrink(picture("PNG"), most_bytes=9000)
    kept = keep(html, {0: logo, 1: DROP, 2: LEAVE, 7: DROP})
    images = clean(kept).images
    assert [image.kind.value for image in images] == ["data", "remote"]
    assert (images[0].alt, images[0].width, images[0].height, images[0].size) == ("Un", 90, 30, len(logo.data))
    assert images[1].src == "https://x.fr/c.png"
    assert "Deux" in kept
    assert keep(kept, {}) == kept


def test_keep_leaves_a_declared_size_alone() -> None:
    logo = shrink(picture("PNG"), most_bytes=9000)
    (image,) = clean(keep("<img src=cid:a style='width:45px'>", {0: logo})).images
    assert (image.width, image.height) == (45, None)
