"""Items of any kind: searching, looking at one, deleting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zimbra import soap
from zimbra.errors import Garbled, NotFound
from zimbra.types import Deleted, Found
from zimbra.verbs.base import Verbs, chunks

# The server's own ceiling for one page of a search.
PAGE = 1000

DELETED_TOGETHER = 500


class ItemVerbs(Verbs):
    def search(self, query: str, types: str, *, sort_by: str = "dateAsc", page: int = PAGE) -> Iterator[Found]:
        """Every hit, each once, page by page as it is read. types: comma list of message, contact, appointment, task.

        Pages are cut by position: what others add or remove meanwhile may be missed.
        """
        for element in self.search_elements(query, types, sort_by=sort_by, page=page):
            attributes = {str(name): str(value) for name, value in element.attrib.items()}
            yield Found(soap.local_name(element), attributes.get("id", ""), attributes.get("l", ""), attributes)

    def search_elements(
        self, query: str, types: str, *, sort_by: str = "dateAsc", page: int = PAGE
    ) -> Iterator[soap.Element]:
        """As `search`, with the elements as the server wrote them."""
        offset = 0
        seen: set[str] = set()
        while True:
            request = soap.request(
                "SearchRequest",
                soap.MAIL,
                f"<query>{soap.text(query)}</query>",
                types=types,
                limit=page,
                offset=offset,
                sortBy=sort_by,
            )
            answer = self.endpoint.call(request, repeatable=True)
            hits = [element for element in answer if element.get("id")]
            for element in hits:
                item_id = str(element.get("id"))
                if item_id not in seen:
                    seen.add(item_id)
                    yield element
            offset += len(hits)
            if not hits or answer.get("more") not in {"1", "true"}:
                return

    def item(self, item_id: str) -> soap.Element:
        """One item as the server describes it, whatever its kind. NotFound: it is gone."""
        request = soap.request("GetItemRequest", soap.MAIL, f"<item{soap.attributes({'id': item_id})}/>")
        for element in self.endpoint.call(request, repeatable=True):
            return element
        raise Garbled("no item")

    def delete_items(self, ids: Sequence[str]) -> Deleted:
        """Delete items for good, whatever their kind; those that are gone already are no error."""
        gone: set[str] = set()
        for part in chunks(ids, DELETED_TOGETHER):
            try:
                gone |= self._delete(part)
            except NotFound:
                gone |= self._delete_one_by_one(part)
        return Deleted(
            deleted=tuple(item_id for item_id in ids if item_id not in gone),
            gone=tuple(item_id for item_id in ids if item_id in gone),
        )

    def delete_contacts(self, ids: Sequence[str]) -> Deleted:
        """As `delete_items`."""
        return self.delete_items(ids)

    def _delete(self, ids: Sequence[str]) -> set[str]:
        answer = self.endpoint.call(_deletion(ids), repeatable=True)
        action = soap.child(answer, "action")
        if action is None:
            raise Garbled("no action")
        missing = set((action.get("nei") or "").split(","))
        return set(ids) - (set((action.get("id") or "").split(",")) - missing)

    def _delete_one_by_one(self, ids: Sequence[str]) -> set[str]:
        gone: set[str] = set()
        replies = self.endpoint.batch([_deletion([item_id]) for item_id in ids], repeatable=True)
        for item_id, reply in zip(ids, replies, strict=True):
            if isinstance(reply.error, NotFound):
                gone.add(item_id)
            elif reply.error:
                raise reply.error
        return gone


def _deletion(ids: Sequence[str]) -> soap.Request:
    # nei: name the ids that do not exist.
    tag = soap.attributes({"op": "delete", "id": ",".join(ids), "nei": "1"})
    return soap.request("ItemActionRequest", soap.MAIL, f"<action{tag}/>")
