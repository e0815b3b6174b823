"""Why an intake stopped: stable codes, and the sentences shown for them."""

from __future__ import annotations

from django.urls import reverse

_SENTENCES = {
    "no_rules": "Ce fichier est un annuaire où personne n’a de règle : aucune ligne « mailSieveRuleSource ». "
    "Refaites l’export avec cet attribut.",
    "no_ldif": "Aucune entrée d’annuaire avec des règles n’a été trouvée dans ce fichier. Déposez un export LDIF dont "
    "les entrées ont les attributs mail (ou uid) et mailSieveRuleSource.",
    "damaged_store": "Ce que le portail avait gardé de ce fichier ne peut plus être ouvert. Déposez-le de nouveau.",
    "reader_stopped": "La lecture de ce fichier s’est interrompue plusieurs fois. Exportez l’annuaire en plusieurs "
    "fichiers, ou signalez-le à l’assistance.",
    "giver_stopped": "La distribution s’est interrompue plusieurs fois au même endroit. Ce qui est donné l’est ; "
    "cliquez sur « Reprendre » quand la cause est réglée (place sur le disque, base de données).",
}


class Stopped(Exception):
    """The intake cannot go on by itself. code: see above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.code]


def link_of(intake_id: int) -> str:
    """The page of the intake, for notices."""
    return reverse("filter_intake", args=(intake_id,))
