"""What may become of a box when people act on it one after the other: what a race has to look like afterwards.

The rules of `boxes.delegations` written a second time, on plain values and without a database. Acts that were done at
the same moment must leave what some order of them would have left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

Act = tuple[str, ...]
WRITES = {"owner", "member"}


class Refused(Exception):
    """Named as the error of `boxes.delegations`."""


@dataclass
class Turns:
    """The people of a box, {name: (role, state)}, and what the journal and the notices say so far."""

    people: dict[str, tuple[str, str]]
    census: dict[str, str] = field(default_factory=dict)
    identities: dict[str, int] = field(default_factory=dict)
    journal: list[tuple[str, str, str]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)

    def do(self, act: Act) -> object:
        what, *words = act
        try:
            return getattr(self, what)(*words)
        except Refused as refusal:
            return str(refusal)

    def picture(self, outcomes: list[object]) -> dict[str, list]:
        return {
            "outcomes": outcomes,
            "rows": sorted([name, *row, self.identities.get(name, 0)] for name, row in self.people.items()),
            "journal": sorted(list(line) for line in self.journal),
            "notices": sorted(list(line) for line in self.notices),
        }

    def acting(self) -> list[str]:
        return [name for name, row in self.people.items() if row == ("owner", "active")]

    def need_owner(self, who: str) -> None:
        if who not in self.acting():
            raise Refused("NotOwner")

    def role_of(self, name: str) -> str:
        role, state = self.people[name]
        if state == "removed":
            raise Refused("Gone")
        return role

    def keep_an_owner(self, name: str) -> None:
        if self.acting() == [name]:
            raise Refused("LastOwner")

    def put(self, name: str, role: str, state: str = "active") -> None:
        self.people[name] = (role, state)
        if state == "active":
            self.identities[name] = int(role in WRITES)

    def take_out(self, name: str) -> None:
        self.keep_an_owner(name)
        self.people[name] = (self.people[name][0], "removed")
        self.identities[name] = 0

    def grant(self, who: str, whom: str, role: str) -> str:
        self.need_owner(who)
        self.give(who, whom, role, "box.granted")
        return "done"

    def give(self, who: str, whom: str, role: str, action: str) -> None:
        if self.people.get(whom, ("", "removed"))[1] != "removed":
            raise Refused("AlreadyThere")
        self.put(whom, role)
        self.journal.append((action, who, whom))
        self.notices.append((whom, "box.granted"))

    def appoint_owner(self, who: str, whom: str) -> str:
        action = "box.owner_appointed"
        if self.people.get(whom, ("", "removed"))[1] == "removed":
            self.give(who, whom, "owner", action)
        elif whom in self.acting():
            raise Refused("AlreadyThere")
        else:
            self.put(whom, "owner")
            self.journal.append((action, who, whom))
            self.notices.append((whom, "box.role_changed"))
        return "done"

    def change_role(self, who: str, whom: str, role: str) -> str:
        self.need_owner(who)
        before = self.role_of(whom)
        if before != role:
            if before == "owner":
                self.keep_an_owner(whom)
            state = self.people[whom][1]
            self.put(whom, role, state)
            self.journal.append(("box.role_changed", who, whom))
            if state == "active":
                self.notices.append((whom, "box.role_changed"))
        return "done"

    def revoke(self, who: str, whom: str) -> str:
        self.need_owner(who)
        self.role_of(whom)
        state = self.people[whom][1]
        self.take_out(whom)
        self.journal.append(("box.revoked" if state == "active" else "box.pending_revoked", who, whom))
        self.notices.append((whom, "box.revoked"))
        return "done"

    def give_up(self, who: str, whom: str) -> str:
        self.role_of(whom)
        self.take_out(whom)
        self.journal.append(("box.left", who, whom))
        self.notices += [(owner, "box.left") for owner in self.acting()]
        return "done"

    def grant_pending(self, _who: str, whom: str) -> int:
        role, state = self.people[whom]
        if state != "pending":
            return 0
        self.put(whom, role)
        self.journal.append(("box.granted_after_move", "", whom))
        self.notices.append((whom, "box.granted"))
        return 1

    def transfer(self, who: str, _whom: str) -> int:
        if self.people:
            return 0
        self.journal.append(("box.transfer_started", who, who))
        for name, role in self.census.items():
            self.give(who, name, role, "box.granted")
        return 1


def possible(people: dict[str, str], acts: list[Act]) -> list[dict[str, list]]:
    """What may be seen after the acts: one picture for each order of them. `outcomes` is in the order of `acts`."""
    pictures = []
    for order in permutations(range(len(acts))):
        known = {name: words.split() for name, words in people.items() if words}
        turns = Turns(
            {name: (role, "pending" if how else "active") for name, (*how, role) in known.items() if how != ["census"]},
            {name: role for name, (*how, role) in known.items() if how == ["census"]},
        )
        outcomes: list[object] = [None] * len(acts)
        for number in order:
            outcomes[number] = turns.do(acts[number])
        pictures.append(turns.picture(outcomes))
    return pictures
