"""What the journal says of the actions of this application (see `accounts.sentences`).

Never a subject, a body or a display name: entries are read by staff.
"""

SENTENCES = {
    "hold.release_asked": "a demandé la libération d’un message retenu pour {label}",
    "hold.released": "a remis à {label} un message libéré",
    "hold.delivery_failed": "n’a pas pu remettre à {label} un message libéré ; il est de nouveau retenu",
    "hold.deleted": "a supprimé un message retenu pour {label}",
    "hold.restored": "a annulé la suppression d’un message retenu pour {label}",
    "hold.reported": "a signalé à l’adresse d’alerte un message retenu pour {label}",
    "hold.report_sent": "a transmis à l’adresse d’alerte un message retenu pour {label}",
    "hold.report_failed": "n’a pas pu transmettre à l’adresse d’alerte un message retenu pour {label}",
    "quarantine.expired": "a effacé les messages retenus depuis {days} jours ({count})",
    "sending.threshold_changed": "a changé le seuil WARN / MAX « {label} » ({before} → {after})",
    "sending.rule_changed": "a changé la règle d’envoi « {label} » ({before} → {after})",
    "sending.network_added": "a ajouté le réseau {label} ({after})",
    "sending.network_changed": "a modifié le réseau {label} ({before} → {after})",
    "sending.network_removed": "a retiré le réseau {label} ({before})",
    "sending.list_server_added": "a déclaré le serveur de listes {label} ({domain}) : ses messages ne sont pas comptés",
    "sending.list_server_removed": "a retiré le serveur de listes {label} ({domain}) : ses messages sont comptés",
    "sending.list_handed_in": "a remis la liste de réseaux « {label} »",
    "sending.list_applied": "a appliqué la liste de réseaux « {label} » "
    "({added} ajoutés, {changed} modifiés, {gone} retirés)",
    "sending.list_deleted": "a supprimé la liste de réseaux « {label} »",
    "sender.trusted": "a mis {what} sur la liste de confiance de {label}",
    "sender.blocked": "a mis {what} sur la liste de blocage de {label}",
    "sender.trust_removed": "a retiré {what} de la liste de confiance de {label}",
    "sender.block_removed": "a retiré {what} de la liste de blocage de {label}",
    "sender.trusted_by_staff": "a mis {what} sur la liste de confiance de l’académie ({note})",
    "sender.blocked_by_staff": "a mis {what} sur la liste de blocage de l’académie ({note})",
    "sender.trust_removed_by_staff": "a retiré {what} de la liste de confiance de l’académie ({note})",
    "sender.block_removed_by_staff": "a retiré {what} de la liste de blocage de l’académie ({note})",
    "sending.account_blocked": "a mis {label} sur la liste des comptes compromis : « {reason} »",
    "sending.account_blocked_by_rule": "a mis {label} sur la liste des comptes compromis "
    "(règle automatique : {reason})",
    "sending.account_released": "a retiré {label} de la liste des comptes compromis : « {reason} »",
    "quarantine.allowed_times_changed": "a changé les heures de notification proposées ({before} → {after})",
    "quarantine.usual_times_changed": "a changé les heures de notification habituelles ({before} → {after})",
    "quarantine.undo_minutes_changed": "a changé le temps pendant lequel une suppression peut être annulée "
    "({before} → {after} minutes)",
    "quarantine.digest_chosen": "a choisi quand {label} reçoit la notification de quarantaine ({times})",
    "quarantine.list_asked": "a demandé l’envoi à {label} de la liste des messages retenus",
}

# See `accounts.sentences.register`.
FAMILIES = {
    "hold": "Quarantaine",
    "quarantine": "Quarantaine",
    "sender": "Quarantaine",
    "sending": "Limites d’envoi",
}
