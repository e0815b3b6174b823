"""Networks with a factor, list servers, and the academy's list handed in."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import JournalEntry
from accounts.sentences import sentence
from quarantine import network_lists, networks
from quarantine.models import FactorImport, ListServer, NetworkFactor
from quarantine.network_lists import Kind
from quarantine.networks import NetworkError, Wanted
from tests.each import each
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        (" 192.0.2.7 ", "192.0.2.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
    ],
)
def test_network_has_one_form(typed: str, network: str) -> None:
    assert networks.network_of(typed) == network


@each("typed", ["", "réseau", "192.0.2.7/24", "0.0.0.0/0", "10.0.0.0/8", "::/0", "::ffff:192.0.2.1", "192.0.2.0/33"])
def test_what_is_no_network_is_refused(typed: str) -> None:
    with pytest.raises(NetworkError):
        networks.network_of(typed)


@each(("typed", "factor"), [("4", 4), ("x4", 4), ("× 4", 4), ("4,0", 4), ("100", 100)])
def test_factor_is_read_as_people_write_it(typed: str, factor: int) -> None:
    assert networks.factor_of(typed) == factor


@each("typed", ["", "0", "101", "-4", "4,5", "quatre", "٤", "9" * 5000])
def test_what_is_no_factor_is_refused(typed: str) -> None:
    with pytest.raises(NetworkError):
        networks.factor_of(typed)


def test_network_by_hand_is_added_changed_and_removed_with_a_trace() -> None:
    staff = make_agent(is_staff=True)
    networks.save(Wanted("192.0.2.0/24", "9740001A", 4, "collège"), by=staff)
    row = networks.save(Wanted("192.0.2.0/24", "9740001A", None, ""), by=staff)
    networks.remove(row, by=staff)
    networks.remove(row, by=staff)
    assert [sentence(entry) for entry in JournalEntry.objects.order_by("pk")] == [
        "a ajouté le réseau 192.0.2.0/24 (seuils × 4)",
        "a modifié le réseau 192.0.2.0/24 (seuils × 4 → non compté par adresse IP)",
        "a retiré le réseau 192.0.2.0/24 (non compté par adresse IP)",
    ]
    assert not NetworkFactor.objects.exists()


def test_list_server_is_declared_once_and_removed() -> None:
    staff = make_agent(is_staff=True)
    domain = networks.domain_of(" @Listes.Académie.fr ")
    assert domain == "listes.xn--acadmie-eya.fr"
    for _ in range(2):
        row = networks.save_list_server(network="192.0.2.9/32", domain=domain, note="Sympa", by=staff)
    assert ListServer.objects.count() == JournalEntry.objects.count() == 1
    networks.remove_list_server(row, by=staff)
    assert not ListServer.objects.exists()


def test_only_staff_write() -> None:
    agent = make_agent()
    row = NetworkFactor.objects.create(network="192.0.2.0/24", factor=4)
    server = ListServer.objects.create(network="192.0.2.9/32")
    kept = FactorImport.objects.create(name="x", content=b"", size=0, agent=agent)
    for attempt in (
        lambda: networks.save(Wanted("192.0.2.0/24", "", 9), by=agent),
        lambda: networks.remove(row, by=agent),
        lambda: networks.replace_imported([], by=agent),
        lambda: networks.save_list_server(network="192.0.2.1/32", domain="", note="", by=agent),
        lambda: networks.remove_list_server(server, by=agent),
        lambda: network_lists.take(data=b"192.0.2.0/24", name="", by=agent),
        lambda: network_lists.delete(kept, by=agent),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert (NetworkFactor.objects.get().factor, ListServer.objects.count(), FactorImport.objects.count()) == (4, 1, 1)


def handed_in(text: str, *, encoding: str = "utf-8") -> FactorImport:
    return network_lists.take(data=text.encode(encoding), name="liste.csv", by=make_agent(is_staff=True))


def test_list_is_previewed_line_by_line_before_anything_is_written() -> None:
    NetworkFactor.objects.create(network="192.0.2.0/24", uai="9740001A", factor=4, is_imported=True)
    NetworkFactor.objects.create(network="198.51.100.0/24", factor=4, is_imported=True)
    NetworkFactor.objects.create(network="203.0.113.1/32", factor=None)
    kept = handed_in(
        "Établissement;Réseau;Facteur\n9740001A;192.0.2.0/24;4\n9740002B;192.0.3.0/24;\n;203.0.113.1;4\n"
        "9740002B;192.0.3.0/24;8\n974;192.0.4.0/24;4\n;;\n;pas un réseau;4\n",
        encoding="cp1252",
    )
    found = network_lists.preview(kept)
    assert [(line.number, line.kind) for line in found.lines] == [
        (2, Kind.SAME),
        (3, Kind.ADD),
        (4, Kind.BY_HAND),
        (5, Kind.TWICE),
        (6, Kind.WRONG),
        (8, Kind.WRONG),
    ]
    assert found.lines[1].wanted == Wanted("192.0.3.0/24", "9740002B", 4)
    assert [row.network for row in found.gone] == ["198.51.100.0/24"]
    assert not found.can_apply
    with pytest.raises(NetworkError):
        network_lists.apply(kept, by=kept.agent)
    assert NetworkFactor.objects.count() == 3


def test_list_becomes_what_is_imported_and_leaves_what_was_set_by_hand() -> None:
    NetworkFactor.objects.create(network="192.0.2.0/24", uai="9740001A", factor=4, is_imported=True)
    NetworkFactor.objects.create(network="198.51.100.0/24", factor=4, is_imported=True)
    NetworkFactor.objects.create(network="203.0.113.1/32", factor=None)
    kept = handed_in("192.0.2.0/24,9740001A,8\n192.0.3.0/24,9740002B,4\n203.0.113.1,,4\n")
    assert network_lists.apply(kept, by=kept.agent) == (1, 1, 1)
    assert list(NetworkFactor.objects.order_by("network").values_list("network", "factor", "is_imported")) == [
        ("192.0.2.0/24", 8, True),
        ("192.0.3.0/24", 4, True),
        ("203.0.113.1/32", None, False),
    ]
    assert network_lists.content(kept).startswith(b"192.0.2.0/24")
    again = network_lists.preview(kept)
    assert not again.can_apply
    assert network_lists.apply(kept, by=kept.agent) == (0, 0, 0)


@pytest.mark.parametrize("data", [b"", b"   \n;;\n", b"PK\x03\x04rest", b"x" * (network_lists.MAX_BYTES + 1)])
def test_what_is_no_list_is_refused_and_not_kept(data: bytes) -> None:
    with pytest.raises(NetworkError):
        network_lists.take(data=data, name="liste.csv", by=make_agent(is_staff=True))
    assert not FactorImport.objects.exists()


def test_lists_go_after_their_time() -> None:
    kept = handed_in("192.0.2.0/24")
    assert network_lists.expire() == 0
    FactorImport.objects.update(created_at=kept.created_at - network_lists.RETENTION - network_lists.RETENTION / 90)
    assert network_lists.expire() == 1
