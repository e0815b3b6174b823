from __future__ import annotations

from typing import Any

import pytest

from tests.zimbra.simulator.people import Person, refused, written


def _create(person: Person, **attrs: str) -> Any:
    return person.mail(f"<CreateTagRequest><tag {written(attrs)}/></CreateTagRequest>").find("tag")


def _act(person: Person, op: str, **attrs: str) -> Any:
    given = written({"op": op, **attrs})
    return person.mail(f"<TagActionRequest><action {given}/></TagActionRequest>").find("action")


def _tags(person: Person) -> dict[str, Any]:
    return {tag.get("id"): tag for tag in person.mail("<GetTagRequest/>").findall("tag")}


def test_a_tag_has_a_name_and_a_colour(owner: Person) -> None:
    made = _create(owner, name="Urgent", color="4")
    assert (made.get("name"), made.get("color"), made.get("rgb")) == ("Urgent", "4", None)
    assert _create(owner, name="Bleu", rgb="#0000ff").get("rgb") == "#0000ff"
    assert [tag.get("name") for tag in _tags(owner).values()] == ["Bleu", "Urgent"]


def test_the_colour_nobody_chose_is_not_told(owner: Person) -> None:
    for number, color in enumerate(["0", "-1", "1234567890"]):
        assert _create(owner, name=f"Tag {number}", color=color).get("color") is None
    tag = _create(owner, name="Autre", color="4").get("id")
    _act(owner, "color", id=tag, color="0")
    assert _tags(owner)[tag].get("color") is None


@pytest.mark.parametrize("color", ["", "   ", "   4", "4  ", ":''/", "12.34"])
def test_what_is_no_number_is_no_colour(owner: Person, color: str) -> None:
    with refused("service.INVALID_REQUEST"):
        _create(owner, name="Tag", color=color)
    tag = _create(owner, name="Tag").get("id")
    with refused("service.INVALID_REQUEST"):
        _act(owner, "color", id=tag, color=color)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "service.INVALID_REQUEST"),
        ("     ", "mail.INVALID_NAME"),
        (";''.//\\\\", "mail.INVALID_NAME"),
        ("a:b", "mail.INVALID_NAME"),
        ("x" * 129, "mail.INVALID_NAME"),
    ],
)
def test_names_zimbra_cannot_take_are_refused(owner: Person, name: str, code: str) -> None:
    with refused(code):
        _create(owner, name=name)
    tag = _create(owner, name="Tag").get("id")
    with refused(code):
        _act(owner, "rename", id=tag, name=name)


def test_a_name_is_taken_once(owner: Person) -> None:
    first, second = _create(owner, name="Un").get("id"), _create(owner, name="Deux").get("id")
    with refused("mail.ALREADY_EXISTS"):
        _create(owner, name="un")
    with refused("mail.ALREADY_EXISTS"):
        _act(owner, "rename", id=first, name="Deux")
    assert _act(owner, "rename", id=second, name="deux").get("op") == "rename"
    _act(owner, "rename", id=first, name="~!@#%")
    assert _tags(owner)[first].get("name") == "~!@#%"


def test_only_the_first_tag_of_a_request_is_made(owner: Person) -> None:
    answer = owner.mail('<CreateTagRequest><tag name="Un"/><tag name="Deux"/></CreateTagRequest>')
    assert [one.get("name") for one in answer] == ["Un"]
    with refused("service.INVALID_REQUEST"):
        owner.mail("<CreateTagRequest/>")


def test_a_tag_is_named_by_id_or_by_name(owner: Person) -> None:
    tag = _create(owner, name="Urgent").get("id")
    by_name = _act(owner, "color", tn="urgent", color="5")
    assert (by_name.get("id"), by_name.get("tn")) == (tag, "urgent")
    assert _tags(owner)[tag].get("color") == "5"
    assert _act(owner, "color", id=tag, rgb="#123456").get("tn") is None
    assert (_tags(owner)[tag].get("color"), _tags(owner)[tag].get("rgb")) == (None, "#123456")
    with refused("mail.NO_SUCH_TAG"):
        _act(owner, "color", tn="Absent", color="5")
    for empty in ("", "   "):
        with refused("service.INVALID_REQUEST"):
            _act(owner, "color", tn=empty, color="5")


