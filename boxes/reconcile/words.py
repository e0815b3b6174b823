"""What a finding says in French: what was seen, what each decision does, and whom it reaches."""

from __future__ import annotations

from boxes.models import BoxFinding, Role
from boxes.reconcile.comparing import DEFAULT, OTHER_ACCOUNT, TRASH

Kind = BoxFinding.Kind

_LETTERS = {
    "r": "lecture",
    "w": "modification",
    "i": "ajout",
    "d": "suppression",
    "x": "réponse aux invitations",
    "a": "gestion des partages",
    "p": "éléments privés",
    "f": "disponibilités",
}
_GRANTEES = {
    "grp": "liste de diffusion",
    "dom": "tout un domaine",
    "cos": "une classe de comptes",
    "all": "tous les comptes de la messagerie",
    "pub": "n’importe qui, sans connexion",
    "guest": "une personne extérieure",
    "key": "quiconque a le lien",
}
_RIGHTS = {
    "sendAs": "écrire au nom de la boîte",
    "sendOnBehalfOf": "écrire de la part de la boîte",
    "loginAs": "ouvrir la boîte comme si c’était la sienne",
}
_SETTINGS = {
    "zimbraMailQuota": "l’espace de la boîte",
    "zimbraPrefDelegatedSendSaveTarget": "le rangement des messages envoyés",
}
_SAVED = {
    "owner": "dans les Envoyés de la boîte",
    "sender": "dans les Envoyés de l’expéditeur",
    "both": "aux deux endroits",
    "none": "nulle part",
}


def role_of(rights: str) -> Role | None:
    """The role that comes closest to Zimbra's letters; None when nobody could read with them."""
    letters = set(rights)
    if "r" not in letters:
        return None
    if "a" in letters:
        return Role.OWNER
    return Role.MEMBER if letters & set("wid") else Role.READER


def rights_in_words(told: str) -> str:
    """Letters, with the kind of grantee before them when it is none of the persons, as a reader understands them."""
    kind, _, rights = told.rpartition(" ")
    words = [_LETTERS[letter] for letter in rights if letter in _LETTERS]
    said = ", ".join(words) or "aucun droit"
    return f"{said} ({_GRANTEES.get(kind, kind)})" if kind else said


def is_person(finding: BoxFinding) -> bool:
    """Whether the grantee is one person with an address, as against a list, everybody or an account that went."""
    return "@" in finding.grantee and " " not in finding.found


def whom(finding: BoxFinding) -> str:
    """The grantee for the eye."""
    if not finding.grantee:
        return ""
    if "@" in finding.grantee:
        return finding.grantee
    kind = finding.found.partition(" ")[0]
    if kind in _GRANTEES and " " in finding.found:
        return _GRANTEES[kind]
    return f"compte disparu ({finding.grantee})"


def item(finding: BoxFinding) -> str:
    """« the folder », or the box as a whole."""
    path = finding.folder_path.strip("/")
    return f"l’élément « {path} »" if path else "la boîte"


def seen(finding: BoxFinding) -> str:
    """What stands in Zimbra, beside what the portal says."""
    match finding.kind:
        case Kind.GRANT_MISSING | Kind.SHARE_MISSING:
            return f"{whom(finding)} n’a plus accès à {item(finding)} dans Zimbra ({_expected(finding)} prévu)."
        case Kind.GRANT_DIFFERS | Kind.SHARE_DIFFERS:
            return (
                f"Les droits de {whom(finding)} sur {item(finding)} ont changé. Dans Zimbra : "
                f"{rights_in_words(finding.found)}. Prévu : {_expected(finding)}."
            )
        case Kind.GRANT_UNKNOWN | Kind.SHARE_UNKNOWN:
            return (
                f"{_upper(whom(finding))} a accès à {item(finding)} dans Zimbra sans que le portail l’ait donné : "
                f"{rights_in_words(finding.found)}."
            )
        case Kind.SEND_MISSING:
            return f"{whom(finding)} ne peut plus écrire au nom de la boîte."
        case Kind.SEND_UNKNOWN:
            return f"{_upper(whom(finding))} peut {_RIGHTS.get(finding.found, finding.found)}, ce que rien ne prévoit."
        case Kind.MOUNT_MISSING:
            place = " : il est dans la corbeille" if finding.found == TRASH else ""
            what = f"L’élément partagé « {finding.folder_path.strip('/')} »" if finding.folder_id else "La boîte"
            return f"{what} n’est plus parmi les dossiers de {whom(finding)}{place}."
        case Kind.IDENTITY_MISSING:
            return f"L’identité « {finding.expected} » de {whom(finding)} n’existe plus dans Zimbra."
        case Kind.IDENTITY_DIFFERS:
            name = finding.folder_path
            return f"L’identité « {name} » de {whom(finding)} écrit sous une autre adresse : {finding.found}."
        case Kind.ACCOUNT_MISSING:
            return f"La boîte {finding.expected} n’existe plus dans Zimbra, avec tout ce qu’elle contenait."
        case _:
            return _account(finding)


