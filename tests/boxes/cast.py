"""One of everything around a shared box, and one person of each kind who may have to do with it.

scene = make_scene()
scene.people["reader"], scene.numbers("owner")["tag_id"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes.looks import Picture, SeenFolder
from boxes.models import (
    AccountRequest,
    Box,
    BoxFinding,
    BoxIdentity,
    BoxLook,
    BoxShare,
    BoxUse,
    CensusImport,
    CensusSheet,
    Delegation,
    Role,
    TeamTag,
)
from tests.factories import (
    give_access,
    make_agent,
    make_box,
    make_entry,
    make_establishment,
    make_moved_agent,
    make_shared_box,
)

# What a person is to the box, and to the census of its establishment. "anonymous" has not signed in.
ROLES = (
    "stranger",
    "removed",
    "pending",
    "reader",
    "member",
    "owner",
    "head",
    "head_elsewhere",
    "declared",
    "declared_member",
    "staff",
)
FOLDERS = (
    SeenFolder("2", "/Inbox", "message"),
    SeenFolder("10", "/Calendar", "appointment"),
    SeenFolder("257", "/Projets", "message"),
    SeenFolder("300", "/Archives", "message"),
)


@dataclass
class Scene:
    """box is shared, census_box is not yet; both of one establishment. other: a box of somebody else's."""

    box: Box
    census_box: Box
    other: Box
    people: dict[str, Agent]
    # For the addresses, by name of their parts; a person's own things under the role.
    ids: dict[str, object] = field(default_factory=dict)
    own: dict[str, dict[str, object]] = field(default_factory=dict)
    # The same of the other box.
    elsewhere: dict[str, object] = field(default_factory=dict)
    # Signed in, by role and whether forms are checked for their token.
    clients: dict[tuple[str, bool], Client] = field(default_factory=dict)

    def numbers(self, role: str) -> dict[str, object]:
        """Parts of the addresses that a person of this role asks for."""
        return self.ids | self.own.get(role, {})


def make_scene() -> Scene:
    here, there = make_establishment(name="Collège Bourbon"), make_establishment(name="Lycée Leconte")
    now = timezone.now()
    people = {role: make_moved_agent(f"{role.replace('_', '.')}@ac-reunion.fr") for role in ROLES}
    pending = people["pending"]
    pending.migrated_at = None
    people["staff"].is_staff = True
    for role, place in (("head", here), ("head_elsewhere", there)):
        people[role].function, people[role].establishment = Agent.Function.HEAD, place
    Agent.objects.bulk_update(people.values(), ["migrated_at", "is_staff", "function", "establishment"])

    box = make_shared_box(address="direction@ac-reunion.fr", name="Direction", establishment=here)
    rows = {role: give_access(box, people[role], role) for role in ("reader", "member", "owner")}
    give_access(box, pending, Role.MEMBER)
    give_access(box, people["removed"], Role.OWNER, state=Delegation.State.REMOVED)
    give_access(box, make_moved_agent(), Role.OWNER)
    census_box, source = (
        make_box(address=f"{name}@ac-reunion.fr", name=name, establishment=here, origin=Box.Origin.DECLARED)
        for name in ("vie-scolaire", "intendance")
    )
    for one in (census_box, source):
        make_entry(one, people["declared"], Role.OWNER)
    make_entry(census_box, people["declared_member"], Role.MEMBER)
    for place in (here, there):
        CensusSheet.objects.create(establishment=place)
    make_entry(source, make_moved_agent())
    BoxUse.objects.create(box=census_box, agent=make_agent(establishment=here))
    other = make_shared_box(address="gestion@ac-reunion.fr", name="Gestion", establishment=there)
    give_access(other, people["owner"], Role.OWNER)

    scene = Scene(box, census_box, other, people)
    scene.ids = _things(box, census_box) | {"source": source.pk}
    other_census = make_box(address="cdi@ac-reunion.fr", name="CDI", establishment=there)
    scene.elsewhere = _things(other, other_census)
    for role, row in rows.items():
        identity = BoxIdentity.objects.create(delegation=row, name=f"Identité {role}", from_name="Direction")
        scene.own[role] = {"identity_id": identity.pk}
    for role in ("head", "declared", "staff"):
        kept = _list(census_box, people[role])
        scene.own[role] = {"import_id": kept.pk}
    look = asdict(Picture(zimbra_id="z-1", folders=FOLDERS))
    BoxLook.objects.create(box=box, asked_at=now, looked_at=now, snapshot=sealing.seal_json(look))
    return scene


def _things(box: Box, census_box: Box) -> dict[str, object]:
    """What the addresses name, of a shared box and of one in the census of the same establishment."""
    target, declared = make_moved_agent(), make_moved_agent()
    row = give_access(box, target, Role.MEMBER)
    identity = BoxIdentity.objects.create(delegation=row, name="Accueil", from_name="Direction")
    share = BoxShare.objects.create(
        box=box, folder_id="257", folder_path="/Projets", agent=make_moved_agent(), access=BoxShare.Access.READ
    )
    assert box.establishment
    request = AccountRequest.objects.create(
        establishment=box.establishment, given_name="Ida", family_name="Técher", job="Agent", employer="Département",
        state=AccountRequest.State.SENT, sent_at=timezone.now(), mailed_at=timezone.now(),
    )  # fmt: skip
    return {
        "box_id": box.pk,
        "delegation_id": row.pk,
        "identity_id": identity.pk,
        "share_id": share.pk,
        "tag_id": TeamTag.objects.create(box=box, name="Urgent", colour=5).pk,
        "finding_id": BoxFinding.objects.create(
            box=box,
            kind=BoxFinding.Kind.GRANT_MISSING,
            grantee=target.address,
            folder_id="1",
            expected="rwidx",
            last_seen_at=timezone.now(),
        ).pk,
        "uai": box.establishment.uai,
        "census_box_id": census_box.pk,
        "entry_id": make_entry(census_box, declared).pk,
        "request_id": request.pk,
        "import_id": _list(census_box, make_agent()).pk,
        # Nobody in particular, for forms that name a person.
        "somebody": make_moved_agent().pk,
    }


def _list(box: Box, agent: Agent) -> CensusImport:
    """A list of one person, handed in by `agent`."""
    data = f"adresse;rôle\n{make_moved_agent().address};membre\n".encode()
    return CensusImport.objects.create(
        establishment=box.establishment,
        agent=agent,
        box=box,
        name="liste.csv",
        content=sealing.seal(data),
        size=len(data),
    )


# Changed by looking, which is no data: what was seen last, and the visit itself.
_NOT_DATA = {"django_session", "boxes_boxlook"}
_WRITING = re.compile(r'^\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM)\s+"(\w+)"', re.IGNORECASE)


@contextmanager
def tables_written() -> Iterator[set[str]]:
    """Names of the tables that hold data and were written to meanwhile."""
    written: set[str] = set()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # SQLite would take it, PostgreSQL does not.
        assert not any(isinstance(value, str) and "\0" in value for value in params or ()), sql
        found = _WRITING.match(sql)
        if found and found[1] not in _NOT_DATA:
            written.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written
