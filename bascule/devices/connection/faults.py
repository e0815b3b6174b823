"""What can go wrong with a connection: a stable code, its cause, what to do about it. Texts for people, in French.

Braces hold values of the line, and names of servers (see `telling`). diagnosis: the same fault in the diagnosis of the
help, "" when it knows none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Fault(Exception):
    """A check failed. values: facts for the sentences, JSON, without secrets."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Explanation:
    title: str
    cause: str
    remedies: tuple[str, ...] = ()
    diagnosis: str = ""


# The account is not tried again, lest it be locked: of a password that is wrong, servers count each try.
REFUSALS = frozenset({"sign_in.refused", "sign_in.account_password", "sign_in.expired", "sign_in.locked"})

_OURS = (
    "Ce n’est pas votre appareil, et vous n’y pouvez rien : ne changez aucun réglage.",
    "Refaites l’essai dans un quart d’heure. Si le résultat est le même, transmettez le compte rendu à {help_desk}.",
)
_STAFF = ("Transmettez le compte rendu à {help_desk} : le réglage à corriger est celui du service, pas le vôtre.",)
_NEVER_ACCEPT = (
    "Si votre logiciel vous propose d’accepter ce certificat ou d’ajouter une exception, refusez : quelqu’un pourrait "
    "lire votre mot de passe."
)
_MAKE_ANOTHER = (
    "Créez un nouveau mot de passe d’application, et copiez-le au lieu de le recopier à la main : 16 lettres, sans "
    "espace."
)

