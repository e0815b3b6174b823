"""Outlook: the classic one, which speaks to the server itself, and the new one and the telephone's, which do not.

The new Outlook and the telephone's hand the password to Microsoft, whose servers fetch the mail (Microsoft's own words,
« Sync your account in Outlook to the Microsoft Cloud »).
"""

from __future__ import annotations

from bascule.devices.guides import steps
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values

_UPDATE = GuideStep(
    "update",
    "Vérifiez la version",
    (
        "Ouvrez **Fichier**, puis **Compte Office** : la version est écrite à droite.",
        "Outlook 2013 et les versions plus anciennes ne sont plus corrigées et peuvent échouer sans explication.",
        "Demandez une version récente à l’assistance ({help_desk}), ou installez Thunderbird à la place.",
    ),
    "Outlook indique 2016 ou une version plus récente, ou Microsoft 365.",
)

_NEW_ACCOUNT = GuideStep(
    "new-account",
    "Ajoutez le compte",
    (
        "Ouvrez **Fichier**, puis **Ajouter un compte**.",
        "Indiquez {address}, ouvrez **Options avancées** et cochez **Me permettre de configurer mon compte "
        "manuellement**. Cliquez sur **Se connecter**.",
        "Choisissez **IMAP** : ni Exchange, ni Microsoft 365, ni POP.",
        "Recopiez les valeurs ci-dessous, avec **SSL/TLS** des deux côtés. Laissez décochée l’authentification par mot "
        "de passe sécurisé (SPA).",
        "Collez le mot de passe d’application, puis cliquez sur **Connexion**.",
    ),
    "Outlook affiche que le compte a été ajouté, et la Réception se remplit.",
    (Values.IMAP, Values.SMTP),
    warning="Si Outlook propose de synchroniser le compte avec le cloud Microsoft, refusez.",
    help="outlook-classique",
    password=True,
)

_EXISTING = GuideStep(
    "existing",
    "Changez les serveurs",
    (
        "Ouvrez **Fichier**, **Paramètres du compte**, puis **Paramètres du serveur** (ou **Paramètres du compte**, "
        "votre compte, **Modifier**).",
        "Recopiez les valeurs ci-dessous pour le courrier entrant et pour le courrier sortant.",
        "Nom d’utilisateur : {address}. Mot de passe : le mot de passe d’application.",
        "Fermez Outlook, puis ouvrez-le de nouveau.",
    ),
    "La Réception se remplit, sans demande de mot de passe.",
    (Values.IMAP, Values.SMTP),
    warning="Si Outlook refuse de changer le nom du serveur, ajoutez un nouveau compte, puis retirez l’ancien.",
    help="outlook-classique",
    password=True,
)

_POP = GuideStep(
    "pop-copy",
    "Recopiez vos anciens messages",
    (
        "Gardez l’ancien compte POP : ses messages ne sont que dans le fichier .pst de cet ordinateur. Copiez d’abord "
        "ce fichier en lieu sûr.",
        "Ajoutez le nouveau compte en IMAP, à côté.",
        "Dossier par dossier, prenez 500 messages à la fois, puis clic droit, **Déplacer**, **Copier dans un "
        "dossier**, "
        "vers la nouvelle boîte.",
        "Comparez le nombre de messages avant de passer au dossier suivant.",
    ),
    "Les messages recopiés se voient aussi dans la version web, {webmail}",
    help="outlook-en-pop",
)

_SUBSCRIBE = GuideStep(
    "subscribe",
    "Affichez tous vos dossiers",
    (
        "Clic droit sur votre adresse, à gauche, puis **Dossiers IMAP**.",
        "Cliquez sur **Requête**, choisissez les dossiers qui manquent, puis **S’abonner** et **OK**.",
    ),
    "Les dossiers créés dans la version web apparaissent sous votre adresse.",
    help="abonnement-aux-dossiers",
)


