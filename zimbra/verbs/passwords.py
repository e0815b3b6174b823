"""Application passwords: one for each mail program or telephone, in place of the person's own.

They come with a part of Zimbra that not every edition has. Where it is missing every verb here raises `NotOffered`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from zimbra import soap
from zimbra.errors import Garbled, NotFound
from zimbra.types import AppPassword, AppPasswords, NewAppPassword
from zimbra.verbs.base import Ask, Verbs, nothing


class PasswordVerbs(Verbs):
    def app_passwords(self) -> AppPasswords:
        """Those there are, without their secrets. NotOffered: the service has none to give."""
        request = soap.request("GetAppSpecificPasswordsRequest", soap.ACCOUNT)
        return self.ask(Ask(request, _passwords, repeatable=True))

    def create_app_password(self, name: str) -> NewAppPassword:
        """Make a password for the program or device `name`. Its secret is told this once.

        After a lost answer nobody knows the secret: revoke the name and make another. Refused: the name is taken, or
        there are as many as may be. NotOffered: see `app_passwords`.
        """
        request = soap.request("CreateAppSpecificPasswordRequest", soap.ACCOUNT, appName=name)
        secret = self.ask(Ask(request, lambda answer: soap.child_text(answer, "pw")))
        if not secret:
            raise Garbled("no password")
        return NewAppPassword(name, secret)

    def revoke_app_password(self, name: str) -> None:
        """The program or device is shut out at once; one that never was, or is already, is no error."""
        request = soap.request("RevokeAppSpecificPasswordRequest", soap.ACCOUNT, appName=name)
        with suppress(NotFound):
            self.ask(Ask(request, nothing, repeatable=True))


def _passwords(answer: soap.Element) -> AppPasswords:
    listed = soap.child(answer, "appSpecificPasswords")
    found = [one for one in (answer if listed is None else listed) if soap.local_name(one) == "passwordData"]
    return AppPasswords(
        tuple(
            AppPassword(one.get("appName") or "", _moment(one.get("created")), _moment(one.get("lastUsed")))
            for one in found
        ),
        soap.number(soap.child_text(answer, "maxAppPasswords")),
    )


def _moment(milliseconds: str | None) -> datetime | None:
    since = soap.number(milliseconds)
    return datetime.fromtimestamp(since / 1000, UTC) if since > 0 else None
