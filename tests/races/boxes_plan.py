"""Who has what in which box, before and after a round of changes: worked out from numbers, and looked for in Zimbra.

Nothing of `boxes` is used here but what is compared: the plan is worked out a second time, not read from the portal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.boxes.sync.held import of_box, of_person
from tests.simulated import DOMAIN, Simulated

LETTERS = {"owner": "rwidxa", "member": "rwidx", "reader": "r"}
_NUMBERED = re.compile(r" \(\d+\)$")


@dataclass(frozen=True)
class Access:
    role: str
    hidden: bool = False


@dataclass(frozen=True)
class Plan:
    """`boxes` boxes of `members` people each, out of `people` in all; everybody is in several boxes."""

    boxes: int
    members: int

    @property
    def people(self) -> int:
        return max(self.members + 2, self.boxes * self.members // 5)

    def box_address(self, box: int) -> str:
        return f"boite.{box}@{DOMAIN}"

    def address(self, person: int) -> str:
        return f"agent.{person}@{DOMAIN}"

    def person(self, box: int, member: int) -> int:
        return (box * (self.members - 1) + member) % self.people

    def name(self, box: int) -> str:
        """Some alike, some with characters that Zimbra does not take."""
        return ("Vie scolaire", f'Collège/Lycée : "{box}"', f"Boîte {box}")[box % 3]

    def clean_name(self, box: int) -> str:
        return ("Vie scolaire", f"Collège-Lycée - '{box}'", f"Boîte {box}")[box % 3]

    def first(self, member: int) -> Access:
        """What the census says of the member of this number, in each box."""
        if member == 0:
            return Access("owner")
        return Access("reader" if member % 4 == 3 else "member")

    def second(self, member: int) -> Access | None:
        """After the changes: some gone, some with another role, some who hid the box, some gone and there again."""
        before = self.first(member)
        if member == 0:
            return before
        turn = member % 5
        if turn == 1:
            return None
        if turn == 2:
            return Access("owner" if before.role == "reader" else "reader")
        if turn == 3:
            return Access(before.role, hidden=True)
        if turn == 4:
            return Access("member" if before.role == "reader" else "reader")
        return before

    def accesses(self, *, changed: bool) -> Iterator[tuple[int, int, Access]]:
        """(box, person, access) of everybody who has one."""
        for box in range(self.boxes):
            for member in range(self.members):
                access = self.second(member) if changed else self.first(member)
                if access is not None:
                    yield box, self.person(box, member), access


def differences(zimbra: Simulated, plan: Plan, *, changed: bool) -> list[str]:
    """Everything in Zimbra that is not exactly as planned, in words; [] when all is."""
    grants: dict[int, dict[str, str]] = defaultdict(dict)
    senders: dict[int, set[str]] = defaultdict(set)
    mounts: dict[int, set[int]] = defaultdict(set)
    identities: dict[int, set[str]] = defaultdict(set)
    for box, person, access in plan.accesses(changed=changed):
        address = plan.address(person)
        grants[box][address] = LETTERS[access.role]
        if access.role != "reader":
            senders[box].add(address)
            identities[person].add(plan.box_address(box))
        if not access.hidden:
            mounts[person].add(box)
    found: list[str] = []
    owners: dict[str, int] = {}
    with zimbra.admin() as admin:
        for box in range(plan.boxes):
            owners[admin.get_account(plan.box_address(box), attributes=("zimbraId",)).id] = box
            held = of_box(zimbra, plan.box_address(box), admin)
            if held.grants != {"/": grants[box]}:
                found.append(f"grants of box {box}: {held.grants} for {grants[box]}")
            if held.senders != senders[box]:
                found.append(f"senders of box {box}: {sorted(held.senders)} for {sorted(senders[box])}")
        for person in range(plan.people):
            mine = of_person(zimbra, plan.address(person), admin)
            seen = sorted((owners[owner], remote, _NUMBERED.sub("", path)) for owner, remote, path in mine.mounts)
            wanted = sorted((box, "1", f"/{plan.clean_name(box)}") for box in mounts[person])
            if seen != wanted:
                found.append(f"mounted folders of {person}: {mine.mounts} for {wanted}")
            if sorted(address for _, address in mine.identities) != sorted(identities[person]):
                found.append(f"identities of {person}: {mine.identities} for {sorted(identities[person])}")
    return found
