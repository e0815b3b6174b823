"""Pages of what differs in Zimbra: who sees which, who decides, and what staff have over all boxes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from boxes.models import Box, BoxCheck, BoxFinding, Delegation, Role
from boxes.reconcile import asking
from tests import pages
from tests.factories import make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, Agent]:
    return {name: make_moved_agent(given_name=name.title()) for name in ("owner", "second", "member", "reader")}


@pytest.fixture
def box(people: dict[str, Agent]) -> Box:
    roles = {"owner": Role.OWNER, "second": Role.OWNER, "member": Role.MEMBER, "reader": Role.READER}
    return make_shared_box(*((people[name], role) for name, role in roles.items()), in_zimbra=True, name="Collège B")


def find(box: Box, kind: str, grantee: str = "x@ailleurs.example", **fields: Any) -> BoxFinding:
    values: dict[str, Any] = {"folder_id": "1", "found": "r", "expected": "rwidx"}
    return BoxFinding.objects.create(
        box=box, kind=kind, grantee=grantee, last_seen_at=timezone.now(), **(values | fields)
    )


def as_(client: Client, agent: Agent) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Boxes whose comparison was handed out; none is run."""
    from boxes import tasks

    handed: list[int] = []
    monkeypatch.setattr(tasks.check_box, "apply_async", lambda args, **more: handed.append(*args))
    monkeypatch.setattr(tasks.sync_box, "apply_async", lambda args, **more: None)
    return handed


def test_findings_of_an_owner(client: Client, box: Box, people: dict[str, Agent]) -> None:
    find(box, "grant_unknown")
    find(box, "mount_missing", people["reader"].address, folder_id="")
    find(box, "send_missing", people["member"].address, folder_id="", found="", expected="sendAs")
    answer = as_(client, people["owner"]).get(reverse("box_findings", args=[box.pk]))
    page = pages.parse(answer.content)
    text = pages.text(page)
    assert "x@ailleurs.example a accès à la boîte dans Zimbra" in text
    assert "Member Hoarau" in text
    # The own folders of somebody else are not told.
    assert people["reader"].address not in text
    assert len(pages.select(page, "li.portal-finding")) == 2
    # What the portal cannot say has one choice only.
    assert len(pages.select(page, "ul.portal-finding__acts a")) == 3


@pytest.mark.parametrize("who", ["member", "reader"])
def test_findings_of_whoever_is_no_owner(client: Client, box: Box, people: dict[str, Agent], who: str) -> None:
    find(box, "grant_unknown")
    own = find(box, "mount_missing", people[who].address, folder_id="")
    other = find(box, "mount_missing", people["second"].address, folder_id="")
    address = reverse("box_findings", args=[box.pk])
    page = pages.parse(as_(client, people[who]).get(address).content)
    assert len(pages.select(page, "li.portal-finding")) == 1
    assert "Masquer ici aussi" in pages.text(page)
    assert "Comparer maintenant" not in pages.text(page)
    assert client.post(reverse("box_findings_check", args=[box.pk])).status_code == 403
    for name in ("box_finding_restore", "box_finding_adopt"):
        assert client.get(reverse(name, args=[box.pk, own.pk])).status_code == 200
        assert client.post(reverse(name, args=[box.pk, other.pk])).status_code == 404
    client.post(reverse("box_finding_adopt", args=[box.pk, own.pk]))
    assert Delegation.objects.get(box=box, agent=people[who]).hidden


def test_findings_are_nobody_elses(client: Client, box: Box) -> None:
    finding = find(box, "grant_unknown")
    as_(client, make_moved_agent())
    for name, args in (
        ("box_findings", [box.pk]),
        ("box_findings_check", [box.pk]),
        ("box_finding_restore", [box.pk, finding.pk]),
        ("box_finding_adopt", [box.pk, finding.pk]),
        ("staff_findings", []),
        ("staff_findings_restore", []),
    ):
        address = reverse(name, args=args)
        assert {client.get(address).status_code, client.post(address).status_code} <= {404, 405}, name
    assert BoxFinding.objects.filter(settled_at=None, restore_asked_at=None).count() == 1


