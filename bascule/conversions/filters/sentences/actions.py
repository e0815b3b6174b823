"""The actions of a Zimbra rule as French phrases: infinitives, the first with « le message », the next with « le »."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from bascule.conversions.filters.sentences import words
from zimbra.types.elements import Other
from zimbra.types.filter_actions import (
    Action,
    Discard,
    Ereject,
    FileInto,
    Flag,
    Keep,
    Log,
    Notify,
    NotifyByMethod,
    Redirect,
    Reject,
    Reply,
    Stop,
    Tag,
)

UNKNOWN = "faire ce que le portail ne sait pas décrire"
NOTHING = "ne rien faire de plus"
STOP = "ne plus regarder les règles suivantes"

_FLAGS = {"read": "comme lu", "flagged": "d’un drapeau", "priority": "comme prioritaire"}


def phrases(actions: Sequence[Action | Other], *, outgoing: bool = False) -> list[str]:
    """One phrase for each action; the message is named in the first that speaks of it."""
    found: list[str] = []
    named = False
    stored = any(isinstance(action, Keep | FileInto) for action in actions)
    for action in actions:
        phrase = nowhere_else() if stored and isinstance(action, Discard) else _said(action, outgoing)
        found.append(phrase.with_pronoun if named else phrase.with_noun)
        named = named or phrase.with_noun != phrase.with_pronoun
    return list(dict.fromkeys(found))


class Deed:
    """with_noun: « classer le message dans… »; with_pronoun: « le classer dans… »."""

    def __init__(self, with_noun: str, with_pronoun: str = "") -> None:
        self.with_noun = with_noun
        self.with_pronoun = with_pronoun or with_noun


def on_message(verb: str, rest: str = "") -> Deed:
    """A deed whose object is the message."""
    tail = f" {rest}" if rest else ""
    return Deed(f"{verb} le message{tail}", f"{'l’' if verb[0] in 'aeiouy' else 'le '}{verb}{tail}")


def file_into(path: str, copy: bool) -> Deed:
    place = f"dans {words.folder(path)}"
    if copy:
        return Deed(f"mettre une copie du message {place}", f"en mettre une copie {place}")
    return on_message("classer", place)


def redirect(address: str, copy: bool) -> Deed:
    to = f"à {words.quoted(address)}"
    if copy:
        return Deed(f"envoyer une copie du message {to}", f"en envoyer une copie {to}")
    return on_message("transférer", to)


def reject(text: str) -> Deed:
    return on_message("refuser", f"en répondant à l’expéditeur {words.quoted(text)}")


def keep(outgoing: bool = False) -> Deed:
    return on_message("laisser", "dans les messages envoyés" if outgoing else "dans la boîte de réception")


def tag(name: str) -> Deed:
    return Deed(f"donner au message l’étiquette {words.quoted(name)}", f"lui donner l’étiquette {words.quoted(name)}")


def notify(address: str) -> Deed:
    return Deed(f"prévenir {words.quoted(address)} par un message")


def notify_by(method: str) -> Deed:
    scheme, _, rest = method.partition(":")
    if scheme.strip().lower() == "mailto" and rest:
        return notify(unquote(rest.partition("?")[0]))
    return Deed(f"envoyer une notification à {words.quoted(method)}")


def flag(name: str) -> Deed:
    return on_message("marquer", _FLAGS.get(name, words.quoted(name)))


def discard() -> Deed:
    return on_message("supprimer", "sans qu’il apparaisse nulle part")


def nowhere_else() -> Deed:
    """What deleting does beside a folder."""
    return Deed("ne laisser le message nulle part ailleurs", "ne le laisser nulle part ailleurs")


def _said(action: Action | Other, outgoing: bool) -> Deed:
    if isinstance(action, Keep):
        return keep(outgoing)
    say = None if isinstance(action, Other) else _SAID.get(type(action))
    return Deed(UNKNOWN) if say is None else say(action)


# Each takes its own kind of action, which a table cannot say.
_SAID: dict[type[Action], Callable[..., Deed]] = {
    Discard: lambda action: discard(),
    Stop: lambda action: Deed(STOP),
    FileInto: lambda action: file_into(action.folder, action.copy),
    Flag: lambda action: flag(action.flag),
    Tag: lambda action: tag(action.tag),
    Redirect: lambda action: redirect(action.address, action.copy),
    Reply: lambda action: Deed(f"répondre automatiquement {words.quoted(action.content)}"),
    Notify: lambda action: notify(action.address),
    NotifyByMethod: lambda action: notify_by(action.method),
    Reject: lambda action: reject(action.content),
    Ereject: lambda action: reject(action.content),
    Log: lambda action: Deed("noter une ligne dans le journal du serveur"),
}
