"""The administration service: accounts, the directory, and the right to act for somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from zimbra import soap
from zimbra.endpoint import Endpoint
from zimbra.errors import Garbled
from zimbra.session import Session, Token, base_url, by_admin_password, read_token
from zimbra.transport import HttpTransport, Transport
from zimbra.types import Account, DirectoryEntry

PAGE = 500


class AdminClient:
    """An administrator, signed in once for any number of threads and again by itself when the session ends.

    url: address of the administration service (port 7071 as a rule). The first request signs in.
    """

    def __init__(self, url: str, address: str, password: str, *, transport: Transport | None = None) -> None:
        used = transport or HttpTransport()
        soap_url = f"{base_url(url)}/service/admin/soap"
        session = Session(lambda: by_admin_password(used, soap_url, address, password))
        self.endpoint = Endpoint(soap_url, used, session)
        self._owns_transport = transport is None

    def delegate_auth(self, address: str) -> Token:
        """A token that acts as the account `address` on the user service.

        NotFound: no such account. NotAllowed: this administrator may not act for it.
        """
        request = soap.request("DelegateAuthRequest", soap.ADMIN, _by("account", address))
        return read_token(self.endpoint.call(request, repeatable=True))

    def create_account(self, address: str, password: str, attributes: Mapping[str, str] | None = None) -> Account:
        """Refused account.ACCOUNT_EXISTS; NotFound account.NO_SUCH_DOMAIN."""
        inner = f"<name>{soap.text(address)}</name><password>{soap.text(password)}</password>"
        request = soap.request("CreateAccountRequest", soap.ADMIN, inner + soap.pairs(attributes or {}))
        return _account(self.endpoint.call(request))

    def get_account(self, address: str, *, by: str = "name", attributes: tuple[str, ...] = ()) -> Account:
        """An account by its address or, with `by="id"`, by its id. NotFound when there is none."""
        request = soap.request(
            "GetAccountRequest", soap.ADMIN, _by("account", address, by), attrs=",".join(attributes) or None
        )
        return _account(self.endpoint.call(request, repeatable=True))

    def modify_account(self, account_id: str, attributes: Mapping[str, str]) -> Account:
        """Set attributes; an empty value removes one."""
        request = soap.request("ModifyAccountRequest", soap.ADMIN, soap.pairs(attributes), id=account_id)
        return _account(self.endpoint.call(request, repeatable=True))

    def delete_account(self, account_id: str) -> None:
        """Delete an account with its mailbox, for good."""
        self.endpoint.call(soap.request("DeleteAccountRequest", soap.ADMIN, id=account_id))

    def search_directory(
        self, query: str = "", *, types: str = "accounts", domain: str = "", attributes: tuple[str, ...] = ()
    ) -> Iterator[DirectoryEntry]:
        """Entries that match an LDAP filter, page by page as they are read. An empty query matches all.

        types: comma list of accounts, distributionlists, aliases, resources, domains, coses.
        """
        offset = 0
        while True:
            request = soap.request(
                "SearchDirectoryRequest",
                soap.ADMIN,
                query=query,
                types=types,
                domain=domain or None,
                attrs=",".join(attributes) or None,
                limit=PAGE,
                offset=offset,
            )
            answer = self.endpoint.call(request, repeatable=True)
            found = [element for element in answer if element.get("id")]
            for element in found:
                kind, name = soap.local_name(element), element.get("name") or ""
                yield DirectoryEntry(kind, element.get("id") or "", name, _attributes(element))
            offset += len(found)
            if not found or answer.get("more") not in {"1", "true"}:
                return

    def close(self) -> None:
        if self._owns_transport:
            self.endpoint.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _by(element: str, value: str, by: str = "name") -> str:
    return f"<{element}{soap.attributes({'by': by})}>{soap.text(value)}</{element}>"


def _attributes(element: soap.Element) -> dict[str, str]:
    values: dict[str, str] = {}
    for one in soap.children(element, "a"):
        values.setdefault(one.get("n") or "", one.text or "")
    return values


def _account(answer: soap.Element) -> Account:
    element = soap.child(answer, "account")
    if element is None:
        raise Garbled("no account")
    return Account(element.get("id") or "", element.get("name") or "", _attributes(element))
