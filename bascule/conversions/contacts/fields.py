"""The reader of one card: values of its properties, and what can only be settled when all of them are known.

The functions per property are in `properties.py` and `extras.py`. What Zimbra shows goes to its own place; what it
would hide goes to the note; what no person would miss is dropped and counted (`machine_data`).
Repair codes: `version`, `quoted_printable`, `leftover_quoted_printable`, `email_cleaned`, `email_repeated`,
`email_to_note`, `phone_cleaned`, `phone_repeated`, `phone_to_note`, `address_repeated`, `address_to_note`,
`link_repeated`, `link_to_note`, `full_name_missing`, `name_missing`, `org_levels`, `date_rewritten`, `date_to_note`,
`photo_rewritten`, `messaging_to_note`, `value_to_note`, `machine_data`, `empty_value`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from bascule.conversions.contacts.card import MAX_IM_ADDRESSES, MAX_REPEATED, Card, Member
from bascule.conversions.contacts.splitting import RawCard, RawProperty
from bascule.conversions.contacts.values import NO_PARAMETERS, PHONE_LABELS, parameters
from bascule.conversions.text import decode_quoted_printable, looks_quoted_printable, split_escaped, unescape_text

_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_APPLE_TYPES = {"MOBILE": "CELL", "HOMEPAGE": "", "OTHER": ""}
_STRUCTURED = frozenset({"N", "ADR", "ORG"})


Handler = Callable[["FieldReader", RawProperty], None]


class FieldReader:
    """Reads one card. `read` gives the card; one instance per card, because properties refer to each other."""

    def __init__(self, raw: RawCard, repairs: Counter[str]) -> None:
        self.card = Card(raw.line)
        self.repairs = repairs
        self.line = raw.line
        self.given = NO_PARAMETERS
        self.group_label = ""
        self.photo_source = ""
        self.labels_of_addresses: list[tuple[str, str]] = []
        self.names_of_emails: dict[str, str] = {}
        # Keys only: a dictionary keeps the order and tells at once what is there already.
        self.nicknames: dict[str, None] = {}
        self.categories: dict[str, None] = {}
        self._raw = raw

    def read(self, handlers: Mapping[str, Handler], other: Handler) -> Card:
        """The card, complete but for its UID and, for a group, the addresses of its members.

        handlers: what to do with a property of that name; `other` takes the rest.
        """
        raw, card = self._raw, self.card
        labels = self._group_labels()
        for prop in raw.properties:
            if not prop.value or prop.value.isspace():
                if prop.name not in ("AGENT", "N"):
                    self.repairs["empty_value"] += 1
                continue
            self.line = prop.number
            self.given = parameters(prop.parameters)
            if labels:
                self.group_label = labels.get(prop.group, "") if prop.group else ""
            handlers.get(prop.name, other)(self, prop)
        for line in raw.loose:
            card.notes.append(line.text.strip())
        for line in raw.damaged:
            card.remark(
                line.number,
                "lost_characters",
                "Des lettres étaient déjà perdues dans le fichier d'origine ; elles sont remplacées par « ? ».",
                line.text,
            )
        self._finish()
        return card

    def text(self, prop: RawProperty) -> str:
        """The value as plain text."""
        return unescape_text(self.raw_value(prop)).strip()

    def parts(self, prop: RawProperty) -> list[str]:
        """The components of a structured value as plain text; lists inside a component are joined by a space."""
        value = self.raw_value(prop)
        found = []
        for part in value.split(";") if "\\" not in value else split_escaped(value, ";"):
            if "," in part:
                pieces = [piece.strip() for piece in split_escaped(part, ",")]
                part = (" " if prop.name == "N" else "\\, ").join(piece for piece in pieces if piece)
            found.append(unescape_text(part).strip())
        return found

    def raw_value(self, prop: RawProperty) -> str:
        """The value without quoted-printable, still escaped."""
        value = prop.value
        if self.given.encoding == "Q":
            self.repairs["quoted_printable"] += 1
            return self._unquoted(prop.name, value)
        if "=" in value and looks_quoted_printable(value):
            decoded = decode_quoted_printable(value, "", Counter())
            # Bytes that are not UTF-8 are only believed where a name stands; in a note "=E9" may be meant.
            if "?" not in decoded and (prop.name != "NOTE" or _is_utf8_quoted(value)):
                self.repairs["leftover_quoted_printable"] += 1
                return self._unquoted(prop.name, value)
        return value

    def _unquoted(self, name: str, value: str) -> str:
        charset = self.given.charset
        if name in _STRUCTURED and ";" in value:
            decoded = (decode_quoted_printable(part, charset, self.repairs) for part in value.split(";"))
            return ";".join(part.replace(";", "\\;") if "\\;" not in part else part for part in decoded)
        return decode_quoted_printable(value, charset, self.repairs)

    def _group_labels(self) -> dict[str, str]:
        """Apple names a property by a second one of the same group: item1.X-ABLabel."""
        labels = {}
        for prop in self._raw.properties:
            if prop.group and prop.name == "X-ABLABEL":
                labels[prop.group] = unescape_text(prop.value).strip()
        return labels

    def types(self) -> frozenset[str]:
        """TYPE values, with what an Apple label of the same group says."""
        label = self.group_label
        if not label:
            return self.given.types
        found = _APPLE_LABEL.fullmatch(label)
        name = (found[1] if found else label).upper()
        return self.given.types | {_APPLE_TYPES.get(name, name)}

    def custom_label(self) -> str:
        """The label that a person gave to a property, empty for the usual ones."""
        label = self.group_label or self.given.label
        if not label or _APPLE_LABEL.fullmatch(label) or label.upper() in _USUAL_LABELS:
            return ""
        return label

    def _finish(self) -> None:
        """What can only be said when all properties are known."""
        card = self.card
        if not card.name:
            card.name = ["", "", "", "", ""]
            self.repairs["name_missing"] += 1
        card.nickname = ", ".join(self.nicknames)
        card.categories = list(self.categories)
        words_by_place: dict[str, set[str]] = {}
        if self.labels_of_addresses:
            for kind, parts in card.addresses:
                words_by_place.setdefault(kind, set()).update(re.findall(r"\w+", " ".join(parts).casefold()))
        for kind, label in self.labels_of_addresses:
            words = words_by_place.get(kind, set())
            if not words.issuperset(re.findall(r"\w+", label.casefold())):
                self.repairs["value_to_note"] += 1
                card.note_line("Adresse", label)
        if len(card.emails) > 1:
            card.emails.sort(key=lambda email: email[0])
        if self.names_of_emails and not card.is_group:
            self._place_email_names()
        if not card.full_name and (label := card.label()):
            self.repairs["full_name_missing"] += 1
            card.full_name = " ".join(label.split())
        if card.is_group:
            self._settle_group()
        if len(card.emails) > MAX_REPEATED:
            for _, address, _ in card.emails[MAX_REPEATED:]:
                self.repairs["email_to_note"] += 1
                card.note_line("Autre adresse électronique", address)
            del card.emails[MAX_REPEATED:]
        if len(card.phones) > MAX_REPEATED:
            self._limit_phones()
        if len(card.addresses) > MAX_REPEATED:
            for _, parts in card.addresses[MAX_REPEATED:]:
                self.repairs["address_to_note"] += 1
                card.note_line("Autre adresse", ", ".join(part for part in parts if part))
            del card.addresses[MAX_REPEATED:]
        if len(card.links) > MAX_REPEATED:
            for _, link in card.links[MAX_REPEATED:]:
                self.repairs["link_to_note"] += 1
                card.note_line("Autre lien", link)
            del card.links[MAX_REPEATED:]
        if len(card.messaging) > MAX_IM_ADDRESSES:
            for address in card.messaging[MAX_IM_ADDRESSES:]:
                self.repairs["messaging_to_note"] += 1
                card.note_line("Messagerie instantanée", address)
            del card.messaging[MAX_IM_ADDRESSES:]
        if card.categories:
            card.note_line("Catégories", ", ".join(card.categories))

    def _place_email_names(self) -> None:
        """A name beside the address of a person is a name of that person."""
        card = self.card
        for name in dict.fromkeys(self.names_of_emails.values()):
            if not card.full_name:
                card.full_name = name
            elif name != card.full_name:
                self.repairs["value_to_note"] += 1
                card.note_line("Autre nom", name)

    def _settle_group(self) -> None:
        """A group in Zimbra has a name, members and a note; the rest of its card goes to the note."""
        card = self.card
        card.members.extend(Member(address, self.names_of_emails.get(address, "")) for _, address, _ in card.emails)
        card.emails.clear()
        before = len(card.extras)
        for label, value in (
            ("Surnom", card.nickname),
            ("Organisation", ", ".join(part for part in (card.company, card.department) if part)),
            ("Fonction", card.title),
            ("Date de naissance", card.birthday),
            ("Anniversaire", card.anniversary),
            ("Nom de naissance", card.maiden_name),
            *((f"Téléphone ({PHONE_LABELS[kind.attributes[0]]})", number) for kind, number in card.phones),
            *(("Adresse", ", ".join(part for part in parts if part)) for _, parts in card.addresses),
            *(("Lien", link) for _, link in card.links),
            *(("Messagerie instantanée", address) for address in card.messaging),
        ):
            card.note_line(label, value)
        if moved := len(card.extras) - before:
            self.repairs["value_to_note"] += moved
        card.nickname = card.company = card.department = card.title = ""
        card.birthday = card.anniversary = card.maiden_name = card.certificate = ""
        card.phones, card.addresses, card.links, card.messaging = [], [], [], []

    def _limit_phones(self) -> None:
        counts: Counter[str] = Counter()
        kept = []
        for kind, number in self.card.phones:
            counts.update(kind.attributes)
            if max(counts[attribute] for attribute in kind.attributes) <= MAX_REPEATED:
                kept.append((kind, number))
            else:
                self.repairs["phone_to_note"] += 1
                self.card.note_line(f"Autre téléphone ({PHONE_LABELS[kind.attributes[0]]})", number)
        self.card.phones = kept


_USUAL_LABELS = frozenset(
    [
        "HOME",
        "WORK",
        "OTHER",
        "MOBILE",
        "CELL",
        "MAIN",
        "IPHONE",
        "PAGER",
        "FAX",
        "DOMICILE",
        "TRAVAIL",
        "BUREAU",
        "AUTRE",
        "PRIVÉ",
        "INTERNET",
    ]
)
_UTF8_QUOTED = re.compile(r"=[C-Fc-f][0-9A-Fa-f]=[89ABab][0-9A-Fa-f]")


def _is_utf8_quoted(value: str) -> bool:
    return _UTF8_QUOTED.search(value) is not None
