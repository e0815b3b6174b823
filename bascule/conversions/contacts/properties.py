"""The properties of a card that Zimbra has a place for, one function each.

Each takes the `FieldReader` of the card and the property, and leaves what it means in `reader.card`.
"""

from __future__ import annotations

import re

from bascule.conversions.contacts.card import Member
from bascule.conversions.contacts.fields import FieldReader, Handler
from bascule.conversions.contacts.splitting import RawProperty
from bascule.conversions.contacts.values import im_address, phone_kind, place_kind, read_day
from bascule.conversions.text import split_escaped, unescape_text

_ADDRESS_IN_BRACKETS = re.compile(r"([^<]*)<([^<>@]+@[^<>]+)>\s*")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_ADDRESSES = re.compile(r"[^\s,;<>@]+@[^\s,;<>@]+(?:\s*[,;]\s*[^\s,;<>@]+@[^\s,;<>@]+)+")
_MAIL_URI = re.compile(r"(?:mailto:\s*)+", re.IGNORECASE)
_TELEPHONE_URI = re.compile(r"(?:tel:\s*)+", re.IGNORECASE)
_URI_EXTENSION = re.compile(r";ext=(\d+)")
# Repeated values are looked for among the first ones only, so that a card of a million numbers stays linear.
_COMPARED = 50


def _version(reader: FieldReader, prop: RawProperty) -> None:
    if prop.value.strip() != "3.0":
        reader.repairs["version"] += 1


def _uid(reader: FieldReader, prop: RawProperty) -> None:
    if not reader.card.uid:
        # Not decoded by guess: other cards refer to it as it stands.
        given = reader.given.encoding == "Q"
        reader.card.uid = reader.text(prop) if given else unescape_text(prop.value).strip()


def _full_name(reader: FieldReader, prop: RawProperty) -> None:
    value = " ".join(reader.text(prop).split())
    card = reader.card
    if not card.full_name:
        card.full_name = value
    elif value != card.full_name:
        reader.repairs["value_to_note"] += 1
        card.note_line("Autre nom", value)


def _name(reader: FieldReader, prop: RawProperty) -> None:
    parts = [" ".join(part.split()) for part in reader.parts(prop)]
    extra = [part for part in parts[5:] if part]
    parts = (parts + [""] * 5)[:5]
    card = reader.card
    if not card.name or not any(card.name):
        card.name = parts
        if extra:
            card.note_line("Nom (suite)", " ".join(extra))
    elif parts != card.name and any(parts):
        reader.repairs["value_to_note"] += 1
        last, first, middle, prefix, suffix = parts
        card.note_line("Autre nom", " ".join(part for part in (prefix, first, middle, last, suffix) if part))


def _nickname(reader: FieldReader, prop: RawProperty) -> None:
    reader.nicknames[reader.text(prop)] = None


def _email(reader: FieldReader, prop: RawProperty) -> None:
    value = reader.text(prop)
    cleaned = " ".join(value.split())
    if prefix := _MAIL_URI.match(cleaned):
        cleaned = cleaned[prefix.end() :]
    name = ""
    if "<" in cleaned and (found := _ADDRESS_IN_BRACKETS.fullmatch(cleaned)):
        name, cleaned = found[1].strip(' "'), found[2]
    if " " in cleaned and "@" in cleaned and "," not in cleaned and ";" not in cleaned:
        words = cleaned.split(" ")
        whole = [word for word in words if _ADDRESS.fullmatch(word)]
        if len(whole) == 1:
            name = name or " ".join(word for word in words if word != whole[0])
        cleaned = whole[0].strip("<>") if len(whole) == 1 else "".join(words)
    addresses = [cleaned]
    if ("," in cleaned or ";" in cleaned) and _ADDRESSES.fullmatch(cleaned):
        addresses = re.split(r"\s*[,;]\s*", cleaned)
    addresses = [address.strip() for address in addresses]
    if addresses != [value]:
        reader.repairs["email_cleaned"] += 1
    card = reader.card
    if name := name or reader.given.given.get("X-EVOLUTION-DEST-NAME", [""])[0].strip():
        reader.names_of_emails[addresses[0]] = name
    for address in addresses:
        if any(address.lower() == known.lower() for _, known, _ in card.emails[:_COMPARED]):
            reader.repairs["email_repeated"] += 1
        elif address:
            card.emails.append((reader.given.rank, address, place_kind(reader.types())))
    if label := reader.custom_label():
        reader.repairs["value_to_note"] += 1
        card.note_line(label, ", ".join(addresses))


