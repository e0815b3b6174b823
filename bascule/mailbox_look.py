"""What a person's settings in Zimbra are: folders, filters, signatures, identities, absence. Looked at by a task, kept
sealed on a row, and handed to the pages that plan a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import zimbra_door
from bascule.filters.stored import rules_from_text, rules_to_text
from bascule.models import SettingsLook
from bascule.replays import failures
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, NotAllowed, NotFound, Refused, Unavailable, ZimbraError
from zimbra.types import Folder, Identity, Limits, OutOfOffice, Person, SendRight, SendTarget, Signature
from zimbra.types.filters import FilterRule
from zimbra.types.settings import ExternalReply

# How long what was seen is shown without looking again, and how long a task may take before another is sent.
FRESH = timedelta(minutes=2)
PATIENCE = timedelta(seconds=30)

UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class SeenFolder:
    """A folder of the mailbox. path without a leading slash; view as in `zimbra.types.Folder`."""

    id: str
    path: str
    view: str
    parent_id: str
    count: int = 0
    colour: int = 0
    is_mountpoint: bool = False
    rgb: str = ""

    @property
    def takes_mail(self) -> bool:
        return self.view in {"", "message"} and self.path != ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look. directory: what the academy's directory says of the person (GAL attributes)."""

    folders: tuple[SeenFolder, ...] = ()
    incoming: tuple[FilterRule, ...] = ()
    outgoing: tuple[FilterRule, ...] = ()
    signatures: tuple[Signature, ...] = ()
    identities: tuple[Identity, ...] = ()
    addresses: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    absence: OutOfOffice = field(default_factory=lambda: OutOfOffice(enabled=False))
    directory: dict[str, str] = field(default_factory=dict)
    # Addresses of accounts and lists that gave the person the right to write as them, or on their behalf.
    send_as: tuple[str, ...] = ()
    send_on_behalf: tuple[str, ...] = ()
    # Those of both that are lists.
    send_lists: tuple[str, ...] = ()

    def rules(self, direction: str) -> tuple[FilterRule, ...]:
        return self.outgoing if direction == "outgoing" else self.incoming

    def folder(self, path: str) -> SeenFolder | None:
        """Zimbra does not tell capitals from small letters."""
        wanted = path.strip("/").casefold()
        return next((one for one in self.folders if one.path.casefold() == wanted), None)


def look_for(agent: Agent, *, anew: bool = False) -> SettingsLook:
    """The latest look of `agent`; a new one is asked for when it is missing, old, or `anew`. Never waits.

    While it is under way `looked_at` is None, and `seen` gives the picture of the look before.
    """
    now = timezone.now()
    with transaction.atomic():
        row, made = SettingsLook.objects.select_for_update().get_or_create(agent=agent, defaults={"asked_at": now})
        under_way = not made and row.looked_at is None and row.asked_at > now - PATIENCE
        is_old = row.looked_at is None or row.looked_at < now - FRESH
        if made or (not under_way and (anew or is_old)):
            from bascule.tasks import look_at_settings

            row.asked_at, row.looked_at, row.error, row.error_code = now, None, "", ""
            row.save(update_fields=["asked_at", "looked_at", "error", "error_code"])
            hand_out_on_commit(look_at_settings, agent.pk)
    return row


def forget(agent: Agent) -> None:
    """What was seen is out of date: the next page looks again, and shows the old picture until then."""
    SettingsLook.objects.filter(agent=agent).update(
        looked_at=None, asked_at=timezone.now() - PATIENCE, error_code="", error=""
    )


def latest(agent: Agent) -> SettingsLook | None:
    """What was seen last, without asking for another look."""
    return SettingsLook.objects.filter(agent=agent).first()


def seen(row: SettingsLook) -> Snapshot | None:
    """The picture of the latest look that succeeded; None when there is none, or it can no longer be opened."""
    if not row.snapshot:
        return None
    try:
        return _loaded(sealing.unseal_json(bytes(row.snapshot)))
    except (sealing.CannotOpen, KeyError, TypeError):
        return None


