"""Telephones and tablets with Android, by application."""

from __future__ import annotations

from bascule.devices.guides import steps
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values

_REMOVE = GuideStep(
    "remove",
    "Retirez l’ancien compte",
    (
        "Envoyez ou recopiez d’abord ce qui reste dans vos brouillons.",
        "Ouvrez **Paramètres** du téléphone, **Comptes** (ou **Mots de passe et comptes**), choisissez votre adresse "
        "académique, puis **Supprimer le compte**.",
    ),
    "Le téléphone ne réclame plus l’ancien mot de passe.",
    warning="Seule la copie du téléphone disparaît ; vos messages sont dans la nouvelle boîte.",
)

_EXCHANGE_WARNING = (
    "Un compte Exchange peut demander à administrer l’appareil (code obligatoire, effacement à distance). Lisez ce qui "
    "est demandé ; si cela ne vous convient pas sur un appareil personnel, prenez IMAP."
)


def _before(facts: Facts) -> GuidePart:
    return GuidePart("Avant de commencer", (steps.PASSWORD, _REMOVE))


def _after(facts: Facts, *, has_dav: bool = True) -> tuple[GuidePart, ...]:
    boxes = (GuidePart("Vos boîtes partagées", (steps.PHONE_BOXES,)),) if facts.has_boxes else ()
    return (*(steps.davx5(facts) if has_dav else ()), *boxes, steps.ending())


def _ways(facts: Facts, imap: GuidePart, exchange: GuidePart) -> tuple[GuidePart, GuidePart]:
    return (exchange, imap) if facts.is_activesync else (imap, exchange)


def gmail(facts: Facts) -> Guide:
    imap = GuideStep(
        "mail",
        "Ajoutez vos messages",
        (
            "Ouvrez l’application Gmail, touchez votre photo en haut à droite, puis **Ajouter un autre compte**.",
            "Choisissez **Autre**, tapez {address}, puis **Suivant** et **Personnel (IMAP)**.",
            "Tapez le mot de passe d’application, puis **Suivant**.",
            "Recopiez les valeurs ci-dessous pour le serveur entrant, puis pour le serveur sortant ; le nom "
            "d’utilisateur est votre adresse complète.",
            "Choisissez à quel rythme relever les messages, puis **Suivant**.",
        ),
        "En touchant votre photo, votre adresse académique apparaît dans la liste, et ses messages s’affichent.",
        (Values.IMAP, Values.SMTP),
        warning="Si l’application propose de relier ce compte à une adresse Gmail, refusez : vos messages passeraient "
        "par les serveurs de Google.",
        help="android",
        password=True,
    )
    exchange = GuideStep(
        "exchange",
        "Ajoutez un compte Exchange",
        (
            "Ouvrez l’application Gmail, touchez votre photo en haut à droite, puis **Ajouter un autre compte**.",
            "Choisissez **Exchange et Office 365**, tapez {address}, puis **Configuration manuelle** si elle est "
            "proposée.",
            "Tapez le mot de passe d’application et recopiez les valeurs ci-dessous. Laissez le domaine vide.",
        ),
        "Messages, contacts et calendriers arrivent ensemble.",
        (Values.ACTIVESYNC,),
        warning=_EXCHANGE_WARNING,
        help="activesync",
        password=True,
    )
    ways = _ways(
        facts,
        GuidePart("Messages seuls (IMAP)", (imap,), way="account"),
        GuidePart("Tout ensemble (Exchange)", (exchange,), way="account"),
    )
    return Guide(
        "Application Gmail sur Android",
        ("Une seule des deux façons suffit. Comptez dix minutes.",),
        (_before(facts), *ways, *_after(facts, has_dav=not facts.is_activesync)),
        limits=(
            "En IMAP, Gmail ne lit que les messages : pour les contacts et le calendrier, ajoutez DAVx⁵, ou prenez "
            "Exchange.",
            "Les dossiers se trouvent dans le menu **≡**, sous ceux que Gmail ajoute de lui-même.",
        ),
    )


def samsung(facts: Facts) -> Guide:
    exchange = GuideStep(
        "exchange",
        "Ajoutez un compte Exchange",
        (
            "Ouvrez l’application Email, menu **≡**, la roue dentée, puis **Ajouter un compte** et **Exchange** (ou "
            "**Autre**).",
            "Tapez {address} et le mot de passe d’application, puis **Configuration manuelle** et **Exchange**.",
            "Recopiez les valeurs ci-dessous. Laissez vide ce qui précède la barre « \\ » du domaine.",
            "Cochez ce qui doit être synchronisé : messages, contacts, calendrier.",
        ),
        "Messages, contacts et calendriers arrivent ensemble.",
        (Values.ACTIVESYNC,),
        warning=_EXCHANGE_WARNING,
        help="activesync",
        password=True,
    )
    imap = GuideStep(
        "mail",
        "Ajoutez vos messages",
        (
            "Ouvrez l’application Email, menu **≡**, la roue dentée, puis **Ajouter un compte** et **Autre**.",
            "Tapez {address} et le mot de passe d’application, puis **Configuration manuelle** et **Compte IMAP**.",
            "Recopiez les valeurs ci-dessous, puis **Connexion**.",
        ),
        "La Réception se remplit.",
        (Values.IMAP, Values.SMTP),
        help="android",
        password=True,
    )
    ways = _ways(
        facts,
        GuidePart("Messages seuls (IMAP)", (imap,), way="account"),
        GuidePart("Tout ensemble (Exchange)", (exchange,), way="account"),
    )
    return Guide(
        "Samsung Email",
        ("Une seule des deux façons suffit. Comptez dix minutes.",),
        (_before(facts), *ways, *_after(facts, has_dav=not facts.is_activesync)),
    )


