"""A deposited file read once more, after its reader has been mended or has given up."""

from __future__ import annotations

from django.db import transaction

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule.models import Deposit, Import, ReadCollection

_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)
# What was read in these became rows of the person's own: reading them twice would bring back what was deleted since.
_ONCE = (Deposit.Kind.FILTERS, Deposit.Kind.SIGNATURE)


class CannotRead(Exception):
    """The file is not to be read again; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def may_be(deposit: Deposit) -> bool:
    """Whether the file could be read again, imports left aside; asks no query."""
    return deposit.state not in _UNREAD and (deposit.state != Deposit.State.READ or deposit.kind not in _ONCE)


def why_not(deposit: Deposit) -> str:
    """Why the file cannot be read again, in French; empty when it can."""
    if deposit.state in _UNREAD:
        return "Sa lecture est en cours ou va commencer : le portail la reprend de lui-même."
    if deposit.state == Deposit.State.READ and deposit.kind in _ONCE:
        return "Ce qui y a été lu se trouve déjà dans les pages de la personne : il n’est lu qu’une fois."
    if Import.objects.filter(collection__deposit=deposit).exists():
        return "Un import s’appuie sur ce qui a été lu : il faut d’abord que la personne dépose le fichier de nouveau."
    return ""


@transaction.atomic
def read_again(*, deposit: Deposit, by: Agent) -> None:
    """Forget what was read in `deposit`, and have it read anew. Locks the row. Raises CannotRead."""
    from bascule.tasks import read_deposit

    row = Deposit.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=deposit.pk).first()
    if row is None:
        raise CannotRead("Ce fichier a été supprimé entre-temps.")
    if why := why_not(row):
        raise CannotRead(why)
    ReadCollection.objects.filter(deposit=row).delete()
    row.state, row.read_at, row.attempts = Deposit.State.RECEIVED, None, 0
    row.error = row.error_code = ""
    row.items_in = row.items_out = 0
    row.repair_counts, row.remark_counts, row.remarks = {}, {}, b""
    row.save()
    journal.record("deposit.read_again", by=by, subject=row.agent, target=f"deposit:{row.pk}", target_label=row.name)
    hand_out_on_commit(read_deposit, row.pk)
