from __future__ import annotations

from typing import Any

import pytest

from tests.zimbra.simulator.wire import Fault, Wire, create_contact

GROUP = (
    '<CreateContactRequest><cn l="7"><a n="type">group</a><a n="nickname">Conseil</a>'
    '<m type="I" value="x@y.fr"/><m type="C" value="{member}"/></cn></CreateContactRequest>'
)


def _get(agent: Wire, contact_id: str, more: str = "", inner: str = "") -> Any:
    request = f'<GetContactsRequest {more}><cn id="{contact_id}"/>{inner}</GetContactsRequest>'
    return agent.mail(request).find("cn")


def _attrs(element: Any) -> dict[str, str]:
    return {one.get("n"): one.text or "" for one in element.findall("a")}


def _refused(code: str) -> Any:
    return pytest.raises(Fault, match=code.replace(".", r"\."))


def test_a_contact_comes_back_with_its_attributes(agent: Wire) -> None:
    given = {"firstName": "Marie", "lastName": "Hoarau", "email": "m@x.fr", "maison": "champ à soi"}
    created = agent.mail(create_contact(**given)).find("cn")
    assert created.get("id") == "257"
    assert (created.get("l"), created.get("fileAsStr"), _attrs(created)) == ("7", "Hoarau, Marie", given)
    assert _attrs(_get(agent, "257")) == given


def test_without_verbose_only_the_id_comes_back(agent: Wire) -> None:
    answer = agent.mail(create_contact(lastName="Hoarau").replace("Request", 'Request verbose="0"', 1))
    assert dict(answer.find("cn").attrib) == {"id": "257"}


@pytest.mark.parametrize(
    "inner",
    [
        "",
        '<a n="">x</a>',
        '<a n="lastName"></a>',
        '<a n="groupMember">x</a>',
        '<a n="lastName" op="+">x</a>',
        "<a>x</a>",
        '<a n="lastName">x</a><m type="I" value="a@b.fr"/>',
        '<a n="type">group</a><m type="Z" value="a@b.fr"/>',
        f'<a n="{"x" * 101}">x</a>',
    ],
)
def test_what_is_no_contact_is_invalid(agent: Wire, inner: str) -> None:
    with _refused("service.INVALID_REQUEST"):
        agent.mail(f'<CreateContactRequest><cn l="7">{inner}</cn></CreateContactRequest>')


def test_a_request_without_cn_and_an_unknown_folder_are_refused(agent: Wire) -> None:
    with _refused("service.INVALID_REQUEST"):
        agent.mail("<CreateContactRequest/>")
    with _refused("mail.NO_SUCH_FOLDER"):
        agent.contact(folder="4242", lastName="x")


@pytest.mark.parametrize(
    ("attrs", "label"),
    [
        ({"firstName": "Marie", "lastName": "Hoarau", "fileAs": "2"}, "Marie Hoarau"),
        ({"firstName": "Marie", "lastName": "Hoarau", "company": "Rectorat", "fileAs": "3"}, "Rectorat"),
        (
            {"firstName": "Marie", "lastName": "Hoarau", "company": "Rectorat", "fileAs": "4"},
            "Hoarau, Marie (Rectorat)",
        ),
        ({"firstName": "Marie", "lastName": "Hoarau", "company": "Rectorat", "fileAs": "7"}, "Rectorat (Marie Hoarau)"),
        ({"lastName": "Hoarau", "fileAs": "8:La voisine"}, "La voisine"),
        ({"company": "Rectorat"}, "Rectorat"),
        ({"fullName": "Marie H."}, "Marie H."),
        ({"email": "m@x.fr"}, "m@x.fr"),
    ],
)
def test_a_contact_is_filed_as_it_asks(agent: Wire, attrs: dict[str, str], label: str) -> None:
    assert agent.mail(create_contact(**attrs)).find("cn").get("fileAsStr") == label


