"""Why an application password could not be made or taken away: stable codes, and the sentences shown for them."""

from __future__ import annotations

from zimbra.errors import NotAllowed, NotFound, NotOffered, ZimbraError

NOT_OFFERED = "not_offered"
NOT_ALLOWED = "not_allowed"
NO_MAILBOX = "no_mailbox"
LIMIT = "limit"
TOO_LATE = "too_late"
REFUSED = "refused"
UNAVAILABLE = "unavailable"
ANSWER_LOST = "answer_lost"
NOT_LOOKED_AT = "not_looked_at"

_SENTENCES = {
    NOT_OFFERED: "La messagerie nationale ne laisse pas le portail créer de mots de passe d’application : cette "
    "fonction est fermée pour votre compte.",
    NOT_ALLOWED: "La messagerie nationale n’autorise pas le portail à s’occuper de vos mots de passe d’application.",
    NO_MAILBOX: "La messagerie nationale ne connaît pas encore votre boîte. Réessayez demain, puis signalez-le à "
    "l’assistance.",
    LIMIT: "Votre compte a déjà autant de mots de passe d’application qu’il peut en avoir. Révoquez ceux qui ne "
    "servent plus, puis recommencez.",
    TOO_LATE: "La messagerie nationale n’a pas répondu à temps : aucun mot de passe n’a été créé. Recommencez dans "
    "quelques minutes.",
    REFUSED: "La messagerie nationale a refusé de créer ce mot de passe.",
    UNAVAILABLE: "La messagerie nationale ne répond pas pour le moment.",
    ANSWER_LOST: "Le mot de passe a été créé, mais la réponse s’est perdue en route : personne ne l’a vu. Révoquez-le, "
    "puis créez-en un autre.",
    NOT_LOOKED_AT: "Le mot de passe a été créé, mais n’a pas été affiché à temps : il a été effacé du portail sans "
    "avoir été vu. Révoquez-le, puis créez-en un autre.",
}

# Where the webmail can still do it although the portal cannot.
BY_HAND = frozenset({NOT_OFFERED, NOT_ALLOWED, REFUSED, TOO_LATE, UNAVAILABLE})


def code_of(error: ZimbraError) -> str:
    """The code for an error that trying again does not cure. Some editions do not have the feature, and answer that
    the request is unknown; on others it is switched off for the account."""
    if isinstance(error, NotOffered) or "TWO_FACTOR" in error.code:
        return NOT_OFFERED
    if isinstance(error, NotFound):
        return NO_MAILBOX
    if isinstance(error, NotAllowed):
        return NOT_ALLOWED
    return REFUSED


def sentence(code: str, answer: str = "") -> str:
    """In French. answer: Zimbra's own code, for the assistance."""
    told = _SENTENCES.get(code, _SENTENCES[REFUSED])
    return f"{told} (Réponse de Zimbra : {answer}.)" if answer and code in {REFUSED, NOT_ALLOWED} else told
