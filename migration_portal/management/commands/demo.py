"""`manage.py demo`: everything at once, for a look at the portal; Ctrl-C stops everything."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from migration_portal.demo import processes, secrets
from migration_portal.demo.services import ADMIN_ADDRESS, Ports, services

# Longest path that a unix socket may have (sockaddr_un), with some room.
SOCKET_PATH_MAX = 100


class Command(BaseCommand):
    help = "Runs the site, workers, gateways, a broker and the simulated Zimbra with a made-up academy."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the site on 127.0.0.1")
        parser.add_argument(
            "--zimbra-port",
            type=int,
            default=8070,
            help="port of the simulated Zimbra on 127.0.0.1; LMTP, IMAP and the gateways take the six after it",
        )
        parser.add_argument("--reset", action="store_true", help="forget the data of the last time")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        ports = Ports(options["port"], options["zimbra_port"])
        home = settings.VAR_DIR / "demo"
        home.mkdir(parents=True, exist_ok=True)
        lock = self._take_lock(home.with_name("demo.lock"))
        running = home.with_name("demo.pids")
        if processes.stop_leftovers(running, environment_mark=f"PORTAL_VAR_DIR={home}"):
            time.sleep(0.5)
        for number, variable in ports.all:
            if not processes.port_is_free(number):
                raise CommandError(
                    f"Le port {number} est déjà pris sur 127.0.0.1. Libérez-le, ou choisissez-en un autre : "
                    f"make demo {variable}={max(taken for taken, name in ports.all if name == variable) + 1}"
                )
        if options["reset"]:
            shutil.rmtree(home)
            home.mkdir()
        (home / "logs").mkdir(exist_ok=True)
        environment = self._environment(home, ports)
        socket = Path(environment["DEMO_SOCKET"])
        Path(environment["DEMO_WORKER_READY_FILE"]).unlink(missing_ok=True)
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        run = services(home=home, environment=environment, ports=ports, socket=socket)
        stopping: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda signum, frame: stopping.append(signum))
        try:
            socket.unlink(missing_ok=True)
            for child in run.backing:
                child.start()
            processes.note(run.every, running)
            self._say("Préparation de la base et des fichiers statiques…")
            self._run(manage, "migrate", "--no-input", "--verbosity", "0", environment=environment)
            self._run(manage, "prepare_static", environment=environment)
            processes.wait_until_ready(run.backing, seconds=30, say=self._say, stopped=lambda: bool(stopping))
            for child in (*run.workers, *run.gateways):
                child.start()
            processes.note(run.every, running)
            # What is held in the demo comes in as it would anywhere.
            processes.wait_until_ready(run.gateways, seconds=30, say=self._say, stopped=lambda: bool(stopping))
            self._run(manage, "seed_demo", environment=environment)
            run.site.start()
            processes.note(run.every, running)
            ready = [*run.workers, run.site]
            processes.wait_until_ready(ready, seconds=60, say=self._say, stopped=lambda: bool(stopping))
            if stopping:
                return
            self._welcome(ports, seconds=time.monotonic() - began)
            processes.watch(run.every, say=self._say, stopped=lambda: bool(stopping), noted_in=running)
        except processes.StartFailed as error:
            raise CommandError(str(error)) from error
        except subprocess.CalledProcessError as error:
            if not stopping:
                raise CommandError(f"La préparation a échoué : {' '.join(map(str, error.cmd[2:]))}") from error
        finally:
            self._say("Arrêt…")
            for child in (*reversed(run.workers), run.site, *run.gateways, *reversed(run.backing)):
                child.stop()
            running.unlink(missing_ok=True)
            lock.close()
            self._say("Tout est arrêté. Les données sont conservées ; make demo RESET=1 repart de zéro.")

    def _take_lock(self, path: Path) -> TextIO:
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError("La démonstration tourne déjà depuis ce dossier.") from error
        return lock

    def _environment(self, home: Path, ports: Ports) -> dict[str, str]:
        socket = home / "valkey.sock"
        if len(str(socket).encode()) > SOCKET_PATH_MAX:
            # A checkout in a deep folder: the socket alone goes elsewhere, in a folder of this user.
            folder = Path(tempfile.gettempdir()) / f"portail-demo-{os.getuid()}-{ports.site}"
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid != os.getuid():
                raise CommandError(f"Le dossier {folder} appartient à quelqu’un d’autre.")
            socket = folder / "valkey.sock"
        return {
            **os.environ,
            **secrets.load_or_make(home / "secrets.json"),
            "DJANGO_SETTINGS_MODULE": "migration_portal.settings",
            "PYTHONPATH": str(settings.BASE_DIR),
            "PYTHONUNBUFFERED": "1",
            "PORTAL_VAR_DIR": str(home),
            "PORTAL_BASE_URL": f"http://127.0.0.1:{ports.site}",
            "PORTAL_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "DATABASE_URL": f"sqlite:///{home / 'portal.sqlite3'}",
            "REDIS_URL": f"redis+socket://{socket}?virtual_host=0",
            "ZIMBRA_URL": f"http://127.0.0.1:{ports.zimbra}",
            "ZIMBRA_ADMIN_URL": f"http://127.0.0.1:{ports.zimbra}",
            "ZIMBRA_ADMIN_ADDRESS": ADMIN_ADDRESS,
            "PORTAL_QUARANTINE_DELIVERY": f"lmtp://127.0.0.1:{ports.lmtp}",
            "PORTAL_LIMITS_HOLD_ACTION": f"FILTER lmtp:[127.0.0.1]:{ports.hold}",
            "DEMO_SOCKET": str(socket),
            # The settings name servers of the real service: nobody signs in to these with made-up passwords.
            "PORTAL_MAILBOX_CHECK": os.environ.get("PORTAL_MAILBOX_CHECK", "false"),
            "PORTAL_CONNECTION_TEST": os.environ.get("PORTAL_CONNECTION_TEST", "false"),
            "DEMO_POLICY_PORT": str(ports.policy),
            "DEMO_INTAKE_PORT": str(ports.intake),
            "DEMO_HOLD_PORT": str(ports.hold),
            "DEMO_WORKER_READY_FILE": str(home / "worker.ready"),
        }

    def _run(self, manage: list[str], *arguments: str, environment: dict[str, str]) -> None:
        subprocess.run([*manage, *arguments], env=environment, check=True, start_new_session=True)  # noqa: S603

    def _welcome(self, ports: Ports, *, seconds: float) -> None:
        from migration_portal.demo.people import ACCOUNTS_SHOWN, PASSWORD

        self._say(f"\nLe portail est prêt ({seconds:.0f} s) : http://127.0.0.1:{ports.site}/")
        self._say(f"Boîtes du Zimbra simulé :  http://127.0.0.1:{ports.zimbra}/")
        self._say(f"  (remise de messages par LMTP : port {ports.lmtp} ; lecture par IMAP : port {ports.imap})")
        self._say(
            f"Quarantaine : courrier entrant par LMTP (port {ports.intake}) ou SMTP (port {ports.intake_smtp}) ; "
            f"limites d’envoi demandées par Postfix : port {ports.policy}\n"
        )
        self._say(f"Comptes de démonstration (mot de passe : {PASSWORD})")
        for address, description in ACCOUNTS_SHOWN:
            self._say(f"  {address:<38} {description}")
        self._say("\nCtrl-C arrête tout.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
