"""Steps that are the same for several programs."""

from __future__ import annotations

from bascule.devices.guides.model import Facts, GuidePart, GuideStep, Values

PASSWORD = GuideStep(
    "password",
    "Créez le mot de passe d’application",
    (
        "Ouvrez cette page sur un ordinateur, à côté de l’appareil à régler.",
        "Plus haut sur cette page, cliquez sur **Créer un mot de passe d’application**. Il portera le nom « {device} "
        "».",
        "Gardez-le affiché pendant le réglage : il ne le sera qu’une fois.",
    ),
    "Le mot de passe apparaît en grand, par groupes de quatre lettres.",
    help="mot-de-passe-d-application",
)

TRY_OUT = GuideStep(
    "try-out",
    "Essayez dans les deux sens",
    (
        "Depuis cet appareil, envoyez-vous un message à votre propre adresse.",
        "Attendez une minute, puis ouvrez-le sur l’appareil.",
        "Ouvrez {webmail} dans un navigateur et regardez si la copie est dans **Envoyés**.",
    ),
    "Le message arrive sur l’appareil, et sa copie se voit dans la version web.",
    help="essayer-la-connexion",
)

NO_LONGER_OLD = GuideStep(
    "no-longer-old",
    "Vérifiez qu’il ne reste rien de l’ancien serveur",
    (
        "Dans les réglages du compte, cherchez {old_imap_host} : ce nom ne doit plus figurer ni à la réception, ni à "
        "l’envoi.",
        "Si l’application affiche encore un message d’erreur qui le cite, redémarrez-la.",
    ),
    "Plus aucun message d’erreur ne cite {old_imap_host}.",
    help="ancien-serveur",
)

PHONE_BOXES = GuideStep(
    "boxes",
    "Vos boîtes partagées",
    (
        "Retirez de l’appareil les anciens comptes de boîtes fonctionnelles : leur mot de passe commun n’ouvre plus "
        "rien.",
        "Pour lire une boîte partagée sur cet appareil, ouvrez {webmail} dans son navigateur : elle y est rangée "
        "sous vos dossiers.",
        "Avec une application IMAP, ses dossiers peuvent aussi apparaître sous les vôtres, après abonnement.",
    ),
    "L’appareil ne demande plus le mot de passe d’une boîte fonctionnelle.",
    help="boites-partagees-sur-mes-appareils",
)

DAVX5_INSTALL = GuideStep(
    "davx5-install",
    "Installez DAVx⁵",
    (
        "Android ne sait pas lire seul les contacts et calendriers d’un serveur : DAVx⁵ les apporte aux applications "
        "Contacts et Agenda du téléphone.",
        "Installez-la depuis votre magasin d’applications. Elle est gratuite sur F-Droid, payante sur Google Play.",
        "Sur un appareil professionnel, demandez d’abord si l’installation est permise.",
    ),
    "DAVx⁵ s’ouvre et affiche un bouton **+**.",
)

DAVX5_ACCOUNT = GuideStep(
    "davx5-account",
    "Ajoutez le compte dans DAVx⁵",
    (
        "Touchez **+**, puis **Connexion avec une URL et un nom d’utilisateur**.",
        "URL de base : l’adresse ci-dessous. Nom d’utilisateur : {address}. Mot de passe : un mot de passe "
        "d’application. Celui de la messagerie convient, s’il est encore affiché ; sinon, créez-en un autre.",
        "Touchez **Se connecter**, puis **Créer un compte**.",
        "Dans les onglets **CardDAV** et **CalDAV**, cochez vos contacts et vos calendriers, puis lancez la "
        "synchronisation.",
        "Accordez l’accès aux contacts et à l’agenda quand le téléphone le demande.",
    ),
    "Vos contacts et vos rendez-vous apparaissent dans les applications habituelles du téléphone.",
    (Values.CALDAV, Values.CARDDAV),
    password=True,
)

BOX_CALENDARS = GuideStep(
    "box-calendars",
    "Ajoutez les calendriers de vos boîtes partagées",
    (
        "Ajoutez un compte de calendrier de plus par calendrier de boîte, avec l’adresse complète ci-dessous.",
        "Nom d’utilisateur et mot de passe restent les vôtres : {address} et un mot de passe d’application.",
    ),
    "Le calendrier de la boîte s’affiche à côté du vôtre.",
    (Values.BOXES,),
    password=True,
)


def davx5(facts: Facts) -> tuple[GuidePart, ...]:
    """Contacts and calendars on Android, for programs that bring neither."""
    if not (facts.has_contacts or facts.has_calendar):
        return ()
    steps = (DAVX5_INSTALL, DAVX5_ACCOUNT, *((BOX_CALENDARS,) if facts.has_boxes and facts.has_calendar else ()))
    return (GuidePart("Contacts et calendrier, avec DAVx⁵", steps),)


def ending(*before: GuideStep) -> GuidePart:
    return GuidePart("Pour finir", (*before, NO_LONGER_OLD, TRY_OUT))
