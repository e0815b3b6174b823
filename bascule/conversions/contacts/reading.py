"""`read`: an address book file of any program to items for Zimbra."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from bascule.conversions.contacts.card import ORIGINAL_LENGTH, Card
from bascule.conversions.contacts.extras import read_card
from bascule.conversions.contacts.groups import MemberResolver
from bascule.conversions.contacts.other_formats import find_format
from bascule.conversions.contacts.rendering import Rendered
from bascule.conversions.contacts.splitting import RawCard, Splitter
from bascule.conversions.model import Collection, CollectionKind, GroupMember, Item, Reading, Remark
from bascule.conversions.text import Line, logical_lines

# zimbraContactMaxNumEntries of a mailbox, when nobody changed it.
MAX_CONTACTS = 10_000
_STRAY_LINES = 40
_NAMED_LINES = 20


class _Entry:
    """A card that was kept: its place among the items, and what is needed to find its like."""

    __slots__ = ("card", "index")

    def __init__(self, card: Card, index: int) -> None:
        self.card = card
        self.index = index


class _Likes:
    """Cards by something that they have in common; holds one small tuple for the many that have it alone."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, str]] = {}
        self._further: dict[str, list[tuple[int, str]]] = {}

    def add(self, key: str, card: Card) -> None:
        """Note a card under a key."""
        entry = (card.line, card.full_name)
        if key not in self._first:
            self._first[key] = entry
        elif entry != self._first[key]:
            self._further.setdefault(key, []).append(entry)

    def several(self) -> Iterator[list[tuple[int, str]]]:
        """The (line, name) of the cards of each key that has more than one."""
        for key, further in self._further.items():
            yield [self._first[key], *further]


class _Reader:
    def __init__(self, name: str, text_only: bool) -> None:
        self._text_only = text_only
        self.reading = Reading("contacts")
        self.collection = Collection(CollectionKind.CONTACTS, name)
        self.reading.collections.append(self.collection)
        self._items: list[Item | None] = []
        self._groups: list[_Entry] = []
        self._lines_by_content: dict[str, int] = {}
        self._uids: set[str] = set()
        self._resolver = MemberResolver(self.reading.repairs)
        self._names = _Likes()
        self._addresses = _Likes()
        self._stray: list[Line] = []
        self._stray_count = 0
        self._categories = 0

    def stray(self, line: Line) -> None:
        """A line outside any card."""
        self._stray_count += 1
        if len(self._stray) < _STRAY_LINES:
            self._stray.append(line)

    def card(self, raw: RawCard) -> None:
        """Read and keep one card."""
        reading = self.reading
        reading.items_in += 1
        card = read_card(raw, reading.repairs)
        if not card.full_name:
            original = "\n".join(f"{prop.name}{prop.parameters}:{prop.value}" for prop in raw.properties[:_STRAY_LINES])
            message = "Cette fiche est vide : ni nom, ni adresse, ni téléphone, ni note. Elle n'a pas été reprise."
            card.remark(card.line, "empty_card", message, original)
            reading.remarks.extend(card.located_remarks())
            return
        self._resolver.add(card)
        if card.categories:
            self._categories += 1
        if card.is_group:
            self._groups.append(_Entry(card, len(self._items)))
            self._items.append(None)
            return
        card, rendered, _ = _settled(card, ())
        self._keep(card, rendered, len(self._items), rendered.item(card, self._free_uid(card, rendered)))

    def finish(self) -> Reading:
        """Resolve groups, compare cards, and hand out the reading."""
        reading = self.reading
        for entry in self._groups:
            members = self._resolver.resolve(entry.card)
            card, rendered, members = _settled(entry.card, members)
            item = rendered.item(card, self._free_uid(card, rendered), members)
            self._keep(card, rendered, entry.index, item)
        self.collection.items = [item for item in self._items if item is not None]
        self._near_duplicates()
        self._whole_file_remarks()
        return reading

    def _keep(self, card: Card, rendered: Rendered, index: int, item: Item) -> None:
        reading = self.reading
        first = self._lines_by_content.get(rendered.fingerprint)
        if first is not None:
            reading.repairs["duplicate"] += 1
            message = f"Cette fiche est la même que celle de la ligne {first} ; elle n'est reprise qu'une fois."
            card.remark(card.line, "duplicate", message, item.label)
            reading.remarks.extend(card.located_remarks())
            return
        self._lines_by_content[rendered.fingerprint] = card.line
        self._uids.add(item.uid)
        if self._text_only and not card.is_group:
            item = Item(item.kind, item.uid, item.label, item.text)
        if index == len(self._items):
            self._items.append(item)
        else:
            self._items[index] = item
        if card.remarks:
            reading.remarks.extend(card.located_remarks())
        if not card.is_group:
            self._names.add(_normal_name(card.full_name), card)
            for _, address, _ in card.emails:
                self._addresses.add(address.lower(), card)

    def _free_uid(self, card: Card, rendered: Rendered) -> str:
        """The card's UID, made when it has none, made distinct when another card has it."""
        uid = rendered.uid(card)
        repairs = self.reading.repairs
        if uid != card.uid:
            repairs["uid_made"] += 1
        if uid in self._uids and rendered.fingerprint not in self._lines_by_content:
            repairs["uid_repeated"] += 1
            return rendered.fingerprint
        return uid

    def _near_duplicates(self) -> None:
        told: set[tuple[int, ...]] = set()
        for what, groups in (("le même nom", self._names), ("la même adresse électronique", self._addresses)):
            for cards in groups.several():
                lines = tuple(line for line, _ in cards)
                if lines in told:
                    continue
                told.add(lines)
                shown = ", ".join(map(str, lines[:_NAMED_LINES])) + ("…" if len(lines) > _NAMED_LINES else "")
                self.reading.remarks.append(
                    Remark(
                        "near_duplicates",
                        f"lignes {shown}, fiche « {cards[0][1]} »",
                        f"Ces {len(cards)} fiches ont {what} mais un contenu différent. Elles sont toutes reprises :"
                        " vous pourrez les fusionner dans Zimbra.",
                        "\n".join(dict.fromkeys(name for _, name in cards[:_NAMED_LINES])),
                    )
                )

    def _whole_file_remarks(self) -> None:
        remarks = self.reading.remarks
        if self._stray_count:
            text = "\n".join(line.text[:200] for line in self._stray)
            remarks.append(
                Remark(
                    "stray_lines",
                    f"ligne {self._stray[0].number}",
                    f"{self._stray_count} ligne(s) n'appartiennent à aucune fiche et n'ont pas été reprises.",
                    text[:ORIGINAL_LENGTH],
                )
            )
        if self._categories:
            remarks.append(
                Remark(
                    "categories_as_text",
                    "tout le fichier",
                    f"{self._categories} fiche(s) ont des catégories. Zimbra ne les affiche pas : elles sont"
                    " aussi écrites dans les notes, sur une ligne « Catégories : … ».",
                )
            )
        count = len(self.collection.items)
        if count > MAX_CONTACTS:
            remarks.append(
                Remark(
                    "too_many_contacts",
                    "tout le fichier",
                    f"Ce carnet a {count} fiches ; une boîte Zimbra en accepte d'ordinaire {MAX_CONTACTS}. Demandez une"
                    " limite plus haute avant l'envoi, ou retirez des fiches.",
                )
            )


