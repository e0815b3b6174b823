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

from migration_portal.demo import broker, processes, secrets
from migration_portal.demo.processes import Child

# Paths without their query and without the page one came from: searches hold names of contacts.
ACCESS_LOG = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)s ms'
ADMIN_ADDRESS = "portail.bascule@ac-reunion.fr"
# Longest path that a unix socket may have (sockaddr_un), with some room.
SOCKET_PATH_MAX = 100


class Command(BaseCommand):
    help = "Runs the site, a worker, the scheduler, a broker and the simulated Zimbra with a made-up academy."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the site on 127.0.0.1")
        parser.add_argument(
            "--zimbra-port",
            type=int,
            default=8070,
            help="port of the simulated Zimbra on 127.0.0.1; LMTP and IMAP take the two after it",
        )
        parser.add_argument("--reset", action="store_true", help="forget the data of the last time")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        port, zimbra_port = options["port"], options["zimbra_port"]
        home = settings.VAR_DIR / "demo"
        home.mkdir(parents=True, exist_ok=True)
        lock = self._take_lock(home.with_name("demo.lock"))
        running = home.with_name("demo.pids")
        if processes.stop_leftovers(running, environment_mark=f"PORTAL_VAR_DIR={home}"):
            time.sleep(0.5)
        lmtp_port, imap_port = zimbra_port + 1, zimbra_port + 2
        taken_by = ((port, "PORT"), *((number, "ZIMBRA_PORT") for number in (zimbra_port, lmtp_port, imap_port)))
        for number, variable in taken_by:
            if not processes.port_is_free(number):
                raise CommandError(
                    f"Le port {number} est déjà pris sur 127.0.0.1. Libérez-le, ou choisissez-en un autre : "
                    f"make demo {variable}={max(taken for taken, name in taken_by if name == variable) + 1}"
                )
        if options["reset"]:
            shutil.rmtree(home)
            home.mkdir()
        logs = home / "logs"
        logs.mkdir(exist_ok=True)
        environment = self._environment(home, port=port, zimbra_port=zimbra_port)
        socket = Path(environment["DEMO_SOCKET"])
        services = [
            Child(
                "la file d’attente",
                broker.server_command(socket=socket, data=home),
                environment,
                logs / "broker.log",
                socket.exists,
            ),
            Child(
                "le Zimbra simulé",
                [
                    sys.executable, "-m", "zimbra.simulator",
                    "--port", str(zimbra_port), "--lmtp-port", str(lmtp_port), "--imap-port", str(imap_port),
                    "--data", str(home / "zimbra"),
                    "--domain", settings.MAIL_DOMAIN,
                    "--admin", f"{ADMIN_ADDRESS}:{environment['ZIMBRA_ADMIN_PASSWORD']}",
                    # The national service's, not those of a server nobody has set up.
                    "--default", "zimbraPrefLocale=fr", "--default", "zimbraPrefTimeZoneId=Europe/Brussels",
                ],
                environment,
                logs / "zimbra.log",
                lambda: processes.answers(zimbra_port),
            ),
        ]  # fmt: skip
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        worker_ready = home / "worker.ready"
        worker_ready.unlink(missing_ok=True)
        celery = [sys.executable, "-m", "celery", "-A", "migration_portal"]
        site = Child(
            "le site",
            [
                sys.executable, "-m", "gunicorn", "migration_portal.wsgi",
                "--bind", f"127.0.0.1:{port}",
                "--worker-class", "gthread", "--workers", "1", "--threads", "8",
                "--access-logfile", "-", "--access-logformat", ACCESS_LOG, "--graceful-timeout", "5",
            ],
            environment,
            logs / "site.log",
            lambda: processes.answers(port),
        )  # fmt: skip
        worker = Child(
            "les traitements",
            [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
            environment,
            logs / "worker.log",
            worker_ready.exists,
        )
        beat = Child(
            "l’horloge",
            [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
            environment,
            logs / "beat.log",
            lambda: True,
        )
        stopping: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda signum, frame: stopping.append(signum))
        children = [*services, site, worker, beat]
        try:
            socket.unlink(missing_ok=True)
            for child in services:
                child.start()
            processes.note(children, running)
            self._say("Préparation de la base et des fichiers statiques…")
            self._run(manage, "migrate", "--no-input", "--verbosity", "0", environment=environment)
            self._run(manage, "prepare_static", environment=environment)
            processes.wait_until_ready(services, seconds=30, say=self._say, stopped=lambda: bool(stopping))
            for child in (worker, beat):
                child.start()
            processes.note(children, running)
            self._run(manage, "seed_demo", environment=environment)
            site.start()
            processes.note(children, running)
            processes.wait_until_ready([site, worker], seconds=60, say=self._say, stopped=lambda: bool(stopping))
            if stopping:
                return
            self._welcome(port=port, zimbra_port=zimbra_port, seconds=time.monotonic() - began)
            processes.watch(children, say=self._say, stopped=lambda: bool(stopping), noted_in=running)
        except processes.StartFailed as error:
            raise CommandError(str(error)) from error
        except subprocess.CalledProcessError as error:
            if not stopping:
                raise CommandError(f"La préparation a échoué : {' '.join(map(str, error.cmd[2:]))}") from error
        finally:
            self._say("Arrêt…")
            for child in (beat, worker, site, *reversed(services)):
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

    def _environment(self, home: Path, *, port: int, zimbra_port: int) -> dict[str, str]:
        socket = home / "valkey.sock"
        if len(str(socket).encode()) > SOCKET_PATH_MAX:
            # A checkout in a deep folder: the socket alone goes elsewhere, in a folder of this user.
            folder = Path(tempfile.gettempdir()) / f"portail-demo-{os.getuid()}-{port}"
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
            "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
            "PORTAL_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "DATABASE_URL": f"sqlite:///{home / 'portal.sqlite3'}",
            "REDIS_URL": f"redis+socket://{socket}?virtual_host=0",
            "ZIMBRA_URL": f"http://127.0.0.1:{zimbra_port}",
            "ZIMBRA_ADMIN_URL": f"http://127.0.0.1:{zimbra_port}",
            "ZIMBRA_ADMIN_ADDRESS": ADMIN_ADDRESS,
            "DEMO_SOCKET": str(socket),
            "DEMO_WORKER_READY_FILE": str(home / "worker.ready"),
        }

    def _run(self, manage: list[str], *arguments: str, environment: dict[str, str]) -> None:
        subprocess.run([*manage, *arguments], env=environment, check=True, start_new_session=True)  # noqa: S603

    def _welcome(self, *, port: int, zimbra_port: int, seconds: float) -> None:
        from migration_portal.demo.people import ACCOUNTS_SHOWN, PASSWORD

        self._say(f"\nLe portail est prêt ({seconds:.0f} s) : http://127.0.0.1:{port}/")
        self._say(f"Boîtes du Zimbra simulé :  http://127.0.0.1:{zimbra_port}/")
        self._say(
            f"  (remise de messages par LMTP : port {zimbra_port + 1} ; lecture par IMAP : port {zimbra_port + 2})\n"
        )
        self._say(f"Comptes de démonstration (mot de passe : {PASSWORD})")
        for address, description in ACCOUNTS_SHOWN:
            self._say(f"  {address:<38} {description}")
        self._say("\nCtrl-C arrête tout.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
