"""Scripts run by Debian's `sieve-test`, and what it says they do: the opinion of somebody else.

Runs go in batches, through one shell that stays: a process started from Python for each would cost more than the run.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

AVAILABLE = shutil.which("sieve-test") is not None and shutil.which("sievec") is not None
# `debug_log` tells which commands were reached, in their order, without doing anything.
EXTENSIONS = "+imapflags +notify +editheader +vnd.dovecot.debug"
_END = "@@end"
_ANSWER = re.compile(r"^@@(\d+)\n(.*?)(?=^@@\d+\n|\Z)", re.DOTALL | re.MULTILINE)
# Reasons in one line: line ends and other control characters become question marks.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class NotSieve(Exception):
    """The compiler's words about a script it refuses."""


@dataclass(frozen=True)
class Envelope:
    """What the mail server was told: who sends, and to whom."""

    sender: str = "quelqu-un@ailleurs.example"
    recipient: str = "marie.payet@academie.example"


@dataclass(frozen=True)
class Job:
    script: str
    message: bytes
    envelope: Envelope = Envelope()


@dataclass(frozen=True)
class Performed:
    """What a script does with a message.

    places: folders it ends in, with the flags there; an implicit keep and an explicit one are both INBOX. notes: what
    `debug_log` said, in order. failed: actions that exclude each other, so that the message was kept.
    """

    places: frozenset[tuple[str, frozenset[str]]] = frozenset()
    redirects: tuple[str, ...] = ()
    reject: str | None = None
    vacation: bool = False
    notified: bool = False
    failed: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    def told(self) -> list[str]:
        """The actions as a sorted list of lines, for a person to read."""
        lines = [f"store {folder} {sorted(flags)}" for folder, flags in self.places]
        lines += [f"redirect {address}" for address in self.redirects]
        lines += [f"reject {self.reject}"] if self.reject is not None else []
        lines += ["vacation"] * self.vacation + ["notify"] * self.notified + ["failed"] * self.failed
        return sorted(lines) or ["discard"]


