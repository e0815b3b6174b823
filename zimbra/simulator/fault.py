"""The one exception a handler raises to refuse a request.

The code is one of Zimbra's own words ("mail.NO_SUCH_FOLDER"); the caller's side or the server's side follows from it.
"""

from __future__ import annotations

# Everything else is the client's mistake ("Sender").
RECEIVER_CODES = frozenset(
    {
        "service.FAILURE",
        "service.TEMPORARILY_UNAVAILABLE",
        "service.RESOURCE_UNREACHABLE",
        "service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION",
        "mail.MAINTENANCE",
        "mail.UNABLE_TO_IMPORT_CONTACTS",
        "mail.UNABLE_TO_IMPORT_APPOINTMENTS",
        "mail.QUOTA_EXCEEDED",
    }
)


class SoapFault(Exception):
    """A refusal: `code` as Zimbra spells it, `message` for the reader, `details` the `a n=` list of the fault.

    `keeps`: what the request wrote before it was refused stays written, such as a count of wrong passwords.
    """

    keeps = False

    def __init__(self, code: str, message: str, **details: str | int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = {name: str(value) for name, value in details.items()}

    @property
    def sender(self) -> bool:
        return self.code not in RECEIVER_CODES


def invalid_request(message: str) -> SoapFault:
    return SoapFault("service.INVALID_REQUEST", f"invalid request: {message}")


def parse_error(message: str) -> SoapFault:
    return SoapFault("service.PARSE_ERROR", f"parse error: {message}")


def perm_denied(message: str = "you do not have sufficient permissions") -> SoapFault:
    return SoapFault("service.PERM_DENIED", f"permission denied: {message}")


def failure(message: str) -> SoapFault:
    return SoapFault("service.FAILURE", f"system failure: {message}")


def no_such_folder(reference: str | int) -> SoapFault:
    return SoapFault("mail.NO_SUCH_FOLDER", f"no such folder: {reference}", itemId=reference)


def no_such_account(reference: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_ACCOUNT", f"no such account: {reference}")


def auth_failed(name: str) -> SoapFault:
    return SoapFault("account.AUTH_FAILED", f"authentication failed for [{name}]")
