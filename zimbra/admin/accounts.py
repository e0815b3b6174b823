"""Accounts as an administrator sees them, and acting for one."""

from __future__ import annotations

from collections.abc import Iterator

from zimbra import soap
from zimbra.admin.elements import Attributes, by, first_values, pairs
from zimbra.errors import NotFound
from zimbra.session import Token, read_token
from zimbra.types import Account, DirectoryEntry
from zimbra.verbs.base import Ask, Verbs, all_fields, is_true, needed, nothing

# Entries of one page of a search. Without a session, which only the server's own console has, the whole search is made
# anew for each page: where entries are small the pages are large.
PAGE = 500
PAGE_OF_SOME_ATTRIBUTES = 5000


class AccountVerbs(Verbs):
    def delegate_auth(self, address: str) -> Token:
        """A token that acts as the account `address` on the user service (see `ZimbraClient.on_behalf`).

        NotFound: no such account. NotAllowed: this administrator may not act for it.
        """
        request = soap.request("DelegateAuthRequest", soap.ADMIN, by("account", address))
        return read_token(self.endpoint.call(request, repeatable=True))

    def create_account(self, address: str, password: str, attributes: Attributes | None = None) -> Account:
        """Taken account.ACCOUNT_EXISTS; NotFound account.NO_SUCH_DOMAIN."""
        inner = f"<name>{soap.text(address)}</name><password>{soap.text(password)}</password>"
        request = soap.request("CreateAccountRequest", soap.ADMIN, inner + pairs(attributes or {}))
        return self.ask(Ask(request, _account))

    def get_account(self, address: str, *, by: str = "name", attributes: tuple[str, ...] = ()) -> Account:
        """An account by its address or an alias or, with `by="id"`, by its id. NotFound when there is none."""
        request = soap.request(
            "GetAccountRequest", soap.ADMIN, _account_by(address, by), attrs=",".join(attributes) or None
        )
        return self.ask(Ask(request, _account, repeatable=True))

    def find_account(self, address: str, *, attributes: tuple[str, ...] = ()) -> Account | None:
        """As `get_account`, None when there is none."""
        try:
            return self.get_account(address, attributes=attributes)
        except NotFound:
            return None

    def modify_account(self, account_id: str, attributes: Attributes) -> Account:
        """Set attributes: a sequence sets several values, "" removes one, "+name" and "-name" add and take values."""
        request = soap.request("ModifyAccountRequest", soap.ADMIN, pairs(attributes), id=account_id)
        return self.ask(Ask(request, _account, repeatable=True))

    def rename_account(self, account_id: str, address: str) -> Account:
        """Give an account another main address; the old one is nobody's from then on. Taken; NotFound."""
        request = soap.request("RenameAccountRequest", soap.ADMIN, id=account_id, newName=address)
        return self.ask(Ask(request, _account))

    def delete_account(self, account_id: str) -> None:
        """Delete an account with its mailbox, for good."""
        self.ask(Ask(soap.request("DeleteAccountRequest", soap.ADMIN, id=account_id), nothing))

    def set_password(self, account_id: str, password: str) -> None:
        """Give an account another password. Refused account.INVALID_PASSWORD: too weak for its rules."""
        request = soap.request("SetPasswordRequest", soap.ADMIN, id=account_id, newPassword=password)
        # Sent twice, the second may be refused as a password used before.
        self.ask(Ask(request, nothing))

    def add_alias(self, account_id: str, alias: str) -> None:
        """Taken: the address is somebody's already, be it this account's."""
        self.ask(Ask(soap.request("AddAccountAliasRequest", soap.ADMIN, id=account_id, alias=alias), nothing))

    def remove_alias(self, account_id: str, alias: str) -> bool:
        """False when the account has no such alias."""
        request = soap.request("RemoveAccountAliasRequest", soap.ADMIN, id=account_id, alias=alias)
        try:
            self.ask(Ask(request, nothing, repeatable=True))
        except NotFound:
            return False
        return True

    def mailbox_size(self, account_id: str) -> int:
        """Bytes in the account's mailbox. NotFound: no such account."""
        inner = f"<mbox{soap.attributes({'id': account_id})}/>"
        request = soap.request("GetMailboxRequest", soap.ADMIN, inner)
        return self.ask(Ask(request, lambda answer: soap.number(needed(answer, "mbox").get("s")), repeatable=True))

    def search_directory(
        self, query: str = "", *, types: str = "accounts", domain: str = "", attributes: tuple[str, ...] = ()
    ) -> Iterator[DirectoryEntry]:
        """Entries that match an LDAP filter, page by page as they are read. An empty query matches all.

        types: comma list of accounts, distributionlists, aliases, resources, domains, coses. What others add or remove
        meanwhile may be missed. Without `attributes` all are given, some hundred for an account.
        """
        offset, limit = 0, PAGE_OF_SOME_ATTRIBUTES if attributes else PAGE
        while True:
            request = soap.request(
                "SearchDirectoryRequest",
                soap.ADMIN,
                query=query,
                types=types,
                domain=domain or None,
                attrs=",".join(attributes) or None,
                limit=limit,
                offset=offset,
                # Else a search with more than 5,000 hits is refused as a whole.
                maxResults=0,
            )
            answer = self.endpoint.call(request, repeatable=True)
            found = [element for element in answer if element.get("id")]
            for element in found:
                kind, name = soap.local_name(element), element.get("name") or ""
                yield DirectoryEntry(kind, element.get("id") or "", name, first_values(element))
            offset += len(found)
            # `more` is always 0 for whoever has no session: the server looks no further than this page's end.
            if not found or (len(found) < limit and not is_true(answer.get("more"))):
                return


def ldap_text(value: str) -> str:
    """`value` as it may stand in a filter of `search_directory` (RFC 4515, section 3)."""
    return "".join(f"\\{ord(one):02x}" if one in "*()\\\0" else one for one in value)


def _account_by(value: str, key: str) -> str:
    return by("account", value, key)


def _account(answer: soap.Element) -> Account:
    element = needed(answer, "account")
    return Account(element.get("id") or "", element.get("name") or "", first_values(element), all_fields(element))
