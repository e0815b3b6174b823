"""Thunderbird on a computer. Names of menus as its French edition writes them; where editions differ, by version."""

from __future__ import annotations

from dataclasses import dataclass

from bascule.devices.guides import steps
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values


@dataclass(frozen=True, slots=True)
class _Menus:
    """What differs between editions."""

    new_account: tuple[str, ...]
    new_calendar: str
    new_book: tuple[str, ...]


# Until 139 a page asks for everything at once; from 140 on the « Centre de comptes » asks one thing after the other.
_ONE_PAGE = _Menus(
    (
        "Ouvrez le menu **≡**, puis **Paramètres des comptes**. En bas à gauche : **Gestion des comptes**, puis "
        "**Ajouter un compte de messagerie**.",
        "Indiquez votre nom, votre adresse {address} et le mot de passe d’application.",
        "Cliquez sur **Configuration manuelle**, et non sur **Continuer**.",
        "Recopiez les valeurs ci-dessous pour **Serveur entrant** et **Serveur sortant**, puis cliquez sur "
        "**Retester**.",
        "Cliquez sur **Terminé**.",
    ),
    "Dans l’onglet Agenda, cliquez sur **Nouvel agenda**, puis choisissez **Sur le réseau**.",
    (
        "Dans l’onglet Carnet d’adresses, ouvrez la flèche à côté de **Nouveau carnet d’adresses** et choisissez "
        "**Ajouter un carnet d’adresses CardDAV**.",
        "Nom d’utilisateur : {address}. Adresse : celle qui est ci-dessous. Cliquez sur **Continuer**.",
    ),
)
_HUB = _Menus(
    (
        "Ouvrez le menu **≡**, puis **Paramètres des comptes**. En bas à gauche : **Nouveau compte**, puis **Compte de "
        "messagerie**. Le Centre de comptes s’ouvre.",
        "Indiquez votre nom et votre adresse {address}, puis **Continuer**.",
        "Si Thunderbird trouve {imap_host} et {smtp_host}, acceptez. Sinon, cliquez sur **Modifier la configuration** "
        "ou sur **Configurer manuellement**, et recopiez les valeurs ci-dessous pour le serveur entrant, puis pour le "
        "serveur sortant.",
        "Quand le mot de passe est demandé, collez le mot de passe d’application et cochez **Retenir le mot de "
        "passe**.",
        "Thunderbird propose ensuite les agendas et carnets d’adresses qu’il a trouvés : cochez ceux que vous voulez.",
    ),
    "Dans l’onglet Agenda, cliquez sur **Nouvel agenda**, puis choisissez **Sur le réseau**.",
    (
        "Dans l’onglet Carnet d’adresses, ouvrez la flèche à côté de **Nouveau carnet d’adresses** et choisissez le "
        "carnet **CardDAV** (ou **Ajouter un carnet d’adresses distant**).",
        "Nom d’utilisateur : {address}. Adresse : celle qui est ci-dessous. Cliquez sur **Continuer**.",
    ),
)

_UPDATE = GuideStep(
    "update",
    "Mettez Thunderbird à jour d’abord",
    (
        "Ouvrez le menu **≡**, puis **Aide** et **À propos de Thunderbird** : la mise à jour se cherche toute seule.",
        "Quand elle est prête, cliquez sur **Redémarrer**. Recommencez jusqu’à lire « Thunderbird est à jour ».",
        "Si le poste est géré par votre établissement et que rien ne se passe, demandez à l’assistance ({help_desk}).",
    ),
    "La fenêtre indique une version 115 ou plus récente.",
    warning="Les versions plus anciennes ne sont plus corrigées, et leurs menus diffèrent de ce qui est écrit ici.",
)

_INCOMING = GuideStep(
    "incoming",
    "Changez le serveur de réception",
    (
        "Ouvrez le menu **≡**, puis **Paramètres des comptes**.",
        "À gauche, sous votre adresse, choisissez **Paramètres serveur**.",
        "Remplacez **Nom du serveur** et **Nom d’utilisateur** par les valeurs ci-dessous, et vérifiez le port, la "
        "sécurité et l’authentification.",
        "Thunderbird demande à redémarrer : acceptez.",
        "Au redémarrage, collez le mot de passe d’application et cochez la case pour le retenir.",
    ),
    "La Réception se remplit. La première fois, comptez plusieurs minutes : tous les messages sont relus.",
    (Values.IMAP,),
    warning="Si le mot de passe n’est pas demandé, l’ancien est resté en mémoire : menu ≡, Paramètres, Vie privée et "
    "sécurité, Mots de passe enregistrés, puis supprimez ceux de {old_imap_host}.",
    help="thunderbird-compte-existant",
    password=True,
)

_OUTGOING = GuideStep(
    "outgoing",
    "Changez le serveur d’envoi",
    (
        "Dans **Paramètres des comptes**, tout en bas à gauche : **Serveur sortant (SMTP)**.",
        "Choisissez la ligne de votre adresse, puis **Modifier**.",
        "Recopiez les valeurs ci-dessous ; la description peut rester vide. Validez par **OK**.",
        "Au premier envoi, collez le mot de passe d’application.",
    ),
    "Un message envoyé à vous-même part sans question et arrive.",
    (Values.SMTP,),
    help="thunderbird-compte-existant",
    password=True,
)

_POP_STOP = GuideStep(
    "pop-stop",
    "Gardez l’ancien compte, et arrêtez sa relève",
    (
        "Ne supprimez pas le compte POP : avec lui partiraient vos anciens messages.",
        "Dans **Paramètres des comptes**, sous l’ancien compte, **Paramètres serveur** : décochez la vérification au "
        "démarrage et toutes les quelques minutes.",
    ),
    "Thunderbird ne réclame plus le mot de passe de l’ancien compte.",
    warning="En POP, vos anciens messages ne sont que sur cet ordinateur. Faites-en une copie de sauvegarde avant de "
    "commencer.",
    help="thunderbird-en-pop",
)

