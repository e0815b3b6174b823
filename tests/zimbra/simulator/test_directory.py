from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.formats.ldapfilter import BadFilter, compile_filter
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store import accounts


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


@each("text", ["(", "(a", "(a=b", "(a=b))", "(!(a=b)(c=d))", "(&(a=b)", "x", "(" * 200 + ")" * 200])
def test_a_broken_filter_is_invalid(admin: Wire, text: str) -> None:
    with pytest.raises(BadFilter):
        compile_filter(text)
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _search(admin, text)


@each(
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


def _account(admin: Wire, address: str) -> dict[str, str]:
    found = admin.admin(f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>').find(
        "account"
    )
    return {"": found.get("name"), "id": found.get("id"), **{one.get("n"): one.text for one in found}}


def _code(admin: Wire, body: str) -> str:
    with pytest.raises(Fault) as fault:
        admin.admin(body)
    return fault.value.code


def test_an_account_says_what_tools_look_for(admin: Wire, address: str) -> None:
    found = _account(admin, address)
    assert found["zimbraId"] == found["id"]
    assert found["zimbraMailDeliveryAddress"] == found["mail"] == address
    assert (found["zimbraMailHost"], found["zimbraAccountStatus"]) == ("localhost", "active")
    assert found["uid"] == address.partition("@")[0]
    assert found["zimbraCreateTimestamp"].endswith("Z")
    assert found["zimbraCOSId"] == "e00428a1-0c00-11d9-836a-000d93afea2a"
    bare = f'<GetAccountRequest applyCos="0"><account by="name">{address}</account></GetAccountRequest>'
    assert admin.admin(bare).find("account/a[@n='zimbraFeatureMailEnabled']") is None


@each(
    ("inside", "code"),
    [
        ("<password>motdepasse</password>", "service.FAILURE"),
        ("<name>  </name>", "service.INVALID_REQUEST"),
        ("<name>@ac-reunion.fr</name>", "service.INVALID_REQUEST"),
        ("<name>x@</name>", "service.INVALID_REQUEST"),
        ("<name>a&lt;b@ac-reunion.fr</name>", "service.INVALID_REQUEST"),
        ("<name>n1@ac-reunion.fr</name><password>court</password>", "account.INVALID_PASSWORD"),
        ("<name>n2@ac-reunion.fr</name><password> </password>", "account.INVALID_PASSWORD"),
        ("<name>n3@ac-reunion.fr</name><a n='mail'>x@y.fr</a>", "service.INVALID_REQUEST"),
        ("<name>n4@ac-reunion.fr</name><a n='zimbraCOSId'>rien</a>", "account.NO_SUCH_COS"),
        ("<name>n5@ac-reunion.fr</name><a n='zimbraContactMaxNumEntries'>-1</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n6@ac-reunion.fr</name><a n='zimbraFeatureMailEnabled'>True</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n6@ac-reunion.fr</name><a n='zimbraCalResAutoDeclineIfBusy'>oui</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n6@ac-reunion.fr</name><a n='zimbraMailDumpsterLifetime'>bientôt</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n6@ac-reunion.fr</name><a n='zimbraDataSourceMaxNumEntries'>-2</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n7@ac-reunion.fr</name><a n='zimbraAccountStatus'>endormi</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n8@ac-reunion.fr</name><a n='zimbraMailTrashLifetime'>-1d</a>", "account.INVALID_ATTR_VALUE"),
        ("<name>n9@ac-reunion.fr</name><a n='zimbraMailSpamLifetime'>12345678901234567890</a>", "service.FAILURE"),
    ],
)  # fmt: skip
def test_accounts_that_cannot_be_made(admin: Wire, inside: str, code: str) -> None:
    assert _code(admin, f"<CreateAccountRequest>{inside}</CreateAccountRequest>") == code


def test_a_renamed_account_keeps_its_mailbox_aliases_and_shares(admin: Wire, agent: Wire, address: str) -> None:
    agent.contact(lastName="Hoarau")
    account_id = _account(admin, address)["id"]
    alias = f"<id>{account_id}</id><alias>Alias-{address}</alias>"
    admin.admin(f"<AddAccountAliasRequest>{alias}</AddAccountAliasRequest>")
    rename = f"<RenameAccountRequest><id>{account_id}</id><newName>Neuf-{address}</newName></RenameAccountRequest>"
    assert admin.admin(rename).find("account").get("name") == f"neuf-{address}"
    assert len(agent.mail("<GetContactsRequest/>")) == 1
    assert agent.sign_in(f"neuf-{address}").token
    assert agent.sign_in(f"alias-{address}").token
    with pytest.raises(Fault, match=r"account\.AUTH_FAILED"):
        agent.sign_in(address)
    admin.create_account(address)
    assert _code(admin, rename.replace(f"Neuf-{address}", address)) == "account.ACCOUNT_EXISTS"
    assert _code(admin, rename.replace(f"Neuf-{address}", "sans-domaine")) == "service.INVALID_REQUEST"
    assert _code(admin, rename.replace(account_id, "rien")) == "account.NO_SUCH_ACCOUNT"


def test_aliases_are_added_and_removed(admin: Wire, address: str) -> None:
    account_id = _account(admin, address)["id"]

    def change(verb: str, alias: str) -> str:
        body = f"<{verb}AccountAliasRequest><id>{account_id}</id><alias>{alias}</alias></{verb}AccountAliasRequest>"
        try:
            admin.admin(body)
        except Fault as fault:
            return fault.code
        return ""

    assert change("Add", f"surnom-{address}") == ""
    assert _account(admin, f"surnom-{address}")["id"] == account_id
    for taken in (f"surnom-{address}", address):
        assert change("Add", taken) == "account.ACCOUNT_EXISTS"
    for verb in ("Add", "Remove"):
        assert change(verb, "sans-domaine") == "service.INVALID_REQUEST"
        assert change(verb, "") == "service.INVALID_REQUEST"
        assert change(verb, "x@rien.example") == "account.NO_SUCH_DOMAIN"
    assert change("Remove", f"surnom-{address}") == ""
    assert change("Remove", f"surnom-{address}") == "account.NO_SUCH_ALIAS"
    assert "zimbraMailAlias" not in _account(admin, address)


def test_the_directory_has_entries_of_every_kind(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>genres.example</name></CreateDomainRequest>")
    admin.create_account("genre@genres.example", zimbraMailAlias="genre2@genres.example")
    for request, inside in (
        ("CreateDistributionList", "<name>genre3@genres.example</name>"),
        (
            "CreateCalendarResource",
            "<name>genre4@genres.example</name><a n='displayName'>Salle</a><a n='zimbraCalResType'>Location</a>",
        ),
    ):
        admin.admin(f"<{request}Request>{inside}</{request}Request>")
    types = "accounts,aliases,distributionlists,resources,domains"
    found = admin.admin(f'<SearchDirectoryRequest types="{types}" query="(|(uid=*genre*)(zimbraDomainName=genres*))"/>')
    assert [(one.tag, one.get("name").partition("@")[0]) for one in found] == [
        ("alias", "genre2"), ("dl", "genre3"), ("calresource", "genre4"), ("account", "genre"),
        ("domain", "genres.example"),
    ]  # fmt: skip
    alias = found.find("alias")
    assert (alias.get("targetName"), alias.get("type")) == ("genre@genres.example", "account")
    assert alias.findtext("a[@n='zimbraAliasTargetId']") == found.find("account").get("id")
    assert _search(admin, "(uid=*)", types="accounts", domain="genres.example") == ["genre@genres.example"]
    assert "default" in _search(admin, "(cn=default)", types="coses")
    assert _code(admin, '<SearchDirectoryRequest types="animals" query=""/>') == "service.INVALID_REQUEST"
    assert _code(admin, '<SearchDirectoryRequest domain="rien.example" query=""/>') == "account.NO_SUCH_DOMAIN"


def test_an_account_is_found_by_its_id_and_by_what_its_class_says(admin: Wire, address: str) -> None:
    account_id = _account(admin, address)["id"]
    assert _search(admin, f"(zimbraId={account_id})") == [address]
    uid = address.partition("@")[0]
    assert _search(admin, f"(&(uid={uid})(zimbraFeatureMailEnabled=TRUE)(!(zimbraIsAdminAccount=TRUE)))") == [address]
    assert _search(admin, f"(&(uid={uid})(zimbraFeatureMailEnabled=FALSE))") == []


def test_domains_are_changed_and_deleted_when_empty(admin: Wire) -> None:
    body = "<CreateDomainRequest><name>  Vide.example </name><a n='zimbraGalMode'>{mode}</a></CreateDomainRequest>"
    assert _code(admin, body.format(mode="parfois")) == "account.INVALID_ATTR_VALUE"
    domain = admin.admin(body.format(mode="both")).find("domain")
    domain_id = domain.get("id")
    assert domain.findtext("a[@n='zimbraGalMode']") == "both"
    modify = f"<ModifyDomainRequest><id>{domain_id}</id><a n='description'>Un lycée</a></ModifyDomainRequest>"
    assert admin.admin(modify).findtext("domain/a[@n='description']") == "Un lycée"
    account_id = admin.create_account("seul@vide.example")
    delete = f"<DeleteDomainRequest><id> {domain_id} </id></DeleteDomainRequest>"
    assert _code(admin, delete) == "account.DOMAIN_NOT_EMPTY"
    count = '<CountAccountRequest><domain by="name">vide.example</domain></CountAccountRequest>'
    assert [(one.get("name"), one.text) for one in admin.admin(count)] == [("default", "1")]
    admin.admin(f"<DeleteAccountRequest><id>{account_id}</id></DeleteAccountRequest>")
    admin.admin(delete)
    assert _code(admin, delete) == "account.NO_SUCH_DOMAIN"
    assert _code(admin, "<DeleteDomainRequest/>") == "service.INVALID_REQUEST"
    for name in ("", "a b.example", "x@y.example"):
        assert _code(admin, f"<CreateDomainRequest><name>{name}</name></CreateDomainRequest>") == (
            "service.INVALID_REQUEST"
        )


def test_how_full_mailboxes_are_and_doing_away_with_one(admin: Wire, agent: Wire, address: str) -> None:
    agent.contact(lastName="Hoarau")
    account_id = _account(admin, address)["id"]
    mailbox = f'<GetMailboxRequest><mbox id="{account_id}"/></GetMailboxRequest>'
    size = int(admin.admin(mailbox).find("mbox").get("s"))
    assert size > 0
    admin.modify_account(address, zimbraMailQuota="1000")
    usage = admin.admin('<GetQuotaUsageRequest domain="ac-reunion.fr"/>').find(f"account[@name='{address}']")
    assert (usage.get("used"), usage.get("limit")) == (str(size), "1000")
    admin.admin(f'<DeleteMailboxRequest><mbox id="{account_id}"/></DeleteMailboxRequest>')
    assert admin.admin(mailbox).find("mbox").get("s") == "0"
    assert len(agent.mail("<GetContactsRequest/>")) == 0
    assert _code(admin, '<GetMailboxRequest><mbox id="rien"/></GetMailboxRequest>') == "account.NO_SUCH_ACCOUNT"


def test_the_server_speaks_of_itself(wire: Wire, admin: Wire) -> None:
    wire.admin("<PingRequest/>")
    assert wire.admin("<CheckHealthRequest/>").get("healthy") == "1"
    assert admin.admin("<GetVersionInfoRequest/>").find("info").get("version")
    server = admin.admin("<GetAllServersRequest/>").find("server")
    found = admin.admin(f'<GetServerRequest><server by="id">{server.get("id")}</server></GetServerRequest>')
    assert found.find("server").get("name") == "localhost"
    assert (
        admin.admin("<GetConfigRequest><a n='zimbraMtaMaxMessageSize'/></GetConfigRequest>").findtext("a") == "10240000"
    )
    assert len(admin.admin("<GetAllConfigRequest/>")) > 1
    admin.admin('<FlushCacheRequest><cache type="account"/></FlushCacheRequest>')
    assert _code(wire, "<GetAllServersRequest/>") == "service.AUTH_REQUIRED"


def test_thousands_of_people_cost_one_page(own_simulator: SimulatorServer) -> None:
    with own_simulator.database.transaction(write=True) as db:
        for number in range(2000):
            accounts.create(db, f"p{number:04}@ac-reunion.fr", "", {"displayName": f"Personne {number}"})
    admin = Wire(own_simulator.port).sign_in_admin()
    page = admin.admin('<SearchDirectoryRequest query="" limit="3" offset="1000" attrs="displayName"/>')
    assert (page.get("searchTotal"), page.get("more")) == ("2001", "1")
    assert [one.get("name")[:5] for one in page] == ["p0999", "p1000", "p1001"]
    found = admin.admin('<SearchDirectoryRequest query="(displayName=*1234*)"/>')
    assert [one.get("name")[:5] for one in found] == ["p1234"]
    admin.connection.close()


def test_an_attribute_keeps_the_blanks_around_its_value_and_nothing_but_blanks_clears_it(
    admin: Wire, address: str
) -> None:
    script = '  require ["fileinto"];\n\nfileinto "Classe";\n\n'
    admin.modify_account(address, zimbraMailSieveScript=script, description=" ")
    shown = admin.admin(f"<GetAccountRequest><account>{address}</account></GetAccountRequest>")[0]
    assert shown.findtext("a[@n='zimbraMailSieveScript']") == script
    assert shown.find("a[@n='description']") is None


def test_a_search_finds_a_domain_by_what_every_domain_has(admin: Wire) -> None:
    admin.admin("<CreateDomainRequest><name>trouvable.example</name></CreateDomainRequest>")
    query = "<query>(&amp;(zimbraDomainType=local)(zimbraDomainName=trouvable*))</query>"
    found = admin.admin(f'<SearchDirectoryRequest types="domains">{query}</SearchDirectoryRequest>')
    assert [one.get("name") for one in found] == ["trouvable.example"]
    assert found[0].find("a[@n='zimbraGalLdapAttrMap']") is not None
    found = admin.admin(f'<SearchDirectoryRequest types="domains" applyConfig="0">{query}</SearchDirectoryRequest>')
    assert found[0].find("a[@n='zimbraGalLdapAttrMap']") is None
    assert found[0].findtext("a[@n='zimbraDomainType']") == "local"


def test_a_search_without_a_query_is_refused_and_an_empty_one_finds_all(admin: Wire) -> None:
    assert _code(admin, '<SearchDirectoryRequest types="domains"/>') == "service.INVALID_REQUEST"
    assert len(admin.admin('<SearchDirectoryRequest types="domains"><query> </query></SearchDirectoryRequest>')) > 0


def test_configuration_keeps_what_an_administrator_changes(admin: Wire) -> None:
    def shown(name: str) -> list[str]:
        answer = admin.admin(f"<GetConfigRequest><a n='{name}'/></GetConfigRequest>")
        return [one.text for one in answer.findall("a")]

    def change(*attrs: tuple[str, str]) -> None:
        listed = "".join(f"<a n='{name}'>{value}</a>" for name, value in attrs)
        admin.admin(f"<ModifyConfigRequest>{listed}</ModifyConfigRequest>")

    name = "zimbraCustomMimeHeaderNameAllowed"
    change((name, "X-Un"), (name, "X-Deux"), ("zimbraMtaMaxMessageSize", "5000000"))
    assert sorted(shown(name)) == ["X-Deux", "X-Un"]
    assert shown("zimbraMtaMaxMessageSize") == ["5000000"]
    change((f"-{name}", "X-Un"), ("zimbraMtaMaxMessageSize", ""))
    assert shown(name) == ["X-Deux"]
    assert shown("zimbraMtaMaxMessageSize") == ["10240000"]
    with pytest.raises(Fault, match=r"INVALID_ATTR_NAME"):
        change(("", "x"))
