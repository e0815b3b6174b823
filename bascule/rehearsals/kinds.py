"""What a dry run can find: one table of kinds, with what is said of each and what to do about it.

A sentence takes the values of its finding: names of files, codes and counts, never contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bascule.models import RehearsalFinding

BLOCKING, LOOK, INFO = RehearsalFinding.Severity


@dataclass(frozen=True)
class Kind:
    """label: of the group; sentence: of one finding; remedy: what to do, in French. mailbox: the person's account in
    Zimbra does not look right."""

    severity: RehearsalFinding.Severity
    label: str
    sentence: str
    remedy: str
    mailbox: bool = False


KINDS: dict[str, Kind] = {
    # The person's account in Zimbra.
    "account_missing": Kind(
        BLOCKING,
        "Compte absent de Zimbra",
        "Aucun compte à l’adresse {address} dans Zimbra.",
        "Demandez la création du compte à l’opérateur, ou mettez la personne de côté dans une autre vague.",
        mailbox=True,
    ),
    "account_alias": Kind(
        BLOCKING,
        "Adresse d’un autre compte",
        "{address} est une autre adresse du compte {other} dans Zimbra.",
        "Faites séparer les deux comptes, ou corrigez l’adresse dans le répertoire.",
        mailbox=True,
    ),
    "account_list": Kind(
        BLOCKING,
        "Adresse d’une liste ou d’une ressource",
        "{address} est dans Zimbra une liste de diffusion ou une ressource, et non un compte.",
        "Faites renommer cette liste, ou corrigez l’adresse dans le répertoire.",
        mailbox=True,
    ),
    "account_closed": Kind(
        BLOCKING,
        "Compte fermé ou verrouillé",
        "Le compte est « {status} » dans Zimbra : la personne ne pourrait pas s’y connecter.",
        "Faites réactiver le compte par l’opérateur.",
        mailbox=True,
    ),
    "account_waits": Kind(
        LOOK,
        "Compte pas encore actif",
        "Le compte est « {status} » dans Zimbra.",
        "Vérifiez avec l’opérateur qu’il sera actif le jour du transfert.",
        mailbox=True,
    ),
    "account_name": Kind(
        LOOK,
        "Compte au nom de quelqu’un d’autre",
        "Le compte {address} porte dans Zimbra un autre nom de famille que dans le répertoire.",
        "Vérifiez qu’il s’agit bien de la même personne : nom d’usage, homonyme, ou compte réattribué.",
        mailbox=True,
    ),
    "account_quota": Kind(
        LOOK,
        "Espace plus petit que prévu",
        "Le compte a {quota} Go dans Zimbra, au lieu de {wanted} Go.",
        "Faites corriger la classe de service ou le quota du compte par l’opérateur.",
    ),
    # What the person handed over.
    "file_gone": Kind(
        BLOCKING,
        "Fichier déposé introuvable",
        "« {file} » ne se trouve plus sur le disque du portail.",
        "Restaurez le dossier des dépôts, ou demandez à la personne de déposer ce fichier de nouveau.",
    ),
    "file_sealed": Kind(
        BLOCKING,
        "Fichier déposé qui ne s’ouvre plus",
        "« {file} » ne peut plus être déchiffré : clé retirée, ou fichier abîmé.",
        "Remettez l’ancienne clé dans PORTAL_SEAL_KEYS, ou demandez à la personne de déposer ce fichier de nouveau.",
    ),
    "file_unreadable": Kind(
        LOOK,
        "Fichier illisible",
        "« {file} » ne peut pas être lu ({code}).",
        "Demandez à la personne de refaire l’export et de le déposer de nouveau.",
    ),
    "file_waiting": Kind(
        LOOK,
        "Fichier pas encore lu",
        "« {file} » est déposé et n’a pas été lu.",
        "Vérifiez que des workers tournent : la lecture reprend d’elle-même.",
    ),
    "file_stops_reader": Kind(
        LOOK,
        "Fichiers qui arrêtent la lecture",
        "La lecture des fichiers de cette personne a été interrompue plusieurs fois : ils n’ont pas été vérifiés.",
        "Demandez un export plus court, ou un carnet à la fois.",
    ),
    "file_loses": Kind(
        LOOK,
        "Fichier dont beaucoup se perd",
        "« {file} » : {lost} éléments sur {items} ne seraient pas repris.",
        "Voyez les remarques du fichier avec la personne ; un nouvel export suffit souvent.",
    ),
    "file_changed": Kind(
        LOOK,
        "Fichier lu autrement qu’au dépôt",
        "« {file} » donnait {before} éléments au dépôt, et en donne {now} aujourd’hui.",
        "Faites relire le fichier depuis la fiche de la personne avant le jour du transfert.",
    ),
    "file_expires": Kind(
        LOOK,
        "Fichier effacé avant le jour",
        "« {file} » atteint sa date de suppression le {day}, avant le transfert.",
        "Demandez à la personne de le déposer de nouveau, ou allongez la durée de conservation.",
    ),
    "kept_sealed": Kind(
        BLOCKING,
        "Contenu gardé qui ne s’ouvre plus",
        "{count} élément(s) gardés par le portail (filtres, signatures, contenu de fichiers) ne se déchiffrent plus.",
        "Remettez l’ancienne clé dans PORTAL_SEAL_KEYS : sans elle, la personne devra tout relever de nouveau.",
    ),
    "signature_long": Kind(
        LOOK,
        "Signature trop longue",
        "Une signature compte {length} caractères ; Zimbra en prend {longest} au plus.",
        "La personne allège les images de sa signature dans « Ma signature ».",
    ),
    "signature_pictures": Kind(
        INFO,
        "Signature aux images à décider",
        "{count} image(s) d’une signature attendent que la personne décide de leur sort.",
        "La personne le fait dans « Ma signature », avant ou après le transfert.",
    ),
    "rules_folder": Kind(
        LOOK,
        "Filtre vers un dossier sans messages",
        "{count} règle(s) rangent des messages dans un dossier que Zimbra réserve aux contacts, agendas ou tâches.",
        "La personne choisit un autre dossier dans « Mes filtres ».",
    ),
    "rules_refused": Kind(
        INFO,
        "Filtres qui ne seront pas repris",
        "{count} règle(s) de filtrage sur {total} n’ont pas d’équivalent dans Zimbra.",
        "La personne voit pourquoi dans « Mes filtres » ; un mot d’explication l’aide à s’organiser.",
    ),
    "list_folder": Kind(
        LOOK,
        "Dossier de liste au nom réservé",
        "La liste {address} demanderait un dossier « {folder} », que Zimbra a déjà pour lui-même.",
        "La personne choisit un autre nom pour cette liste dans « Mes listes ».",
    ),
    "devices_noted": Kind(
        INFO,
        "Appareils à régler après le transfert",
        "La personne a noté des appareils connectés.",
        "Prévoyez de l’aide le jour même là où ils sont nombreux.",
    ),
    "nothing_done": Kind(
        INFO,
        "N’a rien fait avant le transfert",
        "Aucune étape close et aucun fichier déposé.",
        "Relancez ces personnes : filtres, agendas, contacts et signatures ne sont pas transférés pour elles.",
    ),
    # Boxes and censuses.
    "box_no_owner": Kind(
        BLOCKING,
        "Boîte sans propriétaire",
        "{address} : ni direction active dans l’établissement, ni propriétaire dans le recensement.",
        "Désignez un propriétaire dans le recensement, ou une direction dans le répertoire.",
    ),
    "box_is_agent": Kind(
        BLOCKING,
        "Boîte à l’adresse d’une personne",
        "{address} est aussi l’adresse d’une personne du répertoire.",
        "Corrigez l’adresse de la boîte, ou retirez-la.",
    ),
    "box_alias": Kind(
        BLOCKING,
        "Adresse de boîte déjà prise",
        "{address} est dans Zimbra une autre adresse du compte {other}.",
        "Faites retirer cette adresse du compte, ou changez celle de la boîte.",
    ),
    "box_list": Kind(
        BLOCKING,
        "Adresse de boîte prise par une liste",
        "{address} est dans Zimbra une liste de diffusion ou une ressource.",
        "Faites renommer la liste, ou changez l’adresse de la boîte.",
    ),
    "box_account": Kind(
        INFO,
        "Boîte déjà présente dans Zimbra",
        "Un compte existe à l’adresse {address} : le transfert le prend tel quel et règle son espace.",
        "Rien à faire s’il a été créé par l’opérateur pour cette boîte.",
    ),
    "box_without_account": Kind(
        LOOK,
        "Accès en attente d’un compte",
        "{address} : {count} personne(s) du recensement n’ont pas encore de compte nominatif.",
        "Suivez leur demande de compte : sans compte, pas d’accès à la boîte.",
    ),
    "box_not_kept": Kind(
        INFO,
        "Boîte qui ne sera pas transférée",
        "{address} : le recensement indique qu’elle ne sert plus.",
        "Confirmez-le avec l’établissement avant que ses messages ne deviennent inaccessibles.",
    ),
    "census_open": Kind(
        LOOK,
        "Recensement non transmis",
        "Le recensement de {place} n’a pas été transmis.",
        "Relancez la direction : seules les personnes déjà saisies auraient accès aux boîtes.",
    ),
    "census_to_validate": Kind(
        INFO,
        "Recensement à valider",
        "Le recensement de {place} attend votre validation.",
        "Relisez-le et validez-le.",
    ),
    "place_no_head": Kind(
        LOOK,
        "Établissement sans direction",
        "{place} n’a pas de direction active dans le répertoire.",
        "Mettez le répertoire à jour, ou désignez des propriétaires dans le recensement.",
    ),
    "accounts_asked": Kind(
        LOOK,
        "Demandes de compte en cours",
        "{place} : {count} demande(s) de compte n’ont pas reçu de réponse.",
        "Voyez avec l’assistance où en sont ces comptes.",
    ),
}
# Kinds that say that somebody's mailbox is not as it should be.
OF_MAILBOX = [code for code, kind in KINDS.items() if kind.mailbox]


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(code: str, values: Mapping[str, object]) -> str:
    """What is said of one finding; the code itself for a kind that is none any more."""
    kind = KINDS.get(code)
    return kind.sentence.format_map(_Blank(values)) if kind else code
