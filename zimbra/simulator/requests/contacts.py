"""CreateContact, ModifyContact, ContactAction; contacts as answers show them."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply, Value
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.vcard import Card, parse_cards
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.foldertree import as_seen
from zimbra.simulator.requests.itemactions import act
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import contacts, items, messages, tags, uploads
from zimbra.simulator.store.contacts import MEMBER_TYPES, Contact, Member
from zimbra.simulator.store.items import Attachment, Item
from zimbra.simulator.store.mailbox import CONTACTS, Mailbox


def from_card(card: Card) -> Contact:
    """A contact out of a vCard."""
    contact = Contact(dict(card.fields))
    if card.photo is not None:
        contact.attachments.append(
            Attachment("", "image", card.photo.filename, card.photo.content_type, card.photo.data)
        )
    return contact


def contact_element(
    mailbox: Mailbox,
    item: Item,
    contact: Contact,
    wanted: set[str] | None = None,
    *,
    name: str = "cn",
    sync: bool = False,
    hidden: bool = False,
) -> Reply:
    """A contact as an answer shows it.

    `wanted`: only these attributes; `sync`: with the time and the number of its last change; `hidden`: with attributes
    not meant for people.
    """
    attrs: dict[str, Value] = {
        "id": mailbox.ref(item.id),
        "l": mailbox.ref(item.folder),
        "d": item.changed,
        "rev": item.sequence,
        "fileAsStr": item.label,
    }
    if sync:
        attrs |= {"md": item.changed // 1000, "ms": item.sequence}
    if item.tags:
        attrs["t"] = item.tags
        attrs["tn"] = tag_names(mailbox, item.tags)
    if item.flags:
        attrs["f"] = item.flags
    element = Reply(name, attrs)
    pairs = element.pairs
    for key, value in contact.attrs.items():
        if wanted is not None and key not in wanted:
            continue
        if key == "vCardXProps" and wanted is None and not hidden:
            continue
        if value.__class__ is str:
            pairs.append((key, value if key not in _ADDRESSES else _harmless(value), None))
        else:
            pairs.extend((key, one, None) for one in value)
    for attachment in contact.attachments:
        if wanted is None or attachment.field in wanted:
            more: dict[str, Value] = {
                "part": attachment.part, "ct": attachment.content_type, "s": len(attachment.data),
                "filename": attachment.filename,
            }  # fmt: skip
            pairs.append((attachment.field, "", more))
    for kind, value in contact.members:
        shown = mailbox.ref(int(value)) if kind == "C" and value.isdecimal() else value
        element.add("m", {"type": kind, "value": shown})
    return element


# Attributes that hold an address of the web.
_ADDRESSES = frozenset(
    f"{place}{name}{n}" for place in ("home", "work", "other") for name in ("URL", "Url") for n in ("", "2")
)


def _harmless(address: str) -> str:
    """An address of the web that would run as a program is shown as one that does not."""
    scheme, colon, rest = address.partition(":")
    if colon and scheme.strip().lower() in ("javascript", "vbscript"):
        return f"{scheme.strip().upper()}-BLOCKED:{rest}"
    return address


def tag_names(mailbox: Mailbox, ids: str) -> str:
    names = {str(tag.id): tag.name for tag in tags.everything(mailbox)}
    return ",".join(names[one] for one in ids.split(",") if one in names)


def load(mailbox: Mailbox, item: Item) -> Contact:
    contact = contacts.load(item)
    contact.attachments = items.attachments(mailbox, item.id)
    return contact


def keep(call: Call, folder: int, contact: Contact, tag_ids: str, mailbox: Mailbox | None = None) -> Item:
    """Create the contact, by default in the request's own mailbox, unless a test asked for its refusal."""
    if call.service.disturbances.refusing:
        call.service.disturbances.item_created(f"{contact.label()} {contact.first('fullName')}")
    return contacts.create(mailbox or call.mailbox, folder, contact, tag_ids)


