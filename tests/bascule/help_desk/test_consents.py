from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from bascule.help_desk import consents
from bascule.help_desk.errors import HasLeft, NoReason, NotThere, OwnPage, Refused
from bascule.models import CapturedRule, ContentConsent, ContentOpening, Deposit
from tests.bascule.help_desk.conftest import CARDS, SECRET, hand_over, signed_in
from tests.factories import make_agent
from tests.pages import parse, text

pytestmark = pytest.mark.django_db

WHY = "import qui échoue, ticket 77"
State = ContentConsent.State


def ask(person: Agent, by: Agent, deposit: Deposit | None = None, **fields) -> ContentConsent:
    return consents.ask(agent=person, deposit=deposit, by=by, **({"originals": False, "reason": WHY} | fields))


def pages(deposit: Deposit) -> dict[str, str]:
    """Every address that shows contents of the file."""
    agent, number = deposit.agent_id, deposit.pk
    return {
        "file": reverse("help_desk_file", args=[agent, number]),
        "collection": reverse("help_desk_collection", args=[agent, number, 0]),
        "item": reverse("help_desk_item", args=[agent, number, 0, 0]),
    }


def opens(client, deposit: Deposit) -> bool:
    """Whether the pages show what is in the file: all of them, or none, and then nothing leaks."""
    seen = set()
    for address in pages(deposit).values():
        answer = client.get(address)
        seen |= {answer.status_code, client.head(address).status_code}
        told = answer.content.decode() + str(answer.headers) + str(answer.cookies)
        assert (SECRET in told) is (answer.status_code == 200)
    assert len(seen) == 1
    return seen == {200}


def test_nothing_opens_without_leave_whoever_asks(desk, person, deposit, colleague) -> None:
    assert not opens(desk, deposit)
    assert desk.get(pages(deposit)["file"], follow=True).status_code == 200
    for client in (signed_in(person), signed_in(make_agent())):
        assert {client.get(address).status_code for address in pages(deposit).values()} == {404}
    assert not ContentOpening.objects.exists()


def test_leave_opens_one_file_to_one_of_staff_and_each_look_is_told(desk, staff, colleague, person, deposit) -> None:
    other = hand_over(person, CARDS.replace(b"mr.grondin", b"rose"), "autre.vcf")
    row = ask(person, staff, deposit)
    assert not opens(desk, deposit)
    consents.grant(consent=row, span="24h", originals=True, by=person)
    assert opens(desk, deposit)
    assert not opens(desk, other)
    assert not opens(signed_in(colleague), deposit)
    # What was not asked for is not given: the original stays here.
    answer = desk.get(reverse("help_desk_original", args=[person.pk, deposit.pk]))
    assert answer.status_code == 302
    seen = signed_in(person).get(reverse("consents")).content.decode()
    told = text(parse(seen.encode()))
    assert f"Consulté par {staff.full_name} le" in told
    assert ContentOpening.objects.count() == JournalEntry.objects.filter(action="help.content_opened").count()
    assert set(ContentOpening.objects.values_list("part", flat=True)) == {"file", "collection", "item"}


def test_leave_for_all_files_and_the_original(desk, staff, person, deposit) -> None:
    row = ask(person, staff, originals=True)
    consents.grant(consent=row, span="3j", originals=True, by=person)
    row.refresh_from_db()
    assert row.until > timezone.now() + timedelta(days=2, hours=23)
    assert opens(desk, deposit)
    answer = desk.get(reverse("help_desk_original", args=[person.pk, deposit.pk]))
    assert b"".join(answer.streaming_content) == CARDS
    # The address of somebody else's page does not lead to the file.
    assert desk.get(reverse("help_desk_file", args=[make_agent().pk, deposit.pk])).status_code == 404


def end(how: str, row: ContentConsent, person: Agent, staff: Agent) -> None:
    match how:
        case "expired":
            ContentConsent.objects.filter(pk=row.pk).update(until=timezone.now() - timedelta(seconds=1))
        case "withdrawn":
            consents.withdraw(consent=row, by=person)
        case "let go":
            consents.cancel(consent=row, by=staff)
        case "no staff any more":
            Agent.objects.filter(pk=staff.pk).update(is_staff=False)


@pytest.mark.parametrize("how", ["expired", "withdrawn", "let go"])
def test_leave_that_is_over_opens_nothing(how, desk, staff, person, deposit) -> None:
    row = ask(person, staff, deposit)
    consents.grant(consent=row, span="24h", originals=False, by=person)
    end(how, row, person, staff)
    assert not opens(desk, deposit)
    with pytest.raises(NotThere):
        consents.open_part(deposit=deposit, part=consents.Part.FILE, by=staff)


def test_leave_goes_with_the_right_to_these_pages(staff, person, deposit) -> None:
    row = ask(person, staff, deposit)
    consents.grant(consent=row, span="24h", originals=False, by=person)
    end("no staff any more", row, person, staff)
    with pytest.raises(NotThere):
        consents.open_part(deposit=deposit, part=consents.Part.FILE, by=staff)


