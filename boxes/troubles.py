"""Why Zimbra would not serve somebody, in French: the reason, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    reason: str
    remedy: str


_HELP = "Écrivez à l’assistance si cela dure."
_NO_MAILBOX = Trouble(
    "Zimbra ne trouve pas la boîte personnelle de cette personne.",
    "Elle vient peut-être d’être transférée : réessayez dans une heure. Sinon, l’assistance vérifie son compte.",
)
_REFUSED = Trouble(
    "Zimbra ne laisse pas le portail agir dans la boîte personnelle de cette personne.",
    "Son compte y est peut-être fermé ou verrouillé : l’assistance le vérifie, puis réessayez.",
)
_FULL = Trouble(
    "La boîte personnelle de cette personne est pleine.",
    "Quand elle a fait de la place, réessayez.",
)
_LIMIT = Trouble(
    "Cette personne a déjà autant d’identités que Zimbra en permet.",
    "Quand elle en a supprimé une, réessayez.",
)

# Zimbra's fault codes (and ours for what has none).
_TOLD = {
    "account.NO_SUCH_ACCOUNT": _NO_MAILBOX,
    "mail.NO_SUCH_MBOX": _NO_MAILBOX,
    "account.ACCOUNT_INACTIVE": _REFUSED,
    "account.AUTH_FAILED": _REFUSED,
    "service.PERM_DENIED": _REFUSED,
    "service.AUTH_REQUIRED": _REFUSED,
    "mail.QUOTA_EXCEEDED": _FULL,
    "account.TOO_MANY_IDENTITIES": _LIMIT,
    "account.TOO_MANY_ACCOUNTS": _LIMIT,
}


def told(code: str) -> Trouble:
    """What `code` means; a code that is not known is named, so that the help desk can look it up."""
    return _TOLD.get(code) or Trouble(f"Zimbra a refusé de mettre cet accès en place ({code}).", f"Réessayez. {_HELP}")
