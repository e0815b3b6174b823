"""What the handling of signatures works with. Pure data, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from bascule.conversions.model import Remark


class ImageKind(StrEnum):
    """Where the picture of an `img` is.

    REMOTE: on a web server (http or https). DATA: inside the signature. CID: in the message the signature was taken
    from. FILE: on the person's computer, or beside the file (`signature_fichiers/image001.png`). MISSING: nowhere that
    is known any more. Only REMOTE and DATA pictures are shown by the cleaned HTML.
    """

    REMOTE = "remote"
    DATA = "data"
    CID = "cid"
    FILE = "file"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a signature.

    position: its rank among the `img` of the cleaned HTML, from 0; what `images.keep` is told. src: address or file
    name as written, at most 500 characters; of DATA the media type only. width, height: pixels as declared, None when
    they are not. tracking: a remote picture too small to be seen, which tells its server who reads the message.
    size: of DATA, the bytes of the picture; else 0.
    """

    position: int
    kind: ImageKind
    src: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    tracking: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Safe HTML (a fragment, no document), what was taken out of it, and its pictures."""

    html: str
    remarks: tuple[Remark, ...] = ()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureReading:
    """The outcome of reading a file or a pasted text. html: safe. text: its plain-text twin. name: a name for the
    signature, never empty. length: of `html`, as Zimbra counts."""

    name: str
    html: str
    text: str
    length: int
    images: tuple[Image, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Choice(Enum):
    """What becomes of a picture that is not embedded: DROP puts its alternative text there, LEAVE keeps it as is."""

    DROP = "drop"
    LEAVE = "leave"


DROP = Choice.DROP
LEAVE = Choice.LEAVE


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture that goes inside the signature. media_type: image/png, image/jpeg or image/gif. width, height: pixels
    at which it is shown where the HTML does not say."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Weight:
    """A part of a signature and how much of the allowed length it takes. label: French, "l’image « Logo »"."""

    label: str
    length: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A signature made shorter. html: the shortest safe form, also when it is still too long. fits: whether it may be
    sent. message: French, "" when it fits. heaviest: what takes most room, largest first, at most five."""

    html: str
    length: int
    fits: bool
    message: str = ""
    heaviest: tuple[Weight, ...] = ()
