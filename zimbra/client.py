"""A person's mailbox on the Zimbra service: the verbs, in Python types. Works on any Zimbra that speaks SOAP.

    with ZimbraClient.sign_in("https://zimbra.example.fr", "jean.hoarau@example.fr", password) as client:
        outcomes = client.create_contacts("7", [NewContact({"firstName": "Marie", "email": "marie@example.fr"})])

Every verb raises `ZimbraError` only (see `zimbra.errors`). A client may be shared by threads.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from zimbra import soap
from zimbra.admin import AdminClient
from zimbra.endpoint import Endpoint
from zimbra.session import Session, base_url, by_password, by_preauth
from zimbra.transport import HttpTransport, Transport
from zimbra.types import Info
from zimbra.verbs.calendars import CalendarVerbs
from zimbra.verbs.contacts import ContactVerbs
from zimbra.verbs.filters import FilterVerbs
from zimbra.verbs.folders import FolderVerbs

# Zimbra's own defaults, for a server that does not show the attribute (attrs.xml).
CONTACT_MAX = 10_000
UPLOAD_MAX = 10_485_760
MESSAGE_MAX = 10_240_000


class ZimbraClient(FolderVerbs, ContactVerbs, CalendarVerbs, FilterVerbs):
    """Made by one of the three class methods; `close` it, or use it in a `with`.

    url: any address of the user service. transport: one to share among clients, closed by its owner; without it
    each client has, and closes, its own.
    """

    def __init__(self, base: str, endpoint: Endpoint, *, owns_transport: bool = False) -> None:
        super().__init__(base, endpoint)
        self._owns_transport = owns_transport

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
    def on_behalf(cls, url: str, admin: AdminClient, address: str, *, transport: Transport | None = None) -> Self:
        """Act for `address` with the administrator's right to; `admin` is shared, and stays open.

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
        attributes: dict[str, str] = {}
        for element in () if found is None else soap.children(found, "attr"):
            attributes.setdefault(element.get("name") or "", element.text or "")

        def limit(name: str, default: int) -> int:
            return soap.number(attributes.get(name), default)

        return Info(
            address=soap.child_text(answer, "name"),
            account_id=soap.child_text(answer, "id"),
            version=soap.child_text(answer, "version"),
            used=soap.number(soap.child_text(answer, "used")),
            quota=limit("zimbraMailQuota", 0),
            contact_max=limit("zimbraContactMaxNumEntries", CONTACT_MAX),
            upload_max=limit("zimbraFileUploadMaxSize", UPLOAD_MAX),
            message_max=limit("zimbraMtaMaxMessageSize", MESSAGE_MAX),
            attributes=attributes,
        )

    def noop(self) -> None:
        """Ask for nothing: whether the service answers and the session holds."""
        self.endpoint.call(soap.request("NoOpRequest", soap.MAIL), repeatable=True)

    def close(self) -> None:
        if self._owns_transport:
            self.endpoint.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def soap_address(base: str) -> str:
    return f"{base}/service/soap"
