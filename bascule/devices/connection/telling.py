"""Lines of a connection test as sentences: what was found, and what to do where it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.defaultfilters import date as in_words
from django.template.defaultfilters import filesizeformat

from bascule.devices.connection.faults import EXPLANATIONS, Explanation
from bascule.devices.connection.lines import BY_CODE, SERVERS, Line, Outcome
from bascule.help.placeholders import fill, names

_LABELS = {
    Outcome.OK: "Réussi",
    Outcome.WARNING: "À regarder",
    Outcome.FAILED: "Échec",
    Outcome.SKIPPED: "Pas essayé",
}
_UNKNOWN = Explanation("Résultat inconnu", "Le portail ne sait plus expliquer ce résultat : refaites l’essai.")
# What a line says when the server left a value out.
_GAP = "(non précisé)"


@dataclass(frozen=True, slots=True)
class Told:
    """title: what was looked at. heading: what was found, "" when all is well. text, remedies: sentences."""

    code: str
    title: str
    outcome: str
    label: str
    heading: str
    text: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one server."""

    code: str
    title: str
    lines: tuple[Told, ...]

    @property
    def worst(self) -> str:
        found = {line.outcome for line in self.lines}
        return next((one for one in (Outcome.FAILED, Outcome.WARNING) if one in found), Outcome.OK).value


def parts(lines: Sequence[Line], address: str) -> list[Part]:
    """Lines of a test by server. address: the mailbox, also the user name."""
    return [
        Part(code, title, tuple(told(line, address) for line in lines if BY_CODE[line.check].server == code))
        for code, title in SERVERS.items()
        if any(BY_CODE[line.check].server == code for line in lines)
    ]


def told(line: Line, address: str) -> Told:
    if line.outcome is Outcome.OK:
        return Told(line.check, BY_CODE[line.check].title, line.outcome, _LABELS[line.outcome], "", _fine(line), ())
    explanation = EXPLANATIONS.get(line.cause, _UNKNOWN)
    values = _Values({**names(), "address": address, **_shown(line.values)})
    return Told(
        code=line.check,
        title=BY_CODE[line.check].title,
        outcome=line.outcome,
        label=_LABELS[line.outcome],
        heading=explanation.title,
        text=fill(explanation.cause, values),
        remedies=tuple(fill(remedy, values) for remedy in explanation.remedies),
    )


class _Values(dict[str, str]):
    """A server that leaves a value out leaves no brace in a sentence."""

    def get(self, key: str, default: Any = None) -> str:
        return super().get(key) or ("" if key == "said" else _GAP)


def _shown(values: Mapping[str, Any]) -> dict[str, str]:
    shown = {}
    for name, value in values.items():
        if name in ("used", "limit", "size"):
            shown[name] = filesizeformat(value)
        elif name == "until":
            shown[name] = _day(value)
        elif name == "said":
            shown[name] = f" ; il parle {value.upper()} sans chiffrement" if value else ""
        elif isinstance(value, list):
            shown[name] = ", ".join(str(one) for one in value)
        else:
            shown[name] = str(value)
    return shown


def _day(value: str) -> str:
    try:
        return str(in_words(date.fromisoformat(value), "j F Y"))
    except ValueError:
        return _GAP


# Of what a check found, what is worth a word; the first of which all values are there.
_FINE: dict[str, tuple[str, ...]] = {
    "name": ("{host} : {addresses}",),
    "port": ("Le port {port} est ouvert.",),
    "tls": ("{version}, certificat valable jusqu’au {until}.", "{version}"),
    "greeting": ("Message le plus gros accepté : {size}.", "Le serveur répond."),
    "sign_in": ("Mot de passe accepté.",),
    "capabilities": ("Tout ce dont les logiciels se servent est là.",),
    "quota": ("{used} occupés sur {limit} ({percent} %).", "Le serveur ne dit pas de limite."),
    "folders": ("Tous trouvés : {special}. Dossiers en tout : {count}.",),
    "subscriptions": ("Tous les dossiers se verront dans les logiciels ({count}).",),
    "activesync": ("Accepté, version {version}.",),
    "caldav": ("Le calendrier peut être lu.",),
    "carddav": ("Le carnet d’adresses peut être lu.",),
}


def _fine(line: Line) -> str:
    values = _shown(line.values)
    for sentence in _FINE[line.check.partition(".")[2]]:
        filled = fill(sentence, values)
        if "{" not in filled:
            return filled
    return ""


def report(lines: Sequence[Line], address: str) -> str:
    """What to send to the help desk: every line, without any secret."""
    rows = [f"Essai de connexion pour {address}", ""]
    for part in parts(lines, address):
        rows.append(part.title)
        for line in part.lines:
            heading = f" ({line.heading})" if line.heading and line.outcome != Outcome.SKIPPED else ""
            rows.append(f"- {line.title} : {line.label}{heading}. {line.text}".rstrip())
    return "\n".join(rows)
