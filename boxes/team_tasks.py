"""What waits for staff, over all boxes: counts for the page they begin with."""

from __future__ import annotations

from django.urls import reverse

from accounts.team_waiting import Waiting
from boxes import overview, ownership
from boxes.models import AccountRequest, CensusSheet
from boxes.ownership import Gap
from boxes.reconcile import findings


def waiting() -> list[Waiting]:
    """What somebody of staff can act on now; what there is none of is left out. A dozen queries at most."""
    found = [
        Waiting(
            CensusSheet.objects.filter(state=CensusSheet.State.SUBMITTED).count(),
            "recensement à valider",
            "recensements à valider",
            f"{reverse('staff_census')}?etat=submitted",
        ),
        Waiting(
            AccountRequest.objects.filter(state=AccountRequest.State.SENT).count(),
            "demande de compte en cours",
            "demandes de compte en cours",
            reverse("staff_requests"),
        ),
        Waiting(
            ownership.boxes_without_owner().count(),
            "boîte sans propriétaire",
            "boîtes sans propriétaire",
            f"{reverse('staff_owners')}?liste={Gap.NO_OWNER}",
        ),
        Waiting(
            overview.choose(kind="trouble").count(),
            "boîte à débloquer",
            "boîtes à débloquer",
            f"{reverse('staff_boxes')}?etat=trouble",
        ),
        Waiting(findings.open_findings().count(), "écart avec Zimbra", "écarts avec Zimbra", reverse("staff_findings")),
    ]
    return [one for one in found if one.count]
