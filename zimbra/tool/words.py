"""Errors in French, by what the person at the terminal can do."""

from __future__ import annotations

from zimbra.errors import AnswerLost, Garbled, NotAllowed, NotFound, NotOffered, Taken, Unavailable, ZimbraError

_BY_CODE = {
    "account.AUTH_FAILED": "Connexion refusée : compte ou mot de passe inconnu.",
    "account.PASSWORD_LOCKED": "Connexion refusée : le mot de passe est bloqué.",
    "account.CHANGE_PASSWORD": "Connexion refusée : le mot de passe doit d'abord être changé.",
    "account.ACCOUNT_INACTIVE": "Connexion refusée : le compte est fermé.",
    "account.TWO_FACTOR_AUTH_REQUIRED": "Connexion refusée : le compte demande un second facteur.",
    "account.NO_SUCH_ACCOUNT": "Ce compte n'existe pas.",
    "mail.NO_SUCH_FOLDER": "Ce dossier n'existe pas, ou vous n'y avez pas accès.",
    "mail.IMMUTABLE_OBJECT": "Ce dossier appartient à Zimbra : il ne peut être ni renommé, ni déplacé, ni supprimé.",
    "mail.INVALID_NAME": "Ce nom n'est pas accepté.",
    "mail.CANNOT_CONTAIN": "Ce dossier ne peut pas contenir cela.",
    "mail.CANNOT_GRANT": "Ce droit ne peut pas être donné à ce destinataire.",
    "mail.QUOTA_EXCEEDED": "La boîte est pleine.",
    "mail.QUERY_PARSE_ERROR": "La recherche n'est pas comprise.",
    "filters.BAD_NAME": "Un filtre n'a pas de nom, ou son nom tient sur plusieurs lignes.",
    "filters.DUPLICATE_NAME": "Deux filtres portent le même nom.",
    "filters.ALWAYS_APPLIED": "Un filtre inactif sans condition agirait sur tous les messages : rien n'est envoyé.",
    "filters.TOO_LARGE": "Les filtres sont trop longs.",
    "filters.NO_SUCH_RULE": "Aucun filtre ne porte ce nom.",
    "filters.NOT_KEPT": "Le serveur n'a pas gardé les filtres comme ils étaient écrits : à regarder avec filters list.",
    "account.INVALID_ATTR_VALUE": "Cette valeur n'est pas possible.",
    "account.INVALID_PASSWORD": "Ce mot de passe n'est pas accepté.",
    "account.NO_SUCH_GRANT": "Ce droit n'était pas donné.",
    "account.NO_SUCH_APP_PASSWORD": "Aucun logiciel de ce nom n'a de mot de passe.",
    "account.TOO_MANY_IDENTITIES": "Le compte a autant d'identités qu'il peut en avoir.",
    "account.TOO_MANY_SIGNATURES": "Le compte a autant de signatures qu'il peut en avoir.",
    "service.INVALID_REQUEST": "La demande n'est pas acceptée : --details montre pourquoi.",
    "request.TOO_LONG": "Le texte est trop long.",
    "request.TOO_MANY": "La liste serait trop longue.",
    "identities.OWN": "Cette identité est celle du compte : elle ne peut pas être supprimée.",
    "mounts.NOT_MOUNTED": "Ce dossier n'est pas celui d'un autre compte.",
    "http.not_encrypted": "Le mot de passe passerait en clair : l'adresse doit commencer par https://.",
    "http.404": "À cette adresse, personne ne répond comme Zimbra.",
    "http.busy": "Trop de demandes en même temps.",
    "http.certificate": "Le certificat du service n'est pas reconnu : voir --certificates.",
    "http.unreachable": "Le service est injoignable.",
    "http.timeout": "Le service ne répond pas à temps.",
}


def said(error: ZimbraError) -> str:
    """One sentence, with the code for whoever looks it up."""
    sentence = _BY_CODE.get(error.code) or _by_kind(error)
    return f"{sentence} ({error.code})"


def _by_kind(error: ZimbraError) -> str:
    if isinstance(error, AnswerLost):
        return "La réponse s'est perdue : l'opération a peut-être été faite. À vérifier avant de recommencer."
    if isinstance(error, Garbled):
        return "La réponse n'est pas celle d'un serveur Zimbra."
    if isinstance(error, Unavailable):
        return "Le service est indisponible. À réessayer plus tard."
    if isinstance(error, NotAllowed):
        return "Refusé : il manque un droit."
    if isinstance(error, NotFound):
        return "Introuvable."
    if isinstance(error, Taken):
        return "Ce nom est déjà pris."
    if isinstance(error, NotOffered):
        return "Le service n'offre pas cette fonction."
    return "Le serveur refuse : --details montre ses mots."
