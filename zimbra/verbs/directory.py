"""The directory of addresses (GAL): finding people, lists and resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zimbra import soap
from zimbra.types import PeoplePage, Person
from zimbra.verbs.base import Ask, Verbs, fields, is_true

# Entries of one page. The server has a ceiling of its own and says when there are more.
PAGE = 100

_ADDRESS = re.compile(r"(?:workEmail|email)(\d*)")


class DirectoryVerbs(Verbs):
    def search_people(
        self, name: str = "", *, kind: str = "all", limit: int = PAGE, offset: int = 0, sort_by: str = "nameAsc"
    ) -> PeoplePage:
        """One page of those whose name or address matches; an empty name matches all.

        kind: all, account, resource or group. Whether the server goes by `offset` depends on how its directory is kept:
        use `all_people` to read everything.
        """
        request = soap.request(
            "SearchGalRequest", soap.ACCOUNT, name=name or ".", type=kind, limit=limit, offset=offset, sortBy=sort_by
        )
        return self.ask(Ask(request, _page, repeatable=True))

    def all_people(self, name: str = "", *, kind: str = "all", page: int = PAGE) -> Iterator[Person]:
        """Everybody who matches, each once, page by page as it is read.

        A server that does not turn pages gives the first one only.
        """
        seen: set[tuple[str, str]] = set()
        offset = 0
        while True:
            found = self.search_people(name, kind=kind, limit=page, offset=offset)
            fresh = [person for person in found.people if (person.id, person.address) not in seen]
            seen.update((person.id, person.address) for person in fresh)
            yield from fresh
            offset += len(found.people)
            if not found.more or not fresh:
                return

    def complete_person(self, start: str, *, kind: str = "all", limit: int = 20) -> PeoplePage:
        """Those whose name or address begins with `start`, for a field that completes what is typed."""
        request = soap.request("AutoCompleteGalRequest", soap.ACCOUNT, name=start, type=kind, limit=limit)
        return self.ask(Ask(request, _page, repeatable=True))

    def person(self, address: str) -> Person | None:
        """The entry with this address, one of its aliases included; None when the directory has none.

        The directory may hide people, and hold others who have no account.
        """
        wanted = address.casefold()
        for person in self.search_people(address).people:
            if wanted in {one.casefold() for one in person.addresses}:
                return person
        return None


def _page(answer: soap.Element) -> PeoplePage:
    people = tuple(_person(one) for one in soap.children(answer, "cn"))
    return PeoplePage(people, is_true(answer.get("more")))


def _person(element: soap.Element) -> Person:
    found = fields(element)
    # email, email2, email3 ... in this order, whatever that of the answer.
    numbered = sorted(
        (int(match[1] or 1), value) for name, value in found.items() if value and (match := _ADDRESS.fullmatch(name))
    )
    addresses = tuple(dict.fromkeys(one for _, value in numbered for one in value.split("\n")))
    first, last = found.get("firstName", ""), found.get("lastName", "")
    return Person(
        id=element.get("id") or element.get("ref") or "",
        kind=_kind(found),
        addresses=addresses,
        name=found.get("fullName") or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        company=found.get("company", ""),
        job=found.get("jobTitle", ""),
        phone=found.get("workPhone", "") or found.get("mobilePhone", ""),
        account_id=found.get("zimbraId", ""),
        attributes=found,
    )


def _kind(found: dict[str, str]) -> str:
    if found.get("type") == "group" or "zimbraDistributionList" in found.get("objectClass", "").split("\n"):
        return "group"
    return "resource" if found.get("zimbraCalResType") else "account"