def test_deleting_twice_is_no_error_all_else_on_what_is_gone_is(owner: Person) -> None:
    first, second = _create(owner, name="Un").get("id"), _create(owner, name="Deux").get("id")
    assert _act(owner, "delete", id=f"{first},{second}").get("id") == f"{first},{second}"
    assert _tags(owner) == {}
    assert _act(owner, "delete", id=first).get("op") == "delete"
    for op, attrs in (("rename", {"name": "x"}), ("read", {}), ("color", {"color": "1"})):
        with refused("mail.NO_SUCH_TAG"):
            _act(owner, op, id=first, **attrs)
    with refused("service.INVALID_REQUEST"):
        _act(owner, "delete", color="4")


@pytest.mark.parametrize("op", ["", "   ", "~!@#%", "-1", "12.34", "move"])
def test_an_operation_tags_do_not_have_is_invalid(owner: Person, op: str) -> None:
    tag = _create(owner, name="Tag").get("id")
    with refused("service.INVALID_REQUEST"):
        _act(owner, op, id=tag)


def test_a_deleted_tag_is_gone_from_what_bore_it(owner: Person) -> None:
    body = '<CreateContactRequest><cn tn="{0}"><a n="lastName">Hoarau</a></cn></CreateContactRequest>'
    contact = owner.mail(body.format("Un,Deux")).find("cn")
    assert contact.get("tn") == "Un,Deux"
    _act(owner, "delete", tn="Un")
    assert [one.get("tn") for one in owner.contacts(contact.get("id"))] == ["Deux"]


def test_the_list_of_tags_is_the_owners_alone(owner: Person, member: Person) -> None:
    owner.grant("1", member.address, "rwidxa")
    tag = _create(owner, name="Urgent").get("id")
    context = f'<account by="id">{owner.id}</account>'
    for body in (
        "<GetTagRequest/>",
        '<CreateTagRequest><tag name="x"/></CreateTagRequest>',
        f'<TagActionRequest><action op="delete" id="{tag}"/></TagActionRequest>',
    ):
        with refused("service.PERM_DENIED"):
            member.mail(body, context=context)
    contact = owner.wire.contact(lastName="Hoarau")
    with refused("service.PERM_DENIED"):
        member.mail(f'<ModifyContactRequest><cn id="{owner.id}:{contact}" t="{tag}"/></ModifyContactRequest>')
    assert [tag.get("name") for tag in _tags(owner).values()] == ["Urgent"]


def test_who_may_write_an_item_tags_it_by_name(owner: Person, member: Person) -> None:
    """Zimbra's Mailbox.alterTag: a name the mailbox does not know becomes a tag that is not listed."""
    _create(owner, name="Urgent")
    contact = owner.wire.contact(lastName="Hoarau")
    owner.grant("7", member.address, "r")
    for name in ("Urgent", "Inconnu"):
        with refused("service.PERM_DENIED"):
            member.contact_act("tag", f"{owner.id}:{contact}", tn=name)
    owner.grant("7", member.address, "rw")
    for name in ("urgent", "Cantine"):
        member.contact_act("tag", f"{owner.id}:{contact}", tn=name)
    assert [one.get("tn") for one in owner.contacts(contact)] == ["Urgent,Cantine"]
    assert [one.get("tn") for one in member.contacts(f"{owner.id}:{contact}")] == ["Urgent,Cantine"]
    assert [tag.get("name") for tag in _tags(owner).values()] == ["Urgent"]
    assert _tags(member) == {}
    # The owner who creates it then has the very tag that the item bears.
    made = _create(owner, name="cantine", color="4")
    assert [one.get("tn") for one in owner.contacts(contact)] == ["Urgent,cantine"]
    assert _tags(owner)[made.get("id")].get("color") == "4"
    member.contact_act("!tag", f"{owner.id}:{contact}", tn="Cantine")
    assert [one.get("tn") for one in owner.contacts(contact)] == ["Urgent"]


def test_how_long_tagged_things_are_kept_is_told_again(owner: Person) -> None:
    tag = _create(owner, name="Archives").get("id")
    policy = '<retentionPolicy><keep><policy type="user" lifetime="5y"/></keep></retentionPolicy>'
    body = f'<TagActionRequest><action op="retentionpolicy" id="{tag}">{policy}</action></TagActionRequest>'
    assert owner.mail(body).find("action").get("op") == "retentionpolicy"
    assert _tags(owner)[tag].find("retentionPolicy/keep/policy").get("lifetime") == "5y"
    assert _tags(owner)[tag].find("retentionPolicy/purge") is not None
    owner.mail(body.replace(policy, "<retentionPolicy/>"))
    assert _tags(owner)[tag].find("retentionPolicy") is None
    with refused("service.INVALID_REQUEST"):
        owner.mail(body.replace(policy, ""))
