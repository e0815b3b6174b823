"""What a person is told of a rule that can't become one of Zimbra's, or not quite; and what is told of any rule.

Each code is stable; each sentence says what happens and what to do.
"""

from __future__ import annotations

from dataclasses import replace

from bascule.conversions.filters.model import SourceRule
from bascule.conversions.model import Remark

# Remarks that tell something without the rule doing anything else than before.
SAME = frozenset(
    {"nested_rule", "several_rules", "name_changed", "folder_looks_special", "accents_in_text", "never_applies"}
)
MOST_ORIGINAL = 2_000
_MOST_SHOWN = 80


class Refusal(Exception):
    """The rule can't be converted without doing something else: `code` is stable, `str()` a French sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Notes:
    """The remarks of one rule, each said once."""

    def __init__(self, source: SourceRule) -> None:
        self._source = source
        self._remarks: dict[tuple[str, str], Remark] = {}

    def add(self, code: str, message: str, original: str = "") -> None:
        self._remarks.setdefault((code, message), Remark(code, self._source.place, message, original[:MOST_ORIGINAL]))

    def extend(self, remarks: list[Remark]) -> None:
        for remark in remarks:
            self._remarks.setdefault((remark.code, remark.message), replace(remark, place=self._source.place))

    def refused(self, refusal: Refusal) -> None:
        self.add(refusal.code, str(refusal), self._source.text)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return tuple(self._remarks.values())

    @property
    def exact(self) -> bool:
        """Whether all that is told leaves the rule doing what it did."""
        return all(code in SAME for code, _ in self._remarks)


def shown(text: str) -> str:
    """Text of the source as a sentence can quote it."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST_SHOWN else flat[: _MOST_SHOWN - 1] + "…"


_USELESS = "cette condition n’est plus utile. Refaites la règle sans elle, si le reste sert encore."
_TESTS = {
    "spamtest": f"Zimbra classe lui-même les indésirables : {_USELESS}",
    "spamtestplus": f"Zimbra classe lui-même les indésirables : {_USELESS}",
    "virustest": f"La messagerie nationale écarte elle-même les virus : {_USELESS}",
    "duplicate": f"Zimbra écarte déjà les messages reçus deux fois : {_USELESS}",
    "environment": "Les filtres de Zimbra ne savent rien du serveur qui les exécute : refaites la règle sans elle.",
    "mailboxexists": "Les filtres de Zimbra ne savent pas si un dossier existe : créez-le, puis refaites la règle.",
    "mailboxidexists": "Les filtres de Zimbra ne savent pas si un dossier existe : créez-le, puis refaites la règle.",
    "specialuse_exists": "Les filtres de Zimbra ne savent pas si un dossier existe : refaites la règle à la main.",
    "metadata": "Les filtres de Zimbra ne lisent pas les annotations d’un dossier : refaites la règle à la main.",
    "metadataexists": "Les filtres de Zimbra ne lisent pas les annotations d’un dossier : refaites la règle à la main.",
    "servermetadata": "Les filtres de Zimbra ne lisent pas ce réglage du serveur : refaites la règle à la main.",
    "servermetadataexists": "Les filtres de Zimbra ne lisent pas ce réglage du serveur : refaites-la à la main.",
    "hasflag": "Les filtres de Zimbra ne lisent pas les marques posées par d’autres règles : réunissez-les en une.",
    "ihave": "Zimbra ne choisit pas selon ce que le serveur sait faire : ne gardez que la partie utile.",
    "string": "La règle calcule avec des variables, ce que la conversion ne sait pas suivre : refaites-la à la main.",
    "valid_ext_list": "Les filtres de Zimbra ne lisent pas de liste externe : écrivez les adresses dans la règle.",
    "valid_notify_method": "Les avertissements ne sont pas repris : refaites la règle à la main.",
    "notify_method_capability": "Les avertissements ne sont pas repris : refaites la règle à la main.",
}
_COMMANDS = {
    "delete": "Ce n’est pas du Sieve, et l’ancien serveur ne l’exécutait sans doute pas. Refaites-la avec l’action"
    " « supprimer », si c’est bien ce que vous voulez.",
    "addheader": "Zimbra ne laisse pas une règle changer l’en-tête d’un message : refaites la règle sans cette action.",
    "deleteheader": "Zimbra ne laisse pas une règle changer l’en-tête d’un message : refaites-la sans cette action.",
    "replaceheader": "Zimbra ne laisse pas une règle changer l’en-tête d’un message : refaites-la sans cette action.",
    "include": "La règle appelle un autre script, qui n’est pas ici : ajoutez-le à la suite, sans cet appel.",
    "return": "La règle s’arrête au milieu d’un script appelé par un autre : refaites-la à la main.",
    "global": "La règle partage des variables avec un autre script : refaites-la à la main.",
    "foreverypart": "Zimbra n’examine pas chaque partie d’un message : refaites la règle sur l’objet ou l’expéditeur.",
    "break": "Zimbra n’examine pas chaque partie d’un message : refaites la règle à la main.",
    "extracttext": "Zimbra ne sait pas extraire de texte d’un message : refaites la règle à la main.",
    "replace": "Zimbra ne laisse pas une règle changer un message : refaites la règle sans cette action.",
    "enclose": "Zimbra ne laisse pas une règle changer un message : refaites la règle sans cette action.",
    "convert": "Zimbra ne laisse pas une règle changer un message : refaites la règle sans cette action.",
    "pipe": "Zimbra ne lance pas de programme : refaites la règle sans cette action.",
    "filter": "Zimbra ne lance pas de programme : refaites la règle sans cette action.",
    "execute": "Zimbra ne lance pas de programme : refaites la règle sans cette action.",
    "error": "La règle provoque une erreur du script : refaites-la à la main.",
    "snooze": "Zimbra ne remet pas un message à plus tard par une règle : refaites-la sans cette action.",
    "report": "Zimbra n’envoie pas de signalement par une règle : refaites-la sans cette action.",
}


