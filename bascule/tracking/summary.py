"""What matters first about a wave, in one sentence, and its figures as charts and tables show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bascule import steps
from bascule.models import Wave, WaveFigure
from bascule.models.tracking import Counts
from bascule.steps import Step
from bascule.tracking.charts import Segment, percent, stacked

State = Wave.State

# The five groups that people are in, as a bar shows them: kind, label, what the list of them is asked by.
GROUPS: tuple[tuple[str, str], ...] = (
    ("complete", "Tout est terminé"),
    ("unfinished", "Transférées, étapes restantes"),
    ("ready", "Prêtes pour le transfert"),
    ("started", "Préparation commencée"),
    ("untouched", "Rien de commencé"),
)

# What a step is for those whom it concerns.
STEP_KINDS: tuple[tuple[str, str], ...] = (("done", "Faite"), ("skipped", "Non concernées"), ("open", "À faire"))


def number(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def groups(counts: Counts) -> list[Segment]:
    parts = [(kind, label, int(getattr(counts, kind)), f"etat={kind}") for kind, label in GROUPS]
    return stacked(parts, counts.people)


def sentence(wave: Wave, counts: Counts, today: date) -> str:
    """ "212 personnes sur 340 sont prêtes ; il reste 12 jours. 9 imports sont arrêtés." """
    if not counts.people:
        return "Personne n’est dans cette vague."
    return " ".join(filter(None, (f"{_progress(wave, counts, today)}.", _failures(counts))))


def overall(counts: Counts, under_way: int) -> str:
    """Of all waves together; under_way: how many of them are."""
    if not counts.people:
        return ""
    told = f"{_of(counts.moved, number(counts.people), 'transférée')}"
    if counts.moved:
        done = "a" if counts.complete == 1 else "ont"
        told += f", dont {number(counts.complete)} {done} tout terminé" if counts.complete else ""
    if under_way:
        told += f" ; {under_way} {'vague est' if under_way == 1 else 'vagues sont'} en cours"
    return " ".join(filter(None, (f"{told}.", _failures(counts))))


def _progress(wave: Wave, counts: Counts, today: date) -> str:
    total = number(counts.people)
    if wave.state in (State.PLANNED, State.FROZEN) and not counts.moved:
        return f"{_of(counts.ready, total, 'prête')}{_time_left(wave, today)}"
    moved = _of(counts.moved, total, "transférée")
    if not counts.moved:
        return moved
    if counts.complete == counts.moved:
        done = "et a tout terminé" if counts.moved == 1 else "et toutes ont tout terminé"
        return f"{moved} {done}"
    if not counts.complete:
        return f"{moved}, aucune n’a encore tout terminé"
    return f"{moved}, dont {number(counts.complete)} {'ont' if counts.complete > 1 else 'a'} tout terminé"


def _of(count: int, total: str, what: str) -> str:
    if not count:
        return f"Aucune personne sur {total} n’est {what}"
    return f"{number(count)} personne{'s' if count > 1 else ''} sur {total} {'sont' if count > 1 else 'est'} {what}" + (
        "s" if count > 1 else ""
    )


def _time_left(wave: Wave, today: date) -> str:
    if wave.date is None:
        return " ; la date exacte n’est pas fixée"
    days = (wave.date - today).days
    if days > 1:
        return f" ; il reste {days} jours"
    if days == 1:
        return " ; le transfert a lieu demain"
    if days == 0:
        return " ; le transfert a lieu aujourd’hui"
    return f" ; la date est passée de {-days} jour{'s' if days < -1 else ''}"


def _failures(counts: Counts) -> str:
    found = []
    if counts.imports_failed:
        found.append(
            f"{number(counts.imports_failed)} import{'s sont arrêtés' if counts.imports_failed > 1 else ' est arrêté'}"
        )
    if counts.replays_failed:
        found.append(
            f"{number(counts.replays_failed)} envoi{'s sont arrêtés' if counts.replays_failed > 1 else ' est arrêté'}"
        )
    if counts.unreadable:
        found.append(
            f"{number(counts.unreadable)} fichier{'s sont illisibles' if counts.unreadable > 1 else ' est illisible'}"
        )
    if counts.imports_waiting:
        waits = "imports attendent" if counts.imports_waiting > 1 else "import attend"
        found.append(f"{number(counts.imports_waiting)} {waits} Zimbra")
    return f"{', '.join(found)}." if found else ""


@dataclass(frozen=True)
class StepRow:
    """A step and how the people it concerns stand with it. open: those who have it open; held_up: stop right there."""

    step: Step
    total: int
    done: int
    skipped: int
    open: int
    held_up: int
    bar: list[Segment]

    @property
    def closed_percent(self) -> str:
        return percent(self.done + self.skipped, self.total)


def funnel(figure: WaveFigure) -> tuple[list[StepRow], list[StepRow]]:
    """The steps before the move, which concern everybody, and those after it, for whoever has moved."""
    found: tuple[list[StepRow], list[StepRow]] = ([], [])
    for step in steps.STEPS:
        total = figure.people if step.is_before else figure.moved
        done, skipped, held_up = figure.of_step(step.code)
        # Somebody whose move was taken back keeps what was closed after it.
        left = max(total - done - skipped, 0)
        counts = (done, skipped, left)
        parts = [
            (kind, label, count, f"etape={step.code}&comment={kind}")
            for (kind, label), count in zip(STEP_KINDS, counts, strict=True)
        ]
        row = StepRow(step, total, done, skipped, left, held_up, stacked(parts, max(total, done + skipped)))
        found[0 if step.is_before else 1].append(row)
    return found
