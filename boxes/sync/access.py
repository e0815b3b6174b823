"""Who reaches a box, and who is shared one item of it: what the rows say, made so in Zimbra.

First the box's side, for everybody together: whoever is removed is out at once, and a folder can only be mounted by who
was granted it. Then person by person. One person's trouble is noted on the row and stops nobody else.
"""

from __future__ import annotations

from boxes.sync import grants, members, people
from boxes.sync.people import Person
from boxes.sync.run import Run
from zimbra.errors import AnswerLost, Garbled, NotFound, Unavailable, ZimbraError


def bring(run: Run) -> None:
    """Raises what strikes the box as a whole, and ClaimLost; a mailbox that does not answer is left to `run.silent`."""
    work = people.begin(run)
    if not (work.people or work.settled):
        return
    troubles = grants.bring(run, work)
    for share in work.gone:
        people.note_share_trouble(run, share, grants.NO_SUCH_FOLDER)
    for person in work.people:
        code = troubles.get(person.address.casefold())
        if code is not None and not person.leaves:
            people.note_trouble(run, person, code)
            continue
        try:
            _serve(run, person, code)
        except (Unavailable, AnswerLost, Garbled) as error:
            run.unanswered(error)
        else:
            run.answered()


def _serve(run: Run, person: Person, refused: str | None) -> None:
    """refused: what the box's side said of somebody who leaves, whose own side is cleared all the same."""
    mounts: dict[str, tuple[str, str]] = {}
    try:
        mounts = members.serve(run, person)
    except (Unavailable, AnswerLost, Garbled):
        raise
    except NotFound as error:
        # There is no mailbox from which something could have to go; to give something, one is needed.
        if not _only_goes(person):
            refused = error.code
    except ZimbraError as error:
        refused = error.code
    if refused is None:
        people.note(run, person, mounts)
    else:
        people.note_trouble(run, person, refused)


def _only_goes(person: Person) -> bool:
    stays = person.delegation is not None and not person.leaves
    return not stays and all(share.removed for share in person.shares)
