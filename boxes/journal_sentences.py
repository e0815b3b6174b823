"""What the journal says of the actions of this application (see `accounts.sentences`)."""

SENTENCES = {
    "boxes.noted": "a noté les boîtes fonctionnelles utilisées ({count})",
    "box.transfer_started": "a lancé le transfert de la boîte {label} (accès donnés : {active}, en attente : {pending})",
    "box.granted": "a donné à {name} accès à la boîte {label} (rôle : {role})",
    "box.granted_after_move": "a ouvert à {name}, après son transfert, l’accès prévu à la boîte {label} "
    "(rôle : {role})",
    "box.pending": "a prévu pour {name}, dès son transfert, un accès à la boîte {label} (rôle : {role})",
    "box.owner_appointed": "a nommé {name} propriétaire de la boîte {label}",
    "box.role_changed": "a changé le rôle de {name} dans la boîte {label} ({before} → {role})",
    "box.revoked": "a retiré à {name} l’accès à la boîte {label}",
    "box.pending_revoked": "a annulé l’accès prévu pour {name} à la boîte {label}",
    "box.retried": "a relancé la mise en place de la boîte {label} dans Zimbra",
    "box.left": "a renoncé à son accès à la boîte {label}",
    "box.hidden": "a masqué la boîte {label} dans sa messagerie",
    "box.shown": "a réaffiché la boîte {label} dans sa messagerie",
    "box.shared": "a partagé « {item} » de la boîte {label} avec {name} ({access})",
    "box.share_changed": "a changé l’accès de {name} à « {item} » de la boîte {label} ({before} → {access})",
    "box.share_revoked": "a mis fin au partage de « {item} » de la boîte {label} avec {name}",
    "box.conventions_changed": "a modifié les conventions d’équipe de la boîte {label}",
    "box.tag_added": "a ajouté l’étiquette « {name} » ({colour}) à celles de la boîte {label}",
    "box.tag_changed": "a modifié l’étiquette « {name} » de la boîte {label}",
    "box.tag_removed": "a retiré l’étiquette « {name} » de celles de la boîte {label}",
    "box.tags_asked": "a demandé la création des étiquettes de la boîte {label} dans sa messagerie ({count})",
}