def _phone(reader: FieldReader, prop: RawProperty) -> None:
    value = reader.text(prop)
    if prefix := _TELEPHONE_URI.match(value):
        value = _URI_EXTENSION.sub(r" poste \1", value[prefix.end() :]).partition(";")[0]
        reader.repairs["phone_cleaned"] += 1
    value = " ".join(value.split())
    kind = phone_kind(reader.types())
    if not value:
        reader.repairs["empty_value"] += 1
        return
    if (kind, value) in reader.card.phones[:_COMPARED]:
        reader.repairs["phone_repeated"] += 1
        return
    reader.card.phones.append((kind, value))
    if label := reader.custom_label():
        reader.repairs["value_to_note"] += 1
        reader.card.note_line(label, value)


def _address(reader: FieldReader, prop: RawProperty) -> None:
    parts = reader.parts(prop)
    if extra := [part for part in parts[7:] if part]:
        parts[6] = ", ".join(part for part in (parts[6], *extra) if part)
    parts = (parts + [""] * 7)[:7]
    kind = place_kind(reader.types())
    if any(parts):
        if (kind, parts) in reader.card.addresses[:_COMPARED]:
            reader.repairs["address_repeated"] += 1
            return
        reader.card.addresses.append((kind, parts))
    else:
        reader.repairs["empty_value"] += 1
    for label in reader.given.given.get("LABEL", ()):
        reader.labels_of_addresses.append((kind, label.replace("\\n", "\n")))
    if label := reader.custom_label():
        reader.repairs["value_to_note"] += 1
        reader.card.note_line(label, ", ".join(part for part in parts if part))


def _address_label(reader: FieldReader, prop: RawProperty) -> None:
    reader.labels_of_addresses.append((place_kind(reader.types()), reader.text(prop)))


def _link(reader: FieldReader, prop: RawProperty) -> None:
    value = "".join(reader.raw_value(prop).split())
    if "\\" in value:
        # What is still a backslash then is a Windows path; Zimbra would show any escape as it is.
        value = unescape_text(value).replace("\n", "").replace("\\", "/")
    if not value:
        reader.repairs["empty_value"] += 1
        return
    entry = (place_kind(reader.types()), value)
    if entry in reader.card.links[:_COMPARED]:
        reader.repairs["link_repeated"] += 1
        return
    reader.card.links.append(entry)
    if label := reader.custom_label():
        reader.repairs["value_to_note"] += 1
        reader.card.note_line(label, value)


def _organisation(reader: FieldReader, prop: RawProperty) -> None:
    parts = reader.parts(prop)
    units = [part for part in parts[1:] if part]
    if len(units) > 1:
        reader.repairs["org_levels"] += 1
    card = reader.card
    company, department = parts[0], " / ".join(units)
    if not card.company and not card.department:
        card.company, card.department = company, department
    elif (company, department) != (card.company, card.department):
        reader.repairs["value_to_note"] += 1
        card.note_line("Autre organisation", ", ".join(part for part in (company, department) if part))


def _title(reader: FieldReader, prop: RawProperty) -> None:
    value = reader.text(prop)
    if not reader.card.title:
        reader.card.title = value
    elif value != reader.card.title:
        reader.repairs["value_to_note"] += 1
        reader.card.note_line("Autre fonction", value)


def _note(reader: FieldReader, prop: RawProperty) -> None:
    if value := reader.text(prop):
        reader.card.notes.append(value)


def keep_day(reader: FieldReader, prop: RawProperty, attribute: str, label: str) -> None:
    """A date into `attribute` of the card when it is whole and the first, else into the note."""
    value = reader.text(prop)
    day = read_day(value)
    if reader.given.given.get("X-APPLE-OMIT-YEAR") and day.iso:
        day = read_day("--" + day.iso[5:])
    if day.iso and getattr(reader.card, attribute) in ("", day.iso):
        if day.iso != value:
            reader.repairs["date_rewritten"] += 1
        setattr(reader.card, attribute, day.iso)
    elif shown := day.text or day.iso:
        reader.repairs["date_to_note"] += 1
        reader.card.note_line(label, shown)
    else:
        reader.repairs["empty_value"] += 1


def _birthday(reader: FieldReader, prop: RawProperty) -> None:
    keep_day(reader, prop, "birthday", "Date de naissance")


