"""Debian's Dovecot on loopback, with mailboxes that are planted as files."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import imap_utf7

PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"
PASSWORD, MASTER, MASTER_PASSWORD = "secret-42", "portail", "master-42"
# It changes to other users by itself, which only root may.
IS_HERE = Path(PROGRAM).exists() and os.geteuid() == 0
_PATIENCE = 15
_USER = "nobody"

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_master_user_separator = *
default_vsz_limit = 0
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
maildir_very_dirty_syncs = yes
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Envoyés {{
    special_use = \\Sent
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass(frozen=True)
class Message:
    """number makes its Message-ID; identified: whether it has one. at: when it came, seconds since 1970."""

    number: int
    subject: str = "Objet"
    body: str = "Bonjour"
    at: int = 1_700_000_000
    identified: bool = True

    def text(self) -> bytes:
        identifier = f"Message-ID: <{self.number}@exemple.test>\r\n" if self.identified else ""
        return (
            f"From: Ana <ana@exemple.test>\r\nTo: moi@exemple.test\r\nSubject: {self.subject} {self.number}\r\n"
            f"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n{identifier}\r\n{self.body}\r\n"
        ).encode()


@dataclass(frozen=True)
class Dovecot:
    folder: Path
    port: int
    separator: str

    def plant(
        self, user: str, folders: Mapping[str, Iterable[Message]], *, subscribed: Iterable[str] | None = None
    ) -> None:
        """Make the mailbox anew. folders: name with "/" between levels, and messages in order; "INBOX" is always
        there. subscribed: names; None: all of them."""
        root = self.folder / "mail" / user
        shutil.rmtree(root, ignore_errors=True)
        for name, messages in {"INBOX": (), **folders}.items():
            place = root if name == "INBOX" else root / ("." + _encoded(name).replace("/", "."))
            for part in ("cur", "new", "tmp"):
                (place / part).mkdir(parents=True)
            for number, message in enumerate(messages):
                content = message.text()
                file = place / "cur" / f"{message.at}.{number:07d}.exemple,S={len(content)}:2,S"
                file.write_bytes(content)
                os.utime(file, (message.at, message.at))
        chosen = [name for name in folders if name != "INBOX"] if subscribed is None else list(subscribed)
        # One name a line, levels parted by a point, whatever clients see.
        (root / "subscriptions").write_text("".join(f"{_encoded(name).replace('/', '.')}\n" for name in chosen))
        owner = pwd.getpwnam(_USER)
        for path in [root, *root.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _encoded(name: str) -> str:
    return imap_utf7.encode(name).decode()


@contextmanager
def running(*, separator: str = "/") -> Iterator[Dovecot]:
    """A server, until the end of the block. Raises RuntimeError with what it said when it does not come."""
    # Paths of sockets are short.
    folder = Path(tempfile.mkdtemp(prefix="dv"))
    folder.chmod(0o755)
    owner = pwd.getpwnam(_USER)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    (folder / "masters").write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    values = {"folder": folder, "port": port, "separator": separator, "password": PASSWORD}
    configuration = folder / "dovecot.conf"
    configuration.write_text(_CONFIGURATION.format(uid=owner.pw_uid, gid=owner.pw_gid, **values))
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([PROGRAM, "-F", "-c", str(configuration)], stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = folder / "log"
                    told = (folder / "said").read_text() + (log.read_text() if log.exists() else "")
                    raise RuntimeError(told) from None
                time.sleep(0.05)
        yield Dovecot(folder, port, separator)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)
