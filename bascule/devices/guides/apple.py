"""iPhone, iPad and Mac: with a profile, by hand, or (telephones) as an Exchange account."""

from __future__ import annotations

from bascule.devices.guides import steps
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values

# Where an iPhone keeps its accounts; Apple moved them with iOS 14 and with iOS 18.
_ACCOUNTS = {
    "14": "**Réglages**, puis **Mail** et **Comptes**",
    "old": "**Réglages**, puis **Mots de passe et comptes**",
}
_ACCOUNTS_NOW = "**Réglages**, puis **Apps**, **Mail** et **Comptes Mail**"


def _forget(accounts: str) -> GuideStep:
    return GuideStep(
        "remove",
        "Retirez l’ancien compte",
        (
            "Envoyez ou recopiez d’abord ce qui reste dans vos brouillons.",
            f"Ouvrez {accounts}.",
            "Touchez l’ancien compte (il cite {old_imap_host} ou « Académie »), puis **Supprimer le compte**.",
            "Si un ancien compte de calendrier ou de contacts de l’académie y figure aussi, retirez-le de même.",
        ),
        "L’appareil ne réclame plus l’ancien mot de passe.",
        warning="Retirer le compte efface de l’appareil une copie ; vos messages sont dans la nouvelle boîte.",
        help="iphone-ipad",
    )


def _profile(place: str) -> GuideStep:
    return GuideStep(
        "profile",
        "Installez le profil",
        (
            "Sur cette page, téléchargez **le profil Apple** de l’appareil, ou photographiez le code QR pour l’ouvrir "
            "directement dessus. Il s’ouvre avec Safari.",
            f"Ouvrez {place} : le profil y attend. Touchez **Installer**, et le code de l’appareil s’il est demandé.",
            "Collez ou tapez le mot de passe d’application, une fois pour les messages, puis une fois par service.",
        ),
        "Votre adresse figure parmi les comptes ; messages, contacts et calendriers choisis se remplissent.",
        warning="Un profil non signé est annoncé en rouge : c’est normal si vous venez de le télécharger ici. "
        "N’installez jamais un profil reçu par message.",
        help="profil-apple",
        password=True,
    )


def _mail_by_hand(accounts: str) -> GuideStep:
    return GuideStep(
        "mail",
        "Ajoutez vos messages",
        (
            f"Ouvrez {accounts}, puis **Ajouter un compte**, **Autre** et **Ajouter un compte Mail**.",
            "Nom : le vôtre. Adresse : {address}. Mot de passe : le mot de passe d’application. Description : "
            "Messagerie nationale. Touchez **Suivant**.",
            "En haut, gardez **IMAP**. Recopiez les valeurs ci-dessous à la réception et à l’envoi. Le nom "
            "d’utilisateur et le mot de passe de l’envoi sont dits facultatifs : remplissez-les aussi.",
            "Touchez **Suivant**, gardez **Mail** allumé, puis **Enregistrer**.",
        ),
        "La boîte apparaît dans l’application Mail et se remplit.",
        (Values.IMAP, Values.SMTP),
        warning="Si l’envoi échoue : compte, SMTP, serveur principal, « Utiliser SSL » allumé, port du serveur d’envoi "
        "ci-dessous.",
        help="iphone-ipad",
        password=True,
    )


def _calendar(accounts: str) -> GuideStep:
    return GuideStep(
        "calendar",
        "Ajoutez vos calendriers",
        (
            f"Ouvrez {accounts}, puis **Ajouter un compte**, **Autre** et **Ajouter un compte CalDAV**.",
            "Recopiez les valeurs ci-dessous, avec un mot de passe d’application.",
            "Touchez **Suivant**, gardez **Calendriers** allumé, puis **Enregistrer**.",
        ),
        "Vos rendez-vous arrivent en quelques minutes dans l’application Calendrier.",
        (Values.CALDAV,),
        help="iphone-ipad",
        password=True,
    )


