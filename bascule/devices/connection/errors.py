"""Why a connection test cannot begin. sentence: French, for the person."""

from __future__ import annotations


class ConnectionTestError(Exception):
    sentence = ""


class NoTest(ConnectionTestError):
    sentence = "L’essai de connexion n’est pas ouvert sur ce portail."


class NoPassword(ConnectionTestError):
    sentence = "Collez le mot de passe d’application à essayer."


class OddPassword(ConnectionTestError):
    sentence = "Ce mot de passe est trop long, ou contient des signes impossibles : collez celui que Zimbra a donné."


class UnderWay(ConnectionTestError):
    sentence = "Un essai est déjà en cours : attendez qu’il se termine."


class TooMany(ConnectionTestError):
    sentence = "Vous avez fait beaucoup d’essais : attendez une heure, pour que votre compte ne soit pas bloqué."
