"""`identities`, `signatures`, `tags`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from zimbra.client import ZimbraClient
from zimbra.errors import Refused
from zimbra.tool.arguments import Commands, Wrong, command, family
from zimbra.tool.naming import colour, find_named
from zimbra.tool.screen import Screen
from zimbra.types import Identity, Signature

# Our own code: the identity every account has.
OWN_IDENTITY = "identities.OWN"


def add(commands: Commands) -> None:
    identities = family(commands, "identities", "les identités (avatars)")
    command(identities, "list", _list_identities, "montrer les identités")
    create = command(identities, "create", _create_identity, "créer une identité")
    create.add_argument("name", metavar="NOM")
    create.add_argument("--from-name", metavar="NOM", default="", help="nom d'expéditeur")
    create.add_argument("--from-address", metavar="ADRESSE", default="", help="adresse d'expéditeur")
    create.add_argument("--reply-to", metavar="ADRESSE", default="", help="adresse de réponse")
    delete = command(identities, "delete", _delete_identity, "supprimer une identité", erases=True)
    delete.add_argument("name", metavar="NOM", help="nom ou identifiant")

    signatures = family(commands, "signatures", "les signatures")
    command(signatures, "list", _list_signatures, "montrer les signatures")
    show = command(signatures, "show", _show_signature, "montrer le contenu d'une signature")
    make = command(signatures, "create", _create_signature, "créer une signature, ou remplacer celle de ce nom")
    take = command(signatures, "delete", _delete_signature, "supprimer une signature", erases=True)
    for parser in (show, make, take):
        parser.add_argument("name", metavar="NOM", help="nom ou identifiant")
    make.add_argument("file", metavar="FICHIER", type=Path, help="son contenu : HTML si le nom finit par .html")
    make.add_argument("--use", action="store_true", help="la mettre sous les nouveaux messages et les réponses")

    tags = family(commands, "tags", "les étiquettes")
    command(tags, "list", _list_tags, "montrer les étiquettes")
    create_tag = command(tags, "create", _create_tag, "créer une étiquette")
    create_tag.add_argument("name", metavar="NOM")
    create_tag.add_argument("--colour", metavar="COULEUR", type=colour, help="0 à 127, ou #rrvvbb")
    rename = command(tags, "rename", _rename_tag, "renommer une étiquette")
    rename.add_argument("name", metavar="NOM", help="nom ou identifiant")
    rename.add_argument("new", metavar="NOUVEAU")
    paint = command(tags, "colour", _colour_tag, "donner une couleur à une étiquette")
    paint.add_argument("name", metavar="NOM", help="nom ou identifiant")
    paint.add_argument("colour", metavar="COULEUR", type=colour, help="0 à 127, ou #rrvvbb")
    remove = command(
        tags, "delete", _delete_tag, "supprimer une étiquette, sans toucher à ce qui la porte", erases=True
    )
    remove.add_argument("name", metavar="NOM", help="nom ou identifiant")


def _list_identities(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "from_name": one.from_name,
            "from_address": one.from_address,
            "right": str(one.from_right),
            "reply_to": one.reply_to_address,
            "signature_id": one.signature_id,
            "folder_ids": list(one.folder_ids),
        }
        for one in client.identities()
    ]
    columns = {"name": "Nom", "from_name": "Nom d'expéditeur", "from_address": "Adresse", "reply_to": "Réponse à"}
    screen.table(columns, rows, "Aucune identité.")


def _create_identity(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    made = client.create_identity(
        Identity(
            arguments.name,
            from_name=arguments.from_name,
            from_address=arguments.from_address,
            reply_to_address=arguments.reply_to,
        )
    )
    screen.say(f"Identité créée : {made.name}.")


def _delete_identity(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.identities(), arguments.name, "account.NO_SUCH_IDENTITY")
    if found.is_default:
        raise Refused(OWN_IDENTITY)
    if not screen.would(f"l'identité {found.name} serait supprimée."):
        client.delete_identity(found.id)
        screen.say(f"Identité supprimée : {found.name}.")


def _list_signatures(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {"id": one.id, "name": one.name, "html": bool(one.html), "length": len(one.html or one.text)}
        for one in client.signatures()
    ]
    screen.table({"name": "Nom", "html": "HTML", "length": "Caractères"}, rows, "Aucune signature.")


def _show_signature(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.signatures(), arguments.name, "account.NO_SUCH_SIGNATURE")
    if screen.as_json:
        screen.json({"id": found.id, "name": found.name, "html": found.html, "text": found.text})
    else:
        screen.say(found.html or found.text)


def _create_signature(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    try:
        content = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être lu (il doit être en UTF-8)") from error
    is_html = arguments.file.suffix.lower() in {".html", ".htm"}
    signature = Signature(arguments.name, html=content if is_html else "", text="" if is_html else content)
    made = client.create_signature(signature, existing_ok=True, longest=client.info().limits.signature_length)
    if arguments.use:
        client.use_signature(made, made)
    screen.say(f"Signature enregistrée : {arguments.name}.")


def _delete_signature(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.signatures(), arguments.name, "account.NO_SUCH_SIGNATURE")
    if not screen.would(f"la signature {found.name} serait supprimée."):
        client.delete_signature(found.id)
        screen.say(f"Signature supprimée : {found.name}.")


def _list_tags(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [{"id": one.id, "name": one.name, "colour": one.rgb or one.colour} for one in client.tags()]
    screen.table({"id": "Numéro", "name": "Nom", "colour": "Couleur"}, rows, "Aucune étiquette.")


def _create_tag(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    made = client.create_tag(arguments.name, colour=arguments.colour)
    screen.say(f"Étiquette créée : {made.name} (numéro {made.id}).")


def _rename_tag(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.tags(), arguments.name, "mail.NO_SUCH_TAG")
    client.rename_tag(found.id, arguments.new)
    screen.say(f"Étiquette renommée : {arguments.new}.")


def _colour_tag(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.tags(), arguments.name, "mail.NO_SUCH_TAG")
    client.colour_tag(found.id, arguments.colour)
    screen.say(f"Couleur changée : {found.name}.")


def _delete_tag(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = find_named(client.tags(), arguments.name, "mail.NO_SUCH_TAG")
    if not screen.would(f"l'étiquette {found.name} serait supprimée."):
        client.delete_tag(found.id)
        screen.say(f"Étiquette supprimée : {found.name}.")
