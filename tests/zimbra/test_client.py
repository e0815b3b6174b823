"""What the client can count on: every verb over the wire, on the simulated Zimbra or the real one a site names."""

import base64
import secrets

import pytest

from tests.simulated import PASSWORD, Server
from zimbra import soap
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound, Refused
from zimbra.types import NewContact

PIXEL = base64.b64decode(
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def event(uid: str, summary: str = "Réunion", start: str = "20260105T090000Z", more: str = "") -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nSUMMARY:{summary}\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def task(uid: str) -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nBEGIN:VTODO\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Bulletins\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )


def test_sign_in_with_a_wrong_password_is_not_allowed(server: Server) -> None:
    address = server.create_account()
    with pytest.raises(NotAllowed) as caught:
        ZimbraClient.sign_in(server.url, address, "wrong-password")
    assert caught.value.code == "account.AUTH_FAILED"
    assert "wrong-password" not in repr(caught.value)


def test_sign_in_of_an_unknown_account_looks_like_a_wrong_password(server: Server) -> None:
    with pytest.raises(NotAllowed) as caught:
        ZimbraClient.sign_in(server.url, f"nobody@{server.domain}", PASSWORD)
    assert caught.value.code == "account.AUTH_FAILED"


def test_with_preauth_needs_the_domains_key_and_no_password(server: Server) -> None:
    if not server.preauth_key:
        pytest.skip("the domain's preauth key is not known")
    address = server.create_account()
    with ZimbraClient.with_preauth(server.url, address, server.preauth_key) as client:
        assert client.info().address == address
    with pytest.raises(NotAllowed):
        ZimbraClient.with_preauth(server.url, address, server.preauth_key[::-1])


def test_info_tells_who_and_the_limits(server: Server) -> None:
    address = server.create_account(zimbraContactMaxNumEntries="123", zimbraMailQuota="5000000")
    with server.client(address) as client:
        info = client.info()
    assert (info.address, info.contact_max, info.quota) == (address, 123, 5_000_000)
    assert info.account_id
    assert info.upload_max > 0


def test_noop_answers(client: ZimbraClient) -> None:
    client.noop()


def test_on_behalf_acts_in_the_persons_mailbox(server: Server) -> None:
    address = server.create_account()
    with server.admin() as admin, ZimbraClient.on_behalf(server.url, admin, address) as delegated:
        delegated.create_contacts("7", [NewContact({"firstName": "Marie"})])
        assert delegated.info().address == address
    with server.client(address) as client:
        assert [contact.attributes["firstName"] for contact in client.contacts("7")] == ["Marie"]


def test_on_behalf_of_nobody_is_not_found(server: Server) -> None:
    with server.admin() as admin, pytest.raises(NotFound):
        ZimbraClient.on_behalf(server.url, admin, f"nobody@{server.domain}")


def test_session_ended_by_the_server_is_renewed_without_a_word(client: ZimbraClient) -> None:
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    assert client.create_contacts("7", [NewContact({"firstName": "Marie"})])[0].done
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    with client.export("/Contacts", "vcf") as chunks:
        assert b"Marie" in b"".join(chunks)
    client.endpoint.call(soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True))
    assert client.upload(PIXEL, "image/png")


def test_folders_hold_zimbras_own(client: ZimbraClient) -> None:
    folders = {folder.id: (folder.path, folder.view) for folder in client.folders().walk()}
    assert folders["7"] == ("/Contacts", "contact")
    assert folders["10"] == ("/Calendar", "appointment")
    assert folders["15"] == ("/Tasks", "task")


def test_create_folder_under_a_name_zimbra_would_refuse(client: ZimbraClient) -> None:
    made = client.create_folder('Pro : "écoles"/lycées', "7", "contact")
    found = next(folder for folder in client.folders().walk() if folder.id == made.id)
    assert (found.name, found.view, found.parent_id) == ("Pro - 'écoles'-lycées", "contact", "7")


def test_create_folder_twice_is_refused_or_gives_the_same(client: ZimbraClient) -> None:
    first = client.create_folder("Carnet", view="contact")
    with pytest.raises(Refused) as caught:
        client.create_folder("Carnet", view="contact")
    assert caught.value.code == "mail.ALREADY_EXISTS"
    assert client.create_folder("Carnet", view="contact", existing_ok=True).id == first.id


