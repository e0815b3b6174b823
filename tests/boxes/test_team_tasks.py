from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from boxes import team_tasks
from boxes.models import AccountRequest, BoxFinding, CensusSheet, Role
from tests.factories import make_agent, make_box, make_establishment, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


def test_nothing_waits_in_an_empty_portal() -> None:
    assert team_tasks.waiting() == []


def test_what_waits_is_counted_and_leads_to_where_it_is_dealt_with(client: Client) -> None:
    place = make_establishment()
    CensusSheet.objects.create(establishment=place, state=CensusSheet.State.SUBMITTED)
    CensusSheet.objects.create(establishment=make_establishment(), state=CensusSheet.State.VALIDATED)
    for state in AccountRequest.State.SENT, AccountRequest.State.REFUSED:
        AccountRequest.objects.create(establishment=place, given_name="Max", family_name=state, state=state)
    make_box()
    make_box()
    box = make_shared_box((make_moved_agent(), Role.OWNER), in_zimbra=True, waiting_for="http.503")
    BoxFinding.objects.create(box=box, kind=BoxFinding.Kind.GRANT_UNKNOWN, last_seen_at=timezone.now())
    found = team_tasks.waiting()
    assert [(one.count, one.label) for one in found] == [
        (1, "recensement à valider"),
        (1, "demande de compte en cours"),
        (2, "boîtes sans propriétaire"),
        (1, "boîte à débloquer"),
        (1, "écart avec Zimbra"),
    ]
    client.force_login(make_agent(is_staff=True))
    shown = client.get(reverse("team")).content.decode()
    for one in found:
        assert f'href="{one.url}"' in shown
        assert client.get(one.url).status_code == 200
