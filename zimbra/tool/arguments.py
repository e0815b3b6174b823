"""The command line, in French: options of all commands, and a parser that refuses in French."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from typing import NoReturn, Protocol

from zimbra.client import ZimbraClient
from zimbra.tool.screen import Screen

Run = Callable[[ZimbraClient, argparse.Namespace, Screen], None]

# What the standard library says of a wrong command line, in its order of telling.
_SENTENCES = (
    (r"the following arguments are required: (.+)", r"il manque : \1"),
    (r"unrecognized arguments: (.+)", r"argument inconnu : \1"),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", r"\1 : \2 n'est pas possible ; au choix : \3"),
    (r"argument (.+): expected at least one argument", r"\1 : il faut au moins une valeur"),
    (r"argument (.+): expected (?:one|\d+) arguments?", r"\1 : il manque une valeur"),
    (r"argument (.+): not allowed with argument (.+)", r"\1 ne va pas avec \2"),
    (r"one of the arguments (.+) is required", r"il faut l'un de : \1"),
    (r"argument (.+): invalid (?:\w+) value: (.+)", r"\1 : \2 n'est pas une valeur possible"),
    (r"argument (.+): ignored explicit argument (.+)", r"\1 ne prend pas de valeur (\2)"),
    # What our own readers of values say is French already.
    (r"argument ([^:]+): (.+)", r"\1 : \2"),
)


def positive(text: str) -> int:
    """A whole number above zero, as argparse reads one."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} n'est pas un nombre de 1 ou plus")
    return int(text)


def seconds(text: str) -> float:
    """A time to wait, up to a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} n'est pas un nombre de secondes entre 0 et 86400")
    return value


class Commands(Protocol):
    """What `add_subparsers` gives."""

    def add_parser(self, name: str, **more: object) -> Parser: ...


class _Help(argparse.RawDescriptionHelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, "usage : " if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        # The library puts the colon.
        super().start_section(f"{heading} " if heading else heading)


class Wrong(Exception):
    """The command line is wrong; the message says how, with the usage before it."""


class Parser(argparse.ArgumentParser):
    """A parser whose own words are French, and which raises `Wrong` where the library would leave the process."""

    def __init__(self, **more: object) -> None:
        description = more.pop("description", None)
        prog = more.pop("prog", None)
        super().__init__(
            prog=str(prog) if prog else None,
            description=str(description) if description else None,
            add_help=False,
            allow_abbrev=False,
            formatter_class=_Help,
        )
        self._positionals.title = "arguments"
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="montrer cette aide")

    def error(self, message: str) -> NoReturn:
        for english, french in _SENTENCES:
            translated, found = re.subn(f"^{english}$", french, message)
            if found:
                message = translated
                break
        raise Wrong(f"{self.format_usage()}{self.prog} : {message}")

    def commands(self, title: str = "commandes") -> Commands:
        """The sub-commands of this parser."""
        made: Commands = self.add_subparsers(title=title, metavar="COMMANDE", required=True, parser_class=Parser)  # type: ignore[assignment]  # typeshed has no name for the class it returns
        return made


def command(commands: Commands, name: str, run: Run, help_text: str, *, erases: bool = False) -> Parser:
    """A command that runs `run`. erases: it deletes or overwrites, so it can be rehearsed."""
    parser = commands.add_parser(name, help=help_text, description=f"{help_text[:1].upper()}{help_text[1:]}.")
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="résultat en JSON")
    if erases:
        parser.add_argument(
            "-n", "--dry-run", action="store_true", help="essai à blanc : dire ce qui serait fait sans rien changer"
        )
    return parser


def family(commands: Commands, name: str, help_text: str) -> Commands:
    """A command that has commands of its own."""
    return commands.add_parser(name, help=help_text, description=f"{help_text[:1].upper()}{help_text[1:]}.").commands()