def place(call: Call, text: str | None) -> tuple[Mailbox, int]:
    """Where a contact is to be: the folder a request names, behind a link in its owner's mailbox; else Contacts."""
    mailbox = call.mailbox
    if text is None:
        return mailbox, CONTACTS
    # In a batch one folder is named again and again: it is looked up once.
    if text.isdecimal() and len(text) < 16 and mailbox.targeted(int(text)):
        return mailbox, int(text)
    return call.folder(text)


# How files of pictures begin: JPEG, PNG, GIF, BMP, TIFF and WebP.
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")


def _attachment(call: Call, name: str, element: Element) -> Attachment | None:
    aid = element.attrs.get("aid")
    if aid is None:
        return None
    upload = uploads.take(call.db, call.me.account.id, aid)
    if name == "image" and not upload.data.startswith(_IMAGES):
        raise SoapFault("mail.INVALID_IMAGE", "Invalid image file", name=upload.filename)
    return Attachment("", name, upload.filename, upload.content_type, upload.data)


def _member(call: Call, element: Element) -> Member:
    kind, value = element.require("type"), element.require("value")
    if kind not in MEMBER_TYPES:
        raise invalid_request(f"unrecognized member type: {kind[:20]}")
    return (kind, value.removeprefix(f"{call.target.id}:")) if kind == "C" else (kind, value)


def _given(call: Call, cn: Element) -> Contact:
    """The contact a `cn` element describes (new, or replacing another)."""
    attrs: contacts.Attributes = {}
    contact = Contact(attrs)
    members: list[Element] = []
    for element in cn.children:
        kind = element.name
        if kind == "a" or kind == "_attrs":
            given = element.attrs
            name = given.get("n")
            if name is None:
                raise invalid_request("missing required attribute: n")
            if not name or name.isspace():
                raise invalid_request("at least one contact field name is blank")
            if name == "groupMember":
                raise invalid_request("groupMember cannot be specified as an attribute")
            if len(given) > 1:
                attachment = _attachment(call, name, element)
                if attachment is not None:
                    contact.attachments.append(attachment)
                    continue
                if "op" in given:
                    raise invalid_request("op is not allowed")
            if name not in attrs:
                attrs[name] = element.text
            else:
                old = attrs[name]
                attrs[name] = [*old, element.text] if isinstance(old, list) else [old, element.text]
        elif kind == "m":
            if "op" in element.attrs:
                raise invalid_request("op is not allowed")
            members.append(element)
    if members:
        if not contact.is_group:
            raise invalid_request("m is only allowed for contact group")
        for element in members:
            _join(contact, _member(call, element))
    return contact


def _join(contact: Contact, member: Member) -> None:
    """service.INVALID_REQUEST: nobody is in a group twice."""
    if member in contact.members:
        raise invalid_request(f"member already exists: ({member[0]}) {member[1][:200]}")
    contact.members.append(member)


def _many(call: Call, cn: Element) -> list[Contact]:
    """The contact of a `cn` element, or those of its vCard."""
    vcard = cn.find("vcard")
    if vcard is None:
        return [_given(call, cn)]
    text = vcard.text
    if "aid" in vcard.attrs:
        text = uploads.take(call.db, call.me.account.id, vcard.attrs["aid"]).data.decode("utf-8", "replace")
    elif "mid" in vcard.attrs:
        text = _attached(call, vcard.attrs["mid"], vcard.require("part"))
    return [from_card(card) for card in parse_cards(text)]


def _attached(call: Call, message_id: str, number: str) -> str:
    """The text of a part of a message; mail.NO_SUCH_MSG, mail.NO_SUCH_PART, service.PERM_DENIED."""
    mailbox, message_number = call.locate(message_id)
    item = items.get(mailbox, message_number, "message")
    part = Message.parse(messages.raw(mailbox, item.id)).part(number)
    if part is None:
        raise SoapFault("mail.NO_SUCH_PART", f"no such part: {number[:60]}", part=number[:60])
    return part.data.decode("utf-8", "replace")


