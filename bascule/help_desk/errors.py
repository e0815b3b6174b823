"""What the help desk refuses.

HelpDeskError           `sentence`: why, in French
+- NoReason             nothing, or too little, was given as the reason
+- OwnPage              it is about the very person who asks
+- HasLeft              the person is in the directory no more
+- NothingChanged       it was so already
+- Refused              another rule, with its own sentence
NotThere                no such thing of that person: 404
"""

from __future__ import annotations

REASON_LEAST, REASON_MOST = 5, 500


class NotThere(Exception):
    """No such thing, or not of that person, or not for whoever asks."""


class HelpDeskError(Exception):
    """Refused; trying the same again does not help."""

    sentence = ""


class NoReason(HelpDeskError):
    sentence = f"Indiquez le motif en {REASON_LEAST} caractères au moins : la personne le lira."


class OwnPage(HelpDeskError):
    sentence = "C’est votre propre fiche : passez par vos pages, ou demandez à un collègue."


class HasLeft(HelpDeskError):
    sentence = "Cette personne n’est plus dans l’annuaire : rien ne se fait plus à sa place."


class NothingChanged(HelpDeskError):
    sentence = "C’était déjà le cas : rien n’a changé, et la personne n’a pas été prévenue."


class Refused(HelpDeskError):
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def reason_of(typed: str) -> str:
    """What was typed as a reason, on one line and bounded. Raises NoReason."""
    reason = " ".join(typed.replace("\0", " ").split())[:REASON_MOST]
    if len(reason) < REASON_LEAST:
        raise NoReason
    return reason
