"""Lists of distribution: an address that stands for its members."""

from __future__ import annotations

from collections.abc import Sequence

from zimbra import soap
from zimbra.admin.elements import Attributes, by, first_values, pairs
from zimbra.types import DistributionList
from zimbra.verbs.base import Ask, Verbs, is_true, needed, nothing

# Members of one page, and members added or removed in one request.
MEMBERS = 1000


class ListVerbs(Verbs):
    def create_list(
        self, address: str, members: Sequence[str] = (), attributes: Attributes | None = None
    ) -> DistributionList:
        """Create a list and put members in it. Taken; NotFound account.NO_SUCH_DOMAIN.

        When an error comes between the two, the list is there without all of its members.
        """
        request = soap.request("CreateDistributionListRequest", soap.ADMIN, pairs(attributes or {}), name=address)
        made = self.ask(Ask(request, lambda answer: _list(answer, ())))
        self.add_members(made.id, members)
        return DistributionList(made.id, made.address, tuple(members), made.attributes)

    def get_list(self, address: str, *, key: str = "name") -> DistributionList:
        """A list with all its members, by its address or, with key "id", by its id. NotFound."""
        members: list[str] = []
        while True:
            request = soap.request(
                "GetDistributionListRequest", soap.ADMIN, by("dl", address, key), limit=MEMBERS, offset=len(members)
            )
            answer = self.endpoint.call(request, repeatable=True)
            page = _members(answer)
            members += page
            if not page or not is_true(answer.get("more")):
                return _list(answer, members)

    def modify_list(self, list_id: str, attributes: Attributes) -> None:
        """Set attributes of a list, as `modify_account` does."""
        request = soap.request("ModifyDistributionListRequest", soap.ADMIN, pairs(attributes), id=list_id)
        self.ask(Ask(request, nothing, repeatable=True))

    def add_members(self, list_id: str, addresses: Sequence[str]) -> None:
        """Addresses of accounts, of other lists, or of anybody; those there already make no difference."""
        self._change_members("AddDistributionListMemberRequest", list_id, addresses, repeatable=True)

    def remove_members(self, list_id: str, addresses: Sequence[str]) -> None:
        """NotFound account.NO_SUCH_MEMBER: one of them is no member; then none is removed."""
        self._change_members("RemoveDistributionListMemberRequest", list_id, addresses, repeatable=False)

    def delete_list(self, list_id: str) -> None:
        """Delete a list; its members stay what they are. NotFound."""
        self.ask(Ask(soap.request("DeleteDistributionListRequest", soap.ADMIN, id=list_id), nothing))

    def _change_members(self, name: str, list_id: str, addresses: Sequence[str], *, repeatable: bool) -> None:
        for start in range(0, len(addresses), MEMBERS):
            inner = "".join(f"<dlm>{soap.text(one)}</dlm>" for one in addresses[start : start + MEMBERS])
            self.ask(Ask(soap.request(name, soap.ADMIN, inner, id=list_id), nothing, repeatable))


def _list(answer: soap.Element, members: Sequence[str]) -> DistributionList:
    element = needed(answer, "dl")
    return DistributionList(element.get("id") or "", element.get("name") or "", tuple(members), first_values(element))


def _members(answer: soap.Element) -> list[str]:
    # Zimbra 8 and later write members inside the list, earlier ones beside it.
    inside = [one.text or "" for one in soap.children(needed(answer, "dl"), "dlm")]
    return inside or [one.text or "" for one in soap.children(answer, "dlm")]
