"""What a caller can do about a failure of the Zimbra service.

    ZimbraError
    ├── Unavailable    try again later; nothing is known to have changed
    ├── AnswerLost     the request left and its outcome is unknown: look before repeating it
    ├── NotAllowed     wrong password, locked account, missing right
    ├── NotFound       what the request names does not exist
    ├── Refused        this very request will never be accepted: change it or drop it
    │   ├── Taken        the name belongs to something already: use that, or take another name
    │   └── NotOffered   this service does not have the feature at all: do not propose it
    └── Garbled        the answer is not Zimbra's (a captive portal, a proxy, half a file)

`AnswerLost` is deliberately no `Unavailable`: whoever repeats everything that is unavailable must not repeat it.

Messages carry codes only. What the server says in words may quote what it was sent, so it is kept apart, in
`reason`, for the person the content belongs to, and never printed by `str()` or `repr()`.
"""

from __future__ import annotations

# The server's words are shown on one line of a report.
REASON_LIMIT = 300

# Our own codes, for outcomes the server has no code for.
LOST = "answer.LOST"
NOT_SENT = "answer.NOT_SENT"
NOT_STORED = "answer.NOT_STORED"
GARBLED = "answer.GARBLED"
INVALID = "request.INVALID"
TOO_LONG = "request.TOO_LONG"
TOO_MANY = "request.TOO_MANY"

# Codes that end a session: signing in again is the cure.
SESSION_OVER = frozenset({"service.AUTH_REQUIRED", "service.AUTH_EXPIRED", "http.401"})

_PASSING = frozenset(
    {
        "service.TEMPORARILY_UNAVAILABLE",
        "service.PROXY_ERROR",
        "service.RESOURCE_UNREACHABLE",
        "service.ALREADY_IN_PROGRESS",
        "service.INTERRUPTED",
        "account.MAINTENANCE_MODE",
        "mail.MAINTENANCE",
        "mail.TRY_AGAIN",
    }
)
_NOT_ALLOWED = SESSION_OVER | {
    "account.AUTH_FAILED",
    "account.CHANGE_PASSWORD",
    "account.PASSWORD_LOCKED",
    "account.ACCOUNT_INACTIVE",
    "account.TWO_FACTOR_AUTH_FAILED",
    "account.TWO_FACTOR_AUTH_REQUIRED",
    "account.TWO_FACTOR_SETUP_REQUIRED",
    "service.PERM_DENIED",
    "service.FORBIDDEN",
}


class ZimbraError(Exception):
    """Base of everything this package raises on purpose.

    code: Zimbra's fault code (`mail.NO_SUCH_FOLDER`) or one of ours (`http.503`, `answer.LOST`).
    reason: the server's words, at most 300 characters; may quote contents, so it is in no message.
    outcome_unknown: true when the request may have been carried out.
    """

    outcome_unknown = False

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason[:REASON_LIMIT]


class Unavailable(ZimbraError):
    """Try later: refused connection, time-out, an overloaded or stopped server, a mailbox in maintenance.

    retry_after: seconds the server asked to wait, or None when it did not say.
    """

    def __init__(self, code: str, reason: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, reason)
        self.retry_after = retry_after


class AnswerLost(ZimbraError):
    """The request was sent and no usable answer came: it may have been carried out, wholly or partly."""

    outcome_unknown = True


class NotAllowed(ZimbraError):
    """Sign-in refused, session ended for good, or missing right."""

    @property
    def ends_session(self) -> bool:
        """Whether signing in again is the cure."""
        return self.code in SESSION_OVER


class NotFound(ZimbraError):
    """The account, folder, item or upload named by the request does not exist."""


class Refused(ZimbraError):
    """The server understood and will say no again: invalid, too big, quota, already exists, too many."""


class Taken(Refused):
    """Something of that name is there already: an account, a folder, an identity, a signature, a tag."""


class NotOffered(Refused):
    """The service has no such feature: an older version, another edition, or one that was switched off."""


class Garbled(ZimbraError):
    """An answer came that Zimbra cannot have written; what became of the request is unknown."""

    outcome_unknown = True

    def __init__(self, reason: str = "") -> None:
        super().__init__(GARBLED, reason)


def is_passing(code: str) -> bool:
    """Whether `code` names a state that goes away by itself, so that the same request may be accepted later."""
    return code in _PASSING


def error_for(code: str, reason: str = "") -> ZimbraError:
    """The error for a fault code of Zimbra (an unknown code is a `Refused`)."""
    if code in _PASSING:
        return Unavailable(code, reason)
    if code in _NOT_ALLOWED:
        return NotAllowed(code, reason)
    if ".NO_SUCH_" in code or code == "service.NOT_FOUND":
        return NotFound(code, reason)
    if code == "service.UNKNOWN_DOCUMENT":
        return NotOffered(code, reason)
    if code.endswith("_EXISTS"):
        return Taken(code, reason)
    return Refused(code, reason)
