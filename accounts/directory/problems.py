"""What may be wrong with a list or one of its lines: stable codes, and French sentences that say what to mend.

A problem is a code and the values its sentence names. Those of a line are kept with it; the sentence is made when it is
shown, by `accounts.directory.report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Problem = tuple[str, dict[str, Any]]

SENTENCES: dict[str, str] = {
    # The list as a whole.
    "unreadable": "{why}",
    "no_lines": "Ce fichier n’a que ses titres de colonnes : aucune ligne à lire.",
    "no_header": "La première ligne doit donner le titre des colonnes, par exemple : {example}. "
    "La première ligne lue ici est « {found} ».",
    "other_kind": "Cette liste a les colonnes d’une liste « {what} » ({found}). Déposez-la comme telle, ou retirez les "
    "colonnes en trop.",
    "column_missing": "Il manque la colonne « {column} ». Colonnes trouvées : {found}. Titres acceptés : {accepted}.",
    "column_twice": "Deux colonnes veulent dire « {column} » : {found}. N’en gardez qu’une.",
    "damaged_store": "Ce que le portail avait gardé de ce fichier ne peut plus être ouvert. Déposez-le de nouveau.",
    "reader_stopped": "La lecture de ce fichier s’est interrompue plusieurs fois. Découpez-le en plusieurs listes "
    "partielles, ou signalez-le à l’assistance.",
    "writer_stopped": "L’écriture s’est interrompue plusieurs fois : rien n’a été modifié. Réessayez quand la cause "
    "est réglée (place sur le disque, base de données).",
    "stale": "L’annuaire a changé depuis la première lecture : le fichier a été comparé de nouveau. Relisez ce qui "
    "suit, puis confirmez.",
    "last_staff": "Cet import désactiverait le dernier membre actif de l’équipe DSI : plus personne ne pourrait ouvrir "
    "ces pages. Rien n’a été modifié.",
    # A line.
    "unclosed_quote": 'Un guillemet (") n’est jamais fermé. Fermez-le, ou doublez-le s’il fait partie du texte.',
    "line_too_long": "Cette ligne dépasse 20 000 caractères : elle en contient sans doute plusieurs.",
    "too_many_cells": "{count} cellules pour {expected} colonnes : un séparateur en trop ? Mettez entre guillemets le "
    "texte qui en contient un.",
    "cut_off": "La dernière ligne est coupée : {count} cellules au lieu de {expected}. Le fichier est-il complet ?",
    "cell_too_long": "« {column} » dépasse {limit} caractères.",
    "control_character": "« {column} » contient un caractère invisible qui ne peut pas être gardé. Retapez ce texte.",
    "broken_character": "« {column} » a perdu une lettre accentuée (« {value} »). Refaites l’export en UTF-8.",
    "mojibake": "« {column} » : accents mal convertis (« {value} »). Refaites l’export en UTF-8, sans conversion.",
    "empty": "« {column} » est vide. Renseignez cette cellule.",
    "bad_address": "« {value} » n’est pas une adresse électronique complète (prenom.nom@domaine).",
    "bad_uai": "« {value} » n’est pas un code UAI : sept chiffres et une lettre, comme 9740001A.",
    "unknown_uai": "Aucun établissement n’a le code {value}. Importez d’abord la liste des établissements, ou corrigez "
    "ce code.",
    "unknown_population": "« {value} » n’est pas une population connue. Écrivez l’une de celles-ci : {known}.",
    "bad_yes_no": "« {value} » dans la colonne « {column} » : écrivez oui ou non.",
    "column_needed": "Cette ligne ajoute « {value} », mais la liste n’a pas de colonne « {column} », qu’il faut pour "
    "ajouter.",
    "address_taken": "L’adresse {value} est déjà celle de {name}. Corrigez l’adresse, ou l’identifiant.",
    "address_of_other_kind": "{value} n’est pas l’adresse d’une personne : {what}.",
    "address_of_person": "{value} est l’adresse de {name}, pas celle d’une boîte fonctionnelle.",
    "other_identifier": "{value} est connue sous un autre identifiant ({known}). Est-ce bien la même personne ? Sinon, "
    "il lui faut une autre adresse.",
    "twice": "{value} est déjà à la ligne {first}, avec d’autres valeurs. Ne gardez que la bonne ligne.",
    "identifier_twice": "L’identifiant {value} est déjà à la ligne {first}, pour quelqu’un d’autre.",
    "outside_domain": "Une boîte fonctionnelle a une adresse en @{domain}, pas « {value} ».",
    # Remarks: nothing is held up.
    "same_twice": "La même ligne est déjà à la ligne {first} : elle ne compte qu’une fois.",
    "unknown_function": "Fonction « {value} » : le portail ne connaît que la direction (DIR) ; aucune fonction n’est "
    "retenue.",
    "unknown_leaver": "{value} n’est pas dans l’annuaire : rien à désactiver.",
    "staff_back": "{value} retrouve l’accès aux pages de l’équipe DSI en étant réactivé(e).",
}
REMARKS = frozenset({"same_twice", "unknown_function", "unknown_leaver", "staff_back"})


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(code: str, values: Mapping[str, Any] | None = None) -> str:
    """The French sentence of a problem; the code itself when none is known for it."""
    return SENTENCES.get(code, code).format_map(_Blank(values or {}))
