"""The pages of Ma signature: every way in, what is told, what strangers get."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule.models import Deposit, SavedSignature
from bascule.signatures import saved
from bascule.signatures.contents import contents_of, use_of, written
from tests.factories import make_agent
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db

HOSTILE = (
    '<script>alert(1)</script><p onclick="alert(2)" style="background:url(https://espion.example/x)">Zoé'
    '<a href="javascript:alert(3)">ici</a><iframe src="https://espion.example"></iframe>'
    '<img src="https://espion.example/p.gif" width="1" height="1"><svg onload="alert(4)"></svg></p>'
)


@pytest.fixture
def person(client: Client) -> Agent:
    agent = make_agent("zoe.hoarau@ac-reunion.fr", given_name="Zoé", family_name="Hoarau")
    client.force_login(agent)
    return agent


def save(agent: Agent, html: str = "<p><b>Zoé</b></p>", name: str = "Bureau") -> SavedSignature:
    return saved.add(agent=agent, contents=written(name, html), by=agent)


def test_empty_page_offers_the_three_ways(client: Client, person: Agent) -> None:
    page = parse(client.get(reverse("signature")).content)
    ways = [link.get("href") for link in select(page, ".portal-signature-ways a")]
    assert ways == [reverse("signature_new"), reverse("signature_upload"), reverse("signature_template")]


def test_plain_text_is_saved_without_script_and_shown(client: Client, person: Agent) -> None:
    answer = client.post(
        reverse("signature_new"), {"name": "Bureau", "format": "texte", "body": "Zoé <Hoarau>\r\nCollège"}
    )
    row = SavedSignature.objects.get()
    assert answer.url == reverse("signature_detail", args=[row.pk])
    contents = contents_of(row)
    assert (contents.name, contents.text) == ("Bureau", "Zoé <Hoarau>\nCollège")
    assert "Hoarau&gt;" in contents.html
    assert use_of(row) == {"DEFAULT": {"new": True, "answers": True}}
    assert b"Hoarau" not in bytes(row.contents)


def test_zeros_in_what_is_pasted_are_left_out_not_refused(client: Client, person: Agent) -> None:
    client.post(reverse("signature_new"), {"name": "Bur\0eau", "format": "html", "body": "<p>Zo\0é<scr\0ipt>x"})
    contents = contents_of(SavedSignature.objects.get())
    assert contents.name == "Bureau"
    assert contents.html == "<p>Zoé</p>"


def test_hostile_html_is_cleaned_and_what_was_taken_out_is_told(client: Client, person: Agent) -> None:
    client.post(reverse("signature_new"), {"format": "html", "body": HOSTILE})
    row = SavedSignature.objects.get()
    contents = contents_of(row)
    for bad in ("script", "onclick", "javascript", "iframe", "svg", "url("):
        assert bad not in contents.html
    page = parse(client.get(reverse("signature_detail", args=[row.pk])).content)
    assert "Un programme a été retiré" in text(page)
    assert "Image invisible" in text(page)
    [remove] = select(page, "#image-0-remove")
    assert "checked" in remove.attrib
    frame = client.get(reverse("signature_shown", args=[row.pk]))
    assert b"espion.example" not in frame.content


def test_nothing_stored_by_other_means_is_shown_uncleaned(client: Client, person: Agent) -> None:
    row = save(person)
    row.contents = replace(written("x", "<p>Zoé</p>"), html=HOSTILE).sealed()
    row.save()
    for name in ("signature_shown", "signature_detail", "signature_edit"):
        page = client.get(reverse(name, args=[row.pk])).content
        assert b"alert(" not in page


def test_frames_run_nothing_and_may_be_framed_by_the_portal_only(client: Client, person: Agent) -> None:
    row = save(person)
    form = {"format": "html", "body": HOSTILE}
    for frame in (
        client.get(reverse("signature_shown", args=[row.pk])),
        client.post(reverse("signature_preview"), form),
        client.post(reverse("signature_template_preview"), {"name": "Zoé"}),
    ):
        policy = frame.headers["Content-Security-Policy"]
        assert frame.status_code == 200
        assert "default-src 'none'" in policy
        assert "img-src data:" in policy
        assert "sandbox" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'self'" in policy
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert b"espion.example" not in frame.content
    page = client.get(reverse("signature_detail", args=[row.pk]))
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    for sandboxed in select(parse(page.content), "iframe"):
        assert sandboxed.get("sandbox") == ""
    assert "frame-src" not in client.get(reverse("files")).headers["Content-Security-Policy"]


def test_what_was_written_stays_on_the_page_when_it_cannot_be_kept(client: Client, person: Agent) -> None:
    for number in range(saved.MOST_SIGNATURES):
        save(person, name=f"S{number}")
    answer = client.post(reverse("signature_new"), {"name": "N", "format": "texte", "body": "Mon\ntexte"})
    page = parse(answer.content)
    assert answer.status_code == 422
    assert select(page, "#id_body")[0].text.strip() == "Mon\ntexte"
    assert "Vous avez déjà 20 signatures" in text(page)


def test_file_is_kept_read_and_not_taken_twice(
    client: Client, person: Agent, django_capture_on_commit_callbacks
) -> None:
    data = "<html><body><p style='color:red'>Zoé é</p></body></html>".encode("cp1252")

    def hand_over() -> None:
        file = SimpleUploadedFile("Signature bureau.html", data)
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("signature_upload"), {"file": file})

    hand_over()
    row, deposit = SavedSignature.objects.get(), Deposit.objects.get()
    assert (deposit.kind, deposit.state, row.deposit) == ("signature", "read", deposit)
    assert "Zoé é" in contents_of(row).html
    hand_over()
    assert SavedSignature.objects.count() == 1
    saved.delete(row=row, by=person)
    hand_over()
    assert SavedSignature.objects.get().deposit == deposit
    page = client.get(reverse("file_detail", args=[deposit.pk]))
    assert reverse("signature_detail", args=[SavedSignature.objects.get().pk]).encode() in page.content


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("s.pdf", b"%PDF-1.4", "est un PDF"),
        ("s.html", b"", "vide"),
        ("carnet.vcf", b"BEGIN:VCARD\r\nEND:VCARD\r\n", "carnet d’adresses"),
        ("s.html", b"<script>x</script>", "ni texte ni image"),
    ],
)
def test_file_that_is_no_signature_is_refused_in_words(
    client: Client, person: Agent, name: str, data: bytes, told: str
) -> None:
    answer = client.post(reverse("signature_upload"), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Deposit.objects.exists()


def test_academy_template_is_filled_and_can_be_corrected(client: Client, person: Agent) -> None:
    page = parse(client.get(reverse("signature_template")).content)
    assert select(page, "#id_name")[0].get("value") == "Zoé Hoarau"
    client.post(reverse("signature_template"), {"name": "Zoé Hoarau-Payet", "phone": "0262 00 00 00"})
    contents = contents_of(SavedSignature.objects.get())
    assert contents.text.split("\n") == ["Zoé Hoarau-Payet", "Tél. : 0262 00 00 00"]


def test_academy_template_of_its_own_file(client: Client, person: Agent, settings, tmp_path) -> None:
    file = tmp_path / "modele.html"
    file.write_text("<p>{nom}, {courriel}</p>", encoding="utf-8")
    settings.SIGNATURE_TEMPLATE = str(file)
    client.post(reverse("signature_template"), {"name": "Zoé", "mail": "zoe@ac-reunion.fr"})
    assert contents_of(SavedSignature.objects.get()).text == "Zoé, zoe@ac-reunion.fr"
    file.write_text("<p>{inconnu}</p>", encoding="utf-8")
    answer = client.post(reverse("signature_template"), {"name": "Zoé"})
    assert "ne peut pas être lu" in answer.content.decode()


def test_own_text_is_kept_and_made_anew_on_request(client: Client, person: Agent) -> None:
    row = save(person)
    page = reverse("signature_edit", args=[row.pk])
    form = {"name": "Bureau", "format": "html", "body": "<p>Un</p>"}
    client.post(page, form | {"own_text": "1", "text": "Le mien"})
    row.refresh_from_db()
    assert contents_of(row).text == "Le mien"
    client.post(page, form | {"text": "Le mien"})
    row.refresh_from_db()
    assert contents_of(row).text == "Un"


def test_own_text_keeps_its_spaces_and_joined_signs(person: Agent) -> None:
    own = "0262\u200948\u00a010\u202f10 \U0001f469\u200d\U0001f3eb"
    assert written("Bureau", "<p>Zoé</p>", text=own + "\u202e\x1b ").text == own


def test_needless_code_is_left_out_in_one_click(client: Client, person: Agent) -> None:
    row = save(person, "<p>" + "<span>a</span>" * 900 + "</p>")
    before = contents_of(row).length
    client.post(reverse("signature_fit", args=[row.pk]))
    row.refresh_from_db()
    assert contents_of(row).length < before / 5


def test_uses_are_chosen_one_signature_each(client: Client, person: Agent) -> None:
    first, second = save(person), save(person, name="Autre")
    client.post(
        reverse("signature_use"), {"identite-0": "DEFAULT", "new-0": str(second.pk), "answers-0": str(first.pk)}
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert use_of(first) == {"DEFAULT": {"new": False, "answers": True}}
    assert use_of(second) == {"DEFAULT": {"new": True, "answers": False}}


def test_before_the_move_saving_works_and_sending_says_when(client: Client, person: Agent) -> None:
    save(person)
    assert "quand votre boîte aura été transférée" in text(parse(client.get(reverse("signature")).content))
    assert "quand votre boîte aura été transférée" in text(parse(client.get(reverse("signature_send")).content))


def test_delete_asks_first(client: Client, person: Agent) -> None:
    row = save(person)
    page = reverse("signature_delete", args=[row.pk])
    assert "Supprimer « Bureau »" in text(parse(client.get(page).content))
    client.post(page)
    assert not SavedSignature.objects.exists()


@pytest.mark.parametrize("name", ["detail", "shown", "edit", "delete"])
def test_strangers_find_nothing(client: Client, person: Agent, name: str) -> None:
    row = save(make_agent())
    assert client.get(reverse(f"signature_{name}", args=[row.pk])).status_code == 404


@pytest.mark.parametrize("name", ["pictures", "fit", "edit", "delete"])
def test_strangers_change_nothing(client: Client, person: Agent, name: str) -> None:
    row = save(make_agent())
    assert client.post(reverse(f"signature_{name}", args=[row.pk]), {}).status_code == 404
    assert SavedSignature.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("step", ["save-signature", "recreate-signature"])
def test_steps_lead_to_the_tool(client: Client, person: Agent, step: str) -> None:
    Agent.objects.update(migrated_at=timezone.now())
    page = parse(client.get(reverse("step", args=[step])).content)
    assert reverse("signature_new") in [link.get("href") for link in select(page, "#content a")]
    save(person)
    assert "1 signature" in text(parse(client.get(reverse("step", args=[step])).content))


def test_pictures_of_another_text_are_not_decided_by_rank(client: Client, person: Agent) -> None:
    row = save(person, '<p>Zoé <img src="https://www.example.org/a.png"></p>')
    page = reverse("signature_pictures", args=[row.pk])
    client.post(page, {"etat": "2020-01-01T00:00:00+00:00", "image-0": "remove"})
    row.refresh_from_db()
    assert len(contents_of(row).pictures) == 1
    client.post(page, {"etat": row.changed_at.isoformat(), "image-0": "remove"})
    row.refresh_from_db()
    assert contents_of(row).pictures == ()
