"""Why a replay stopped: stable codes, and the sentences shown for them."""

from __future__ import annotations

from zimbra.errors import TOO_LONG, NotAllowed, ZimbraError
from zimbra.verbs.filters import TOO_LARGE

NOT_MIGRATED = "not_migrated"
NO_MAILBOX = "no_mailbox"
NOT_ALLOWED = "not_allowed"
CHANGED = "changed_meanwhile"
REFUSED = "refused"
DAMAGED = "damaged"
NAME_TAKEN = "name_taken"

_TOO_MANY_RULES = (
    "Zimbra n’accepte pas autant de règles, ou des règles aussi longues : rien n’a été remplacé. Supprimez-en ou "
    "raccourcissez-en, puis recommencez."
)

_SENTENCES = {
    NOT_MIGRATED: "Votre messagerie n’est pas encore transférée : rien n’a été envoyé. "
    "Recommencez après votre bascule.",
    NO_MAILBOX: "Zimbra ne connaît pas encore votre boîte. Réessayez demain, puis signalez-le à l’assistance.",
    NOT_ALLOWED: "Zimbra n’autorise pas le portail à faire ce réglage dans votre boîte. "
    "Signalez-le à l’assistance, puis cliquez sur « Réessayer » quand c’est réglé.",
    CHANGED: "Ces réglages ont changé dans Zimbra depuis l’aperçu : rien n’a été écrasé. "
    "Regardez le nouvel aperçu, puis recommencez.",
    DAMAGED: "Ce que le portail avait noté de cet envoi ne peut plus être ouvert. "
    "Recommencez depuis la page d’origine.",
    NAME_TAKEN: "Un nom dont le portail a besoin est déjà pris dans Zimbra. Rien n’a été écrasé.",
    TOO_LARGE: _TOO_MANY_RULES,
    "service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION": _TOO_MANY_RULES,
    TOO_LONG: "Zimbra n’accepte pas un texte aussi long. Raccourcissez-le, puis recommencez.",
    "mail.QUOTA_EXCEEDED": "Votre boîte Zimbra est pleine. Libérez de la place, puis cliquez sur « Réessayer ».",
    "account.TOO_MANY_SIGNATURES": "Zimbra n’accepte pas davantage de signatures. "
    "Supprimez-en une dans Zimbra, puis cliquez sur « Réessayer ».",
    "account.TOO_MANY_IDENTITIES": "Zimbra n’accepte pas davantage d’identités. "
    "Supprimez-en une dans Zimbra, puis cliquez sur « Réessayer ».",
    REFUSED: "Zimbra a refusé la demande du portail. Signalez-le à l’assistance en indiquant le numéro de l’envoi.",
}


class Stopped(Exception):
    """The replay cannot go on by itself. code: see above; detail: French, added to the sentence: it may name what the
    person named, and is kept sealed; answer: what Zimbra said, for the assistance."""

    def __init__(self, code: str, detail: str = "", *, answer: str = "") -> None:
        super().__init__(code)
        self.code, self.detail, self.answer = code, detail, answer

    @property
    def sentence(self) -> str:
        """Without `detail`: for columns, notices and mail."""
        return " ".join(filter(None, (_SENTENCES.get(self.code, _SENTENCES[REFUSED]), self.answer)))


def stopped_by(error: ZimbraError) -> Stopped:
    """What to tell of an error that trying again does not cure."""
    if error.code == "account.NO_SUCH_ACCOUNT":
        return Stopped(NO_MAILBOX)
    if error.code in _SENTENCES:
        return Stopped(error.code)
    if isinstance(error, NotAllowed):
        return Stopped(NOT_ALLOWED)
    return Stopped(REFUSED, answer=f"(Réponse de Zimbra : {error.code}.)")
