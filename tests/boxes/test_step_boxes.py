from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from boxes import step_boxes
from boxes.models import BoxUse, Role
from tests.factories import give_access, make_agent, make_box, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


def test_boxes_noted_and_missing_are_named_with_their_owners(django_assert_num_queries) -> None:
    agent, owner = make_moved_agent(), make_moved_agent()
    mine = make_shared_box((owner, Role.OWNER), (agent, Role.READER))
    lost = make_shared_box((owner, Role.OWNER), (make_moved_agent(is_active=False), Role.OWNER))
    later, unneeded = make_box(), make_box(is_kept=False)
    give_access(lost, make_agent(), Role.OWNER)
    for box in (mine, lost, later, unneeded):
        BoxUse.objects.create(box=box, agent=agent)
    with django_assert_num_queries(3):
        found = step_boxes.found(agent)
    assert [one.row.box for one in found.mine] == [mine]
    assert {one.box: one.owners for one in found.missing} == {lost: (owner,), later: (), unneeded: ()}
    assert (found.noted, found.is_complete) == (4, False)


def test_step_says_what_to_do_about_each_box(client: Client) -> None:
    agent, owner = make_moved_agent(), make_moved_agent(given_name="Ondine")
    mine = make_shared_box((owner, Role.OWNER), name="Vie scolaire")
    give_access(mine, agent, applied_role="member", mount_id="260", path="/Vie scolaire")
    lost = make_shared_box((owner, Role.OWNER), name="Intendance")
    BoxUse.objects.create(box=lost, agent=agent)
    client.force_login(agent)

    def page() -> str:
        return client.get(reverse("step", args=["check-boxes"])).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    content = page()
    assert "dossier : Vie scolaire" in content
    assert f'href="{reverse("box", args=[mine.pk])}"' in content
    assert f'<a href="mailto:{owner.address}">{owner.full_name}</a>' in content
    assert f'href="{reverse("box", args=[lost.pk])}"' not in content, "not theirs to open"
    give_access(lost, agent)
    assert "Toutes les boîtes que vous aviez notées sont là" in page()


def test_step_without_any_box(client: Client) -> None:
    client.force_login(make_moved_agent())
    content = client.get(reverse("step", args=["check-boxes"])).content.decode()
    assert "Vous n’avez accès à aucune boîte partagée" in content
