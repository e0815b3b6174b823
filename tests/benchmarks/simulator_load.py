"""How many requests a second the simulated Zimbra answers, and whether any of them fails, under several clients.

    python tests/benchmarks/simulator_load.py [--threads 16] [--seconds 3] [--accounts 0] [--opened 0]

Starts a simulated Zimbra as a process of its own and prints, for single requests, for batches, and for a mixture of
SOAP, LMTP and IMAP, how many were answered in `--seconds` with `--threads` clients at once, and how many failed.
`--accounts` makes so many accounts first and `--opened` opens so many of their mailboxes, with the server's memory
before and after each. Ends with 1 when anything failed.
"""

from __future__ import annotations

import argparse
import http.client
import imaplib
import random
import smtplib
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.simulated import ADMIN_PASSWORD, DOMAIN, PASSWORD, Simulated, start_simulator

ENVELOPE = (
    '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Header><context xmlns="urn:zimbra">'
    "<authToken>{}</authToken></context></Header><Body>{}</Body></Envelope>"
)
MAIL = 'xmlns="urn:zimbraMail"'
BATCH = 100
LETTER = b"From: a@ailleurs.example\r\nTo: x\r\nSubject: Conseil %d\r\n\r\n" + b"Bonjour,\r\n" * 30


class Client:
    """One kept-alive connection of one account, no cleverer than it must be: the server is what is measured."""

    def __init__(self, simulated: Simulated, address: str, password: str = PASSWORD, *, admin: bool = False) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", int(simulated.url.rpartition(":")[2]), timeout=60)
        self._path = "/service/admin/soap" if admin else "/service/soap"
        self.token = ""
        space = "urn:zimbraAdmin" if admin else "urn:zimbraAccount"
        answer = self.ask(
            f'<AuthRequest xmlns="{space}"><account by="name">{address}</account>'
            f"<password>{password}</password></AuthRequest>"
        )
        self.token = answer.partition(b"<authToken>")[2].partition(b"</authToken>")[0].decode()

    def ask(self, document: str) -> bytes:
        """RuntimeError for anything but an answer without a fault."""
        self._connection.request("POST", self._path, ENVELOPE.format(self.token, document).encode())
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200 or b"Fault>" in body:
            raise RuntimeError(f"{answer.status}: {body[:500]!r}")
        return body

    def batch(self, documents: list[str]) -> None:
        self.ask('<BatchRequest xmlns="urn:zimbra">' + "".join(documents) + "</BatchRequest>")

    def close(self) -> None:
        self._connection.close()


def contact(number: int) -> str:
    fields = {"lastName": f"Payet {number}", "firstName": "Marie", "email": f"m{number}@x.example"}
    listed = "".join(f'<a n="{name}">{value}</a>' for name, value in fields.items())
    return f'<CreateContactRequest {MAIL}><cn l="7">{listed}</cn></CreateContactRequest>'


def single(client: Client, simulated: Simulated, address: str, number: int) -> int:
    client.ask(contact(number) if number % 4 == 0 else f"<GetFolderRequest {MAIL}/>")
    return 1


def batches(client: Client, simulated: Simulated, address: str, number: int) -> int:
    client.batch([contact(number * BATCH + at) for at in range(BATCH)])
    return BATCH


def mixed(client: Client, simulated: Simulated, address: str, number: int) -> int:
    """What a portal, a mail program and a mail server do to one mailbox in turn."""
    kind = number % 8
    if kind == 0:
        simulated.deliver(address, LETTER % number)
    elif kind == 1:
        read_by_imap(simulated, address)
    elif kind == 2:
        client.batch([contact(number * 10 + at) for at in range(10)])
        return 10
    elif kind == 3:
        client.ask(f'<SearchRequest {MAIL} types="message" limit="20"><query>in:inbox</query></SearchRequest>')
    elif kind == 4:
        client.ask(f'<SearchRequest {MAIL} types="contact" limit="20"><query>payet</query></SearchRequest>')
    elif kind == 5:
        client.ask('<GetInfoRequest xmlns="urn:zimbraAccount"/>')
    elif kind == 6:
        client.ask(f"<GetContactsRequest {MAIL}/>")
    else:
        client.ask(f"<GetFolderRequest {MAIL}/>")
    return 1


