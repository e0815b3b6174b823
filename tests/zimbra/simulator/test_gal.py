from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account, create_list, signed_in
from tests.zimbra.simulator.wire import Fault, Wire

DOMAIN = "annuaire.example"


@pytest.fixture
def reader(admin: Wire) -> Wire:
    """Somebody of a domain with four people, a room and a list; made once for all tests of this file."""
    domains = {one.get("name") for one in admin.admin("<GetAllDomainsRequest/>")}
    if DOMAIN not in domains:
        admin.admin(f"<CreateDomainRequest><name>{DOMAIN}</name></CreateDomainRequest>")
        for local, first, last in (("zhoarau", "Zoé", "Hoarau"), ("apayet", "Anne", "Payet"), ("mh", "Marc", "Hoarau")):
            admin.create_account(
                f"{local}@{DOMAIN}", displayName=f"{first} {last}", givenName=first, sn=last, telephoneNumber="0262",
            )  # fmt: skip
        admin.create_account(f"cache@{DOMAIN}", displayName="Caché Hoarau", zimbraHideInGal="TRUE")
        admin.modify_account(f"mh@{DOMAIN}", zimbraMailAlias=f"proviseur@{DOMAIN}")
        admin.admin(
            f"<CreateCalendarResourceRequest><name>salle@{DOMAIN}</name><password>motdepasse</password>"
            '<a n="zimbraCalResType">Location</a><a n="displayName">Salle Hoarau</a></CreateCalendarResourceRequest>'
        )
        create_list(admin, f"profs@{DOMAIN}", f"apayet@{DOMAIN}", displayName="Professeurs Hoarau")
    return signed_in(admin, f"apayet@{DOMAIN}")


def _emails(answer: Any) -> list[str]:
    return [one.findtext("a[@n='email']").partition("@")[0] for one in answer.findall("cn")]


def _search(wire: Wire, name: str, request: str = "SearchGal", **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    return account(wire, f"<{request}Request {given}><name>{name}</name></{request}Request>")


def test_people_are_found_by_any_part_of_their_names(reader: Wire) -> None:
    assert _emails(_search(reader, "hoarau")) == ["mh", "salle", "zhoarau", "profs"]
    assert _emails(_search(reader, "OARA", type="account")) == ["mh", "zhoarau"]
    assert _emails(_search(reader, "zoé hoarau")) == ["zhoarau"]
    assert _emails(_search(reader, "proviseur")) == ["mh"]
    assert _emails(_search(reader, "personne")) == []
    assert _emails(_search(reader, "*payet*")) == ["apayet"]


def test_an_entry_has_the_attributes_of_a_contact(reader: Wire) -> None:
    (found,) = _search(reader, f"mh@{DOMAIN}")
    attrs = {one.get("n"): one.text for one in found if one.get("n") != "objectClass"}
    assert "uid=mh" in found.get("id")
    assert attrs.pop("zimbraId")
    assert attrs.pop("createTimeStamp")
    assert attrs == {
        "email": f"mh@{DOMAIN}", "email2": f"proviseur@{DOMAIN}", "firstName": "Marc", "lastName": "Hoarau",
        "fullName": "Marc Hoarau", "workPhone": "0262",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("account", ["apayet", "mh", "zhoarau"]),
        ("resource", ["salle"]),
        ("group", ["profs"]),
        ("all", ["apayet", "mh", "salle", "zhoarau", "profs"]),
    ],
)
def test_a_point_or_nothing_stands_for_all_of_a_kind(reader: Wire, kind: str, found: list[str]) -> None:
    for name in (".", "", " "):
        assert _emails(_search(reader, name, type=kind)) == found


def test_answers_are_paged(reader: Wire) -> None:
    first = _search(reader, ".", limit="2")
    assert (_emails(first), first.get("more")) == (["apayet", "mh"], "1")
    last = _search(reader, ".", limit="10", offset="3")
    assert (_emails(last), last.get("more")) == (["zhoarau", "profs"], "0")


def test_conditions_narrow_the_search(reader: Wire) -> None:
    body = (
        "<SearchGalRequest><name>.</name><searchFilter><conds{more}><cond attr='firstName' op='has' value='ARC'/>"
        "<cond attr='lastName' op='eq' value='payet'/></conds></searchFilter></SearchGalRequest>"
    )
    assert _emails(account(reader, body.format(more=""))) == []
    assert _emails(account(reader, body.format(more=" or='1'"))) == ["apayet", "mh"]


