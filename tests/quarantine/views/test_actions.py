"""What is decided on one held message: by whom, after which page, and what becomes of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import sealing
from accounts.models import Agent, JournalEntry
from boxes.models import Box, Delegation, Role
from quarantine.models import AlertReport, Hold, SenderEntry
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, select, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
READING = ("hold", "hold_state")
ACTING = ("hold_release", "hold_trust", "hold_delete", "hold_restore", "hold_block", "hold_report")
# What each sends, and what it has changed then.
SENT = {"confirme": "oui", "expediteur": "ada@exemple.fr", "supprimer": "oui", "commentaire": "Étrange"}


@pytest.fixture
def box() -> Box:
    return make_shared_box(address="direction@ac-reunion.fr", name="Direction")


def person(kind: str, box: Box) -> Agent | None:
    if kind == "anonymous":
        return None
    agent = make_moved_agent(is_staff=kind == "staff")
    if kind in {"reader", "member", "owner"}:
        give_access(box, agent, kind)
    if kind == "removed":
        give_access(box, agent, Role.OWNER, state=Delegation.State.REMOVED)
    return agent


@pytest.mark.parametrize(
    ("kind", "looks", "acts"),
    [
        ("stranger", 404, 404),
        ("removed", 404, 404),
        ("staff", 404, 404),
        ("reader", 200, 403),
        ("member", 200, 302),
        ("owner", 200, 302),
        ("anonymous", "sign_in", "sign_in"),
    ],
)
def test_who_may(client: Client, box: Box, kind: str, looks: object, acts: object) -> None:
    agent = person(kind, box)
    if agent:
        client.force_login(agent)
    for name in (*READING, *ACTING):
        hold = make_hold(box.address, sender="ada@exemple.fr", state="deleted" if name == "hold_restore" else "held")
        url = reverse(name, args=[hold.pk])
        wanted = looks if name in READING else acts
        looking = name in READING
        response = client.get(url, headers={"HX-Request": "true"}) if looking else client.post(url, SENT)
        if wanted == "sign_in":
            assert response.url.startswith(reverse("sign_in"))
        else:
            assert response.status_code == wanted, name
        hold.refresh_from_db()
        changed = (
            hold.state != ("deleted" if name == "hold_restore" else "held")
            or SenderEntry.objects.exists()
            or AlertReport.objects.exists()
        )
        assert changed == (wanted == 302), name
        SenderEntry.objects.all().delete()
        AlertReport.objects.all().delete()
    actors = set(JournalEntry.objects.exclude(action__startswith="account.").values_list("actor", flat=True))
    assert actors == ({agent.address} if agent and acts == 302 else set())


@pytest.fixture
def me() -> Agent:
    return make_agent("camille@ac-reunion.fr")


@pytest.fixture
def signed_in(client: Client, me: Agent) -> Client:
    client.force_login(me)
    return client


def told(response) -> str:
    return text(parse(response.content))


@each("name", ACTING)
def test_rubbish_numbers_are_nowhere(signed_in: Client, name: str) -> None:
    for number in (0, 10**18, 10**30):
        assert signed_in.post(reverse(name, args=[number])).status_code == 404


@each("name", [name for name in ACTING if name != "hold_restore"])
def test_looking_at_what_it_leads_to_does_nothing(signed_in: Client, me: Agent, name: str) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr")
    assert signed_in.get(reverse(name, args=[hold.pk])).status_code == 200
    hold.refresh_from_db()
    assert hold.state == "held"
    assert not JournalEntry.objects.filter(target=f"hold:{hold.pk}").exists()
    assert not SenderEntry.objects.exists()


def test_a_dangerous_message_needs_a_second_word(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, reason="dangerous")
    url = reverse("hold_release", args=[hold.pk])
    page = parse(signed_in.get(reverse("hold", args=[hold.pk])).content)
    assert select(page, f"form[action={url}]") == []
    page = signed_in.post(url)
    assert "Libérer malgré le danger" in told(page)
    hold.refresh_from_db()
    assert hold.state == "held"
    signed_in.post(url, {"confirme": "oui"})
    hold.refresh_from_db()
    assert hold.state == "releasing"


def test_a_deletion_can_be_taken_back_from_the_list_and_from_the_page(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address)
    page = signed_in.post(reverse("hold_delete", args=[hold.pk]), follow=True)
    assert select(parse(page.content), ".held-undo button")[0].text == "Annuler la suppression"
    page = signed_in.post(reverse("hold_restore", args=[hold.pk]), follow=True)
    assert "de nouveau retenu" in told(page)
    hold.refresh_from_db()
    assert hold.state == "held"


@pytest.mark.parametrize(
    ("raw", "offered"),
    [
        (b"From: ada@exemple.fr\r\n\r\nx", ["ada@exemple.fr", "exemple.fr"]),
        (b"From: ada@exemple.fr\r\nList-Id: <l.exemple.fr>\r\n\r\nx", ["exemple.fr", "ada@exemple.fr"]),
        (b"From: ada@gmail.com\r\n\r\nx", ["ada@gmail.com"]),
        (b"From: ada@ac-reunion.fr\r\n\r\nx", ["ada@ac-reunion.fr"]),
        (b"From: rien\r\n\r\nx", []),
    ],
)
def test_whom_to_trust_is_offered_the_better_one_first(
    signed_in: Client, me: Agent, raw: bytes, offered: list[str]
) -> None:
    hold = make_hold(me.address, raw=raw, sender="", mail_from="")
    page = parse(signed_in.get(reverse("hold_trust", args=[hold.pk])).content)
    assert [one.get("value") for one in select(page, "input[type=radio]")] == offered
    assert bool(select(page, ".hold-form button")) == bool(offered)
    answer = signed_in.post(reverse("hold_trust", args=[hold.pk]), {"expediteur": "autre@ailleurs.fr"})
    assert answer.status_code == 422
    assert not SenderEntry.objects.exists()


def test_trust_is_told_and_can_be_taken_back(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr")
    SenderEntry.objects.create(mailbox="", kind="block", pattern="exemple.fr")
    page = told(signed_in.post(reverse("hold_trust", args=[hold.pk]), {"expediteur": "ada@exemple.fr"}, follow=True))
    assert "ada@exemple.fr ajouté à la liste de confiance." in page
    assert "ada@exemple.fr est maintenant" not in page, "told once"
    assert "exemple.fr est sur la liste de blocage de l’académie, qui l’emporte" in page
    signed_in.post(reverse("quarantine_undo"))
    assert SenderEntry.objects.get().kind == "block"


def test_way_back_is_beside_what_it_is_about(signed_in: Client, me: Agent) -> None:
    holds = [make_hold(me.address, sender=f"{name}@exemple.fr") for name in ("ada", "zoe")]
    signed_in.post(reverse("hold_block", args=[holds[0].pk]), {"expediteur": "ada@exemple.fr"})
    pages = [signed_in.get(reverse("hold", args=[hold.pk])) for hold in holds]
    assert ["Retirer de la liste" in told(page) for page in pages] == [True, False]
    signed_in.post(reverse("hold_delete", args=[holds[0].pk]))
    pages = [signed_in.get(reverse("hold", args=[hold.pk])) for hold in holds]
    assert [told(page).count("Annuler la suppression") for page in pages] == [1, 0]


def test_block_and_deletion_are_taken_back_together(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr")
    url = reverse("hold_block", args=[hold.pk])
    signed_in.post(url, {"expediteur": "exemple.fr", "supprimer": "oui"})
    hold.refresh_from_db()
    assert (hold.state, SenderEntry.objects.get().pattern) == ("deleted", "exemple.fr")
    signed_in.post(reverse("quarantine_undo"))
    hold.refresh_from_db()
    assert (hold.state, SenderEntry.objects.count()) == ("held", 0)
    signed_in.post(url, {"expediteur": "exemple.fr"})
    hold.refresh_from_db()
    assert (hold.state, SenderEntry.objects.count()) == ("held", 1)


def test_a_report_keeps_what_was_said_sealed_and_is_made_once(signed_in: Client, me: Agent) -> None:
    hold = make_hold(me.address)
    url = reverse("hold_report", args=[hold.pk])
    assert signed_in.post(url, {"commentaire": "x" * 2001}).status_code == 422
    for _ in range(2):
        signed_in.post(url, {"commentaire": "J’ai\r\ncliqué \0"})
    report = AlertReport.objects.get()
    assert sealing.unseal(bytes(report.comment)).decode() == "J’ai\ncliqué"
    assert JournalEntry.objects.filter(action="hold.reported").count() == 1
    assert "cliqué" not in str(JournalEntry.objects.values_list("details", "target_label"))


def test_the_way_back_leads_to_what_the_list_showed(signed_in: Client, me: Agent) -> None:
    make_hold(me.address, subject="Été", reason="limit")
    page = parse(signed_in.get(reverse("quarantine") + "?q=%C3%A9t%C3%A9&motif=limit&tri=anciens").content)
    way = select(page, "a.held-subject")[0].get("href")
    page = parse(signed_in.get(way).content)
    wanted = reverse("quarantine") + "?q=%C3%A9t%C3%A9&motif=limit&tri=anciens"
    assert select(page, "a.portal-back")[0].get("href") == wanted
    for one in select(page, "#hold-state a"):
        assert select(parse(signed_in.get(one.get("href")).content), ".hold-form a")[0].get("href") == way
    forms = {one.get("action").rpartition("?")[0]: one.get("action") for one in select(page, "#hold-state form")}
    [delete] = [url for path, url in forms.items() if path.endswith("supprimer/")]
    assert signed_in.post(delete).url == wanted


@pytest.mark.parametrize("name", ["hold_release", "hold_delete", "hold_report"])
def test_somebody_was_faster(signed_in: Client, me: Agent, name: str) -> None:
    hold = make_hold(me.address, days_ago=20)
    page = signed_in.post(reverse(name, args=[hold.pk]), {"confirme": "oui"}, follow=True)
    assert "son délai de conservation est passé" in told(page)
    assert Hold.objects.get(pk=hold.pk).state == "held"


def test_no_subject_goes_into_the_journal(signed_in: Client, me: Agent) -> None:
    for name in ACTING:
        hold = make_hold(me.address, subject="Secretissime", from_name="Nom affiché", sender="ada@exemple.fr")
        signed_in.post(reverse(name, args=[hold.pk]), SENT)
    everything = str(list(JournalEntry.objects.values()))
    assert "Secretissime" not in everything
    assert "Nom affiché" not in everything
