"""What the person agrees to: the list as wanted, and which of the differing elements are to be put right. JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bascule.lists.elements import Standing, assess
from bascule.lists.wishes import ListSetup
from bascule.mailbox_look import Snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """agreed: codes of the differences that may be overwritten, by the key of the element. standing: how each element
    stood when the plan was shown. on_behalf: the person may only write on the list's behalf. signature_length: the
    longest signature, 0 for no limit."""

    setup: ListSetup
    agreed: Mapping[str, frozenset[str]]
    standing: Mapping[str, Standing]
    on_behalf: bool = False
    signature_length: int = 0

    @property
    def changes(self) -> list[str]:
        """Keys of the elements that are made, completed or put right."""
        return [
            key
            for key, standing in self.standing.items()
            if standing in {Standing.MISSING, Standing.LACKS} or self.agreed.get(key)
        ]

    @property
    def blocked(self) -> bool:
        return Standing.BLOCKED in self.standing.values()

    def as_json(self) -> dict[str, Any]:
        return {
            "setup": self.setup.as_plan(),
            "agreed": {key: sorted(codes) for key, codes in self.agreed.items()},
            "standing": dict(self.standing),
            "on_behalf": self.on_behalf,
            "signature_length": self.signature_length,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        return cls(
            setup=ListSetup.from_plan(stored["setup"]),
            agreed={key: frozenset(codes) for key, codes in stored["agreed"].items()},
            standing={key: Standing(value) for key, value in stored["standing"].items()},
            on_behalf=stored["on_behalf"],
            signature_length=stored["signature_length"],
        )


def make_plan(setup: ListSetup, picture: Snapshot, *, put_right: Collection[str] = ()) -> Plan:
    """The plan for `setup` in the mailbox of `picture`. put_right: keys of elements whose differences are overwritten.

    An element that only lacks something is completed in any case.
    """
    elements = assess(setup, picture)
    agreed = {one.key: frozenset(d.code for d in one.contested) for one in elements if one.key in put_right}
    return Plan(
        setup=setup,
        agreed={key: codes for key, codes in agreed.items() if codes},
        standing={one.key: one.standing for one in elements},
        on_behalf=may_send(setup.address, picture) == ON_BEHALF,
        signature_length=picture.limits.signature_length,
    )


MAY_SEND, ON_BEHALF, MAY_NOT = "yes", "on_behalf", "no"


def may_send(address: str, picture: Snapshot) -> str:
    """Whether Zimbra will let the person write from `address`, as far as it tells: MAY_SEND, ON_BEHALF, MAY_NOT."""
    if address in {one.casefold() for one in picture.addresses} or address in picture.send_as:
        return MAY_SEND
    return ON_BEHALF if address in picture.send_on_behalf else MAY_NOT
