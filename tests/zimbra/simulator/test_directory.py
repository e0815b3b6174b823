from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.formats.ldapfilter import BadFilter, compile_filter


def _search(admin: Wire, query: str, **attrs: str) -> list[str]:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    answer = admin.admin(f'<SearchDirectoryRequest query="{escape(query)}" {given}/>')
    return [one.get("name") for one in answer]


def test_an_account_is_created_read_changed_and_deleted(admin: Wire, wire: Wire) -> None:
    account_id = admin.create_account("cycle@ac-reunion.fr", displayName="Un", zimbraMailAlias="alias@ac-reunion.fr")
    with pytest.raises(Fault, match=r"account\.ACCOUNT_EXISTS"):
        admin.create_account("Cycle@AC-Reunion.fr")
    request = f'<GetAccountRequest attrs="displayName,uid"><account by="id">{account_id}</account></GetAccountRequest>'
    found = admin.admin(request).find("account")
    assert {one.get("n"): one.text for one in found} == {"displayName": "Un", "uid": "cycle"}
    admin.modify_account("cycle@ac-reunion.fr", displayName="Deux")
    assert admin.admin(request).findtext("account/a[@n='displayName']") == "Deux"
    admin.admin(f"<SetPasswordRequest><id>{account_id}</id><newPassword>autremot</newPassword></SetPasswordRequest>")
    with pytest.raises(Fault, match=r"account\.AUTH_FAILED"):
        wire.sign_in("cycle@ac-reunion.fr")
    wire.sign_in("cycle@ac-reunion.fr", "autremot").contact(lastName="x")
    admin.admin(f"<DeleteAccountRequest><id>{account_id}</id></DeleteAccountRequest>")
    with pytest.raises(Fault, match=r"account\.NO_SUCH_ACCOUNT"):
        admin.admin(request)
    with pytest.raises(Fault, match=r"service\.AUTH_EXPIRED"):
        wire.mail("<NoOpRequest/>")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x@ailleurs.fr", "account.NO_SUCH_DOMAIN"),
        ("sans-domaine", "service.INVALID_REQUEST"),
        ("a b@ac-reunion.fr", "service.INVALID_REQUEST"),
    ],
)
def test_names_that_cannot_be_are_refused(admin: Wire, name: str, code: str) -> None:
    with pytest.raises(Fault) as fault:
        admin.create_account(name)
    assert fault.value.code == code


def test_many_valued_attributes_are_added_and_removed(admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMailAlias="a@x.fr")
    admin.modify_account(address, **{"+zimbraMailAlias": "b@x.fr"})
    request = f'<GetAccountRequest attrs="zimbraMailAlias"><account by="name">{address}</account></GetAccountRequest>'
    assert [one.text for one in admin.admin(request).find("account")] == ["a@x.fr", "b@x.fr"]
    admin.modify_account(address, **{"-zimbraMailAlias": "a@x.fr"})
    assert [one.text for one in admin.admin(request).find("account")] == ["b@x.fr"]
    with pytest.raises(Fault, match=r"ldap\.INVALID_ATTR_NAME"):
        admin.modify_account(address, **{"nom impossible": "x"})


def test_domains(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>lycee.example</name></CreateDomainRequest>")
    with pytest.raises(Fault, match=r"account\.DOMAIN_EXISTS"):
        admin.admin("<CreateDomainRequest><name>Lycee.example</name></CreateDomainRequest>")
    found = admin.admin('<GetDomainRequest><domain by="name">lycee.example</domain></GetDomainRequest>')
    assert found.findtext("domain/a[@n='zimbraDomainName']") == "lycee.example"
    assert {"lycee.example", "ac-reunion.fr"} <= {one.get("name") for one in admin.admin("<GetAllDomainsRequest/>")}
    with pytest.raises(Fault, match=r"account\.NO_SUCH_DOMAIN"):
        admin.admin('<GetDomainRequest><domain by="name">rien.example</domain></GetDomainRequest>')


def test_the_directory_is_searched_sorted_and_paged(admin: Wire) -> None:
    for number, name in enumerate(("Zoé", "Anne", "Marc")):
        admin.create_account(f"recherche{number}@ac-reunion.fr", displayName=name)
    query = "(&(uid=recherche*)(|(displayName=Zo*)(displayName=anne)(!(displayName=*a*))))"
    answer = admin.admin(f'<SearchDirectoryRequest sortBy="displayName" query="{escape(query)}"/>')
    assert [one.get("name")[:10] for one in answer] == ["recherche1", "recherche0"]
    page = admin.admin('<SearchDirectoryRequest query="(uid=recherche*)" limit="2" offset="1"/>')
    assert (page.get("more"), page.get("searchTotal"), len(page)) == ("0", "3", 2)
    assert admin.admin('<SearchDirectoryRequest query="(uid=recherche*)" countOnly="1"/>').get("num") == "3"
    with pytest.raises(Fault, match=r"account\.TOO_MANY_SEARCH_RESULTS"):
        admin.admin('<SearchDirectoryRequest query="(uid=recherche*)" maxResults="2"/>')
    assert "ac-reunion.fr" in _search(admin, "", types="domains")


@pytest.mark.parametrize("text", ["(", "(a", "(a=b", "(a=b))", "(!(a=b)(c=d))", "(&(a=b)", "x", "(" * 200 + ")" * 200])
def test_a_broken_filter_is_invalid(admin: Wire, text: str) -> None:
    with pytest.raises(BadFilter):
        compile_filter(text)
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _search(admin, text)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("mail=a@x.fr", True),
        ("(MAIL=A@X.FR)", True),
        ("(mail=*)", True),
        ("(phone=*)", False),
        ("(mail=*@x*)", True),
        (r"(cn=a\2ab)", True),
        ("(cn>=a)", True),
        ("(cn<=a)", False),
        ("(tag=deux)", True),
        ("(!(tag=trois))", True),
        ("", True),
    ],
)
def test_filters_match(text: str, matches: bool) -> None:
    entry: dict[str, str | list[str]] = {"mail": "a@x.fr", "cn": "a*b", "tag": ["un", "deux"]}
    assert compile_filter(text).matches(entry) is matches