_POP_COPY = GuideStep(
    "pop-copy",
    "Recopiez vos anciens messages dans la nouvelle boîte",
    (
        "Le nouveau compte, en IMAP, doit être en place : voyez les étapes ci-dessus.",
        "Dans la nouvelle boîte, créez un dossier par dossier à recopier.",
        "Ouvrez un dossier de l’ancien compte, prenez 500 messages à la fois, puis clic droit, **Copier vers**, et "
        "choisissez le nouveau dossier. Copiez, ne déplacez pas.",
        "Comparez le nombre de messages des deux dossiers avant de passer au suivant.",
        "Recommencez sur chaque ordinateur qui relevait en POP : chacun a ses propres messages.",
    ),
    "Les messages recopiés se voient aussi dans la version web, {webmail}",
    help="thunderbird-en-pop",
)

_SUBSCRIBE = GuideStep(
    "subscribe",
    "Abonnez-vous à vos dossiers",
    (
        "Clic droit sur votre adresse, à gauche, puis **S’abonner**.",
        "Cochez tous les dossiers à afficher, y compris ceux de vos boîtes partagées, puis **OK**.",
    ),
    "Les dossiers créés dans la version web apparaissent sous votre adresse.",
    help="abonnement-aux-dossiers",
)

_BOXES = GuideStep(
    "boxes",
    "Rangez vos boîtes partagées",
    (
        "Retirez les anciens comptes de boîtes fonctionnelles : leur mot de passe commun n’ouvre plus rien. Si l’un "
        "d’eux était en POP, recopiez d’abord ses messages.",
        "Les dossiers de ces boîtes se trouvent maintenant sous votre propre compte, après abonnement.",
        "Pour écrire au nom d’une boîte : **Paramètres des comptes**, votre compte, **Gérer les identités**, "
        "**Ajouter**, avec l’adresse de la boîte et le même serveur d’envoi.",
    ),
    "L’adresse de la boîte se choisit dans le champ **De** d’un nouveau message.",
    help="boites-partagees-sur-mes-appareils",
)


def guide(facts: Facts) -> Guide:
    """For one version; not knowing it, the newest."""
    menus = _ONE_PAGE if facts.version in {"115", "128", "old"} else _HUB
    parts = [
        GuidePart("Avant de commencer", ((_UPDATE,) if facts.version == "old" else ()) + (steps.PASSWORD,)),
    ]
    new = GuidePart("Nouveau compte", (_new_account(menus),), way="" if facts.is_pop else "account")
    if facts.is_pop:
        parts += [
            GuidePart("Votre compte était en POP", (_POP_STOP,)),
            new,
            GuidePart("Vos anciens messages", (_POP_COPY,)),
        ]
    else:
        existing = GuidePart(
            "Votre compte est déjà dans Thunderbird",
            (_INCOMING, _OUTGOING),
            "Le plus simple : vos dossiers, vos filtres et vos réglages restent en place.",
            way="account",
        )
        parts += [existing, new]
    parts.append(GuidePart("Vos dossiers", (_SUBSCRIBE, *((_BOXES,) if facts.has_boxes else ()))))
    synced = _synced(facts, menus)
    if synced:
        parts.append(GuidePart("Calendriers et contacts", synced))
    parts.append(steps.ending())
    return Guide(
        "Thunderbird",
        (
            "Comptez un quart d’heure. Rien n’est perdu si vous vous arrêtez en route : cochez ce qui est fait et "
            "reprenez plus tard.",
        ),
        tuple(parts),
        limits=(
            "Thunderbird montre la date d’envoi des messages, la version web leur date de réception : un léger écart "
            "est normal.",
            "Vos filtres de Zimbra trient déjà sur le serveur : désactivez leurs doubles dans Thunderbird.",
        ),
    )


def _new_account(menus: _Menus) -> GuideStep:
    return GuideStep(
        "new-account",
        "Ajoutez le compte",
        menus.new_account,
        "Votre adresse apparaît à gauche, et la Réception se remplit.",
        (Values.IMAP, Values.SMTP),
        help="thunderbird-nouveau-compte",
        password=True,
    )


def _synced(facts: Facts, menus: _Menus) -> tuple[GuideStep, ...]:
    wanted: list[GuideStep] = []
    if facts.has_calendar:
        wanted.append(
            GuideStep(
                "calendar",
                "Ajoutez vos calendriers",
                (
                    menus.new_calendar,
                    "Nom d’utilisateur : {address}. Emplacement : l’adresse ci-dessous. Cliquez sur **Rechercher des "
                    "agendas**.",
                    "Collez un mot de passe d’application, cochez vos calendriers, puis **S’abonner**.",
                ),
                "Vos rendez-vous s’affichent dans l’onglet Agenda.",
                (Values.CALDAV,),
                help="thunderbird-calendriers-et-contacts",
                password=True,
            )
        )
        if facts.has_boxes:
            wanted.append(steps.BOX_CALENDARS)
    if facts.has_contacts:
        wanted.append(
            GuideStep(
                "contacts",
                "Ajoutez vos contacts",
                (*menus.new_book, "Collez un mot de passe d’application, puis cochez les carnets à afficher."),
                "Le carnet « Contacts » apparaît dans l’onglet Carnet d’adresses.",
                (Values.CARDDAV,),
                help="thunderbird-calendriers-et-contacts",
                password=True,
            )
        )
    return tuple(wanted)
