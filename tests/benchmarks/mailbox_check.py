"""A mailbox of 200 folders and 100,000 messages compared between two Dovecots, with losses planted at random.

    python tests/benchmarks/mailbox_check.py [--messages N] [--folders N] [--losses N] [--seed N]

Prints what was found, how fast, how much memory this process took more, and ends with 1 when the losses found are not
exactly those that were planted. Needs Debian's Dovecot, and root to start it.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def _memory(name: str) -> int:
    """MB of this process: VmRSS now, VmHWM at its most."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) // 1024


def main() -> int:
    parser = argparse.ArgumentParser()
    for name, value in (("messages", 100_000), ("folders", 200), ("losses", 137), ("seed", 974)):
        parser.add_argument(f"--{name}", type=int, default=value)
    wanted = parser.parse_args()
    from tests import dovecot

    if not dovecot.IS_HERE:
        print("left out: needs Dovecot, and root to start it")
        return 0
    import django
    from django.conf import settings

    django.setup()
    settings.DATABASES["default"]["NAME"] = str(Path(tempfile.mkdtemp()) / "portal.sqlite3")
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with dovecot.running(separator=".") as old, dovecot.running(separator="/") as new:
        return _compared(wanted, old, new)


def _compared(wanted: argparse.Namespace, old: Any, new: Any) -> int:
    from django.conf import settings

    from bascule.mailbox_check import asking, overview
    from bascule.models import MailboxCensus, MailboxComparison
    from bascule.tasks import carry_mailbox_census
    from tests.dovecot import PASSWORD, Message
    from tests.factories import make_moved_agent

    chance = random.Random(wanted.seed)
    agent = make_moved_agent()
    names = ["INBOX", *(f"Dossier {number // 10:02d}/Été {number:03d}" for number in range(1, wanted.folders))]
    held: dict[str, list[Message]] = {name: [] for name in names}
    for number in range(wanted.messages):
        held[chance.choice(names)].append(Message(number, at=1_500_000_000 + number * 60))
    lost = set(chance.sample(range(wanted.messages), wanted.losses))
    old.plant(agent.address, held)
    new.plant(agent.address, {name: [one for one in rows if one.number not in lost] for name, rows in held.items()})
    for side, server in (("OLD", old), ("NEW", new)):
        for name, value in (("HOST", "127.0.0.1"), ("PORT", server.port), ("SECURITY", "none")):
            setattr(settings, f"{side}_IMAP_{name}", value)
    told: list[tuple[Any, ...]] = []
    carry_mailbox_census.apply_async = lambda args, **kwargs: told.append(tuple(args))
    del held
    # The most begins anew here: planting took more.
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")

    def worked(start: Callable[..., MailboxCensus]) -> float:
        began = time.perf_counter()
        start(agent=agent, by=agent, password=PASSWORD)
        while told:
            carry_mailbox_census(*told.pop(0))
        return time.perf_counter() - began

    census, comparison = worked(asking.start_census), worked(asking.start_comparison)
    found = MailboxComparison.objects.get(agent=agent)
    times = {1_500_000_000 + number * 60 for number in lost}
    named = {
        int(one.received_at.timestamp())
        for pair in found.pairs.all()
        for one in overview.missing_of(pair)
        if one.received_at is not None
    }
    print(f"{wanted.messages} messages in {wanted.folders} folders, seed {wanted.seed}")
    print(f"census {census:.1f} s ({wanted.messages / census:.0f} messages/s), comparison {comparison:.1f} s")
    print(
        f"comparison takes {comparison / census:.2f} times the census; {_memory('VmHWM') - before} MB more at the most"
    )
    print(f"planted {len(lost)}, found {found.lost}, the same ones: {named == times}")
    return 0 if named == times and found.lost == len(lost) else 1


if __name__ == "__main__":
    raise SystemExit(main())
