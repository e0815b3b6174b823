"""What a saved signature holds, as it is sealed on its row; and what a person hands over before it is saved."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

from accounts import sealing
from bascule.conversions.model import Remark
from bascule.conversions.signatures import Image, ImageKind, SignatureReading, clean, length, plain_text, text_to_html
from bascule.models import SavedSignature

LONGEST_NAME = 80
# The account's own identity, whatever its id in Zimbra.
OWN_IDENTITY = "DEFAULT"
NEW, ANSWERS = "new", "answers"
# Below which messages of which identity.
Use: TypeAlias = dict[str, dict[str, bool]]

EMBED, LEAVE = "embed", "leave"
_ELSEWHERE = (ImageKind.CID, ImageKind.FILE, ImageKind.MISSING)


@dataclass(frozen=True, slots=True)
class Picture:
    """An `img` of the signature, by its rank. choice: EMBED (being fetched), LEAVE (stays on its site), "" (to be
    decided, unless it is in the signature). error: French, why it could not be fetched."""

    image: Image
    choice: str = ""
    error: str = ""

    @property
    def is_inside(self) -> bool:
        return self.image.kind is ImageKind.DATA

    @property
    def is_remote(self) -> bool:
        return self.image.kind is ImageKind.REMOTE

    @property
    def is_undecided(self) -> bool:
        return not self.is_inside and self.choice != LEAVE

    @property
    def is_awaited(self) -> bool:
        return self.choice == EMBED and not self.is_inside and not self.error


@dataclass(frozen=True, slots=True)
class SignatureContents:
    """html: safe. text: its twin, the person's own words when text_is_own. remarks: of the latest cleaning."""

    name: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    text_is_own: bool = False
    pictures: tuple[Picture, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def length(self) -> int:
        """As Zimbra counts: the longer of the two texts."""
        return max(length(self.html), length(self.text))

    @property
    def undecided(self) -> list[Picture]:
        return [one for one in self.pictures if one.is_undecided]

    @property
    def awaited(self) -> list[Picture]:
        return [one for one in self.pictures if one.is_awaited]

    @property
    def is_empty(self) -> bool:
        return not self.pictures and not plain_text(self.html).strip()

    def sealed(self) -> bytes:
        value: dict[str, Any] = {
            "name": self.name,
            "html": self.html,
            "text": self.text,
            "text_is_own": self.text_is_own,
            "pictures": [asdict(one) for one in self.pictures],
            "remarks": [asdict(one) for one in self.remarks],
        }
        return sealing.seal_json(value)

    def with_html(self, html: str) -> SignatureContents:
        """The same signature saying `html`, made safe; what was decided about its pictures stays."""
        cleaned = clean(html)
        return replace(
            self,
            html=cleaned.html,
            text=self.text if self.text_is_own else plain_text(cleaned.html),
            pictures=_matched(cleaned.images, self.pictures),
        )


def written(
    name: str, html: str, *, text: str | None = None, known: Sequence[Picture] = (), plain: bool = False
) -> SignatureContents:
    """What somebody wrote or pasted. text: their own twin, None to make it. plain: `html` is no HTML but a text."""
    cleaned = clean(text_to_html(html) if plain else html)
    return SignatureContents(
        name=shown_name(name),
        html=cleaned.html,
        text=plain_text(cleaned.html) if text is None else tidy_text(text),
        text_is_own=text is not None,
        pictures=_matched(cleaned.images, known),
        remarks=cleaned.remarks,
    )


def of_reading(reading: SignatureReading) -> SignatureContents:
    pictures = tuple(Picture(image) for image in reading.images)
    return SignatureContents(shown_name(reading.name), reading.html, reading.text, False, pictures, reading.remarks)


def contents_of(row: SavedSignature) -> SignatureContents:
    """What `row` holds, cleaned once more: nothing is shown because it was found good once. Raises CannotOpen."""
    stored = sealing.unseal_json(bytes(row.contents))
    known = tuple(
        Picture(Image(**{**one["image"], "kind": ImageKind(one["image"]["kind"])}), one["choice"], one["error"])
        for one in stored["pictures"]
    )
    cleaned = clean(stored["html"])
    return SignatureContents(
        name=stored["name"],
        html=cleaned.html,
        text=stored["text"],
        text_is_own=stored["text_is_own"],
        pictures=_matched(cleaned.images, known),
        remarks=tuple(Remark(**one) for one in stored["remarks"]),
    )


def use_of(row: SavedSignature) -> Use:
    """Raises CannotOpen."""
    if not row.use:
        return {}
    stored: Mapping[str, Mapping[str, Any]] = sealing.unseal_json(bytes(row.use))
    return {identity: {key: bool(one.get(key)) for key in (NEW, ANSWERS)} for identity, one in stored.items()}


def shown_name(name: str) -> str:
    """One line, never empty."""
    words = "".join(letter if letter.isprintable() else " " for letter in name).split()
    return " ".join(words)[:LONGEST_NAME].strip() or "Ma signature"


def tidy_text(text: str) -> str:
    """Lines without blanks at their ends, no empty line at either end; nothing that cannot be sent."""
    # Spaces of any width part words, and joiners hold emoji together.
    legible = "".join(
        letter
        for letter in text
        if letter.isprintable() or letter in "\n\t\u200c\u200d" or unicodedata.category(letter) == "Zs"
    )
    return "\n".join(line.rstrip() for line in legible.split("\n")).strip("\n")


def _matched(images: Iterable[Image], known: Sequence[Picture]) -> tuple[Picture, ...]:
    """The pictures there are, each with what was known of it: one on the web by its address, one that is not there by
    its place among those."""
    images = tuple(images)
    remote = {one.image.src: one for one in known if one.is_remote}
    gone = [one for one in known if one.image.kind in _ELSEWHERE]
    absent = [image for image in images if image.kind in _ELSEWHERE]
    nameless = len(gone) == len(absent) and all(image.kind is ImageKind.MISSING for image in absent)
    found = []
    for image in images:
        one = Picture(image)
        if image.kind is ImageKind.REMOTE and image.src in remote:
            former = remote[image.src]
            one = Picture(replace(image, tracking=image.tracking or former.image.tracking), former.choice, former.error)
        elif image.kind is ImageKind.MISSING and nameless:
            former = gone[absent.index(image)]
            one = Picture(replace(image, kind=former.image.kind, src=former.image.src))
        found.append(one)
    return tuple(found)