def test_a_group_keeps_its_members_and_resolves_them_on_demand(agent: Wire) -> None:
    member = agent.contact(lastName="Payet", email="p@x.fr")
    group = agent.mail(GROUP.format(member=member)).find("cn").get("id")
    found = _get(agent, group, 'derefGroupMember="1"').findall("m")
    assert [(one.get("type"), one.get("value")) for one in found] == [("I", "x@y.fr"), ("C", member)]
    assert _attrs(found[1].find("cn"))["email"] == "p@x.fr"
    with _refused("service.INVALID_REQUEST"):
        agent.mail('<GetContactsRequest derefGroupMember="1"/>')


def test_a_repeated_attribute_keeps_all_its_values(agent: Wire) -> None:
    agent.mail('<CreateContactRequest><cn><a n="notes">un</a><a n="notes">deux</a></cn></CreateContactRequest>')
    assert [one.text for one in _get(agent, "257").findall("a")] == ["un", "deux"]
    found = agent.json("GetContactsRequest", "urn:zimbraMail", {"cn": [{"id": "257"}]})
    assert found["cn"][0]["_attrs"]["notes"] == ["un", "deux"]


def test_contacts_are_listed_by_folder_sorted_and_reduced(agent: Wire) -> None:
    for name in ("Técher", "Boyer", "Payet"):
        agent.contact(lastName=name, email="x@y.fr")
    agent.contact(folder="13", lastName="Ailleurs")
    listed = agent.mail('<GetContactsRequest l="7" sortBy="nameAsc"><a n="email"/></GetContactsRequest>').findall("cn")
    assert [one.get("fileAsStr") for one in listed] == ["Boyer", "Payet", "Técher"]
    assert _attrs(listed[0]) == {"email": "x@y.fr"}
    assert len(agent.mail("<GetContactsRequest/>")) == 4
    with _refused("mail.NO_SUCH_FOLDER"):
        agent.mail('<GetContactsRequest l="4242"/>')


def test_contacts_by_id_as_a_list_and_a_missing_one(agent: Wire) -> None:
    ids = [agent.contact(lastName=name) for name in ("A", "B")]
    assert len(agent.mail(f'<GetContactsRequest><cn id="{",".join(ids)}"/></GetContactsRequest>')) == 2
    with _refused("mail.NO_SUCH_CONTACT"):
        _get(agent, "9999")
    with _refused("service.INVALID_REQUEST"):
        _get(agent, "abc")


def test_modify_merges_removes_and_replaces(agent: Wire) -> None:
    contact = agent.contact(firstName="Marie", lastName="Hoarau", notes="x")

    def modify(inner: str, more: str = "") -> dict[str, str]:
        request = f'<ModifyContactRequest {more}><cn id="{contact}">{inner}</cn></ModifyContactRequest>'
        return _attrs(agent.mail(request).find("cn"))

    assert modify('<a n="lastName">Payet</a><a n="notes"></a>') == {"firstName": "Marie", "lastName": "Payet"}
    assert modify('<a n="company">Rectorat</a>', 'replace="1"') == {"company": "Rectorat"}


def test_modify_changes_the_members_of_a_group(agent: Wire) -> None:
    member = agent.contact(lastName="Payet")
    group = agent.mail(GROUP.format(member=member)).find("cn").get("id")
    answer = agent.mail(
        f'<ModifyContactRequest><cn id="{group}"><m op="-" type="I" value="x@y.fr"/>'
        '<m op="+" type="I" value="z@y.fr"/></cn></ModifyContactRequest>'
    )
    assert [one.get("value") for one in answer.findall("cn/m")] == [member, "z@y.fr"]


def test_actions_move_trash_tag_and_delete(agent: Wire) -> None:
    contact = agent.contact(lastName="Hoarau")

    def act(op: str, more: str = "") -> Any:
        return agent.mail(f'<ContactActionRequest><action op="{op}" id="{contact}" {more}/></ContactActionRequest>')

    act("move", 'l="13"')
    assert _get(agent, contact).get("l") == "13"
    act("tag", 'tn="Collègues"')
    assert _get(agent, contact).get("tn") == "Collègues"
    act("!tag", 'tn="Collègues"')
    assert _get(agent, contact).get("tn") is None
    act("trash")
    assert _get(agent, contact).get("l") == "3"
    assert act("delete").find("action").get("id") == contact
    assert act("delete").find("action").get("id") == ""
    with _refused("mail.NO_SUCH_CONTACT"):
        act("move", 'l="7"')