@handles(MAIL, "CreateContactRequest", writes=True, guards=True)
def create_contact(call: Call) -> Reply:
    cn = call.request.need("cn")
    folder = cn.attrs.get("l")
    mailbox, folder_id = place(call, folder)
    tagged = "tn" in cn.attrs or "t" in cn.attrs
    plain = None if tagged else cn.plain_pairs()
    if plain is not None and all(map(str.strip, plain)) and "groupMember" not in plain:
        # All that can be wrong with it is found before its one row is written: no savepoint is needed.
        attrs: contacts.Attributes = {}
        attrs.update(plain)
        given = [Contact(attrs)]
    else:
        call.unit.guard()
        mailbox.target(folder_id)
        given = _many(call, cn)
    tag_ids = tags.ids_for(mailbox, cn.attrs.get("tn"), cn.attrs.get("t")) if tagged else ""
    made = [(keep(call, folder_id, contact, tag_ids, mailbox), contact) for contact in given]
    reply = response(call)
    if made:
        item, contact = made[0]
        if call.request.flag("verbose", True):
            element = contact_element(mailbox, item, contact)
            if mailbox is not call.mailbox:
                as_seen(call, mailbox, folder_id, folder, element)
            reply.children.append(element)
        else:
            reply.children.append(Reply("cn", {"id": mailbox.ref(item.id)}))
    return reply


def named(call: Call, text: str) -> tuple[Mailbox, Item]:
    """The contact of an id, in whose mailbox ever; mail.NO_SUCH_CONTACT. Zimbra does not take blanks round an id."""
    if text != text.strip():
        raise invalid_request(f"malformed item ID: {text[:80]}")
    mailbox, number = call.locate(text)
    return mailbox, items.get(mailbox, number, "contact")


@handles(MAIL, "ModifyContactRequest", writes=True)
def modify_contact(call: Call) -> Reply:
    """Merge by default (empty value removes, op + or -); with replace=1 the contact becomes what is given."""
    cn = call.request.need("cn")
    mailbox, item = named(call, cn.require("id"))
    if call.request.flag("replace"):
        contact = _given(call, cn)
    else:
        contact = load(mailbox, item)
        _merge(call, contact, cn)
    if "tn" in cn.attrs or "t" in cn.attrs:
        item.tags = tags.ids_for(mailbox, cn.attrs.get("tn"), cn.attrs.get("t"))
    contacts.update(mailbox, item, contact)
    reply = response(call)
    if call.request.flag("verbose", True):
        reply.children.append(contact_element(mailbox, item, load(mailbox, item)))
    else:
        reply.children.append(Reply("cn", {"id": mailbox.ref(item.id)}))
    return reply


def _drop_file(contact: Contact, name: str) -> None:
    contact.attachments = [one for one in contact.attachments if one.field != name]


def _merge(call: Call, contact: Contact, cn: Element) -> None:
    for name, element in cn.pairs():
        attachment = _attachment(call, name, element)
        if attachment is not None:
            _drop_file(contact, name)
            contact.attachments.append(attachment)
            continue
        if "part" in element.attrs:
            continue  # the file that is there stays
        operation = element.attrs.get("op")
        old = contact.attrs.get(name, [])
        values = [old] if isinstance(old, str) else list(old)
        if operation == "+":
            values.append(element.text)
        elif operation == "-":
            values = [value for value in values if value != element.text]
        elif operation is not None:
            raise invalid_request(f"unknown operation: {operation[:20]}")
        else:
            values = [element.text] if element.text else []
            if not values:
                _drop_file(contact, name)
        contact.attrs[name] = values[0] if len(values) == 1 else values
        if not values:
            del contact.attrs[name]
    for element in cn.all("m"):
        if not contact.is_group:
            raise invalid_request("m is only allowed for contact group")
        operation = element.require("op")
        if operation == "reset":
            contact.members = []
        elif operation == "+":
            _join(contact, _member(call, element))
        elif operation == "-":
            gone = _member(call, element)
            if gone not in contact.members:
                raise invalid_request(f"no such member: ({gone[0]}) {gone[1][:200]}")
            contact.members.remove(gone)
        else:
            raise invalid_request(f"unknown operation: {operation[:20]}")


@handles(MAIL, "ContactActionRequest", writes=True)
def contact_action(call: Call) -> Reply:
    return act(call, "contact")
