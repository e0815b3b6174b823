"""What a person or a directory hands over, taken apart into rules in the order in which the old server runs them.

A Sieve script, several of them one after the other, text copied from a mail or a terminal, or LDIF: see `ldif_rules`.
Order (Messaging Server's schema reference, mailSieveRuleSource): rules with a positive Order first, ascending; then
those with a negative one or none, as they come; an Order of 0 means disabled. Damage in one rule stays in that rule.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.source import ldif_rules
from bascule.conversions.filters.source.rule_comments import read_rule_comment
from bascule.conversions.filters.source.splitting import Piece, first_error, pieces_of, rule_comments
from bascule.conversions.model import Remark, Unreadable

# Far above the 60 rules of the busiest mailboxes, far below what would keep a worker busy.
MAX_OCTETS = 1_000_000
MAX_RULES = 500
# How often a mail that was answered is quoted before nobody reads it any more.
_MAX_QUOTING = 5

_LDIF = re.compile(r"^mailsieverulesource(?:;[a-z0-9;-]+)?:", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r"\s*(?:version:\s*\d+\s+)?dn::?\s*\S", re.IGNORECASE)
_QUOTE = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_CURLY = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_SPACED_GUILLEMETS = re.compile("«[ \u00a0\u202f]?|[ \u00a0\u202f]?»")


@dataclass(slots=True)
class Sources:
    """The rules of one source in their order, and what has to be said of it as a whole."""

    rules: list[SourceRule] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def split(data: bytes, name: str = "") -> Sources:
    """The rules of `data`; name: of the file, for the sentences. Unreadable when there is none in it, or far too much.

    A rule that is no Sieve is among them, with its text: converting it says what is wrong.
    """
    shown = f"Le fichier « {name} »" if name else "Ce texte"
    if len(data) > MAX_OCTETS:
        raise Unreadable("too_large", f"{shown} dépasse 1 Mo : ce ne sont sans doute pas des règles de filtrage.")
    text = _unwrapped(ldif_rules.text_of(data))
    if not text.strip():
        raise Unreadable("empty", f"{shown} est vide.")
    sources = Sources()
    if _LDIF.search(text):
        _read_ldif(text, sources)
    elif _ENTRY.match(text):
        message = f"{shown} est un annuaire où personne n’a de règle : aucune ligne « mailSieveRuleSource »."
        raise Unreadable("no_rules", message)
    else:
        sources.rules = _ordered(_of_text(text, "", sources.remarks))
    if not sources.rules:
        raise Unreadable(
            "no_rules",
            f"{shown} ne contient aucune règle de filtrage. Donnez un script Sieve, ou un fichier LDIF avec des lignes "
            "« mailSieveRuleSource ».",
        )
    if len(sources.rules) > MAX_RULES:
        message = f"Seules les {MAX_RULES} premières règles sont lues : déposez les autres à part."
        sources.remarks.append(Remark("too_many_rules", f"règle {MAX_RULES + 1}", message))
        del sources.rules[MAX_RULES:]
    return sources


# ------------------------------------------------------------------------------------------------------------ text


def _unwrapped(text: str) -> str:
    """Without the marks of a quoted mail, and without an indentation that all lines share."""
    for _ in range(_MAX_QUOTING):
        lines = sum(1 for line in text.split("\n") if line.strip())
        if len(_QUOTE.findall(text)) * 2 <= lines:
            break
        text = _QUOTE.sub("", text)
    filled = [line for line in text.split("\n") if line.strip()]
    margins = [found[0] if (found := _INDENT.match(line)) else "" for line in filled]
    margin = min(margins, key=len, default="")
    if margin and all(found.startswith(margin) for found in margins):
        text = "\n".join(line.removeprefix(margin) for line in text.split("\n"))
    return text


def _repaired(text: str) -> str:
    """The text, or what it was before a word processor or a web page changed its quotation marks, if that is Sieve."""
    if first_error(text) is None:
        return text
    for repair in _REPAIRS:
        changed = repair(text)
        if changed != text and first_error(changed) is None:
            return changed
    return text


def _straight(text: str) -> str:
    return text.translate(_CURLY)


def _straight_spaced(text: str) -> str:
    return _SPACED_GUILLEMETS.sub('"', text).translate(_CURLY)


_REPAIRS: tuple[Callable[[str], str], ...] = (_straight_spaced, _straight, html.unescape)


def _of_text(text: str, before: str, remarks: list[Remark]) -> list[SourceRule]:
    """The rules of a script, in the order of its text. before: what comes before the line in a place."""
    rules = []
    pieces = []
    for piece in pieces_of(text, MAX_RULES + 1):
        repaired = _repaired_pieces(piece) if piece.broken else [piece]
        if repaired != [piece]:
            _remark_once(remarks, "quotes_repaired", _REPAIRED)
        pieces.extend(repaired)
    for piece in pieces:
        where = f"{before}ligne {piece.line}"
        if piece.ignored:
            remarks.append(Remark("ignored_text", where, _IGNORED[piece.ignored], piece.text[:2000]))
        else:
            rules.append(_rule(piece.text, where, piece.name, active=not piece.disabled))
    return rules


def _repaired_pieces(piece: Piece) -> list[Piece]:
    """A rule that cannot be read, or what its repaired text comes apart into when all rules in that can be."""
    for repair in _REPAIRS:
        changed = repair(piece.text)
        found = pieces_of(changed, MAX_RULES) if changed != piece.text else []
        if any(not one.ignored for one in found) and not any(one.broken for one in found):
            return [replace(one, line=piece.line + one.line - 1, name=one.name or piece.name) for one in found]
    return [piece]


_REPAIRED = "Des guillemets typographiques ont été remplacés par des guillemets droits : relisez les règles."
_IGNORED = {
    "text": "Ce passage n’est pas une règle : il est laissé de côté.",
    "empty": "Cette règle ne contient aucune condition ni action : elle est laissée de côté.",
}


def _remark_once(remarks: list[Remark], code: str, message: str) -> None:
    if all(remark.code != code for remark in remarks):
        remarks.append(Remark(code, "", message))


def _rule(text: str, place: str, name: str, *, active: bool = True) -> SourceRule:
    """A rule with what its own comment says of it."""
    info = read_rule_comment(text)
    order = info.order if info else None
    return SourceRule(text.strip(), (info and info.name) or name, order, active and order != 0, place)


def _ordered(rules: Sequence[SourceRule]) -> list[SourceRule]:
    """In the order of running, disabled ones of Sun last. Sorting keeps the order of the source among equals."""

    def key(rule: SourceRule) -> tuple[int, int]:
        if rule.order == 0:
            return 2, 0
        return (0, rule.order) if rule.order is not None and rule.order > 0 else (1, 0)

    return sorted(rules, key=key)


# ------------------------------------------------------------------------------------------------------------ LDIF


def _read_ldif(text: str, sources: Sources) -> None:
    counts: Counter[str] = Counter()
    people = list(ldif_rules.entries(text.encode("utf-8", "replace"), counts))
    for number, person in enumerate(people, 1):
        before = f"entrée {number}, " if len(people) > 1 else ""
        if len(sources.rules) > MAX_RULES:
            break
        found: list[SourceRule] = []
        for position, value in enumerate(person.values[: MAX_RULES + 1], 1):
            where = f"{before}règle {position}"
            if len(person.values) == 1 or rule_comments(value) > 1:
                found.extend(_of_text(value, f"{where}, ", sources.remarks))
            else:
                found.extend(_of_value(value, where, sources.remarks))
        sources.rules.extend(_ordered(found))
    if len(people) > 1:
        message = f"{len(people)} entrées de l’annuaire ont des règles : vérifiez qu’elles sont toutes à vous."
        sources.remarks.append(Remark("several_entries", "", message))
    if counts["bad_base64"]:
        message = "Une valeur « mailSieveRuleSource » est abîmée (base64) : refaites l’export si une règle manque."
        sources.remarks.append(Remark("bad_base64", "", message))
    if counts["bad_line"]:
        message = "Des lignes du fichier ne sont pas du LDIF : elles sont laissées de côté."
        sources.remarks.append(Remark("bad_line", "", message))
    if counts["too_long"]:
        sources.remarks.append(Remark("too_long", "", "Une valeur de plus de 1 Mo est laissée de côté."))


def _of_value(value: str, where: str, remarks: list[Remark]) -> list[SourceRule]:
    """One value as one rule, however many conditions stand in it."""
    repaired = _repaired(value)
    if repaired != value:
        _remark_once(remarks, "quotes_repaired", _REPAIRED)
    pieces = [piece for piece in pieces_of(repaired, MAX_RULES) if not piece.ignored]
    if not pieces and first_error(repaired) is None:
        remarks.append(Remark("ignored_text", where, _IGNORED["empty"], value[:2000]))
        return []
    name = next((piece.name for piece in pieces if piece.name), "")
    disabled = bool(pieces) and all(piece.disabled for piece in pieces)
    return [_rule(repaired, where, name, active=not disabled)]
