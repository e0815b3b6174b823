"""Names of folders on the old server, as the paths Zimbra knows them by.

The old server parts names by "/"; they reach a script as they are shown, or in the modified UTF-7 of IMAP (RFC 3501,
section 5.1.3). What Zimbra forbids in a name: zm-mailbox, MailItem.validateItemName.
"""

from __future__ import annotations

import base64
import binascii
import re

from bascule.conversions.filters.folder_words import SHOWN
from bascule.conversions.model import Remark

# Zimbra keeps no longer name of a folder.
MAX_NAME = 255
# More than this is no folder that a person made.
MAX_PATH = 2_000
# Folders at the root that Zimbra makes itself, for something else than mail: no mail is filed there.
_NOT_FOR_MAIL = frozenset({"contacts", "emailed contacts", "calendar", "tasks", "briefcase", "chats", "notebook"})
# What people call the folders that Zimbra has under one of its own names.
_LOOKS_SPECIAL = {
    "corbeille": "Trash",
    "spam": "Junk",
    "pourriel": "Junk",
    "pourriels": "Junk",
    "indésirables": "Junk",
    "courrier indésirable": "Junk",
    "brouillons": "Drafts",
    "envoyé": "Sent",
    "envoyés": "Sent",
    "éléments envoyés": "Sent",
    "messages envoyés": "Sent",
}
_FORBIDDEN = {":": "-", '"': "’"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_VARIABLE = re.compile(r"\$(?=\{)")


def zimbra_path(old: str) -> tuple[str, list[Remark]]:
    """The path in Zimbra, without a leading slash, and what a person has to know of it; "Inbox" is the inbox.

    "" when there can be none: the remarks say why (`folder_shared`, `folder_empty`, `folder_too_long`).
    """
    if len(old) > MAX_PATH:
        return "", [
            _remark("folder_too_long", "Le nom du dossier est démesuré : la règle est à refaire à la main.", old)
        ]
    name = decoded(old.strip())
    remarks: list[Remark] = []
    parts = [part for part in name.split("/") if part.strip()]
    if parts and parts[0].casefold() in ("shared folders", "#shared"):
        message = (
            f"Le dossier « {name} » appartenait à quelqu’un d’autre ou à une boîte partagée, et Zimbra n’y classe pas"
            " le courrier par une règle. Refaites cette règle vers un dossier à vous."
        )
        return "", [_remark("folder_shared", message, old)]
    if len(parts) > 1 and parts[0] == "user":
        message = (
            f"Le dossier « {name} » était nommé par le compte « {parts[1]} » : il est pris pour un dossier de votre"
            " propre boîte. Si ce compte n’est pas le vôtre, supprimez cette règle."
        )
        remarks.append(_remark("folder_of_user", message, old))
        parts = parts[2:] or ["INBOX"]
    if not parts:
        return "", [_remark("folder_empty", "Cette règle classe dans un dossier sans nom : elle est à refaire.", old)]
    mended = [_mended(part) for part in parts]
    if mended != parts:
        remarks.append(_renamed(name, "/".join(mended), old))
    first = mended[0]
    if first.casefold() == "inbox":
        mended[0] = "Inbox"
    elif first.casefold() in _NOT_FOR_MAIL:
        mended[0] = f"{first} (messages)"
        message = (
            f"Zimbra garde le nom « {first} » pour autre chose que le courrier : la règle classe dans « {mended[0]} »."
            " Créez ce dossier ou changez-le dans la règle."
        )
        remarks.append(_remark("folder_reserved", message, old))
    elif len(mended) == 1 and first.casefold() in _LOOKS_SPECIAL:
        shown = SHOWN[_LOOKS_SPECIAL[first.casefold()]]
        message = (
            f"La règle classe dans un dossier nommé « {first} ». Si vous pensez au dossier « {shown} » de Zimbra,"
            " choisissez-le dans la règle."
        )
        remarks.append(_remark("folder_looks_special", message, old))
    return "/".join(mended), remarks


def decoded(name: str) -> str:
    """A name in modified UTF-7 as text; any other name as it is, which one that does not come out the same is too."""
    if "&" not in name or not name.isascii():
        return name
    try:
        text = _SHIFTED.sub(lambda found: _shifted(found[1]), name)
    except (binascii.Error, UnicodeDecodeError):
        return name
    return text if encoded(text) == name else name


def encoded(text: str) -> str:
    """The name in modified UTF-7."""
    return re.sub(r"&|[^\x20-\x7e]+", lambda found: "&-" if found[0] == "&" else _unshifted(found[0]), text)


def _shifted(body: str) -> str:
    if not body:
        return "&"
    padded = body.replace(",", "/") + "=" * (-len(body) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")


def _unshifted(text: str) -> str:
    coded = base64.b64encode(text.encode("utf-16-be", "surrogatepass")).decode().rstrip("=").replace("/", ",")
    return f"&{coded}-"


def _mended(part: str) -> str:
    """One name, as Zimbra takes it; a name that is fine stays as it is."""
    name = _CONTROL.sub(" ", part)
    name = name.translate({ord(sign): other for sign, other in _FORBIDDEN.items()})
    # Zimbra would fill in a variable of that name.
    name = _VARIABLE.sub("", name).strip()[:MAX_NAME].rstrip()
    return name if name not in ("", ".", "..") else "Dossier"


def _renamed(name: str, path: str, old: str) -> Remark:
    message = (
        f"Zimbra ne peut pas nommer un dossier « {name} » : la règle classe dans « {path} ». Si le dossier porte un"
        " autre nom dans la nouvelle boîte, changez-le dans la règle."
    )
    return _remark("folder_renamed", message, old)


def _remark(code: str, message: str, original: str) -> Remark:
    return Remark(code, "", message, original[:2000])
