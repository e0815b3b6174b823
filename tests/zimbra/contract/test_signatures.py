"""Signatures, and which identity uses them."""

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient
from zimbra.errors import Refused, Taken
from zimbra.types import Identity, Signature


def test_created_signature_is_read_back(client: ZimbraClient) -> None:
    html, text = "<p>Marie &amp; cie<br>CPE</p>", "Marie & cie\nCPE"
    html_id = client.create_signature(Signature("Page", html=html))
    text_id = client.create_signature(Signature("Texte", text=text))
    found = {one.id: one for one in client.signatures()}
    assert (found[html_id].name, found[html_id].text) == ("Page", "")
    assert "Marie &amp; cie" in found[html_id].html
    assert found[text_id] == Signature("Texte", text=text, id=text_id)


def test_signature_of_a_taken_name_is_refused_or_replaced(client: ZimbraClient) -> None:
    made = client.create_signature(Signature("Pro", text="un"))
    with pytest.raises(Taken):
        client.create_signature(Signature("Pro", text="deux"))
    assert client.create_signature(Signature("Pro", html="<p>deux</p>"), existing_ok=True) == made
    [found] = client.signatures()
    assert ("deux" in found.html, found.text) == (True, "")


def test_update_and_delete(client: ZimbraClient) -> None:
    made = client.create_signature(Signature("Avant", text="a"))
    client.update_signature(made, Signature("Après", text="b"))
    assert client.signatures() == [Signature("Après", text="b", id=made)]
    assert client.delete_signature(made)
    assert not client.delete_signature(made)
    assert client.signatures() == []


def test_signature_for_new_mail_and_for_answers(client: ZimbraClient) -> None:
    one = client.create_signature(Signature("Un", text="un"))
    two = client.create_signature(Signature("Deux", text="deux"))
    client.use_signature(one, two)
    own = client.default_identity()
    assert (own.signature_id, own.answer_signature_id) == (one, two)
    client.use_signature(answers="")
    own = client.default_identity()
    assert (own.signature_id, own.answer_signature_id) == (one, "")
    box = client.create_identity(Identity("Boîte"))
    client.use_signature(two, identity_id=box.id)
    found = {identity.name: identity.signature_id for identity in client.identities()}
    assert found == {"DEFAULT": one, "Boîte": two}


def test_limits_of_the_server_hold_what_the_client_lets_through(server: Server) -> None:
    account = server.create_account(zimbraMailSignatureMaxLength="20", zimbraSignatureMaxNumEntries="1")
    with server.client(account) as client:
        limits = client.info().limits
        assert (limits.signature_length, limits.signatures) == (20, 1)
        with pytest.raises(Refused) as caught:
            client.create_signature(Signature("Longue", text="a" * 21), longest=limits.signature_length)
        assert caught.value.code == "request.TOO_LONG"
        with pytest.raises(Refused) as caught:
            client.create_signature(Signature("Longue", text="a" * 21))
        assert caught.value.code == "service.INVALID_REQUEST"
        client.create_signature(Signature("Juste", text="a" * 20))
        with pytest.raises(Refused) as caught:
            client.create_signature(Signature("De trop", text="a"))
        assert caught.value.code == "account.TOO_MANY_SIGNATURES"
