"""Read back what Zimbra holds, and compare it item by item with what was sent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts import journal, notices, sealing
from bascule.imports import states
from bascule.imports.carrier import OTHER_VERSION_PRESENT
from bascule.imports.results import page_of, told_together
from bascule.imports.run import Item, Run

# Findings kept with their texts; all of them are counted.
MAX_FINDINGS = 1000


def verify(run: Run) -> None:
    """VERIFYING to DONE. Looks only, so it may be repeated at will; counts, findings and state change together."""
    if run.parent.retry_at or run.parent.waiting_for:
        run.start_clock()
    rows = list(
        run.rows.filter(state__in=(Item.CREATED, Item.PRESENT))
        .exclude(zimbra_id="")
        .exclude(reason=OTHER_VERSION_PRESENT)
    )
    findings: list[dict[str, Any]] = []
    missing = differing = 0
    for parcel, differences in run.carrier().compare(run.parcels_one_by_one(rows)):
        if differences is None:
            missing += 1
        elif differences:
            differing += 1
        else:
            continue
        if len(findings) == MAX_FINDINGS:
            continue
        findings.append(
            {
                "position": parcel.position,
                "label": parcel.item.label,
                "kind": parcel.item.kind.value,
                "missing": differences is None,
                "differences": [asdict(one) for one in differences or ()],
            }
        )
    _finish(run, identical=len(rows) - missing - differing, differing=differing, missing=missing, findings=findings)


def _finish(run: Run, *, identical: int, differing: int, missing: int, findings: list[dict[str, Any]]) -> None:
    parent, now = run.parent, timezone.now()
    sealed = sealing.seal_json(findings)
    counts = dict(run.rows.order_by().values_list("state").annotate(Count("pk")))
    created, refused = counts.get(Item.CREATED, 0), counts.get(Item.REFUSED, 0)
    with run.writing(while_in=states.State.VERIFYING):
        run.move(
            to=states.State.DONE,
            since=states.State.VERIFYING,
            identical=identical,
            differing=differing,
            missing=missing,
            findings=sealed,
            verified_at=now,
            finished_at=now,
            waiting_for="",
            retry_at=None,
            attempts=0,
        )
        journal.record(
            "import.done",
            by=None,
            subject=parent.agent,
            target=f"import:{parent.pk}",
            target_label=parent.name,
            created=created,
            refused=refused,
            identical=identical,
            differing=differing,
            missing=missing,
        )
        if not told_together(parent):
            notices.notify(
                parent.agent,
                kind="import.done",
                title=f"Import terminé : {_plural(created, 'élément ajouté', 'éléments ajoutés')}",
                body=f"« {parent.name or parent.folder_name} » : {_body(identical, differing, missing, refused)}",
                link=page_of(parent),
                by_mail=True,
            )


def _body(identical: int, differing: int, missing: int, refused: int) -> str:
    total = identical + differing + missing
    many = "s" if total > 1 else ""
    sentences = [f"{identical} sur {total} retrouvé{many} dans Zimbra, identique{many}."]
    if differing:
        sentences.append(_plural(differing, "élément diffère.", "éléments diffèrent."))
    if missing:
        sentences.append(_plural(missing, "élément manque.", "éléments manquent."))
    if refused:
        sentences.append(_plural(refused, "élément a été refusé par Zimbra.", "éléments ont été refusés par Zimbra."))
    return " ".join(sentences)


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {many if count > 1 else one}"
