from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import notices, sentences
from accounts.models import Agent, JournalEntry, Notice
from bascule import checklist, standings
from bascule.help_desk.catalogue import ACTS
from bascule.models import Deposit, Import, Replay, StepState, WaveAssignment
from boxes.models import Delegation
from tests.bascule.help_desk.conftest import CARDS, hand_over, signed_in
from tests.factories import assign, give_access, make_agent, make_shared_box, make_wave
from tests.pages import parse, text

pytestmark = pytest.mark.django_db

WHY = "demandé par téléphone, ticket 1234"


def make_import(agent: Agent, **fields) -> Import:
    values = {"kind": "contacts", "name": "Amis", "folder_name": "Contacts", "total": 4}
    return Import.objects.create(agent=agent, **(values | fields))


def failed_notice(agent: Agent) -> Notice:
    notice = notices.notify(agent, kind="test", title="Un rappel", by_mail=True)
    Notice.objects.filter(pk=notice.pk).update(mail_state=Notice.Mail.FAILED)
    return notice


def unreadable(agent: Agent) -> Deposit:
    return hand_over(agent, b"BEGIN:VCARD\r\n", "casse.vcf")


def moved(agent: Agent) -> str:
    Agent.objects.filter(pk=agent.pk).update(migrated_at="2026-05-02T08:00:00Z")
    return ""


def to_wave(agent: Agent) -> int:
    standings.refresh([agent])
    return make_wave(name="Octobre").pk


def by_hand(agent: Agent) -> str:
    assign(agent, make_wave(name="Volontaires"))
    standings.refresh([agent])
    return ""


def done_step(agent: Agent) -> str:
    checklist.mark_done(agent=agent, step="export-contacts", by=agent)
    return "export-contacts"


# Of each act: what it is done to, the action of the journal, what the person reads.
CASES: dict[str, tuple[Callable[[Agent], object], str, str]] = {
    "etape-faite": (lambda agent: "export-contacts", "step.done", "comme faite"),
    "etape-sans-objet": (lambda agent: "export-contacts", "step.not_concerned", "ne vous concerne pas"),
    "etape-a-faire": (done_step, "step.reopened", "a remis à faire"),
    "relancer-import": (lambda agent: make_import(agent, state="failed").pk, "import.resumed", "a relancé l’import"),
    "annuler-import": (lambda agent: make_import(agent, state="done").pk, "import.undo_started", "l’annulation"),
    "relancer-envoi": (
        lambda agent: Replay.objects.create(agent=agent, kind="signature", plan=b"", total=1, state="failed").pk,
        "replay.resumed",
        "a relancé l’envoi",
    ),
    "relire-fichier": (lambda agent: unreadable(agent).pk, "deposit.read_again", "a fait relire votre fichier"),
    "renvoyer-courriel": (lambda agent: failed_notice(agent).pk, "notice.sent_again", "a fait renvoyer"),
    "note-transfert": (lambda agent: "", "agent.migrated", "est transférée"),
    "annule-transfert": (moved, "agent.not_migrated", "par erreur"),
    "ferme-sessions": (lambda agent: "", "account.sessions_ended", "a fermé toutes vos sessions"),
    "changer-vague": (to_wave, "wave.person_moved", "dans la vague « Octobre »"),
    "suivre-regles": (by_hand, "wave.person_follows", "que donne le planning"),
}


def ask(client, agent: Agent, act: str, thing: object = "", reason: str = WHY):
    return client.post(reverse("help_desk_act", args=[agent.pk, act]), {"objet": thing, "motif": reason})


def test_every_act_has_a_case() -> None:
    assert set(CASES) == set(ACTS)


@pytest.mark.parametrize("act", CASES)
def test_act_is_said_before_done_journalled_and_told(act, desk, staff, person) -> None:
    prepare, action, told = CASES[act]
    thing = prepare(person)
    before = Notice.objects.filter(recipient=person, kind="help.acted").count()
    page = desk.get(reverse("help_desk_act", args=[person.pk, act]), {"objet": thing})
    assert "Ce qui va se passer" in text(parse(page.content))
    assert not JournalEntry.objects.filter(action=action, actor=staff.address).exists()
    answer = ask(desk, person, act, thing)
    assert answer.status_code == 302
    (entry,) = JournalEntry.objects.filter(action=action, actor=staff.address)
    assert entry.subject == person.address
    assert sentences.on_behalf_of(entry) == person.address
    assert sentences.reason(entry) == WHY
    notice = Notice.objects.filter(recipient=person, kind="help.acted").latest("pk")
    assert Notice.objects.filter(recipient=person, kind="help.acted").count() == before + 1
    for part in (staff.full_name, staff.address, told, WHY, "assistance@"):
        assert part in notice.body
    # A second time it is so already, and nobody is told again.
    ask(desk, person, act, thing)
    told_again = Notice.objects.filter(recipient=person, kind="help.acted").count() - before - 1
    assert told_again == (1 if act == "ferme-sessions" else 0)


