"""Networks whose thresholds are multiplied, and servers whose messages are not counted: the one writer of both."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import journal
from accounts.models import Agent
from quarantine.domains import ascii_form
from quarantine.models import ListServer, NetworkFactor

MOST_FACTOR = 100
# A network wider than this is a slip of the hand: it would multiply the thresholds of half a country.
WIDEST = {4: 16, 6: 32}
_UAI = re.compile(r"[0-9]{7}[A-Z]")


class NetworkError(Exception):
    """What was typed cannot be taken; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Wanted:
    """A network with its factor; factor None: not counted by IP."""

    network: str
    uai: str
    factor: int | None
    note: str = ""


def network_of(text: str) -> str:
    """CIDR in its one form; an address alone is a network of one. Raises NetworkError."""
    cleaned = text.strip().replace(" ", "")
    try:
        found = ipaddress.ip_network(cleaned, strict=False)
    except ValueError as error:
        raise NetworkError(
            f"« {text.strip()[:60]} » n’est pas un réseau : écrivez par exemple 192.0.2.0/24."
        ) from error
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
        raise NetworkError("Écrivez cette adresse sous sa forme IPv4.")
    if found.prefixlen < WIDEST[found.version]:
        raise NetworkError(
            f"Le réseau {found} est trop large : /{WIDEST[found.version]} au plus large en IPv{found.version}."
        )
    if found.prefixlen < found.max_prefixlen and ipaddress.ip_interface(cleaned).ip != found.network_address:
        raise NetworkError(f"« {cleaned} » désigne une machine dans un réseau : écrivez {found} ou l’adresse seule.")
    return str(found)


def uai_of(text: str) -> str:
    """The code of a school in capitals, or "". Raises NetworkError."""
    cleaned = text.strip().upper().replace(" ", "")
    if cleaned and not _UAI.fullmatch(cleaned):
        raise NetworkError(f"« {text.strip()[:20]} » n’est pas un code UAI : sept chiffres et une lettre.")
    return cleaned


def factor_of(text: str) -> int:
    """A factor; a number written as a spreadsheet does (« x4 », « 4,0 ») is one. Raises NetworkError."""
    cleaned = text.strip().lower().lstrip("x×").strip().replace(",", ".").removesuffix(".0")
    if not cleaned.isascii() or not cleaned.isdigit() or not 1 <= int(cleaned[:9]) <= MOST_FACTOR:
        raise NetworkError(f"« {text.strip()[:20]} » n’est pas un facteur : un nombre entier entre 1 et {MOST_FACTOR}.")
    return int(cleaned)


def domain_of(text: str) -> str:
    """A domain in lower case and ASCII, or "". Raises NetworkError."""
    cleaned = text.strip().removeprefix("@")
    if not cleaned:
        return ""
    domain = ascii_form(cleaned)
    if "." not in domain:
        raise NetworkError(f"« {cleaned[:60]} » n’est pas un nom de domaine.")
    return domain


def in_words(factor: int | None) -> str:
    """As the journal and the pages say it."""
    return "non compté par adresse IP" if factor is None else f"seuils × {factor}"


def save(wanted: Wanted, *, by: Agent) -> NetworkFactor:
    """Add a network by hand, or change the one that is there. Raises PermissionDenied."""
    _need_staff(by)
    with transaction.atomic():
        known = NetworkFactor.objects.select_for_update().filter(network=wanted.network).first()
        row = known or NetworkFactor(network=wanted.network)
        before = in_words(row.factor) if known else ""
        row.uai, row.factor, row.note = wanted.uai, wanted.factor, wanted.note[:200]
        row.is_imported = False
        row.save()
        journal.record(
            "sending.network_changed" if known else "sending.network_added",
            by=by,
            target="sending:networks",
            target_label=wanted.network,
            before=before,
            after=in_words(wanted.factor),
        )
        return row


def remove(row: NetworkFactor, *, by: Agent) -> None:
    """Take a network off the list; one that is gone already is as good. Raises PermissionDenied."""
    _need_staff(by)
    with transaction.atomic():
        if NetworkFactor.objects.filter(pk=row.pk).delete()[0]:
            journal.record(
                "sending.network_removed", by=by, target="sending:networks", target_label=row.network,
                before=in_words(row.factor),
            )  # fmt: skip


def replace_imported(wanted: Iterable[Wanted], *, by: Agent) -> tuple[int, int, int]:
    """Make the imported networks exactly `wanted`; those added by hand stay as they are. Gives how many were added,
    changed and removed. Within the transaction of the caller. Raises PermissionDenied."""
    _need_staff(by)
    rows = {row.network: row for row in NetworkFactor.objects.select_for_update()}
    by_network = {one.network: one for one in wanted if not _is_by_hand(rows.get(one.network))}
    gone = [row.pk for row in rows.values() if row.is_imported and row.network not in by_network]
    added, changed = [], []
    for one in by_network.values():
        row = rows.get(one.network)
        if row is None:
            added.append(NetworkFactor(network=one.network, uai=one.uai, factor=one.factor, is_imported=True))
        elif (row.uai, row.factor) != (one.uai, one.factor):
            row.uai, row.factor = one.uai, one.factor
            changed.append(row)
    NetworkFactor.objects.bulk_create(added, batch_size=500)
    NetworkFactor.objects.bulk_update(changed, ["uai", "factor"], batch_size=500)
    NetworkFactor.objects.filter(pk__in=gone).delete()
    return len(added), len(changed), len(gone)


def _is_by_hand(row: NetworkFactor | None) -> bool:
    return row is not None and not row.is_imported


def save_list_server(*, network: str, domain: str, note: str, by: Agent) -> ListServer:
    """Messages of a list server are not counted: those of `network` whose envelope sender is of `domain` ("": any).
    Raises PermissionDenied."""
    _need_staff(by)
    with transaction.atomic():
        row, is_new = ListServer.objects.update_or_create(network=network, domain=domain, defaults={"note": note[:200]})
        if is_new:
            journal.record(
                "sending.list_server_added",
                by=by,
                target="sending:networks",
                target_label=network,
                domain=domain or "tous les domaines",
            )
        return row


def remove_list_server(row: ListServer, *, by: Agent) -> None:
    """Count the messages of this server again. Raises PermissionDenied."""
    _need_staff(by)
    with transaction.atomic():
        if ListServer.objects.filter(pk=row.pk).delete()[0]:
            journal.record(
                "sending.list_server_removed",
                by=by,
                target="sending:networks",
                target_label=row.network,
                domain=row.domain or "tous les domaines",
            )


def _need_staff(by: Agent) -> None:
    if not by.is_staff:
        raise PermissionDenied
