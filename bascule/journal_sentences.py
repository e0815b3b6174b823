"""What the journal says of the actions of this application (see `accounts.sentences`)."""

SENTENCES = {
    "step.done": "a marqué l’étape « {label} » comme faite",
    "step.not_concerned": "n’est pas concerné(e) par l’étape « {label} »",
    "step.reopened": "a remis à faire l’étape « {label} »",
    "step.note_saved": "a enregistré ses notes pour l’étape « {label} »",
    "step.note_removed": "a effacé ses notes de l’étape « {label} »",
}
