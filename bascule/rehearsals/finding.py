"""One thing found, before it is a row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from bascule.models import RehearsalFinding, RehearsalSlice
from bascule.rehearsals.kinds import KINDS


@dataclass(frozen=True)
class Finding:
    """kind: a code of `kinds.KINDS`. One of agent_id, box_id, place_id says what it is about. about: tells several of
    one kind apart, such as the number of a file."""

    kind: str
    agent_id: int | None = None
    box_id: int | None = None
    place_id: int | None = None
    about: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        subject = f"a{self.agent_id}" if self.agent_id else f"b{self.box_id}" if self.box_id else f"e{self.place_id}"
        about = hashlib.sha256(self.about.encode()).hexdigest()[:16] if self.about else ""
        return f"{self.kind}:{subject}:{about}"

    def row(self, part: RehearsalSlice) -> RehearsalFinding:
        return RehearsalFinding(
            rehearsal_id=part.rehearsal_id,
            part=part,
            severity=KINDS[self.kind].severity,
            kind=self.kind,
            agent_id=self.agent_id,
            box_id=self.box_id,
            establishment_id=self.place_id,
            values=self.values,
            key=self.key,
        )
