from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from boxes import conventions
from boxes.models import Box, Delegation, TeamTag
from tests.boxes.views.cast import box_of, everybody
from tests.factories import make_shared_box
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> dict[str, Agent]:
    return everybody()


@pytest.fixture
def box(cast: dict[str, Agent]) -> Box:
    return box_of(cast)


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def page(agent: Agent, name: str, *args: int, status: int = 200):
    answer = signed_in(agent).get(reverse(name, args=args))
    assert answer.status_code == status
    return parse(answer.content)


def test_every_action_for_every_person(box: Box, cast: dict[str, Agent]) -> None:
    tag = TeamTag.objects.create(box=box, name="Urgent", colour=5)
    everybody = {"owner": 200, "member": 200, "reader": 200, "staff": 200}
    owners = {"owner": 200, "member": 403, "reader": 403, "staff": 403}
    posts = {"owner": 302, "member": 403, "reader": 403, "staff": 403}
    table = [
        ("get", "box_team", (), everybody),
        ("get", "box_conventions_edit", (), owners),
        ("get", "box_tag_new", (), owners),
        ("get", "box_tag_edit", (tag.pk,), owners),
        ("get", "box_tag_delete", (tag.pk,), owners),
        ("post", "box_tags_create", (), {"owner": 302, "member": 302, "reader": 403, "staff": 403}),
        ("post", "box_tags_propose", (), posts),
        ("post", "box_tag_delete", (tag.pk,), posts),
    ]
    # Owners last: what they do changes what there is for the others.
    for who in ("stranger", "pending", "head", "staff", "reader", "member", "owner"):
        client = signed_in(cast[who])
        for method, name, more, expected in table:
            answer = getattr(client, method)(reverse(name, args=[box.pk, *more]))
            assert answer.status_code == expected.get(who, 404), (who, method, name)


@pytest.mark.parametrize("name", ["box_tags_create", "box_tags_propose"])
def test_what_changes_something_is_no_link(box: Box, cast: dict[str, Agent], name: str) -> None:
    page(cast["owner"], name, box.pk, status=405)


def test_rubbish_ids_are_not_found(box: Box, cast: dict[str, Agent]) -> None:
    other = TeamTag.objects.create(box=make_shared_box(), name="Autre", colour=1)
    for tag_id in (other.pk, 0, 10**30):
        page(cast["owner"], "box_tag_edit", box.pk, tag_id, status=404)
    page(cast["owner"], "box_team", 10**30, status=404)


def test_an_empty_page_offers_an_owner_where_to_start(box: Box, cast: dict[str, Agent]) -> None:
    shown = page(cast["owner"], "box_team", box.pk)
    edit = reverse("box_conventions_edit", args=[box.pk])
    assert select(shown, f"a[href={edit}?exemple=1]")
    assert select(shown, f"form[action={reverse('box_tags_propose', args=[box.pk])}]")
    shown = page(cast["member"], "box_team", box.pk)
    assert not select(shown, "#content form")
    assert "n’a encore rien écrit" in text(shown)


def test_the_example_is_offered_and_saved_only_when_wanted(box: Box, cast: dict[str, Agent]) -> None:
    client = signed_in(cast["owner"])
    url = reverse("box_conventions_edit", args=[box.pk])
    empty = parse(client.get(url).content)
    assert select(empty, "#conventions-text")[0].text_content().strip() == ""
    assert select(empty, "a[href=?exemple=1]")
    assert "Qui répond" in text(parse(client.get(url, {"exemple": "1"}).content), "#conventions-text")
    box.refresh_from_db()
    assert box.conventions == ""


def test_conventions_keep_paragraphs_and_lists_and_no_markup(box: Box, cast: dict[str, Agent]) -> None:
    typed = "Qui <script>alert(1)</script>\r\nsuite\r\n\r\n- un\r\n- https://exemple.fr/a"
    answer = signed_in(cast["owner"]).post(
        reverse("box_conventions_edit", args=[box.pk]), {"text": typed, "version": conventions.version_of("")}
    )
    assert answer.status_code == 302
    shown = page(cast["reader"], "box_team", box.pk)
    (prose,) = select(shown, ".portal-box.portal-prose")
    assert not select(prose, "script")
    assert [li.text_content() for li in select(prose, "ul li")] == ["un", "https://exemple.fr/a"]
    assert [a.get("href") for a in select(prose, "a")] == ["https://exemple.fr/a"]
    assert len(select(prose, "p br")) == 1
    assert f"par {cast['owner'].full_name}" in text(shown, "#content")


def test_of_two_owners_the_second_sees_both_texts_and_loses_nothing(box: Box, cast: dict[str, Agent]) -> None:
    client, url = signed_in(cast["owner"]), reverse("box_conventions_edit", args=[box.pk])
    version = select(parse(client.get(url).content), "input[name=version]")[0].get("value")
    Box.objects.filter(pk=box.pk).update(conventions="Celui de l’autre\n- liste")
    answer = client.post(url, {"text": "Le mien", "version": version})
    assert answer.status_code == 409
    shown = parse(answer.content)
    assert text(shown, "#conventions-other") == "Celui de l’autre - liste"
    assert text(shown, "#conventions-text") == "Le mien"
    box.refresh_from_db()
    assert box.conventions.startswith("Celui")
    fresh = select(shown, "input[name=version]")[0].get("value")
    assert client.post(url, {"text": "Les deux", "version": fresh}).status_code == 302
    box.refresh_from_db()
    assert box.conventions == "Les deux"


