"""The list of held messages: whose it is, what it shows, what is done with those that were ticked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, JournalEntry
from boxes.models import Box, Role
from quarantine.models import HeldContent, Hold, SenderEntry
from tests.each import each
from tests.factories import make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, select, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script> {{ x }} http://mechant.example/ \u202etxt.exe'


@pytest.fixture
def me() -> Agent:
    return make_moved_agent("camille@ac-reunion.fr", given_name="Camille", family_name="Hoarau")


@pytest.fixture
def box(me: Agent) -> Box:
    return make_shared_box((me, Role.MEMBER), address="direction@ac-reunion.fr", name="Direction")


@pytest.fixture
def signed_in(client: Client, me: Agent) -> Client:
    client.force_login(me)
    return client


def act(client: Client, action: str, *holds: Hold, boite: str = "", **more: Any):
    data = {"action": action, "message": [one.pk for one in holds], **more}
    url = reverse("holds_act") + (f"?boite={boite}" if boite else "")
    return client.post(url, data, follow=True)


def told(response) -> str:
    return text(parse(response.content))


def states() -> list[str]:
    return list(Hold.objects.order_by("pk").values_list("state", flat=True))


def test_own_messages_and_those_of_boxes_with_their_counts(signed_in: Client, me: Agent, box: Box) -> None:
    make_hold(me.address, subject="Le mien")
    for _ in range(2):
        make_hold(box.address, subject="De la boîte")
    make_hold("autre@ac-reunion.fr", subject="D’un autre")
    page = parse(signed_in.get(reverse("quarantine")).content)
    assert text(page, ".held-boxes") == "Ma messagerie 1 message à traiterDirection 2 messages à traiter"
    assert "Le mien" in text(page)
    assert "De la boîte" not in text(page)
    there = text(parse(signed_in.get(reverse("quarantine") + f"?boite={box.address.upper()}").content))
    assert "De la boîte" in there
    assert "D’un autre" not in there


def test_somebody_elses_quarantine_is_not_there(signed_in: Client, me: Agent) -> None:
    hold = make_hold("autre@ac-reunion.fr")
    me.is_staff = True
    me.save()
    for name in ("quarantine", "holds_states"):
        assert signed_in.get(reverse(name) + "?boite=autre@ac-reunion.fr").status_code == 404
    for name in ("holds_act", "quarantine_undo"):
        assert signed_in.post(reverse(name) + "?boite=autre@ac-reunion.fr").status_code == 404
    act(signed_in, "liberer", hold)
    assert states() == ["held"]


def test_nobody_who_is_not_signed_in(client: Client) -> None:
    for name in ("quarantine", "holds_states", "holds_act", "quarantine_undo"):
        response = client.get(reverse(name))
        assert response.status_code == 302
        assert response.url.startswith(reverse("sign_in"))


def test_what_a_stranger_wrote_is_shown_as_text(signed_in: Client, me: Agent) -> None:
    make_hold(me.address, subject=HOSTILE, from_name=HOSTILE, sender=f"{HOSTILE[:30]}@x.fr", attachments=[HOSTILE])
    content = signed_in.get(reverse("quarantine")).content.decode()
    assert "<script>alert" not in content
    assert "\u202e" not in content
    assert 'href="http://mechant' not in content
    assert "[U+202E]txt.exe" in content


@each(
    "query",
    [
        "q=%00",
        "motif=x&etat=y&tri=z&par=999999&page=-1",
        "par=%F0%9F%98%80",
        "page=" + "9" * 30,
        "q=" + "x" * 5000,
        "boite=",
    ],
)
def test_rubbish_in_the_address_shows_the_list(signed_in: Client, me: Agent, query: str) -> None:
    make_hold(me.address, subject="Sujet")
    assert signed_in.get(reverse("quarantine") + "?" + query).status_code == 200


def test_empty_lists_say_why(signed_in: Client, me: Agent) -> None:
    assert "Aucun message n’est retenu" in told(signed_in.get(reverse("quarantine")))
    make_hold(me.address)
    assert "Aucun message ne correspond" in told(signed_in.get(reverse("quarantine") + "?q=zzz"))


def test_three_thousand_messages_take_few_queries(
    signed_in: Client, me: Agent, box: Box, django_assert_max_num_queries
) -> None:
    one = make_hold(me.address)
    HeldContent.objects.bulk_create(
        HeldContent(key=f"k{n}", size=1, summary=bytes(one.content.summary), received_at=one.held_at)
        for n in range(3000)
    )
    Hold.objects.bulk_create(
        Hold(content_id=pk, recipient=me.address, rcpt_to=me.address, reason="spam", held_at=one.held_at,
             expires_at=one.expires_at, state_at=one.held_at)
        for pk in HeldContent.objects.exclude(pk=one.content_id).values_list("pk", flat=True)
    )  # fmt: skip
    with django_assert_max_num_queries(15):
        response = signed_in.get(reverse("quarantine") + "?par=50&page=3")
    assert len(select(parse(response.content), "tbody tr")) == 50


def test_release_of_several_is_told_in_counts(signed_in: Client, me: Agent) -> None:
    holds = [make_hold(me.address), make_hold(me.address), make_hold(me.address, state="deleted")]
    gone = make_hold(me.address)
    Hold.objects.filter(pk=gone.pk).delete()
    page = told(act(signed_in, "liberer", *holds, gone, make_hold("autre@ac-reunion.fr")))
    assert "2 messages sont en cours de remise." in page
    assert "1 message non traité. Ce message a été supprimé." in page
    assert "2 messages non traités. Ce message n’est plus dans cette quarantaine." in page
    assert states() == ["releasing", "releasing", "deleted", "held"]


def test_deletion_is_confirmed_first_and_can_be_taken_back(signed_in: Client, me: Agent) -> None:
    holds = [make_hold(me.address, subject="Un"), make_hold(me.address, subject="Deux")]
    page = act(signed_in, "supprimer", *holds)
    assert "pendant 1 heure" in told(page)
    assert "Un" in told(page)
    assert states() == ["held", "held"]
    page = act(signed_in, "supprimer", *holds, confirme="oui")
    assert told(page).count("2 messages supprimés.") == 1
    assert not select(parse(page.content), "#content .fr-alert"), "told once"
    assert "non traité" not in told(page)
    assert states() == ["deleted", "deleted"]
    page = signed_in.post(reverse("quarantine_undo"), follow=True)
    assert "2 messages sont de nouveau retenus." in told(page)
    assert states() == ["held", "held"]
    assert "plus rien à annuler" in told(signed_in.post(reverse("quarantine_undo"), follow=True))


def test_trust_shows_whom_first_and_can_be_taken_back(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr")
    assert "ada@exemple.fr" in told(act(signed_in, "autoriser", hold))
    assert not SenderEntry.objects.exists()
    assert "expéditeur est de confiance" in told(act(signed_in, "autoriser", hold, confirme="oui"))
    assert SenderEntry.objects.get().pattern == "ada@exemple.fr"
    page = signed_in.post(reverse("quarantine_undo"), follow=True)
    assert "ada@exemple.fr n’est plus sur votre liste de confiance." in told(page)
    assert not SenderEntry.objects.exists()
    assert states() == ["releasing"]


def test_where_nobody_can_be_trusted_there_is_no_button(signed_in: Client, me: Agent) -> None:
    page = act(signed_in, "autoriser", make_hold(me.address, sender="", mail_from=""))
    assert "Aucun de ces expéditeurs ne peut être mis" in told(page)
    assert not select(parse(page.content), "#content form button")


def test_dangerous_ones_are_released_after_a_warning(signed_in: Client, me: Agent) -> None:
    holds = [make_hold(me.address, reason="dangerous"), make_hold(me.address)]
    assert "infecter l’ordinateur" in told(act(signed_in, "liberer", *holds))
    assert states() == ["held", "held"]
    act(signed_in, "liberer", *holds, confirme="oui")
    assert states() == ["releasing", "releasing"]


def test_a_member_acts_for_the_box_under_the_own_name(signed_in: Client, me: Agent, box: Box) -> None:
    hold = make_hold(box.address)
    page = act(signed_in, "liberer", hold, boite=box.address, liste=f"etat=tous&boite={box.address}")
    assert page.redirect_chain[-1][0].endswith(f"?etat=tous&boite={box.address}")
    entry = JournalEntry.objects.get(action="hold.release_asked")
    assert (entry.actor, entry.target_label) == (me.address, box.address)
    # Not from another quarantine than that of the message.
    other = make_hold(box.address)
    act(signed_in, "liberer", other)
    other.refresh_from_db()
    assert other.state == "held"


def test_a_reader_looks_and_does_not_act(client: Client) -> None:
    reader = make_moved_agent()
    box = make_shared_box((reader, Role.READER), address="lue@ac-reunion.fr")
    hold = make_hold(box.address, subject="Pour tous")
    client.force_login(reader)
    page = parse(client.get(reverse("quarantine") + f"?boite={box.address}").content)
    assert "Pour tous" in text(page)
    assert "lecture seule" in text(page)
    assert select(page, "input[type=checkbox]") == []
    for name in ("holds_act", "quarantine_undo"):
        response = client.post(reverse(name), {"action": "liberer", "message": hold.pk, "boite": box.address})
        assert response.status_code == 403
    assert states() == ["held"]


@pytest.mark.parametrize(
    "data", [{}, {"action": "liberer"}, {"action": "x", "message": "1"}, {"action": "liberer", "message": "²"}]
)
def test_nothing_ticked_is_said(signed_in: Client, data: dict[str, str]) -> None:
    assert "Cochez d’abord" in told(signed_in.post(reverse("holds_act"), data, follow=True))


@pytest.mark.parametrize("query", ["//ailleurs.example/", "\r\nX: y", "x" * 2000, "é"])
def test_the_way_back_stays_on_the_site(signed_in: Client, query: str) -> None:
    response = signed_in.post(reverse("holds_act"), {"liste": query})
    assert response.status_code == 302
    assert response.url.startswith(reverse("quarantine"))
    assert "\n" not in response.url


def test_at_most_two_hundred_at_once(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address)
    numbers = [*range(hold.pk + 1, hold.pk + 201), hold.pk]
    page = told(signed_in.post(reverse("holds_act"), {"action": "liberer", "message": numbers}, follow=True))
    assert "200 messages non traités. Ce message n’est plus dans cette quarantaine." in page
    assert states() == ["held"]


def test_deliveries_under_way_are_looked_at_a_bounded_number_of_times(signed_in: Client, me: Agent) -> None:
    moving, done = make_hold(me.address, state="releasing"), make_hold(me.address, state="released")
    page = parse(signed_in.get(reverse("quarantine")).content)
    [poll] = select(page, "#held-poll[hx-get]")
    assert poll.get("hx-get") == reverse("holds_states") + f"?message={moving.pk}&vu=1"
    url = reverse("holds_states") + f"?message={moving.pk}&message={done.pk}&vu="
    assert signed_in.get(url + "1").status_code == 302
    for looks, delay in ((1, "3s"), (30, "15s"), (60, None)):
        answer = parse(b"<div>" + signed_in.get(url + str(looks), headers={"HX-Request": "true"}).content + b"</div>")
        [poll] = select(answer, "#held-poll")
        assert (poll.get("hx-trigger") or "").partition(":")[2] == (delay or "")
        assert sorted(one.get("id") for one in select(answer, "span[hx-swap-oob=true]")) == [
            f"state-{moving.pk}",
            f"state-{done.pk}",
        ]
    assert signed_in.get(reverse("holds_states") + "?vu=x", headers={"HX-Request": "true"}).status_code == 200


def test_somebody_without_messages_has_no_switch(client: Client) -> None:
    client.force_login(make_agent())
    assert select(parse(client.get(reverse("quarantine")).content), ".held-boxes") == []
