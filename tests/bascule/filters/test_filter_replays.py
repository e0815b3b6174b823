"""The page that sends filters: nothing is sent that was not shown; and the one that applies them to old mail."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.filters.model import Vacation
from bascule.models import Replay, SettingsLook
from tests.bascule.filters.captured import capture, capture_all, carry, change, keep_look, rule, send, start
from tests.factories import make_agent
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import Discard

pytestmark = pytest.mark.django_db
SEND, APPLY = "/mes-filtres/envoyer/", "/mes-filtres/appliquer/"


@pytest.fixture
def web(agent: Agent, client: Client) -> Client:
    client.force_login(agent)
    return client


def page(web: Client, agent: Agent, url: str = SEND) -> str:
    keep_look(agent)
    answer = web.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(text: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]+)"', text)
    assert found
    return found[1]


def form_of(text: str) -> dict[str, list[str]]:
    """What a browser would send with nothing changed."""
    values: dict[str, list[str]] = {"shown": [shown(text)]}
    for tag in re.findall(r"<input [^>]*>", text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        name, kind = attributes.get("name", ""), attributes.get("type")
        ticked = kind in {"checkbox", "radio"} and re.search(r"\schecked[\s>]", tag)
        if name in {"offered", "create", "overwrite", "place", "absence", "absence_of"} and (
            kind == "hidden" or ticked
        ):
            values.setdefault(name, []).append(attributes.get("value", ""))
    return values


def test_addresses_of_the_pages() -> None:
    assert (reverse("filters_send"), reverse("filters_apply")) == (SEND, APPLY)


def test_strangers_are_sent_to_sign_in(client: Client, db: None) -> None:
    assert [client.get(url).status_code for url in (SEND, APPLY)] == [302, 302]


@pytest.mark.parametrize("url", [SEND, APPLY])
def test_before_the_transfer_it_is_explained_and_zimbra_left_alone(client: Client, db: None, url: str) -> None:
    waiting = make_agent()
    client.force_login(waiting)
    assert "quand votre boîte aura été transférée" in client.get(url).content.decode()
    assert client.post(url, {"do": "send"}).status_code == 200
    assert not SettingsLook.objects.exists()
    assert not Replay.objects.exists()


@pytest.mark.parametrize("url", [SEND, APPLY])
def test_while_zimbra_is_looked_at_the_page_waits_with_and_without_a_script(web: Client, url: str) -> None:
    text = web.get(url).content.decode()
    assert "regarde ce que contient votre boîte" in text
    assert 'http-equiv="refresh"' in text
    assert web.get(url, headers={"HX-Request": "true"}).status_code == 204


@pytest.mark.parametrize("url", [SEND, APPLY])
def test_polling_ends_with_a_new_page(web: Client, agent: Agent, url: str) -> None:
    keep_look(agent)
    assert web.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_zimbra_that_does_not_answer_is_told_and_asked_again_on_demand(
    web: Client, agent: Agent, door: Simulated
) -> None:
    with door.disturbed(mode="down"):
        text = page(web, agent)
    assert "Zimbra ne répond pas" in text
    assert "Rien n’a été envoyé" in text
    assert web.post(SEND, {"do": "look"}).status_code == 302
    assert SettingsLook.objects.get(agent=agent).looked_at is None


def test_nothing_to_send_is_said(web: Client, agent: Agent) -> None:
    assert "aucune règle à envoyer" in page(web, agent)
    capture(agent, name="Trop compliquée")
    text = page(web, agent)
    assert "Trop compliquée" in text
    assert "Aucune de vos règles ne peut être envoyée" in text
    assert 'value="send"' not in text


def test_all_in_place_is_said(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"))
    send(agent, mailbox)
    text = page(web, agent)
    assert "Tout est déjà en place" in text
    assert 'value="send"' not in text


def test_what_is_shown_is_sent(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.replace_filters([rule("Perso")])
    capture_all(agent, rule("DSI", "Listes/DSI"))
    text = page(web, agent)
    assert "1 règle ajoutée, 1 déjà dans Zimbra, gardée" in text
    assert "Créer «\N{NO-BREAK SPACE}Listes/DSI" in text.replace("&nbsp;", "\N{NO-BREAK SPACE}")
    answer = web.post(SEND, {**form_of(text), "do": "send"})
    replay = Replay.objects.get()
    assert answer["Location"] == f"/envois/{replay.pk}/"
    assert carry(replay).state == "done"
    assert [one.name for one in mailbox.filters()] == ["Perso", "DSI"]
    assert "Appliquer aux messages déjà reçus" in web.get(answer["Location"]).content.decode()


def test_rules_changed_since_are_shown_again_and_not_sent(web: Client, agent: Agent) -> None:
    (row,) = capture_all(agent, rule("DSI"))
    form = form_of(page(web, agent))
    change(row, rule("DSI", "Ailleurs"))
    answer = web.post(SEND, {**form, "do": "send"})
    assert "l’aperçu à jour" in answer.content.decode()
    assert not Replay.objects.exists()
    # What is shown now can be sent.
    assert web.post(SEND, {**form_of(answer.content.decode()), "do": "send"}).status_code == 302


def test_another_look_with_another_list_is_shown_again(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"))
    form = form_of(page(web, agent))
    mailbox.replace_filters([rule("Perso")])
    keep_look(agent)
    assert "l’aperçu à jour" in web.post(SEND, {**form, "do": "send"}).content.decode()
    assert not Replay.objects.exists()


def test_an_old_look_is_judged_by_what_it_showed(web: Client, agent: Agent) -> None:
    capture_all(agent, rule("DSI"))
    form = form_of(page(web, agent))
    SettingsLook.objects.update(looked_at=timezone.now() - 10 * mailbox_look.FRESH)
    assert web.post(SEND, {**form, "do": "send"})["Location"].startswith("/envois/")


def test_choices_change_the_preview_before_they_are_sent(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.replace_filters([rule("Perso")])
    capture_all(agent, rule("DSI", "Listes/DSI"))
    form = form_of(page(web, agent)) | {"place": ["first"]}
    del form["create"]
    answer = web.post(SEND, {**form, "do": "send"})
    text = answer.content.decode()
    assert "l’aperçu à jour" in text
    assert "Dossiers qui seront créés" not in text
    again = form_of(text)
    assert again["place"] == ["first"]
    assert "create" not in again
    web.post(SEND, {**again, "do": "send"})
    carry(Replay.objects.get())
    assert [one.name for one in mailbox.filters()] == ["DSI", "Perso"]
    # The message of a rule without its folder stays in the inbox, and later rules still see that it was dealt with.
    assert [type(one).__name__ for one in mailbox.filters()[0].actions] == ["Keep"]
    assert mailbox.folders().find("/Listes") is None


def test_script_gets_the_preview_alone(web: Client, agent: Agent) -> None:
    capture_all(agent, rule("DSI", "Listes/DSI"))
    form = form_of(page(web, agent))
    answer = web.post(SEND, {**form, "do": "preview"}, headers={"HX-Request": "true"})
    assert answer.content.decode().strip().startswith('<div id="_send_preview"')


def test_conflict_is_shown_and_decided(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    (row,) = capture_all(agent, rule("DSI"))
    send(agent, mailbox)
    mailbox.put_filter(rule("DSI", "Chez moi"))
    change(row, rule("DSI", "Du portail"))
    text = page(web, agent)
    assert "Changées dans Zimbra depuis le dernier envoi" in text
    assert "Gardée comme dans Zimbra" in text
    form = form_of(text)
    key = re.search(r'name="overwrite" value="([0-9a-f]+)"', text)
    assert key
    text = web.post(SEND, {**form, "overwrite": key[1], "do": "preview"}).content.decode()
    assert "Remplacée" in text
    web.post(SEND, {**form_of(text), "do": "send"})
    carry(Replay.objects.latest("pk"))
    assert "Du portail" in str(mailbox.filters()[0].actions)


def test_conflicts_alone_can_be_decided_without_a_script(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"))
    send(agent, mailbox)
    mailbox.delete_filter("DSI")
    text = page(web, agent)
    assert "Mettre à jour l’aperçu" in text
    assert "Zimbra garde ses versions" in text
    assert "Tout est déjà en place" not in text


def test_sending_that_met_a_change_leads_to_the_new_preview(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"))
    replay = start(agent, mailbox)
    mailbox.replace_filters([rule("Perso")])
    assert carry(replay).state == "failed"
    text = web.get(f"/envois/{replay.pk}/").content.decode()
    assert f'class="fr-btn" href="{SEND}"' in text
    assert f'action="/envois/{replay.pk}/reessayer/"' not in text


def test_absence_is_sent_only_when_asked_for(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture(agent, name="Absence", vacation=Vacation("En congé jusqu’au 5"))
    text = page(web, agent)
    assert "En congé jusqu’au 5" in text
    assert 'value="send"' not in text
    text = web.post(SEND, {**form_of(text), "absence": "off", "do": "preview"}).content.decode()
    web.post(SEND, {**form_of(text), "do": "send"})
    carry(Replay.objects.get())
    assert mailbox.out_of_office().text == "En congé jusqu’au 5"
    assert not mailbox.out_of_office().enabled


def test_rules_zimbra_would_mix_up_are_not_written_anew(web: Client, agent: Agent, monkeypatch) -> None:
    capture_all(agent, rule("DSI"))
    keep_look(agent)
    row = SettingsLook.objects.get()
    stored = sealing.unseal_json(bytes(row.snapshot))
    from bascule.filters.stored import rules_to_text

    stored["incoming"] = rules_to_text([rule("Même nom"), rule("Même nom", "autre")])
    SettingsLook.objects.update(snapshot=sealing.seal_json(stored))
    text = web.get(SEND).content.decode()
    assert "n’est pas possible pour le moment" in text
    assert "Même nom" in text
    web.post(SEND, {**form_of(text), "do": "send"})
    assert not Replay.objects.exists()


def test_sending_under_way_is_followed(web: Client, agent: Agent) -> None:
    capture_all(agent, rule("DSI"))
    web.post(SEND, {**form_of(page(web, agent)), "do": "send"})
    replay = Replay.objects.get()
    assert web.get(SEND)["Location"] == f"/envois/{replay.pk}/"


def test_names_are_in_no_address_and_are_escaped(web: Client, agent: Agent) -> None:
    capture_all(agent, rule("<script>alert(1)</script>", "Dossier <b>"))
    text = page(web, agent)
    assert "<script>alert(1)" not in text
    assert "Dossier <b>" not in text


def test_nobody_sees_or_undoes_the_sending_of_another(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    capture_all(agent, rule("DSI"))
    replay = send(agent, mailbox)
    web.force_login(make_agent())
    for path in ("", "annuler/"):
        assert web.get(f"/envois/{replay.pk}/{path}").status_code == 404
    assert web.post(f"/envois/{replay.pk}/annuler/").status_code == 404
    assert web.post(f"/envois/{replay.pk}/reessayer/").status_code == 404


def test_earlier_sending_points_to_the_later_one(web: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    (row,) = capture_all(agent, rule("DSI"))
    first = send(agent, mailbox)
    change(row, rule("DSI", "Ailleurs"))
    second = send(agent, mailbox)
    text = web.get(f"/envois/{first.pk}/").content.decode()
    assert f'href="/envois/{second.pk}/"' in text
    assert f'href="/envois/{first.pk}/annuler/"' not in text
    answer = web.post(f"/envois/{first.pk}/annuler/", follow=True)
    assert "annulez d’abord le plus récent" in answer.content.decode()


# Applying to mail that is there.


@pytest.fixture
def sent(web: Client, agent: Agent, mailbox: ZimbraClient) -> Client:
    one = capture(agent, rule("DSI", "DSI"))
    two = capture(agent, rule("Pub", actions=[Discard()]))
    send(agent, mailbox)
    for number in range(3):
        mailbox.add_message("2", f"Subject: DSI {number}\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n".encode())
    web.rules = (one.pk, two.pk)  # type: ignore[attr-defined]
    return web


def test_rules_that_delete_are_not_ticked(sent: Client, agent: Agent) -> None:
    text = page(sent, agent, APPLY)
    one, two = sent.rules
    assert re.search(rf'name="rule" value="{one}" checked', text)
    assert re.search(rf'name="rule" value="{two}">', text)
    assert "effacés pour de bon" in text
    assert "Boîte de réception (3 messages)" in text


def test_confirmed_in_two_steps_and_applied(sent: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    page(sent, agent, APPLY)
    form = {"rule": [sent.rules[0]], "folder": "2", "since": ""}
    answer = sent.post(APPLY, {**form, "do": "check"}).content.decode()
    assert "3 messages" in answer
    assert "ne peut pas être annulé" in answer
    assert not Replay.objects.filter(kind="existing").exists()
    done = sent.post(APPLY, {**form, "shown": shown(answer), "do": "apply"})
    replay = carry(Replay.objects.get(kind="existing"))
    assert done["Location"] == f"/envois/{replay.pk}/"
    assert mailbox.folder_at("/DSI").count == 3
    text = sent.get(done["Location"]).content.decode()
    assert "3 messages ont été rangés ou marqués sur 3" in text
    assert "annuler/" not in text
    assert sent.get(f"{done['Location']}annuler/").status_code == 302


def test_more_messages_than_were_told_is_asked_again(sent: Client, agent: Agent, mailbox: ZimbraClient) -> None:
    page(sent, agent, APPLY)
    form = {"rule": [sent.rules[0]], "folder": "2", "since": ""}
    told = shown(sent.post(APPLY, {**form, "do": "check"}).content.decode())
    mailbox.add_message("2", b"Subject: DSI\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n")
    keep_look(agent)
    answer = sent.post(APPLY, {**form, "shown": told, "do": "apply"})
    assert "4 messages" in answer.content.decode()
    assert not Replay.objects.filter(kind="existing").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"), [({"rule": []}, "au moins une règle"), ({"since": "hier"}, "Indiquez une date")]
)
def test_what_is_missing_or_wrong_is_said(sent: Client, agent: Agent, wrong: dict, sentence: str) -> None:
    page(sent, agent, APPLY)
    form = {"rule": [sent.rules[0]], "folder": "2", "since": "01/02/2026", "do": "check"}
    answer = sent.post(APPLY, form | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert sent.post(APPLY, form).status_code == 200


def test_without_rules_in_zimbra_there_is_nothing_to_apply(web: Client, agent: Agent) -> None:
    assert "envoyez-les d’abord" in page(web, agent, APPLY)
