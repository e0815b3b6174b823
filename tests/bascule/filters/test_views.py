"""Mes filtres, as the browser asks for its pages; everything here goes without a script."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured
from bascule.filters.contents import contents_of
from bascule.filters.merging import Sent
from bascule.filters.sent import sent_dumped
from bascule.models import CapturedRule, Deposit, Replay
from tests.each import each
from tests.factories import make_agent
from tests.pages import parse, select, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deposit_dir")]
HOSTILE = "<script>alert(1)</script>"
SCRIPT = (
    '# Rule Info: $Order=2 Name="Deux"\nif header :is "Subject" "b" { keep; }\n'
    '# Rule Info: $Order=1 Name="Un"\nif header :is "Subject" "a" { discard; stop; }\n'
)
FILLED = {
    "lines": "1",
    "name": "",
    "direction": "incoming",
    "join": "all",
    "c0-field": "Subject",
    "c0-operator": "contains",
    "c0-header": "",
    "c0-value": "réunion",
    "folder": "Listes/Réunions",
    "active": "on",
    "do": "next",
}


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def agent() -> Agent:
    return make_agent()


@pytest.fixture
def page(client: Client, agent: Agent) -> Client:
    client.force_login(agent)
    return client


def capture(agent: Agent, *texts: str, name: str = "") -> list[CapturedRule]:
    return [
        captured.add(
            agent=agent,
            source=SourceRule(
                f'if header :is "Subject" "{text}" {{ fileinto "{text}"; }}', name=name or f"Règle {text}"
            ),
            by=agent,
        )
        for text in texts
    ]


def names(agent: Agent) -> list[str]:
    return [contents_of(rule).name for rule in CapturedRule.objects.filter(agent=agent)]


def post(page: Client, name: str, data: dict[str, object], *args: int, **kwargs):
    return page.post(reverse(name, args=args), data, **kwargs)


# --- the list


def test_an_empty_list_says_how_to_begin(page: Client) -> None:
    shown = parse(page.get(reverse("filters")).content)
    links = {link.get("href") for link in select(shown, "#content a")}
    assert {reverse("filter_new"), reverse("filters_paste")} <= links
    assert "boîtes partagées" in text(shown)


def test_the_list_tells_each_rule_in_one_sentence(page: Client, agent: Agent) -> None:
    capture(agent, "a")
    told = text(parse(page.get(reverse("filters")).content))
    assert "Règle a" in told
    assert "classer le message dans “a”" in told
    assert "Identique" in told


def test_a_refused_rule_says_why_and_what_it_did(page: Client, agent: Agent) -> None:
    source = SourceRule('if header :is "From" "x" { redirect "a@ailleurs.example"; }', name="Transfert")
    captured.add(agent=agent, source=source, by=agent)
    told = text(parse(page.get(reverse("filters")).content))
    assert "Non reprise" in told
    assert "Dans l’ancienne messagerie" in told
    assert "Pourquoi, et que faire" in told


def test_names_and_texts_are_shown_as_text(page: Client, agent: Agent) -> None:
    source = SourceRule(f'if header :is "Subject" "{HOSTILE}" {{ fileinto "{HOSTILE}"; }}', name=HOSTILE)
    rule = captured.add(agent=agent, source=source, by=agent)
    for name, args in (("filters", []), ("filter_detail", [rule.pk]), ("filter_edit", [rule.pk]), ("filter_new", [])):
        html = page.get(reverse(name, args=args), {"texte": "1"} if name == "filter_edit" else {}).content.decode()
        assert HOSTILE not in html, name
    html = page.get(reverse("filters_delete"), {"regle": rule.pk}).content.decode()
    assert HOSTILE not in html
    assert HOSTILE not in page.get(reverse("filters"), {"recherche": HOSTILE}).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"recherche": "regle MÀRDI"}, ["mardi"]),
        ({"recherche": "FICHIER absent"}, []),
        ({"etat": "inactive"}, ["jeudi"]),
        ({"etat": "active"}, ["lundi", "mardi"]),
        ({"etat": "refused"}, []),
        ({"etat": "nonsense"}, ["lundi", "mardi", "jeudi"]),
        ({"page": "99"}, ["lundi", "mardi", "jeudi"]),
    ],
)
def test_rules_are_searched_and_chosen(page: Client, agent: Agent, query: dict[str, str], found: list[str]) -> None:
    rules = capture(agent, "lundi", "mardi", "jeudi")
    captured.set_active(agent=agent, ids=[rules[2].pk], active=False, by=agent)
    shown = parse(page.get(reverse("filters"), query).content)
    assert [" ".join(one.text_content().split()) for one in select(shown, ".portal-rule h3")] == [
        f"Règle {one}" for one in found
    ]


def test_five_hundred_rules_are_shown_by_pages(page: Client, agent: Agent) -> None:
    rules = capture(agent, "x")
    row = rules[0]
    CapturedRule.objects.bulk_create(
        CapturedRule(
            agent=agent, position=number, origin="form", verdict="same", contents=bytes(row.contents), active=True
        )
        for number in range(2, 501)
    )
    shown = page.get(reverse("filters"), {"page": "5"})
    assert len(select(parse(shown.content), ".portal-rule")) == 100
    assert len(shown.content) < 600_000
    assert post(page, "filter_new", FILLED).status_code == 422


def test_a_rule_that_can_no_longer_be_opened_is_still_listed(page: Client, agent: Agent) -> None:
    [rule] = capture(agent, "a")
    CapturedRule.objects.update(contents=b"damaged")
    with pytest.raises(sealing.CannotOpen):
        contents_of(CapturedRule.objects.get())
    for name, args in (("filters", []), ("filter_detail", [rule.pk]), ("filter_edit", [rule.pk])):
        assert page.get(reverse(name, args=args)).status_code == 200
    assert "ne peut plus être ouverte" in page.get(reverse("filters")).content.decode()
    capture(agent, "b")
    assert post(page, "filters_delete", {"regle": rule.pk}).status_code == 302


# --- strangers


@pytest.mark.parametrize("name", ["filter_detail", "filter_edit"])
def test_rules_of_others_are_not_there(page: Client, name: str) -> None:
    [rule] = capture(make_agent(), "a")
    assert page.get(reverse(name, args=[rule.pk])).status_code == 404
    assert post(page, "filter_edit", FILLED, rule.pk).status_code == 404


def test_rules_of_others_cannot_be_touched(page: Client) -> None:
    other = make_agent()
    [rule] = capture(other, "a")
    assert post(page, "filter_move", {"vers": "1"}, rule.pk).status_code == 404
    assert post(page, "filter_switch", {"active": "0"}, rule.pk).status_code == 404
    assert page.get(reverse("filters_delete"), {"regle": rule.pk}).status_code == 404
    assert post(page, "filters_delete", {"regle": rule.pk}).status_code == 404
    post(page, "filters_selection", {"regle": rule.pk, "faire": "desactiver"})
    rule.refresh_from_db()
    assert rule.active
    assert page.get(reverse("filter_new"), {"apres": rule.pk}).status_code == 200


def test_nobody_sees_the_pages_without_signing_in(client: Client) -> None:
    for name in ("filters", "filter_new", "filters_paste"):
        assert client.get(reverse(name)).status_code == 302


# --- order, switches, removal


def test_a_rule_moves_up_down_and_to_a_place(page: Client, agent: Agent) -> None:
    rules = capture(agent, "a", "b", "c")
    answer = post(page, "filter_move", {"vers": "haut"}, rules[2].pk)
    assert answer.url == f"{reverse('filters')}#regle-{rules[2].pk}"
    assert names(agent) == ["Règle a", "Règle c", "Règle b"]
    post(page, "filter_move", {"vers": "bas"}, rules[0].pk)
    assert names(agent) == ["Règle c", "Règle a", "Règle b"]
    answer = post(page, "filter_move", {"vers": "1", "depuis": "regle"}, rules[1].pk)
    assert answer.url == reverse("filter_detail", args=[rules[1].pk])
    assert names(agent) == ["Règle b", "Règle c", "Règle a"]
    assert post(page, "filter_move", {"vers": "ailleurs"}, rules[1].pk).status_code == 404


def test_a_switch_in_place_gives_the_list_as_it_was_searched(page: Client, agent: Agent) -> None:
    rules = capture(agent, "lundi", "mardi")
    answer = post(
        page,
        "filter_switch",
        {"active": "0", "recherche": "lundi"},
        rules[0].pk,
        headers={"HX-Request": "true"},
    )
    html = answer.content.decode()
    assert "Règle désactivée." in html
    assert "Règle lundi" in html
    assert "Règle mardi" not in html
    assert "<html" not in html


def test_several_rules_at_once(page: Client, agent: Agent) -> None:
    rules = capture(agent, "a", "b", "c")
    two = [rules[0].pk, rules[1].pk]
    told = post(page, "filters_selection", {"regle": two, "faire": "desactiver"}, follow=True)
    assert "2 règles désactivées." in told.content.decode()
    assert CapturedRule.objects.filter(active=False).count() == 2
    answer = post(page, "filters_selection", {"regle": two, "faire": "supprimer"})
    confirm = page.get(answer.url)
    assert "Supprimer ces 2 règles" in text(parse(confirm.content))
    assert CapturedRule.objects.count() == 3
    post(page, "filters_delete", {"regle": two})
    assert names(agent) == ["Règle c"]
    assert "Cochez d’abord" in post(page, "filters_selection", {"faire": "activer"}, follow=True).content.decode()
    assert post(page, "filters_selection", {"faire": "autre", "regle": two}).status_code == 404


# --- the quick form


def test_a_rule_is_typed_in_and_the_next_begins_like_it(page: Client, agent: Agent) -> None:
    answer = post(page, "filter_new", FILLED, follow=True)
    shown = parse(answer.content)
    [rule] = CapturedRule.objects.all()
    contents = contents_of(rule)
    assert (rule.origin, rule.verdict, rule.active, contents.folders) == ("form", "same", True, ("Listes/Réunions",))
    assert contents.name == "Objet : réunion → Réunions"
    assert "enregistrée" in text(shown)
    [folder] = select(shown, "#id_folder")
    assert folder.get("value") == "Listes/"
    assert [option.get("value") for option in select(shown, "#id_c0-field option[selected]")] == ["Subject"]
    assert "Listes/Réunions" in [option.get("value") for option in select(shown, "#known-folders option")]


def test_a_form_sent_twice_makes_one_rule(page: Client, agent: Agent) -> None:
    post(page, "filter_new", FILLED)
    told = post(page, "filter_new", FILLED, follow=True)
    assert "dit déjà exactement la même chose" in told.content.decode()
    assert CapturedRule.objects.count() == 1


def test_the_last_rule_leads_back_to_the_list(page: Client) -> None:
    answer = post(page, "filter_new", FILLED | {"do": "done", "direction": "outgoing"})
    rule = CapturedRule.objects.get()
    assert answer.url == f"{reverse('filters')}#regle-{rule.pk}"
    assert rule.direction == "outgoing"


def test_lines_come_and_go_without_a_script_and_nothing_is_lost(page: Client) -> None:
    data = FILLED | {"lines": "2", "c1-field": "size", "c1-operator": "over", "c1-value": "pas une taille"}
    more = parse(post(page, "filter_new", data | {"do": "more"}).content)
    assert [one.get("value") for one in select(more, "#conditions input[data-part=value]")] == [
        "réunion",
        "pas une taille",
        None,
    ]
    assert select(more, "#id_folder")[0].get("value") == "Listes/Réunions"
    less = parse(post(page, "filter_new", data | {"do": "less-0"}).content)
    assert [one.get("value") for one in select(less, "#conditions input[data-part=value]")] == ["pas une taille"]
    assert select(less, "#lines")[0].get("value") == "1"
    assert not CapturedRule.objects.exists()


@each(
    ("change", "sentence"),
    [
        ({"c0-value": ""}, "Remplissez au moins une condition"),
        ({"c0-field": "size"}, "Pour ce champ, choisissez une de ces comparaisons"),
        ({"c0-operator": "over"}, "Pour ce champ, choisissez une de ces comparaisons"),
        ({"c0-field": "size", "c0-operator": "over", "c0-value": "gros"}, "Écrivez une taille"),
        ({"c0-field": "body", "c0-operator": "is"}, "Dans le corps du message"),
        ({"c0-field": "other"}, "Donnez le nom de l’en-tête"),
        ({"c0-field": "other", "c0-header": "deux mots"}, "Donnez le nom de l’en-tête"),
        ({"folder": "Listes/"}, "Choisissez au moins une action"),
        ({"discard": "on"}, "Un message supprimé ne peut pas"),
        ({"reject": "Non"}, "Un message rejeté ne peut pas"),
        ({"tag": "deux mots"}, "en un seul mot"),
        ({"forward": "personne"}, "adresse"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(page: Client, change: dict[str, str], sentence: str) -> None:
    answer = post(page, "filter_new", FILLED | {"name": "Mon nom"} | change)
    shown = parse(answer.content)
    assert answer.status_code == 422
    assert sentence in text(shown)
    assert select(shown, "#id_name")[0].get("value") == "Mon nom"
    assert len(select(shown, "[autofocus]")) == 1
    assert not CapturedRule.objects.exists()


def test_every_message_needs_no_condition(page: Client) -> None:
    post(page, "filter_new", FILLED | {"join": "always", "c0-value": ""})
    assert "if" not in contents_of(CapturedRule.objects.get()).source


@pytest.mark.parametrize(("typed", "written"), [("10 Mo", "10M"), ("1,5 Go", "1536M"), ("500k", "500K"), ("42", "42")])
def test_sizes_are_written_as_people_do(page: Client, typed: str, written: str) -> None:
    post(page, "filter_new", FILLED | {"c0-field": "size", "c0-operator": "under", "c0-value": typed})
    assert f"size :under {written}" in contents_of(CapturedRule.objects.get()).source


def test_a_forward_is_kept_as_a_note_and_said_to_be_forbidden(page: Client) -> None:
    told = post(page, "filter_new", FILLED | {"folder": "", "forward": "moi@ailleurs.example"}, follow=True)
    assert CapturedRule.objects.get().verdict == "refused"
    assert "transfert" in text(parse(told.content)).lower()


# --- editing


def test_a_rule_is_edited_by_the_form_and_named_anew(page: Client, agent: Agent) -> None:
    post(page, "filter_new", FILLED)
    rule = CapturedRule.objects.get()
    shown = parse(page.get(reverse("filter_edit", args=[rule.pk])).content)
    assert select(shown, "#id_name")[0].get("value") is None
    assert select(shown, "#id_c0-value")[0].get("value") == "réunion"
    assert not select(shown, "#id_direction")
    answer = post(page, "filter_edit", FILLED | {"do": "done", "c0-value": "conseil", "active": ""}, rule.pk)
    assert answer.url == reverse("filter_detail", args=[rule.pk])
    rule.refresh_from_db()
    assert (contents_of(rule).name, rule.active) == ("Objet : conseil → Réunions", False)


def test_a_rule_beyond_the_form_is_edited_as_text_and_explained(page: Client, agent: Agent) -> None:
    source = SourceRule('if header :is "Subject" "a" { fileinto "a"; fileinto "b"; }', name="Deux dossiers")
    rule = captured.add(agent=agent, source=source, by=agent)
    shown = parse(page.get(reverse("filter_edit", args=[rule.pk])).content)
    assert "fileinto" in select(shown, "textarea#id_text")[0].text_content()
    assert "classer" in text(shown, "#explained")
    data = {"name": "Autre", "text": "if true { discard; }", "active": "on"}
    explained = post(page, "filter_edit", data | {"do": "explain"}, rule.pk)
    assert "supprimer" in text(parse(explained.content), "#explained")
    rule.refresh_from_db()
    assert contents_of(rule).name == "Deux dossiers"
    post(page, "filter_edit", data, rule.pk)
    # The form could show it now; its text stays open to who asks for it.
    rule.refresh_from_db()
    assert contents_of(rule).name == "Autre"
    again = f"{reverse('filter_edit', args=[rule.pk])}?texte=1"
    broken = page.post(again, data | {"text": "   "})
    assert broken.status_code == 422
    assert "Ce texte est vide" in broken.content.decode()
    fragment = post(page, "filter_explain", {"text": 'if header :is "From" "x" { redirect "a@b.re"; }'})
    assert "Non reprise" in fragment.content.decode()
    assert post(page, "filter_explain", {"text": ""}).status_code == 200


def test_the_detail_shows_what_was_captured_and_what_was_made_of_it(page: Client, agent: Agent) -> None:
    [rule] = capture(agent, "a")
    CapturedRule.objects.update(origin="file")
    rule.refresh_from_db()
    captured.edit(rule=rule, source=SourceRule("if true { discard; }", name="Tout"), by=agent)
    told = text(parse(page.get(reverse("filter_detail", args=[rule.pk])).content))
    assert "avant vos modifications" in told
    assert 'fileinto "a"' in told
    assert "if true" in told


# --- pasted and uploaded


def test_pasted_rules_are_kept_with_their_text(page: Client, agent: Agent, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(page, "filters_paste", {"text": SCRIPT})
    assert answer.url == reverse("filters")
    deposit = Deposit.objects.get()
    assert deposit.name.startswith("règles collées le ")
    assert deposit.name.endswith(".sieve")
    assert names(agent) == ["Un", "Deux"]


def test_the_same_text_again_brings_back_only_what_was_deleted(
    page: Client, agent: Agent, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        post(page, "filters_paste", {"text": SCRIPT})
    told = post(page, "filters_paste", {"text": SCRIPT}, follow=True)
    assert "toutes ses règles sont là" in told.content.decode()
    captured.delete(agent=agent, ids=[CapturedRule.objects.get(position=1).pk], by=agent)
    told = post(page, "filters_paste", {"text": SCRIPT}, follow=True)
    assert "1 règle remise" in told.content.decode()
    assert sorted(names(agent)) == ["Deux", "Un"]


def test_an_uploaded_file_goes_the_same_way(page: Client, agent: Agent, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        post(page, "filters_paste", {"file": SimpleUploadedFile("mes règles.txt", SCRIPT.encode())})
    assert Deposit.objects.get().name == "mes règles.txt"
    assert names(agent) == ["Un", "Deux"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"text": "Bonjour, <b>merci</b>"}, "ne contient aucune règle"),
        ({"text": "   "}, "Collez un texte, ou choisissez un fichier"),
        ({"text": "dn: uid=x\ncn: x\n"}, "aucune ligne"),
        ({"text": "x" * 1_000_001}, "dépasse 1 Mo"),
    ],
)
def test_a_text_without_rules_is_refused_and_stays_in_the_box(
    page: Client, data: dict[str, str], sentence: str
) -> None:
    answer = post(page, "filters_paste", data)
    shown = parse(answer.content)
    assert answer.status_code == 422
    assert sentence in text(shown)
    assert select(shown, "textarea#id_text")[0].text_content().strip() == data["text"].strip()
    assert not Deposit.objects.exists()


def test_a_file_without_rules_is_refused(page: Client) -> None:
    answer = post(page, "filters_paste", {"file": SimpleUploadedFile("photo.sieve", b"")})
    assert answer.status_code == 422
    answer = post(page, "filters_paste", {"file": SimpleUploadedFile("lettre.txt", b"Bonjour")})
    assert "« lettre.txt »" in text(parse(answer.content))
    assert not Deposit.objects.exists()


def test_rules_that_are_still_being_read_are_announced(page: Client, agent: Agent, monkeypatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk, **kwargs: None)
    told = post(page, "filters_paste", {"text": SCRIPT}, follow=True)
    assert "Lecture de vos règles en cours" in told.content.decode()
    assert 'http-equiv="refresh"' in told.content.decode()


# --- the way into Zimbra


def replay(agent: Agent, **fields: object) -> Replay:
    return Replay.objects.create(
        **({"agent": agent, "kind": "filters", "state": "done", "plan": b"", "finished_at": timezone.now()} | fields)
    )


def test_the_list_says_where_the_rules_stand(page: Client, agent: Agent) -> None:
    capture(agent, "a")
    assert "jusqu’à votre transfert" in text(parse(page.get(reverse("filters")).content))
    Agent.objects.update(migrated_at=timezone.now())
    assert "ne sont pas encore dans Zimbra" in text(parse(page.get(reverse("filters")).content))
    replay(agent)
    assert "Vos règles sont en place dans Zimbra" in text(parse(page.get(reverse("filters")).content))
    CapturedRule.objects.update(changed_at=timezone.now() + timedelta(seconds=1))
    assert "1 règle a changé depuis le dernier envoi" in text(parse(page.get(reverse("filters")).content))


def test_steps_of_the_checklist_count_the_rules(page: Client, agent: Agent) -> None:
    told = text(parse(page.get(reverse("step", args=["capture-filters"])).content))
    assert "Aucune règle relevée" in told
    capture(agent, "a", "b")
    assert "2 règles relevées" in text(parse(page.get(reverse("step", args=["capture-filters"])).content))
    Agent.objects.update(migrated_at=timezone.now())
    told = text(parse(page.get(reverse("step", args=["recreate-filters"])).content))
    assert "Elles ne sont pas encore dans Zimbra" in told
    replay(agent)
    told = text(parse(page.get(reverse("step", args=["recreate-filters"])).content))
    assert "Vos règles ont été envoyées dans Zimbra" in told


def test_a_rule_that_was_sent_and_is_gone_counts_as_a_change(page: Client, agent: Agent) -> None:
    kept, gone = capture(agent, "a", "b")
    Agent.objects.update(migrated_at=timezone.now())
    sent = sent_dumped([Sent(contents_of(rule).name, contents_of(rule).rules[0], rule.pk) for rule in (kept, gone)])
    plan = {"directions": {"incoming": {"sent": sent}}}
    memory = {"write:incoming": {"outcome": "done"}}
    replay(agent, plan=sealing.seal_json(plan), memory=sealing.seal_json(memory))
    assert "Vos règles sont en place dans Zimbra" in text(parse(page.get(reverse("filters")).content))
    captured.delete(agent=agent, ids=[gone.pk], by=agent)
    assert "1 règle a changé depuis le dernier envoi" in text(parse(page.get(reverse("filters")).content))


def test_zimbras_own_folders_are_typed_and_read_by_their_french_names(page: Client, agent: Agent) -> None:
    post(page, "filter_new", FILLED | {"folder": "Corbeille", "do": "done"})
    rule = CapturedRule.objects.get(agent=agent)
    assert contents_of(rule).folders == ("Trash",)
    assert "“Corbeille”" in text(parse(page.get(reverse("filters")).content), "#rules")
    shown = parse(page.get(reverse("filter_edit", args=[rule.pk])).content)
    assert [one.get("value") for one in select(shown, "#id_folder")] == ["Corbeille"]
    assert "Corbeille" in [one.get("value") for one in select(shown, "#known-folders option")]


def test_page_of_a_rule_says_whether_one_condition_is_enough(page: Client, agent: Agent) -> None:
    for name, word in (("anyof", "Au moins une de ces conditions"), ("allof", "Toutes ces conditions")):
        source = f'if {name} (header :contains "Subject" "{name}", size :over 1M) {{ fileinto "A"; }}'
        rule = captured.add(agent=agent, source=SourceRule(source), by=agent)
        assert word in text(parse(page.get(reverse("filter_detail", args=[rule.pk])).content))
