"""Which procedure carries which kind of replay. Imported late by the engine: procedures know the engine's parts."""

from __future__ import annotations

from bascule.filters.existing_mail import EXISTING_MAIL
from bascule.filters.replaying import FILTERS
from bascule.lists.replaying import PROCEDURE as LISTS
from bascule.models import Replay
from bascule.replays.acts import Procedure
from bascule.signatures.replaying import SIGNATURES


def procedure_of(kind: str) -> Procedure:
    """Raises KeyError for a kind without a procedure."""
    return PROCEDURES[Replay.Kind(kind)]


PROCEDURES: dict[Replay.Kind, Procedure] = {
    Replay.Kind.FILTERS: FILTERS,
    Replay.Kind.EXISTING_MAIL: EXISTING_MAIL,
    Replay.Kind.SIGNATURE: SIGNATURES,
    Replay.Kind.LIST: LISTS,
}
