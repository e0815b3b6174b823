"""Why an import stopped, or waits, or left an item out: stable codes, and the sentences shown for them."""

from __future__ import annotations

from bascule.imports.carrier import OTHER_VERSION_PRESENT, SAME_PRESENT, TWICE_IN_FILE
from zimbra.errors import NOT_STORED, NotAllowed, NotFound, ZimbraError

FOLDER_GONE = "folder_gone"
NOT_MIGRATED = "not_migrated"
COLLECTION_GONE = "collection_gone"
NO_MAILBOX = "no_mailbox"
NOT_ALLOWED = "not_allowed"
TEAM_STOPPED = "team_stopped"
REFUSED = "refused"

# Answers that the next item would get too: sending stops, and goes on once the cause is gone.
STOPPING = frozenset(
    {
        "mail.NO_SUCH_FOLDER",
        "mail.QUOTA_EXCEEDED",
        "mail.TOO_MANY_CONTACTS",
        "service.PERM_DENIED",
        "service.FORBIDDEN",
        "service.AUTH_REQUIRED",
        "service.AUTH_EXPIRED",
    }
)

_STOPPED = {
    FOLDER_GONE: "Le dossier de destination n’existe plus dans Zimbra. "
    "Annulez cet import pour retirer ce qui a été ajouté, puis recommencez vers un autre dossier.",
    NOT_MIGRATED: "Votre messagerie n’est pas encore transférée : rien n’a été envoyé. "
    "Reprenez cet import après votre bascule.",
    COLLECTION_GONE: "Le fichier déposé a été supprimé : le reste ne peut plus être envoyé. "
    "Vous pouvez annuler l’import ou garder ce qui a été ajouté.",
    TEAM_STOPPED: "L’équipe DSI a arrêté les imports de votre vague. Ce qui est déjà rangé le reste : "
    "cliquez sur « Réessayer » pour le reste, ou annulez cet import.",
    NO_MAILBOX: "Zimbra ne connaît pas encore votre boîte. Réessayez demain, puis signalez-le à l’assistance.",
    NOT_ALLOWED: "Zimbra n’autorise pas le portail à écrire dans cette boîte. "
    "Signalez-le à l’assistance, puis cliquez sur « Réessayer » quand c’est réglé.",
    "mail.QUOTA_EXCEEDED": "Votre boîte Zimbra est pleine. "
    "Libérez de la place, puis cliquez sur « Réessayer » : l’import reprendra où il s’est arrêté.",
    "mail.TOO_MANY_CONTACTS": "Votre boîte a atteint le nombre maximal de contacts. "
    "Supprimez-en dans Zimbra, puis cliquez sur « Réessayer » : l’import reprendra où il s’est arrêté.",
    REFUSED: "Zimbra a refusé la demande du portail. Signalez-le à l’assistance en indiquant le numéro de l’import.",
}

_ITEM = {
    SAME_PRESENT: "identique, il n’a pas été ajouté une seconde fois",
    OTHER_VERSION_PRESENT: "dans une autre version, qui a été laissée telle quelle",
    TWICE_IN_FILE: "en double dans le fichier, il n’est ajouté qu’une fois",
    "already_gone": "n’était plus dans Zimbra",
    "parts_refused": "mais Zimbra a laissé de côté une partie (occurrence modifiée)",
    NOT_STORED: "Zimbra ne l’a pas enregistré et n’a pas dit pourquoi",
    "mail.CONTACT_TOO_BIG": "fiche trop volumineuse (photo ou notes)",
    "mail.ICALENDAR_PARSE_ERROR": "Zimbra n’a pas pu le lire",
    "service.INVALID_REQUEST": "Zimbra le juge incorrect",
    "service.PARSE_ERROR": "Zimbra n’a pas pu le lire",
    "service.FAILURE": "Zimbra a rencontré une erreur interne",
}


class Stopped(Exception):
    """The import cannot go on by itself. code: see above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def sentence(self) -> str:
        return _STOPPED.get(self.code, _STOPPED[REFUSED])


def stopped_by(error: ZimbraError) -> Stopped:
    """What to tell of an error that trying again does not cure."""
    if error.code == "account.NO_SUCH_ACCOUNT":
        return Stopped(NO_MAILBOX)
    if error.code in _STOPPED:
        return Stopped(error.code)
    if isinstance(error, NotAllowed):
        return Stopped(NOT_ALLOWED)
    return Stopped(FOLDER_GONE if isinstance(error, NotFound) else REFUSED)


def stopped_by_code(code: str) -> Stopped:
    """As `stopped_by`, for the code of an outcome."""
    if code in _STOPPED:
        return Stopped(code)
    return Stopped(FOLDER_GONE if code == "mail.NO_SUCH_FOLDER" else NOT_ALLOWED)


def item_sentence(code: str) -> str:
    """What to tell of one item, beside its state; an unknown code is shown as it is, for the help desk to look up."""
    return _ITEM.get(code, f"code donné par Zimbra, {code}") if code else ""
