"""All acts of the help desk, by their code."""

from __future__ import annotations

from bascule.help_desk import acts_person, acts_steps, acts_wave, acts_work
from bascule.help_desk.acts import Act

ACTS: dict[str, Act] = {
    act.code: act for act in (*acts_steps.ACTS, *acts_work.ACTS, *acts_person.ACTS, *acts_wave.ACTS)
}