@each(
    "body",
    [
        "<SearchGalRequest/>",
        "<SearchGalRequest><name>a</name><query>b</query></SearchGalRequest>",
        '<SearchGalRequest type="animal"><name>a</name></SearchGalRequest>',
        '<SearchGalRequest limit="-1"><name>a</name></SearchGalRequest>',
        "<AutoCompleteGalRequest/>",
    ],
)
def test_searches_that_make_no_sense(reader: Wire, body: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        account(reader, body)


def test_one_entry_is_found_by_its_place(reader: Wire) -> None:
    ref = _search(reader, "salle")[0].get("ref")
    assert _emails(account(reader, f"<SearchGalRequest><ref>{ref}</ref></SearchGalRequest>")) == ["salle"]


def test_completion_looks_at_the_start_of_words(reader: Wire) -> None:
    assert _emails(_search(reader, "hoa", "AutoCompleteGal", type="account")) == ["mh", "zhoarau"]
    assert _emails(_search(reader, "oara", "AutoCompleteGal")) == []
    assert _emails(_search(reader, "pro", "AutoCompleteGal")) == ["mh", "profs"]
    few = _search(reader, "hoa", "AutoCompleteGal", limit="1")
    assert (_emails(few), few.get("more")) == (["mh"], "1")


def test_without_the_feature_there_is_no_address_list(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraFeatureGalEnabled="FALSE")
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _search(agent, "a")


def test_a_list_tells_whether_one_is_in_it(reader: Wire) -> None:
    asked = {"needExp": "1", "needIsMember": "all", "needIsOwner": "1", "type": "group"}
    (found,) = _search(reader, "profs", **asked)
    assert (found.get("exp"), found.get("isMember"), found.get("isOwner")) == ("1", "1", "0")
    (found,) = _search(signed_in(reader, f"mh@{DOMAIN}"), "profs", **asked)
    assert found.get("isMember") == "0"


def test_a_copy_of_the_list_is_kept_up_to_date(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>copie.example</name></CreateDomainRequest>")
    admin.create_account("un@copie.example")
    reader = signed_in(admin, "un@copie.example")
    first = account(reader, "<SyncGalRequest/>")
    assert _emails(first) == ["un"]
    token = first.get("token")
    sync = f'<SyncGalRequest token="{token}"/>'
    again = account(reader, sync)
    assert (_emails(again), again.findall("deleted")) == ([], [])
    gone = admin.create_account("deux@copie.example")
    create_list(admin, "liste@copie.example")
    assert _emails(account(reader, sync)) == ["deux", "liste"]
    admin.admin(f"<DeleteAccountRequest><id>{gone}</id></DeleteAccountRequest>")
    after = account(reader, sync)
    assert (_emails(after), [one.get("id") for one in after.findall("deleted")]) == (["liste"], [gone])
    account(reader, '<ModifyPrefsRequest><pref name="zimbraPrefComposeFormat">text</pref></ModifyPrefsRequest>')
    unchanged = account(reader, f'<SyncGalRequest token="{after.get("token")}"/>')
    assert (_emails(unchanged), unchanged.get("token")) == ([], after.get("token"))


def test_completion_joins_contacts_and_the_address_list(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>carnet.example</name></CreateDomainRequest>")
    admin.create_account("moi@carnet.example")
    admin.create_account("paul@carnet.example", displayName="Paul Técher")
    reader = signed_in(admin, "moi@carnet.example")
    reader.contact(firstName="Pauline", lastName="Técher", email="pauline@x.fr", email2="p2@x.fr")
    reader.contact(folder="3", firstName="Paulette", email="jetee@x.fr")
    answer = reader.mail("<AutoCompleteRequest><name>pau</name></AutoCompleteRequest>")
    found = [(one.get("type"), one.get("email")) for one in answer.findall("match")]
    assert found == [
        ("contact", '"Pauline Técher" <pauline@x.fr>'),
        ("contact", '"Pauline Técher" <p2@x.fr>'),
        ("gal", '"Paul Técher" <paul@carnet.example>'),
    ]
    only = reader.mail('<AutoCompleteRequest includeGal="0"><name>paul téch</name></AutoCompleteRequest>')
    assert len(only.findall("match")) == 2
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        reader.mail("<AutoCompleteRequest><name> </name></AutoCompleteRequest>")


def test_the_administrator_searches_the_list_of_any_domain(reader: Wire, admin: Wire) -> None:
    body = f'<SearchGalRequest domain="{DOMAIN}"><name>payet</name></SearchGalRequest>'
    assert _emails(admin.admin(body)) == ["apayet"]
    assert _emails(admin.admin(body.replace("SearchGal", "AutoCompleteGal"))) == ["apayet"]
    with pytest.raises(Fault, match=r"account\.NO_SUCH_DOMAIN"):
        admin.admin(body.replace(DOMAIN, "rien.example"))
