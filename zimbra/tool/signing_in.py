"""Three ways to sign in. A secret comes from the environment, a file or the keyboard, never as an argument."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Parser, Wrong, seconds
from zimbra.transport import HttpTransport, Limits, Transport

ENVIRONMENT = """variables d'environnement :
  ZIMBRA_URL             adresse du service (--url)
  ZIMBRA_ACCOUNT         adresse du compte (--account)
  ZIMBRA_PASSWORD        mot de passe du compte
  ZIMBRA_PREAUTH_KEY     clé de préauthentification du domaine (--preauth)
  ZIMBRA_ADMIN_URL       adresse du service d'administration (--admin-url)
  ZIMBRA_ADMIN           adresse de l'administrateur (--admin)
  ZIMBRA_ADMIN_PASSWORD  mot de passe de l'administrateur"""

Ask = Callable[[str], str]


def from_keyboard(question: str) -> str:
    """A secret typed without being shown. EOFError: there is nobody to type it."""
    if not sys.stdin.isatty():
        raise EOFError
    return getpass.getpass(question)


def add_options(parser: Parser) -> None:
    group = parser.add_argument_group("connexion")
    group.add_argument("--url", metavar="URL", help="adresse du service Zimbra")
    group.add_argument("--account", metavar="ADRESSE", help="compte à regarder ou à corriger")
    group.add_argument(
        "--secret-file",
        dest="proof",
        metavar="FICHIER",
        help="fichier dont la première ligne est le mot de passe, ou la clé avec --preauth (- : entrée standard)",
    )
    ways = group.add_mutually_exclusive_group()
    ways.add_argument("--preauth", action="store_true", help="ouvrir le compte avec la clé de son domaine")
    ways.add_argument("--admin", metavar="ADRESSE", help="agir sur le compte au nom de cet administrateur")
    group.add_argument("--admin-url", metavar="URL", help="adresse du service d'administration (port 7071)")
    group.add_argument("--certificates", metavar="FICHIER", help="autorités de certification, au format PEM")
    group.add_argument("--timeout", metavar="SECONDES", type=seconds, default=60.0, help="attente d'une réponse (60)")
    group.add_argument(
        "--plain-http",
        action="store_true",
        help="accepter http:// vers une autre machine : le mot de passe y passe en clair (essais seulement)",
    )


@contextmanager
def signed_in(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    ask: Ask = from_keyboard,
    transport: Transport | None = None,
) -> Iterator[ZimbraClient]:
    """A client for the account the arguments and the environment name, closed at the end.

    Wrong: something is missing. ask: how to read a secret from the keyboard.
    """
    url = arguments.url or environment.get("ZIMBRA_URL", "")
    account = arguments.account or environment.get("ZIMBRA_ACCOUNT", "")
    admin = arguments.admin or ("" if arguments.preauth else environment.get("ZIMBRA_ADMIN", ""))
    if not url:
        raise Wrong("il manque l'adresse du service : --url ou ZIMBRA_URL")
    if not account:
        raise Wrong("il manque le compte : --account ou ZIMBRA_ACCOUNT")
    with ExitStack() as stack:
        used = transport
        if used is None:
            try:
                used = HttpTransport(
                    Limits(read=arguments.timeout),
                    certificates=arguments.certificates,
                    plain_http=arguments.plain_http,
                )
            except ValueError as error:
                raise Wrong(f"{arguments.certificates} n'est pas un fichier de certificats (PEM) lisible") from error
            stack.callback(used.close)
        try:
            if admin:
                admin_url = arguments.admin_url or environment.get("ZIMBRA_ADMIN_URL", "")
                if not admin_url:
                    raise Wrong("il manque l'adresse du service d'administration : --admin-url ou ZIMBRA_ADMIN_URL")
                password = _secret(arguments, environment, "ZIMBRA_ADMIN_PASSWORD", f"Mot de passe de {admin} : ", ask)
                administrator = stack.enter_context(AdminClient(admin_url, admin, password, transport=used))
                client = ZimbraClient.on_behalf(url, administrator, account, transport=used)
            elif arguments.preauth:
                key = _secret(arguments, environment, "ZIMBRA_PREAUTH_KEY", "Clé de préauthentification : ", ask)
                client = ZimbraClient.with_preauth(url, account, key, transport=used)
            else:
                password = _secret(arguments, environment, "ZIMBRA_PASSWORD", f"Mot de passe de {account} : ", ask)
                client = ZimbraClient.sign_in(url, account, password, transport=used)
        except ValueError as error:
            raise Wrong("l'adresse du service s'écrit https://messagerie.example.fr, sans nom ni requête") from error
        yield stack.enter_context(client)


def _secret(
    arguments: argparse.Namespace, environment: Mapping[str, str], variable: str, question: str, ask: Ask
) -> str:
    if arguments.proof == "-":
        secret = sys.stdin.readline()
    elif arguments.proof:
        try:
            secret = Path(arguments.proof).read_text(encoding="utf-8-sig").partition("\n")[0]
        except (OSError, UnicodeDecodeError) as error:
            raise Wrong(f"le fichier {arguments.proof} ne peut pas être lu") from error
    elif variable in environment:
        secret = environment[variable]
    else:
        try:
            secret = ask(question)
        except (EOFError, OSError) as error:
            raise Wrong(f"il manque le secret : {variable} ou --secret-file") from error
    secret = secret.rstrip("\r\n")
    if not secret:
        raise Wrong("le secret est vide")
    return secret
