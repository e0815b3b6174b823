"""Pictures of a signature: which there are, embedding or dropping them, and making one small enough."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image as Pillow
from PIL import ImageOps

from bascule.conversions.model import Unreadable
from bascule.conversions.signatures import addresses
from bascule.conversions.signatures.cleaning import clean
from bascule.conversions.signatures.model import Choice, Embedded
from bascule.conversions.signatures.tokens import Open, Text, tokens, written

# Wider pictures make a message scroll on a phone, and no signature needs them.
WIDEST = 600
# A file of a few kilobytes can say that it is a picture of gigabytes.
_MOST_PIXELS = 40_000_000
_MOST_FRAMES = 60
_SMALLEST = 16
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def keep(html: str, chosen: Mapping[int, Embedded | Choice]) -> str:
    """The signature with each picture as chosen, by its position (see `model.Image`); safe HTML again.

    An `Embedded` becomes part of the HTML, DROP leaves the alternative text only, LEAVE and positions that are not
    named change nothing. Positions of pictures that are not there are passed over.
    """
    pieces = []
    position = 0
    for token in tokens(clean(html).html):
        if isinstance(token, Open) and token.name == "img":
            token = _chosen(token, chosen.get(position, Choice.LEAVE))
            position += 1
        if isinstance(token, Open | Text):
            pieces.append(written(token))
        else:
            pieces.append(f"</{token.name}>")
    return clean("".join(pieces)).html


def shrink(data: bytes, *, most_bytes: int) -> Embedded:
    """A picture as it may go into a signature: at most `most_bytes`, without what a camera or a program noted in it.

    Takes PNG, JPEG, GIF and WebP; gives PNG, JPEG, or a GIF that still moves when there is room for all of it (else its
    first picture). It gets smaller and coarser until it fits. Raises `Unreadable`, with a French sentence:
    `not_an_image`, `image_too_large` (more pixels than any screen has), `image_too_heavy` (nothing legible is left).
    """
    source = _opened(data)
    shown = (source.width, source.height)
    if shown[0] > WIDEST:
        shown = (WIDEST, max(1, round(shown[1] * WIDEST / shown[0])))
    try:
        moving = _moving(source, most_bytes)
        if moving is not None:
            return Embedded(moving, "image/gif", *shown)
        source.seek(0)
        turned = ImageOps.exif_transpose(source)
        clear = turned.has_transparency_data
        picture = turned.convert("RGBA" if clear else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError) as error:
        # What Pillow raises on damaged files, by format.
        raise _no_image() from error
    if (picture.width > picture.height) != (shown[0] > shown[1]) and shown[0] != shown[1]:
        shown = _within(picture.width, picture.height)
    picture.thumbnail(shown)
    photo = source.format in ("JPEG", "WEBP") and not clear
    while True:
        for encoded, kind in _encodings(picture, photo=photo, clear=clear):
            if len(encoded) <= most_bytes:
                return Embedded(encoded, kind, *shown)
        if max(picture.size) <= _SMALLEST:
            break
        picture = picture.resize((max(1, picture.width * 4 // 5), max(1, picture.height * 4 // 5)))
    raise Unreadable(
        "image_too_heavy",
        f"Cette image ne tient pas dans les {most_bytes} octets qui restent à la signature. Raccourcissez le texte, "
        "retirez une autre image, ou laissez celle-ci sur le site où elle se trouve.",
    )


def _chosen(tag: Open, choice: Embedded | Choice) -> Open | Text:
    if choice is Choice.LEAVE:
        return tag
    if isinstance(choice, Choice):
        return Text(tag.attributes.get("alt", ""))
    source = addresses.data_uri(choice.data)
    if source is None:
        return tag
    attributes = {"src": source} | {name: value for name, value in tag.attributes.items() if name != "src"}
    style = attributes.get("style", "")
    if "width" not in attributes and "height" not in attributes and "width:" not in style and "height:" not in style:
        attributes |= {"width": str(choice.width), "height": str(choice.height)}
    return Open("img", attributes)


def _opened(data: bytes) -> Pillow.Image:
    if not addresses.media_type(data):
        raise _no_image()
    try:
        source = Pillow.open(io.BytesIO(data), formats=_FORMATS)
    except Pillow.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError) as error:
        raise _no_image() from error
    if source.width * source.height > _MOST_PIXELS:
        raise _too_large()
    return source


def _within(width: int, height: int) -> tuple[int, int]:
    return (width, height) if width <= WIDEST else (WIDEST, max(1, round(height * WIDEST / width)))


def _moving(source: Pillow.Image, most_bytes: int) -> bytes | None:
    """An animated GIF written anew, None when it is none or does not fit."""
    frames = getattr(source, "n_frames", 1)
    if source.format != "GIF" or not 1 < frames <= _MOST_FRAMES or source.width > WIDEST:
        return None
    if frames * source.width * source.height > _MOST_PIXELS:
        return None
    durations, pictures = [], []
    for number in range(frames):
        source.seek(number)
        durations.append(int(source.info.get("duration", 100)))
        pictures.append(source.convert("RGBA"))
    out = io.BytesIO()
    pictures[0].save(
        out, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0, disposal=2, optimize=True
    )
    return out.getvalue() if out.tell() <= most_bytes else None


def _encodings(picture: Pillow.Image, *, photo: bool, clear: bool) -> list[tuple[bytes, str]]:
    """The picture in the forms that mail programs know, the best first."""
    png = (_png(picture), "image/png")
    few = (_png(_few_colours(picture)), "image/png")
    if clear:
        return [png, few]
    best, coarse = ((_jpeg(picture, quality), "image/jpeg") for quality in (85, 65))
    if photo:
        return [best, coarse, few]
    return [png, few, best, coarse]


def _png(picture: Pillow.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _few_colours(picture: Pillow.Image) -> Pillow.Image:
    method = Pillow.Quantize.FASTOCTREE if picture.mode == "RGBA" else Pillow.Quantize.MEDIANCUT
    return picture.quantize(64, method=method)


def _jpeg(picture: Pillow.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _no_image() -> Unreadable:
    return Unreadable(
        "not_an_image",
        "Ce fichier n’est pas une image PNG, JPEG, GIF ou WebP lisible. Enregistrez l’image dans l’un de ces formats, "
        "puis recommencez.",
    )


def _too_large() -> Unreadable:
    return Unreadable(
        "image_too_large",
        f"Cette image est beaucoup trop grande. Réduisez-la à {WIDEST} pixels de large, puis recommencez.",
    )
