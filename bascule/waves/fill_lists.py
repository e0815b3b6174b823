"""A whole planning entered at once: rows typed in, or pasted from a spreadsheet (name;when;populations;boxes)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

from accounts.list_text import cells_of, delimiter_of, records
from accounts.models import Population
from accounts.plain_text import plain
from bascule import planning
from bascule.models import Wave
from bascule.waves.drafts import Draft, UnknownPopulation, named_populations
from bascule.waves.editing import Refused, Wanted

MOST_ROWS = 80
_HEADINGS = {"nom", "vague", "nom de la vague", "quoi"}
_YES = {"oui", "o", "x", "1", "vrai", "true", "yes", "avec", "boites", "avec les boites"}
_NO = {"", "non", "n", "0", "faux", "false", "no", "sans"}
_DONE = {"fait", "faite", "deja faite", "deja fait", "termine", "terminee", "done"}


def read(text: str, known: Collection[Population]) -> list[Draft]:
    """The rows of a list, what is wrong with each in `errors`. Raises Refused for none, and for too many."""
    found = list(records(text.replace("\0", " ")))
    if not found:
        raise Refused("Collez d’abord votre liste, une vague par ligne.")
    if len(found) > MOST_ROWS:
        raise Refused(f"Cette liste a plus de {MOST_ROWS} lignes : ce n’est sans doute pas un planning de vagues.")
    delimiter = delimiter_of([line for _, line in found]) or ";"
    table = [cells_of(line, delimiter) for _, line in found]
    if plain(table[0][0]) in _HEADINGS:
        table = table[1:]
    rows, rest_of = [], list[Draft]()
    for cells in table:
        name, when, populations, boxes, state = [*cells, "", "", "", "", ""][:5]
        row = Draft(name, when, takes_boxes=plain(boxes) in _YES, is_done=plain(state) in _DONE | _YES)
        # A remark that it is done may stand in place of the boxes.
        if plain(boxes) in _DONE:
            row.is_done = True
        elif plain(boxes) not in _YES | _NO:
            row.errors["boxes"] = f"« {boxes} » : écrivez oui ou non pour les boîtes."
        try:
            row.populations, takes_rest = named_populations(populations, known)
        except UnknownPopulation as error:
            row.errors["populations"] = error.sentence
        else:
            rest_of += [row] if takes_rest else []
        rows.append(row)
    named = {pk for row in rows for pk in row.populations}
    for row in rest_of:
        row.populations |= {one.pk for one in known} - named
    return rows


def wanted(rows: Sequence[Draft], today: date) -> list[Wanted]:
    """What the rows that are filled in are to be. Raises Refused, with the errors in the rows."""
    filled = [row for row in rows if not row.is_blank]
    if not filled:
        raise Refused("Remplissez au moins une ligne : un nom, et quand.")
    found = [row.wanted(today) for row in filled]
    names = Counter(one.name.casefold() for one in found if one)
    for row, one in zip(filled, found, strict=True):
        if one and names[one.name.casefold()] > 1:
            row.errors["name"] = "Deux lignes ont ce nom."
    wrong = sum(bool(row.errors) for row in filled)
    if wrong:
        raise Refused(f"Rien n’est enregistré : {wrong} ligne{'s sont' if wrong > 1 else ' est'} à corriger.")
    return [one for one in found if one is not None]


def claimed_twice(rows: Sequence[Wanted], labels: dict[int, str]) -> list[str]:
    """Sentences about populations that several waves to come take, of `rows` and of those that there are."""
    claims: dict[int, list[str]] = {}
    waves = Wave.objects.exclude(state=Wave.State.DONE).filter(establishments=None).prefetch_related("populations")
    for wave in planning.in_order(waves):
        for population in wave.populations.all():
            claims.setdefault(population.pk, []).append(wave.name)
    for row in rows:
        for pk in row.populations if not row.is_done else ():
            claims.setdefault(pk, []).append(row.name)
    return [
        f"{labels[pk]} : {', '.join(f'« {name} »' for name in names)} – la plus proche l’emporte."
        for pk, names in claims.items()
        if len(names) > 1 and pk in labels and any(pk in row.populations for row in rows)
    ]


def left_out(taken: Collection[int], known: Collection[Population]) -> list[Population]:
    """Populations that none of the waves takes, those that there are included."""
    already = set(Wave.populations.through.objects.values_list("population_id", flat=True).distinct())
    return [row for row in known if row.pk not in already and row.pk not in taken]
