"""Contacts and groups: reading an address book, filling it, changing what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from zimbra import soap
from zimbra.endpoint import MAX_CHILDREN
from zimbra.errors import Garbled, NotFound, ZimbraError
from zimbra.types import Contact, Image, NewContact, Outcome
from zimbra.verbs.base import not_done
from zimbra.verbs.content import ContentVerbs, Upload
from zimbra.verbs.items import PAGE, ItemVerbs


class ContactVerbs(ContentVerbs, ItemVerbs):
    def contact(self, contact_id: str) -> Contact:
        """One contact or group. NotFound: it is gone."""
        request = soap.request("GetContactsRequest", soap.MAIL, f"<cn{soap.attributes({'id': contact_id})}/>")
        for element in soap.children(self.endpoint.call(request, repeatable=True), "cn"):
            return read_contact(element)
        raise NotFound("mail.NO_SUCH_CONTACT")

    def search_contacts(
        self, query: str = "is:anywhere", *, sort_by: str = "nameAsc", page: int = PAGE
    ) -> Iterator[Contact]:
        """The contacts and groups a search finds, each once, page by page as it is read.

        A hit shows the fields of a list of contacts, which are not all: `contact` gives the rest.
        """
        for element in self.search_elements(query, "contact", sort_by=sort_by, page=page):
            if soap.local_name(element) == "cn":
                yield read_contact(element)

    def modify_contact(
        self,
        contact_id: str,
        changes: Mapping[str, str],
        *,
        replace: bool = False,
        image: bytes = b"",
        image_type: str = "image/jpeg",
    ) -> Contact:
        """Change the fields named, an empty value taking one away. It comes back whole.

        replace: keep nothing else, neither other fields, nor a picture, nor the members of a group. image: another
        picture. For members see `change_members`. NotFound: it is gone.
        """
        inner = soap.pairs(changes)
        if image:
            inner += f'<a n="image"{soap.attributes({"aid": self.upload(image, image_type, "image")})}/>'
        # What was uploaded can be used only once, so a request with a picture is not sent twice.
        return self._modify(contact_id, inner, repeatable=not image, replace=replace)

    def change_members(
        self,
        group_id: str,
        *,
        add: Iterable[tuple[str, str]] = (),
        remove: Iterable[tuple[str, str]] = (),
    ) -> Contact:
        """Change who is in a group, by (type, value) as `Contact.members` has them: the group comes back.

        Type I is an address written inline, C a contact of this mailbox by its id, G an entry of the directory. Not
        repeated after a lost answer. Refused service.INVALID_REQUEST: to add who is in it, to remove who is not.
        """
        changes = [("+", member) for member in add] + [("-", member) for member in remove]
        inner = "".join(
            f"<m{soap.attributes({'op': op, 'type': kind, 'value': value})}/>" for op, (kind, value) in changes
        )
        return self._modify(group_id, inner, repeatable=False, replace=False)

    def set_members(self, group_id: str, members: Iterable[tuple[str, str]]) -> Contact:
        """Put these members in the place of all a group has."""
        inner = '<m op="reset"/>' + "".join(
            f"<m{soap.attributes({'op': '+', 'type': kind, 'value': value})}/>"
            for kind, value in dict.fromkeys(members)
        )
        return self._modify(group_id, inner, repeatable=True, replace=False)

    def _modify(self, contact_id: str, inner: str, *, repeatable: bool, replace: bool) -> Contact:
        written = f"<cn{soap.attributes({'id': contact_id})}>{inner}</cn>"
        request = soap.request("ModifyContactRequest", soap.MAIL, written, replace=replace, verbose=True)
        answer = self.endpoint.call(request, repeatable=repeatable)
        found = soap.child(answer, "cn")
        if found is None:
            raise Garbled("no cn")
        return read_contact(found)

    def contacts(self, folder_id: str, attributes: Iterable[str] = ()) -> Iterator[Contact]:
        """Every contact and group of a folder; `attributes` restricts the fields given back.

        One request, answered from one state of the mailbox: Zimbra gives whole folders, so that no contact can slip
        between two pages while somebody else writes.
        """
        wanted = "".join(f"<a{soap.attributes({'n': name})}/>" for name in attributes)
        request = soap.request("GetContactsRequest", soap.MAIL, wanted, l=folder_id)
        answer = self.endpoint.call(request, repeatable=True)
        return (read_contact(element) for element in soap.children(answer, "cn"))

    def create_contacts(
        self, folder_id: str, contacts: Sequence[NewContact], *, max_children: int = MAX_CHILDREN
    ) -> list[Outcome]:
        """Create contacts and groups; one `Outcome` each, in their order, with the new contact's id.

        Pictures go first; a refused picture refuses its contact. Up to `max_children` contacts travel in one HTTP
        request. What is raised, and what becomes an outcome, when a whole HTTP request fails: `Endpoint.batch`.
        Zimbra looks for no duplicates: after a lost answer, look at `contacts` before sending again.
        """
        images = self._send_images(contacts)
        places = [place for place in range(len(contacts)) if not isinstance(images.get(place), ZimbraError)]
        requests = (_create(folder_id, contacts[place], images.get(place)) for place in places)
        outcomes: list[Outcome] = [Outcome()] * len(contacts)
        for place, error in images.items():
            if isinstance(error, ZimbraError):
                outcomes[place] = not_done(error)
        for place, reply in zip(places, self.endpoint.batch(requests, max_children=max_children), strict=True):
            outcomes[place] = not_done(reply.error) if reply.error else _created(reply.element)
        return outcomes

    def _send_images(self, contacts: Sequence[NewContact]) -> dict[int, str | ZimbraError]:
        """Upload id, or the refusal, by the place of each contact that has a picture."""
        places = [place for place, contact in enumerate(contacts) if contact.image]
        files = [Upload(contacts[p].image, contacts[p].image_type or "image/jpeg", "image") for p in places]
        return dict(zip(places, self.upload_all(files), strict=True))


def _create(folder_id: str, contact: NewContact, image: str | ZimbraError | None) -> soap.Request:
    inner = soap.pairs(contact.attributes)
    if contact.members:
        if "type" not in contact.attributes:
            inner += '<a n="type">group</a>'
        # Somebody named twice, or nobody at all, would have the whole group refused.
        named = dict.fromkeys(address for address in contact.members if address)
        inner += "".join([f'<m type="I" value="{soap.attribute(address)}"/>' for address in named])
    if isinstance(image, str):
        inner += f'<a n="image" aid="{soap.attribute(image)}"/>'
    # Without verbose="0" every contact would travel back.
    return soap.Request(
        "CreateContactRequest", soap.MAIL, ' verbose="0"', f'<cn l="{soap.attribute(folder_id)}">{inner}</cn>'
    )


def _created(element: soap.Element | None) -> Outcome:
    made = None if element is None else soap.child(element, "cn")
    contact_id = None if made is None else made.get("id")
    return Outcome(ids=(contact_id,)) if contact_id else not_done(Garbled("no id"))


def read_contact(element: soap.Element) -> Contact:
    """An element `cn`."""
    fields: dict[str, str] = {}
    members: list[tuple[str, str]] = []
    image = None
    for one in element:
        name = soap.local_name(one)
        if name == "m":
            members.append((one.get("type") or "", one.get("value") or ""))
        elif name == "a":
            key = one.get("n") or ""
            part = one.get("part")
            if part is None:
                value = one.text or ""
                fields[key] = f"{fields[key]}\n{value}" if key in fields else value
            elif key == "image":
                image = Image(part, one.get("ct") or "", soap.number(one.get("s")), one.get("filename") or "")
    return Contact(element.get("id") or "", element.get("l") or "", fields, tuple(members), image)
