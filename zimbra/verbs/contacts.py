"""Contacts and groups: reading an address book, filling it, taking contacts away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zimbra import soap
from zimbra.endpoint import MAX_CHILDREN
from zimbra.errors import Garbled, ZimbraError
from zimbra.types import Contact, Image, NewContact, Outcome
from zimbra.verbs.base import not_done
from zimbra.verbs.content import ContentVerbs, Upload


class ContactVerbs(ContentVerbs):
    def contacts(self, folder_id: str, attributes: Iterable[str] = ()) -> Iterator[Contact]:
        """Every contact and group of a folder; `attributes` restricts the fields given back.

        One request, answered from one state of the mailbox: Zimbra gives whole folders, so that no contact can slip
        between two pages while somebody else writes.
        """
        wanted = "".join(f"<a{soap.attributes({'n': name})}/>" for name in attributes)
        request = soap.request("GetContactsRequest", soap.MAIL, wanted, l=folder_id)
        answer = self.endpoint.call(request, repeatable=True)
        return (_contact(element) for element in soap.children(answer, "cn"))

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
        inner += "".join([f'<m type="I" value="{soap.attribute(address)}"/>' for address in contact.members])
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


def _contact(element: soap.Element) -> Contact:
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
