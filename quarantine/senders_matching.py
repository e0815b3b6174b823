"""Entries of trust and block lists: what they may be, and which of them a message meets. Pure.

An entry is an address or a domain. A domain covers its sub-domains. An address without a +extension covers all of its
extensions; one with an extension covers that one alone. Case does not matter, accents and `xn--` are the same.

To block, the header From and the envelope sender both count: whoever shows a blocked address is blocked. To trust, the
envelope sender counts, and the header From only when authentication has not contradicted it; for an address of the
academy's own domains it must have proved it, as that is the first one that a forger takes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from quarantine import domains
from quarantine.safe_view import fields, people
from quarantine.verdicts import Authentication

MAX_CHARACTERS = 254
# Of the header From so many addresses are looked at, and so many labels of a domain: both are a stranger's to choose.
MAX_SHOWN = 20
MAX_LABELS = 8
Kind = Literal["trust", "block"]
# Where anybody opens an address: trusting the whole domain would trust everybody. The ones most used in France.
_PROVIDERS = """
    gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr msn.com yahoo.com
    yahoo.fr ymail.com icloud.com me.com mac.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr
    numericable.fr club-internet.fr aol.com gmx.com gmx.fr proton.me protonmail.com pm.me zoho.com tutanota.com
    yopmail.com yandex.com mail.ru"""
PUBLIC_PROVIDERS = frozenset(_PROVIDERS.split())
_ANGLES = re.compile(r"[^<>]*<([^<>]+)>\s*")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
# Envelope senders made anew for each message, so that what bounces can be told apart.
# The address of a school has the seven figures of its code, and does not change.
_SCHOOL = re.compile(r"ce\.\d{7}[a-z]", re.IGNORECASE)
_CHANGING = re.compile(r"(?:^|[-+._])(?:bounces?|return|retour|verp|srs[01]|prvs)(?:$|[-+._=])|=|\d{5,}", re.IGNORECASE)


class BadPattern(ValueError):
    """What was typed can be no entry; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Pattern:
    """text: in canonical form, as it is stored; an address, or a domain without @."""

    text: str

    @property
    def is_domain(self) -> bool:
        return "@" not in self.text

    @property
    def readable(self) -> str:
        """With the accents of its domain."""
        local, at, domain = self.text.rpartition("@")
        return f"{local}{at}{domains.readable(domain)}"

    @property
    def covers(self) -> str:
        """What the entry matches, as a French sentence."""
        if self.is_domain:
            return f"Toutes les adresses de {self.readable} et de ses sous-domaines."
        if "+" in self.text.partition("@")[0]:
            return "Cette adresse exactement, avec ce qui suit le signe +."
        local, _, domain = self.readable.rpartition("@")
        return f"Cette adresse, y compris avec un signe + ({local}+mot@{domain})."


class Entry(Protocol):
    """A row of a list."""

    @property
    def kind(self) -> str: ...

    @property
    def pattern(self) -> str: ...


E = TypeVar("E", bound=Entry)
# Without the bound: the type checker looks at it before it has read what columns of a model give.
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class MessageSenders:
    """shown: addresses of the header From, all of them when it was written twice; envelope: of MAIL FROM; all as
    `people.address_key` gives them, "" for none. is_list: the message came through a mailing list."""

    shown: tuple[str, ...]
    envelope: str
    authentication: Authentication = ""
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """The entry that decides."""

    kind: Kind
    entry: R
    by_staff: bool


def parse_pattern(text: str, *, kind: Kind = "block", own_domains: Collection[str] = ()) -> Pattern:
    """The entry that a person typed: `a@b.fr`, `Nom <a@b.fr>`, `b.fr`, `@b.fr`, `*.b.fr`, `*@b.fr`.

    own_domains: of the academy, in ASCII form. Raises BadPattern.
    """
    typed = text.strip()
    if not typed:
        raise BadPattern("Indiquez une adresse ou un domaine.")
    if len(typed) > MAX_CHARACTERS * 2:
        raise BadPattern("C’est trop long pour une adresse ou un domaine.")
    named = _ANGLES.fullmatch(typed)
    typed = (named[1] if named else typed).strip()
    typed = typed[7:] if typed.lower().startswith("mailto:") else typed
    local, at, domain = typed.rpartition("@")
    if "/" in domain:
        raise BadPattern("C’est l’adresse d’une page. Indiquez une adresse de messagerie, ou un domaine seul.")
    if local == "*":
        local = ""
    pattern = _address(local, domain) if local else _domain(domain if at else typed, own_domains, kind)
    if len(pattern.text) > MAX_CHARACTERS:
        raise BadPattern("C’est trop long pour une adresse ou un domaine.")
    return pattern


