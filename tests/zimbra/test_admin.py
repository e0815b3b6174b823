import pytest

from tests.zimbra.scripted_transport import ScriptedTransport
from tests.zimbra.verbs.scripts import Answers, Scripted, refused
from zimbra import soap
from zimbra.admin import AdminClient
from zimbra.admin.accounts import PAGE, ldap_text
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Taken


def test_search_directory_reads_every_page() -> None:
    def pages(request: soap.Element) -> str:
        offset = int(request.get("offset") or 0)
        shown = range(offset, min(offset + 2, 5))
        entries = "".join(f'<account id="i{n}" name="n{n}"><a n="sn">a</a><a n="sn">b</a></account>' for n in shown)
        return (
            f'<SearchDirectoryResponse more="{int(offset + 2 < 5)}" searchTotal="5">{entries}</SearchDirectoryResponse>'
        )

    transport = ScriptedTransport(pages)
    admin = AdminClient("http://zimbra.test:7071", "admin@b.fr", "secret", transport=transport)
    found = list(admin.search_directory("(sn=a)", domain="b.fr", attributes=("sn",)))
    assert [entry.name for entry in found] == ["n0", "n1", "n2", "n3", "n4"]
    assert found[0].attributes == {"sn": "a"}
    first = transport.requests[0]
    assert (first.get("query"), first.get("domain"), first.get("attrs")) == ("(sn=a)", "b.fr", "sn")
    assert transport.sign_ins == 1


def test_search_directory_does_not_trust_a_server_that_sees_no_further_than_its_page() -> None:
    """Zimbra without a session: `more` is never said, and 5,000 hits are too many unless no bound is asked for."""

    def pages(request: soap.Element) -> str:
        offset, limit = int(request.get("offset") or 0), int(request.get("limit") or 0)
        shown = range(offset, min(offset + limit, PAGE + 1))
        entries = "".join(f'<account id="i{n}" name="n{n}"/>' for n in shown)
        return (
            f'<SearchDirectoryResponse more="0" searchTotal="{offset + len(shown)}">{entries}</SearchDirectoryResponse>'
        )

    transport = ScriptedTransport(pages)
    admin = AdminClient("http://zimbra.test:7071", "admin@b.fr", "secret", transport=transport)
    assert len(list(admin.search_directory())) == PAGE + 1
    assert [one.get("maxResults") for one in transport.requests] == ["0", "0"]
    assert len(list(admin.search_directory(attributes=("sn",)))) == PAGE + 1
    assert len(transport.requests) == 3


def test_delegate_auth_uses_the_administration_address_and_the_shared_session() -> None:
    transport = ScriptedTransport(
        lambda _: "<DelegateAuthResponse><authToken>theirs</authToken><lifetime>5000</lifetime></DelegateAuthResponse>"
    )
    admin = AdminClient("http://zimbra.test:7071", "admin@b.fr", "secret", transport=transport)
    for _ in range(2):
        token = admin.delegate_auth("marie@b.fr")
        assert (token.value, token.lifetime) == ("theirs", 5.0)
    assert transport.sign_ins == 1
    assert {sent.url for sent in transport.sent} == {"http://zimbra.test:7071/service/admin/soap"}


def test_a_shared_transport_is_left_open_and_an_own_one_closed() -> None:
    shared = ScriptedTransport(lambda _: "")
    ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=shared).close()
    AdminClient("http://zimbra.test", "a@b.fr", "secret", transport=shared).close()
    assert not shared.closed
    with AdminClient("http://zimbra.test", "a@b.fr", "secret") as admin:
        own = ScriptedTransport(lambda _: "")
        admin.endpoint.transport = own
    assert own.closed
    owner = ZimbraClient("http://zimbra.test", admin.endpoint, owns_transport=True)
    own.closed = False
    owner.close()
    assert own.closed


def administrator(answers: Answers) -> tuple[AdminClient, Scripted]:
    transport = Scripted(answers)
    return AdminClient("http://zimbra.test:7071", "admin@b.fr", "secret", transport=transport), transport


MARIE = """<account id="5b0c" name="marie@b.fr"><a n="displayName">Marie</a><a n="zimbraMailAlias">m@b.fr</a>
<a n="zimbraMailAlias">mh@b.fr</a></account>"""


def test_account_holds_all_values_of_an_attribute() -> None:
    admin, _ = administrator({"GetAccount": MARIE})
    account = admin.get_account("marie@b.fr")
    assert account.attributes == {"displayName": "Marie", "zimbraMailAlias": "m@b.fr"}
    assert account.aliases == ("m@b.fr", "mh@b.fr")
    assert "Marie" not in repr(account)


def test_find_account_of_nobody_is_none() -> None:
    admin, _ = administrator({"GetAccount": [MARIE, refused("account.NO_SUCH_ACCOUNT")]})
    found = admin.find_account("marie@b.fr")
    assert found is not None
    assert found.id == "5b0c"
    assert admin.find_account("nobody@b.fr") is None


def test_modify_account_sets_several_values_and_removes() -> None:
    admin, server = administrator({"ModifyAccount": MARIE})
    admin.modify_account("5b0c", {"a": ("1", "2"), "b": "", "c": (), "+d": "x"})
    assert server.asked("ModifyAccount") == [
        '[id="5b0c"]<a n="a">1</a><a n="a">2</a><a n="b"/><a n="c"/><a n="+d">x</a>'
    ]