def test_finding_of_another_box(client: Client, box: Box, people: dict[str, Agent]) -> None:
    other = find(make_shared_box((make_moved_agent(), Role.OWNER)), "grant_unknown")
    as_(client, people["owner"])
    for number in (other.pk, 0, 2**62):
        assert client.get(reverse("box_finding_restore", args=[box.pk, number])).status_code == 404


def test_restore_asks_first_and_is_done_once(
    client: Client, box: Box, people: dict[str, Agent], asked: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    finding = find(box, "grant_unknown")
    address = reverse("box_finding_restore", args=[box.pk, finding.pk])
    as_(client, people["owner"])
    assert "perd cet accès dans Zimbra" in pages.text(pages.parse(client.get(address).content))
    finding.refresh_from_db()
    assert finding.restore_asked_at is None
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address, follow=True)
    assert asked == [box.pk]
    assert "Remise en ordre en cours" in pages.text(pages.parse(answer.content))
    again = client.post(address, follow=True)
    assert "déjà réglé" in again.content.decode()
    assert client.get(address).status_code == 302


def test_adopt_gives_the_role_that_comes_closest(client: Client, box: Box, people: dict[str, Agent]) -> None:
    finding = find(box, "grant_differs", people["reader"].address, expected="r", found="rwi")
    address = reverse("box_finding_adopt", args=[box.pk, finding.pk])
    as_(client, people["owner"])
    assert "le rôle : membre" in pages.text(pages.parse(client.get(address).content))
    client.post(address)
    assert Delegation.objects.get(box=box, agent=people["reader"]).role == Role.MEMBER
    assert "Aucun écart" in client.get(reverse("box_findings", args=[box.pk])).content.decode()
    # Somebody who was a moment too late.
    assert "déjà réglé" in client.post(address, follow=True).content.decode()


def test_adopt_of_the_own_access_ends_on_the_list(client: Client, box: Box, people: dict[str, Agent]) -> None:
    finding = find(box, "grant_missing", people["owner"].address, found="")
    answer = as_(client, people["owner"]).post(reverse("box_finding_adopt", args=[box.pk, finding.pk]))
    assert answer["Location"] == reverse("boxes")
    assert not Delegation.objects.current().filter(box=box, agent=people["owner"]).exists()


def test_adopt_that_cannot_be_is_told(client: Client, box: Box, people: dict[str, Agent]) -> None:
    unknown = find(box, "grant_unknown")
    Delegation.objects.filter(box=box, agent=people["second"]).delete()
    last = find(box, "grant_missing", people["owner"].address, found="")
    not_sayable = find(box, "send_missing", people["owner"].address, folder_id="")
    as_(client, people["owner"])
    for finding, said in ((unknown, "annuaire"), (last, "au moins un propriétaire"), (not_sayable, "ne sait pas")):
        answer = client.post(reverse("box_finding_adopt", args=[box.pk, finding.pk]), follow=True)
        assert said in answer.content.decode()
    assert BoxFinding.objects.filter(settled_at=None).count() == 3
    assert client.get(reverse("box_finding_adopt", args=[box.pk, not_sayable.pk])).status_code == 302


def test_check_shows_where_it_stands(
    client: Client, box: Box, people: dict[str, Agent], asked: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    address = reverse("box_findings", args=[box.pk])
    as_(client, people["owner"])
    assert "aura lieu cette nuit" in client.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("box_findings_check", args=[box.pk]), follow=True)
    assert asked == [box.pk]
    assert "Comparaison en cours" in answer.content.decode()
    assert "hx-get" in answer.content.decode()
    BoxCheck.objects.update(error_code="http.503")
    assert "n’a pas abouti" in client.get(address).content.decode()
    BoxCheck.objects.update(error_code="", asked_at=None, checked_at=timezone.now(), unseen=2)
    text = pages.text(pages.parse(client.get(address).content))
    assert "2 boîtes personnelles n’ont pas pu être regardées" in text
    assert "Aucun écart" in text


