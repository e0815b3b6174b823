"""What is told of a wave's imports: to each person once, and to whoever started them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from bascule.models import BulkPerson, BulkRun, Import, ImportItem

State = BulkPerson.State


@dataclass(frozen=True, slots=True)
class Line:
    """An import with its items by state."""

    parent: Import
    counts: Counter[str]


def lines_of(person: BulkPerson) -> list[Line]:
    """The imports made for `person`, the oldest first."""
    parents = list(Import.objects.filter(bulk_person=person).defer("findings").order_by("pk"))
    counts: dict[int, Counter[str]] = {parent.pk: Counter() for parent in parents}
    rows = ImportItem.objects.filter(parent__in=counts).order_by().values_list("parent", "state").annotate(Count("pk"))
    for parent_id, state, count in rows:
        counts[parent_id][state] = count
    return [Line(parent, counts[parent.pk]) for parent in parents]


def tell_person(person: BulkPerson, told: list[Line], *, state: State) -> None:
    """One notice for all that was imported for `person`, whose part has just come to that end; inside its transaction.

    Mails go as fast as the academy's sending limits let them.
    """
    lines = [_sentence(one) for one in told]
    if not lines:
        return
    titles = {
        State.DONE: "Vos contacts et calendriers sont dans Zimbra",
        State.FAILED: "Une partie de vos imports n’a pas abouti",
        State.CANCELLED: "L’équipe DSI a interrompu vos imports",
    }
    closing = (
        "L’équipe DSI a lancé ces imports pour votre vague. Pour en retirer un : « Mes fichiers », "
        "ouvrez l’import, puis « Annuler cet import » ; seul ce qu’il a ajouté est retiré."
    )
    notices.notify_each(
        [(person.agent, "\n".join([*lines, closing]))],
        kind="bulk.done" if state == State.DONE else "bulk.stopped",
        title=titles[state],
        link=reverse("files"),
        by_mail=True,
        in_turn=True,
    )


def _sentence(line: Line) -> str:
    parent = line.parent
    name = parent.name or parent.get_kind_display()
    if parent.state == Import.State.DONE:
        items = ImportItem.State
        added, present, refused = (line.counts[code] for code in (items.CREATED, items.PRESENT, items.REFUSED))
        parts = [_plural(added, "élément ajouté", "éléments ajoutés")]
        if present:
            parts.append(_plural(present, "déjà présent", "déjà présents"))
        if refused:
            parts.append(_plural(refused, "refusé par Zimbra", "refusés par Zimbra"))
        return f"« {name} » → « {parent.folder_name} » : {', '.join(parts)}."
    if parent.state == Import.State.FAILED:
        return f"« {name} » : {parent.error}"
    return f"« {name} » : {parent.get_state_display().lower()}."


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {many if count > 1 else one}"


def close_if_through(run: BulkRun) -> None:
    """End `run` when nobody waits in it any more; inside the transaction that counted the last person, which holds the
    run's row: of two last persons at once, the second sees the first."""
    waiting = BulkPerson.objects.filter(run=OuterRef("pk"), state=State.WAITING)
    now = timezone.now()
    through = BulkRun.objects.filter(~Exists(waiting), pk=run.pk)
    if through.filter(state__in=BulkRun.LIVE).update(state=BulkRun.State.DONE, finished_at=now):
        ended = BulkRun.objects.select_related("wave", "by").get(pk=run.pk)
        journal.record(
            "bulk.done",
            by=None,
            target=f"wave:{ended.wave_id}",
            target_label=ended.wave.name,
            people=ended.people_done,
            failed=ended.people_failed,
            imports=ended.imports_done,
            items=ended.items_added,
        )
        if ended.by is not None:
            notices.notify(
                ended.by,
                kind="bulk.done",
                title=f"« {ended.wave.name} » : imports terminés",
                body=f"{_plural(ended.people_done, 'personne servie', 'personnes servies')}, "
                f"{_plural(ended.people_failed, 'échec', 'échecs')}, "
                f"{_plural(ended.items_added, 'élément ajouté', 'éléments ajoutés')}.",
                link=reverse("wave_imports", args=[ended.wave_id]),
            )
    else:
        through.filter(state=BulkRun.State.CANCELLED, finished_at=None).update(finished_at=now)
