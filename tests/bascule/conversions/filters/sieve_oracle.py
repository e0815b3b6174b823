"""Debian's `sieve-test` as a second opinion on the engine, and generated scripts and messages for both."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REQUIRE = (
    'require ["fileinto","copy","imap4flags","reject","vacation","envelope","subaddress","body","date","relational",'
    '"regex","variables","comparator-i;ascii-numeric"];\n'
)
AVAILABLE = shutil.which("sieve-test") is not None and (os.geteuid() != 0 or shutil.which("runuser") is not None)
SENDER, RECIPIENT = "envoi+retour@listes.exemple.fr", "m.payet@ac-exemple.fr"
_ACTION = re.compile(
    r" \* (store message in folder: |redirect message to: |reject message with reason: |discard"
    r"|send vacation message:)(.*)"
)


def told(folder: Path, script: str, message: bytes) -> list[tuple[str, ...]]:
    """The actions that `sieve-test` prints, sorted: ("store", folder, flags…), ("discard",), ("reject", text)…"""
    (folder / "script.sieve").write_text(script, encoding="utf-8")
    (folder / "message.eml").write_bytes(message)
    command = ["sieve-test", "-C", "-f", SENDER, "-r", RECIPIENT, "script.sieve", "message.eml"]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "nobody", "--", *command]
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC", "HOME": str(folder)}
    ran = subprocess.run(command, cwd=folder, capture_output=True, env=environment, timeout=30, check=False)
    output, trouble = ran.stdout.decode(errors="replace"), ran.stderr.decode(errors="replace")
    assert "final result: success" in output + trouble, f"{script}\n{output}{trouble}"
    return sorted({*_actions(output[output.index("Performed actions:") :])})


def _actions(output: str) -> Iterator[tuple[str, ...]]:
    found: list[str] = []
    text: list[str] | None = None
    for line in output.splitlines():
        if text is not None:
            if line.strip() == "END MESSAGE":
                found.append("\n".join(text).strip())
                text = None
            else:
                text.append(line)
        elif line.strip() == "START MESSAGE":
            text = []
        elif flags := re.match(r"\s+\+ add IMAP flags: (.*)", line):
            found.extend(sorted(flags[1].lower().split()))
        elif action := _ACTION.match(line):
            if found:
                yield tuple(found)
            kind, value = action[1].split()[0], action[2].strip()
            if kind == "redirect":
                value = value.strip("<>")
            found = {"store": ["store", value], "redirect": ["redirect", value], "reject": ["reject", value]}.get(
                kind, ["discard" if kind == "discard" else "vacation"]
            )
    if found:
        yield tuple(found)


# ------------------------------------------------------------------------------------------------------- generated

_SUBJECTS = (
    ("Réunion du lundi", "=?UTF-8?Q?R=C3=A9union_du_lundi?="),
    ("RÉUNION DU LUNDI", "=?iso-8859-1?B?UsnVTklPTg==?="),
    ("Réunion du lundi 12", "=?utf-8?B?UsOpdW5pb24=?=\r\n =?utf-8?Q?_du?= lundi 12"),
    ("[dsi] Facture 2024/77", "[dsi] Facture 2024/77"),
    ("[DSI] facture 2024/78", "[DSI]  facture\r\n\t2024/78"),
    ("", ""),
    ("Re: * promo ? \\o/", "Re: * promo ? \\o/"),
)
_PEOPLE = (
    '"Martin, Marie" <Marie.Martin@AC-Exemple.fr>',
    "chef@exemple.org",
    "=?utf-8?q?Andr=C3=A9?= Hoarau <a.hoarau+promo@listes.exemple.fr>",
    "equipe: un@exemple.fr, deux@exemple.fr;",
    "owner-dsi@listes.exemple.fr (gestion)",
    "pas une adresse",
)
_BODIES = (
    ("text/plain; charset=utf-8", "8bit", "Bonjour,\nla facture du café est en pièce jointe.\n".encode()),
    (
        "text/plain; charset=iso-8859-1",
        "quoted-printable",
        b"Bonjour,\nle caf=E9 est offert. Une ligne tr=\n=E8s longue.\n",
    ),
    ("text/plain; charset=utf-8", "base64", b"Qm9uam91ciwgZmFjdHVyZSBqb2ludGUuCg==\n"),
    ("text/html; charset=utf-8", "7bit", b"<p>Bonjour, <b>facture</b> jointe</p>\n"),
    (
        'multipart/mixed; boundary="limite"',
        "7bit",
        b"prologue\n--limite\nContent-Type: text/plain\n\nBonjour la facture\n--limite\nContent-Type: application/pdf\n"
        b"Content-Disposition: attachment; filename=f.pdf\nContent-Transfer-Encoding: base64\n\nZmFjdHVyZSBQREY=\n"
        b"--limite--\n",
    ),
)
_HEADERS = ("Subject", "From", "To", "Cc", "X-Score", "X-Label", "List-Id", "X-Absent", "subject")
_PATTERNS = ("*lundi*", "[dsi]*/77", "*", "Re: \\\\* *", "*é*", "*d?ux")
_EXPRESSIONS = ("^Re: ", "facture [0-9]+/7[0-7]$", "(un|deux)", "^[[:digit:]]{2}$", "[^a-z ]x?$", "mar(ie)?[.]")
_ADDRESS_HEADERS = ("From", "To", "Cc", "Sender", "Reply-To")


@dataclass
class Pairs:
    """Scripts of a few rules, and messages they may match, out of one seed."""

    seed: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def message(self) -> bytes:
        one = self.chance.choice
        lines = [f"From: {one(_PEOPLE)}", f"To: {one(_PEOPLE)}, {one(_PEOPLE)}"]
        if self.chance.random() < 0.5:
            lines.append(f"Cc: {one(_PEOPLE)}")
        if self.chance.random() < 0.9:
            lines.append(f"Subject: {one(_SUBJECTS)[1]}")
        lines.extend(f"X-Label: {one(('un', 'Deux', '', 'trois'))}" for _ in range(self.chance.randrange(3)))
        if self.chance.random() < 0.6:
            lines.append(f"X-Score: {one(('5', '12', '007', '99 points', 'aucun'))}")
        if self.chance.random() < 0.7:
            zone = one(("+0400", "+0000", "-0530", "GMT"))
            lines.append(f"Date: {one(('Tue, ', ''))}15 Sep 2026 {one(('00', '12', '23'))}:30:05 {zone}")
        kind, encoding, body = one(_BODIES)
        lines += ["MIME-Version: 1.0", f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}"]
        return "\n".join(lines).replace("\r\n", "\n").encode() + b"\n\n" + body

    def script(self) -> str:
        return "".join(self._rule() for _ in range(self.chance.randrange(1, 5)))

    def _rule(self) -> str:
        chain = f"if {self._test(0)} {{ {self._actions()} }}\n"
        while self.chance.random() < 0.2:
            chain += f"elsif {self._test(1)} {{ {self._actions()} }}\n"
        if self.chance.random() < 0.2:
            chain += f"else {{ {self._actions()} }}\n"
        return chain

    def _actions(self) -> str:
        one = self.chance.choice
        found = []
        for _ in range(self.chance.randrange(1, 4)):
            folder = one(("Factures", "Listes/DSI", "Réunions", "INBOX"))
            found.append(
                one(
                    (
                        f'fileinto "{folder}";',
                        f'fileinto :copy "{folder}";',
                        f'fileinto :flags ["\\\\Seen", "perso"] "{folder}";',
                        "keep;",
                        'keep :flags "$label1";',
                        "discard;",
                        'redirect "a@exemple.net";',
                        'redirect :copy "b@exemple.net";',
                        'addflag "\\\\Flagged";',
                        'setflag ["travail \\\\Seen", "\\\\seen"];',
                        'removeflag "\\\\SEEN";',
                        "stop;",
                        'set "x" "Valeur-${1}"; fileinto "${x}${inconnue}";',
                    )
                )
            )
        return " ".join(found)

    def _test(self, depth: int) -> str:
        if depth < 3 and self.chance.random() < 0.3:
            inner = ", ".join(self._test(depth + 1) for _ in range(self.chance.randrange(1, 4)))
            return f"{self.chance.choice(('anyof', 'allof'))} ({inner})"
        if self.chance.random() < 0.15:
            return f"not {self._test(depth + 1)}"
        return self.chance.choice(
            (self._header, self._header, self._address, self._envelope, self._other, self._date, self._body)
        )()

    def _header(self) -> str:
        one = self.chance.choice
        names = self._list(_HEADERS)
        return one(
            (
                f"header :is {names} {self._list(('Réunion du lundi', 'un', 'deux', '', 'chef@exemple.org', '007'))}",
                f"header :contains {names} {self._list(('réunion', 'FACTURE', '[dsi]', 'Lundi', '', 'Hoarau', 'x'))}",
                f'header :contains :comparator "i;octet" {names} {self._list(("Facture", "un", "Réunion"))}',
                f"header :matches {names} {self._list(_PATTERNS)}",
                f"header :regex {names} {self._list(_EXPRESSIONS)}",
                f'header :value "{one(("gt", "le", "eq", "ne"))}" :comparator "i;ascii-numeric" "X-Score" "12"',
                f'header :count "{one(("ge", "lt", "eq"))}" :comparator "i;ascii-numeric" "X-Label" "1"',
                f'header :is :comparator "i;ascii-numeric" "X-Score" {self._list(("7", "99", "zero"))}',
                f'header :value "ge" "X-Label" {self._list(("deux", "un"))}',
            )
        )

    def _address(self) -> str:
        part = self.chance.choice(("", ":all", ":localpart", ":domain", ":user", ":detail"))
        kind, keys = self.chance.choice(
            (
                (
                    ":is",
                    ("marie.martin@ac-exemple.fr", "chef", "exemple.org", "promo", "listes.exemple.fr", "a.hoarau"),
                ),
                (":contains", ("exemple", "MARIE", "@", "adresse", "un@")),
                (":matches", ("*@exemple.*", "owner-*", "*.fr", "*")),
            )
        )
        return f"address {part} {kind} {self._list(_ADDRESS_HEADERS)} {self._list(keys)}"

    def _envelope(self) -> str:
        part = self.chance.choice(("", ":localpart", ":domain", ":detail"))
        keys = ("envoi+retour", "retour", "listes.exemple.fr", RECIPIENT, SENDER.upper())
        return f"envelope {part} :is {self._list(('from', 'to'))} {self._list(keys)}"

    def _other(self) -> str:
        return self.chance.choice(
            (
                f"size :{self.chance.choice(('over', 'under'))} {self.chance.randrange(250, 600)}",
                f"exists {self._list(_HEADERS)}",
                'hasflag "\\\\seen"',
                'hasflag :contains "label"',
                'string :is "${x}" "Valeur-"',
                self.chance.choice(("true", "false")),
            )
        )

    def _date(self) -> str:
        part, keys = self.chance.choice(
            (
                ("hour", ("20", "00", "05")),
                ("date", ("2026-09-14", "2026-09-15")),
                ("weekday", ("1", "2")),
                ("zone", ("+0400", "+0000")),
                ("time", ("12:30:05",)),
                ("julian", ("61298",)),
                ("year", ("2026",)),
                ("iso8601", ("2026-09-15T12:30:05Z", "2026-09-15T12:30:05+04:00")),
                ("month", ("09", "9")),
                ("std11", ("Tue, 15 Sep 2026 12:30:05 +0000",)),
            )
        )
        zone = self.chance.choice(("", ":originalzone", ':zone "+0300"'))
        if self.chance.random() < 0.2:
            return 'currentdate :value "ge" "date" "2020-01-01"'
        kind = self.chance.choice((":is", ':value "ge"'))
        return f'date {zone} {kind} "date" "{part}" {self._list(keys)}'

    def _body(self) -> str:
        kind = self.chance.choice((":raw", ":text", "", ':content "text"', ':content "application/pdf"', ':content ""'))
        return f"body {kind} :contains {self._list(('facture', 'café', 'caf=E9', 'jointe', 'PDF', 'prologue', 'très'))}"

    def _list(self, values: tuple[str, ...]) -> str:
        chosen = self.chance.sample(values, self.chance.randrange(1, min(len(values), 3) + 1))
        return "[" + ", ".join(f'"{value}"' for value in chosen) + "]"
