"""The page of a box and what its owners do there, for each kind of person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry
from boxes.census import dates
from boxes.models import Box, BoxFinding, Delegation, Role
from tests.boxes.views.cast import Cast, browser, make_cast, read
from tests.each import each
from tests.factories import give_access, make_agent, make_establishment, make_moved_agent, make_shared_box
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db
PEOPLE = ("stranger", "head", "member", "reader", "owner", "staff")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def expected(who: str, *, seen: set[str], allowed: set[str], status: int = 200) -> int:
    if who not in seen:
        return 404
    return status if who in allowed else 403


SEEN = {"member", "reader", "owner", "staff"}


@each("who", PEOPLE)
@each(
    ("name", "allowed"),
    [
        ("box", SEEN),
        ("box_history", SEEN),
        ("box_add", {"owner"}),
        ("box_members_csv", {"owner", "staff"}),
        ("box_owner_appoint", {"staff"}),
        ("box_leave", {"owner", "member", "reader"}),
        ("box_role", {"owner"}),
        ("box_remove", {"owner"}),
    ],
)
def test_page_opens_for_those_whom_it_is_for(cast: Cast, who: str, name: str, allowed: set[str]) -> None:
    args = [cast.box.pk, cast.row("reader").pk] if name in ("box_role", "box_remove") else [cast.box.pk]
    answer = cast.browser(who).get(reverse(name, args=args))
    assert answer.status_code == expected(who, seen=SEEN, allowed=allowed)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("box_add", {"owner"}),
        ("box_retry", {"owner", "staff"}),
        ("box_owner_appoint", {"staff"}),
        ("box_hide", {"owner", "member", "reader"}),
        ("box_show", {"owner", "member", "reader"}),
        ("box_role", {"owner"}),
        ("box_remove", {"owner"}),
    ],
)
def test_action_is_for_those_whom_it_is_for(cast: Cast, who: str, name: str, allowed: set[str]) -> None:
    cast.box.delegations.update(hidden=name == "box_show")
    before = list(cast.box.delegations.order_by("pk").values_list("agent", "role", "state", "hidden"))
    args = [cast.box.pk, cast.row("reader").pk] if name in ("box_role", "box_remove") else [cast.box.pk]
    form = {"personne": make_moved_agent().pk, "role": "member"}
    answer = cast.browser(who).post(reverse(name, args=args), form)
    assert answer.status_code == expected(who, seen=SEEN, allowed=allowed, status=302)
    after = list(cast.box.delegations.order_by("pk").values_list("agent", "role", "state", "hidden"))
    assert (after == before) == (who not in allowed or name == "box_retry")
    assert JournalEntry.objects.exists() == (who in allowed)


@each("who", PEOPLE)
def test_fragment_of_the_search_is_for_owners(cast: Cast, who: str) -> None:
    answer = cast.browser(who).get(
        reverse("box_search", args=[cast.box.pk]), {"recherche": "lefevre"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == expected(who, seen=SEEN, allowed={"owner"})


@pytest.mark.parametrize("name", ["box_hide", "box_show", "box_retry"])
def test_action_is_not_done_by_opening_an_address(cast: Cast, name: str) -> None:
    assert cast.browser("owner").get(reverse(name, args=[cast.box.pk])).status_code == 405


def test_rubbish_finds_nothing(cast: Cast) -> None:
    owner = cast.browser("owner")
    other = make_shared_box((cast.owner, Role.OWNER), (cast.stranger, Role.MEMBER))
    strange = other.delegations.get(agent=cast.stranger)
    gone = give_access(cast.box, make_moved_agent(), state=Delegation.State.REMOVED)
    for args in ([cast.box.pk, strange.pk], [cast.box.pk, gone.pk], [cast.box.pk, 10**30]):
        assert owner.get(reverse("box_role", args=args)).status_code == 404
        assert owner.post(reverse("box_remove", args=args)).status_code == 404
    assert owner.get(reverse("box", args=[10**30])).status_code == 404
    nasty = {"recherche": "a\0b", "role": "\0", "etat": "x" * 5000, "tri": "'", "page": "-7", "personne": "\0"}
    for name in ("box", "box_add", "box_history", "box_members_csv"):
        assert owner.get(reverse(name, args=[cast.box.pk]), nasty).status_code == 200
    answer = owner.post(
        reverse("box_add", args=[cast.box.pk]), {"personne": ["x", "9" * 40, "-1", "²"], "role": "owner"}
    )
    assert answer.status_code == 422
    assert cast.box.delegations.count() == 4


def test_members_see_who_is_there_but_do_not_manage(cast: Cast) -> None:
    for name in ("member", "reader"):
        told = cast.page(name, "box")
        assert "Membres (3)" in told
        assert "Anne Payet anne.payet@ac-reunion.fr" in told
        assert "Membre (lecture seule) En place" in told
        for action in ("Ajouter des membres", "Changer le rôle", "Retirer", "CSV", "Réessayer"):
            assert action not in told


def test_whether_somebody_hides_the_box_is_the_own_affair(cast: Cast) -> None:
    Delegation.objects.filter(pk=cast.row("member").pk).update(hidden=True, mount_id="", path="")
    for name in ("owner", "reader", "staff"):
        told = cast.page(name, "box")
        assert "Masqué" not in told
        assert "mise en place" not in told
    told = cast.page("member", "box")
    assert "Dans ma messagerie Masqué Afficher" in told


def test_what_became_of_each_access_is_told(cast: Cast) -> None:
    cast.box.delegations.filter(agent=cast.member).update(trouble="account.NO_SUCH_ACCOUNT", mount_id="")
    Agent.objects.filter(pk=cast.reader.pk).update(is_active=False)
    give_access(cast.box, make_moved_agent(given_name="Inès", family_name="Grondin"), granted_by=cast.owner)
    told = cast.page("owner", "box")
    assert "À débloquer Zimbra ne trouve pas la boîte personnelle de cette personne. Elle vient peut-être" in told
    assert "1 accès à débloquer" in told
    assert "N’est plus dans l’annuaire Le compte est fermé : retirez cet accès." in told
    assert "En cours de mise en place" in told
    assert f"Depuis le {timezone.localdate().day}" in told
    assert "par Anne Payet" in told
    assert "Réessayez" not in cast.page("member", "box")
    cast.browser("owner").post(reverse("box_retry", args=[cast.box.pk]))
    assert cast.row("member").trouble == ""


def test_those_who_wait_are_shown_with_their_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = make_agent(given_name="Luc", family_name="Técher")
    row = give_access(cast.box, waiting)
    give_access(cast.box, make_agent(given_name="Ève", family_name="Maillot"), Role.READER)
    monkeypatch.setattr(dates, "_SOURCES", [lambda people: {one.pk: "le 12 mai 2030" for one in people[:1]}])
    told = cast.page("owner", "box")
    assert "Membres (3)" in told
    assert "En attente (2)" in told
    assert "Transfert prévu le 12 mai 2030" in told
    assert "Date de transfert pas encore fixée" in told
    only = cast.page("owner", "box", etat="pending")
    assert "Anne Payet" not in only.partition("En attente (2)")[2]
    assert "Luc Técher" in only
    owner = cast.browser("owner")
    owner.post(reverse("box_role", args=[cast.box.pk, row.pk]), {"role": "owner"})
    row.refresh_from_db()
    assert (row.role, row.state) == (Role.OWNER, "pending")
    assert "l’accès qui l’attendait est annulé" in read(owner, "box_remove", cast.box.pk, row.pk)
    owner.post(reverse("box_remove", args=[cast.box.pk, row.pk]))
    row.refresh_from_db()
    assert row.state == Delegation.State.REMOVED


def test_pending_person_does_not_see_the_box(cast: Cast) -> None:
    person = make_agent()
    give_access(cast.box, person, Role.OWNER)
    for name in ("box", "box_history", "box_add", "box_leave"):
        assert browser(person).get(reverse(name, args=[cast.box.pk])).status_code == 404


def full_box(cast: Cast, people: int = 300) -> Box:
    place = make_establishment()
    numbers = range(people)
    agents = Agent.objects.bulk_create(
        Agent(
            address=f"agent{number}@ac-reunion.fr",
            given_name="Émilie" if number % 2 else "Paul",
            family_name=f"Rivière {number:03}",
            population=cast.owner.population,
            establishment=place,
            migrated_at=timezone.now() if number % 10 else None,
        )
        for number in numbers
    )
    Delegation.objects.bulk_create(
        Delegation(
            box=cast.box,
            agent=agent,
            role=Role.READER if number % 3 else Role.MEMBER,
            state="active" if number % 10 else "pending",
            active_since=timezone.now() - timedelta(days=number) if number % 10 else None,
            trouble="mail.QUOTA_EXCEEDED" if number % 50 == 7 else "",
            granted_by=agents[number - 1],
        )
        for number, agent in enumerate(agents)
    )
    return cast.box


@pytest.mark.parametrize("name", ["owner", "member", "staff"])
def test_box_of_three_hundred_takes_few_queries(cast: Cast, name: str, django_assert_max_num_queries) -> None:
    full_box(cast)
    client = cast.browser(name)
    with django_assert_max_num_queries(20):
        page = parse(client.get(reverse("box", args=[cast.box.pk])).content)
    assert len(select(page, "li.boxes-member")) == 50 + 30
    with django_assert_max_num_queries(20):
        read(client, "box", cast.box.pk, page=6, etat="setting_up", recherche="emilie", tri="recent")


def test_members_are_searched_filtered_sorted_and_paged(cast: Cast) -> None:
    full_box(cast)
    owner = cast.browser("owner")

    def names(**query: object) -> list[str]:
        page = parse(owner.get(reverse("box", args=[cast.box.pk]), query).content)
        return [text(one, "strong") for one in select(page, "li.boxes-member")]

    assert names(recherche="LEFEVRE zoe") == ["Zoé Lefèvre"]
    assert names(recherche="agent17@") == ["Émilie Rivière 017"]
    assert names(role="owner") == ["Anne Payet"]
    assert names(etat="trouble", recherche="emilie")[:2] == ["Émilie Rivière 007", "Émilie Rivière 057"]
    assert names(tri="role")[:2] == ["Anne Payet", "Marc Hoareau"]
    assert names(etat="setting_up", tri="recent")[0] == "Émilie Rivière 001"
    assert len(names(page=6)) == 23 + 30
    assert names(recherche="personne de ce nom") == []


def test_members_are_downloaded_as_shown(cast: Cast) -> None:
    cast.member.family_name = "=1+1"
    cast.member.save()
    give_access(cast.box, make_agent(family_name="Attente"))

    def lines(**query: str) -> list[str]:
        answer = cast.browser("owner").get(reverse("box_members_csv", args=[cast.box.pk]), query)
        return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    everybody = lines()
    assert len(everybody) == 5
    assert everybody[0].startswith('"nom";"prénom";"adresse";"rôle";"état"')
    assert any(line.startswith('"\'=1+1"') for line in everybody)
    assert [line.split(";")[0] for line in lines(role="reader")[1:]] == ['"Lefèvre"']


def test_several_people_are_added_at_once(cast: Cast) -> None:
    first, second = make_moved_agent(given_name="Léa", family_name="Boyer"), make_moved_agent()
    waiting = make_agent(given_name="Luc", family_name="Técher")
    answer = cast.browser("owner").post(
        reverse("box_add", args=[cast.box.pk]),
        {"personne": [first.pk, second.pk, waiting.pk, cast.reader.pk], "role": "reader"},
        follow=True,
    )
    told = text(parse(answer.content))
    assert "ont maintenant accès à la boîte" in told
    assert "Luc Técher : Cette personne n’est pas encore passée sur la nouvelle messagerie" in told
    assert "Zoé Lefèvre : Cette personne a déjà accès" in told
    assert set(cast.box.delegations.filter(role="reader").values_list("agent", flat=True)) == {
        first.pk,
        second.pk,
        cast.reader.pk,
    }


def test_people_are_found_with_what_stands_in_the_way(cast: Cast) -> None:
    make_moved_agent("lea.boyer@ac-reunion.fr", given_name="Léa", family_name="Boyer")
    make_agent(given_name="Luc", family_name="Boyer")
    owner = cast.browser("owner")
    page = parse(owner.get(reverse("box_add", args=[cast.box.pk]), {"recherche": "boyer"}).content)
    assert "Luc Boyer : pas encore sur la nouvelle messagerie, à ajouter après son transfert" in text(page)
    assert len(select(page, "input[type=checkbox]")) == 1
    assert "Marc Hoareau : a déjà accès (membre)" in cast.page("owner", "box_add", recherche="hoareau marc")
    several = cast.page("owner", "box_add", recherche="lea.boyer@ac-reunion.fr; personne@ac-reunion.fr")
    assert "Pas dans l’annuaire : personne@ac-reunion.fr" in several
    assert "Léa Boyer" in several
    assert "Personne de l’annuaire ne correspond" in cast.page("owner", "box_add", recherche="introuvable")


def test_who_was_ticked_stays_while_the_search_goes_on(cast: Cast) -> None:
    lea = make_moved_agent(given_name="Léa", family_name="Boyer")
    make_moved_agent(given_name="Paul", family_name="Dijoux")
    answer = cast.browser("owner").get(
        reverse("box_search", args=[cast.box.pk]),
        {"recherche": "dijoux", "personne": lea.pk},
        headers={"HX-Request": "true"},
    )
    assert answer.headers["HX-Replace-Url"] == reverse("box_add", args=[cast.box.pk]) + "?recherche=dijoux"
    found = parse(answer.content)
    ticked, free = select(found, "input[name=personne]")
    assert (ticked.get("value"), ticked.get("checked")) == (str(lea.pk), "checked")
    assert free.get("checked") is None
    plain = cast.browser("owner").get(reverse("box_search", args=[cast.box.pk]), {"recherche": "dijoux"})
    assert plain.headers["Location"] == reverse("box_add", args=[cast.box.pk]) + "?recherche=dijoux"


def test_nothing_chosen_is_told_and_what_was_chosen_kept(cast: Cast) -> None:
    owner, lea = cast.browser("owner"), make_moved_agent(given_name="Léa", family_name="Boyer")
    url = reverse("box_add", args=[cast.box.pk])
    nobody = owner.post(url, {"role": "owner", "cherche": "boyer"})
    assert nobody.status_code == 422
    assert "Cochez d’abord au moins une personne" in text(parse(nobody.content))
    assert select(parse(nobody.content), "#role-owner[checked]")
    assert select(parse(nobody.content), f"#person-{lea.pk}")
    no_role = owner.post(url, {"personne": lea.pk, "role": "chef"})
    assert "Choisissez un rôle" in text(parse(no_role.content))
    assert select(parse(no_role.content), f"#person-{lea.pk}[checked]")


def test_last_owner_is_shown_the_way_out(cast: Cast) -> None:
    owner, row = cast.browser("owner"), cast.row("owner")
    for name, args in (("box_leave", []), ("box_role", [row.pk])):
        page = parse(owner.get(reverse(name, args=[cast.box.pk, *args])).content)
        assert "Une boîte garde toujours un propriétaire" in text(page)
        assert not select(page, "#content form")
        assert select(page, f"a[href={reverse('box_add', args=[cast.box.pk])}?role=owner]")
    answer = owner.post(reverse("box_leave", args=[cast.box.pk]), follow=True)
    assert "Donnez d’abord le rôle de propriétaire" in text(parse(answer.content))
    assert cast.row("owner").is_active
    page = parse(owner.get(reverse("box_add", args=[cast.box.pk]), {"role": "owner"}).content)
    assert select(page, "#role-owner[checked]")


def test_owner_removes_oneself_by_leaving(cast: Cast) -> None:
    answer = cast.browser("owner").post(reverse("box_remove", args=[cast.box.pk, cast.row("owner").pk]))
    assert answer.headers["Location"] == reverse("box_leave", args=[cast.box.pk])
    assert cast.row("owner").is_active


def test_role_is_changed_and_access_removed_after_the_consequences_were_told(cast: Cast) -> None:
    owner, row = cast.browser("owner"), cast.row("member")
    assert "retire les identités" in read(owner, "box_role", cast.box.pk, row.pk)
    assert "y compris celles qu’elle a ajoutées" in read(owner, "box_remove", cast.box.pk, row.pk)
    answer = owner.post(reverse("box_role", args=[cast.box.pk, row.pk]), {"role": "reader"}, follow=True)
    assert "Marc Hoareau est désormais membre en lecture seule." in text(parse(answer.content))
    assert owner.post(reverse("box_role", args=[cast.box.pk, row.pk]), {"role": "roi"}).status_code == 422
    assert "identités" not in read(owner, "box_remove", cast.box.pk, row.pk), "a reader has none"
    answer = owner.post(reverse("box_remove", args=[cast.box.pk, row.pk]), follow=True)
    assert "Marc Hoareau n’a plus accès à la boîte." in text(parse(answer.content))
    assert cast.row("member").state == Delegation.State.REMOVED
    assert cast.browser("member").get(reverse("box", args=[cast.box.pk])).status_code == 404


def test_owner_who_was_removed_meanwhile_changes_nothing(cast: Cast) -> None:
    owner = cast.browser("owner")
    cast.box.delegations.filter(agent=cast.owner).update(state=Delegation.State.REMOVED)
    assert owner.post(reverse("box_remove", args=[cast.box.pk, cast.row("member").pk])).status_code == 404
    assert cast.row("member").is_active


def test_staff_appoint_an_owner_of_a_box_that_nobody_manages(cast: Cast) -> None:
    Agent.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert "Demandez à l’assistance" in cast.page("member", "box")
    assert "Personne ne gère cette boîte Aucun propriétaire en activité : nommez-en un." in cast.page("staff", "box")
    staff = cast.browser("staff")
    url = reverse("box_owner_appoint", args=[cast.box.pk])
    page = parse(staff.get(url, {"recherche": "hoareau marc"}).content)
    assert len(select(page, "input[type=radio]")) == 1
    assert "Choisissez d’abord" in text(parse(staff.post(url, follow=True).content))
    answer = staff.post(url, {"personne": cast.member.pk}, follow=True)
    assert "Marc Hoareau est désormais propriétaire de la boîte." in text(parse(answer.content))
    assert cast.row("member").role == Role.OWNER
    assert "a déjà accès" in text(parse(staff.post(url, {"personne": cast.member.pk}, follow=True).content))


def test_what_differs_in_zimbra_is_told_to_those_whom_it_concerns(cast: Cast) -> None:
    now = timezone.now()
    values = {"box": cast.box, "last_seen_at": now, "grantee": cast.reader.address}
    BoxFinding.objects.create(kind=BoxFinding.Kind.GRANT_MISSING, **values)
    BoxFinding.objects.create(kind=BoxFinding.Kind.SEND_UNKNOWN, settled_at=now, **values)
    for name in ("owner", "staff"):
        page = parse(cast.browser(name).get(reverse("box", args=[cast.box.pk])).content)
        assert "1 écart constaté" in text(page)
        assert select(page, f"a[href={reverse('box_findings', args=[cast.box.pk])}]")
    assert "écart" not in cast.page("member", "box")


def test_progress_is_shown_until_everything_is_in_place(cast: Cast) -> None:
    Box.objects.filter(pk=cast.box.pk).update(work_asked_at=timezone.now(), transferred_at=None)
    cast.box.delegations.filter(agent=cast.reader).update(mount_id="", applied_role="")
    assert "en cours de création dans Zimbra" in cast.page("member", "box")
    url = reverse("box", args=[cast.box.pk])
    fragment = cast.browser("member").get(url, headers={"HX-Request": "true"})
    assert "2 accès en place sur 3" in fragment.content.decode()
    Box.objects.filter(pk=cast.box.pk).update(waiting_for="http.503")
    assert "le portail réessaie de lui-même" in cast.page("member", "box")
    Box.objects.filter(pk=cast.box.pk).update(work_asked_at=None, transferred_at=timezone.now())
    done = cast.browser("member").get(url, headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert "_progress" not in cast.browser("member").get(url).content.decode()