def read(data: bytes, *, book_name: str = "", text_only: bool = False) -> Reading:
    """Read an address book: vCard 2.1, 3.0 or 4.0 in any state, jCard, xCard or LDIF.

    data: the whole file. book_name: the name of the collection. Every card that holds anything is in the collection or
    has a remark of its own; a bad line costs at most itself. text_only leaves the facts, attributes and pictures of
    contacts out of the items, for a caller that only writes files. Raises `Unreadable` when no card can be made out.
    """
    reader = _Reader(book_name, text_only)
    convert = find_format(data)
    if convert is not None:
        for raw in convert(data, reader.reading.repairs):
            reader.card(raw)
    else:
        lines: Iterable[Line] = logical_lines(data, repairs=reader.reading.repairs)
        Splitter(reader.card, reader.stray, reader.reading.repairs).feed_all(lines)
    return reader.finish()


# What the repairs of encodings look for. They look at a whole line, and our lines are not those of the source.
_SUSPICIOUS = re.compile(
    r"=(?!CELL|CAR|FAX)[0-9A-Fa-f]{2}|[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u2122]"
)
_SETTLING_ROUNDS = 4


def _settled(card: Card, members: tuple[GroupMember, ...]) -> tuple[Card, Rendered, tuple[GroupMember, ...]]:
    """A card, its text and its members, after which another reading would find nothing left to repair."""
    rendered = Rendered(card, members)
    for _ in range(_SETTLING_ROUNDS):
        if not _SUSPICIOUS.search(rendered.body):
            break
        again: list[RawCard] = []
        text = rendered.item(card, card.uid or rendered.fingerprint, members).text
        Splitter(again.append, lambda line: None, Counter()).feed_all(logical_lines(text.encode(), repairs=Counter()))
        second = read_card(again[0], Counter())
        if not card.uid:
            second.uid = ""
        second.line, second.remarks = card.line, card.remarks
        members = tuple(GroupMember(member.reference[len("mailto:") :], member.label) for member in second.members)
        before, card = rendered.fingerprint, second
        rendered = Rendered(card, members)
        if rendered.fingerprint == before:
            break
    return card, rendered, members


_WORD = re.compile(r"\w+")


def _normal_name(name: str) -> str:
    """A name without case, accents, punctuation and order of words."""
    name = name.casefold()
    if not name.isascii():
        name = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return " ".join(sorted(_WORD.findall(name))) or name
