"""Items of any kind: searching, looking at one, moving, marking, deleting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zimbra import soap
from zimbra.errors import Garbled, NotFound
from zimbra.types import Deleted, Found
from zimbra.types.items import Changed
from zimbra.verbs.base import Verbs, chunks, is_true

# The server's own ceiling for one page of a search.
PAGE = 1000

DELETED_TOGETHER = CHANGED_TOGETHER = 500

# The faults that say an item is gone, and not a folder or a tag the action also names.
NO_ITEM = frozenset(
    {
        "mail.NO_SUCH_ITEM",
        "mail.NO_SUCH_MSG",
        "mail.NO_SUCH_CONV",
        "mail.NO_SUCH_CONTACT",
        "mail.NO_SUCH_APPT",
        "mail.NO_SUCH_CALITEM",
        "mail.NO_SUCH_TASK",
        "mail.NO_SUCH_DOC",
    }
)


class ItemVerbs(Verbs):
    def search(self, query: str, types: str, *, sort_by: str = "dateAsc", page: int = PAGE) -> Iterator[Found]:
        """Every hit, each once, page by page as it is read. types: comma list of message, contact, appointment, task.

        Pages are cut by position: what others add or remove meanwhile may be missed.
        """
        for element in self.search_elements(query, types, sort_by=sort_by, page=page):
            attributes = {str(name): str(value) for name, value in element.attrib.items()}
            yield Found(soap.local_name(element), attributes.get("id", ""), attributes.get("l", ""), attributes)

    def search_elements(
        self,
        query: str,
        types: str,
        *,
        sort_by: str = "dateAsc",
        page: int = PAGE,
        more: Mapping[str, object] | None = None,
    ) -> Iterator[soap.Element]:
        """As `search`, with the elements as the server wrote them. more: further attributes of the request."""
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
                **(more or {}),
            )
            answer = self.endpoint.call(request, repeatable=True)
            hits = [element for element in answer if element.get("id")]
            for element in hits:
                item_id = str(element.get("id"))
                if item_id not in seen:
                    seen.add(item_id)
                    yield element
            offset += len(hits)
            if not hits or not is_true(answer.get("more")):
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
            # nei: name the ids that do not exist.
            gone |= self._act_on_items(part, repeatable=True, op="delete", nei=True)
        return Deleted(
            deleted=tuple(item_id for item_id in ids if item_id not in gone),
            gone=tuple(item_id for item_id in ids if item_id in gone),
        )

    def delete_contacts(self, ids: Sequence[str]) -> Deleted:
        """As `delete_items`."""
        return self.delete_items(ids)

    def trash_items(self, ids: Sequence[str]) -> Changed:
        """Move items to the Trash of the mailbox they are in."""
        return self._change_items(ids, op="trash")

    def move_items(self, ids: Sequence[str], folder_id: str) -> Changed:
        """Move items into a folder, of any mailbox that may be written in; in another mailbox they get other ids.

        Not repeated after a lost answer: those that went to another mailbox would be told gone.
        Refused mail.CANNOT_CONTAIN: a folder of another kind. NotFound mail.NO_SUCH_FOLDER.
        """
        return self._change_items(ids, repeatable=False, op="move", l=folder_id)

    def mark_read(self, ids: Sequence[str], read: bool = True) -> Changed:
        """Mark messages read, or unread."""
        return self._change_items(ids, op="read" if read else "!read")

    def flag_items(self, ids: Sequence[str], flagged: bool = True) -> Changed:
        """Put or take away the flag of items to come back to."""
        return self._change_items(ids, op="flag" if flagged else "!flag")

    def tag_items(self, ids: Sequence[str], tag_name: str, tagged: bool = True) -> Changed:
        """Put a tag on items, or take it away. It is made first (`create_tag`): a name nobody made may be hidden."""
        return self._change_items(ids, op="tag" if tagged else "!tag", tn=tag_name)

    def mark_spam(self, ids: Sequence[str], spam: bool = True, folder_id: str = "") -> Changed:
        """Move messages to Junk, or out of it into `folder_id` (Inbox without it); the server's filter learns."""
        return self._change_items(ids, op="spam" if spam else "!spam", l=folder_id or None)

    def _change_items(self, ids: Sequence[str], *, repeatable: bool = True, **action: object) -> Changed:
        gone: set[str] = set()
        for part in chunks(ids, CHANGED_TOGETHER):
            gone |= self._act_on_items(part, repeatable=repeatable, **action)
        return Changed(
            changed=tuple(item_id for item_id in ids if item_id not in gone),
            gone=tuple(item_id for item_id in ids if item_id in gone),
        )

    def _act_on_items(self, ids: Sequence[str], *, repeatable: bool, **action: object) -> set[str]:
        """Act on items; the ids of those that do not exist come back."""
        try:
            answer = self.endpoint.call(_action(ids, action), repeatable=repeatable)
        except NotFound as error:
            if error.code not in NO_ITEM:
                raise
            return self._each_item(ids, repeatable=repeatable, action=action)
        found = soap.child(answer, "action")
        if found is None:
            raise Garbled("no action")
        if not action.get("nei"):
            return set()
        # Of another's mailbox the server tells the numbers alone, however they were asked for.
        missing = _numbers(found.get("nei"))
        told = _numbers(found.get("id"))
        return {one for one in ids if _number(one) in missing or (not missing and _number(one) not in told)}

    def _each_item(self, ids: Sequence[str], *, repeatable: bool, action: Mapping[str, object]) -> set[str]:
        gone: set[str] = set()
        replies = self.endpoint.batch([_action([item_id], action) for item_id in ids], repeatable=repeatable)
        for item_id, reply in zip(ids, replies, strict=True):
            if isinstance(reply.error, NotFound) and reply.error.code in NO_ITEM:
                gone.add(item_id)
            elif reply.error:
                raise reply.error
        return gone


def _number(item_id: str) -> str:
    """The id without the account's."""
    return item_id.rpartition(":")[2]


def _numbers(ids: str | None) -> set[str]:
    return {_number(one) for one in (ids or "").split(",") if one}


def _action(ids: Sequence[str], action: Mapping[str, object]) -> soap.Request:
    tag = soap.attributes({"id": ",".join(ids), **action})
    return soap.request("ItemActionRequest", soap.MAIL, f"<action{tag}/>")