class Runner:
    """`sh` runs for it whatever it is asked, in a folder of its own; to be closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sh = subprocess.Popen(
            ["sh"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_as_ordinary_user()
        )
        self._compiled: dict[str, str] = {}
        self._known: dict[tuple[str, str, Envelope], Performed] = {}
        self._settings = f"export DOVECONF_ENV=1 SSL=no LOG_PATH=/dev/stderr MAIL_LOCATION=maildir:{folder}/mail"
        # Settings in the environment save a second program that reads the configuration, and more than half of the
        # time. A version that takes none from there gets its own configuration.
        (folder / "keep.sieve").write_text("keep;\n")
        (folder / "keep.eml").write_text("Subject: essai\n\nessai\n")
        if "final result: success" not in self._shell(["sieve-test keep.sieve keep.eml 2>&1"]):
            self._settings = ":"

    def run(self, jobs: Sequence[Job]) -> list[Performed]:
        """One answer for each job. NotSieve: a script that does not compile. RuntimeError: a run that failed.

        A message that a script has been tried with before is not tried again: the answer would be the same.
        """
        self._compile(sorted({job.script for job in jobs}))
        # By the names of the files: a message may be of forty megabytes.
        named = [(self._script(job.script), self._message(job.message), job.envelope) for job in jobs]
        new = [names for names in dict.fromkeys(named) if names not in self._known]
        self._known |= zip(new, self._run(new), strict=True)
        return [self._known[names] for names in named]

    def _run(self, named: Sequence[tuple[str, str, Envelope]]) -> list[Performed]:
        lines = [
            f"echo @@{number}; sieve-test -x '{EXTENSIONS}' -f {shlex.quote(envelope.sender)} "
            f"-r {shlex.quote(envelope.recipient)} -a {shlex.quote(envelope.recipient)} {script} {message} 2>&1"
            for number, (script, message, envelope) in enumerate(named)
        ]
        answers: dict[int, str] = {}
        for number, text in _ANSWER.findall(self._shell(lines) if lines else ""):
            answers[int(number)] = text
        return [understood(answers.get(number, "no answer")) for number in range(len(named))]

    def _script(self, script: str) -> str:
        return f"s{hashlib.sha256(script.encode()).hexdigest()[:24]}.sieve"

    def _message(self, message: bytes) -> str:
        name = f"m{hashlib.sha256(message).hexdigest()[:24]}.eml"
        if not (self._folder / name).exists():
            (self._folder / name).write_bytes(message)
        return name

    def _compile(self, scripts: list[str]) -> None:
        new = [script for script in scripts if script not in self._compiled]
        for script in new:
            (self._folder / self._script(script)).write_bytes(script.encode())
        lines = [
            f"echo @@{number}; sievec -x '{EXTENSIONS}' {self._script(script)} 2>&1"
            for number, script in enumerate(new)
        ]
        for number, text in _ANSWER.findall(self._shell(lines) if lines else ""):
            self._compiled[new[int(number)]] = text if "error:" in text or "Fatal" in text else ""
        for script in scripts:
            if self._compiled[script]:
                raise NotSieve(f"{self._compiled[script]}\n{script}")

    def _shell(self, lines: list[str]) -> str:
        """What they print. RuntimeError: the shell is no more."""
        assert self._sh.stdin
        assert self._sh.stdout
        (self._folder / "batch.sh").write_text("\n".join([self._settings, *lines, ""]))
        self._sh.stdin.write(f". ./batch.sh; echo; echo {_END}\n".encode())
        self._sh.stdin.flush()
        printed: list[bytes] = []
        for line in self._sh.stdout:
            if line == f"{_END}\n".encode():
                return b"".join(printed).decode("utf-8", "replace")
            printed.append(line)
        raise RuntimeError("the shell ended")

    def close(self) -> None:
        with self._sh:
            pass


def _as_ordinary_user() -> dict[str, object]:
    """`sieve-test` wants no root: it gives up when it cannot become somebody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def running() -> Iterator[Runner]:
    """A runner with a folder of its own, which the user it runs as may read and write."""
    folder = Path(tempfile.mkdtemp(prefix="sieve-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        with closing(Runner(folder)) as ready:
            yield ready
    finally:
        shutil.rmtree(folder)


def understood(output: str) -> Performed:
    """What `sieve-test` printed; RuntimeError unless it says that it came to an end."""
    notes = tuple(re.findall(r"DEBUG: (.*)\.$", output, re.MULTILINE))
    if "final result: failed; resolved with successful implicit keep" in output:
        return Performed(frozenset({("INBOX", frozenset())}), failed=True, notes=notes)
    if "final result: success" not in output:
        raise RuntimeError(output)
    places: list[tuple[str, frozenset[str]]] = []
    redirects: list[str] = []
    reject = None
    vacation = notified = False
    for line in _without_answer(output).split("\n"):
        if line.startswith(" * store message in folder: "):
            places.append((line.removeprefix(" * store message in folder: "), frozenset()))
        elif line.startswith("        + add IMAP flags: "):
            places[-1] = (places[-1][0], frozenset(line.removeprefix("        + add IMAP flags: ").split(" ")))
        elif line.startswith(" * redirect message to: "):
            redirects.append(line.removeprefix(" * redirect message to: ").strip("<>"))
        elif line.startswith(" * reject message with reason: "):
            reject = re.sub(r"(\?\?)+$", "", line.removeprefix(" * reject message with reason: "))
        elif line.startswith(" * send vacation message"):
            vacation = True
        elif line.startswith((" * send (deprecated) notification", " * send notification")):
            notified = True
        elif line.startswith(" * ") and line not in (" * discard", " * track duplicate"):
            raise RuntimeError(f"an action nobody knows: {line}")
    return Performed(frozenset(places), tuple(sorted(redirects)), reject, vacation, notified, notes=notes)


def _without_answer(output: str) -> str:
    """The text of an answer by `vacation` may read like actions."""
    return re.sub(r"^START MESSAGE$.*?^END MESSAGE$", "", output, flags=re.DOTALL | re.MULTILINE)


def as_printed(reason: str) -> str:
    """A reason to reject as `sieve-test` prints it: one line, line ends as two question marks.

    Those at its end are left out: Zimbra always ends the last line.
    """
    return _CONTROL.sub("?", re.sub(r"\r?\n", "\r\n", reason.rstrip("\r\n")))