def unknown_test(name: str) -> Refusal:
    if name in _TESTS:
        return Refusal("test_unsupported", f"Cette règle utilise la condition « {name} ». {_TESTS[name]}")
    return Refusal(
        "test_unknown",
        f"Cette règle utilise la condition « {shown(name)} », que Zimbra ne connaît pas : refaites-la avec les"
        " conditions que propose le formulaire (expéditeur, destinataire, objet, taille…).",
    )


def unknown_command(name: str) -> Refusal:
    if name in _COMMANDS:
        return Refusal("action_unsupported", f"Cette règle utilise l’action « {name} ». {_COMMANDS[name]}")
    return Refusal(
        "action_unknown",
        f"Cette règle utilise l’action « {shown(name)} », que Zimbra ne connaît pas : refaites-la avec les actions que"
        " propose le formulaire (classer, garder, supprimer, marquer…).",
    )


def bad_arguments(name: str) -> Refusal:
    return Refusal(
        "arguments",
        f"Ce qui suit « {shown(name)} » n’est pas ce que la norme prévoit : l’ancien serveur ne pouvait pas exécuter"
        " cette règle. Corrigez-la ou refaites-la à la main.",
    )


def unsupported_option(name: str, tag: str) -> Refusal:
    return Refusal(
        "option_unsupported",
        f"Cette règle utilise « {shown(name)} » avec l’option « :{shown(tag)} », que Zimbra ne sait pas faire :"
        " refaites-la plus simplement, par exemple avec « contient ».",
    )


def unclear_pattern(value: str) -> Refusal:
    return Refusal(
        "regex",
        f"Zimbra ne connaît pas les expressions régulières, et « {shown(value)} » ne se dit pas autrement à coup sûr :"
        " refaites la règle avec « contient » et une ou plusieurs parties du texte cherché.",
    )


def unclear_glob(value: str) -> Refusal:
    return Refusal(
        "pattern",
        f"Cette règle cherche le modèle « {shown(value)} », que Zimbra lirait autrement (une barre « \\ » juste avant"
        " « * » ou « ? ») : refaites-la avec « contient » et une partie du texte cherché.",
    )


def too_complex() -> Refusal:
    return Refusal(
        "too_complex",
        "Les conditions de cette règle sont trop nombreuses ou trop imbriquées pour Zimbra : partagez-la en plusieurs"
        " règles plus simples.",
    )
