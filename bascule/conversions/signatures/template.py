"""The academy's signature, filled from what the directory says of a person.

A template is HTML with names in braces, `{nom}`. A line of it where every name turns out empty is left out, so what
belongs together stands on one line. `{{` and `}}` are braces. What is filled in is text, never HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bascule.conversions.signatures.addresses import link
from bascule.conversions.signatures.cleaning import clean
from bascule.conversions.signatures.plain import plain_text
from bascule.conversions.signatures.tokens import escaped, legible

DEFAULT = """\
<div style="font-family:arial,sans-serif;font-size:13px;line-height:1.4;color:#3a3a3a">
<div style="font-size:15px;color:#000091"><b>{nom}</b></div>
<div>{fonction}</div>
<div style="margin-bottom:6px"><b>{service}</b></div>
<div>{rue}</div>
<div>{code_postal} {ville}</div>
<div>Tél. : {telephone}</div>
<div>Mobile : {mobile}</div>
<div><a href="{adresse_site}" style="color:#000091">{site}</a></div>
</div>
"""
_NAME = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,60})\}|[{}]")
_SPACES = re.compile(r"\s+")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:/.*)?")
_SITE = re.compile(r"^https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a person; "" for what it does not say.

    name: full name as it is shown. title: what the person does. service: service or school. web: a site, with or
    without "https://".
    """

    name: str
    title: str = ""
    service: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""
    mobile: str = ""
    web: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """The signature made from a template, and its plain-text twin."""

    html: str
    text: str


class TemplateFault(ValueError):
    """The template cannot be used; `str()` is a French sentence for the person who wrote it."""


def placeholders() -> tuple[str, ...]:
    """The names that a template may use."""
    return tuple(_values(Entry("")))


def fill(entry: Entry, template: str = DEFAULT) -> Filled:
    """The signature of a person. Raises `TemplateFault` for an unknown name and for a brace that stands alone."""
    values = {name: escaped(value) for name, value in _values(entry).items()}
    lines = []
    for number, line in enumerate(template.splitlines(), 1):
        filled = _line(line, number, values)
        if filled is not None:
            lines.append(filled)
    html = clean("\n".join(lines)).html
    return Filled(html, plain_text(html))


def check(template: str) -> None:
    """Raises `TemplateFault` when the template cannot be used, whoever it is filled for."""
    fill(Entry(*["x"] * len(Entry.__dataclass_fields__)), template)


def _line(line: str, number: int, values: dict[str, str]) -> str | None:
    """The line with its names filled in; None when there is nothing to say in it."""
    used: list[str] = []

    def filled(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None:
            raise TemplateFault(
                f"Modèle de signature, ligne {number} : une accolade est seule. Doublez-la si elle est du texte."
            )
        name = found[1].strip()
        if name not in values:
            raise TemplateFault(
                f"Modèle de signature, ligne {number} : « {{{name}}} » est inconnu. Les noms possibles sont : "
                f"{', '.join(values)}."
            )
        used.append(values[name])
        return values[name]

    text = _NAME.sub(filled, line)
    return None if used and not any(used) else text


def _values(entry: Entry) -> dict[str, str]:
    web = entry.web.strip()
    address = link("https://" + web if _HOST.fullmatch(web) else web) or ""
    site = address if _SITE.match(address) else ""
    values = {
        "nom": entry.name,
        "fonction": entry.title,
        "service": entry.service,
        "rue": entry.street,
        "code_postal": entry.postal_code,
        "ville": entry.city,
        "telephone": entry.phone,
        "mobile": entry.mobile,
        "site": _SITE.sub("", site).rstrip("/"),
        "adresse_site": site,
        "courriel": entry.mail,
    }
    return {name: _SPACES.sub(" ", legible(value)).strip() for name, value in values.items()}
