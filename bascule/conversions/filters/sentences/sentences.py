"""Rules as French sentences, as a colleague would say them. Nothing is raised, whatever a rule holds; values stand
between “ ” on one line, without anything that could disturb the text around them."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Protocol

from bascule.conversions.filters.model import SourceRule, Vacation
from bascule.conversions.filters.sentences import actions as sentence_actions
from bascule.conversions.filters.sentences import conditions as sentence_conditions
from bascule.conversions.filters.sentences import words
from bascule.conversions.filters.sentences.conditions import HOME
from bascule.conversions.filters.sentences.old import clauses, joined, shortened, together
from bascule.conversions.filters.source.grammar import SieveError, parse
from zimbra.types.filters import FilterRule, RuleBody

# How deep rules within rules are told; Zimbra's own window makes two levels.
MAX_DEPTH = 8


def sentence_of(rule: FilterRule, *, direction: str = "incoming", zone: tzinfo = HOME) -> str:
    """« Si l’objet contient “réunion”, classer le message dans “Réunions”. » Whether it is active is not said."""
    return finished(_body(rule, direction == "outgoing", zone, 0, first=True))


def conditions_of(rule: FilterRule, *, zone: tzinfo = HOME) -> list[str]:
    """The conditions, one phrase each, all or any of which have to hold (`rule.condition`).

    « tous les messages » for a rule without conditions; one phrase for all those of a rule with another within it.
    """
    found: list[str] = []
    body: RuleBody | None = rule
    depth = 0
    while body is not None and depth < MAX_DEPTH:
        passes = sentence_conditions.always(body.tests, body.condition)
        if passes is False:
            return ["aucun message"]
        if passes is None:
            phrases = sentence_conditions.phrases(body.tests, body.condition, zone)
            if rule.nested is None:
                return phrases
            found.append(words.listed(phrases, "ou" if body.condition == "anyof" else "et"))
        body = body.nested
        depth += 1
    return [" ; et de plus ".join(found)] if found else ["tous les messages"]


def actions_of(rule: FilterRule, *, direction: str = "incoming") -> list[str]:
    """What the rule does, one phrase each, those of rules within it after its own."""
    found: list[str] = []
    body: RuleBody | None = rule
    depth = 0
    while body is not None and depth < MAX_DEPTH:
        found.extend(_deeds(body, direction == "outgoing", bool(found)))
        body = body.nested
        depth += 1
    return found or [sentence_actions.NOTHING]


class Captured(Protocol):
    """What a captured rule is told by; `filters.contents.RuleContents` is one."""

    @property
    def source(self) -> str: ...

    @property
    def rules(self) -> tuple[FilterRule, ...]: ...

    @property
    def vacation(self) -> Vacation | None: ...


def sentence_of_captured(contents: Captured, *, direction: str = "incoming", zone: tzinfo = HOME) -> str:
    """What the rule does in Zimbra, one sentence for each rule there; for a refused one what it did before."""
    said = [sentence_of(rule, direction=direction, zone=zone) for rule in contents.rules]
    if contents.vacation is not None:
        said.append(sentence_of_vacation(contents.vacation))
    return " ".join(said) or old_sentence(SourceRule(contents.source))


def old_sentence(source: SourceRule) -> str:
    """What the rule did on the old server, in one sentence."""
    try:
        commands = parse(source.text).commands
    except SieveError as fault:
        return finished(f"le texte de cette règle ne se lit pas : {words.plain(str(fault), 200)}")
    told = clauses(commands)
    return finished(shortened(" ; ".join(told))) if told else "Cette règle ne fait rien."


def sentence_of_vacation(vacation: Vacation) -> str:
    """« Répondre automatiquement aux messages reçus du 1er au 15 mars 2027 : “De retour le 16.” »"""
    when = ""
    starts, ends = _day(vacation.starts), _day(vacation.ends)
    if starts and ends:
        when = f" du {starts} au {ends}"
    elif starts:
        when = f" à partir du {starts}"
    elif ends:
        when = f" jusqu’au {ends}"
    if vacation.days is None:
        often = ""
    elif vacation.days == 1:
        often = ", au plus une fois par jour à chaque personne"
    else:
        often = f", au plus une fois tous les {vacation.days} jours à chaque personne"
    about = f", avec l’objet {words.quoted(vacation.subject)}" if vacation.subject else ""
    addresses = [words.quoted(one) for one in vacation.addresses]
    extra = f", aussi pour ce qui arrive à {words.listed(addresses, 'et')}" if addresses else ""
    return finished(
        f"répondre automatiquement aux messages reçus{when}{often}{about}{extra}, avec le texte "
        f"{words.quoted(vacation.text)}"
    )


def _day(text: str) -> str:
    try:
        return sentence_conditions.day(date.fromisoformat(text[:10]))
    except ValueError:
        return words.plain(text)


def finished(text: str) -> str:
    """With a capital, and one full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('. ')}."


def _body(body: RuleBody, outgoing: bool, zone: tzinfo, depth: int, *, first: bool) -> str:
    passes = sentence_conditions.always(body.tests, body.condition)
    if passes is None:
        phrases = sentence_conditions.phrases(body.tests, body.condition, zone)
        lead = joined(phrases, any_of=body.condition == "anyof")
        if not first:
            lead = lead.replace("si ", "si de plus ", 1) if lead.startswith("si ") else lead
    else:
        lead = "pour tous les messages" if passes else "pour aucun message"
    deeds = _deeds(body, outgoing, False)
    if body.nested is None or depth >= MAX_DEPTH:
        return f"{lead}, {together(deeds)}"
    inner = _body(body.nested, outgoing, zone, depth + 1, first=False)
    return f"{lead}, {together(deeds)}, puis, {inner}" if deeds else f"{lead}, et {inner}"


def _deeds(body: RuleBody, outgoing: bool, named: bool) -> list[str]:
    found = sentence_actions.phrases(body.actions, outgoing=outgoing)
    return [*found, sentence_actions.UNKNOWN] if body.more else found
