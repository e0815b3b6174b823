"""A command line to its exit code: 0 done, 1 refused, 2 wrong use, 3 service not reachable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError
from zimbra.tool import directory, files, filters, folders, identities, messages, settings, sharing
from zimbra.tool.arguments import Parser, Run, Wrong
from zimbra.tool.screen import Screen, printable
from zimbra.tool.signing_in import ENVIRONMENT, Ask, add_options, from_keyboard, signed_in
from zimbra.tool.words import said
from zimbra.transport import Transport

DONE, REFUSED, WRONG_USE, NOT_REACHABLE = 0, 1, 2, 3


def parser() -> Parser:
    """The whole command line."""
    made = Parser(
        prog="python -m zimbra",
        description="Regarder un compte Zimbra et le corriger, depuis un terminal.\n\n" + ENVIRONMENT + "\n\n"
        "Code de retour : 0 fait, 1 refusé, 2 commande mal écrite, 3 service injoignable.",
    )
    add_options(made)
    made.add_argument("--json", action="store_true", help="résultat en JSON")
    made.add_argument("--details", action="store_true", help="en cas de refus, montrer les mots du serveur")
    commands = made.commands()
    for one in (directory, folders, messages, filters, sharing, identities, settings, files):
        one.add(commands)
    return made


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    out: TextIO,
    err: TextIO,
    ask: Ask = from_keyboard,
    transport: Transport | None = None,
) -> int:
    """Carry one command line out. transport: one handed in by a test."""
    details = False
    try:
        arguments = parser().parse_args(words)
        details = arguments.details
        screen = Screen(out, err, as_json=arguments.json, dry_run=getattr(arguments, "dry_run", False))
        do: Run = arguments.run
        with signed_in(arguments, environment, ask, transport) as client:
            do(client, arguments, screen)
    except Wrong as error:
        err.write(f"{error}\n")
        return WRONG_USE
    except SystemExit as error:
        # The library's own way out of --help.
        return int(error.code or 0)
    except ZimbraError as error:
        err.write(f"{said(error)}\n")
        if details and error.reason:
            err.write(f"{printable(error.reason)}\n")
        return NOT_REACHABLE if isinstance(error, Unavailable | AnswerLost | Garbled) else REFUSED
    return DONE