def test_a_text_that_is_too_long_comes_back_whole(box: Box, cast: dict[str, Agent]) -> None:
    typed = "é" * 4001
    answer = signed_in(cast["owner"]).post(
        reverse("box_conventions_edit", args=[box.pk]), {"text": typed, "version": conventions.version_of("")}
    )
    assert answer.status_code == 422
    assert text(parse(answer.content), "#conventions-text") == typed


def test_a_tag_is_added_changed_and_removed(box: Box, cast: dict[str, Agent]) -> None:
    client = signed_in(cast["owner"])
    given = {"name": "À rappeler", "colour": "9", "meaning": "Avant midi"}
    assert client.post(reverse("box_tag_new", args=[box.pk]), given).status_code == 302
    tag = box.tags.get()
    edit = reverse("box_tag_edit", args=[box.pk, tag.pk])
    shown = parse(client.get(edit).content)
    assert select(shown, "input[name=colour][checked]")[0].get("value") == "9"
    assert client.post(edit, given | {"colour": "3"}).status_code == 302
    shown = page(cast["reader"], "box_team", box.pk)
    assert select(shown, ".portal-swatch.portal-swatch--3")
    assert "À rappeler Vert Avant midi" in text(shown, ".portal-team-tags")
    assert client.post(reverse("box_tag_delete", args=[box.pk, tag.pk])).status_code == 302
    assert not box.tags.exists()


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "", "colour": "1"}, "name"),
        ({"name": "a\0b", "colour": "1"}, "name"),
        ({"name": "urgent", "colour": "1"}, "name"),
        ({"name": "Neuf", "colour": "²"}, "colour"),
        ({"name": "Neuf"}, "colour"),
        ({"name": "Neuf", "colour": "1", "meaning": "x" * 201}, "meaning"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    box: Box, cast: dict[str, Agent], given: dict[str, str], wrong: str
) -> None:
    TeamTag.objects.create(box=box, name="Urgent", colour=5)
    answer = signed_in(cast["owner"]).post(reverse("box_tag_new", args=[box.pk]), given)
    assert answer.status_code == 422
    assert select(parse(answer.content), f"#tag-{wrong}-error")
    assert box.tags.count() == 1


def test_proposals_are_added_at_one_click(box: Box, cast: dict[str, Agent]) -> None:
    signed_in(cast["owner"]).post(reverse("box_tags_propose", args=[box.pk]))
    shown = page(cast["member"], "box_team", box.pk)
    names = [one.text_content() for one in select(shown, ".portal-team-tags strong")]
    assert names == ["À traiter", "En attente", "En cours", "Urgent"]


def test_a_member_asks_for_copies_and_follows(box: Box, cast: dict[str, Agent]) -> None:
    TeamTag.objects.create(box=box, name="Urgent", colour=5)
    client = signed_in(cast["member"])
    shown = page(cast["member"], "box_team", box.pk)
    (form,) = select(shown, "#my-tags form")
    assert client.post(form.get("action")).status_code == 302
    waiting = page(cast["member"], "box_team", box.pk)
    assert select(waiting, "#my-tags")[0].get("hx-get")
    assert not select(waiting, "#my-tags form")
    row = Delegation.objects.filter(box=box, agent=cast["member"])
    row.update(tags_asked_at=None, tags_done_at=timezone.now(), tags_result={"made": ["Urgent"]})
    assert "1 étiquette de l’équipe est dans votre messagerie" in text(page(cast["member"], "box_team", box.pk))
    for name in ("Bourses", "Cantine"):
        TeamTag.objects.create(box=box, name=name, colour=1)
    later = page(cast["member"], "box_team", box.pk)
    assert "2 étiquettes de plus depuis" in text(later, "#my-tags")
    assert text(later, "#my-tags button") == "Les créer dans ma messagerie"


def test_what_did_not_work_is_told(box: Box, cast: dict[str, Agent]) -> None:
    for name in ("Urgent", "Bourses"):
        TeamTag.objects.create(box=box, name=name, colour=5)
    row = Delegation.objects.filter(box=box, agent=cast["member"])
    row.update(tags_done_at=timezone.now(), tags_result={"other_colour": ["Urgent"], "refused": ["Bourses"]})
    told = text(page(cast["member"], "box_team", box.pk), "#my-tags")
    assert "dans une autre couleur : « Urgent »" in told
    assert "Zimbra n’a pas voulu créer : « Bourses »" in told
    row.update(tags_result={"trouble": "account.NO_SUCH_ACCOUNT"})
    told = text(page(cast["member"], "box_team", box.pk), "#my-tags")
    assert "account.NO_SUCH_ACCOUNT" in told
    assert told.endswith("Réessayer")


def test_a_reader_is_told_why_there_are_no_tags_for_readers(box: Box, cast: dict[str, Agent]) -> None:
    TeamTag.objects.create(box=box, name="Urgent", colour=5)
    shown = page(cast["reader"], "box_team", box.pk)
    assert not select(shown, "#my-tags")
    assert "en lecture seule, ces étiquettes ne vous serviraient pas" in text(shown)
    assert not select(page(cast["staff"], "box_team", box.pk), "#content form")


def test_thirty_tags_take_no_more_queries_than_one(box: Box, cast, django_assert_max_num_queries) -> None:
    for number in range(30):
        TeamTag.objects.create(box=box, name=f"n{number}", colour=1)
    client = signed_in(cast["owner"])
    with django_assert_max_num_queries(12):
        shown = parse(client.get(reverse("box_team", args=[box.pk])).content)
    assert not select(shown, f"a[href={reverse('box_tag_new', args=[box.pk])}]")
