"""What cannot be done, and what a mail server answers that stops the work: each with a French sentence."""

from __future__ import annotations


class CheckError(Exception):
    """`sentence` says what to do; `code` is stable."""

    code = "mailbox_check"
    sentence = "Cette action n’est pas possible."

    def __init__(self, sentence: str = "", *, code: str = "") -> None:
        self.sentence = sentence or self.sentence
        self.code = code or self.code
        super().__init__(self.code)


# --- what a person asks for ------------------------------------------------------------------------------------------


class NotThere(CheckError):
    """There is nothing of that kind, or it is not that person's to see."""

    code, sentence = "not_there", "Cette page n’existe pas."


class UnderWay(CheckError):
    code, sentence = "under_way", "Une vérification est déjà en cours : attendez sa fin, ou abandonnez-la."


class NoCensus(CheckError):
    code = "no_census"
    sentence = (
        "Il n’y a pas encore d’inventaire terminé de votre ancienne messagerie : faites-le d’abord, la comparaison en "
        "a besoin."
    )


class PasswordNeeded(CheckError):
    code, sentence = "password_needed", "Saisissez votre mot de passe de messagerie pour continuer."


class NotConfigured(CheckError):
    code = "not_configured"
    sentence = "Ce serveur de messagerie n’est pas ouvert au portail : adressez-vous à l’assistance."


class WrongState(CheckError):
    """It has come to another state meanwhile."""

    code, sentence = "wrong_state", "Cette vérification a changé d’état entre-temps : relisez la page."


class NotStaff(CheckError):
    code, sentence = "not_staff", "Cette action est réservée à l’équipe DSI."


# --- what servers answer ---------------------------------------------------------------------------------------------


class ServerFault(CheckError):
    """The work stops, and another try would end the same way."""


class WrongPassword(ServerFault):
    code = "wrong_password"
    sentence = (
        "Le serveur a refusé ce mot de passe. Un seul essai a été fait, pour ne pas bloquer votre compte : vérifiez le "
        "mot de passe, puis saisissez-le de nouveau."
    )


class DelegationRefused(ServerFault):
    code = "delegation_refused"
    sentence = (
        "Le serveur n’a pas ouvert cette boîte au portail : le compte n’y existe pas, ou l’accès du portail lui est "
        "refusé."
    )


class NotEncrypted(ServerFault):
    code = "tls"


class Unusable(ServerFault):
    """The server speaks, but not as needed."""

    code = "unusable"
    sentence = "Le serveur de messagerie répond d’une façon que le portail ne comprend pas : prévenez l’assistance."


class ServerAway(CheckError):
    """No connection, or one that was cut: worth another try after a pause."""

    code = "server_away"
    sentence = (
        "Le serveur de messagerie n’a pas répondu malgré plusieurs essais. Ce qui est déjà lu est gardé : relancez la "
        "vérification plus tard, elle reprendra où elle en était."
    )


class FolderFault(CheckError):
    """This folder cannot be opened; the others can."""

    code, sentence = "folder", "Le serveur n’ouvre pas ce dossier."