def thunderbird(facts: Facts) -> Guide:
    existing = GuideStep(
        "existing",
        "Changez les serveurs",
        (
            "Touchez **≡**, puis **Paramètres**, et choisissez votre adresse.",
            "À la rubrique de la réception, ouvrez **Serveur entrant** et recopiez les valeurs ci-dessous ; à celle de "
            "l’envoi, **Serveur sortant**.",
            "Mot de passe : le mot de passe d’application, des deux côtés.",
        ),
        "La Réception se remplit dès que vous la tirez vers le bas.",
        (Values.IMAP, Values.SMTP),
        help="android",
        password=True,
    )
    new = GuideStep(
        "new-account",
        "Ajoutez le compte",
        (
            "Touchez **≡**, puis **Paramètres** et **Ajouter un compte**. Tapez {address}, puis **Suivant**.",
            "Si l’application trouve {imap_host} et {smtp_host}, acceptez. Sinon, choisissez la configuration "
            "manuelle, "
            "**IMAP**, et recopiez les valeurs ci-dessous.",
            "Sécurité : **SSL/TLS**. Authentification : **Mot de passe normal**.",
        ),
        "La Réception se remplit.",
        (Values.IMAP, Values.SMTP),
        help="android",
        password=True,
    )
    folders = GuideStep(
        "folders",
        "Affichez vos dossiers",
        (
            "Touchez **≡**, puis **Gérer les dossiers** : choisissez ceux à afficher et à relever.",
            "Un dossier créé dans la version web et absent d’ici : touchez **Actualiser la liste** dans cette page.",
        ),
        "Vos dossiers apparaissent dans le menu **≡**.",
        help="abonnement-aux-dossiers",
    )
    return Guide(
        "Thunderbird pour Android, ou K-9",
        ("L’application que nous conseillons sur Android : libre, sans publicité, et rien ne passe par son éditeur.",),
        (
            GuidePart("Avant de commencer", (steps.PASSWORD,)),
            GuidePart("Votre compte est déjà dans l’application", (existing,), way="account"),
            GuidePart("Nouveau compte", (new,), way="account"),
            GuidePart("Vos dossiers", (folders,)),
            *_after(facts),
        ),
        limits=("Elle ne lit que les messages : pour les contacts et le calendrier, ajoutez DAVx⁵.",),
    )


def other(facts: Facts) -> Guide:
    exchange = GuideStep(
        "exchange",
        "Ajoutez un compte Exchange",
        (
            "Ouvrez **Paramètres** du téléphone, **Comptes**, **Ajouter un compte**, puis **Exchange** ou "
            "**Professionnel**.",
            "Recopiez les valeurs ci-dessous, avec le mot de passe d’application. Laissez le domaine vide.",
        ),
        "Messages, contacts et calendriers arrivent ensemble.",
        (Values.ACTIVESYNC,),
        warning=_EXCHANGE_WARNING,
        help="activesync",
        password=True,
    )
    imap = GuideStep(
        "mail",
        "Ajoutez vos messages",
        (
            "Dans l’application, ajoutez un compte et choisissez **IMAP** ou **Configuration manuelle**.",
            "Recopiez les valeurs ci-dessous pour la réception et pour l’envoi. Nom d’utilisateur : {address}, des "
            "deux "
            "côtés.",
            "Mot de passe : le mot de passe d’application, des deux côtés.",
        ),
        "La Réception se remplit.",
        (Values.IMAP, Values.SMTP),
        help="android",
        password=True,
    )
    ways = _ways(
        facts,
        GuidePart("Messages seuls (IMAP)", (imap,), way="account"),
        GuidePart("Tout ensemble (Exchange)", (exchange,), way="account"),
    )
    return Guide(
        "Une autre application sur Android",
        ("Une seule des deux façons suffit, selon ce que l’application sait faire.",),
        (_before(facts), *ways, *_after(facts, has_dav=not facts.is_activesync)),
        limits=(
            "Toutes les applications ne savent pas ActiveSync : essayez Exchange si elle le propose, IMAP sinon.",
            "Choisissez une application qui se connecte elle-même au serveur. La liste de celles qu’il vaut mieux "
            "éviter "
            "est en bas de « Mes appareils ».",
        ),
    )