def test_leave_for_a_file_that_is_deleted_opens_no_other(desk, staff, person, deposit) -> None:
    row = ask(person, staff, deposit)
    consents.grant(consent=row, span="24h", originals=False, by=person)
    deposit.delete()
    assert not opens(desk, hand_over(person, CARDS.replace(b"mr.grondin", b"rose"), "autre.vcf"))


def test_rules_and_signatures_changed_since_are_not_in_the_file(desk, staff, person) -> None:
    script = b'require ["fileinto"];\nif header :contains "subject" "paie" { fileinto "Paie"; }\n'
    deposit = hand_over(person, script, "regles.sieve")
    consents.grant(consent=ask(person, staff, deposit), span="24h", originals=False, by=person)
    address = pages(deposit)["file"]
    assert "paie" in text(parse(desk.get(address).content))
    rule = CapturedRule.objects.get(deposit=deposit)
    rule.save()
    shown = text(parse(desk.get(address).content))
    assert "paie" not in shown
    assert "n’est pas montré" in shown


def test_request_tells_the_person_who_and_why_and_the_answer_comes_back(desk, staff, person, deposit) -> None:
    way = reverse("help_desk_consent_ask", args=[person.pk])
    assert "carnet.vcf" in text(parse(desk.get(way, {"fichier": deposit.pk}).content))
    desk.post(way, {"fichier": deposit.pk, "motif": WHY, "original": "oui"})
    row = ContentConsent.objects.get()
    notice = Notice.objects.get(recipient=person, kind="help.consent_asked")
    assert staff.full_name in notice.body
    assert WHY in notice.body
    assert notice.mail_state == Notice.Mail.WAITING
    assert notice.link == reverse("consent_answer", args=[row.pk])
    client = signed_in(person)
    assert WHY in text(parse(client.get(notice.link).content))
    client.post(notice.link, {"reponse": "accord", "duree": "3j"})
    row.refresh_from_db()
    assert (row.state, row.originals) == (State.GRANTED, False)
    assert "accordée" in Notice.objects.get(recipient=staff).title
    # The notice leads to the list from then on.
    assert client.get(notice.link).url == reverse("consents")
    client.post(reverse("consent_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN
    actions = JournalEntry.objects.filter(action__startswith="help.consent").values_list("action", flat=True)
    assert set(actions) == {"help.consent_asked", "help.consent_granted", "help.consent_withdrawn"}


def test_only_the_person_answers_and_only_once(desk, staff, person, deposit) -> None:
    row = ask(person, staff, deposit)
    answer = reverse("consent_answer", args=[row.pk])
    for client in (desk, signed_in(make_agent())):
        assert client.post(answer, {"reponse": "accord", "duree": "24h"}).status_code == 404
        assert client.post(reverse("consent_withdraw", args=[row.pk])).status_code == 404
    client = signed_in(person)
    for bad in ("", "pour toujours", "\0"):
        client.post(answer, {"reponse": "accord", "duree": bad})
    row.refresh_from_db()
    assert row.state == State.ASKED
    client.post(answer, {"reponse": "refus"})
    client.post(answer, {"reponse": "accord", "duree": "24h"})
    row.refresh_from_db()
    assert row.state == State.REFUSED
    assert not opens(desk, deposit)


def test_a_request_nobody_answered_is_over(staff, person, deposit) -> None:
    row = ask(person, staff, deposit)
    ContentConsent.objects.filter(pk=row.pk).update(asked_at=timezone.now() - timedelta(days=15))
    with pytest.raises(Refused, match="n’est plus valable"):
        consents.grant(consent=row, span="24h", originals=False, by=person)
    # Another one takes its place.
    assert ask(person, staff, deposit).pk != row.pk


def test_requests_are_bounded_and_need_a_reason_and_somebody_there(staff, colleague, person, deposit) -> None:
    with pytest.raises(NoReason):
        ask(person, staff, deposit, reason="aide")
    with pytest.raises(OwnPage):
        ask(staff, staff)
    with pytest.raises(HasLeft):
        ask(make_agent(is_active=False), staff)
    with pytest.raises(NotThere):
        ask(make_agent(), staff, deposit)
    ask(person, staff, deposit)
    with pytest.raises(Refused, match="déjà fait cette demande"):
        ask(person, staff, deposit)
    ask(person, staff)
    with pytest.raises(Refused, match="déjà fait cette demande"):
        ask(person, staff)
    for _ in range(3):
        row = ask(person, colleague)
        consents.refuse(consent=row, by=person)
    for _ in range(2):
        consents.refuse(consent=ask(person, colleague), by=person)
    with pytest.raises(Refused, match="plusieurs demandes"):
        ask(person, colleague)


def test_staff_let_go_of_their_own_request_only(desk, staff, colleague, person, deposit) -> None:
    row = ask(person, colleague, deposit)
    way = reverse("help_desk_consent_cancel", args=[person.pk, row.pk])
    assert desk.post(way).status_code == 404
    signed_in(colleague).post(way)
    row.refresh_from_db()
    assert row.state == State.CANCELLED
