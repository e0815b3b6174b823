"""A signature from a file or from pasted text."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

from bascule.conversions.model import Unreadable
from bascule.conversions.signatures.cleaning import clean, text_to_html
from bascule.conversions.signatures.length import length
from bascule.conversions.signatures.model import Cleaned, SignatureReading
from bascule.conversions.signatures.plain import plain_text
from bascule.conversions.signatures.tokens import Raw, tokens

MOST_BYTES = 5_000_000
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What browsers take these names for (WHATWG Encoding 4.2); every other name is Windows-1252.
_CHARSETS = {
    "iso-8859-15": "iso-8859-15",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso-8859-2",
}
_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_WHERE_CHARSET_STANDS = 4096
_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|meta|a|b|br|center|div|em|font|h[1-6]|hr|i|img|li|ol|p|span|strong|style|table|td|tr"
    r"|u|ul|script|svg|form)(?=[\s/>])",
    re.IGNORECASE,
)
_MESSAGE = re.compile(
    r"(?:From|To|Received|Return-Path|Date|Subject|MIME-Version|Content-Type|Message-ID|X-[A-Za-z-]+|Delivered-To)\s*:"
)
_KINDS = (
    ((b"%PDF",), "pdf", "Ce fichier est un PDF."),
    ((b"PK\x03\x04",), "office", "Ce fichier est un document de bureautique ou une archive."),
    ((b"\xd0\xcf\x11\xe0",), "office", "Ce fichier est un ancien document de Word ou un message d’Outlook."),
    ((b"{\\rtf",), "rtf", "Ce fichier est un document RTF."),
    (
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM"),
        "picture",
        "Ce fichier est une image, pas le texte d’une signature.",
    ),
)
_ADVICE = (
    " Ouvrez-le, sélectionnez la signature, copiez-la puis collez-la ici ; ou déposez le fichier « signature.html » de "
    "votre lecteur P:."
)
_BLANK = " \t\r\n\f\ufeff\u00a0"
_DEFAULT_NAME = "Ma signature"
_NO_NAMES = re.compile(
    r"(?:ma[ _-]?)?(?:signatures?|sign?|sig|index|document|page|sans[ _-]?(?:titre|nom)|untitled|new|nouveau.*|copie.*"
    r"|mail|message|html?|fichier|téléchargement|download)?[ _()0-9-]*",
    re.IGNORECASE,
)
_LONGEST_NAME = 80
# RFC 3676 4.3: what mail programs put above a signature themselves.
_SEPARATOR = re.compile(r"\A\s*--[ \u00a0]?\n")


def read(data: bytes, name: str = "") -> SignatureReading:
    """The signature that a file holds: HTML of any program and encoding, or plain text; also text that was pasted,
    encoded as UTF-8. name: of the file, "" for pasted text.

    Raises `Unreadable`, whose French sentence says what to do: `empty`, `too_big`, `pdf`, `office`, `rtf`, `picture`,
    `message` (a whole mail, or a page saved with its pictures), `binary`, `nothing_left` (only scripts and the like).
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("too_big", "Ce fichier dépasse 5 Mo : ce n’est pas une signature. Choisissez-en un autre.")
    start = data[:64].lstrip()
    for magics, code, sentence in _KINDS:
        if start.startswith(magics) and not (code == "picture" and start[:2] == b"BM" and b"\0" not in data[:64]):
            raise Unreadable(code, sentence + _ADVICE)
    text = _decoded(data)
    if not text.strip(_BLANK):
        raise Unreadable("empty", "Ce fichier est vide. Choisissez-en un autre, ou collez votre signature ici.")
    _refuse_messages(text)
    title = ""
    if _MARKUP.search(text):
        cleaned = clean(text)
        title = next((one.text for one in tokens(text) if isinstance(one, Raw) and one.name == "title"), "")
    else:
        cleaned = Cleaned(text_to_html(_SEPARATOR.sub("", text.replace("\r\n", "\n"))))
    plain = plain_text(cleaned.html)
    if not plain and not cleaned.images:
        raise Unreadable(
            "nothing_left",
            "Il n’y a ni texte ni image dans cette signature une fois retiré ce qu’une messagerie refuse. Choisissez "
            "un autre fichier, ou collez votre signature ici.",
        )
    return SignatureReading(
        _name(name, title), cleaned.html, plain, length(cleaned.html), cleaned.images, cleaned.remarks
    )


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:
        # UTF-16 without its mark: every other byte of western text is zero.
        half = max(1, len(data) // 2)
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if data[offset::2].count(0) > half * 0.6:
                return data.decode(encoding, "replace")
        if data.count(0) > len(data) // 50:
            raise Unreadable("binary", "Ce fichier n’est ni une page HTML ni un texte." + _ADVICE)
    try:
        # Accented letters in any other encoding are no UTF-8, whatever the page says of itself.
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _CHARSET.search(data[:_WHERE_CHARSET_STANDS])
    encoding = _CHARSETS.get(declared[1].decode("ascii").lower() if declared else "", "cp1252")
    if declared and declared[1].lower() in (b"utf-8", b"utf8") and _mostly_utf8(data):
        return data.decode("utf-8", "replace")
    return data.decode(encoding, "replace")


def _mostly_utf8(data: bytes) -> bool:
    """Whether a file that says it is UTF-8 only has a few damaged letters."""
    text = data.decode("utf-8", "replace")
    return text.count("\ufffd") * 4 < sum(character > "\x7f" for character in text)


def _refuse_messages(text: str) -> None:
    lines = text.lstrip("\ufeff\r\n ").splitlines()[:4]
    if (
        len(lines) > 1
        and _MESSAGE.match(lines[0])
        and all(_MESSAGE.match(one) or one[:1] in "\t " for one in lines[:2])
    ):
        raise Unreadable(
            "message",
            "Ce fichier est un message entier, ou une page enregistrée avec ses images (.eml, .mht), pas une signature."
            + _ADVICE,
        )


def _name(name: str, title: str) -> str:
    stem = PurePath(name.replace("\\", "/")).stem
    for candidate in (stem, title):
        words = " ".join(candidate.replace("_", " ").split())
        if words and not _NO_NAMES.fullmatch(words):
            return words[:_LONGEST_NAME].strip()
    return _DEFAULT_NAME