def read_by_imap(simulated: Simulated, address: str) -> None:
    with imaplib.IMAP4("127.0.0.1", simulated.imap_port) as imap:
        imap.login(address, PASSWORD)
        count = int(imap.select("INBOX")[1][0] or b"0")
        if count:
            imap.fetch(f"{max(1, count - 20)}:{count}", "(UID FLAGS ENVELOPE)")
            imap.store(str(count), "+FLAGS", "(\\Seen)")


Work = Callable[[Client, Simulated, str, int], int]


def load(simulated: Simulated, work: Work, threads: int, seconds: float) -> tuple[float, list[Exception]]:
    """Requests answered a second, and what went wrong. Half of the clients share one mailbox."""
    shared = simulated.create_account(zimbraContactMaxNumEntries="0")
    addresses = [
        shared if at % 2 else simulated.create_account(zimbraContactMaxNumEntries="0") for at in range(threads)
    ]
    done = [0] * threads
    wrong: list[Exception] = []
    start = time.perf_counter()

    def run(at: int) -> None:
        number = random.Random(at).randrange(1_000_000) * 8
        client: Client | None = None
        while time.perf_counter() < start + seconds:
            try:
                client = client or Client(simulated, addresses[at])
                done[at] += work(client, simulated, addresses[at], number)
            except (
                OSError,
                RuntimeError,
                http.client.HTTPException,
                smtplib.SMTPException,
                imaplib.IMAP4.error,
            ) as error:
                wrong.append(error)
                if client is not None:
                    client.close()
                client = None
            number += 1
        if client is not None:
            client.close()

    running = [threading.Thread(target=run, args=(at,)) for at in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(done) / (time.perf_counter() - start), wrong


def memory(simulated: Simulated) -> float:
    """Resident megabytes of the server process."""
    for line in Path(f"/proc/{simulated.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def many_accounts(simulated: Simulated, accounts: int, opened: int) -> None:
    """Make accounts by batches, then look into some of their mailboxes."""
    print(f"memory at the start: {memory(simulated):.0f} MB")
    admin = Client(simulated, simulated.admin_address, ADMIN_PASSWORD, admin=True)
    start = time.perf_counter()
    for first in range(0, accounts, 500):
        admin.batch([
            f'<CreateAccountRequest xmlns="urn:zimbraAdmin"><name>charge{at}@{DOMAIN}</name>'
            f"<password>{PASSWORD}</password></CreateAccountRequest>"
            for at in range(first, min(accounts, first + 500))
        ])  # fmt: skip
    admin.close()
    taken = time.perf_counter() - start
    print(f"{accounts} accounts made in {taken:.1f} s; memory: {memory(simulated):.0f} MB")
    start = time.perf_counter()
    for at in range(min(opened, accounts)):
        client = Client(simulated, f"charge{at}@{DOMAIN}")
        client.ask(f"<GetFolderRequest {MAIL}/>")
        client.ask(contact(at))
        client.close()
    taken = time.perf_counter() - start
    print(f"{min(opened, accounts)} mailboxes opened in {taken:.1f} s; memory: {memory(simulated):.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3, help="of each of the three loads")
    parser.add_argument("--accounts", type=int, default=0)
    parser.add_argument("--opened", type=int, default=0)
    options = parser.parse_args()
    failed = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        start_simulator(Path(folder) / "zimbra") as simulated,
    ):
        if options.accounts:
            many_accounts(simulated, options.accounts, options.opened)
        for name, work in (("single", single), (f"batches of {BATCH}", batches), ("mixed", mixed)):
            rate, wrong = load(simulated, work, options.threads, options.seconds)
            failed += len(wrong)
            print(f"{name:14} {options.threads} clients, {rate:8.0f} requests/s, {len(wrong)} failed", end="")
            print(f", memory {memory(simulated):.0f} MB")
            for error in wrong[:3]:
                print(f"  {type(error).__name__}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
