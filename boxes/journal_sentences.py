"""What the journal says of the actions of this application (see `accounts.sentences`)."""

SENTENCES = {
    "boxes.noted": "a noté les boîtes fonctionnelles utilisées ({count})",
    "box.granted": "a donné à {name} accès à la boîte {label} (rôle : {role})",
    "box.granted_after_move": "{name} a reçu, après son transfert, l’accès qui l’attendait à la boîte {label} "
    "(rôle : {role})",
    "box.pending": "a prévu pour {name}, dès son transfert, un accès à la boîte {label} (rôle : {role})",
    "box.owner_appointed": "a nommé {name} propriétaire de la boîte {label}",
    "box.role_changed": "a changé le rôle de {name} dans la boîte {label} ({before} → {role})",
    "box.revoked": "a retiré à {name} l’accès à la boîte {label}",
    "box.left": "a renoncé à son accès à la boîte {label}",
    "box.hidden": "a masqué la boîte {label} dans sa messagerie",
    "box.shown": "a réaffiché la boîte {label} dans sa messagerie",
}