def test_findings_are_searched_and_paged_in_few_queries(
    client: Client, box: Box, people: dict[str, Agent], django_assert_max_num_queries: Any
) -> None:
    for number in range(120):
        find(box, "grant_unknown", f"p{number}@ailleurs.example")
    find(box, "send_unknown", people["member"].address, folder_id="")
    address = reverse("box_findings", args=[box.pk])
    as_(client, people["owner"])
    with django_assert_max_num_queries(25):
        page = pages.parse(client.get(address).content)
    assert len(pages.select(page, "li.portal-finding")) == 50
    assert "121 écarts" in pages.text(page)
    for query, count in (("q=p11", 11), ("q=member+HOARAU", 1), ("nature=send_unknown", 1), ("nature=rien&q=p119", 1)):
        found = pages.parse(client.get(f"{address}?{query}").content)
        assert len(pages.select(found, "li.portal-finding")) == count, query
    assert "Aucun écart ne correspond" in client.get(f"{address}?q=zzz%00").content.decode()
    assert client.get(f"{address}?page=zzz").status_code == 200


def test_staff_findings(client: Client, box: Box, people: dict[str, Agent], django_assert_max_num_queries: Any) -> None:
    other = make_shared_box((make_moved_agent(), Role.OWNER), name="Vie scolaire")
    for number in range(60):
        find(box, "grant_unknown", f"p{number}@ailleurs.example")
    find(other, "identity_missing", people["member"].address, folder_id="i-1", expected="=Examens", found="")
    find(other, "grant_unknown", "vieux@ailleurs.example", settled_at=timezone.now())
    as_(client, make_moved_agent(is_staff=True))
    address = reverse("staff_findings")
    with django_assert_max_num_queries(20):
        page = pages.parse(client.get(address).content)
    assert "61 écarts" in pages.text(page)
    assert len(pages.select(page, "li.portal-finding")) == 50
    for query, count in (("q=vie+scolaire", 1), ("nature=identity_missing", 1), ("q=p59", 1)):
        found = pages.parse(client.get(f"{address}?{query}").content)
        assert len(pages.select(found, "li.portal-finding")) == count, query
    answer = client.get(f"{address}?format=csv&nature=identity_missing")
    table = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert table.count("\r\n") == 2
    assert "Identité supprimée dans Zimbra" in table
    assert "Aucun écart ne correspond" in client.get(f"{address}?q=zzz%00").content.decode()


def test_staff_restore_several(client: Client, box: Box, people: dict[str, Agent]) -> None:
    rows = [
        find(box, "grant_unknown"),
        find(box, "grant_missing", people["reader"].address),
        find(box, "mount_missing", people["member"].address, folder_id=""),
    ]
    as_(client, make_moved_agent(is_staff=True))
    address = reverse("staff_findings_restore")
    assert "Cochez" in client.post(address, {"ecart": ["x", "999999"]}, follow=True).content.decode()
    ticked = {"ecart": [str(one.pk) for one in rows[:2]]}
    first = pages.text(pages.parse(client.post(address, ticked).content))
    assert "pour 2 écarts" in first
    assert "retrouve l’accès prévu" in first
    assert not BoxFinding.objects.exclude(settled_at=None, restore_asked_at=None).exists()
    client.post(address, {**ticked, "confirme": "oui"})
    rows[0].refresh_from_db()
    rows[1].refresh_from_db()
    assert rows[0].restore_asked_at
    assert rows[1].settled_at
    assert BoxFinding.objects.filter(settled_at=None, restore_asked_at=None).get() == rows[2]


def test_staff_without_findings(client: Client) -> None:
    as_(client, make_moved_agent(is_staff=True))
    assert "Aucun écart" in client.get(reverse("staff_findings")).content.decode()


def test_asking_again_counts_once(box: Box) -> None:
    asking.ask(box)
    asking.ask(box)
    assert BoxCheck.objects.get(box=box).asked_at
