"""A rule of the old server as a French sentence, whatever it uses: also what Zimbra does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bascule.conversions.filters.converting.folder_names import decoded
from bascule.conversions.filters.sentences import actions as deeds
from bascule.conversions.filters.sentences import words
from bascule.conversions.filters.sentences.actions import Deed
from bascule.conversions.filters.sentences.old_tests import Condition, condition_of
from bascule.conversions.filters.source.syntax import Argument, Command, Strings, Tag

# Beyond these nobody reads on; the text of the rule is on the page beside.
MAX_DEPTH = 4
LONGEST = 1500

_CONDITIONAL = frozenset({"if", "disabled_if", "elsif", "else"})
_WITH_VALUE = frozenset({
    "days", "seconds", "subject", "from", "addresses", "handle", "fcc", "mime", "method", "id", "options", "message",
    "importance", "flags", "specialuse", "notify", "ret", "bytimerelative", "index", "newname", "newvalue",
    "comparator", "value", "count",
})  # fmt: skip
_FLAGS = {
    "\\seen": "comme lu", "\\flagged": "d’un drapeau", "\\answered": "comme répondu", "\\deleted": "comme supprimé",
    "\\draft": "comme brouillon",
}  # fmt: skip
_SILENT = frozenset({"require"})


def clauses(commands: Sequence[Command], depth: int = 0) -> list[str]:
    """What the commands do, one clause for each condition and for each row of actions without one."""
    found: list[str] = []
    waiting: list[Command] = []
    for command in commands:
        if command.name in _CONDITIONAL:
            _flush(waiting, found, depth)
            found.append(_branch(command, depth, alone=len(commands) == 1))
        elif command.name not in _SILENT:
            waiting.append(command)
            if command.name in ("stop", "jettison"):
                break
    _flush(waiting, found, depth)
    return found


def shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition(" ")[0].rstrip(" ,;") + "… (la suite est dans le texte de la règle)"


def _flush(waiting: list[Command], found: list[str], depth: int) -> None:
    if not waiting:
        return
    lead = "dans tous les cas, " if found else ("" if depth else "pour tous les messages, ")
    found.append(lead + together(_deeds(waiting)))
    waiting.clear()


def together(phrases: Sequence[str]) -> str:
    """« classer le message dans “A”, le marquer comme lu, et ne plus regarder les règles suivantes »."""
    phrases = list(phrases) or [deeds.NOTHING]
    if len(phrases) == 1:
        return phrases[0]
    comma = "," if len(phrases) > 2 or phrases[-1] == deeds.STOP else ""
    return f"{', '.join(phrases[:-1])}{comma} et {phrases[-1]}"


def _branch(command: Command, depth: int, *, alone: bool) -> str:
    """alone: nothing else stands in the block, so that its condition is but a further one."""
    if command.name == "else":
        lead = "sinon"
    else:
        condition = condition_of(command.tests[0])
        lead = if_clause(condition, further=depth > 0 and alone)
        lead = f"sinon, {lead}" if command.name == "elsif" else lead
    if depth >= MAX_DEPTH:
        return f"{lead}, appliquer d’autres conditions"
    inner = clauses(command.block or (), depth + 1) or [deeds.NOTHING]
    if len(inner) > 1:
        return f"{lead}, faire ceci ({' ; '.join(inner)})"
    return f"{lead}, {inner[0]}"


def if_clause(condition: Condition, *, further: bool = False) -> str:
    """« si a et que b », « si de plus a ou si b », « pour tous les messages »."""
    if condition.constant is not None:
        return "pour tous les messages" if condition.constant else "pour aucun message"
    lead = joined(condition.phrases, any_of=condition.any_of)
    return lead.replace("si ", "si de plus ", 1) if further and lead.startswith("si ") else lead


def joined(phrases: Sequence[str], *, any_of: bool) -> str:
    """« si a et que b », « si a ou si b »; what is more than one reads is counted."""
    if len(phrases) > words.MOST:
        rest = len(phrases) - words.MOST
        more = "une autre condition est remplie" if any_of else "d’autres conditions aussi sont remplies"
        phrases = [*phrases[: words.MOST], f"{more} (il y en a {rest} de plus)"]
    parts = [words.whether(one) if any_of or not at else words.that(one) for at, one in enumerate(phrases)]
    last = "ou" if any_of else "et"
    return words.listed(parts, last) if len(parts) <= words.MOST else f", {last} ".join(parts)


# ------------------------------------------------------------------------------------------------------------ actions


def _deeds(commands: Sequence[Command]) -> list[str]:
    found: list[str] = []
    named = False
    stored = any(command.name in ("fileinto", "keep") for command in commands)
    for command in commands:
        for deed in [deeds.nowhere_else()] if stored and command.name == "discard" else _said(command):
            found.append(deed.with_pronoun if named else deed.with_noun)
            named = named or deed.with_noun != deed.with_pronoun
    return list(dict.fromkeys(found))


def _said(command: Command) -> list[Deed]:
    say = _SAID.get(command.name)
    if say is None:
        return [Deed(f"faire l’action {words.quoted(command.name)} de l’ancien serveur")]
    tags, rest = _told_apart(command.args)
    return say(tags, rest)


_Tags = dict[str, tuple[str, ...]]


def _told_apart(args: Sequence[Argument]) -> tuple[_Tags, list[tuple[str, ...]]]:
    """Tags with what belongs to them, and the other arguments, numbers as strings."""
    tags: _Tags = {}
    rest: list[tuple[str, ...]] = []
    awaiting = ""
    for argument in args:
        if isinstance(argument, Tag):
            tags[argument.name] = ()
            awaiting = argument.name if argument.name in _WITH_VALUE else ""
            continue
        values = argument.values if isinstance(argument, Strings) else (argument.text,)
        if awaiting:
            tags[awaiting] = values
            awaiting = ""
        else:
            rest.append(values)
    return tags, rest


def _first(rest: Sequence[tuple[str, ...]], at: int = 0) -> str:
    values = rest[at] if -len(rest) <= at < len(rest) else ()
    return values[0] if values else ""


def _file_into(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    if not _first(rest).strip():
        return [deeds.on_message("classer", "dans un dossier sans nom")]
    return [deeds.file_into(decoded(_first(rest)), "copy" in tags), *_flagged(tags.get("flags", ()))]


def _keep(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    return [deeds.keep(), *_flagged(tags.get("flags", ()))]


def _flagged(flags: Sequence[str]) -> list[Deed]:
    found = []
    for flag in " ".join(flags).split():
        how = _FLAGS.get(flag.lower()) or f"avec le mot-clé {words.quoted(flag)}"
        found.append(deeds.on_message("marquer", how))
    return found


def _unflagged(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    flags = " ".join(rest[-1] if rest else ("\\Flagged",)).split()
    known = {"\\seen": "la marque « lu »", "\\flagged": "le drapeau"}
    shown = [known.get(flag.lower()) or f"la marque {words.quoted(flag)}" for flag in flags]
    return [Deed(f"retirer du message {words.listed(shown, 'et')}")]


def _vacation(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    days = "".join(tags.get("days", ()))
    often = f", au plus une fois tous les {words.plain(days)} jours à chaque personne" if days not in ("", "1") else ""
    return [Deed(f"répondre automatiquement{often}, avec le texte {words.quoted(_first(rest, -1))}")]


def _notify(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    to = [*tags.get("options", ()), *(rest[0] if rest else ()), *tags.get("method", ())]
    return [deeds.notify_by(to[0]) if to and ":" in to[0] else deeds.notify(to[0] if to else "")]


def _jettison(tags: _Tags, rest: list[tuple[str, ...]]) -> list[Deed]:
    return [deeds.discard(), Deed(deeds.STOP)]


# What each command says, from its tags and its other arguments.
_SAID: dict[str, Callable[[_Tags, list[tuple[str, ...]]], list[Deed]]] = {
    "fileinto": _file_into,
    "keep": _keep,
    "discard": lambda tags, rest: [deeds.discard()],
    "jettison": _jettison,
    "stop": lambda tags, rest: [Deed(deeds.STOP)],
    "redirect": lambda tags, rest: [deeds.redirect(_first(rest), "copy" in tags)],
    "reject": lambda tags, rest: [deeds.reject(_first(rest))],
    "ereject": lambda tags, rest: [deeds.reject(_first(rest))],
    "vacation": _vacation,
    "notify": _notify,
    "addflag": lambda tags, rest: _flagged(rest[-1] if rest else ()),
    "setflag": lambda tags, rest: _flagged(rest[-1] if rest else ()),
    "removeflag": _unflagged,
    "mark": lambda tags, rest: [deeds.flag("flagged")],
    "unmark": _unflagged,
    "flag": lambda tags, rest: [deeds.flag(_first(rest))],
    "tag": lambda tags, rest: [deeds.tag(_first(rest))],
    "set": lambda tags, rest: [Deed(f"retenir une valeur sous le nom {words.quoted(_first(rest, -2))}")],
    "addheader": lambda tags, rest: [Deed(f"ajouter au message l’en-tête {words.quoted(_first(rest))}")],
    "deleteheader": lambda tags, rest: [Deed(f"enlever du message l’en-tête {words.quoted(_first(rest))}")],
    "replaceheader": lambda tags, rest: [Deed(f"remplacer l’en-tête {words.quoted(_first(rest))} du message")],
    "include": lambda tags, rest: [Deed(f"appliquer aussi le script {words.quoted(_first(rest))}")],
}
