from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import ADMIN, Wire, create_contact

Make = Callable[..., Person]
EVERYBODY = "00000000-0000-0000-0000-000000000000"
PUBLIC = "99999999-9999-9999-9999-999999999999"


def test_a_grant_is_told_in_the_answer_and_in_the_folder(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Cours")
    answer = owner.grant(folder, member.address, "xdirw")
    assert dict(answer.attrib) == {"id": folder, "op": "grant", "zid": member.id, "d": member.address}
    assert owner.grants(folder) == [{"zid": member.id, "gt": "usr", "perm": "rwidx", "d": member.address}]
    # A folder with grants of its own inherits none.
    assert owner.folder(l=folder).get("f") == "i"


def test_grants_are_listed_in_the_order_they_were_given(owner: Person, person: Make) -> None:
    folder = owner.new_folder("Cours")
    people = [person() for _ in range(4)]
    for one in people:
        owner.grant(folder, one.address, "r")
    owner.grant(folder, "", "r", gt="pub")
    assert [grant.get("d", grant["gt"]) for grant in owner.grants(folder)] == [*(one.address for one in people), "pub"]


def test_names_of_grantees_are_left_out_when_not_wanted(owner: Person, member: Person) -> None:
    owner.grant("10", member.address, "r")
    found = owner.mail('<GetFolderRequest needGranteeName="0"><folder l="10"/></GetFolderRequest>')
    assert "d" not in found.find("folder/acl/grant").attrib


def test_a_name_without_a_domain_is_of_the_owners_domain(owner: Person, member: Person) -> None:
    assert owner.grant("7", member.address.partition("@")[0], "r").get("zid") == member.id


def test_an_alias_and_a_named_address_lead_to_the_account(owner: Person, member: Person, admin: Wire) -> None:
    alias = f"alias.{member.address}"
    admin.admin(f"<AddAccountAliasRequest><id>{member.id}</id><alias>{alias}</alias></AddAccountAliasRequest>")
    assert owner.grant("7", alias, "r").get("zid") == member.id
    assert owner.grant("10", f"Quelqu'un <{member.address}>", "r").get("zid") == member.id


def test_a_new_grant_takes_the_place_of_the_one_before(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r")
    owner.grant("7", member.address, "rw")
    assert [grant["perm"] for grant in owner.grants("7")] == ["rw"]
    with refused("mail.GRANT_EXISTS"):
        owner.grant("7", member.address, "rw")


def test_the_right_to_create_folders_follows_and_cannot_be_given(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "ric")
    assert owner.grants("7")[0]["perm"] == "ri"
    assert member.rights(f"{owner.id}:7") == "ric"
    owner.grant("7", member.address, "i")
    assert member.rights(f"{owner.id}:7") == "i"


@pytest.mark.parametrize(("gt", "perm"), [("usr", "rz"), ("personne", "r")])
def test_what_is_no_right_or_no_type_is_invalid(owner: Person, member: Person, gt: str, perm: str) -> None:
    with refused("service.INVALID_REQUEST"):
        owner.grant("7", member.address, perm, gt)


def test_somebody_unknown_becomes_a_guest(owner: Person) -> None:
    answer = owner.grant("7", "personne@ac-reunion.fr", "r")
    assert (answer.get("zid"), answer.get("d")) == ("personne@ac-reunion.fr", "personne@ac-reunion.fr")
    assert owner.grants("7") == [{"zid": "personne@ac-reunion.fr", "gt": "guest", "perm": "r"}]
    with refused("service.INVALID_REQUEST"):
        owner.grant("7", "personne@@ac-reunion.fr", "r")


def test_a_guest_who_has_an_account_is_granted_to_as_a_user(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r", "guest", pw="secret")
    assert owner.grants("7")[0]["gt"] == "usr"
    with refused("service.INVALID_REQUEST"):
        owner.grant("7", "sans arobase", "r", "guest")


def test_a_guest_has_a_password_and_a_key_makes_itself(owner: Person) -> None:
    owner.grant("7", "parent@exemple.fr", "r", "guest", args="secret")
    assert owner.grants("7")[0]["pw"] == "secret"
    answer = owner.grant("10", "affichage", "r", "key")
    assert len(answer.get("key")) == 32
    assert owner.grants("10") == [{"zid": "affichage", "gt": "key", "perm": "r", "key": answer.get("key")}]


@pytest.mark.parametrize(
    ("gt", "code"),
    [
        ("grp", "account.NO_SUCH_DISTRIBUTION_LIST"),
        ("dom", "account.NO_SUCH_DOMAIN"),
        ("cos", "account.NO_SUCH_COS"),
    ],
)
def test_unknown_groups_are_refused_by_their_own_names(owner: Person, gt: str, code: str) -> None:
    with refused(code):
        owner.grant("7", "nullepart", "r", gt)


@pytest.mark.parametrize(("gt", "zid"), [("all", EVERYBODY), ("pub", PUBLIC)])
def test_everybody_and_the_public_have_fixed_ids(owner: Person, member: Person, gt: str, zid: str) -> None:
    folder = owner.new_folder("Tous")
    assert owner.grant(folder, "", "r", gt).get("zid") == zid
    assert owner.grants(folder) == [{"gt": gt, "perm": "r"}]
    assert member.rights(f"{owner.id}:{folder}") == "r"
    owner.revoke(folder, zid)
    assert owner.grants(folder) == []
    assert member.rights(f"{owner.id}:{folder}") == ""


def test_only_people_and_lists_may_administer(owner: Person, member: Person) -> None:
    with refused("mail.CANNOT_GRANT"):
        owner.grant("7", "", "rwidxa", "all")
    owner.grant("7", member.address, "rwidxa")
    assert member.rights(f"{owner.id}:7") == "rwidxac"


def test_a_domain_and_a_class_of_service_are_grantees(owner: Person, member: Person) -> None:
    owner.grant("7", "ac-reunion.fr", "r", "dom")
    assert owner.grants("7")[0]["d"] == "ac-reunion.fr"
    assert member.rights(f"{owner.id}:7") == "r"
    owner.grant("10", "default", "rw", "cos")
    assert member.rights(f"{owner.id}:10") == "rw"


def test_a_list_is_a_grantee_with_all_its_members(owner: Person, member: Person, person: Make, admin: Wire) -> None:
    name = f"liste.{member.address}"
    made = admin.admin(f"<CreateDistributionListRequest><name>{name}</name></CreateDistributionListRequest>")
    list_id = made.find("dl").get("id")
    admin.admin(
        f"<AddDistributionListMemberRequest><id>{list_id}</id><dlm>{member.address}</dlm>"
        "</AddDistributionListMemberRequest>"
    )
    # A list that is called a user is a list all the same.
    owner.grant("7", name, "r")
    assert owner.grants("7") == [{"zid": list_id, "gt": "grp", "perm": "r", "d": name}]
    assert member.rights(f"{owner.id}:7") == "r"
    assert person().rights(f"{owner.id}:7") == ""
    # What several grants give is added up.
    owner.grant("7", member.address, "w")
    assert member.rights(f"{owner.id}:7") == "rw"


def test_people_of_another_domain_are_granted_to(owner: Person, person: Make, admin: Wire) -> None:
    domain = f"d{owner.id[:8]}.fr"
    admin.admin(f"<CreateDomainRequest><name>{domain}</name></CreateDomainRequest>")
    other = person(domain)
    owner.grant("7", other.address, "r")
    assert other.rights(f"{owner.id}:7") == "r"
    owner.grant("10", "ac-reunion.fr", "r", "dom")
    assert other.rights(f"{owner.id}:10") == ""


def test_the_owner_is_no_grantee(owner: Person) -> None:
    with refused("service.PERM_DENIED"):
        owner.grant("7", owner.address, "r")
    with refused("service.PERM_DENIED"):
        owner.revoke("7", owner.id)


def test_revoking_what_was_not_granted_is_no_error(owner: Person, member: Person) -> None:
    assert owner.revoke("7", member.id).get("op") == "!grant"
    assert owner.revoke("7", "").get("id") == "7"


def test_grants_are_inherited_until_a_folder_has_its_own(owner: Person, member: Person, person: Make) -> None:
    top = owner.new_folder("Haut")
    middle = owner.new_folder("Milieu", parent=top)
    low = owner.new_folder("Bas", parent=middle)
    closed = owner.new_folder("Fermé", parent=top, f="i")
    owner.grant(top, member.address, "r")
    assert [member.rights(f"{owner.id}:{one}") for one in (top, middle, low, closed)] == ["r", "r", "r", ""]
    # A grant to somebody else ends what the first one inherited.
    other = person()
    owner.grant(middle, other.address, "rw")
    assert member.rights(f"{owner.id}:{low}") == ""
    assert other.rights(f"{owner.id}:{low}") == "rw"
    # When it is revoked the folder still inherits nothing.
    owner.revoke(middle, other.id)
    assert member.rights(f"{owner.id}:{low}") == ""
    owner.act("update", middle, f="")
    assert member.rights(f"{owner.id}:{low}") == "r"


def test_update_replaces_all_grants(owner: Person, member: Person, person: Make) -> None:
    other = person()
    owner.grant("7", member.address, "r")
    owner.act("update", "7", f'<acl><grant gt="usr" zid="{other.id}" perm="rw"/></acl>', f="#")
    assert owner.grants("7") == [{"zid": other.id, "gt": "usr", "perm": "rw", "d": other.address}]
    assert owner.folder(l="7").get("f") == "#i"
    with refused("service.INVALID_REQUEST"):
        owner.act("update", "7", f'<acl><grant gt="usr" d="{other.address}" perm="rw"/></acl>')


def test_a_folder_is_made_with_its_grants(owner: Person, member: Person) -> None:
    body = (
        '<CreateFolderRequest><folder name="Ouvert" l="1"><acl>'
        f'<grant gt="usr" zid="{member.id}" perm="r"/></acl></folder></CreateFolderRequest>'
    )
    folder = owner.mail(body).find("folder")
    assert folder.find("acl/grant").get("d") == member.address
    assert member.rights(f"{owner.id}:{folder.get('id')}") == "r"


def test_a_grant_ends_at_its_time(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r", expiry="4102444800000")
    assert owner.grants("7")[0]["expiry"] == "4102444800000"
    assert member.rights(f"{owner.id}:7") == "r"
    owner.grant("7", member.address, "r", expiry="1000")
    assert member.rights(f"{owner.id}:7") == ""


def test_the_account_may_set_an_end_to_all_shares(person: Make, member: Person) -> None:
    owner = person(zimbraFileExternalShareLifeTime="90s", zimbraFileShareLifeTime="60s")
    folder = owner.new_folder("Dossier", parent="16")
    owner.grant(folder, member.address, "r")
    owner.grant(folder, "parent@exemple.fr", "r", "guest", pw="x")
    acl = owner.folder(l=folder).find("acl")
    assert int(acl.get("guestGrantExpiry")) > int(acl.get("internalGrantExpiry"))
    owner.revoke(folder, "parent@exemple.fr")
    assert owner.folder(l=folder).find("acl").get("guestGrantExpiry") is None
    # It is about documents alone.
    owner.grant("7", member.address, "r")
    assert owner.folder(l="7").find("acl").get("internalGrantExpiry") is None


def test_who_may_administer_sees_and_makes_grants(owner: Person, member: Person, person: Make) -> None:
    other = person()
    folder = owner.new_folder("Cours", view="contact")
    owner.grant(folder, member.address, "ra")
    ref = f"{owner.id}:{folder}"
    assert len(member.folder(l=ref).findall("acl/grant")) == 1
    member.grant(ref, other.address, "r")
    assert other.rights(ref) == "r"
    with refused("service.PERM_DENIED"):
        other.grant(ref, member.address, "r")
    assert other.folder(l=ref).find("acl") is None
    with refused("service.PERM_DENIED"):
        other.revoke(ref, member.id)


def test_grants_to_who_is_no_more_are_marked_and_can_be_cleared(
    owner: Person, member: Person, person: Make, admin: Wire
) -> None:
    top = owner.new_folder("Haut")
    owner.act("update", top, f'<acl><grant gt="usr" zid="{"0" * 8}-disparu" perm="r"/></acl>')
    low = owner.new_folder("Bas", parent=top)
    owner.act("update", low, f'<acl><grant gt="usr" zid="{"0" * 8}-disparu" perm="r"/></acl>')
    assert owner.grants(top)[0]["invalid"] == "1"
    with refused("service.INVALID_REQUEST"):
        owner.act("revokeorphangrants", top, zid=member.id, gt="usr")
    with refused("service.INVALID_REQUEST"):
        owner.act("revokeorphangrants", top, zid="x", gt="guest")
    owner.act("revokeorphangrants", top, zid="00000000-disparu", gt="usr")
    assert owner.grants(top) == owner.grants(low) == []


def test_what_was_granted_to_a_deleted_account_stays_until_it_is_cleared(
    owner: Person, member: Person, admin: Wire
) -> None:
    folder = owner.new_folder("Cours")
    owner.grant(folder, member.address, "r")
    admin.admin(f"<DeleteAccountRequest><id>{member.id}</id></DeleteAccountRequest>")
    held = owner.grants(folder)[0]
    assert (held["zid"], held["d"], held["invalid"]) == (member.id, "", "1")
    owner.act("revokeorphangrants", "1", zid=member.id, gt="usr")
    assert owner.grants(folder) == []


# --- what rights allow ----------------------------------------------------------------------------------------------


def test_without_a_right_nothing_is_seen(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Privé")
    with refused("service.PERM_DENIED"):
        member.folder(l=f"{owner.id}:{folder}")
    owner.grant(folder, member.address, "")
    with refused("service.PERM_DENIED"):
        member.folder(l=f"{owner.id}:{folder}")
    with refused("service.PERM_DENIED"):
        member.mail("<GetFolderRequest/>", context=f'<account by="id">{owner.id}</account>')


def test_the_tree_of_another_shows_what_is_open_and_names_on_the_way(owner: Person, member: Person) -> None:
    top = owner.new_folder("Haut")
    low = owner.new_folder("Bas", parent=top)
    owner.new_folder("Autre", parent=top)
    owner.grant(low, member.address, "rw")
    context = f'<account by="id">{owner.id}</account>'
    root = member.mail('<GetFolderRequest visible="1"/>', context=context).find("folder")
    assert dict(root.attrib) == {"id": f"{owner.id}:1", "name": "USER_ROOT"}
    (shown,) = root.findall("folder")
    assert dict(shown.attrib) == {"id": f"{owner.id}:{top}", "name": "Haut"}
    (found,) = shown.findall("folder")
    assert (found.get("id"), found.get("l"), found.get("perm")) == (f"{owner.id}:{low}", f"{owner.id}:{top}", "rw")


@pytest.mark.parametrize(
    ("op", "attrs"),
    [
        ("rename", {"name": "x"}),
        ("move", {"l": "2"}),
        ("delete", {}),
        ("trash", {}),
        ("empty", {}),
        ("color", {"color": "3"}),
        ("check", {}),
        ("syncon", {}),
        ("fb", {"excludeFreeBusy": "1"}),
        ("url", {"url": ""}),
        ("read", {}),
        ("update", {"color": "3"}),
        ("update", {"f": "i"}),
        ("webofflinesyncdays", {"numDays": "3"}),
        ("disableactivesync", {}),
        ("retentionpolicy", {}),
    ],
)
def test_a_reader_changes_nothing(owner: Person, member: Person, op: str, attrs: dict[str, str]) -> None:
    folder = owner.new_folder("Cours", view="contact")
    owner.wire.contact(folder=folder, lastName="Hoarau")
    owner.grant(folder, member.address, "r")
    if attrs.get("l"):
        attrs = {"l": f"{owner.id}:2"}
    inner = "<retentionPolicy/>" if op == "retentionpolicy" else ""
    before = dict(owner.folder(l=folder).attrib)
    with refused("service.PERM_DENIED"):
        member.act(op, f"{owner.id}:{folder}", inner, **attrs)
    assert dict(owner.folder(l=folder).attrib) == before


def test_a_manager_changes_the_folder_but_not_who_may(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Cours", view="contact")
    owner.grant(folder, member.address, "rwidx")
    ref = f"{owner.id}:{folder}"
    assert member.act("color", ref, color="3").get("id") == ref
    member.act("rename", ref, name="Cours 2")
    made = member.create(name="Dessous", l=ref)
    assert made.get("id").startswith(f"{owner.id}:")
    assert made.get("perm") == "rwidxc"
    assert owner.folder(path="/Cours 2/Dessous").get("name") == "Dessous"
    member.act("delete", made.get("id"))
    assert owner.folder(l=folder).find("folder") is None
    with refused("service.PERM_DENIED"):
        member.grant(ref, owner.address, "r")
    with refused("service.PERM_DENIED"):
        member.act("update", ref, "<acl/>")


def test_a_branch_with_a_closed_folder_is_not_deleted(owner: Person, member: Person) -> None:
    top = owner.new_folder("Haut")
    owner.grant("1", member.address, "rwid")
    owner.new_folder("Fermé", parent=top, f="i")
    with refused("service.PERM_DENIED"):
        member.act("delete", f"{owner.id}:{top}")
    with refused("service.PERM_DENIED"):
        member.act("empty", f"{owner.id}:{top}")
    assert owner.folder(l=top).find("folder") is not None


def test_moving_takes_rights_on_both_ends(owner: Person, member: Person) -> None:
    source, target = owner.new_folder("Source"), owner.new_folder("Cible")
    owner.grant(source, member.address, "rwid")
    owner.grant(target, member.address, "r")
    with refused("service.PERM_DENIED"):
        member.act("move", f"{owner.id}:{source}", l=f"{owner.id}:{target}")
    owner.grant(target, member.address, "ri")
    member.act("move", f"{owner.id}:{source}", l=f"{owner.id}:{target}")
    assert owner.folder(path="/Cible/Source").get("id") == source
    with refused("service.INVALID_REQUEST"):
        member.act("move", f"{owner.id}:{source}", l="1")


def test_contacts_of_another_by_rights(owner: Person, member: Person) -> None:
    contact = owner.wire.contact(lastName="Hoarau", firstName="Marie")
    ref = f"{owner.id}:{contact}"
    with refused("service.PERM_DENIED"):
        member.contacts(ref)
    owner.grant("7", member.address, "r")
    (found,) = member.contacts(ref)
    assert (found.get("id"), found.get("l")) == (ref, f"{owner.id}:7")
    change = f'<ModifyContactRequest><cn id="{ref}"><a n="firstName">Jeanne</a></cn></ModifyContactRequest>'
    for forbidden in (
        lambda: member.mail(change),
        lambda: member.contact_act("delete", ref),
        lambda: member.contact_act("move", ref, l="7"),
        lambda: member.mail(create_contact(folder=f"{owner.id}:7", lastName="Payet")),
    ):
        with refused("service.PERM_DENIED"):
            forbidden()
    assert [one.findtext("a[@n='firstName']") for one in owner.contacts()] == ["Marie"]
    owner.grant("7", member.address, "rwid")
    assert member.mail(change).find("cn").get("id") == ref
    assert member.contact_act("delete", ref).get("id") == ref
    assert owner.contacts() == []


def test_a_revoked_grant_ends_at_once(owner: Person, member: Person) -> None:
    contact = owner.wire.contact(lastName="Hoarau")
    owner.grant("7", member.address, "rwid")
    assert len(member.contacts(f"{owner.id}:{contact}")) == 1
    owner.revoke("7", member.id)
    with refused("service.PERM_DENIED"):
        member.contacts(f"{owner.id}:{contact}")


def test_an_administrator_needs_no_grant(owner: Person, admin: Wire) -> None:
    folder = owner.new_folder("Cours")
    found = admin.mail(f'<GetFolderRequest><folder l="{owner.id}:{folder}"/></GetFolderRequest>').find("folder")
    assert (found.get("id"), found.get("perm")) == (f"{owner.id}:{folder}", "rwidxapfc")


def test_an_administrator_signed_in_as_a_user_is_one(owner: Person, wire: Wire) -> None:
    folder = owner.new_folder("Cours")
    wire.sign_in(*ADMIN)
    with refused("service.PERM_DENIED"):
        wire.mail(f'<GetFolderRequest><folder l="{owner.id}:{folder}"/></GetFolderRequest>')
    owner.grant(folder, ADMIN[0], "r")
    with refused("service.PERM_DENIED"):
        wire.mail(f'<FolderActionRequest><action op="color" color="3" id="{owner.id}:{folder}"/></FolderActionRequest>')


def test_ones_own_folder_allows_all(owner: Person) -> None:
    assert owner.rights("7") == "rwidxapfc"
    with refused("mail.NO_SUCH_FOLDER"):
        owner.rights("4242")
