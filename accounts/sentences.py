"""Journal entries told in French. The entry keeps codes and values; the sentence is made when it is shown."""

from __future__ import annotations

from accounts.models import JournalEntry

# {label}, {target} and the entry's details by name. A code that ends in ".self" is what is said instead when somebody
# did it to themselves.
SENTENCES: dict[str, str] = {
    "account.signed_in": "s’est connecté(e)",
    "account.sign_in_suspended": "a suspendu la connexion après {failures} essais infructueux",
}


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def register(sentences: dict[str, str]) -> None:
    """Add the sentences of another application (called from its AppConfig)."""
    SENTENCES.update(sentences)


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