def test_create_folder_below_nothing_is_not_found(client: ZimbraClient) -> None:
    with pytest.raises(NotFound):
        client.create_folder("Carnet", "99999")


def test_delete_and_empty_folder(client: ZimbraClient) -> None:
    folder = client.create_folder("Carnet", view="contact")
    client.create_contacts(folder.id, [NewContact({"firstName": "Marie"})])
    client.empty_folder(folder.id)
    assert list(client.contacts(folder.id)) == []
    client.delete_folder(folder.id)
    assert folder.id not in {one.id for one in client.folders().walk()}
    with pytest.raises(Refused):
        client.delete_folder("7")


def test_create_contacts_and_read_them_back(client: ZimbraClient) -> None:
    marie = {"firstName": "Marie", "lastName": "D'Ambre & <fils>", "notes": "une\ndeux\ttrois", "email": "marie@b.fr"}
    sent = [
        NewContact(marie),
        NewContact({"fullName": "Équipe", "nickname": "Équipe"}, members=("a@b.fr", "c@d.fr")),
        NewContact({"firstName": "Jean"}, image=PIXEL, image_type="image/png"),
    ]
    outcomes = client.create_contacts("7", sent)
    assert [len(outcome.ids) for outcome in outcomes] == [1, 1, 1]
    stored = {contact.id: contact for contact in client.contacts("7")}
    first, group, pictured = (stored[outcome.ids[0]] for outcome in outcomes)
    assert {name: first.attributes.get(name) for name in marie} == marie
    assert group.is_group
    assert group.members == (("I", "a@b.fr"), ("I", "c@d.fr"))
    assert pictured.image is not None
    assert client.item_part(pictured.id, pictured.image.part) == PIXEL


def test_create_contacts_over_the_limit_are_refused_one_by_one(server: Server) -> None:
    address = server.create_account(zimbraContactMaxNumEntries="3")
    with server.client(address) as client:
        outcomes = client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(5)], max_children=2)
        assert [outcome.done for outcome in outcomes] == [True, True, True, False, False]
        assert {outcome.code for outcome in outcomes[3:]} == {"mail.TOO_MANY_CONTACTS"}
        assert len(list(client.contacts("7"))) == 3


def test_create_contacts_without_anything_is_refused_alone(client: ZimbraClient) -> None:
    outcomes = client.create_contacts("7", [NewContact({}), NewContact({"firstName": "Marie"})])
    assert [(outcome.done, outcome.code) for outcome in outcomes] == [(False, "service.INVALID_REQUEST"), (True, "")]


def test_many_pictures_arrive_with_their_own_contacts(client: ZimbraClient) -> None:
    sent = [NewContact({"firstName": str(n)}, image=PIXEL + bytes([n]), image_type="image/png") for n in range(60)]
    outcomes = client.create_contacts("7", sent)
    stored = {contact.id: contact for contact in client.contacts("7")}
    for number in (0, 49, 50, 59):
        contact = stored[outcomes[number].ids[0]]
        assert contact.attributes["firstName"] == str(number)
        assert contact.image is not None
        assert client.item_part(contact.id, contact.image.part) == PIXEL + bytes([number])


def test_delete_contacts_tells_deleted_from_gone(client: ZimbraClient) -> None:
    ids = [o.ids[0] for o in client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(3)])]
    assert client.delete_contacts([ids[1]]).deleted == (ids[1],)
    result = client.delete_contacts(ids)
    assert (result.deleted, result.gone) == ((ids[0], ids[2]), (ids[1],))
    assert list(client.contacts("7")) == []


def test_import_calendar_items_and_list_them(client: ZimbraClient) -> None:
    calendar = client.create_folder("Agenda", view="appointment")
    outcomes = client.import_calendar_items(calendar.id, [event("u1"), event("u2", "Conseil")])
    tasks = client.import_calendar_items("15", [task("u3")])
    assert all(outcome.done for outcome in outcomes + tasks)
    found = {item.uid: item for item in client.calendar_items()}
    assert {uid: (item.id, item.folder_id, item.name, item.kind) for uid, item in found.items()} == {
        "u1": (outcomes[0].ids[0], calendar.id, "Réunion", "appt"),
        "u2": (outcomes[1].ids[0], calendar.id, "Conseil", "appt"),
        "u3": (tasks[0].ids[0], "15", "Bulletins", "task"),
    }
    assert client.calendar_item(outcomes[1].ids[0]) == found["u2"]
    assert b"SUMMARY:Conseil" in client.item_text(outcomes[1].ids[0], "ics")


