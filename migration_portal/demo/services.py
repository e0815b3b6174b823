"""What the demo runs: which processes, on which ports, and when each is ready."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from migration_portal.demo import broker, processes
from migration_portal.demo.processes import Child

# Paths without their query and without the page one came from: searches hold names of contacts.
ACCESS_LOG = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)s ms'
ADMIN_ADDRESS = "portail.bascule@ac-reunion.fr"


@dataclass(frozen=True)
class Ports:
    """All on 127.0.0.1: the site's, and those of the mail service from `zimbra` on."""

    site: int
    zimbra: int

    @property
    def lmtp(self) -> int:
        return self.zimbra + 1

    @property
    def imap(self) -> int:
        return self.zimbra + 2

    @property
    def policy(self) -> int:
        """The sending limits, as Postfix asks them."""
        return self.zimbra + 3

    @property
    def intake(self) -> int:
        """Incoming mail by LMTP; by SMTP one above."""
        return self.zimbra + 4

    @property
    def intake_smtp(self) -> int:
        return self.zimbra + 5

    @property
    def hold(self) -> int:
        """What is above WARN."""
        return self.zimbra + 6

    @property
    def all(self) -> list[tuple[int, str]]:
        """Each with the variable of the Makefile that moves it."""
        mail = (self.zimbra, self.lmtp, self.imap, self.policy, self.intake, self.intake_smtp, self.hold)
        return [(self.site, "PORT"), *((number, "ZIMBRA_PORT") for number in mail)]


@dataclass(frozen=True)
class Services:
    """The processes in the order they start. backing: without the portal's database; gateways and workers need it."""

    backing: list[Child]
    workers: list[Child]
    gateways: list[Child]
    site: Child

    @property
    def every(self) -> list[Child]:
        return [*self.backing, *self.workers, *self.gateways, self.site]


def services(*, home: Path, environment: dict[str, str], ports: Ports, socket: Path) -> Services:
    """The processes of a demo that keeps its data in `home`; none is started."""
    logs = home / "logs"
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    celery = [sys.executable, "-m", "celery", "-A", "migration_portal"]
    worker_ready = Path(environment["DEMO_WORKER_READY_FILE"])
    queue = Child(
        "la file d’attente",
        broker.server_command(socket=socket, data=home),
        environment,
        logs / "broker.log",
        socket.exists,
    )
    zimbra = Child(
        "le Zimbra simulé",
        [
            sys.executable, "-m", "zimbra.simulator",
            "--port", str(ports.zimbra), "--lmtp-port", str(ports.lmtp), "--imap-port", str(ports.imap),
            "--data", str(home / "zimbra"),
            "--domain", settings.MAIL_DOMAIN,
            "--admin", f"{ADMIN_ADDRESS}:{environment['ZIMBRA_ADMIN_PASSWORD']}",
            # The national service's, not those of a server nobody has set up.
            "--default", "zimbraPrefLocale=fr", "--default", "zimbraPrefTimeZoneId=Europe/Brussels",
        ],
        environment,
        logs / "zimbra.log",
        lambda: processes.answers(ports.zimbra),
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
    policy = Child(
        "les limites d’envoi",
        [*manage, "policy_gateway", "--listen", f"127.0.0.1:{ports.policy}"],
        environment,
        logs / "policy.log",
        lambda: processes.answers(ports.policy),
    )
    intake = Child(
        "la réception du courrier",
        [
            *manage, "intake_gateway",
            "--lmtp", f"127.0.0.1:{ports.intake}", "--smtp", f"127.0.0.1:{ports.intake_smtp}",
            "--hold-lmtp", f"127.0.0.1:{ports.hold}",
        ],
        environment,
        logs / "intake.log",
        lambda: processes.answers(ports.intake) and processes.answers(ports.hold),
    )  # fmt: skip
    site = Child(
        "le site",
        [
            sys.executable, "-m", "gunicorn", "migration_portal.wsgi",
            "--bind", f"127.0.0.1:{ports.site}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "8",
            "--access-logfile", "-", "--access-logformat", ACCESS_LOG, "--graceful-timeout", "5",
        ],
        environment,
        logs / "site.log",
        lambda: processes.answers(ports.site),
    )  # fmt: skip
    return Services([queue, zimbra], [worker, beat], [policy, intake], site)
