from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.people import Person, refused
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


@each(
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
    assert [(one.get("type"), one.get("value")) for one in found] == [("C", member), ("I", "x@y.fr")]
    assert _attrs(found[0].find("cn"))["email"] == "p@x.fr"
    (reduced,) = _get(agent, group, 'derefGroupMember="1"', '<ma n="lastName"/>').findall("m/cn")
    assert _attrs(reduced) == {"lastName": "Payet"}
    # As they were given when nobody is looked up.
    assert [one.get("type") for one in _get(agent, group).findall("m")] == ["I", "C"]
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


@pytest.mark.parametrize("contact_id", ["", "   ", "x"])
def test_an_id_that_is_none_is_invalid(owner: Person, contact_id: str) -> None:
    with refused("service.INVALID_REQUEST"):
        owner.contacts(contact_id)


def test_an_id_has_no_blanks_round_it(owner: Person) -> None:
    contact = owner.wire.contact(lastName="Hoarau")
    for written in (f"  {contact}", f"{contact}  "):
        with refused("service.INVALID_REQUEST"):
            owner.contacts(written)


@each("choice", ["10", "-1", "0", "9", "x"])
def test_a_way_of_filing_that_is_none_is_invalid(owner: Person, choice: str) -> None:
    with refused("service.INVALID_REQUEST"):
        owner.wire.contact(lastName="Hoarau", fileAs=choice)


@pytest.mark.parametrize("name", ["homeURL", "otherUrl", "workUrl"])
def test_an_address_that_would_run_is_shown_blocked(owner: Person, name: str) -> None:
    contact = owner.wire.contact(lastName="Hoarau", **{name: "JavaScript:alert(1)//"})
    (found,) = owner.contacts(contact)
    assert _attrs(found)[name] == "JAVASCRIPT-BLOCKED:alert(1)//"


def _uploaded(owner: Person, data: bytes, content_type: str = "image/jpeg") -> str:
    """The id of an uploaded file."""
    headers = {"Content-Type": content_type, "Content-Disposition": 'attachment; filename="photo.jpg"'}
    headers["Cookie"] = f"ZM_AUTH_TOKEN={owner.wire.token}"
    _, _, answer = owner.wire.send("POST", "/service/upload?fmt=raw", data, headers)
    return answer.decode().rpartition(",")[2].strip().strip("'")


def test_a_picture_must_be_one(owner: Person) -> None:
    aid = _uploaded(owner, b"du texte")
    with refused("mail.INVALID_IMAGE"):
        owner.mail(f'<CreateContactRequest><cn><a n="image" aid="{aid}"/></cn></CreateContactRequest>')


def _files(contact: Any) -> dict[str, tuple[str, str]]:
    return {one.get("n"): (one.get("part"), one.get("s")) for one in contact.findall("a") if one.get("part")}


def test_a_contact_keeps_several_files_each_in_its_part(owner: Person) -> None:
    image, key, note = (
        _uploaded(owner, data, kind)
        for data, kind in ((b"GIF89a", "image/gif"), (b"cle", "application/x-x509"), (b"note!", "text/plain"))
    )
    body = (
        f'<CreateContactRequest><cn><a n="lastName">Hoarau</a><a n="userCertificate" aid="{key}"/>'
        f'<a n="piece" aid="{note}"/><a n="image" aid="{image}"/></cn></CreateContactRequest>'
    )
    made = owner.mail(body).find("cn")
    assert _files(made) == {"userCertificate": ("1", "3"), "piece": ("2", "5"), "image": ("3", "6")}

    def modify(inner: str, replace: str = "0") -> dict[str, tuple[str, str]]:
        cn = f'<cn id="{made.get("id")}">{inner}</cn>'
        owner.mail(f'<ModifyContactRequest replace="{replace}">{cn}</ModifyContactRequest>')
        return _files(owner.contacts(made.get("id"))[0])

    assert modify('<a n="image" part="3"/><a n="piece"/>') == {"userCertificate": ("1", "3"), "image": ("2", "6")}
    other = _uploaded(owner, b"GIF89a plus grand", "image/gif")
    assert modify(f'<a n="image" aid="{other}"/>') == {"userCertificate": ("1", "3"), "image": ("2", "17")}
    assert modify('<a n="lastName">Payet</a>', replace="1") == {}


def test_a_replaced_group_is_given_whole(owner: Person) -> None:
    group = owner.mail(GROUP.format(member=owner.wire.contact(lastName="Hoarau"))).find("cn").get("id")
    body = (
        f'<ModifyContactRequest replace="1"><cn id="{group}"><a n="type">group</a>'
        '<m op="-" type="I" value="x@y.fr"/></cn></ModifyContactRequest>'
    )
    with refused("service.INVALID_REQUEST"):
        owner.mail(body)


def test_members_of_a_shared_group_are_named_for_the_reader(owner: Person, member: Person) -> None:
    contact = owner.wire.contact(lastName="Hoarau")
    group = owner.mail(GROUP.format(member=contact)).find("cn").get("id")
    owner.grant("7", member.address, "r")
    request = f'<GetContactsRequest derefGroupMember="1"><cn id="{owner.id}:{group}"/></GetContactsRequest>'
    named, inline = member.mail(request).find("cn").findall("m")
    assert (inline.get("value"), named.get("value")) == ("x@y.fr", f"{owner.id}:{contact}")
    assert named.find("cn").get("id") == f"{owner.id}:{contact}"


def test_a_group_that_moves_away_keeps_its_members(owner: Person, member: Person) -> None:
    contact = member.wire.contact(lastName="Hoarau")
    group = member.mail(GROUP.format(member=contact)).find("cn").get("id")
    owner.grant("7", member.address, "rwi")
    member.contact_act("move", group, l=f"{owner.id}:7")
    (moved,) = owner.contacts()
    assert [one.get("value") for one in moved.findall("m")] == ["x@y.fr", f"{member.id}:{contact}"]


def test_rows_are_imported_into_a_folder_of_another(owner: Person, member: Person) -> None:
    rows = '"lastName","email"\n"Hoarau","m@x.fr"'
    body = f'<ImportContactsRequest ct="csv" l="{owner.id}:7"><content>{rows}</content></ImportContactsRequest>'
    owner.grant("7", member.address, "r")
    with refused("service.PERM_DENIED"):
        member.mail(body)
    owner.grant("7", member.address, "ri")
    answer = member.mail(body).find("cn")
    assert (answer.get("n"), answer.get("ids").partition(":")[0]) == ("1", owner.id)
    assert [_attrs(one)["lastName"] for one in owner.contacts()] == ["Hoarau"]


def test_all_contacts_are_for_the_owner_a_folder_for_who_may_read_it(owner: Person, member: Person) -> None:
    owner.wire.contact(lastName="Hoarau")
    owner.grant("7", member.address, "r")
    context = f'<account by="id">{owner.id}</account>'
    with refused("service.PERM_DENIED"):
        member.mail("<GetContactsRequest/>", context=context)
    assert len(member.mail('<GetContactsRequest l="7"/>', context=context)) == 1
    with refused("service.PERM_DENIED"):
        member.mail('<GetContactsRequest l="13"/>', context=context)
    with refused("mail.NO_SUCH_FOLDER"):
        owner.mail('<GetContactsRequest l="4242"/>')


def test_a_member_out_of_the_address_list_is_resolved_by_its_place_there(owner: Person, member: Person) -> None:
    local, domain = member.address.split("@")
    place = f"uid={local},ou=people," + ",".join(f"dc={part}" for part in domain.split("."))
    body = '<CreateContactRequest><cn><a n="type">group</a><m type="G" value="{0}"/></cn></CreateContactRequest>'
    for given, address in ((place, member.address), (place.replace("dc=ac", "dc=autre"), None), ("n'importe", None)):
        group = owner.mail(body.format(given)).find("cn").get("id")
        found = _get(owner.wire, group, 'derefGroupMember="1"').find("m")
        assert found.get("value") == given
        assert (None if found.find("cn") is None else _attrs(found.find("cn"))["email"]) == address


def test_the_time_of_a_change_is_told_to_who_synchronizes(agent: Wire) -> None:
    contact = agent.contact(lastName="Hoarau")
    told = _get(agent, contact, 'sync="1"')
    assert (told.get("md"), told.get("ms")) == (str(int(told.get("d")) // 1000), told.get("rev"))
    assert _get(agent, contact).get("md") is None


def test_contacts_are_exported_as_a_table(owner: Person, member: Person) -> None:
    owner.wire.contact(lastName="Hoarau", email="h@x.fr")
    folder = owner.new_folder("Autres", view="contact")
    owner.wire.contact(folder=folder, lastName="Payet")
    body = '<ExportContactsRequest ct="{0}" {1}/>'
    whole = owner.mail(body.format("csv", "")).find("content").text
    assert whole.splitlines()[0] == '"email","lastName","dlist","tags"'
    assert {"Hoarau", "Payet"} <= {line.split('"')[3] for line in whole.splitlines()[1:]}
    part = owner.mail(body.format("csv", f'l="{folder}"')).find("content").text
    assert ("Payet" in part, "Hoarau" in part) == (True, False)
    with refused("service.INVALID_REQUEST"):
        owner.mail(body.format("vcf", ""))
    with refused("service.PERM_DENIED"):
        member.mail(body.format("csv", f'l="{owner.id}:{folder}"'))
    owner.grant(folder, member.address, "r")
    assert member.mail(body.format("csv", f'l="{owner.id}:{folder}"')).find("content").text == part


def test_a_card_that_came_with_a_message_becomes_a_contact(owner: Person, member: Person) -> None:
    letter = (
        "Subject: carte\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntexte\n"
        "--b\nContent-Type: text/x-vcard\n\nBEGIN:VCARD\nVERSION:3.0\nFN:Marie H.\nN:Hoarau;Marie\nEND:VCARD\n--b--\n"
    )
    body = f"<AddMsgRequest><m l='2'><content>{letter}</content></m></AddMsgRequest>"
    message = owner.mail(body).find("m").get("id")
    request = '<CreateContactRequest><cn><vcard mid="{0}" part="{1}"/></cn></CreateContactRequest>'
    made = owner.mail(request.format(message, "2")).find("cn")
    assert (_attrs(made)["fullName"], made.get("fileAsStr")) == ("Marie H.", "Hoarau, Marie")
    with refused("mail.NO_SUCH_PART"):
        owner.mail(request.format(message, "7"))
    with refused("service.PERM_DENIED"):
        member.mail(request.format(f"{owner.id}:{message}", "2"))
