"""Attachments: what they are called and what they are, never what is in them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from quarantine.safe_view import characters, mime

MAX_LISTED: Final = 100
NAME_CHARACTERS: Final = 150
UNNAMED: Final = "sans nom"
# So much is looked at to tell a program that calls itself otherwise.
_PEEK_BYTES = 16

# What Windows, macOS or Linux runs on a double click, and what Outlook itself refuses to open.
_PROGRAMS = """
    ade adp apk app application appref-ms appx appxbundle asp bas bat chm cmd com cpl crt csh deb desktop diagcab dll
    dmg-app elf exe fxp gadget hlp hta inf ins iqy isp jar jnlp js jse ksh library-ms lnk mcf mda mdb mde msc msh msi
    msix msp mst one ops osd pif pkg pl plg prg ps1 ps1xml ps2 psc1 psd1 psm1 py pyc pyw reg rpm run scf scr sct
    search-ms settingcontent-ms sh shb shs slk sys theme url vb vbe vbp vbs vsmacros wll ws wsc wsf wsh xbap xll"""
_MACROS = "docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm"
_WEB_PAGES = "htm html shtml xhtml xht svg mht mhtml"
_DISK_IMAGES = "iso img vhd vhdx dmg udf wim"
_ARCHIVES = "zip rar 7z tar gz tgz bz2 tbz xz txz zst cab ace arj lzh z zipx"
_DOCUMENTS = "pdf doc docx odt rtf xls xlsx ods csv ppt pptx odp txt jpg jpeg png gif bmp heic mp3 mp4 avi mov zip"
_BY_EXTENSION: Final[dict[str, frozenset[str]]] = {
    "executable": frozenset(_PROGRAMS.split()),
    "macros": frozenset(_MACROS.split()),
    "web_page": frozenset(_WEB_PAGES.split()),
    "disk_image": frozenset(_DISK_IMAGES.split()),
    "archive": frozenset(_ARCHIVES.split()),
}
_HARMLESS_LOOKING: Final = frozenset(_DOCUMENTS.split())
_BY_TYPE: Final = {
    "application/x-msdownload": "executable",
    "application/x-dosexec": "executable",
    "application/x-msdos-program": "executable",
    "application/hta": "executable",
    "application/javascript": "executable",
    "text/javascript": "executable",
    "application/x-sh": "executable",
    "text/html": "web_page",
    "application/xhtml+xml": "web_page",
    "image/svg+xml": "web_page",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
}
_SIGNATURES: Final = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_MAJOR: Final = {"image": "image", "audio": "son", "video": "vidéo", "text": "texte"}
_MAGIC: Final = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"L\x00\x00\x00\x01\x14\x02\x00")
_UUENCODED = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})", re.MULTILINE)
_TYPE_SIGNS = re.compile(r"[^\w!#$&^.+/-]")
_MANY_BLANKS = re.compile(r"\s{4,}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """name: to be shown, everything that deceives written out; of an attached message its subject; UNNAMED without
    one. kind: `application/pdf`, as stated.

    what: in French, in a word. size: in bytes, near enough; None when unknown. inside: subject of the attached message
    that it belongs to, "" for none. codes: of `quarantine.wording`.
    """

    name: str
    kind: str
    what: str
    size: int | None
    inline: bool
    inside: str
    codes: tuple[str, ...]

    @property
    def is_dangerous(self) -> bool:
        return bool(set(self.codes) - {"archive", "web_page", "tnef"})


def attachment(raw: bytes, part: mime.Part) -> Attachment:
    codes: set[str] = set()
    for name in part.names:
        codes |= codes_of_name(name)
    if part.kind in _BY_TYPE and not codes & set(_BY_EXTENSION):
        codes.add(_BY_TYPE[part.kind])
    start, _ = mime.content(raw, part, _PEEK_BYTES)
    if start.startswith(_MAGIC) and "executable" not in codes:
        codes.add("disguised_executable")
    if any(extension(name) == "dat" and "winmail" in name.lower() for name in part.names):
        codes.add("tnef")
    name = characters.line(part.names[0], NAME_CHARACTERS) if part.names else ""
    return Attachment(
        name=name or part.subject or UNNAMED,
        kind=_TYPE_SIGNS.sub("", part.kind)[:80],
        what=_what(part.kind, codes, extension(part.names[0]) if part.names else ""),
        size=mime.size(raw, part),
        inline=part.disposition == "inline" or (part.kind.startswith("image/") and part.disposition != "attachment"),
        inside=part.inside or "",
        codes=tuple(sorted(codes)),
    )


def uuencoded(text: bytes) -> list[Attachment]:
    """Files of the oldest kind, which lie in the text itself and which Outlook shows as attachments."""
    found = []
    for match in _UUENCODED.finditer(text):
        name = match[1].decode("utf-8", "replace")
        codes = codes_of_name(name)
        shown = characters.line(name, NAME_CHARACTERS)
        what = _what("application/octet-stream", codes, extension(name))
        found.append(Attachment(shown, "x-uuencode", what, None, False, "", tuple(sorted(codes))))
        if len(found) >= MAX_LISTED:
            break
    return found


def extension(name: str) -> str:
    """The last one, as Windows reads it: blanks and dots at the end and streams (`:`) do not count."""
    plain = _plain(name)
    return plain.rpartition(".")[2] if "." in plain else ""


def codes_of_name(name: str) -> set[str]:
    """What the name of a file gives away."""
    seen: set[str] = set()
    characters.line(name, len(name) * 10 + 10, seen)
    found = {"turned_name"} if characters.TURNED in seen else set()
    plain = _plain(name)
    stem, _, last = plain.rpartition(".")
    risk = next((code for code, extensions in _BY_EXTENSION.items() if last in extensions), "") if stem or last else ""
    if not risk or "." not in plain:
        return found
    found.add(risk)
    before = stem.rpartition(".")[2].strip() if "." in stem else ""
    if risk != "archive" and (before in _HARMLESS_LOOKING or _MANY_BLANKS.search(stem)):
        found.add("double_extension")
    return found


def _plain(name: str) -> str:
    flat = unicodedata.normalize("NFKC", characters.bare(name)).lower()
    last = re.split(r"[\\/]", flat)[-1].partition(":")[0]
    return last.rstrip(". \t")


def _what(kind: str, codes: set[str], ending: str) -> str:
    if codes & {"executable", "disguised_executable"}:
        return "programme"
    if "disk_image" in codes:
        return "image de disque"
    if "archive" in codes:
        return "archive"
    if "web_page" in codes:
        return "page web"
    if kind == "message/rfc822":
        return "message joint"
    if kind in _SIGNATURES:
        return "signature"
    if kind == "application/pdf" or ending == "pdf":
        return "document PDF"
    if kind == "text/calendar":
        return "invitation"
    if ending in {"doc", "docx", "docm", "odt", "rtf"}:
        return "document"
    if ending in {"xls", "xlsx", "xlsm", "xlsb", "ods", "csv"}:
        return "tableur"
    if ending in {"ppt", "pptx", "pptm", "odp"}:
        return "présentation"
    return _MAJOR.get(kind.partition("/")[0], "fichier")
