"""The row that stands for the census of an establishment: what is written of it holds its lock."""

from __future__ import annotations

from accounts.models import Establishment
from boxes.models import CensusSheet


def locked(establishment: Establishment) -> CensusSheet:
    """The sheet of `establishment`, made where there is none, locked until the transaction ends.

    Taken before the rows of boxes and of requests, which are never held by whoever waits for a sheet.
    """
    CensusSheet.objects.get_or_create(establishment=establishment)
    return CensusSheet.objects.select_for_update().get(establishment=establishment)
