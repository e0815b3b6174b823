"""Templates that every portal begins with; staff change them as they like. Plain data: a migration writes the rows."""

from __future__ import annotations

from typing import Any

TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "name": "J-30 : annonce du transfert",
        "subject": "Votre messagerie sera transférée : {date}",
        "body": """Bonjour {prénom} {nom},

Votre messagerie académique rejoint la messagerie nationale (Zimbra). Votre transfert fait partie de la vague « \
{vague} ». Date prévue : {date}.

Ce qui est transféré pour vous : tous vos messages et vos dossiers. Votre adresse ne change pas.

Ce qui ne l’est pas : carnets d’adresses, agendas, règles de filtrage et signatures. Le portail vous aide à les \
emporter, étape par étape :
{lien}

Comptez environ {durée}. Rien ne presse encore ; le mieux est de s’y prendre une semaine avant.

Une question ? {assistance}
""",
        "is_service": True,
        "days": -30,
        "audience": {"what": "everybody", "moved": "no"},
    },
    {
        "name": "J-10 : étapes à faire avant le transfert",
        "subject": "Transfert de votre messagerie {échéance} : il reste {nombre d’étapes} étape(s)",
        "body": """Bonjour {prénom} {nom},

Le transfert de votre messagerie a lieu {échéance}. Date : {date}.

Il vous reste à faire, ou à marquer « non concerné(e) » :
{étapes}

Comptez environ {durée}. Tout se passe ici, avec une explication pour chaque étape :
{lien}

Carnets d’adresses et agendas s’exportent depuis l’ancien webmail : le plus sûr est de le faire avant le transfert.

Une question ? {assistance}
""",
        "is_service": False,
        "days": -10,
        "audience": {"what": "before", "moved": "no"},
    },
    {
        "name": "J-2 : dernier rappel avant le transfert",
        "subject": "Votre messagerie est transférée {échéance}",
        "body": """Bonjour {prénom} {nom},

Votre messagerie est transférée {échéance} ({date}), et il vous reste à faire :
{étapes}

Si vous n’utilisiez pas le carnet, l’agenda ou les filtres de l’ancien webmail, marquez ces étapes « non \
concerné(e) » : vous ne recevrez plus de rappel à leur sujet.
{lien}

Une question ? {assistance}
""",
        "is_service": False,
        "days": -2,
        "audience": {"what": "before", "moved": "no"},
    },
    {
        "name": "J-2 : consignes pour le jour du transfert",
        "subject": "Le jour du transfert de votre messagerie : {date}",
        "body": """Bonjour {prénom} {nom},

Votre messagerie est transférée {échéance}. Date : {date}.

Le jour même :
- votre ancienne messagerie laisse la place à la nouvelle, sous la même adresse ;
- l’ancien webmail n’affichera plus vos nouveaux messages ;
- Thunderbird et votre téléphone demanderont de nouveaux réglages : ils sont donnés dans le portail, appareil \
par appareil.

Ensuite, votre messagerie s’ouvre ici : {messagerie}
Et le portail vous guide pour retrouver vos contacts, vos agendas, vos filtres et votre signature : {lien}

Une question ? {assistance}
""",
        "is_service": True,
        "days": -2,
        "audience": {"what": "everybody", "moved": "no"},
    },
    {
        "name": "J+1 : votre messagerie est transférée",
        "subject": "Votre messagerie est transférée : que faire maintenant ?",
        "body": """Bonjour {prénom} {nom},

Votre messagerie a été transférée. Elle s’ouvre ici : {messagerie}

Commencez par vérifier que vos dossiers et vos messages sont là. Puis, selon votre usage :
{étapes}

Tout est expliqué dans le portail, avec ce que vous y aviez mis de côté avant le transfert :
{lien}

Il manque quelque chose ? {assistance}
""",
        "is_service": True,
        "days": 1,
        "audience": {"what": "everybody", "moved": "yes"},
    },
    {
        "name": "J+7 : étapes non terminées après le transfert",
        "subject": "Votre nouvelle messagerie : il reste {nombre d’étapes} étape(s)",
        "body": """Bonjour {prénom} {nom},

Votre messagerie est transférée depuis quelques jours. Il vous reste à faire, ou à marquer « non concerné(e) » :
{étapes}

Comptez environ {durée}. Ce que vous avez déposé avant le transfert vous attend :
{lien}

Une question ? {assistance}
""",
        "is_service": False,
        "days": 7,
        "audience": {"what": "after", "moved": "yes"},
    },
    {
        "name": "J-21 : recensement des boîtes à transmettre",
        "subject": "Boîtes fonctionnelles de {établissement} : recensement à transmettre",
        "body": """Bonjour {prénom} {nom},

Les boîtes fonctionnelles de {établissement} deviennent des boîtes partagées : chacun y accédera depuis sa \
propre messagerie, sans mot de passe commun.

Pour que personne ne perde son accès le jour du transfert ({date}), dites qui doit utiliser quelle boîte. Le \
recensement n’est pas encore transmis :
{lien du recensement}

Comptez quelques minutes par boîte ; une liste déjà prête peut être importée d’un tableur.

Une question ? {assistance}
""",
        "is_service": False,
        "days": -21,
        "audience": {"what": "census", "moved": ""},
    },
)
