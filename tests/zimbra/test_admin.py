from tests.zimbra.scripted_transport import ScriptedTransport
from zimbra import soap
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient


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