def candidates(key: str) -> frozenset[str]:
    """Every canonical entry that matches an address (`people.address_key`): what to look for in a list."""
    local, at, domain = key.rpartition("@")
    if not at:
        return frozenset()
    labels = domain.split(".")
    last = labels[-MAX_LABELS:]
    found = {key, domain, *(".".join(last[at:]) for at in range(len(last)))}
    if not local.startswith('"'):
        found.add(f"{local.partition('+')[0] or local}@{domain}")
    return frozenset(found)


def candidates_of(senders: MessageSenders) -> frozenset[str]:
    """Entries that may matter for a message: for one query over all lists."""
    return frozenset().union(*(candidates(key) for key in (*senders.shown, senders.envelope)))


def senders_of(raw: bytes, mail_from: str, authentication: Authentication) -> MessageSenders:
    """The senders of a message. raw: it, or its header; mail_from: of the envelope, "" for none."""
    header = fields.read(raw)
    shown = [one.key for value in header.every("From")[:10] for one in people.read(value) if one.key]
    return MessageSenders(
        shown=tuple(dict.fromkeys(shown))[:MAX_SHOWN],
        envelope=people.address_key(mail_from),
        authentication=authentication,
        is_list=bool(header.first("List-Id") or header.first("List-Unsubscribe")),
    )


def decide(
    senders: MessageSenders, personal: Iterable[E], staff: Iterable[E], *, own_domains: Collection[str] = ()
) -> Listed[E] | None:
    """The entry that decides on a message, None when none matches. A block wins over every trust, whoever made it."""
    own, everybody = list(personal), list(staff)
    blocked = candidates_of(senders)
    trusted = _trusted(senders, own_domains)
    for kind, matching, lists in (
        ("block", blocked, ((everybody, True), (own, False))),
        ("trust", trusted, ((own, False), (everybody, True))),
    ):
        for entries, by_staff in lists:
            for entry in entries:
                if entry.kind == kind and entry.pattern in matching:
                    return Listed("block" if kind == "block" else "trust", entry, by_staff)
    return None


def proposals(senders: MessageSenders) -> tuple[str, ...]:
    """Entries to offer for a message, the best one first.

    A list and a mailing write from an address that changes with every message: the domain of the header From is what
    stays. Never the domain of a public provider, nor the changing address.
    """
    address = senders.shown[0] if senders.shown else senders.envelope
    domain = address.rpartition("@")[2]
    if not domain:
        return ()
    whole = () if domain in PUBLIC_PROVIDERS or domains.is_public_suffix(domain) else (domain,)
    local = address.rpartition("@")[0]
    changes = _CHANGING.search(local) is not None and not _SCHOOL.fullmatch(local)
    if whole and (senders.is_list or changes):
        return whole if changes else (*whole, address)
    return (address, *whole)


def _trusted(senders: MessageSenders, own_domains: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    keys = [senders.envelope] if senders.envelope else []
    # Two addresses in From: nobody knows which one a program shows.
    if len(senders.shown) == 1 and senders.authentication != "fail":
        keys.append(senders.shown[0])
    for key in keys:
        if senders.authentication == "pass" or not _is_within(key.rpartition("@")[2], own_domains):
            found |= candidates(key)
    return frozenset(found)


def _is_within(domain: str, parents: Collection[str]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _address(local: str, domain: str) -> Pattern:
    if not _LOCAL.fullmatch(local) or "*" in local or "*" in domain:
        raise BadPattern("Ce n’est pas une adresse de messagerie. Exemple : prenom.nom@exemple.fr.")
    key = people.address_key(f"{local}@{domain}")
    if not key or "." not in key.rpartition("@")[2]:
        raise BadPattern("Ce qui suit le signe @ n’est pas un domaine. Exemple : prenom.nom@exemple.fr.")
    return Pattern(key)


def _domain(typed: str, own_domains: Collection[str], kind: Kind) -> Pattern:
    name = domains.ascii_form(typed.removeprefix("*").removeprefix("."))
    if not name:
        raise BadPattern("Ce n’est ni une adresse ni un domaine. Exemples : prenom.nom@exemple.fr, exemple.fr.")
    if domains.is_public_suffix(name):
        raise BadPattern(
            f"« {domains.readable(name)} » est une terminaison que des milliers de domaines ont en commun : "
            "indiquez un domaine entier, par exemple exemple.fr."
        )
    if name.rpartition(".")[2].isdigit():
        raise BadPattern("Indiquez un domaine, et non l’adresse d’un serveur.")
    if kind == "trust" and (_is_within(name, own_domains) or any(_is_within(own, [name]) for own in own_domains)):
        raise BadPattern(
            "Le domaine de l’académie ne peut pas être de confiance : n’importe qui peut l’écrire comme expéditeur."
        )
    if kind == "trust" and name in PUBLIC_PROVIDERS:
        raise BadPattern(f"Tout le monde peut ouvrir une adresse chez {name} : indiquez l’adresse complète.")
    return Pattern(name)
