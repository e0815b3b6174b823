"""How much faster contacts arrive in batches than one by one: same client, same server, same contacts.

    python tests/benchmarks/send_contacts.py [--contacts 10000] [--sample 1000] [--batch 500] [--profile]

Starts a simulated Zimbra as a process of its own. Sends a sample by single requests over one kept-alive connection
and all of them in batches, into two mailboxes, and prints both rates, their ratio, and how much processor time each
side took.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.simulated import Simulated, start_simulator
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.types import NewContact

FIRST = ["Marie", "Jean", "Aurélie", "Yannick", "Célimène", "Frédéric", "Noémie", "Zoé", "François", "Inès", "Loïc"]
LAST = ["Hoarau", "Payet", "Grondin", "Boyer", "Fontaine", "Dijoux", "Técher", "Rivière", "Lebon", "Bègue", "Maillot"]
TOWNS = [("97400", "Saint-Denis"), ("97410", "Saint-Pierre"), ("97460", "Saint-Paul"), ("97430", "Le Tampon")]
JOBS = ["Professeur·e des écoles", "Conseiller principal d'éducation", "Gestionnaire", "Proviseur adjoint"]


def realistic(number: int, chance: random.Random) -> NewContact:
    """A contact as address books hold them: always a name and an address, the rest now and then."""
    first, last = chance.choice(FIRST), f"{chance.choice(LAST)} {number}"
    postcode, town = chance.choice(TOWNS)
    fields = {
        "firstName": first,
        "lastName": last,
        "fullName": f"{first} {last}",
        "email": f"agent.{number}@academie.example",
        "fileAs": "1",
    }
    optional = {
        "email2": f"perso{number}@courriel.example",
        "workPhone": f"0262 {chance.randrange(10, 99)} {chance.randrange(10, 99)} {number % 100:02}",
        "mobilePhone": f"0692 {chance.randrange(10, 99)} {chance.randrange(10, 99)} {number % 100:02}",
        "company": f"Collège « Les Filaos » & annexe {number % 40}",
        "department": "Vie scolaire",
        "jobTitle": chance.choice(JOBS),
        "workStreet": f"{chance.randrange(1, 200)}, rue de l'Église\nBâtiment <B>",
        "workCity": town,
        "workPostalCode": postcode,
        "workCountry": "France",
        "birthday": f"19{chance.randrange(55, 99)}-0{chance.randrange(1, 9)}-1{chance.randrange(0, 9)}",
        "notes": "Rencontré·e à la réunion de rentrée ; rappeler avant les conseils de classe.\n"
        * chance.randrange(1, 4),
    }
    return NewContact(fields | {name: value for name, value in optional.items() if chance.random() < 0.6})


def one_by_one(client: ZimbraClient, contacts: list[NewContact]) -> None:
    for contact in contacts:
        inner = f'<cn l="7">{soap.pairs(contact.attributes)}</cn>'
        client.endpoint.call(soap.request("CreateContactRequest", soap.MAIL, inner, verbose=False))


def in_batches(client: ZimbraClient, contacts: list[NewContact], batch: int) -> None:
    outcomes = client.create_contacts("7", contacts, max_children=batch)
    refused = [outcome.code for outcome in outcomes if not outcome.done]
    if refused:
        raise SystemExit(f"{len(refused)} contacts were not created: {refused[0]}")


def measure(simulated: Simulated, send: Callable[[ZimbraClient], None], expected: int) -> tuple[float, float, float]:
    """Seconds by the clock, processor seconds of this process, processor seconds of the server."""
    address = simulated.create_account(zimbraContactMaxNumEntries="0")
    with simulated.client(address) as client:
        server, mine = server_seconds(simulated), my_seconds()
        start = time.perf_counter()
        send(client)
        taken = time.perf_counter() - start
        costs = my_seconds() - mine, server_seconds(simulated) - server
        stored = sum(1 for _ in client.contacts("7", ["email"]))
        if stored != expected:
            raise SystemExit(f"{expected} contacts sent, {stored} stored")
    return taken, *costs


def my_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def server_seconds(simulated: Simulated) -> float:
    """User and system time of the server process, in seconds (fields 14 and 15 of its stat file, in clock ticks)."""
    stat = Path(f"/proc/{simulated.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=1_000, help="how many are sent one by one")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--profile", action="store_true", help="print where the client spends its time in batches")
    options = parser.parse_args()
    chance = random.Random(1)
    contacts = [realistic(number, chance) for number in range(options.contacts)]
    sample = contacts[: options.sample]
    with (
        tempfile.TemporaryDirectory() as folder,
        start_simulator(Path(folder) / "zimbra") as simulated,
    ):
        single = measure(simulated, lambda client: one_by_one(client, sample), len(sample))
        profile = cProfile.Profile()
        if options.profile:
            profile.enable()
        batched = measure(simulated, lambda client: in_batches(client, contacts, options.batch), len(contacts))
        profile.disable()
    rates = []
    for name, count, (taken, mine, server) in (
        ("one by one", len(sample), single),
        ("batches", len(contacts), batched),
    ):
        rates.append(count / taken)
        each, mine, server = (seconds / count * 1e6 for seconds in (taken, mine, server))
        print(f"{name:11} {count:6} contacts in {taken:7.2f} s: {count / taken:8.0f}/s, each {each:6.0f} µs", end="")
        print(f" (processor: client {mine:5.0f} µs, server {server:5.0f} µs)")
    print(f"ratio {rates[1] / rates[0]:.1f}")
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
