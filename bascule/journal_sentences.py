"""What the journal says of the actions of this application (see `accounts.sentences`)."""

SENTENCES = {
    "step.done": "a marqué l’étape « {label} » comme faite",
    "step.not_concerned": "n’est pas concerné(e) par l’étape « {label} »",
    "step.reopened": "a remis à faire l’étape « {label} »",
    "step.note_saved": "a enregistré ses notes pour l’étape « {label} »",
    "step.note_removed": "a effacé ses notes de l’étape « {label} »",
    "deposit.received": "a déposé le fichier « {label} » (octets : {size})",
    "deposit.deleted": "a supprimé le fichier déposé « {label} »",
    "deposit.expired": "le fichier déposé « {label} » a atteint sa date de suppression",
    "deposits.expired": "fichiers déposés arrivés à terme et supprimés : {deposits}",
    "import.started": "a lancé l’import de « {label} » vers « {folder} » (éléments : {items})",
    "import.resumed": "a relancé l’import de « {label} »",
    "import.done": "import de « {label} » terminé (ajoutés : {created}, refusés : {refused}, identiques : {identical}, "
    "différents : {differing}, introuvables : {missing})",
    "import.stopped": "import de « {label} » arrêté ({code})",
    "import.undo_started": "a demandé l’annulation de l’import de « {label} »",
    "import.undone": "import de « {label} » annulé (retirés : {removed}, déjà absents : {gone})",
    "replay.started": "a lancé l’envoi vers Zimbra de « {label} » (actions : {acts})",
    "replay.resumed": "a relancé l’envoi vers Zimbra de « {label} »",
    "replay.done": "envoi vers Zimbra de « {label} » terminé (actions : {acts}, différences : {differences})",
    "replay.stopped": "envoi vers Zimbra de « {label} » arrêté ({code})",
    "replay.undo_started": "a demandé l’annulation de l’envoi vers Zimbra de « {label} »",
    "replay.undone": "envoi vers Zimbra de « {label} » annulé (laissés tels quels : {left})",
}
