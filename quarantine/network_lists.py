"""The academy's list of school networks, handed in as a table: looked at line by line, written whole or not at all.

Columns: the network (CIDR or an address), the code of the school, the factor; a line of headings or none, in any order
with it. A line without a factor has the one of schools (4, domain section 7). The file is kept sealed as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import journal, sealing
from accounts.list_text import CannotRead, cells_of, decoded, delimiter_of, records
from accounts.models import Agent
from accounts.plain_text import plain
from accounts.uploads import Bounds, shown_name
from quarantine import networks
from quarantine.models import FactorImport, NetworkFactor

MAX_BYTES = 1_000_000
MAX_ROWS = 10_000
RETENTION = timedelta(days=90)
SCHOOL_FACTOR = 4
TOO_BIG = "Ce fichier dépasse 1 Mo : ce n’est sans doute pas la liste des réseaux."

_HEADINGS = {
    "network": "reseau|reseaux|cidr|ip|adresse|adresse ip|adresses ip|ip publique|adresse ip publique|plage|plage ip",
    "uai": "uai|rne|code uai|code rne|etablissement|code etablissement|numero uai",
    "factor": "facteur|coefficient|multiplicateur|coef|x",
}
_COLUMNS = {word: kind for kind, words in _HEADINGS.items() for word in words.split("|")}
_USUAL_ORDER = ("network", "uai", "factor")


class Kind(Enum):
    """What a line means; the value is that of the filter on the page."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    BY_HAND = "by_hand"
    TWICE = "twice"
    WRONG = "wrong"

    @property
    def label(self) -> str:
        return {
            "add": "Ajouté",
            "change": "Modifié",
            "same": "Inchangé",
            "by_hand": "Déjà réglé à la main",
            "twice": "En double",
            "wrong": "En erreur",
        }[self.value]


@dataclass(frozen=True)
class Line:
    """One line: its number from 1, as it stands, and what it means. trouble: what is wrong, in French."""

    number: int
    text: str
    kind: Kind
    wanted: networks.Wanted | None = None
    before: str = ""
    trouble: str = ""


@dataclass
class Preview:
    """What the list would do. gone: networks imported before that it does not name any more."""

    lines: list[Line] = field(default_factory=list)
    gone: list[NetworkFactor] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> list[Line]:
        return [line for line in self.lines if line.kind is kind]

    @property
    def can_apply(self) -> bool:
        """Nothing is written while a line is wrong; nor when nothing would change."""
        return not self.of_kind(Kind.WRONG) and bool(self.of_kind(Kind.ADD) or self.of_kind(Kind.CHANGE) or self.gone)


def bounds() -> Bounds:
    return Bounds(MAX_BYTES, 2 * MAX_BYTES, TOO_BIG, TOO_BIG)


def take(*, data: bytes, name: str, by: Agent) -> FactorImport:
    """Keep a list as it came; nothing is written of it. Raises networks.NetworkError, PermissionDenied."""
    if not by.is_staff:
        raise PermissionDenied
    if len(data) > MAX_BYTES:
        raise networks.NetworkError(TOO_BIG)
    try:
        if not list(records(decoded(data))):
            raise CannotRead("Ce fichier est vide.")
    except CannotRead as error:
        raise networks.NetworkError(str(error)) from error
    with transaction.atomic():
        kept = FactorImport.objects.create(
            name=shown_name(name)[:200] if name else "Liste collée",
            content=sealing.seal(data),
            size=len(data),
            agent=by,
        )
        journal.record("sending.list_handed_in", by=by, target="sending:networks", target_label=kept.name)
        return kept


def content(kept: FactorImport) -> bytes:
    """The list as it came. Raises CannotOpen."""
    return sealing.unseal(bytes(kept.content))


def preview(kept: FactorImport) -> Preview:
    """What each line means now. Raises CannotOpen, networks.NetworkError for a list of too many lines."""
    lines = list(records(decoded(content(kept))))
    if len(lines) > MAX_ROWS + 1:
        raise networks.NetworkError(f"Cette liste a plus de {MAX_ROWS} lignes.")
    delimiter = delimiter_of([text for _, text in lines[:50]])
    columns: tuple[str, ...] = _USUAL_ORDER
    headings = tuple(_COLUMNS.get(plain(cell), "") for cell in cells_of(lines[0][1], delimiter))
    if "network" in headings:
        columns, lines = headings, lines[1:]
    known = {row.network: row for row in NetworkFactor.objects.all()}
    seen: set[str] = set()
    found = Preview([_line(number, text, columns, delimiter, known, seen) for number, text in lines])
    found.gone = [row for row in known.values() if row.is_imported and row.network not in seen]
    return found


def _line(
    number: int,
    text: str,
    columns: tuple[str, ...],
    delimiter: str,
    known: dict[str, NetworkFactor],
    seen: set[str],
) -> Line:
    shown = text[:200]
    cells = dict(zip(columns, cells_of(text, delimiter), strict=False))
    try:
        if not cells.get("network"):
            raise networks.NetworkError("Il n’y a pas de réseau sur cette ligne.")
        wanted = networks.Wanted(
            networks.network_of(cells["network"]),
            networks.uai_of(cells.get("uai", "")),
            networks.factor_of(cells["factor"]) if cells.get("factor") else SCHOOL_FACTOR,
        )
    except networks.NetworkError as error:
        return Line(number, shown, Kind.WRONG, trouble=error.sentence)
    if wanted.network in seen:
        return Line(number, shown, Kind.TWICE, wanted)
    seen.add(wanted.network)
    row = known.get(wanted.network)
    if row is None:
        return Line(number, shown, Kind.ADD, wanted)
    if not row.is_imported:
        return Line(number, shown, Kind.BY_HAND, wanted, before=networks.in_words(row.factor))
    same = (row.uai, row.factor) == (wanted.uai, wanted.factor)
    return Line(number, shown, Kind.SAME if same else Kind.CHANGE, wanted, before=networks.in_words(row.factor))


def apply(kept: FactorImport, *, by: Agent) -> tuple[int, int, int]:
    """Make the imported networks those of the list; gives how many were added, changed and removed. All or nothing.

    Raises networks.NetworkError while a line is wrong, CannotOpen, PermissionDenied.
    """
    with transaction.atomic():
        # Two lists applied at once follow one another.
        FactorImport.objects.select_for_update().get(pk=kept.pk)
        found = preview(kept)
        if found.of_kind(Kind.WRONG):
            raise networks.NetworkError("Des lignes sont en erreur : rien n’a été enregistré. Corrigez le fichier.")
        wanted = [
            line.wanted
            for kind in (Kind.ADD, Kind.CHANGE, Kind.SAME)
            for line in found.of_kind(kind)
            if line.wanted is not None
        ]
        added, changed, gone = networks.replace_imported(wanted, by=by)
        FactorImport.objects.filter(pk=kept.pk).update(applied_at=timezone.now())
        journal.record(
            "sending.list_applied",
            by=by,
            target="sending:networks",
            target_label=kept.name,
            added=added,
            changed=changed,
            gone=gone,
        )
        return added, changed, gone


def delete(kept: FactorImport, *, by: Agent) -> None:
    """Delete a list that was handed in; the networks stay. Raises PermissionDenied."""
    if not by.is_staff:
        raise PermissionDenied
    with transaction.atomic():
        if FactorImport.objects.filter(pk=kept.pk).delete()[0]:
            journal.record("sending.list_deleted", by=by, target="sending:networks", target_label=kept.name)


def expire() -> int:
    """Delete the lists whose time is over; gives how many."""
    return FactorImport.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()[0]
