"""What pages and downloads show of an import: its lists, told line by line. Bounded, however long the list was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts import sealing
from accounts.directory import problems
from accounts.directory.kinds import SAME, Action, Kind
from accounts.directory.second_look import TWINS
from accounts.models import DirectoryImport, DirectoryLine

# What is shown of one list, page by page; a download has all of it.
MOST_SHOWN = 10_000
# Up to as many lines, a search looks into names and in the middle of addresses, and any order is made.
FEW = 20_000
_TOGETHER = 1000

ORDERS = {"": ("pk",), "adresse": ("key", "pk"), "nom": ("label", "pk")}
_EXPLAINED = {
    Action.ADDED: "Ce que le répertoire n’avait pas.",
    Action.CHANGED: "Seul ce qui change est montré : ancienne valeur, puis nouvelle.",
    Action.BACK: "Ces personnes étaient désactivées ; elles retrouvent leur compte.",
    Action.GONE: "Ces personnes sont désactivées, jamais supprimées : leurs sessions se ferment, leur adresse est "
    "gardée.",
    Action.STAFF: "Ces membres de l’équipe DSI ne sont pas dans la liste. Ils restent actifs, sauf si vous cochez la "
    "case prévue en confirmant.",
    Action.MISSING: "Rien ne change pour eux : vérifiez seulement s’ils existent encore.",
    Action.ERROR: "Corrigez ces lignes dans votre fichier, puis déposez-le de nouveau : rien n’est écrit tant qu’il en "
    "reste une.",
    Action.REMARK: "Ces lignes sont prises ; voyez seulement si la remarque vous surprend.",
}

# One, several: said in a sentence by page and command alike.
COUNTED: dict[str, tuple[str, str]] = {
    SAME: ("ligne sans changement", "lignes sans changement"),
    Action.ADDED.value: ("ajout", "ajouts"),
    Action.CHANGED.value: ("modification", "modifications"),
    Action.BACK.value: ("retour", "retours"),
    Action.GONE.value: ("départ", "départs"),
    Action.STAFF.value: ("membre de l’équipe DSI absent", "membres de l’équipe DSI absents"),
    Action.MISSING.value: ("absent de la liste, laissé en place", "absents de la liste, laissés en place"),
    TWINS: ("départ qui ressemble à un changement d’adresse", "départs qui ressemblent à un changement d’adresse"),
    Action.REMARK.value: ("remarque", "remarques"),
    Action.ERROR.value: ("ligne en erreur", "lignes en erreur"),
}


@dataclass(frozen=True)
class Tab:
    """One of the lists of an import. counted: what there are so many of, "ajouts"."""

    action: str
    label: str
    count: int
    counted: str
    explained: str


@dataclass
class Told:
    """A line as a person reads it. changes: label of the field, before, after. sentences: what is wrong or remarked."""

    line: DirectoryLine
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    original: str = ""


def tabs(row: DirectoryImport) -> list[Tab]:
    """The lists that hold something, errors first."""
    order = (Action.ERROR, *(action for action in Action if action != Action.ERROR))
    found = [(one, row.count(one)) for one in order if row.count(one)]
    return [Tab(one.value, str(one.label), n, COUNTED[one.value][n > 1], _EXPLAINED[one]) for one, n in found]


def lines(row: DirectoryImport, action: str, text: str = "", order: str = "") -> QuerySet[DirectoryLine]:
    """The first lines of one list, those that `text` finds, by name, address or number of the line."""
    found = DirectoryLine.objects.filter(directory_import=row.pk, action=action)
    is_small = row.count(action) <= FEW
    if text:
        holds = Q(key__startswith=text.lower()) | Q(key__startswith=text.upper())
        if is_small:
            holds = Q(key__icontains=text) | Q(label__icontains=text)
        if text.isdecimal() and len(text) < 10:
            holds |= Q(number=int(text))
        found = found.filter(holds)
    return found.order_by(*ORDERS.get(order if is_small else "", ("pk",)))[:MOST_SHOWN]


def told(some: Sequence[DirectoryLine], kind: Kind | None) -> list[Told]:
    """Each of `some` with its values and sentences in French."""
    befores = kind.shown([line.before for line in some]) if kind else [{} for _ in some]
    afters = kind.shown([line.after for line in some]) if kind else [{} for _ in some]
    labels = {one.code: one.label for one in kind.fields} if kind else {}
    shown = []
    for line, before, after in zip(some, befores, afters, strict=True):
        changes = [
            (labels.get(code, code), before.get(code, ""), after[code])
            for code in after
            if code not in _SAID and (line.action != Action.ADDED or code not in _NAMED)
        ]
        sentences = [problems.sentence(code, values) for code, values in line.problems]
        original = sealing.unseal(bytes(line.original)).decode() if line.original else ""
        shown.append(Told(line, changes, sentences, original))
    return shown


# What the name of the list says already, and what stands beside the line.
_SAID = frozenset({"is_active"})
_NAMED = frozenset({"address", "given_name", "family_name", "uai", "name"})


def table(row: DirectoryImport, kind: Kind | None, action: str) -> Iterator[tuple[object, ...]]:
    """The whole list, or all lists when `action` is none, for a download."""
    yield "liste", "ligne", "adresse ou code", "nom", "ce qui change", "à savoir", "ligne d’origine"
    names = {one.value: one.label for one in Action}
    found = DirectoryLine.objects.filter(directory_import=row.pk)
    if action in names:
        found = found.filter(action=action)
    last = 0
    while some := list(found.filter(pk__gt=last).order_by("pk")[:_TOGETHER]):
        last = some[-1].pk
        for one in told(some, kind):
            line = one.line
            changes = " ; ".join(f"{label} : {_both(before, after)}" for label, before, after in one.changes)
            said = list(one.sentences)
            if line.twin_key:
                said.append(f"Même nom, même établissement que {line.twin_key}.")
            yield names[line.action], line.number or "", line.key, line.label, changes, " ".join(said), one.original


def _both(before: str, after: str) -> str:
    return f"{before} → {after}" if before else after


def percent(row: DirectoryImport) -> int:
    """How much of the list was read."""
    return min(99, row.octets_read * 100 // row.size) if row.size else 0
