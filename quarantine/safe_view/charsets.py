"""Text from bytes whose stated charset may be wrong, unknown or a trap. Pure."""

from __future__ import annotations

import codecs
import re

# Python's name of each charset that is decoded. Others are left out on purpose: `punycode` and `idna` take quadratic
# time, `unicode_escape` and `utf-7` spell characters that a filter before us has not seen.
_NAMES = """
    utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be iso8859-2 iso8859-3 iso8859-4 iso8859-5
    iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250
    cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp437 cp850 cp852 cp858 cp866 cp874 koi8-r koi8-u mac-roman
    tis-620 gb18030 big5 big5hkscs euc_jp iso2022_jp shift_jis cp932 euc_kr cp949 iso2022_kr hz"""
_KNOWN = frozenset(_NAMES.split())
# Read as what writes them in fact, as browsers do (WHATWG Encoding, 4.2).
_READ_AS = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_DECLARED_IN_HTML = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([a-zA-Z0-9_:.-]{2,40})""", re.IGNORECASE)
_META_WITHIN = 2048


def decode(data: bytes, declared: str) -> tuple[str, bool]:
    """The text, never failing; and whether the bytes contradict the `declared` charset, or it is unknown.

    "" and ASCII as declared ones mean that nothing was said: UTF-8 when it fits, else Western European.
    """
    name = _python_name(declared)
    said = name not in {"", "ascii"}
    if name in _KNOWN or name in _READ_AS:
        known = _READ_AS.get(name, name)
        if name != "ascii":
            try:
                return data.decode(known), False
            except UnicodeDecodeError:
                pass
    try:
        return data.decode("utf-8"), said
    except UnicodeDecodeError:
        fallback = _READ_AS.get(name, name) if name in _KNOWN or name in _READ_AS else "cp1252"
        return data.decode(fallback, errors="replace"), True


def declared_in_html(data: bytes) -> str:
    """Charset that the HTML itself states, "" without one."""
    match = _DECLARED_IN_HTML.search(data, 0, _META_WITHIN)
    return match[1].decode("ascii") if match else ""


def _python_name(declared: str) -> str:
    """Python's name of the charset; "" when none was stated, "?" for one that does not exist."""
    declared = declared.strip().strip("\"'")
    if not declared:
        return ""
    if len(declared) > 40 or not declared.isascii() or "\0" in declared:
        return "?"
    if declared.lower() in {"ks_c_5601-1987", "ks_c_5601", "korean"}:
        return "cp949"
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return "?"
