"""Mail sent by many at once, and what became of it: for the tests and benchmarks of the whole way."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from tests.mail_flow import Flow, Reply

_numbers = count(1)


def number() -> int:
    """One that nobody else of this process has."""
    return next(_numbers)


def outside(wanted: int) -> list[str]:
    """So many recipients whom nobody else has."""
    return [f"somebody-{number()}@outside.example" for _ in range(wanted)]


def somewhere() -> str:
    """A network address from which nobody has sent yet."""
    mine = number()
    return f"10.{mine >> 16 & 255}.{mine >> 8 & 255}.{mine & 255}"


class Stream:
    """Messages of one recipient each from several clients at once, in the name of one sender, each once or, where
    `patient`, until it is not answered 4xx any more."""

    def __init__(self, send: Callable[[list[str]], Reply], *, patient: bool = False) -> None:
        self.send, self.patient = send, patient
        self.answers: dict[str, int] = {}
        self.later = 0
        # Seconds of each client between two messages.
        self.pause = 0.0

    def one(self, recipient: str) -> None:
        time.sleep(self.pause)
        while True:
            code = self.send([recipient]).code
            self.answers[recipient] = code
            if not (self.patient and (code == 0 or 400 <= code < 500)):
                return
            self.later += 1
            time.sleep(0.1)

    def run(self, recipients: list[str], *, meanwhile: Callable[[], None], clients: int = 4) -> None:
        with ThreadPoolExecutor(clients) as pool:
            working = [pool.submit(self.one, recipient) for recipient in recipients]
            meanwhile()
            for one in working:
                one.result()

    def taken(self) -> set[str]:
        return {recipient for recipient, code in self.answers.items() if code == 250}

    def reached(self, number: int) -> None:
        """Wait until so many messages have been answered."""
        while len(self.answers) < number:
            time.sleep(0.002)


def arrived(flow: Flow, recipients: set[str]) -> tuple[Counter[str], Counter[str]]:
    """How often each of them was delivered to outside, and is held."""
    delivered, holds = flow.sink.recipients(), flow.holds()
    return (
        Counter({one: delivered[one] for one in recipients if delivered[one]}),
        Counter({one: holds[one] for one in recipients if holds[one]}),
    )


class Load:
    """Messages of one recipient each, from many senders at once, to some mailboxes of Zimbra and to people outside.

    Each sender has `each` messages. Every message bears a token by which it is known wherever it arrives.
    """

    def __init__(self, flow: Flow, *, messages: int, each: int, mailboxes: int = 3) -> None:
        self._flow = flow
        self._inside = [flow.zimbra.create_account() for _ in range(mailboxes)]
        senders = max(messages // each, 1)
        # Those who send at the same time are different senders.
        self._planned = {
            f"jeton-{number()}": (
                f"charge-{at % senders}-{id(self)}@academie.example",
                self._inside[at % mailboxes] if at % 2 else f"charge-{number()}@outside.example",
            )
            for at in range(messages)
        }
        self.stream = Stream(self._send, patient=True)

    def _send(self, tokens: list[str]) -> Reply:
        (token,) = tokens
        sender, recipient = self._planned[token]
        raw = f"Subject: {token}\r\nMessage-ID: <{token}@academie.example>\r\n\r\n{token}\r\n".encode()
        return self._flow.send(sender, [recipient], login=sender, address=somewhere(), raw=raw)

    def run(self, *, meanwhile: Callable[[], None], clients: int = 4) -> None:
        self.stream.run(list(self._planned), meanwhile=meanwhile, clients=clients)

    def wait_for_more(self, messages: int) -> None:
        """Until so many more were answered, or all."""
        self.stream.reached(min(len(self.stream.answers) + messages, len(self._planned)))

    def refused(self) -> list[str]:
        """Tokens of messages that were not taken in the end."""
        return sorted(set(self._planned) - self.stream.taken())

    def missing_and_doubled(self) -> tuple[list[str], list[str]]:
        """Tokens that did not arrive where they should, and those that arrived there more than once."""
        found: Counter[str] = Counter()
        for recipient, content in self._flow.sink.taken:
            token = content.rpartition(b"\r\n\r\n")[2].decode(errors="replace").strip()
            if self._planned.get(token, ("", ""))[1] == recipient:
                found[token] += 1
        for mailbox in self._inside:
            with self._flow.zimbra.client(mailbox) as client:
                found.update(
                    one.subject for one in client.messages("is:anywhere") if self._planned[one.subject][1] == mailbox
                )
        missing = [token for token in self._planned if not found[token]]
        return missing, [token for token, times in found.items() if times > 1]


# Parts that are away for a moment, and come back.


def store_away(flow: Flow, seconds: float) -> None:
    flow.store.kill()
    time.sleep(seconds)
    flow.store.start()


def gateway_away(flow: Flow, seconds: float) -> None:
    flow.kill(flow.gateways[-1], signal.SIGTERM)
    time.sleep(seconds)
    flow.start_gateway()


def intake_away(flow: Flow, seconds: float) -> None:
    flow.kill(flow.intakes[-1], signal.SIGTERM)
    time.sleep(seconds)
    flow.start_intake()


def zimbra_away(flow: Flow, seconds: float) -> None:
    flow.stop_zimbra()
    time.sleep(seconds)
    flow.start_zimbra()


def database_away(flow: Flow, seconds: float) -> None:
    with flow.database.away():
        time.sleep(seconds)


PARTS = (store_away, gateway_away, intake_away, zimbra_away, database_away)