def _contacts(accounts: str) -> GuideStep:
    return GuideStep(
        "contacts",
        "Ajoutez vos contacts",
        (
            f"Ouvrez {accounts}, puis **Ajouter un compte**, **Autre** et **Ajouter un compte CardDAV**.",
            "Recopiez les valeurs ci-dessous, avec un mot de passe d’application.",
            "Touchez **Suivant**, gardez **Contacts** allumé, puis **Enregistrer**.",
        ),
        "Vos contacts apparaissent dans l’application Contacts.",
        (Values.CARDDAV,),
        help="iphone-ipad",
        password=True,
    )


def _exchange(accounts: str) -> GuideStep:
    return GuideStep(
        "exchange",
        "Ajoutez un compte Exchange",
        (
            f"Ouvrez {accounts}, puis **Ajouter un compte** et **Microsoft Exchange**.",
            "Adresse : {address}. Si l’appareil propose de se connecter à Microsoft, choisissez **Configurer "
            "manuellement**.",
            "Mot de passe : le mot de passe d’application. Serveur et nom d’utilisateur : ci-dessous. Laissez le "
            "domaine vide.",
            "Allumez ce que vous voulez : Mail, Contacts, Calendriers, puis **Enregistrer**.",
        ),
        "Messages, contacts et calendriers arrivent ensemble.",
        (Values.ACTIVESYNC,),
        warning="Il faut que votre compte ait droit à ActiveSync. S’il est refusé avec un mot de passe juste, "
        "prenez une autre façon.",
        help="activesync",
        password=True,
    )


def phone(facts: Facts) -> Guide:
    accounts = _ACCOUNTS.get(facts.version, _ACCOUNTS_NOW)
    place = "**Réglages**, puis **Général** et **VPN et gestion de l’appareil**"
    if facts.version == "old":
        place = "**Réglages**, puis **Général** et **Profils**"
    by_hand = [_mail_by_hand(accounts)] if facts.has_mail else []
    by_hand += [_calendar(accounts)] if facts.has_calendar else []
    by_hand += [_contacts(accounts)] if facts.has_contacts else []
    ways = [
        GuidePart("Avec un profil", (_profile(place),), "Le plus court : presque rien à taper.", way="account"),
        GuidePart("À la main", tuple(by_hand or [_mail_by_hand(accounts)]), way="account"),
        GuidePart("Avec un compte Exchange", (_exchange(accounts),), way="account"),
    ]
    if facts.is_activesync:
        ways.insert(0, ways.pop())
    boxes = [steps.BOX_CALENDARS] if facts.has_boxes and facts.has_calendar else []
    boxes += [steps.PHONE_BOXES] if facts.has_boxes else []
    return Guide(
        "Mail sur iPhone ou iPad",
        ("Trois façons mènent au même résultat : une seule suffit. Comptez dix minutes.",),
        (
            GuidePart("Avant de commencer", (steps.PASSWORD, _forget(accounts))),
            *ways,
            *((GuidePart("Vos boîtes partagées", tuple(boxes)),) if boxes else ()),
            steps.ending(),
        ),
        limits=("Réglez un seul des trois : deux comptes pour la même boîte montreraient tout en double.",),
    )


_MAC_PROFILE = GuideStep(
    "profile",
    "Installez le profil",
    (
        "Téléchargez **le profil Apple** sur cette page, puis ouvrez-le depuis les téléchargements.",
        "Ouvrez le menu Pomme, **Réglages Système**, **Général**, puis **Gestion de l’appareil** (ou **Confidentialité "
        "et sécurité**, **Profils**), et installez-le. Avant macOS 13 : **Préférences Système**, **Profils**.",
        "Collez le mot de passe d’application quand il est demandé.",
    ),
    "Votre adresse figure dans **Comptes Internet**, et la boîte se remplit dans Mail.",
    warning="N’installez jamais un profil reçu par message.",
    help="profil-apple",
    password=True,
)

_MAC_EXISTING = GuideStep(
    "existing",
    "Changez les serveurs dans Mail",
    (
        "Ouvrez Mail, menu **Mail**, **Réglages** (avant macOS 13 : **Préférences**), **Comptes**.",
        "Choisissez votre compte, puis l’onglet **Réglages du serveur**. Décochez **Gérer automatiquement les réglages "
        "de connexion** à la réception et à l’envoi.",
        "Recopiez les valeurs ci-dessous, puis **Enregistrer**.",
    ),
    "Dans le menu **Fenêtre**, **Vérification de connexion** montre deux pastilles vertes.",
    (Values.IMAP, Values.SMTP),
    help="mail-sur-mac",
    password=True,
)

