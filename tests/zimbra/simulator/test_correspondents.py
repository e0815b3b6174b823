from __future__ import annotations

from collections.abc import Callable

from tests.each import each
from tests.zimbra.simulator.mails import send
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.mail.correspondents import name_fields


@each(
    ("display", "fields"),
    [
        ("Marie Martin", {"firstName": "Marie", "lastName": "Martin", "fullName": "Marie Martin"}),
        ("Martin, Marie Anne", {"lastName": "Martin", "firstName": "Marie", "middleName": "Anne"}),
        ("Mme Léa de la Fontaine", {"namePrefix": "Mme", "firstName": "Léa", "lastName": "de la Fontaine"}),
        ("Vie Scolaire 3e", {"firstName": "Vie", "middleName": "Scolaire", "lastName": "3e"}),
        ("Secrétariat", {"firstName": "Secrétariat", "fullName": "Secrétariat"}),
        ("", {"firstName": "marie", "lastName": "martin", "fullName": "marie martin"}),
        (",", {"firstName": ",", "fullName": ","}),
    ],
)
def test_name_is_taken_apart(display: str, fields: dict[str, str]) -> None:
    found = name_fields(display, "marie.martin@exemple.fr")
    assert {name: found.get(name) for name in fields} == fields
    assert found["email"] == "marie.martin@exemple.fr"


def test_address_without_a_name_or_a_dot_gives_a_first_name_only() -> None:
    assert name_fields("contact@exemple.fr", "contact@exemple.fr") == {
        "firstName": "contact",
        "email": "contact@exemple.fr",
    }


def remembered(wire: Wire) -> list[str]:
    answer = wire.mail('<GetContactsRequest l="13"/>')
    return sorted(a.text for cn in answer for a in cn if a.get("n") == "email")


def test_whom_one_writes_to_becomes_a_contact_once(agent: Wire) -> None:
    agent.contact(email="connu@exemple.fr")
    send(agent, "Nouveau.Venu@exemple.fr,connu@exemple.fr", inner="<e t='b' a='cache@exemple.fr' p='Le Caché'/>")
    send(agent, "nouveau.venu@EXEMPLE.fr", request=' noSave="1"')
    assert remembered(agent) == ["Nouveau.Venu@exemple.fr", "cache@exemple.fr"]


def test_nobody_becomes_a_contact_against_ones_wish(person: Callable[..., Person]) -> None:
    agent = person(zimbraPrefAutoAddAddressEnabled="FALSE").wire
    send(agent, "nouveau@exemple.fr")
    assert remembered(agent) == []


def test_mail_sent_for_another_account_makes_no_contact(owner: Person, member: Person) -> None:
    ace = f'<ace gt="usr" d="{member.address}" right="sendOnBehalfOf"/>'
    owner.wire.soap(f'<GrantRightsRequest xmlns="urn:zimbraAccount">{ace}</GrantRightsRequest>')
    context = f'<account by="name">{owner.address}</account>'
    send(member.wire, "nouveau@exemple.fr", context=context)
    assert remembered(owner.wire) == remembered(member.wire) == []


def test_contact_that_does_not_fit_stops_no_mail(person: Callable[..., Person]) -> None:
    agent = person(zimbraContactMaxNumEntries="1").wire
    assert send(agent, "un@exemple.fr,deux@exemple.fr").get("id")
    assert remembered(agent) == ["un@exemple.fr"]


def test_many_correspondents_are_looked_for_at_once(agent: Wire) -> None:
    agent.contact(email="moi@exemple.fr", email2="P149@exemple.fr")
    send(agent, ",".join(f"p{number}@exemple.fr" for number in range(150)))
    assert sorted(remembered(agent)) == sorted(f"p{number}@exemple.fr" for number in range(149))