@pytest.mark.parametrize("act", CASES)
def test_act_is_refused_to_whoever_may_not(act, desk, staff, person) -> None:
    prepare, action, _ = CASES[act]
    other = make_agent()
    thing = prepare(person)
    wrong = {
        "a stranger": (signed_in(make_agent()), person, WHY, 404),
        "the person": (signed_in(person), person, WHY, 404),
        "without a reason": (desk, person, " abc ", 422),
    }
    if thing and act not in ("changer-vague", "etape-faite", "etape-sans-objet", "etape-a-faire"):
        wrong["on somebody else’s thing"] = (desk, other, WHY, 404)
    for name, (client, agent, reason, status) in wrong.items():
        assert ask(client, agent, act, thing, reason).status_code == status, name
    Agent.objects.filter(pk=staff.pk).update(is_active=True)
    Agent.objects.filter(pk=person.pk).update(is_active=False)
    assert ask(desk, person, act, thing).status_code == 302
    assert not JournalEntry.objects.filter(action=action, actor=staff.address).exists()
    assert not Notice.objects.filter(kind="help.acted").exists()


def test_rights_are_looked_at_again_when_it_is_done(staff, person) -> None:
    from bascule.help_desk.acts import perform
    from bascule.help_desk.errors import NotThere, OwnPage

    act = ACTS["etape-faite"]
    with pytest.raises(OwnPage):
        perform(act=act, prepared=act.prepare(staff, "export-contacts"), agent=staff, reason=WHY, by=staff)
    Agent.objects.filter(pk=staff.pk).update(is_staff=False)
    with pytest.raises(NotThere):
        perform(act=act, prepared=act.prepare(person, "export-contacts"), agent=person, reason=WHY, by=staff)
    assert not StepState.objects.exists()


@pytest.mark.parametrize("thing", ["", "no-such-step", "\0", "9" * 40])
def test_rubbish_in_the_place_of_a_thing_is_not_there(desk, person, thing) -> None:
    for act in ("etape-faite", "relancer-import", "relire-fichier", "changer-vague"):
        assert ask(desk, person, act, thing).status_code == 404


def test_what_cannot_be_done_is_said_instead_of_a_form(desk, person, deposit) -> None:
    make_import(person, state="done", collection=deposit.collections.get())
    refused = {
        ("etape-faite", "check-mailbox"): "pas encore transférée",
        ("relancer-import", make_import(person, state="done").pk): "n’attend plus rien",
        ("relire-fichier", deposit.pk): "Un import s’appuie",
        ("annule-transfert", ""): "n’est pas notée comme transférée",
    }
    for (act, thing), said in refused.items():
        page = desk.get(reverse("help_desk_act", args=[person.pk, act]), {"objet": thing})
        assert said in text(parse(page.content)), act
        ask(desk, person, act, thing)
    assert not Notice.objects.filter(kind="help.acted").exists()


def test_a_colleague_may_be_helped_like_anybody(desk, colleague) -> None:
    ask(desk, colleague, "etape-faite", "export-contacts")
    assert StepState.objects.get(agent=colleague).state == "done"


def test_noting_the_move_opens_what_waited(desk, person, django_capture_on_commit_callbacks) -> None:
    access = give_access(make_shared_box(), person)
    with django_capture_on_commit_callbacks(execute=True):
        ask(desk, person, "note-transfert")
    access.refresh_from_db()
    assert access.state == Delegation.State.ACTIVE


def test_ended_sessions_are_gone_everywhere_and_one_can_sign_in_again(desk, person) -> None:
    client = signed_in(person)
    assert client.get(reverse("home")).status_code == 200
    ask(desk, person, "ferme-sessions")
    assert client.get(reverse("home")).status_code == 302
    person.refresh_from_db()
    assert signed_in(person).get(reverse("home")).status_code == 200


def test_into_another_wave_and_back(desk, person) -> None:
    make_wave("first-degree", name="Premier degré")
    number = to_wave(person)
    ask(desk, person, "changer-vague", number)
    row = WaveAssignment.objects.get(agent=person)
    assert (row.wave_id, row.reason) == (number, WHY)
    ask(desk, person, "suivre-regles")
    assert not WaveAssignment.objects.exists()


def test_a_file_read_again_is_as_if_it_had_just_come(desk, person, deposit) -> None:
    ask(desk, person, "relire-fichier", deposit.pk)
    deposit.refresh_from_db()
    assert (deposit.state, deposit.attempts, deposit.items_in) == ("received", 0, 0)
    assert not deposit.collections.exists()


def hand_in(client, agent: Agent, reason: str = WHY, data: bytes = CARDS):
    files = [SimpleUploadedFile("carnet.vcf", data)]
    return client.post(reverse("help_desk_deposit", args=[agent.pk]), {"files": files, "motif": reason})


def test_a_file_is_handed_in_for_somebody_once(desk, staff, person) -> None:
    assert "Déposer un fichier" in text(parse(desk.get(reverse("help_desk_deposit", args=[person.pk])).content))
    assert hand_in(desk, person).status_code == 302
    deposit = Deposit.objects.get(agent=person)
    entry = JournalEntry.objects.get(action="deposit.received")
    assert (entry.actor, sentences.on_behalf_of(entry), sentences.reason(entry)) == (staff.address, person.address, WHY)
    assert "« carnet.vcf »" in Notice.objects.get(recipient=person, kind="help.acted").body
    assert io.BytesIO(CARDS).getbuffer().nbytes == deposit.size
    # The same once more, a reason too short, an empty file: nothing is taken, nobody is told.
    assert hand_in(desk, person).status_code == 422
    assert hand_in(desk, person, reason="", data=CARDS + b"\r\n").status_code == 422
    assert hand_in(desk, person, data=b"").status_code == 422
    assert hand_in(signed_in(person), person, data=CARDS + b"\r\n").status_code == 404
    assert Deposit.objects.count() == Notice.objects.filter(kind="help.acted").count() == 1
