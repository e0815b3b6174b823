"""Why jobs stopped, told to staff: the cause, what can be done about it, and whether trying again is worth it.

The sentences beside the codes elsewhere (`imports.failures`, `replays.failures`) speak to the person concerned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """reason, remedy: French; may_retry: whether going on without the person can help. remedy says why when not."""

    reason: str
    remedy: str
    may_retry: bool = True


_FULL = Cause(
    "La boîte Zimbra de la personne est pleine.",
    "Demandez-lui de faire de la place, ou augmentez son quota, puis relancez : rien n’est ajouté deux fois.",
)
_NO_MAILBOX = Cause(
    "Zimbra ne connaît pas encore la boîte de la personne.",
    "Vérifiez auprès de l’exploitant que la boîte existe, puis relancez.",
)
_NOT_ALLOWED = Cause(
    "Zimbra n’autorise pas le portail à écrire dans la boîte.",
    "Vérifiez les droits du compte technique du portail et l’état de la boîte, puis relancez.",
)
_REFUSED = Cause(
    "Zimbra a refusé la demande.", "Relancez une fois ; si cela recommence, donnez le code à l’exploitant."
)
_NOT_MIGRATED = Cause(
    "La messagerie n’était pas encore transférée.", "Relancez quand le transfert de la personne est noté."
)
_FOLDER_GONE = Cause(
    "Le dossier de destination n’existe plus dans Zimbra.",
    "Relancer ne suffit pas : la personne annule cet import, puis choisit un autre dossier.",
    may_retry=False,
)
_DELETED = Cause(
    "Le fichier déposé a été supprimé pendant l’import.",
    "Relancer ne suffit pas : la personne dépose de nouveau son fichier.",
    may_retry=False,
)
_CONTACTS = Cause(
    "La boîte a atteint le nombre maximal de contacts.", "La personne en supprime dans Zimbra, puis vous relancez."
)

_IMPORTS = {
    "mail.QUOTA_EXCEEDED": _FULL,
    "mail.TOO_MANY_CONTACTS": _CONTACTS,
    "no_mailbox": _NO_MAILBOX,
    "not_allowed": _NOT_ALLOWED,
    "not_migrated": _NOT_MIGRATED,
    "folder_gone": _FOLDER_GONE,
    "collection_gone": _DELETED,
    "refused": _REFUSED,
}


def _by_person(reason: str) -> Cause:
    return Cause(
        reason, "Relancer ne suffit pas : la personne regarde le nouvel aperçu, puis recommence.", may_retry=False
    )


_REPLAYS = {
    "mail.QUOTA_EXCEEDED": _FULL,
    "no_mailbox": _NO_MAILBOX,
    "not_allowed": _NOT_ALLOWED,
    "not_migrated": _NOT_MIGRATED,
    "refused": _REFUSED,
    "changed_meanwhile": _by_person("Les réglages ont changé dans Zimbra depuis l’aperçu ; rien n’a été écrasé."),
    "damaged": _by_person("Ce que le portail avait noté de cet envoi ne peut plus être ouvert."),
    "name_taken": _by_person("Un nom dont le portail a besoin est déjà pris dans Zimbra."),
    "request.TOO_LONG": _by_person("Zimbra n’accepte pas un texte aussi long."),
    "filters.TOO_LARGE": _by_person("Zimbra n’accepte pas autant de règles, ou des règles aussi longues."),
    "service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION": _by_person("Zimbra n’accepte pas autant de règles."),
    "account.TOO_MANY_SIGNATURES": _by_person("Zimbra n’accepte pas davantage de signatures."),
    "account.TOO_MANY_IDENTITIES": _by_person("Zimbra n’accepte pas davantage d’identités."),
}


def _other_file(reason: str) -> Cause:
    return Cause(reason, "Relire le même fichier ne change rien : la personne en dépose un autre.", may_retry=False)


_DEPOSITS = {
    "reader_stopped": Cause(
        "La lecture du fichier s’est interrompue plusieurs fois.",
        "Relisez-le une fois ; si cela recommence, la personne exporte une période plus courte.",
    ),
    "unknown_kind": _other_file("Le fichier ne contient ni contacts ni événements."),
    "not_calendar": _other_file("Le fichier n’est pas un agenda."),
    "not_contacts": _other_file("Le fichier n’est pas un carnet d’adresses."),
    "calendar": _other_file("Un agenda a été déposé comme carnet d’adresses."),
    "archive": _other_file("Le fichier est une archive ou un document."),
    "table": _other_file("Le fichier est un tableau."),
    "xcal": _other_file("L’agenda est au format XML."),
    "jcal": _other_file("L’agenda est au format JSON."),
    "xcard": _other_file("Le carnet d’adresses est au format XML."),
    "jcard": _other_file("Le carnet d’adresses est au format JSON."),
    "empty": _other_file("Le fichier est vide."),
    "no_rules": _other_file("Le fichier ne contient aucune règle de filtrage."),
    "other_kind": _other_file("Le fichier est d’une autre sorte que celle qui était attendue."),
    "damaged_store": _other_file("Le fichier conservé par le portail ne peut plus être ouvert."),
}

WAITING = Cause(
    "Zimbra ne répond pas, ou demande d’attendre.",
    "Le portail réessaie de lui-même, sans rien perdre ni doubler. Relancer fait réessayer tout de suite.",
)


def of_import(code: str) -> Cause:
    return _IMPORTS.get(code) or _unknown("Zimbra a refusé la demande", code)


def of_replay(code: str) -> Cause:
    return _REPLAYS.get(code) or _unknown("Zimbra a refusé le réglage", code)


def of_deposit(code: str) -> Cause:
    return _DEPOSITS.get(code) or Cause(
        f"Le fichier n’a pas pu être lu{f' ({code})' if code else ''}.",
        "Relisez-le si le portail a été mis à jour depuis ; sinon la personne dépose un autre fichier.",
    )


def _unknown(reason: str, code: str) -> Cause:
    told = f"{reason} ({code})." if code else f"{reason}."
    return Cause(told, "Relancez une fois ; si cela recommence, donnez ce code à l’exploitant.")