EXPLANATIONS: dict[str, Explanation] = {
    "name.unknown": Explanation(
        "Serveur introuvable",
        "Le nom {host} n’existe pas dans l’annuaire d’Internet (DNS), ou le portail n’a pas le droit de l’y chercher.",
        _STAFF,
    ),
    "name.no_answer": Explanation(
        "L’annuaire d’Internet ne répond pas",
        "Le portail n’a pas pu demander l’adresse de {host} : son réseau est momentanément coupé ou surchargé.",
        _OURS,
    ),
    "port.closed": Explanation(
        "Port fermé",
        "Le serveur existe, mais il refuse toute connexion sur le port {port} : le service est arrêté, ou le port "
        "n’est pas le bon.",
        _OURS,
    ),
    "port.silent": Explanation(
        "Aucune réponse",
        "Rien ne répond sur le port {port}. C’est ce que l’on voit quand un pare-feu filtre ce port, ou quand le "
        "serveur est en panne.",
        _OURS,
    ),
    "port.unreachable": Explanation(
        "Serveur injoignable",
        "Le réseau du portail ne connaît aucun chemin vers ce serveur.",
        _OURS,
    ),
    "port.deaf": Explanation(
        "Une des adresses du serveur ne répond pas",
        "L’adresse {deaf} n’a pas répondu ; une autre adresse du même serveur l’a fait. Votre appareil peut hésiter "
        "quelques secondes avant de se connecter.",
        ("Rien à faire de votre côté. Si votre logiciel est lent à se connecter, transmettez le compte rendu.",),
    ),
    "tls.silent": Explanation(
        "Le serveur se tait",
        "La connexion s’ouvre sur le port {port}, mais le serveur ne répond pas à la demande de chiffrement : il est "
        "surchargé, ou un équipement du réseau retient les échanges.",
        _OURS,
    ),
    "tls.plain": Explanation(
        "Ce port ne parle pas SSL/TLS",
        "Sur le port {port}, le serveur attend une connexion d’abord sans chiffrement (STARTTLS){said}. Le portail, "
        "comme votre logiciel, en demande une chiffrée dès le début (SSL/TLS).",
        (
            "Dans votre logiciel, gardez « SSL/TLS » avec les ports {imap_port} (réception) et {smtp_port} (envoi) ; "
            "« STARTTLS » va avec d’autres ports.",
            *_STAFF,
        ),
    ),
    "tls.cut": Explanation(
        "Connexion coupée pendant le chiffrement",
        "Le serveur, ou un équipement placé devant lui, a raccroché au moment de chiffrer la connexion.",
        _OURS,
    ),
    "tls.old": Explanation(
        "Chiffrement trop ancien",
        "Le serveur ne propose que des façons de chiffrer que l’on n’admet plus. Un logiciel récent refusera aussi de "
        "s’y connecter.",
        _STAFF,
    ),
    "certificate.expired": Explanation(
        "Certificat périmé",
        "Le certificat de {host} n’est plus valable depuis le {until}. Tous les logiciels s’en plaindront.",
        (_NEVER_ACCEPT, *_STAFF),
    ),
    "certificate.not_yet": Explanation(
        "Certificat pas encore valable",
        "Le certificat de {host} n’est valable que plus tard, ou l’horloge du portail est fausse.",
        (_NEVER_ACCEPT, *_STAFF),
    ),
    "certificate.wrong_name": Explanation(
        "Le certificat est celui d’un autre serveur",
        "On a demandé {host} ; le certificat présenté vaut pour {names}.",
        (
            "Vérifiez, dans votre logiciel, que le nom du serveur est écrit exactement {host}.",
            _NEVER_ACCEPT,
            *_STAFF,
        ),
    ),
    "certificate.self_signed": Explanation(
        "Certificat que personne ne garantit",
        "Le certificat est signé par {issuer}, que les appareils ne connaissent pas. Certains antivirus et certains "
        "réseaux remplacent ainsi le vrai certificat pour lire ce qui passe.",
        (_NEVER_ACCEPT, *_STAFF),
    ),
    "certificate.unknown": Explanation(
        "Autorité inconnue",
        "Le certificat est signé par {issuer}, que le portail ne connaît pas, ou le serveur oublie d’envoyer un "
        "certificat intermédiaire.",
        (_NEVER_ACCEPT, *_STAFF),
    ),
    "certificate.soon": Explanation(
        "Certificat bientôt périmé",
        "Le certificat vaut jusqu’au {until}. Tout fonctionne aujourd’hui.",
        ("Rien à faire de votre côté : le service le renouvelle avant cette date.",),
    ),
    "greeting.busy": Explanation(
        "Le serveur refuse du monde",
        "Le serveur a répondu qu’il ne prenait pas de connexion maintenant : trop de connexions à la fois, ou "
        "maintenance.",
        _OURS,
    ),
    "greeting.silent": Explanation(
        "Le serveur se tait",
        "La connexion chiffrée est établie, mais le serveur ne se présente pas.",
        _OURS,
    ),
    "greeting.strange": Explanation(
        "Ce n’est pas le serveur attendu",
        "Ce qui répond sur ce port n’est pas un serveur de messagerie de cette sorte.",
        _STAFF,
    ),
    "sign_in.refused": Explanation(
        "Mot de passe refusé",
        "Le serveur ne reconnaît pas ce mot de passe pour {address}. Il a été révoqué, ou une lettre est fausse ; un "
        "mot de passe créé à l’instant peut aussi mettre une ou deux minutes à servir.",
        (
            "Vérifiez, dans « Mes appareils », que ce mot de passe d’application existe toujours.",
            _MAKE_ANOTHER,
            "Dans votre logiciel, le nom d’utilisateur est l’adresse entière : {address}.",
        ),
    ),
    "sign_in.account_password": Explanation(
        "Ce n’est sans doute pas un mot de passe d’application",
        "Le serveur l’a refusé, et il n’en a pas la forme (16 lettres). Le mot de passe avec lequel vous entrez dans "
        "le portail de l’académie ne sert pas dans les logiciels ni sur les téléphones.",
        (
            _MAKE_ANOTHER,
            "Si vous avez tapé le mot de passe de votre compte dans un logiciel, supprimez-le de ce logiciel : après "
            "trop d’essais, le compte peut être bloqué quelque temps.",
        ),
    ),
    "sign_in.expired": Explanation(
        "Mot de passe expiré",
        "Le serveur reconnaît ce mot de passe, mais il n’est plus valable.",
        (_MAKE_ANOTHER,),
    ),
    "sign_in.locked": Explanation(
        "Compte bloqué pour le moment",
        "Le serveur n’admet plus personne avec {address} : trop de mots de passe faux ont été essayés, ou "
        "l’administration a suspendu le compte. Un appareil oublié, resté avec l’ancien mot de passe, suffit à bloquer "
        "un compte.",
        (
            "Éteignez ou mettez en mode avion les appareils qui ne sont pas encore réglés, et attendez une heure.",
            "Si le blocage continue, écrivez à {help_desk}.",
        ),
    ),
    "sign_in.too_many": Explanation(
        "Trop de connexions à la fois",
        "Le serveur limite le nombre de connexions d’une même boîte, ou d’un même réseau.",
        (
            "Fermez les logiciels de messagerie que vous n’utilisez pas, puis refaites l’essai dans un quart d’heure.",
            "Dans Thunderbird, ramenez à 2 le nombre de connexions gardées : **Paramètres du serveur**, puis "
            "**Avancés**.",
        ),
    ),
    "sign_in.not_allowed": Explanation(
        "Accès fermé pour ce compte",
        "Le mot de passe est juste, mais ce compte n’a pas le droit de passer par ce serveur.",
        ("Écrivez à {help_desk} : cet accès s’ouvre compte par compte.",),
    ),
    "sign_in.unavailable": Explanation(
        "Le serveur ne peut pas vérifier le mot de passe",
        "Il a répondu qu’une partie de son service était en panne. Votre mot de passe n’est pas en cause.",
        _OURS,
    ),
    "sign_in.no_way": Explanation(
        "Le serveur n’admet pas de mot de passe ici",
        "Il ne propose aucune façon de se connecter avec un nom et un mot de passe sur ce port.",
        _STAFF,
    ),
    "sign_in.only_imap": Explanation(
        "Accepté pour la réception, refusé pour l’envoi",
        "Le même mot de passe vient d’ouvrir votre boîte ; le serveur d’envoi ne l’a pas reconnu. Un mot de passe créé "
        "à l’instant peut mettre une ou deux minutes à être connu partout.",
        ("Refaites l’essai dans cinq minutes.", *_STAFF),
    ),
    "capabilities.few": Explanation(
        "Fonctions manquantes",
        "Le serveur ne propose pas : {missing}. Votre logiciel fonctionne, mais il verra les nouveaux messages moins "
        "vite, ou ne montrera pas la place restante.",
    ),
    "quota.full": Explanation(
        "Boîte pleine",
        "{used} occupés sur {limit} : plus aucun message n’arrive, et votre logiciel ne peut plus rien ranger dans "
        "« Envoyés ».",
        (
            "Videz la corbeille et les indésirables, dans la messagerie en ligne.",
            "Cherchez ensuite les messages les plus gros : dans la recherche de la messagerie, tapez larger:5MB.",
        ),
    ),
    "quota.nearly": Explanation(
        "Boîte presque pleine",
        "{used} occupés sur {limit} ({percent} %).",
        ("Videz la corbeille et les indésirables avant que la boîte ne soit pleine.",),
    ),
    "folders.missing": Explanation(
        "Dossiers particuliers introuvables",
        "Le serveur n’indique pas de dossier pour : {missing}. Votre logiciel risque d’en créer un de plus.",
        (
            "Dans les réglages de votre logiciel, choisissez vous-même le dossier des messages envoyés, des brouillons "
            "et des éléments supprimés.",
        ),
    ),
    "subscriptions.some": Explanation(
        "Dossiers sans abonnement",
        "Dossiers que Thunderbird ne montrera pas tant que vous n’y êtes pas abonné : {hidden} sur {count}.",
        ("Dans Thunderbird : clic droit sur le compte, puis **S’abonner**, et cochez les dossiers.",),
    ),
    "sync.refused": Explanation(
        "Accepté pour les messages, refusé ici",
        "Le même mot de passe vient d’ouvrir votre boîte par IMAP ; ce service ne l’a pas accepté. Un mot de passe "
        "d’application ne donne pas accès à tout partout.",
        (
            "Refaites l’essai dans cinq minutes, puis avec un autre mot de passe d’application.",
            "Si rien n’y fait, utilisez le navigateur du téléphone pour vos calendriers et vos contacts, et "
            "transmettez le compte rendu à {help_desk}.",
        ),
    ),
    "sync.forbidden": Explanation(
        "Service fermé pour ce compte",
        "Le serveur connaît ce service, mais votre compte n’y a pas droit. ActiveSync, en particulier, dépend d’une "
        "licence.",
        (
            "Pour les messages, passez par IMAP ; pour les calendriers et les contacts, par CalDAV et CardDAV.",
            "Écrivez à {help_desk} si vous en avez besoin.",
        ),
    ),
    "sync.absent": Explanation(
        "Service absent",
        "Le serveur répond, mais rien de tel ne se trouve à cette adresse.",
        _STAFF,
    ),
    "sync.elsewhere": Explanation(
        "Le serveur renvoie ailleurs",
        "Au lieu de répondre, le serveur renvoie à une autre adresse. Le portail ne suit pas de tels renvois avec un "
        "mot de passe.",
        _STAFF,
    ),
    "sync.trouble": Explanation(
        "Le service est en panne",
        "Le serveur a répondu par une erreur de son côté (numéro {status}).",
        _OURS,
    ),
    "sync.strange": Explanation(
        "Réponse inattendue",
        "Le serveur a répondu (numéro {status}), mais pas comme ce service le fait d’ordinaire.",
        _STAFF,
    ),
    "lost": Explanation(
        "Connexion perdue",
        "Le serveur a raccroché au milieu de l’échange.",
        _OURS,
    ),
    "slow": Explanation(
        "Réponse trop lente",
        "Le serveur n’a pas répondu à temps. Votre logiciel affichera sans doute que le délai est dépassé.",
        _OURS,
    ),
    "strange": Explanation(
        "Réponse que le portail ne comprend pas",
        "Le serveur a répondu autrement que ne le veut la règle.",
        _STAFF,
    ),
    "skipped.before": Explanation("Pas essayé", "Un contrôle précédent a échoué : celui-ci n’avait plus de sens."),
    "skipped.refused": Explanation(
        "Pas essayé",
        "Le mot de passe vient d’être refusé : l’essayer encore pourrait faire bloquer votre compte.",
    ),
}