def look(agent_id: int) -> None:
    """Called by a task. Running twice is harmless. What was asked for before something changed is thrown away."""
    row = SettingsLook.objects.select_related("agent").filter(agent_id=agent_id).first()
    if row is None:
        return
    agent = row.agent
    found: dict[str, object]
    try:
        with zimbra_door.mailbox_of(agent) as client:
            picture = look_through(client)
        found = {"snapshot": sealing.seal_json(_dumped(picture)), "error_code": "", "error": ""}
    except (Unavailable, AnswerLost, Garbled):
        found = {"error_code": UNAVAILABLE, "error": "Zimbra ne répond pas pour le moment."}
    except ZimbraError as error:
        stopped = failures.stopped_by(error)
        found = {"error_code": stopped.code[:40], "error": stopped.sentence}
    SettingsLook.objects.filter(pk=row.pk, asked_at=row.asked_at).update(looked_at=timezone.now(), **found)


def look_through(client: ZimbraClient) -> Snapshot:
    """Raises any ZimbraError."""
    info = client.info()
    try:
        person = client.person(info.address)
    except (NotAllowed, NotFound, Refused):
        # A service may keep its directory to itself; everything else is there without it.
        person = None
    targets = client.send_targets()
    return Snapshot(
        folders=folders_seen(client.folders()),
        incoming=client.filters("incoming"),
        outgoing=client.filters("outgoing"),
        signatures=tuple(client.signatures()),
        identities=tuple(client.identities()),
        addresses=info.addresses,
        limits=info.limits,
        absence=client.out_of_office(),
        directory=_directory(person),
        send_as=_targets(targets, SendRight.SEND_AS),
        send_on_behalf=_targets(targets, SendRight.SEND_ON_BEHALF),
        send_lists=tuple(one.addresses[0].casefold() for one in targets if one.kind == "dl" and one.addresses),
    )


def folders_seen(root: Folder) -> tuple[SeenFolder, ...]:
    """A mailbox's tree, root included, saved searches left out; parents first."""
    return tuple(
        SeenFolder(
            one.id, one.path.strip("/"), one.view, one.parent_id, one.count, one.colour, one.is_mountpoint, one.rgb
        )
        for one in root.walk()
        if not one.is_search
    )


def _targets(targets: Sequence[SendTarget], right: SendRight) -> tuple[str, ...]:
    found = (address.casefold() for one in targets if one.send_right == right for address in one.addresses)
    return tuple(dict.fromkeys(found))


def _directory(person: Person | None) -> dict[str, str]:
    return dict(person.attributes) if person else {}


def _dumped(picture: Snapshot) -> dict[str, Any]:
    absence = asdict(picture.absence)
    absence |= {
        "start": picture.absence.start.isoformat() if picture.absence.start else None,
        "until": picture.absence.until.isoformat() if picture.absence.until else None,
        "external": picture.absence.external.value,
    }
    return {
        "folders": [asdict(one) for one in picture.folders],
        "incoming": rules_to_text(picture.incoming),
        "outgoing": rules_to_text(picture.outgoing),
        "signatures": [asdict(one) for one in picture.signatures],
        "identities": [_identity(one) for one in picture.identities],
        "addresses": picture.addresses,
        "limits": asdict(picture.limits),
        "absence": absence,
        "directory": picture.directory,
        "send_as": picture.send_as,
        "send_on_behalf": picture.send_on_behalf,
        "send_lists": picture.send_lists,
    }


def _identity(identity: Identity) -> dict[str, Any]:
    kept = {one.name: getattr(identity, one.name) for one in fields(identity) if one.name != "attributes"}
    return {**kept, "from_right": identity.from_right.value}


def _loaded(stored: dict[str, Any]) -> Snapshot:
    absence = dict(stored["absence"])
    for name in ("start", "until"):
        absence[name] = datetime.fromisoformat(absence[name]) if absence[name] else None
    absence["external"] = ExternalReply(absence["external"])
    return Snapshot(
        folders=tuple(SeenFolder(**one) for one in stored["folders"]),
        incoming=rules_from_text(stored["incoming"]),
        outgoing=rules_from_text(stored["outgoing"]),
        signatures=tuple(Signature(**one) for one in stored["signatures"]),
        identities=tuple(_loaded_identity(one) for one in stored["identities"]),
        addresses=tuple(stored["addresses"]),
        limits=Limits(**stored["limits"]),
        absence=OutOfOffice(**absence),
        directory=stored["directory"],
        send_as=tuple(stored["send_as"]),
        send_on_behalf=tuple(stored["send_on_behalf"]),
        send_lists=tuple(stored["send_lists"]),
    )


def _loaded_identity(stored: dict[str, Any]) -> Identity:
    tuples = {name: tuple(stored[name]) for name in ("folder_ids", "sent_to")}
    return Identity(**{**stored, **tuples, "from_right": SendRight(stored["from_right"])})
