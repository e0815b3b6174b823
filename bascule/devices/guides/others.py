"""What has no list of its own: other programs on a computer, and other devices."""

from __future__ import annotations

from bascule.devices.guides import steps
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values

_POP = GuideStep(
    "pop-copy",
    "Recopiez vos anciens messages",
    (
        "Gardez l’ancien compte POP : ses messages ne sont que sur cet ordinateur.",
        "Quand le nouveau compte est en place, copiez-les dossier par dossier vers la nouvelle boîte, et comparez les "
        "nombres.",
        "Si le logiciel ne sait pas copier d’un compte à l’autre, installez Thunderbird, qui sait importer la plupart "
        "des formats, ou demandez à l’assistance ({help_desk}).",
    ),
    "Les messages recopiés se voient aussi dans la version web, {webmail}",
    help="thunderbird-en-pop",
)


def computer(facts: Facts) -> Guide:
    account = GuideStep(
        "new-account",
        "Réglez le compte",
        (
            "Dans les paramètres de comptes du logiciel, changez les serveurs, ou ajoutez un compte **IMAP**.",
            "Recopiez les valeurs ci-dessous pour la réception et pour l’envoi. Nom d’utilisateur : {address}, des "
            "deux "
            "côtés.",
            "Mot de passe : le mot de passe d’application, des deux côtés. Redémarrez le logiciel.",
        ),
        "La Réception se remplit.",
        (Values.IMAP, Values.SMTP),
        password=True,
    )
    dav = []
    if facts.has_calendar or facts.has_contacts:
        dav.append(
            GuideStep(
                "dav",
                "Ajoutez calendriers et contacts",
                (
                    "Si le logiciel connaît CalDAV et CardDAV, ajoutez un compte de chaque avec les valeurs "
                    "ci-dessous.",
                    "Sinon, vos calendriers et contacts restent dans la version web, {webmail}",
                ),
                "Vos rendez-vous et vos contacts s’affichent dans le logiciel.",
                (Values.CALDAV, Values.CARDDAV),
                password=True,
            )
        )
        dav += [steps.BOX_CALENDARS] if facts.has_boxes and facts.has_calendar else []
    return Guide(
        "Un autre logiciel",
        (
            "Les menus dépendent du logiciel ; les valeurs, non. Si vous hésitez, Thunderbird est gratuit et "
            "entièrement "
            "décrit ici.",
        ),
        (
            GuidePart("Avant de commencer", (steps.PASSWORD,)),
            GuidePart("Le compte", (account,)),
            *((GuidePart("Vos anciens messages", (_POP,)),) if facts.is_pop else ()),
            *((GuidePart("Calendriers et contacts", tuple(dav)),) if dav else ()),
            *((GuidePart("Vos boîtes partagées", (steps.PHONE_BOXES,)),) if facts.has_boxes else ()),
            steps.ending(),
        ),
        limits=(
            "« Courrier » de Windows a été remplacé par le nouvel Outlook, qui confie votre mot de passe à Microsoft : "
            "ne l’y réglez pas.",
        ),
    )


def other(facts: Facts) -> Guide:
    account = GuideStep(
        "new-account",
        "Réglez l’appareil",
        (
            "Dans les réglages de l’appareil, cherchez ce qui cite {old_imap_host} ou l’ancien serveur d’envoi.",
            "Remplacez-le par les valeurs ci-dessous. Nom d’utilisateur : {address}.",
            "Si l’appareil ne connaît pas SSL/TLS sur ces ports, il ne pourra pas se connecter : demandez à "
            "l’assistance "
            "({help_desk}).",
        ),
        "L’appareil envoie ou reçoit de nouveau.",
        (Values.IMAP, Values.SMTP),
        password=True,
    )
    return Guide(
        "Autre appareil",
        (
            "Un copieur, une montre, un logiciel de vie scolaire : tout ce qui envoie ou relève du courrier avec votre "
            "adresse.",
        ),
        (
            GuidePart("Avant de commencer", (steps.PASSWORD,)),
            GuidePart("Le réglage", (account,)),
            *((GuidePart("Vos anciens messages", (_POP,)),) if facts.is_pop else ()),
            steps.ending(),
        ),
        limits=(
            "Pour un appareil commun à plusieurs personnes, n’y mettez pas votre mot de passe : demandez une adresse "
            "de "
            "service à l’assistance ({help_desk}).",
        ),
    )
