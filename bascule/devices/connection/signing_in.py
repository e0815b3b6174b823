"""What a server means that does not let somebody in. Pure."""

from __future__ import annotations

import re

from bascule.devices.connection.faults import Fault

# What Zimbra gives: sixteen letters.
_APPLICATION_PASSWORD = re.compile(r"[A-Za-z]{16}")
_RESPONSE_CODE = re.compile(r"\[([A-Z-]+)[^\]]*\]")

# Response codes of RFC 5530, and of RFC 2221 and 3501 where they are older.
_BY_CODE = {
    "EXPIRED": "sign_in.expired",
    "UNAVAILABLE": "sign_in.unavailable",
    "SERVERBUG": "sign_in.unavailable",
    "INUSE": "sign_in.unavailable",
    "LIMIT": "sign_in.too_many",
    "CONTACTADMIN": "sign_in.locked",
    "AUTHORIZATIONFAILED": "sign_in.not_allowed",
    "PRIVACYREQUIRED": "sign_in.no_way",
}
_BY_WORDS = (
    (re.compile(r"too many|maximum number|connection limit"), "sign_in.too_many"),
    (re.compile(r"lock(?:ed|out)|suspended"), "sign_in.locked"),
    (
        re.compile(r"application-specific|app(?:lication)? password|two-factor|second factor"),
        "sign_in.account_password",
    ),
    (re.compile(r"temporar|try again|unavailable"), "sign_in.unavailable"),
    (re.compile(r"not (?:allowed|enabled|permitted)|disabled"), "sign_in.not_allowed"),
)


def is_like_application_password(password: str) -> bool:
    return bool(_APPLICATION_PASSWORD.fullmatch(password))


def fault(said: str, password: str) -> Fault:
    """Why a server that answered `said` let nobody in. The answer itself is not kept: it may name anything."""
    text = said.lower()
    code = _RESPONSE_CODE.search(said.upper())
    if code and code[1] in _BY_CODE:
        return Fault(_BY_CODE[code[1]])
    for words, cause in _BY_WORDS:
        if words.search(text):
            return Fault(cause)
    return refused(password)


def refused(password: str) -> Fault:
    """Neither right nor known; what the password looks like tells which of two mistakes is likelier."""
    return Fault("sign_in.refused" if is_like_application_password(password) else "sign_in.account_password")
