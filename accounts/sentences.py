"""Journal entries told in French. The entry keeps codes and values; the sentence is made when it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accounts.models import JournalEntry

# {label}, {target} and the entry's details by name. A code that ends in ".self" is what is said instead when somebody
# did it to themselves.
SENTENCES: dict[str, str] = {
    "account.signed_in": "s’est connecté(e)",
    "account.sessions_ended": "a fermé toutes les sessions de {name}",
    "notice.sent_again": "a fait repartir le courriel de la notification « {label} »",
    "account.sign_in_suspended": "a suspendu la connexion après {failures} essais infructueux",
    "journal.exported": "a téléchargé le journal ({filters})",
    "journal.purged": "entrées du journal de plus de {days} jours effacées : {count}",
}

# Which kinds of action belong together on the page of the journal: what stands before the dot of a code, and the name
# of the family in French.
FAMILIES: dict[str, str] = {"account": "Connexion", "journal": "Journal", "notice": "Notifications"}
OTHERS = "Autres actions"


_FIELD = re.compile(r"\{\w+\}")


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def register(sentences: dict[str, str], families: Mapping[str, str] | None = None) -> None:
    """Add the sentences of another application (called from its AppConfig), and the families of its codes: the part
    before the dot, and the name in French. Codes without one are among the others."""
    SENTENCES.update(sentences)
    FAMILIES.update(families or {})


def families() -> list[str]:
    """Names of the families that have a sentence, in the order of the alphabet, the others last."""
    named = {family_of(code) for code in SENTENCES}
    return sorted(named - {OTHERS}, key=str.casefold) + [OTHERS] * (OTHERS in named)


def family_of(code: str) -> str:
    return FAMILIES.get(code.partition(".")[0], OTHERS)


def codes_of(kind: str) -> list[str]:
    """Codes of a family by its name, or the one code itself; none for what is neither."""
    codes = [code for code in SENTENCES if not code.endswith(".self")]
    return [kind] if kind in codes else [code for code in codes if family_of(code) == kind]


def outline(code: str) -> str:
    """The sentence of a kind of action, with an ellipsis for what differs from entry to entry; empty for none."""
    return _FIELD.sub("…", SENTENCES.get(code, ""))


def reason(entry: JournalEntry) -> str:
    """Why it was done, where that was asked for and the sentence does not say it; else empty."""
    given = entry.details.get("reason", "")
    return given if isinstance(given, str) and "{reason}" not in SENTENCES.get(entry.action, "") else ""


def on_behalf_of(entry: JournalEntry) -> str:
    """Address of the person in whose place somebody of staff acted; empty when everybody acted for themselves."""
    named = entry.details.get("on_behalf", "")
    return named if isinstance(named, str) else entry.subject if named else ""


def sentence(entry: JournalEntry) -> str:
    """What `entry` says, without the actor; the bare code when no sentence is known for it."""
    template = SENTENCES.get(entry.action)
    if entry.subject and entry.subject == entry.actor:
        template = SENTENCES.get(f"{entry.action}.self", template)
    if template is None:
        return entry.action
    values = _Blank(entry.details)
    values.update(label=entry.target_label, target=entry.target)
    return template.format_map(values)
