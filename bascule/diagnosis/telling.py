"""Causes as a page shows them, and the message to the help desk that a person only has to send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.urls import NoReverseMatch, reverse

from accounts.models import Agent
from bascule.diagnosis.catalogue import Cause
from bascule.help.library import library, portal_page
from bascule.help.placeholders import fill

# What mail programs take in a link, whatever the person pasted.
_MOST_IN_LINK = 600


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """One cause in French, placeholders filled in."""

    code: str
    title: str
    why: str
    remedies: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to the help desk. mailto: "" where the help desk is no address."""

    to: str
    subject: str
    body: str
    mailto: str


# To somebody who has not moved, the old server is the right one.
_OF_OLD_SERVER = "ancien-serveur"
_NOT_YET = Cause(
    code="pas-encore-le-moment",
    family="connexion",
    title="Ce serveur est encore le bon pour vous",
    why="Votre boîte n’a pas encore été transférée : ne changez aucun réglage. Si la connexion échoue, c’est le mot de "
    "passe ou le réseau qui est en cause.",
    remedies=(
        "Ouvrez l’ancienne messagerie dans un navigateur : si votre mot de passe y est refusé aussi, changez-le, puis "
        "retapez-le dans le logiciel.",
        "Essayez depuis un autre réseau.",
        "Notez cet appareil dans « Mes appareils » : ses nouveaux réglages vous y attendront le jour du transfert.",
    ),
    pages=(("devices", "Mes appareils"), ("home", "Ma bascule")),
)


def told(causes: Iterable[Cause], names: Mapping[str, str], *, has_moved: bool) -> list[Told]:
    """names: of placeholders. has_moved: False for somebody whose mailbox is still on the old service."""
    right = [_NOT_YET if cause.code == _OF_OLD_SERVER and not has_moved else cause for cause in causes]
    return [
        Told(
            code=cause.code,
            title=cause.title,
            why=fill(cause.why, names),
            remedies=tuple(fill(remedy, names) for remedy in cause.remedies),
            links=tuple(_links(cause)),
        )
        for cause in right
    ]


def _links(cause: Cause) -> Iterable[Link]:
    """Pages that there are; of the pages of the help, the first."""
    for name, label in cause.pages:
        url = _url(name)
        if url:
            yield Link(label, url)
    pages = library().pages
    for slug in cause.help:
        if slug in pages:
            yield Link(f"Aide : {pages[slug].title}", reverse("help_page", args=[slug]))
            return


def _url(name: str) -> str | None:
    kind, _, code = name.rpartition(":")
    if kind != "step":
        return portal_page(name)
    try:
        return reverse("step", args=[code])
    except NoReverseMatch:
        return None


def letter(
    *, agent: Agent | None, to: str, symptom: str = "", message: str = "", causes: Iterable[Told] = ()
) -> Letter:
    """What to send when nothing helped: who writes, what is seen, what the portal proposed; gaps for the rest.

    agent: None for somebody who is not signed in. message: as pasted, to be read again before it is sent.
    """
    lines = ["Bonjour,", ""]
    if agent is not None:
        moved = f"transférée le {agent.migrated_at:%d/%m/%Y}" if agent.migrated_at else "pas encore transférée"
        lines += [f"Ma boîte : {agent.address} ({moved})."]
    if symptom:
        lines += [f"Ce que je constate : {symptom}."]
    lines += ["Appareil et logiciel, avec sa version : …", "Depuis quand, et sur quel réseau : …"]
    if message:
        lines += ["", "Message affiché :", message.strip()]
    tried = [cause.title for cause in causes]
    if tried:
        lines += ["", "Pistes données par le portail, essayées sans succès :", *(f"- {title}" for title in tried)]
    lines += ["", "Merci d’avance.", *([agent.full_name] if agent is not None else [])]
    subject = f"Messagerie : {symptom}" if symptom else "Messagerie : message d’erreur"
    body = "\n".join(lines)
    mailto = ""
    if "@" in to:
        mailto = f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={quote(_shortened(lines, message))}"
    return Letter(to, subject, body, mailto)


def _shortened(lines: list[str], message: str) -> str:
    short = message.strip()[:_MOST_IN_LINK]
    return "\r\n".join(short if message and line == message.strip() else line for line in lines)
