"""One held message on its page: what is shown, to whom, and what nothing of it can do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from quarantine import contents, forwarding, held, senders
from quarantine.models import Hold
from tests.factories import make_agent
from tests.pages import parse, select, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HOSTILE = (
    b'From: "Banque <aide@banque.fr>" <x@mechant.example>\r\nX-Piege: </pre><script>alert(2)</script>\r\n'
    b"Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nEn texte seul\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<style>@import 'http://mechant.example/s'</style>"
    b"<p onclick='x()'>Mis en <b>forme</b> <a href='http://mechant.example/'>https://banque.fr/</a></p>"
    b"<img src=http://mechant.example/i><svg/onload=alert(3)><script>alert(4)</script>\r\n--b--\r\n"
)


@pytest.fixture
def me() -> Agent:
    return make_agent("camille@ac-reunion.fr", given_name="Camille", family_name="Hoarau")


@pytest.fixture
def signed_in(client: Client, me: Agent) -> Client:
    client.force_login(me)
    return client


def page_of(client: Client, hold: Hold, query: str = ""):
    response = client.get(reverse("hold", args=[hold.pk]) + query)
    assert response.status_code == 200
    return parse(response.content)


def test_nothing_of_a_hostile_message_is_alive(signed_in: Client, me: Agent) -> None:
    hold = make_hold(
        me.address,
        raw=HOSTILE,
        subject="\u202e</h2><script>alert(1)</script> http://mechant.example/",
        hints=["spf_fail"],
    )
    response = signed_in.get(reverse("hold", args=[hold.pk]) + "?entetes=1")
    content = response.content.decode()
    assert "<script>alert" not in content
    assert "\u202e" not in content
    page = parse(response.content)
    main = select(page, "#content")[0]
    assert not list(main.iter("img", "svg", "script", "style", "iframe", "object", "embed", "link"))
    assert not [one for one in main.iter() if any(name.startswith("on") for name in one.attrib)]
    assert not [one.get("href") for one in main.iter("a") if "mechant" in one.get("href", "")]
    signs = text(page, ".hold-signs")
    assert "Un lien affiche une adresse et mène à une autre." in signs
    assert "n’est pas de ceux que ce domaine a déclarés" in signs
    assert "X-Piege: </pre><script>alert(2)</script>" in text(page, ".portal-original")


def test_the_page_allows_nothing_from_elsewhere(signed_in: Client, me: Agent) -> None:
    policy = signed_in.get(reverse("hold", args=[make_hold(me.address).pk])).headers["Content-Security-Policy"]
    directives = dict(one.strip().split(" ", 1) for one in policy.split(";") if one.strip())
    assert directives["default-src"] == "'none'"
    assert directives["img-src"] == "'self' data:"
    assert not {"frame-src", "object-src", "media-src"} & set(directives)
    assert "unsafe" not in policy


def test_both_versions_and_the_headers_are_there_for_the_asking(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, raw=HOSTILE)
    page = page_of(signed_in, hold)
    assert "Mis en forme" in text(page)
    assert "X-Piege" not in text(page)
    assert "En texte seul" in text(page_of(signed_in, hold, "?version=text"))
    assert "Mis en forme" in text(page_of(signed_in, hold, "?version=%00&entetes=x"))


def test_what_was_chosen_is_kept_from_link_to_link(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, raw=HOSTILE)
    query = "?liste=motif%3Dspam"
    links = [one.get("href") for one in select(page_of(signed_in, hold, query), "#content a")]
    assert [one for one in links if "version=" in one] == [f"{query}&version=text#hold-content"]
    links = [one.get("href") for one in select(page_of(signed_in, hold, f"{query}&version=text"), "#content a")]
    assert f"{reverse('hold', args=[hold.pk])}{query}&version=text&entetes=1#hold-headers" in links


def test_what_looks_dangerous_is_best_deleted(signed_in: Client, me: Agent) -> None:
    for hint, first in (("name_claims_address", "Supprimer"), ("marked_spam", "Libérer")):
        page = page_of(signed_in, make_hold(me.address, hints=[hint]))
        primary = [one for one in select(page, "#hold-state .fr-btn") if one.get("class").split() == ["fr-btn"]]
        assert [one.text_content() for one in primary] == [first], hint


def test_what_cannot_be_read_is_said(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address)
    contents.delete(hold.content.stored_as)
    assert "n’a pas pu être relu" in text(page_of(signed_in, hold))
    Hold.objects.filter(pk=hold.pk).update(state="released")
    hold.content.stored_as = ""
    hold.content.save()
    assert "n’est plus conservé ici" in text(page_of(signed_in, hold))


def test_mass_mail_is_told_from_junk(signed_in: Client, me: Agent) -> None:
    limit, spam = make_hold(me.address, reason="limit"), make_hold(me.address, reason="spam")
    assert "ne veut pas dire « Indésirable »" in text(page_of(signed_in, limit))
    assert "ne veut pas dire" not in text(page_of(signed_in, spam))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Effacé dans 14 jours"),
        ({"state": "releasing"}, "Remise en cours…"),
        ({"state": "releasing", "waiting_for": "x", "retry_at": timezone.now()}, "nouvel essai à"),
        ({"state": "released"}, "dans la messagerie de camille@ac-reunion.fr"),
        ({"state": "deleted"}, "La suppression peut être annulée jusqu’au"),
        ({"trouble": "Le serveur a refusé."}, "La remise n’a pas abouti. Le serveur a refusé."),
    ],
)
def test_how_things_stand(signed_in: Client, me: Agent, fields: dict, said: str) -> None:
    assert said in text(page_of(signed_in, make_hold(me.address, **fields)), "#hold-state")


def test_what_is_over_leads_to_the_list(signed_in: Client, me: Agent) -> None:
    for hold in (
        make_hold(me.address, days_ago=15),
        make_hold(me.address, state="deleted", state_at=timezone.now() - timedelta(hours=2)),
    ):
        response = signed_in.get(reverse("hold", args=[hold.pk]), follow=True)
        assert response.redirect_chain == [(reverse("quarantine"), 302)]
        assert "n’est plus en quarantaine" in text(parse(response.content))


def test_a_delivery_is_looked_at_a_bounded_number_of_times(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, state="releasing")
    url = reverse("hold_state", args=[hold.pk])
    [state] = select(page_of(signed_in, hold), "#hold-state")
    assert state.get("hx-get") == f"{url}?vu=1"
    assert signed_in.get(url).url == reverse("hold", args=[hold.pk])
    for looks, delay in (("1", "load delay:3s"), ("20", "load delay:15s"), ("60", None), ("9" * 20, "load delay:3s")):
        [state] = select(parse(signed_in.get(f"{url}?vu={looks}", headers=HTMX).content), "div[id=hold-state]") or [
            parse(signed_in.get(f"{url}?vu={looks}", headers=HTMX).content)
        ]
        assert state.get("hx-trigger") == delay
    Hold.objects.filter(pk=hold.pk).update(state="released")
    assert b"hx-get" not in signed_in.get(f"{url}?vu=2", headers=HTMX).content


def test_history_lists_and_reports_are_told(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr")
    held.delete(hold, by=me)
    held.restore(hold, by=me)
    senders.block(mailbox=me.address, pattern="exemple.fr", by=me)
    forwarding.ask(hold, comment="", by=me)
    page = page_of(signed_in, hold)
    assert "Camille Hoarau a supprimé un message retenu pour camille@ac-reunion.fr" in text(page)
    assert "exemple.fr est sur votre liste de blocage" in text(page)
    assert "en cours d’envoi" in text(page, "#hold-state")


def test_few_queries(signed_in: Client, me: Agent, django_assert_max_num_queries) -> None:
    hold = make_hold(me.address)
    with django_assert_max_num_queries(12):
        page_of(signed_in, hold)
