"""A person's mailbox on the Zimbra service: the verbs, in Python types. Works on any Zimbra that speaks SOAP.

    with ZimbraClient.sign_in("https://zimbra.example.fr", "jean.hoarau@example.fr", password) as client:
        outcomes = client.create_contacts("7", [NewContact({"firstName": "Marie", "email": "marie@example.fr"})])

Every verb raises `ZimbraError` only (see `zimbra.errors`). A client may be shared by threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, Self

from zimbra import soap
from zimbra.endpoint import Endpoint
from zimbra.session import Session, Token, base_url, by_password, by_preauth
from zimbra.transport import HttpTransport, Transport
from zimbra.types import Folder, Identity, Info, Limits
from zimbra.verbs.base import Ask, all_fields
from zimbra.verbs.calendars import CalendarVerbs
from zimbra.verbs.contacts import ContactVerbs
from zimbra.verbs.directory import DirectoryVerbs
from zimbra.verbs.filters import FilterVerbs
from zimbra.verbs.folders import reading_folders
from zimbra.verbs.identities import listing_identities
from zimbra.verbs.messages import MessageVerbs
from zimbra.verbs.mountpoints import MountpointVerbs
from zimbra.verbs.passwords import PasswordVerbs
from zimbra.verbs.rights import RightVerbs
from zimbra.verbs.senders import SenderVerbs
from zimbra.verbs.signatures import SignatureVerbs
from zimbra.verbs.tags import TagVerbs

# Zimbra's own defaults, for a server that does not show the attribute (attrs.xml).
CONTACT_MAX = 10_000
UPLOAD_MAX = 10_485_760
MESSAGE_MAX = 10_240_000


class Delegating(Protocol):
    """Whoever gives tokens that act as somebody: an `AdminClient`, or what stands before one."""

    def delegate_auth(self, address: str) -> Token: ...


class ZimbraClient(
    MountpointVerbs,
    RightVerbs,
    SignatureVerbs,
    TagVerbs,
    SenderVerbs,
    PasswordVerbs,
    DirectoryVerbs,
    ContactVerbs,
    CalendarVerbs,
    FilterVerbs,
    MessageVerbs,
):
    """Made by one of the three class methods; `close` it, or use it in a `with`.

    url: any address of the user service. transport: one to share among clients, closed by its owner; without it
    each client has, and closes, its own.
    """

    @classmethod
    def sign_in(cls, url: str, address: str, password: str, *, transport: Transport | None = None) -> Self:
        """NotAllowed: wrong password, unknown or closed account, or one that asks for a second factor."""
        base, used = base_url(url), transport or HttpTransport()
        soap_url = soap_address(base)
        session = Session(lambda: by_password(used, soap_url, address, password))
        return cls._started(base, Endpoint(soap_url, used, session), owns_transport=transport is None)

    @classmethod
    def with_preauth(cls, url: str, address: str, key: str, *, transport: Transport | None = None) -> Self:
        """Sign in with the preauth key of the account's domain, without a password."""
        base, used = base_url(url), transport or HttpTransport()
        soap_url = soap_address(base)
        session = Session(lambda: by_preauth(used, soap_url, address, key, time.time()))
        return cls._started(base, Endpoint(soap_url, used, session), owns_transport=transport is None)

    @classmethod
    def on_behalf(cls, url: str, admin: Delegating, address: str, *, transport: Transport | None = None) -> Self:
        """Act for `address` with the administrator's right to; `admin` (an `AdminClient`) is shared, and stays open.

        NotFound: no such account. NotAllowed: this administrator may not act for it.
        """
        base, used = base_url(url), transport or HttpTransport()
        session = Session(lambda: admin.delegate_auth(address))
        return cls._started(base, Endpoint(soap_address(base), used, session), owns_transport=transport is None)

    @classmethod
    def _started(cls, base: str, endpoint: Endpoint, *, owns_transport: bool) -> Self:
        client = cls(base, endpoint, owns_transport=owns_transport)
        try:
            endpoint.session.token()
        except BaseException:
            client.close()
            raise
        return client

    def info(self) -> Info:
        """Who is signed in, how much the mailbox holds and may hold."""
        request = soap.request("GetInfoRequest", soap.ACCOUNT, sections="mbox,attrs")
        answer = self.endpoint.call(request, repeatable=True)
        found = soap.child(answer, "attrs")
        values = {} if found is None else all_fields(found, "attr", "name")
        attributes = {name: one[0] for name, one in values.items()}

        def limit(name: str, default: int) -> int:
            return soap.number(attributes.get(name), default)

        address = soap.child_text(answer, "name")
        others = values.get("zimbraMailAlias", ()) + values.get("zimbraAllowFromAddress", ())
        return Info(
            address=address,
            account_id=soap.child_text(answer, "id"),
            version=soap.child_text(answer, "version"),
            used=soap.number(soap.child_text(answer, "used")),
            quota=limit("zimbraMailQuota", 0),
            contact_max=limit("zimbraContactMaxNumEntries", CONTACT_MAX),
            upload_max=limit("zimbraFileUploadMaxSize", UPLOAD_MAX),
            message_max=limit("zimbraMtaMaxMessageSize", MESSAGE_MAX),
            attributes=attributes,
            addresses=tuple(dict.fromkeys((address, *others))),
            limits=_limits(limit),
        )

    def folders_and_identities(self) -> tuple[Folder, list[Identity]]:
        """As `folders` and `identities`, in one request."""
        asks: list[Ask[Any]] = [reading_folders(needGranteeName=False), listing_identities()]
        tree, identities = self.ask_all(asks)
        return tree.get(), identities.get()

    def noop(self) -> None:
        """Ask for nothing: whether the service answers and the session holds."""
        self.endpoint.call(soap.request("NoOpRequest", soap.MAIL), repeatable=True)

    def sign_out(self) -> None:
        """End the session on the server: its token opens nothing any more. A later verb would sign in anew."""
        self.endpoint.sign_out()


def _limits(limit: Callable[[str, int], int]) -> Limits:
    usual = Limits()
    return Limits(
        identities=limit("zimbraIdentityMaxNumEntries", usual.identities),
        signatures=limit("zimbraSignatureMaxNumEntries", usual.signatures),
        signature_length=limit("zimbraMailSignatureMaxLength", usual.signature_length),
        trusted_senders=limit("zimbraMailTrustedSenderListMaxNumEntries", usual.trusted_senders),
        white_list=limit("zimbraMailWhitelistMaxNumEntries", usual.white_list),
        black_list=limit("zimbraMailBlacklistMaxNumEntries", usual.black_list),
        app_passwords=limit("zimbraMaxAppSpecificPasswords", usual.app_passwords),
    )


def soap_address(base: str) -> str:
    return f"{base}/service/soap"