_MAC_POP = GuideStep(
    "pop-copy",
    "Recopiez vos anciens messages",
    (
        "Gardez le compte POP : ses messages ne sont que sur ce Mac. Faites une sauvegarde, par exemple avec Time "
        "Machine.",
        "Quand le nouveau compte est en place, prenez 500 messages à la fois dans l’ancien, puis menu **Message**, "
        "**Copier vers**, un dossier du nouveau compte.",
        "Comparez le nombre de messages avant de passer au dossier suivant.",
    ),
    "Les messages recopiés se voient aussi dans la version web, {webmail}",
    help="mail-sur-mac",
)


def mac(facts: Facts) -> Guide:
    accounts = "menu Pomme, **Réglages Système**, **Comptes Internet**"
    if facts.version == "old":
        accounts = "menu Pomme, **Préférences Système**, **Comptes Internet**"
    new = GuideStep(
        "new-account",
        "Ajoutez le compte",
        (
            f"Ouvrez {accounts}, **Ajouter un compte**, **Autre compte** (tout en bas), puis **Compte Mail**.",
            "Nom : le vôtre. Adresse : {address}. Mot de passe : le mot de passe d’application. **Se connecter**.",
            "« Impossible de vérifier le compte » s’affiche : c’est attendu. Recopiez les valeurs ci-dessous, type de "
            "compte **IMAP**, puis **Se connecter**.",
        ),
        "La boîte apparaît dans Mail et se remplit.",
        (Values.IMAP, Values.SMTP),
        help="mail-sur-mac",
        password=True,
    )
    dav = []
    if facts.has_calendar:
        dav.append(
            GuideStep(
                "calendar",
                "Ajoutez vos calendriers",
                (
                    f"Ouvrez {accounts}, **Ajouter un compte**, **Autre compte**, puis **Compte CalDAV**.",
                    "Type de compte : **Manuel**. Recopiez les valeurs ci-dessous, avec un mot de passe d’application.",
                ),
                "Vos rendez-vous apparaissent dans Calendrier.",
                (Values.CALDAV,),
                password=True,
            )
        )
    if facts.has_contacts:
        dav.append(
            GuideStep(
                "contacts",
                "Ajoutez vos contacts",
                (
                    f"Ouvrez {accounts}, **Ajouter un compte**, **Autre compte**, puis **Compte CardDAV**.",
                    "Type de compte : **Manuel**. Recopiez les valeurs ci-dessous, avec un mot de passe d’application.",
                ),
                "Vos contacts apparaissent dans Contacts.",
                (Values.CARDDAV,),
                password=True,
            )
        )
    if facts.has_boxes and facts.has_calendar:
        dav.append(steps.BOX_CALENDARS)
    ways = [GuidePart("Avec un profil", (_MAC_PROFILE,), "Messages, contacts et calendriers d’un coup.", way="account")]
    if not facts.is_pop:
        ways.append(GuidePart("Votre compte est déjà dans Mail", (_MAC_EXISTING,), way="account"))
    ways.append(GuidePart("Nouveau compte, à la main", (new, *dav), way="account"))
    return Guide(
        "Mail sur un Mac",
        ("Plusieurs façons mènent au même résultat : une seule suffit.",),
        (
            GuidePart("Avant de commencer", (steps.PASSWORD,)),
            *ways,
            *((GuidePart("Vos anciens messages", (_MAC_POP,)),) if facts.is_pop else ()),
            *((GuidePart("Vos boîtes partagées", (steps.PHONE_BOXES,)),) if facts.has_boxes else ()),
            steps.ending(),
        ),
        limits=(
            "N’ajoutez pas le compte comme « Microsoft Exchange » sur un Mac : ce protocole-là n’est pas proposé par "
            "la "
            "messagerie nationale.",
        ),
    )