def restores(finding: BoxFinding) -> str:
    """What putting Zimbra back as the portal says comes to, for a button's explanation and its confirmation."""
    match finding.kind:
        case Kind.GRANT_UNKNOWN | Kind.SHARE_UNKNOWN:
            return f"{_upper(whom(finding))} perd cet accès dans Zimbra."
        case Kind.SEND_UNKNOWN:
            return f"{_upper(whom(finding))} perd ce droit dans Zimbra."
        case Kind.GRANT_MISSING | Kind.SHARE_MISSING:
            return f"{whom(finding)} retrouve l’accès prévu : {_expected(finding)}."
        case Kind.GRANT_DIFFERS | Kind.SHARE_DIFFERS:
            return f"{whom(finding)} retrouve les droits prévus : {_expected(finding)}."
        case Kind.SEND_MISSING:
            return f"{whom(finding)} peut de nouveau écrire au nom de la boîte."
        case Kind.MOUNT_MISSING:
            return "Le dossier est remis parmi ceux de la personne, à la racine."
        case Kind.IDENTITY_MISSING:
            return f"L’identité « {finding.expected} » est refaite dans Zimbra comme le portail la connaît."
        case Kind.IDENTITY_DIFFERS:
            return f"L’identité « {finding.folder_path} » écrit de nouveau sous l’adresse de la boîte."
        case Kind.ACCOUNT_MISSING:
            return (
                "Une boîte vide est refaite dans Zimbra, avec tous les accès. Les messages perdus ne reviennent pas : "
                "demandez d’abord à l’opérateur s’il peut restaurer la boîte."
            )
        case _ if finding.folder_id == OTHER_ACCOUNT:
            return "Tous les accès, partages et identités de la boîte sont mis en place sur le compte qui est là."
        case _:
            return "Le réglage prévu est remis dans Zimbra."


def adopts(finding: BoxFinding) -> str:
    """What having the portal say what Zimbra holds comes to; "" when that cannot be."""
    role = role_of(finding.found)
    match finding.kind:
        case Kind.GRANT_MISSING:
            return f"{whom(finding)} perd aussi son accès dans le portail, avec ses identités de la boîte."
        case Kind.GRANT_DIFFERS if role and not finding.folder_path and role != role_of(finding.expected):
            return f"{whom(finding)} a désormais le rôle : {role.in_words}. Ses droits dans Zimbra suivent ce rôle."
        case Kind.GRANT_UNKNOWN if role and is_person(finding):
            return f"{whom(finding)} reçoit dans le portail aussi le rôle : {role.in_words}, et tout ce qui va avec."
        case Kind.SEND_UNKNOWN if is_person(finding) and not finding.folder_id:
            return f"{whom(finding)} passe au rôle de membre : lire, classer, répondre au nom de la boîte."
        case Kind.MOUNT_MISSING:
            if finding.folder_id:
                return f"Le partage avec {whom(finding)} prend fin."
            return "La boîte est notée « Masquée » pour cette personne, qui garde son accès et peut la réafficher."
        case Kind.IDENTITY_MISSING if finding.found != DEFAULT:
            return f"L’identité « {finding.expected} » est retirée du portail aussi."
        case Kind.IDENTITY_DIFFERS if finding.expected != DEFAULT:
            return "Cette identité n’est plus comptée parmi celles de la boîte ; elle reste dans Zimbra telle quelle."
        case Kind.SHARE_MISSING:
            return f"Le partage avec {whom(finding)} est retiré du portail aussi."
        case Kind.SHARE_DIFFERS if role:
            return f"Le partage devient : {_access(finding.found)}."
        case Kind.SHARE_UNKNOWN if role and is_person(finding):
            return f"Le partage est noté dans le portail : {_access(finding.found)}, pour {whom(finding)}."
        case _:
            return ""


def _access(rights: str) -> str:
    return "lecture" if role_of(rights) == Role.READER else "lecture et modification"


def _expected(finding: BoxFinding) -> str:
    if finding.kind in {Kind.SHARE_MISSING, Kind.SHARE_DIFFERS}:
        return _access(finding.expected)
    role = role_of(finding.expected)
    return role.in_words if role else rights_in_words(finding.expected)


def _account(finding: BoxFinding) -> str:
    if finding.folder_id == OTHER_ACCOUNT:
        return "Un autre compte porte l’adresse de la boîte : il a été refait, ou restauré, dans Zimbra."
    what = _SETTINGS.get(finding.folder_id, finding.folder_id)
    return (
        f"Dans Zimbra, {what} a changé : {_value(finding.folder_id, finding.found)}, au lieu de "
        f"{_value(finding.folder_id, finding.expected)}."
    )


def _value(setting: str, value: str) -> str:
    if setting == "zimbraMailQuota":
        return f"{int(value) / 1024**3:.0f} Go" if value.isdecimal() and value != "0" else "sans limite propre"
    return _SAVED.get(value, value or "non réglé")


def _upper(text: str) -> str:
    return text if "@" in text else text[:1].upper() + text[1:]
