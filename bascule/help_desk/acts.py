"""What staff may do in the place of a person: a list (`catalogue`), and one way to do each of them.

Nobody is impersonated. Each act has a page that says what it will do, needs a reason, is written in the journal with
that reason, and is told to the person by one notice, on screen and by mail: what, by whom, why, and what to do about
it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import journal, notices
from accounts.models import Agent
from bascule import standings
from bascule.help_desk.errors import NothingChanged, reason_of
from bascule.help_desk.reach import person_for


@dataclass(frozen=True)
class Prepared:
    """An act as it would be done now to one thing of one person.

    title: French infinitive, heading and button. done: what is told, after « Camille Hoarau, de l’assistance, … ».
    consequences: what the page says before. run: of the person, whoever of staff acts, and the reason. link: where the
    person sees it. refusal: why it cannot be done now.
    """

    title: str
    done: str
    consequences: tuple[str, ...]
    run: Callable[[Agent, Agent, str], Any]
    link: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Act:
    """code: in the address. prepare: of the person and what the form names; raises NotThere.

    plans: it changes the planning, and so waits for its lock before anything else. after: once it has committed.
    """

    code: str
    prepare: Callable[[Agent, str], Prepared]
    plans: bool = False
    by_mail: bool = True
    after: Callable[[Agent], None] | None = None


def perform(*, act: Act, prepared: Prepared, agent: Agent, reason: str, by: Agent) -> Any:
    """Do what was prepared for `agent`, and tell; gives what the act itself gives.

    Rights and the person's presence are looked at again in the transaction. Raises HelpDeskError, NotThere.
    """
    reason = reason_of(reason)
    with transaction.atomic():
        if act.plans:
            standings.lock_planning()
        staff, person = person_for(agent, by=by)
        with journal.in_place_of(person, by=staff, reason=reason) as entries:
            outcome = prepared.run(person, staff, reason)
        if not entries:
            raise NothingChanged
        _tell(person, staff, prepared, reason, by_mail=act.by_mail)
    if act.after is not None:
        act.after(agent)
    return outcome


def _tell(person: Agent, staff: Agent, prepared: Prepared, reason: str, *, by_mail: bool) -> None:
    notices.notify(
        person,
        kind="help.acted",
        title="L’assistance a agi à votre place",
        body=f"{staff.full_name} ({staff.address}), de l’équipe DSI, {prepared.done}.\n\n"
        f"Motif : « {reason} »\n\n"
        f"Si vous n’aviez rien demandé, ou si ce n’est pas ce que vous vouliez, écrivez à {settings.HELP_DESK} en "
        "recopiant ce message.",
        link=prepared.link,
        by_mail=by_mail,
    )
