"""The team's tags, made in the mailbox of each member who asked for them.

Nothing is changed that is there: a tag of the same name stays, in whatever colour, and the person is told. What a go
that was cut short had made already is met by the next one as there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from boxes.models import Delegation, Role, TeamTag
from boxes.sync.run import Run
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, Refused, Unavailable, ZimbraError

TOO_MANY_TAGS = "mail.TOO_MANY_TAGS"


def bring(run: Run) -> None:
    """Serve everybody who asked. Raises ClaimLost; whoever's mailbox does not answer is left to `run.silent`, and asks
    still."""
    asked = Delegation.objects.active().filter(box=run.box, tags_asked_at__isnull=False)
    # Somebody who only reads by now has no use for them.
    with run.writing():
        asked.filter(role=Role.READER).update(tags_asked_at=None)
    for row in list(asked.select_related("agent").order_by("pk")):
        try:
            # Read for each anew: owners may change them while a big team is served.
            result = _serve(run, row.agent.address, list(TeamTag.objects.filter(box=run.box)))
        except (Unavailable, AnswerLost, Garbled) as error:
            run.unanswered(error)
        else:
            run.answered()
            _note(run, row, result)


def _serve(run: Run, address: str, wanted: list[TeamTag]) -> dict[str, Any]:
    try:
        return _make(run.mailbox(address), wanted)
    except (Unavailable, AnswerLost, Garbled):
        raise
    except ZimbraError as error:
        # Without a mailbox, or with one that is closed, there is nothing to wait for: the person is told.
        return {"trouble": error.code}


def _make(mailbox: ZimbraClient, wanted: Iterable[TeamTag]) -> dict[str, Any]:
    there = {tag.name.casefold(): tag for tag in mailbox.tags()}
    result: dict[str, Any] = {"made": [], "there": [], "other_colour": [], "refused": []}
    full = False
    for tag in wanted:
        found = there.get(tag.name.casefold())
        if found is not None:
            same = found.colour == tag.colour and not found.rgb
            result["there" if same else "other_colour"].append(tag.name)
            continue
        if not full:
            try:
                mailbox.create_tag(tag.name, colour=tag.colour, existing_ok=True)
            except Refused as error:
                full = error.code == TOO_MANY_TAGS
            else:
                result["made"].append(tag.name)
                continue
        result["refused"].append(tag.name)
    return result


def _note(run: Run, row: Delegation, result: dict[str, Any]) -> None:
    """Whoever asked once more meanwhile is served once more; whoever left is left alone."""
    with run.writing():
        Delegation.objects.active().filter(pk=row.pk, tags_asked_at=row.tags_asked_at).update(
            tags_asked_at=None, tags_done_at=timezone.now(), tags_result=result
        )