def test_rename_password_aliases_and_size_of_an_account() -> None:
    admin, server = administrator(
        {
            "RenameAccount": '<account id="5b0c" name="marie.d@b.fr"/>',
            "SetPassword": "<message>weak</message>",
            "AddAccountAlias": ["", refused("account.ACCOUNT_EXISTS")],
            "RemoveAccountAlias": ["", refused("account.NO_SUCH_ALIAS")],
            "GetMailbox": '<mbox mbxid="3" s="12345"/>',
        }
    )
    assert admin.rename_account("5b0c", "marie.d@b.fr").address == "marie.d@b.fr"
    admin.set_password("5b0c", "a&b")
    admin.add_alias("5b0c", "m@b.fr")
    with pytest.raises(Taken):
        admin.add_alias("5b0c", "m@b.fr")
    assert admin.remove_alias("5b0c", "m@b.fr")
    assert not admin.remove_alias("5b0c", "m@b.fr")
    assert admin.mailbox_size("5b0c") == 12345
    assert server.asked("RenameAccount") == ['[id="5b0c" newName="marie.d@b.fr"]']
    assert [sent.repeatable for sent in server.sent][:2] == [False, False]
    assert server.asked("SetPassword") == ['[id="5b0c" newPassword="a&b"]']
    assert server.asked("AddAccountAlias")[0] == '[id="5b0c" alias="m@b.fr"]'
    assert server.asked("GetMailbox") == ['<mbox id="5b0c"/>']


@pytest.mark.parametrize("inside", [True, False])
def test_get_list_reads_every_member_wherever_the_server_writes_them(inside: bool) -> None:
    def page(more: int, *members: str) -> str:
        listed = "".join(f"<dlm>{one}</dlm>" for one in members)
        return f'[more={more}]<dl id="l1" name="equipe@b.fr">{listed if inside else ""}</dl>{"" if inside else listed}'

    admin, server = administrator({"GetDistributionList": [page(1, "a@b.fr", "c@b.fr"), page(0, "d@b.fr")]})
    found = admin.get_list("equipe@b.fr")
    assert (found.id, found.members) == ("l1", ("a@b.fr", "c@b.fr", "d@b.fr"))
    assert [text.split("]")[0] for text in server.asked("GetDistributionList")] == [
        '[limit="1000" offset="0"',
        '[limit="1000" offset="2"',
    ]


def test_create_list_puts_its_members_in() -> None:
    admin, server = administrator(
        {
            "CreateDistributionList": '<dl id="l1" name="equipe@b.fr"><a n="displayName">Équipe</a></dl>',
            "AddDistributionListMember": "",
        }
    )
    made = admin.create_list("equipe@b.fr", ["a@b.fr", "c@b.fr"], {"displayName": "Équipe"})
    assert (made.members, made.attributes) == (("a@b.fr", "c@b.fr"), {"displayName": "Équipe"})
    admin.create_list("vide@b.fr")
    assert server.asked("AddDistributionListMember") == ['[id="l1"]<dlm>a@b.fr</dlm><dlm>c@b.fr</dlm>']


def test_change_and_delete_a_list() -> None:
    admin, server = administrator(
        {
            "RemoveDistributionListMember": ["", refused("account.NO_SUCH_MEMBER")],
            "ModifyDistributionList": '<dl id="l1"/>',
            "DeleteDistributionList": "",
        }
    )
    admin.remove_members("l1", ["a@b.fr"])
    with pytest.raises(NotFound):
        admin.remove_members("l1", ["a@b.fr"])
    admin.modify_list("l1", {"displayName": ""})
    admin.delete_list("l1")
    assert server.asked("ModifyDistributionList") == ['[id="l1"]<a n="displayName"/>']
    assert [sent.repeatable for sent in server.sent] == [False, False, True, False]


def test_domains() -> None:
    domain = '<domain id="d1" name="b.fr"><a n="zimbraPreAuthKey">k</a></domain>'
    admin, server = administrator(
        {
            "CreateDomain": [domain, refused("account.DOMAIN_EXISTS")],
            "GetDomain": domain,
            "GetAllDomains": domain,
            "ModifyDomain": domain,
            "DeleteDomain": "",
        }
    )
    assert admin.create_domain("b.fr", {"description": "x"}).id == "d1"
    with pytest.raises(Taken):
        admin.create_domain("b.fr")
    assert admin.get_domain("d1", key="id").name == "b.fr"
    assert [one.name for one in admin.domains()] == ["b.fr"]
    assert admin.modify_domain("d1", {"description": ""}).attributes == {"zimbraPreAuthKey": "k"}
    admin.delete_domain("d1")
    assert server.asked("GetDomain") == ['<domain by="id">d1</domain>']


@pytest.mark.parametrize(("text", "escaped"), [("Zoé", "Zoé"), ("a*b(c)", r"a\2ab\28c\29"), ("a\\b\0", r"a\5cb\00")])
def test_ldap_text_has_no_meaning_in_a_filter(text: str, escaped: str) -> None:
    assert ldap_text(text) == escaped
