"""What the journal says of the actions of this application (see `accounts.sentences`).

Never a subject, a body or a display name: entries are read by staff.
"""

SENTENCES = {
    "hold.release_asked": "a demandé la libération d’un message retenu pour {label}",
    "hold.released": "a remis à {label} un message libéré",
    "hold.delivery_failed": "n’a pas pu remettre à {label} un message libéré ; il est de nouveau retenu",
    "hold.deleted": "a supprimé un message retenu pour {label}",
    "hold.restored": "a annulé la suppression d’un message retenu pour {label}",
    "quarantine.expired": "a effacé les messages retenus depuis {days} jours ({count})",
}
