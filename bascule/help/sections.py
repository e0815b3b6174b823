"""The parts of the help, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    summary: str


SECTIONS: tuple[Section, ...] = (
    Section("demarrer", "Pour commencer", "Ce qui change, quand, et comment se passe le premier jour."),
    Section("avant", "Avant le transfert", "Ce qu’il faut mettre de côté tant que l’ancienne messagerie est ouverte."),
    Section("apres", "Après le transfert", "Vérifier, retrouver ses réglages, reprendre ses habitudes."),
    Section("boites", "Boîtes partagées", "Les boîtes de service et d’établissement, et qui y a accès."),
    Section("listes", "Listes de diffusion", "Écrire au nom d’une liste et ranger son courrier."),
    Section("quarantaine", "Quarantaine", "Les messages retenus, et comment les récupérer."),
    Section("limites", "Limites d’envoi", "Combien de destinataires, et que faire quand un envoi est refusé."),
    Section("appareils", "Appareils et logiciels", "Thunderbird, téléphones et tablettes."),
    Section("securite", "Sécurité", "Mots de passe, messages douteux, compte piraté."),
    Section("faq", "Questions fréquentes", "Des réponses courtes aux questions qui reviennent."),
    Section("formation", "Se former", "Apprendre à se servir de la nouvelle messagerie."),
    Section("comparer", "Ancien et nouveau service", "Ce que l’un et l’autre permettent, côte à côte."),
)

BY_CODE = {section.code: section for section in SECTIONS}