def classic(facts: Facts) -> Guide:
    parts = [GuidePart("Avant de commencer", ((_UPDATE,) if facts.version == "old" else ()) + (steps.PASSWORD,))]
    if facts.is_pop:
        parts += [GuidePart("Nouveau compte", (_NEW_ACCOUNT,)), GuidePart("Vos anciens messages", (_POP,))]
    else:
        parts += [
            GuidePart("Votre compte est déjà dans Outlook", (_EXISTING,), way="account"),
            GuidePart("Nouveau compte", (_NEW_ACCOUNT,), way="account"),
        ]
    parts += [
        GuidePart("Vos dossiers", (_SUBSCRIBE, *((steps.PHONE_BOXES,) if facts.has_boxes else ()))),
        steps.ending(),
    ]
    return Guide(
        "Outlook classique",
        ("Outlook sait lire vos messages en IMAP. Pour le reste, voyez ses limites avant de commencer.",),
        tuple(parts),
        limits=(
            "Outlook ne sait lire ni les contacts ni les calendriers de la messagerie nationale : ils restent dans la "
            "version web. Thunderbird sait faire les deux.",
            "N’ajoutez pas le compte comme « Exchange » : la messagerie nationale n’est pas un serveur Microsoft.",
            "Si l’interrupteur **Nouvel Outlook** apparaît en haut à droite, laissez-le éteint.",
        ),
    )


def _leave(place: str, removing: tuple[str, ...], instead: tuple[str, ...]) -> tuple[GuidePart, ...]:
    return (
        GuidePart(
            "Arrêter de l’utiliser pour cette messagerie",
            (
                GuideStep(
                    "remove",
                    f"Retirez le compte {place}",
                    removing,
                    "Votre adresse n’y figure plus.",
                    help="applications-a-eviter",
                ),
                GuideStep(
                    "change-password",
                    "Si vous y aviez tapé votre mot de passe académique, changez-le",
                    (
                        "Il a été confié à une entreprise : changez-le dans le portail de l’académie.",
                        "Si vous y aviez mis un mot de passe d’application, révoquez-le : voyez la liste de vos mots "
                        "de passe d’application.",
                    ),
                    "L’ancien mot de passe ne sert plus nulle part.",
                ),
            ),
        ),
        GuidePart(
            "Par quoi le remplacer",
            (
                GuideStep(
                    "replace",
                    "Choisissez autre chose",
                    instead,
                    "Votre messagerie s’ouvre par un autre chemin ; marquez cet appareil « Ne sert plus » et ajoutez "
                    "l’autre.",
                    help="applications-a-eviter",
                ),
            ),
        ),
    )


_WHY = (
    "Cette application ne se connecte pas elle-même : elle confie votre mot de passe aux serveurs de Microsoft, qui "
    "relèvent vos messages et en gardent une copie. Une messagerie professionnelle ne doit pas y être réglée."
)


def new(facts: Facts) -> Guide:
    return Guide(
        "Nouvel Outlook",
        (_WHY,),
        _leave(
            "du nouvel Outlook",
            (
                "Ouvrez **Paramètres** (la roue dentée), **Comptes**, puis **Vos comptes**.",
                "À côté de votre adresse : **Gérer**, puis **Supprimer**.",
                "Si une case propose d’effacer aussi les données du cloud, cochez-la.",
            ),
            (
                "La version web, {webmail}, dans n’importe quel navigateur : rien à régler.",
                "Thunderbird, gratuit, qui lit aussi contacts et calendriers.",
                "Outlook classique, si vous l’avez : éteignez l’interrupteur **Nouvel Outlook** en haut à droite.",
            ),
        ),
        limits=("Les contacts et calendriers de la messagerie nationale n’y viendraient de toute façon pas.",),
        needs_password=False,
    )


def mobile(facts: Facts) -> Guide:
    return Guide(
        "Outlook sur téléphone",
        (_WHY,),
        _leave(
            "de l’application",
            (
                "Touchez votre photo ou vos initiales, puis la roue dentée.",
                "Touchez votre adresse, puis **Supprimer le compte** et, si la question est posée, **de cet appareil "
                "et du cloud**.",
            ),
            (
                "La version web, {webmail}, dans le navigateur du téléphone : rien à régler.",
                "Sur iPhone ou iPad, l’application Mail, fournie avec l’appareil.",
                "Sur Android, Thunderbird pour Android, ou l’application de messagerie du téléphone.",
            ),
        ),
        needs_password=False,
    )