def test_import_of_a_series_with_an_exception_is_one_item(client: ZimbraClient) -> None:
    exception = (
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260112T090000Z\r\n"
        "DTSTART:20260112T100000Z\r\nDURATION:PT1H\r\nSUMMARY:Plus tard\r\n"
    )
    text = event("series", more="RRULE:FREQ=WEEKLY;COUNT=3\r\n" + exception)
    [outcome] = client.import_calendar_items("10", [text])
    assert len(outcome.ids) == 1
    assert outcome.parts_refused == 0
    assert b"RECURRENCE-ID" in client.item_text(outcome.ids[0], "ics")


def test_import_of_the_same_uid_gives_the_same_item_back(client: ZimbraClient) -> None:
    other = client.create_folder("Autre", view="appointment")
    [first] = client.import_calendar_items("10", [event("same")])
    [second] = client.import_calendar_items(other.id, [event("same")])
    assert first.ids == second.ids
    assert [item.folder_id for item in client.calendar_items()] == [other.id]


def test_import_of_a_bad_event_refuses_it_alone(client: ZimbraClient) -> None:
    bad = event("bad", more="RRULE:FREQ=WEEKLY;UNTIL=demain\r\n")
    outcomes = client.import_calendar_items("10", [event("g1"), bad, "no calendar at all", event("g2")])
    assert [outcome.done for outcome in outcomes] == [True, False, False, True]
    assert all(outcome.refused for outcome in outcomes[1:3])
    assert sorted(item.uid for item in client.calendar_items()) == ["g1", "g2"]


def test_deleted_appointment_is_not_found(client: ZimbraClient) -> None:
    [outcome] = client.import_calendar_items("10", [event("u1")])
    assert client.delete_items(outcome.ids).deleted == outcome.ids
    with pytest.raises(NotFound):
        client.calendar_item(outcome.ids[0])


def test_search_reads_all_pages(client: ZimbraClient) -> None:
    client.create_contacts("7", [NewContact({"firstName": f"Marie{n}"}) for n in range(7)])
    found = list(client.search("in:contacts", "contact", sort_by="nameAsc", page=3))
    assert len(found) == 7
    assert {one.kind for one in found} == {"cn"}


def test_export_and_import_of_a_whole_file(client: ZimbraClient) -> None:
    folder = client.create_folder("Écoles & lycées", "7", "contact")
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé Técher\r\nEMAIL:zoe@b.fr\r\nEND:VCARD\r\n".encode()
    client.import_file("/Contacts/Écoles & lycées", "vcf", card, "text/vcard")
    assert [contact.attributes["fullName"] for contact in client.contacts(folder.id)] == ["Zoé Técher"]
    with client.export("/Contacts/Écoles & lycées", "vcf") as chunks:
        assert "Zoé Técher".encode() in b"".join(chunks)
    with pytest.raises(Refused):
        client.import_file("/Contacts", "vcf", b"no card", "text/vcard")
    with pytest.raises(NotFound), client.export("/Nulle part", "vcf"):
        pass


def test_admin_verbs(server: Server) -> None:
    address = f"verbes-{secrets.token_hex(6)}@{server.domain}"
    with server.admin() as admin:
        account = admin.create_account(address, PASSWORD, {"displayName": "Marie <Hoarau>"})
        assert (account.address, account.attributes["displayName"]) == (address, "Marie <Hoarau>")
        with pytest.raises(Refused) as caught:
            admin.create_account(address, PASSWORD)
        assert caught.value.code == "account.ACCOUNT_EXISTS"
        assert admin.get_account(address).id == account.id
        assert admin.modify_account(account.id, {"displayName": "Zoé"}).attributes["displayName"] == "Zoé"
        assert admin.get_account(account.id, by="id").attributes["displayName"] == "Zoé"
        entries = {one.name: one for one in admin.search_directory("(displayName=Zo*)", attributes=("displayName",))}
        assert (entries[address].kind, entries[address].id) == ("account", account.id)
        admin.delete_account(account.id)
        with pytest.raises(NotFound):
            admin.get_account(address)


def test_admin_verbs_are_not_for_everybody(server: Server) -> None:
    with AdminClient(server.admin_url, server.create_account(), PASSWORD) as admin, pytest.raises(NotAllowed):
        admin.get_account(server.admin_address)