def test_an_action_on_another_kind_or_an_unknown_one_is_refused(agent: Wire) -> None:
    contact = agent.contact(lastName="Hoarau")
    with _refused("service.INVALID_REQUEST"):
        agent.mail(f'<ContactActionRequest><action op="danser" id="{contact}"/></ContactActionRequest>')
    with _refused("mail.NO_SUCH_MSG"):
        agent.mail(f'<MsgActionRequest><action op="trash" id="{contact}"/></MsgActionRequest>')
    with _refused("mail.NO_SUCH_FOLDER"):
        agent.mail(f'<ItemActionRequest><action op="move" l="4242" id="{contact}"/></ItemActionRequest>')


def test_ids_only_grow_even_after_a_deletion(agent: Wire) -> None:
    first = agent.contact(lastName="A")
    agent.mail(f'<ItemActionRequest><action op="delete" id="{first}"/></ItemActionRequest>')
    assert int(agent.contact(lastName="B")) > int(first)


def test_beyond_the_limit_contacts_are_refused_and_room_is_found_again(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraContactMaxNumEntries="2")
    batch = create_contact(lastName="x").replace("Request", 'Request xmlns="urn:zimbraMail"', 1) * 3
    answer = agent.soap(f'<BatchRequest xmlns="urn:zimbra">{batch}</BatchRequest>')
    assert [one.tag for one in answer] == ["CreateContactResponse", "CreateContactResponse", "Fault"]
    assert answer.findtext("Fault/Detail/Error/Code") == "mail.TOO_MANY_CONTACTS"
    agent.mail('<ItemActionRequest><action op="delete" id="257"/></ItemActionRequest>')
    agent.contact(lastName="y")
    with _refused("mail.TOO_MANY_CONTACTS"):
        agent.contact(lastName="z")


def test_csv_makes_contacts_groups_and_tags(agent: Wire) -> None:
    text = 'lastName,email,type,nickname,dlist,tags\n"Hoarau, M.",m@x.fr,,,,Ami\n,,group,Conseil,"a@b.fr, c@d.fr",\n'
    answer = agent.mail(f'<ImportContactsRequest ct="csv" l="7"><content>{text}</content></ImportContactsRequest>')
    found = answer.find("cn")
    assert found.get("n") == "2"
    ids = found.get("ids").split(",")
    assert _get(agent, ids[0]).get("tn") == "Ami"
    assert [one.get("value") for one in _get(agent, ids[1]).findall("m")] == ["a@b.fr", "c@d.fr"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2,3", 'a,b\n"1,2'])
def test_bad_csv_is_told(agent: Wire, text: str) -> None:
    with _refused("mail.UNABLE_TO_IMPORT_CONTACTS") as fault:
        agent.mail(f'<ImportContactsRequest ct="csv"><content>{text}</content></ImportContactsRequest>')
    assert fault.value.side == "soap:Receiver"


def test_only_csv_is_imported_by_soap(agent: Wire) -> None:
    with _refused("service.INVALID_REQUEST"):
        agent.mail('<ImportContactsRequest ct="vcf"><content>x</content></ImportContactsRequest>')


def test_a_vcard_inside_the_request_is_read_by_the_servers_rules(agent: Wire) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Marie Hoarau\nN:Hoarau;Marie;;;\nEMAIL;TYPE=work:m@x.fr\nEND:VCARD\n"
    answer = agent.mail(f'<CreateContactRequest><cn l="7"><vcard>{card}</vcard></cn></CreateContactRequest>')
    found = _attrs(answer.find("cn"))
    assert found == {"fullName": "Marie Hoarau", "lastName": "Hoarau", "firstName": "Marie", "email": "m@x.fr"}
    with _refused("service.PARSE_ERROR"):
        agent.mail("<CreateContactRequest><cn><vcard>BEGIN:VCARD\nrien\n</vcard></cn></CreateContactRequest>")
