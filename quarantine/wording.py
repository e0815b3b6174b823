"""Why a message is held and what is odd about it: a code, and one French sentence for a person. Pure.

The sentences hold nothing that a message brought with it.
"""

from __future__ import annotations

from typing import Final, Literal

Level = Literal["danger", "caution", "note"]

# Codes of Hold.Reason.
REASONS: Final[dict[str, str]] = {
    "spam": "Le filtre le juge indésirable : publicité, escroquerie ou envoi en masse que personne n’a demandé.",
    "doubtful": "Rien ne prouve qu’il vient de l’expéditeur affiché : son adresse a pu être imitée.",
    "dangerous": "L’antivirus y a trouvé un contenu dangereux. Ne le libérez pas : au moindre doute, supprimez-le.",
    "blocked": "Son expéditeur figure sur votre liste de blocage.",
    "staff_block": "Son expéditeur est bloqué pour toute l’académie.",
    "limit": "Son expéditeur a écrit à beaucoup de destinataires en peu de temps. Si vous l’attendiez, libérez-le.",
}
REASON_UNKNOWN: Final = "Il a été jugé suspect."

# Codes of what the mail server found, and of what the message itself shows: level, sentence.
_HINTS: Final[dict[str, tuple[Level, str]]] = {
    # Found by the mail server (`quarantine.verdicts`).
    "marked_spam": ("caution", "Le filtre du serveur l’a marqué comme indésirable."),
    "high_score": ("caution", "La note donnée par le filtre dépasse le seuil de l’académie."),
    "virus": ("danger", "L’antivirus a reconnu un virus."),
    "forbidden_content": ("danger", "Une pièce jointe est d’un type que le serveur interdit."),
    "dmarc_fail": ("danger", "Le domaine de l’expéditeur affiché ne reconnaît pas cet envoi."),
    "spf_fail": ("caution", "Le serveur qui l’a envoyé n’est pas de ceux que ce domaine a déclarés."),
    "no_verdict": ("note", "Il n’est pas passé par le filtre."),
    # The sender.
    "sent_by_other": ("caution", "L’adresse affichée n’est pas celle qui envoie."),
    "name_claims_address": ("danger", "Le nom affiché contient une autre adresse que celle de l’expéditeur."),
    "reply_elsewhere": ("caution", "Une réponse partirait vers un autre domaine que celui de l’expéditeur."),
    "no_sender": ("caution", "Aucun expéditeur n’est indiqué."),
    "several_senders": ("caution", "Plusieurs expéditeurs sont indiqués : un seul a pu l’écrire."),
    "lookalike_sender": ("caution", "L’adresse de l’expéditeur contient des lettres qui peuvent en imiter d’autres."),
    # The links.
    "misleading_link": ("danger", "Un lien affiche une adresse et mène à une autre."),
    "disguised_link": ("danger", "Un lien cache sa vraie destination derrière un nom connu placé avant le signe @."),
    "dangerous_link": ("danger", "Un lien aurait exécuté un programme ou ouvert un fichier."),
    "link_to_number": ("caution", "Un lien mène à un serveur sans nom, désigné par des chiffres."),
    "lookalike_link": ("caution", "Un lien contient des lettres qui peuvent en imiter d’autres."),
    "redirect": ("danger", "Le message aurait ouvert une page de lui-même."),
    # What the message is made of.
    "form": ("caution", "Le message contient un formulaire à remplir."),
    "asks_password": ("danger", "Le message demande un mot de passe."),
    "script": ("danger", "Le message contenait un programme, qui a été écarté."),
    "hidden_text": ("note", "Le message contient du texte caché, montré à part."),
    "tracker": (
        "note",
        "Une image invisible signale à l’expéditeur que le message est ouvert ; elle n’est pas chargée.",
    ),
    "turned_text": (
        "danger",
        "Des caractères retournent le sens de lecture pour tromper l’œil ; ils sont écrits en clair.",
    ),
    "invisible_characters": (
        "caution",
        "Des caractères invisibles sont glissés dans le texte ; ils sont écrits en clair.",
    ),
    "bad_charset": ("note", "Les accents peuvent être faux : le message annonce mal son écriture."),
    "encrypted": ("note", "Le contenu est chiffré ou scellé : il ne peut être lu qu’une fois libéré."),
    "tnef": ("note", "Le contenu est dans un format propre à Outlook (winmail.dat), qui n’est pas ouvert ici."),
    "broken": ("note", "Le message est mal formé : ce qui est montré peut être incomplet."),
    "truncated": ("caution", "Message tronqué : il est trop long ou trop compliqué pour être montré en entier."),
    # The attachments.
    "executable": ("danger", "Une pièce jointe est un programme."),
    "disguised_executable": ("danger", "Une pièce jointe est un programme qui se fait passer pour un autre fichier."),
    "double_extension": ("danger", "Le nom d’une pièce jointe cache ce qu’elle est derrière une fausse terminaison."),
    "turned_name": ("danger", "Le nom d’une pièce jointe est écrit à l’envers pour cacher ce qu’elle est."),
    "macros": ("danger", "Une pièce jointe peut contenir des programmes (macros)."),
    "web_page": ("caution", "Une pièce jointe est une page web : elle peut imiter une page de connexion."),
    "disk_image": ("danger", "Une pièce jointe est une image de disque, qui peut cacher un programme."),
    "archive": ("note", "Une pièce jointe est une archive : ce qu’elle contient n’a pas été regardé ici."),
}
HINT_UNKNOWN: Final = "Le filtre a relevé autre chose."
_ORDER: Final[dict[Level, int]] = {"danger": 0, "caution": 1, "note": 2}


def reason(code: str) -> str:
    """The sentence of a Hold.Reason."""
    return REASONS.get(code, REASON_UNKNOWN)


def hint(code: str) -> str:
    """The sentence of a hint."""
    return _HINTS.get(code, ("note", HINT_UNKNOWN))[1]


def level(code: str) -> Level:
    """How much the hint weighs."""
    return _HINTS.get(code, ("note", HINT_UNKNOWN))[0]


def weightiest_first(codes: set[str]) -> tuple[str, ...]:
    """Codes in the order in which a person should read them: by level, then as they stand above."""
    listed = list(_HINTS)
    known = [code for code in listed if code in codes]
    return tuple(sorted(known, key=lambda code: (_ORDER[level(code)], listed.index(code))))
