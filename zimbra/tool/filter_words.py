"""Filter rules in French sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from zimbra.types import filter_actions as actions
from zimbra.types import filter_tests as tests
from zimbra.types.elements import Other
from zimbra.types.filters import FilterRule, RuleBody

_COMPARISONS = {
    "is": ("est", "n'est pas"),
    "contains": ("contient", "ne contient pas"),
    "matches": ("ressemble à", "ne ressemble pas à"),
}
_RELATIONS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠"}
_PARTS = {"all": "", "localpart": ", avant l'arobase,", "domain": ", après l'arobase,"}
_FLAGS = {"read": "lu", "flagged": "suivi", "priority": "prioritaire"}
_IMPORTANCE = {"high": "haute", "normal": "normale", "low": "basse"}
_DAYS = ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")

_IS = ("est", "n'est pas")
_ITS = ("c'est", "ce n'est pas")
_HAS = ("a", "n'a pas")

# What needs no value, said and denied.
_PLAIN = {
    tests.AttachmentTest: ("il y a une pièce jointe", "il n'y a pas de pièce jointe"),
    tests.BulkTest: ("c'est un envoi en nombre", "ce n'est pas un envoi en nombre"),
    tests.ListTest: ("il vient d'une liste de diffusion", "il ne vient pas d'une liste de diffusion"),
    tests.TrueTest: ("toujours", "jamais"),
    tests.FacebookTest: ("c'est une notification de Facebook", "ce n'est pas une notification de Facebook"),
    tests.LinkedInTest: ("c'est une notification de LinkedIn", "ce n'est pas une notification de LinkedIn"),
    tests.SocialcastTest: ("c'est une notification de Socialcast", "ce n'est pas une notification de Socialcast"),
    tests.TwitterTest: ("c'est une notification de Twitter", "ce n'est pas une notification de Twitter"),
    tests.CommunityRequestsTest: ("c'est une demande de Zimbra Community", "ce n'est pas une telle demande"),
    tests.CommunityContentTest: ("c'est un contenu de Zimbra Community", "ce n'est pas un tel contenu"),
    tests.CommunityConnectionsTest: ("c'est un contact de Zimbra Community", "ce n'est pas un tel contact"),
}
_HEADERS = {
    "subject": "l'objet",
    "from": "l'expéditeur",
    "to": "le destinataire",
    "cc": "la copie",
    "to,cc": "le destinataire ou la copie",
}


def sentences(rule: FilterRule) -> Iterator[str]:
    """A rule in lines: its name, its conditions, what it does."""
    yield f"{rule.name}{'' if rule.active else ' (inactif)'}"
    yield from _body(rule, "  ")


def _body(body: RuleBody, margin: str) -> Iterator[str]:
    for name, value in body.variables:
        yield f"{margin}variable {name} = {value}"
    if body.tests:
        several = "toutes les conditions" if body.condition == "allof" else "l'une des conditions"
        yield f"{margin}si {several if len(body.tests) > 1 else 'la condition'} :"
        yield from (f"{margin}  - {condition_words(one)}" for one in body.tests)
    else:
        yield f"{margin}pour tous les messages :"
    if body.actions:
        yield f"{margin}alors :"
        yield from (f"{margin}  - {action_words(one)}" for one in body.actions)
    yield from (f"{margin}  - élément {one.element}" for one in body.more)
    if body.nested is not None:
        yield f"{margin}puis, dans ce cas :"
        yield from _body(body.nested, margin + "  ")


def condition_words(test: tests.Test | Other) -> str:
    """One condition."""
    if isinstance(test, Other):
        return f"condition {test.element}"
    plain = _PLAIN.get(type(test))
    return plain[test.negative] if plain else _with_value(test)


def _with_value(test: tests.Test) -> str:
    pas = test.negative
    match test:
        case tests.HeaderTest() | tests.AddressTest():
            part = _PARTS.get(test.part, "") if isinstance(test, tests.AddressTest) else ""
            return f"{_header(test)}{part} {_comparison(test)} « {test.value} »{_capitals(test.case_sensitive)}"
        case tests.MimeHeaderTest():
            said = _COMPARISONS.get(test.comparison, (test.comparison, f"pas {test.comparison}"))[pas]
            return f"dans une partie, {_named(test.header)} {said} « {test.value} »{_capitals(test.case_sensitive)}"
        case tests.HeaderExistsTest():
            return f"l'en-tête {test.header} {'manque' if pas else 'est présent'}"
        case tests.SizeTest():
            over = (test.comparison == "over") != pas
            return f"la taille {'dépasse' if over else 'ne dépasse pas'} {test.size}"
        case tests.DateTest():
            day = datetime.fromtimestamp(test.seconds, UTC)
            return f"la date {_IS[pas]} {_before(test.comparison)} le {day:%d/%m/%Y}"
        case tests.CurrentTimeTest():
            clock = f"{test.time[:2]} h {test.time[2:]}"
            return f"l'heure qu'il est {_IS[pas]} {_before(test.comparison)} {clock}"
        case tests.CurrentDayOfWeekTest():
            days = [_DAYS[int(one)] if one in set("0123456") else one for one in test.days.split(",")]
            return f"on {_IS[pas]} {' ou '.join(days)}"
        case tests.BodyTest():
            return f"le texte {_COMPARISONS['contains'][pas]} « {test.value} »{_capitals(test.case_sensitive)}"
        case tests.AddressBookTest():
            return f"{_named(test.header)} {_IS[pas]} dans les contacts"
        case tests.ContactRankingTest():
            return f"{_named(test.header)} {_IS[pas]} un correspondant habituel"
        case tests.MeTest():
            return f"{_named(test.header)} {_IS[pas]} une de mes adresses"
        case tests.InviteTest():
            methods = f" ({', '.join(test.methods)})" if test.methods else ""
            return f"{_ITS[pas]} une invitation{methods}"
        case tests.ConversationTest():
            mine = "j'ai commencé la conversation" if test.where == "started" else "je participe à la conversation"
            return f"il est faux que {mine}" if pas else mine
        case tests.FlaggedTest():
            return f"le message {_IS[pas]} {_FLAGS.get(test.flag, test.flag)}"
        case tests.ImportanceTest():
            return f"l'importance {_IS[pas]} {_IMPORTANCE.get(test.importance, test.importance)}"
    return f"condition {test.ELEMENT}"


def _header(test: tests.HeaderTest | tests.AddressTest) -> str:
    if isinstance(test, tests.EnvelopeTest):
        return f"à la remise, {_named(test.header)}"
    return _named(test.header)


def _named(header: str) -> str:
    return _HEADERS.get(header.lower().replace(" ", ""), f"l'en-tête {header}")


def _comparison(test: tests.HeaderTest | tests.AddressTest) -> str:
    relation = test.count_comparison or test.value_comparison
    if relation:
        of = "nombre de valeurs" if test.count_comparison else "valeur"
        return f"{_HAS[test.negative]} pour {of} {_RELATIONS.get(relation, relation)}"
    return _COMPARISONS.get(test.comparison, (test.comparison, f"pas {test.comparison}"))[test.negative]


def _before(comparison: str) -> str:
    return "avant" if comparison == "before" else "après"


def _capitals(matter: bool) -> str:
    return " (majuscules comprises)" if matter else ""


def action_words(action: actions.Action | Other) -> str:
    """One action."""
    if isinstance(action, Other):
        return f"action {action.element}"
    match action:
        case actions.Keep():
            return "garder dans la boîte de réception"
        case actions.Discard():
            return "supprimer"
        case actions.Stop():
            return "ne plus regarder les filtres suivants"
        case actions.FileInto():
            return f"{'copier' if action.copy else 'ranger'} dans {action.folder}"
        case actions.Flag():
            return f"marquer comme {_FLAGS.get(action.flag, action.flag)}"
        case actions.Tag():
            return f"mettre l'étiquette {action.tag}"
        case actions.Redirect():
            return f"{'envoyer une copie' if action.copy else 'rediriger'} à {action.address}"
        case actions.Reply():
            return f"répondre : {action.content}"
        case actions.Notify():
            return f"prévenir {action.address}"
        case actions.NotifyByMethod():
            return f"prévenir par {action.method}"
        case actions.Reject() | actions.Ereject():
            return f"refuser : {action.content}"
        case actions.Log():
            return f"écrire dans le journal du serveur : {action.content}"
    return f"action {action.ELEMENT}"
