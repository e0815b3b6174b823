"""What tests of lists share: a list, a replay of it driven by the engine, and a mailbox as one value to compare."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.models import Agent
from bascule.lists import setups
from bascule.lists.acting import picture_of
from bascule.lists.wishes import ListSetup
from bascule.mailbox_look import look_through
from bascule.models import DistributionList, Replay
from bascule.replays import confirm, engine
from zimbra.client import ZimbraClient

ADDRESS = "profs-sti2d@academie.example"


def wish(**fields: Any) -> ListSetup:
    values: dict[str, Any] = {
        "address": ADDRESS,
        "sender_name": "Professeurs STI2D",
        "colour": 3,
        "signature_text": "La liste STI2D\nLycée des Filaos",
    }
    return ListSetup(**(values | fields))


def add(agent: Agent, **fields: Any) -> DistributionList:
    return setups.add(agent=agent, setup=wish(**fields), by=agent)


def prepared(row: DistributionList, client: ZimbraClient, *, put_right: Collection[str] = ()) -> Replay:
    """A confirmed replay that no worker has begun."""
    return setups.carry(row=row, picture=look_through(client), by=row.agent, put_right=put_right)


def carried(row: DistributionList, client: ZimbraClient, *, put_right: Collection[str] = ()) -> Replay:
    """A replay brought to its end."""
    return worked(prepared(row, client, put_right=put_right))


def worked(replay: Replay) -> Replay:
    """Work until nothing is waited for."""
    for _ in range(20):
        Replay.objects.filter(pk=replay.pk).update(retry_at=None)
        if engine.advance(replay.pk) is None:
            break
    replay.refresh_from_db()
    return replay


def undone(replay: Replay) -> Replay:
    confirm.undo(replay=replay, by=replay.agent)
    return worked(replay)


def settings_of(client: ZimbraClient) -> tuple[Any, ...]:
    """All a list is made of, what else the mailbox holds included."""
    seen = picture_of(client)
    folders = {(one.id, one.path, one.view, one.colour, one.rgb) for one in seen.folders}
    identities = {
        one.id: (one, tuple(sorted((k, v) for k, v in one.attributes.items() if v))) for one in seen.identities
    }
    enabled = client.preferences("zimbraPrefMailSignatureEnabled")
    return folders, seen.incoming, seen.outgoing, set(seen.signatures), identities, enabled
