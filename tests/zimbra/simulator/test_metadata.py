from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.each import each
from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import Wire


def pairs(answer: Any) -> dict[str, str]:
    return {one.get("n"): one.text for one in answer.findall("meta/a")}


def of_mailbox(wire: Wire, verb: str, section: str = "zwc:etat", **values: str) -> Any:
    given = "".join(f'<a n="{name}">{value}</a>' for name, value in values.items())
    return wire.mail(
        f'<{verb}MailboxMetadataRequest><meta section="{section}">{given}</meta></{verb}MailboxMetadataRequest>'
    )


def custom(wire: Wire, verb: str, item: str, section: str = "etat", **values: str) -> Any:
    given = "".join(f'<a n="{name}">{value}</a>' for name, value in values.items())
    body = f'<{verb}CustomMetadataRequest id="{item}"><meta section="{section}">{given}</meta>'
    return wire.mail(f"{body}</{verb}CustomMetadataRequest>")


def contact(wire: Wire) -> str:
    created = wire.mail('<CreateContactRequest><cn><a n="lastName">Payet</a></cn></CreateContactRequest>')
    return str(created.find("cn").get("id"))


def test_metadata_of_a_mailbox_are_changed_value_by_value_or_all_at_once(agent: Wire) -> None:
    assert pairs(of_mailbox(agent, "Get")) == {}
    of_mailbox(agent, "Set", etape="2", vu="oui")
    of_mailbox(agent, "Modify", etape="3", vu="", fait="non")
    found = of_mailbox(agent, "Get")
    assert found.find("meta").get("section") == "zwc:etat"
    assert pairs(found) == {"etape": "3", "fait": "non"}
    of_mailbox(agent, "Set", etape="4")
    assert pairs(of_mailbox(agent, "Get")) == {"etape": "4"}
    assert pairs(of_mailbox(agent, "Get", "zwc:autre")) == {}


def test_metadata_of_a_mailbox_in_json_are_attributes(agent: Wire) -> None:
    section = {"section": "bes:json", "_attrs": {"un": "1"}}
    agent.json("SetMailboxMetadataRequest", "urn:zimbraMail", {"meta": section})
    found = agent.json("GetMailboxMetadataRequest", "urn:zimbraMail", {"meta": {"section": "bes:json"}})
    assert found["meta"] == [section]


@each("section", ["", "  ", "sansdeuxpoints", ":zwc", "zwc:" + "y" * 33])
def test_section_of_a_mailbox_that_cannot_be_one_is_refused(agent: Wire, section: str) -> None:
    for verb in ("Set", "Modify", "Get"):
        with refused("service.INVALID_REQUEST"):
            of_mailbox(agent, verb, section, un="1")


def test_metadata_of_a_mailbox_are_for_programs_the_server_knows(agent: Wire) -> None:
    with refused("service.FAILURE"):
        of_mailbox(agent, "Set", "portail:etat", un="1")


def test_metadata_of_a_mailbox_are_set_with_values_and_changed_by_some(agent: Wire) -> None:
    of_mailbox(agent, "Set", un="1")
    with refused("service.INVALID_REQUEST"):
        of_mailbox(agent, "Set", un="")
    with refused("service.INVALID_REQUEST"):
        of_mailbox(agent, "Modify")
    with refused("mail.TOO_MUCH_METADATA"):
        of_mailbox(agent, "Modify", deux="x" * 33_000)
    assert pairs(of_mailbox(agent, "Get")) == {"un": "1"}
    of_mailbox(agent, "Set")
    assert pairs(of_mailbox(agent, "Get")) == {}


def test_metadata_of_an_item_stay_with_it_and_go_with_it(agent: Wire) -> None:
    one, two = contact(agent), contact(agent)
    custom(agent, "Set", one, origine="Convergence")
    custom(agent, "Set", one, "autre", vu="oui")
    found = custom(agent, "Get", one)
    assert (found.get("id"), pairs(found)) == (one, {"origine": "Convergence"})
    assert pairs(custom(agent, "Get", two)) == {}
    custom(agent, "Set", one)
    assert pairs(custom(agent, "Get", one)) == {}
    assert pairs(custom(agent, "Get", one, "autre")) == {"vu": "oui"}
    agent.mail(f'<ItemActionRequest><action op="delete" id="{one}"/></ItemActionRequest>')
    with refused("mail.NO_SUCH_ITEM"):
        custom(agent, "Get", one)


def test_metadata_of_an_item_have_a_length(agent: Wire) -> None:
    one = contact(agent)
    custom(agent, "Set", one, "a", long="x" * 9000)
    with refused("mail.TOO_MUCH_METADATA"):
        custom(agent, "Set", one, "b", long="x" * 9000)
    custom(agent, "Set", one, "a", long="y" * 9000)
    assert pairs(custom(agent, "Get", one, "a")) == {"long": "y" * 9000}


def test_metadata_of_what_another_shares_take_the_rights_of_the_folder(
    owner: Person, member: Person, person: Callable[..., Person]
) -> None:
    item = f"{owner.id}:{contact(owner.wire)}"
    owner.grant("7", member.address, "r")
    custom(owner.wire, "Set", item, vu="oui")
    assert pairs(custom(member.wire, "Get", item)) == {"vu": "oui"}
    with refused("service.PERM_DENIED"):
        custom(member.wire, "Set", item, vu="non")
    stranger = person()
    with refused("service.PERM_DENIED"):
        custom(stranger.wire, "Get", item)
    context = f'<account by="id">{owner.id}</account>'
    body = '<GetMailboxMetadataRequest><meta section="zwc:etat"/></GetMailboxMetadataRequest>'
    with refused("service.PERM_DENIED"):
        member.mail(body, context=context)
