"""A script of the old server, and the rules that came of it as a Zimbra holds them, over the same messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bascule.conversions.filters.model import FilterReading
from bascule.conversions.filters.reading import read_filters
from tests.bascule.conversions.filters.proof import new_script, old_script
from tests.bascule.conversions.filters.proof.messages import Draft, message
from tests.bascule.conversions.filters.proof.runner import Job, Performed, Runner
from tests.simulated import Server
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.types.filters import FilterRule

DOMAIN = "academie.example"
# Flags of the old server that Zimbra's rules cannot set: that they are gone is told, and expected.
_NOT_IN_RULES = frozenset({"\\answered", "\\deleted", "\\draft"})


@dataclass(frozen=True)
class Difference:
    """What the two sides do with one message: old; new as standard Sieve; and as Zimbra puts the actions together."""

    draft: Draft
    old: Performed
    new: Performed
    zimbra: Performed

    def __str__(self) -> str:
        sides = {"old": self.old, "new": self.new, "Zimbra": self.zimbra}
        told = "\n".join(f"  {side}: {'; '.join(performed.told())}" for side, performed in sides.items())
        return f"{told}\n  {self.draft}"


Places = frozenset[tuple[str, frozenset[str]]]
Expected = Callable[[Difference], bool]


@contextmanager
def on_trial(server: Server, runner: Runner) -> Iterator[Trial]:
    """In a new mailbox."""
    address = server.create_account()
    with server.client(address) as client, server.admin() as admin:
        yield Trial(client, admin, address, runner)


class Trial:
    """One mailbox of a simulated Zimbra, whose rules are replaced again and again, and a runner beside it."""

    def __init__(self, client: ZimbraClient, admin: AdminClient, address: str, runner: Runner) -> None:
        self.client = client
        self.runner = runner
        self._admin = admin
        self._address = address

    def held(self, rules: Iterable[FilterRule]) -> str:
        """The script that the Zimbra holds once these rules were written to it."""
        self.client.replace_filters(tuple(rules))
        account = self._admin.get_account(self._address, attributes=("zimbraMailSieveScript",))
        return account.attributes["zimbraMailSieveScript"]

    def old(self, script: str, drafts: Sequence[Draft]) -> list[Performed]:
        """What the old server did, under the names that both sides are compared by."""
        done = self.runner.run([Job(script, message(draft), draft.envelope) for draft in drafts])
        assert sum(performed.failed for performed in done) * 3 <= len(done), "a script that contradicts itself"
        return [as_old(performed) for performed in done]

    def differences(
        self, old: str, held: str, drafts: Sequence[Draft], expected: Expected | None = None
    ) -> list[Difference]:
        """Where the script a Zimbra holds does not do what the old one did, but for what is expected."""
        return self.against(self.old(old, drafts), held, drafts, expected)

    def against(
        self, done: Sequence[Performed], held: str, drafts: Sequence[Draft], expected: Expected | None = None
    ) -> list[Difference]:
        """The same, where what the old server did is known; where it contradicted itself, nobody can tell."""
        standard = new_script.standard(held)
        run = self.runner.run([Job(standard.script, message(draft), draft.envelope) for draft in drafts])
        found = []
        for draft, before, after in zip(drafts, done, run, strict=True):
            new, zimbra = new_script.as_standard(after), new_script.as_zimbra(after, standard.deeds)
            difference = Difference(draft, before, new, zimbra)
            if not before.failed and (before != new or before != zimbra) and not (expected and expected(difference)):
                found.append(difference)
        return found


def as_old(performed: Performed) -> Performed:
    places = frozenset((old_script.folder_named(folder), _flags(flags)) for folder, flags in performed.places)
    return replace(performed, places=places)


def _flags(flags: frozenset[str]) -> frozenset[str]:
    lowered = {flag.lower() for flag in flags} - _NOT_IN_RULES
    return frozenset(flag if flag.startswith("\\") else f"tag:{flag}" for flag in lowered)


def converted(data: str | bytes, name: str = "filtres.sieve") -> FilterReading:
    return read_filters(data if isinstance(data, bytes) else data.encode(), name, domain=DOMAIN)


def rules_of(reading: FilterReading) -> tuple[FilterRule, ...]:
    return tuple(rule for one in reading.rules for rule in one.rules)


def flags_on_every_copy(difference: Difference) -> bool:
    """Expected where the old server flagged some copies and not others: Zimbra flags all of them, with all flags."""
    old, zimbra = difference.old, difference.zimbra
    return old == difference.new and replace(zimbra, places=flagged_alike(old.places)) == zimbra and old != zimbra


def flagged_alike(places: Places) -> Places:
    """The same folders, each with the flags of all."""
    everywhere = frozenset(flag for _, flags in places for flag in flags)
    return frozenset((folder, everywhere) for folder, _ in places)


def shown(old: str, held: str, found: Sequence[Difference]) -> str:
    """A few differences with their scripts, these only when they can be taken in."""
    scripts = f"{old}\n{held}\n" if len(held) < 3000 else ""
    return scripts + "\n".join(map(str, found[:3]))
