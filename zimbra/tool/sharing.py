"""`grants`, `rights`, `mounts`: who may do what, and whose folders stand in the tree."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.tool.arguments import Commands, command, family
from zimbra.tool.naming import FOLDER_HELP, find_folder
from zimbra.tool.screen import Screen
from zimbra.types import Folder, Grant, Role, SendRight, Share
from zimbra.types.sharing import LETTERS

# Our own code: what was named is the account's own.
NOT_MOUNTED = "mounts.NOT_MOUNTED"

_ROLES = {"viewer": Role.VIEWER, "manager": Role.MANAGER, "admin": Role.ADMIN}
_ROLE_WORDS = {Role.NONE: "aucun", Role.VIEWER: "lecteur", Role.MANAGER: "gestionnaire", Role.ADMIN: "administrateur"}
_KINDS = {"usr": "personne", "grp": "liste", "dom": "domaine", "cos": "classe de service", "all": "tous les comptes"}
_KINDS |= {"pub": "tout le monde", "guest": "personne extérieure", "key": "clé"}
_ACCOUNT_RIGHTS = (*map(str, SendRight), "viewFreeBusy", "invite", "loginAs")
_RIGHTS_HELP = "viewer, manager, admin, ou les lettres de Zimbra (rwidxapfc)"


def add(commands: Commands) -> None:
    grants = family(commands, "grants", "les partages accordés sur un dossier")
    shown = command(grants, "list", _list, "montrer à qui un dossier est partagé, ou tous ceux qui le sont")
    shown.add_argument("folder", metavar="DOSSIER", nargs="?", help=FOLDER_HELP)
    grant = command(grants, "grant", _grant, "partager un dossier ; un droit déjà donné à la même adresse est remplacé")
    grant.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)
    grant.add_argument("to", metavar="ADRESSE")
    grant.add_argument("rights", metavar="DROITS", type=_rights, help=_RIGHTS_HELP)
    grant.add_argument("--kind", choices=tuple(_KINDS), default="usr", help="sorte de destinataire (usr)")
    revoke = command(grants, "revoke", _revoke, "retirer un partage", erases=True)
    revoke.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)
    revoke.add_argument("grantee", metavar="ADRESSE", help="adresse ou identifiant")

    rights = family(commands, "rights", "les droits sur le compte entier (écrire en son nom)")
    command(rights, "list", _list_rights, "montrer qui a des droits sur le compte")
    give = command(rights, "grant", _grant_right, "donner un droit sur le compte")
    take = command(rights, "revoke", _revoke_right, "retirer un droit sur le compte", erases=True)
    for parser in (give, take):
        parser.add_argument("right", metavar="DROIT", choices=_ACCOUNT_RIGHTS, help=", ".join(_ACCOUNT_RIGHTS))
        parser.add_argument("to", metavar="ADRESSE")

    mounts = family(commands, "mounts", "les dossiers d'autres comptes, dans l'arborescence")
    command(mounts, "list", _list_mounts, "montrer les dossiers d'autres comptes")
    offered = command(mounts, "offered", _list_shares, "montrer ce qui est partagé avec le compte")
    offered.add_argument("owner", metavar="ADRESSE", nargs="?", default="", help="seulement par ce propriétaire")
    create = command(mounts, "create", _mount, "ajouter un dossier partagé à l'arborescence")
    create.add_argument("owner", metavar="ADRESSE", help="propriétaire du dossier")
    create.add_argument("path", metavar="CHEMIN", help="chemin du dossier chez lui, ou son numéro")
    create.add_argument("--name", metavar="NOM", default="", help="nom à lui donner ici")
    remove = command(mounts, "remove", _unmount, "retirer un dossier d'un autre compte de l'arborescence", erases=True)
    remove.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)


def _rights(text: str) -> str:
    letters = str(_ROLES.get(text, text))
    if not set(letters) <= set(LETTERS):
        raise ArgumentTypeError(f"{text} : {_RIGHTS_HELP}")
    return letters


def _list(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    one = arguments.folder
    folders = [client.folder(find_folder(client, one).id)] if one else client.shared_folders()
    rows = [_row(folder, grant) for folder in folders for grant in folder.grants or ()]
    columns = {"folder": "Dossier", "name": "Destinataire", "kind": "Sorte", "role": "Rôle", "rights": "Droits"}
    if not screen.as_json:
        rows = [row | {"kind": _KINDS.get(str(row["kind"]), row["kind"])} for row in rows]
    screen.table(columns, rows, "Aucun partage.")


def _row(folder: Folder, grant: Grant) -> dict[str, object]:
    return {
        "folder": folder.path,
        "folder_id": folder.id,
        "name": grant.name or grant.grantee_id,
        "grantee_id": grant.grantee_id,
        "kind": grant.kind,
        "role": "" if grant.role is None else _ROLE_WORDS[grant.role],
        "rights": grant.rights,
    }


def _grant(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    made = client.grant(folder.id, arguments.to, arguments.rights, kind=arguments.kind)
    screen.say(f"{folder.path} est partagé avec {made.name or made.grantee_id} ({made.rights or 'aucun droit'}).")


def _revoke(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    if screen.would(f"le partage de {folder.path} avec {arguments.grantee} serait retiré."):
        return
    if not client.revoke(folder.id, arguments.grantee):
        raise NotFound("account.NO_SUCH_GRANT")
    screen.say(f"{folder.path} n'est plus partagé avec {arguments.grantee}.")


def _list_rights(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {"right": one.right, "name": one.name or one.grantee_id, "kind": one.kind, "denied": one.denied}
        for one in client.account_rights()
    ]
    screen.table({"right": "Droit", "name": "Destinataire", "denied": "Refusé"}, rows, "Aucun droit donné.")


def _grant_right(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    client.grant_right(arguments.right, arguments.to)
    screen.say(f"{arguments.to} a le droit {arguments.right}.")


def _revoke_right(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    if screen.would(f"le droit {arguments.right} de {arguments.to} serait retiré."):
        return
    if not client.revoke_right(arguments.right, arguments.to):
        raise NotFound("account.NO_SUCH_GRANT")
    screen.say(f"{arguments.to} n'a plus le droit {arguments.right}.")


def _list_mounts(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {
            "id": one.id,
            "path": one.path,
            "owner": one.owner_address or one.owner_id,
            "view": one.view,
            "rights": one.rights,
            "broken": one.is_broken,
        }
        for one in client.mountpoints()
    ]
    columns = {"id": "Numéro", "path": "Chemin", "owner": "Propriétaire", "view": "Contenu", "rights": "Droits"}
    screen.table(columns | {"broken": "Rompu"}, rows, "Aucun dossier d'un autre compte.")


def _list_shares(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {
            "owner": share.owner_address,
            "path": share.folder_path,
            "folder_id": share.folder_id,
            "view": share.view,
            "rights": share.rights,
            "mounted": bool(share.mount_id),
        }
        for share in client.shares(arguments.owner)
    ]
    columns = {"owner": "Propriétaire", "path": "Chemin", "view": "Contenu", "rights": "Droits", "mounted": "Ajouté"}
    screen.table(columns, rows, "Rien n'est partagé.")


def _mount(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    share = _offered(client, arguments.owner, arguments.path)
    made = client.accept_share(share, arguments.name)
    screen.say(f"Ajouté : {made.path or made.name} (numéro {made.id}).")


def _offered(client: ZimbraClient, owner: str, path: str) -> Share:
    wanted = "/" + path.strip("/").casefold()
    for share in client.shares(owner):
        if path == share.folder_id or share.folder_path.casefold() == wanted:
            return share
    raise NotFound("mail.NO_SUCH_FOLDER")


def _unmount(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    if not folder.is_mountpoint:
        raise Refused(NOT_MOUNTED)
    if screen.would(f"{folder.path} serait retiré de l'arborescence ; le dossier du propriétaire resterait."):
        return
    client.remove_mountpoint(folder.id)
    screen.say(f"Retiré : {folder.path}. Le dossier du propriétaire reste.")