def _anniversary(reader: FieldReader, prop: RawProperty) -> None:
    keep_day(reader, prop, "anniversary", "Anniversaire")


def _categories(reader: FieldReader, prop: RawProperty) -> None:
    value = reader.raw_value(prop)
    for part in split_escaped(value, ","):
        category = " ".join(unescape_text(part).split()).lstrip("* ")
        if category.lower() in ("mycontacts", "starred"):  # Google's own groups, in every card
            reader.repairs["machine_data"] += 1
        elif category:
            reader.categories[category] = None


def _messaging(reader: FieldReader, prop: RawProperty) -> None:
    name = prop.name
    service = ""
    if name.startswith("X-") and name not in ("X-IMPP", "X-MS-IMADDRESS", "X-KADDRESSBOOK-X-IMADDRESS"):
        service = name[2:].removeprefix("EVOLUTION-").removesuffix("-USERNAME")
    elif given := reader.given.given.get("X-SERVICE-TYPE"):
        service = given[0]
    address = im_address(service, reader.text(prop))
    if address not in reader.card.messaging[:_COMPARED]:
        reader.card.messaging.append(address)
    if label := reader.custom_label():
        reader.repairs["value_to_note"] += 1
        reader.card.note_line(label, address)


def _stored_messaging(reader: FieldReader, prop: RawProperty) -> None:
    if (value := reader.text(prop)) not in reader.card.messaging[:_COMPARED]:
        reader.card.messaging.append(value)


def _maiden_name(reader: FieldReader, prop: RawProperty) -> None:
    reader.card.maiden_name = reader.card.maiden_name or reader.text(prop)


def _kind(reader: FieldReader, prop: RawProperty) -> None:
    value = prop.value.strip().lower()
    if value == "group":
        reader.card.is_group = True
    else:
        reader.repairs["machine_data"] += 1


def _evolution_list(reader: FieldReader, prop: RawProperty) -> None:
    if prop.value.strip().upper() == "TRUE":
        reader.card.is_group = True


def _member(reader: FieldReader, prop: RawProperty) -> None:
    label = reader.given.given.get("CN", [""])[0]
    reader.card.members.append(Member(reader.text(prop), label))


PLACED: dict[str, Handler] = {
    "VERSION": _version,
    "UID": _uid,
    "FN": _full_name,
    "N": _name,
    "NICKNAME": _nickname,
    "EMAIL": _email,
    "TEL": _phone,
    "X-MS-TEL": _phone,
    "ADR": _address,
    "LABEL": _address_label,
    "URL": _link,
    "ORG": _organisation,
    "TITLE": _title,
    "NOTE": _note,
    "BDAY": _birthday,
    "CATEGORIES": _categories,
    "IMPP": _messaging,
    "KIND": _kind,
    "X-KIND": _kind,
    "X-ADDRESSBOOKSERVER-KIND": _kind,
    "X-EVOLUTION-LIST": _evolution_list,
    "MEMBER": _member,
    "X-ADDRESSBOOKSERVER-MEMBER": _member,
    **dict.fromkeys(
        (
            "ANNIVERSARY",
            "X-ANNIVERSARY",
            "X-ZIMBRA-ANNIVERSARY",
            "X-EVOLUTION-ANNIVERSARY",
            "X-KADDRESSBOOK-X-ANNIVERSARY",
            "X-MS-ANNIVERSARY",
            "X-WAB-WEDDING_ANNIVERSARY",
        ),
        _anniversary,
    ),
    **dict.fromkeys(("X-ZIMBRA-IMADDRESS1", "X-ZIMBRA-IMADDRESS2", "X-ZIMBRA-IMADDRESS3"), _stored_messaging),
    "X-ZIMBRA-IMADDRESS": _stored_messaging,
    **dict.fromkeys(("X-ZIMBRA-MAIDENNAME", "X-MAIDENNAME"), _maiden_name),
    **dict.fromkeys(
        (
            "X-AIM",
            "X-ICQ",
            "X-JABBER",
            "X-MSN",
            "X-YAHOO",
            "X-SKYPE",
            "X-SKYPE-USERNAME",
            "X-GOOGLE-TALK",
            "X-GTALK",
            "X-QQ",
            "X-GADUGADU",
            "X-GROUPWISE",
            "X-MATRIX",
            "X-EVOLUTION-SKYPE",
            "X-IMPP",
            "X-MS-IMADDRESS",
            "X-KADDRESSBOOK-X-IMADDRESS",
        ),
        _messaging,
    ),
}
