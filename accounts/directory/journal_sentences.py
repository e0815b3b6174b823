"""What the journal says of imports of the directory (see `accounts.sentences`)."""

SENTENCES = {
    "directory.received": "a déposé la liste {label} ({what})",
    "directory.confirmed": "a confirmé l’import de la liste {label}",
    "directory.cancelled": "a abandonné l’import de la liste {label}",
    "directory.imported": "a importé la liste {label} ({what}, liste {list}) : ajouts {added}, modifications "
    "{changed}, retours {back}, départs {gone}",
    "directory.erased": "a effacé le fichier et le détail de l’import {label}",
    "directory.deactivated": "a désactivé le compte, absent de la liste {label} ou indiqué comme parti",
    "directory.reactivated": "a réactivé le compte, revenu dans la liste {label}",
    "directory.address_changed": "a changé l’adresse du compte ({before} → {address}) d’après la liste {label}",
}
FAMILIES = {"directory": "Répertoire"}
