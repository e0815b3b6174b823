from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.zimbra.simulator.mails import add, find, get, letter, send, subjects
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.server import SimulatorServer


@pytest.fixture
def friend(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    """Somebody to write to; `friend_address` is where."""
    name = friend_address(address)
    admin.create_account(name)
    client = Wire(simulator.port).sign_in(name)
    yield client
    client.connection.close()


def friend_address(address: str) -> str:
    return address.replace("agent", "ami")


def people(message: object) -> set[tuple[str, str]]:
    return {(e.get("t"), e.get("a")) for e in message.findall("e")}  # type: ignore[attr-defined]


def received(wire: Wire, query: str = "in:inbox") -> list[object]:
    return [get(wire, m.get("id")) for m in find(wire, query)]


def upload(wire: Wire, name: str, content_type: str, data: bytes) -> str:
    headers = {
        "Cookie": f"ZM_AUTH_TOKEN={wire.token}",
        "Content-Type": content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    _, _, body = wire.send("POST", "/service/upload?fmt=raw", data, headers)
    return body.decode().strip().split("'")[-2]


def test_message_sent_arrives_unread_and_is_kept_in_sent(agent: Wire, friend: Wire, address: str) -> None:
    made = send(agent, friend_address(address), "Été", "Bonjour à tous")
    kept = get(agent, made.get("id"))
    assert (kept.get("l"), kept.get("f")) == ("5", "s")
    (got,) = received(friend)
    assert (got.findtext("su"), got.get("f"), got.get("l")) == ("Été", "u", "2")
    assert got.findtext("mp/content") == "Bonjour à tous"
    assert people(got) == {("f", address), ("t", friend_address(address))}
    assert got.findtext("mid") == kept.findtext("mid")


def test_message_to_oneself_is_one_conversation(agent: Wire, address: str) -> None:
    send(agent, address)
    (inbox,) = find(agent, "in:inbox")
    (sent,) = find(agent, "in:sent")
    assert inbox.get("cid") == sent.get("cid")
    assert int(inbox.get("cid")) > 0


def test_nothing_is_kept_when_not_wanted(agent: Wire, friend: Wire, address: str) -> None:
    assert send(agent, friend_address(address), request=' noSave="1"').get("id") is None
    assert len(find(agent, "in:sent")) == 0
    assert len(received(friend)) == 1


def test_blind_copies_are_delivered_without_being_told(agent: Wire, friend: Wire, address: str) -> None:
    made = send(agent, address, inner=f'<e t="b" a="{friend_address(address)}"/>')
    (got,) = received(friend)
    assert ("b", friend_address(address)) not in people(got)
    assert ("b", friend_address(address)) in people(get(agent, made.get("id")))


def test_message_leaves_the_simulator_only_for_its_outbox(
    agent: Wire, simulator: SimulatorServer, address: str
) -> None:
    send(agent, "dehors@ailleurs.example", "Loin")
    with simulator.database.transaction(write=False) as db:
        rows = db.execute("SELECT sender, subject FROM outbox WHERE recipient = 'dehors@ailleurs.example'").fetchall()
    assert rows == [(address, "Loin")]


@pytest.mark.parametrize(
    ("to", "code"),
    [("", "mail.SEND_FAILURE"), ("personne@ac-reunion.fr", "mail.SEND_ABORTED_ADDRESS_FAILURE")],
)
def test_message_to_nobody_is_refused_and_not_kept(agent: Wire, to: str, code: str) -> None:
    with pytest.raises(Fault) as refused:
        send(agent, to)
    assert refused.value.code == code
    assert len(find(agent, "in:sent")) == 0


def test_alternative_texts_and_an_uploaded_file_make_one_message(agent: Wire, address: str) -> None:
    aid = upload(agent, "Élèves.csv", "text/csv", b"nom;note\n")
    request = (
        f'<SendMsgRequest><m><e t="t" a="{address}"/><su>Notes</su><mp ct="multipart/alternative">'
        '<mp ct="text/plain"><content>é</content></mp><mp ct="text/html"><content>&lt;b&gt;é&lt;/b&gt;</content></mp>'
        f'</mp><attach aid="{aid}"/></m></SendMsgRequest>'
    )
    agent.mail(request)
    (got,) = received(agent)
    assert [(p.get("part"), p.get("ct")) for p in got.find("mp").iter("mp")] == [
        ("TEXT", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "text/csv"),
    ]
    assert got.get("f") == "au"
    with pytest.raises(Fault) as refused:
        agent.mail(request)
    assert refused.value.code == "mail.NO_SUCH_UPLOAD"


def test_parts_messages_and_contacts_are_attached(agent: Wire, address: str) -> None:
    inside = letter("Dedans", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b").replace(
        "\n\nLe texte.\n", "\n\n--b\n\ntexte\n--b\nContent-Type: image/png; name=i.png\n\nPNG\n--b--\n"
    )
    item = add(agent, inside).get("id")
    contact = agent.contact(lastName="Hoarau", email="h@x.fr")
    attached = f'<attach><mp mid="{item}" part="2"/><m id="{item}"/><cn id="{contact}"/></attach>'
    send(agent, address, "Tout", inner=attached)
    (got,) = [m for m in received(agent) if m.findtext("su") == "Tout"]
    found = [(p.get("ct"), p.get("filename")) for p in got.find("mp").findall("mp")]
    assert found == [
        ("text/plain", None), ("image/png", "i.png"), ("message/rfc822", "Dedans"), ("text/x-vcard", "Hoarau.vcf"),
    ]  # fmt: skip


def test_missing_attachment_is_refused_unless_optional(agent: Wire, address: str) -> None:
    for given, code in (('<m id="9999"/>', "mail.NO_SUCH_MSG"), ('<mp mid="{}" part="9"/>', "mail.NO_SUCH_PART")):
        item = add(agent).get("id")
        with pytest.raises(Fault) as refused:
            send(agent, address, inner=f"<attach>{given.format(item)}</attach>")
        assert refused.value.code == code
    send(agent, address, inner='<attach><m id="9999" optional="1"/></attach>')


@pytest.mark.parametrize(("kind", "flag"), [("r", "r"), ("w", "w")])
def test_message_answered_or_forwarded_says_so(agent: Wire, address: str, kind: str, flag: str) -> None:
    item = add(agent, letter("Menu", Message_ID="<1@x>")).get("id")
    send(agent, address, "Re: Menu", origid=item, rt=kind)
    assert get(agent, item).get("f") == flag
    (sent,) = find(agent, "in:sent")
    assert sent.get("cid") == get(agent, item).get("cid")
    assert "In-Reply-To: <1@x>" in get(agent, sent.get("id"), raw="1").findtext("content")


def test_line_breaks_in_a_subject_or_name_make_no_header(agent: Wire, address: str) -> None:
    send(agent, address, "Un\nBcc: pirate@ailleurs.example", inner='<e t="c" a="x@y.example" p="a&#10;X-Mal: 1"/>')
    raw = get(agent, find(agent, "in:sent")[0].get("id"), raw="1").findtext("content")
    assert "\nBcc:" not in raw
    assert "\nX-Mal" not in raw


# --- who it is from ------------------------------------------------------------------------------------------------


def grant(owner: Wire, grantee: str, right: str) -> None:
    ace = f'<ace gt="usr" d="{grantee}" right="{right}"/>'
    owner.soap(f'<GrantRightsRequest xmlns="urn:zimbraAccount">{ace}</GrantRightsRequest>')


def authors(friend: Wire) -> set[tuple[str, str]]:
    (got,) = received(friend)
    return {one for one in people(got) if one[0] in "fs"}


@pytest.mark.parametrize("right", ["sendAs", "sendOnBehalfOf"])
def test_from_of_another_needs_a_right(agent: Wire, friend: Wire, address: str, right: str) -> None:
    friend_name = friend_address(address)
    grant(friend, address, right)
    send(agent, friend_name, inner=f'<e t="f" a="{friend_name}"/>')
    expected = {("f", friend_name)} if right == "sendAs" else {("f", friend_name), ("s", address)}
    assert authors(friend) == expected


def test_from_that_is_not_allowed_is_replaced_by_ones_own(agent: Wire, friend: Wire, address: str) -> None:
    send(agent, friend_address(address), inner='<e t="f" a="recteur@ac-reunion.fr" p="Le recteur"/>')
    assert authors(friend) == {("f", address)}


def test_sender_that_is_asked_for_stays_ones_own(agent: Wire, friend: Wire, address: str) -> None:
    grant(friend, address, "sendAs")
    inner = f'<e t="f" a="{friend_address(address)}"/><e t="s" a="autre@ac-reunion.fr"/>'
    send(agent, friend_address(address), inner=inner)
    assert authors(friend) == {("f", friend_address(address)), ("s", address)}


def test_message_sent_for_another_account_is_kept_in_its_sent(agent: Wire, friend: Wire, address: str) -> None:
    name = friend_address(address)
    grant(friend, address, "sendOnBehalfOf")
    context = f'<account by="name">{name}</account>'
    send(agent, name, inner=f'<e t="f" a="{name}"/>', context=context)
    assert len(find(agent, "in:sent")) == 0
    assert [m.get("f") for m in find(friend, "in:sent")] == ["su"]


# --- drafts --------------------------------------------------------------------------------------------------------


def save(wire: Wire, subject: str, **attrs: str) -> object:
    listed = "".join(f' {name}="{value}"' for name, value in attrs.items())
    request = (
        f'<SaveDraftRequest><m{listed}><e t="t" a="x@y.example"/><su>{subject}</su><mp ct="text/plain">'
        "<content>brouillon</content></mp></m></SaveDraftRequest>"
    )
    return wire.mail(request).find("m")


def test_draft_is_kept_and_written_anew_under_the_same_id(agent: Wire) -> None:
    made = save(agent, "Un")
    assert (made.get("l"), made.get("f")) == ("6", "sd")  # type: ignore[attr-defined]
    again = save(agent, "Deux", id=made.get("id"))  # type: ignore[attr-defined]
    assert again.get("id") == made.get("id")  # type: ignore[attr-defined]
    assert [m.findtext("su") for m in find(agent, "in:drafts")] == ["Deux"]
    assert len(find(agent, "subject:un")) == 0


def test_draft_remembers_what_it_answers(agent: Wire) -> None:
    item = add(agent, letter("Menu")).get("id")
    made = save(agent, "Re: Menu", origid=item, rt="r", idnt="abc")
    found = get(agent, made.get("id"))  # type: ignore[attr-defined]
    assert (found.get("origid"), found.get("rt"), found.get("idnt")) == (item, "r", "abc")
    assert found.get("cid") == get(agent, item).get("cid")


def test_draft_is_gone_when_it_was_sent(agent: Wire, address: str) -> None:
    made = save(agent, "Prêt")
    send(agent, address, did=made.get("id"))  # type: ignore[attr-defined]
    assert len(find(agent, "in:drafts")) == 0


def test_draft_that_is_gone_or_none_is_refused(agent: Wire) -> None:
    item = add(agent).get("id")
    for number, code in ((item, "mail.IMMUTABLE_OBJECT"), ("99999", "mail.NO_SUCH_MSG")):
        with pytest.raises(Fault) as refused:
            save(agent, "x", id=number)
        assert refused.value.code == code


def test_spaces_of_a_subject_stay(agent: Wire, address: str) -> None:
    send(agent, address, "Salle  3   libre")
    assert find(agent, "in:inbox")[0].findtext("su") == "Salle  3   libre"
    assert len(find(agent, 'subject:"salle 3 libre" in:inbox')) == 1


def test_flags_and_place_of_a_draft_change_when_named(agent: Wire) -> None:
    item = save(agent, "Brouillon", f="f").get("id")
    assert "f" in get(agent, item).get("f")
    save(agent, "Encore", id=item)
    assert "f" in get(agent, item).get("f")
    moved = save(agent, "Plus", id=item, f="", l="2")
    assert (set(moved.get("f")), moved.get("l")) == ({"s", "d"}, "2")


def test_invitation_has_no_place_in_plain_mail(agent: Wire, address: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        send(agent, address, inner="<inv><comp name='Réunion'/></inv>")


def test_answers_are_wanted_at_the_address_of_the_preferences(
    admin: Wire, agent: Wire, friend: Wire, address: str
) -> None:
    admin.modify_account(address, zimbraPrefReplyToAddress="classe@exemple.fr")
    send(agent, friend_address(address))
    (got,) = received(friend)
    assert ("r", "classe@exemple.fr") in people(got)


def test_envelope_bears_the_name_of_the_account(agent: Wire, friend: Wire, address: str) -> None:
    grant(friend, address, "sendAs")
    made = send(agent, friend_address(address), inner=f"<e t='f' a='{friend_address(address)}'/>")
    assert made.get("id")
    (found,) = find(friend, "in:inbox")
    assert f"Return-Path: <{address}>" in get(friend, found.get("id"), raw="1").findtext("content")


def test_nobody_sends_for_an_account_without_a_right_to(agent: Wire, owner: Person, member: Person) -> None:
    """Naming somebody's account puts that one's name on the envelope and the copy into that one's mailbox."""
    context = f'<account by="name">{owner.address}</account>'
    with pytest.raises(Fault, match=r"^service\.PERM_DENIED"):
        send(agent, member.address, inner=f'<e t="f" a="{owner.address}"/>', context=context)
    assert (subjects(owner.wire), subjects(member.wire)) == ([], [])
