"""What mail programs fetch to set themselves up, read as they read it: by their own rules, and by a grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from bascule.devices import autoconfig
from tests.each import each
from tests.factories import make_agent

WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"

# The grammar of the format 1.1 as far as mail, contacts, calendars and webmail go: elements, how often, in which order,
# and what they may hold (Mozilla's page of the format, draft-ietf-mailmaint-autoconfig).
GRAMMAR = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="clientConfig"><attribute name="version"><value>1.1</value></attribute>
    <element name="emailProvider"><attribute name="id"><ref name="host"/></attribute>
      <oneOrMore><element name="domain"><ref name="host"/></element></oneOrMore>
      <element name="displayName"><ref name="label"/></element>
      <optional><element name="displayShortName"><ref name="label"/></element></optional>
      <oneOrMore><element name="incomingServer">
        <attribute name="type"><choice><value>imap</value><value>pop3</value></choice></attribute><ref name="server"/>
      </element></oneOrMore>
      <oneOrMore><element name="outgoingServer">
        <attribute name="type"><value>smtp</value></attribute><ref name="server"/>
      </element></oneOrMore>
      <zeroOrMore><element name="documentation"><attribute name="url"><ref name="url"/></attribute>
        <oneOrMore><element name="descr"><attribute name="lang"><data type="language"/></attribute>
          <ref name="label"/></element></oneOrMore></element></zeroOrMore>
    </element>
    <zeroOrMore><element name="addressBook"><attribute name="type"><value>carddav</value></attribute>
      <ref name="collection"/></element></zeroOrMore>
    <zeroOrMore><element name="calendar"><attribute name="type"><value>caldav</value></attribute>
      <ref name="collection"/></element></zeroOrMore>
    <optional><element name="webMail"><element name="loginPage"><attribute name="url"><ref name="url"/></attribute>
      </element></element></optional>
  </element></start>
  <define name="server">
    <element name="hostname"><ref name="host"/></element>
    <element name="port"><data type="unsignedShort"><param name="minInclusive">1</param></data></element>
    <oneOrMore><element name="socketType">
      <choice><value>SSL</value><value>STARTTLS</value></choice></element></oneOrMore>
    <oneOrMore><element name="authentication">
      <choice><value>password-cleartext</value><value>password-encrypted</value><value>OAuth2</value></choice>
    </element></oneOrMore>
    <element name="username"><ref name="label"/></element>
  </define>
  <define name="collection">
    <element name="username"><ref name="label"/></element>
    <element name="authentication"><value>http-basic</value></element>
    <element name="serverURL"><ref name="url"/></element>
  </define>
  <define name="host"><data type="string"><param name="pattern">[a-z0-9]([a-z0-9\\-.]*[a-z0-9])?</param></data></define>
  <define name="label"><data type="string"><param name="minLength">1</param></data></define>
  <define name="url"><data type="anyURI"><param name="pattern">https?://.+</param></data></define>
</grammar>
"""


class Refused(Exception):
    """The reader throws the file away."""


@dataclass
class Account:
    """What a program makes of the file."""

    domains: list[str] = field(default_factory=list)
    incoming: dict[str, Any] = field(default_factory=dict)
    outgoing: dict[str, Any] = field(default_factory=dict)


def read_as_thunderbird(document: bytes) -> Account:
    """By the rules of Thunderbird's reader: the first server that is understood is taken, and of several ways to
    encrypt or to sign in the first one known; a server with one value that is not understood is left out altogether;
    without a domain, an incoming and an outgoing server there is no account."""
    root = ET.fromstring(document)
    provider = root.find("emailProvider")
    if root.tag != "clientConfig" or provider is None:
        raise Refused("no provider")
    _host(provider.get("id", ""))
    account = Account()
    for one in provider.findall("domain"):
        try:
            account.domains.append(_host(one.text or ""))
        except Refused:
            continue
    if not account.domains:
        raise Refused("no domain")
    for name, kinds in (("incoming", {"imap", "pop3"}), ("outgoing", {"smtp"})):
        for server in provider.findall(f"{name}Server"):
            try:
                setattr(account, name, _server(server, kinds))
            except Refused:
                continue
            break
        if not getattr(account, name):
            raise Refused(f"no {name} server")
    return account


def _server(element: ET.Element, kinds: set[str]) -> dict[str, Any]:
    if element.get("type") not in kinds:
        raise Refused("type")
    port = element.findtext("port", "")
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise Refused("port")
    return {
        "type": element.get("type"),
        "hostname": _host(element.findtext("hostname", "")),
        "port": int(port),
        "socket": _first_known(element, "socketType", {"plain": 1, "SSL": 2, "STARTTLS": 3}),
        "sign_in": _first_known(
            element, "authentication", {"password-cleartext": 3, "password-encrypted": 4, "OAuth2": 10}
        ),
        "username": element.findtext("username") or _refuse("username"),
    }


def _first_known(element: ET.Element, name: str, known: dict[str, int]) -> int:
    found = next((known[one.text] for one in element.findall(name) if one.text in known), None)
    return found or _refuse(name)


def _host(text: str) -> str:
    return text.lower() if re.fullmatch(r"[A-Za-z0-9\-.:_]+", text) else _refuse("host")


def _refuse(what: str) -> Any:
    raise Refused(what)


def filled_in(text: str, address: str) -> str:
    """The placeholders as programs replace them."""
    local_part, _, domain = address.partition("@")
    for name, value in (("EMAILADDRESS", address), ("EMAILLOCALPART", local_part), ("EMAILDOMAIN", domain)):
        text = text.replace(f"%{name}%", value)
    return text


@pytest.fixture
def fetched(client: Client) -> bytes:
    answer = client.get(WELL_KNOWN)
    assert answer.status_code == 200
    return answer.content


def test_thunderbird_makes_the_account_out_of_it(fetched: bytes) -> None:
    account = read_as_thunderbird(fetched)
    assert account.domains == ["ac-reunion.fr"]
    assert account.incoming == {
        "type": "imap",
        "hostname": "imap.education.gouv.fr",
        "port": 993,
        "socket": 2,
        "sign_in": 3,
        "username": "%EMAILADDRESS%",
    }
    assert account.outgoing == account.incoming | {"type": "smtp", "hostname": "smtp.education.gouv.fr", "port": 465}
    assert filled_in(account.incoming["username"], "marie.payet@ac-reunion.fr") == "marie.payet@ac-reunion.fr"


def test_the_reader_of_these_tests_throws_away_what_thunderbird_does() -> None:
    good = autoconfig.thunderbird("https://portail.example/aide/").decode()
    for before, after in (
        ("<hostname>imap.education.gouv.fr", "<hostname>imap education"),
        ("<port>465", "<port>0"),
        ("<domain>ac-reunion.fr</domain>", ""),
        ("<socketType>SSL", "<socketType>TLS"),
        ("password-cleartext", "secret"),
        ('type="imap"', 'type="jmap"'),
    ):
        assert before in good
        with pytest.raises(Refused):
            read_as_thunderbird(good.replace(before, after).encode())


def test_file_follows_the_grammar(fetched: bytes, settings: Any) -> None:
    grammar = etree.RelaxNG(etree.fromstring(GRAMMAR))
    grammar.assertValid(etree.fromstring(fetched))
    settings.CLIENT_DOMAINS = ["academie.example", "autre.example"]
    settings.BRAND_NAME = "Académie <&> « Été »"
    document = etree.fromstring(autoconfig.thunderbird("https://portail.example/?a=1&b=2"))
    grammar.assertValid(document)
    assert document.xpath("//domain/text()") == ["academie.example", "autre.example"]
    document.find(".//hostname").text = "pas un nom"
    assert not grammar.validate(document)


def test_contacts_calendars_and_webmail_are_told(fetched: bytes) -> None:
    root = ET.fromstring(fetched)
    for kind in ("addressBook", "calendar"):
        assert root.findtext(f"{kind}/serverURL") == "https://messagerie.education.gouv.fr/", kind
        assert filled_in(root.findtext(f"{kind}/username", ""), "a.b@ac-reunion.fr") == "a.b@ac-reunion.fr", kind
    page = root.find("webMail/loginPage")
    assert page is not None
    assert page.get("url") == "https://messagerie.education.gouv.fr/"


@pytest.mark.django_db
def test_answer_does_not_tell_who_exists(client: Client) -> None:
    make_agent("marie.payet@ac-reunion.fr")
    answers = {
        client.get(reverse(name), {"emailaddress": address} if address else {}).content
        for name in ("autoconfig", "autoconfig_well_known")
        for address in ("marie.payet@ac-reunion.fr", "personne@AC-Reunion.fr", "@ac-reunion.fr", "")
    }
    assert len(answers) == 1
    assert b"marie" not in answers.pop()


def test_only_our_domains_are_answered(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for address in ("a@gmail.com", "ailleurs.example", "a@ac-reunion.fr.example", "a@", "x" * 400, "a\x00@b", "a@é.fr"):
        assert client.get(WELL_KNOWN, {"emailaddress": address}).status_code == 404, address
    for host, status in (
        ("autoconfig.ac-reunion.fr", 200),
        ("autoconfig.ac-reunion.fr:8443", 200),
        ("AUTOCONFIG.AC-REUNION.FR", 200),
        ("portail.example", 200),
        ("autoconfig.ailleurs.example", 404),
    ):
        assert client.get("/mail/config-v1.1.xml", headers={"host": host}).status_code == status, host


def test_answer_is_xml_that_may_be_kept(client: Client) -> None:
    answer = client.get(WELL_KNOWN)
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    assert "public" in answer["Cache-Control"]
    assert "max-age=3600" in answer["Cache-Control"]
    assert client.get(WELL_KNOWN, headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert client.get(WELL_KNOWN, headers={"if-none-match": '"autre"'}).status_code == 200


def ask(client: Client, schema: str, address: str = "marie.payet@ac-reunion.fr", path: str = "") -> Any:
    body = (
        '<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/'
        f'requestschema/2006"><Request><EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}'
        "</AcceptableResponseSchema></Request></Autodiscover>"
    )
    return client.post(path or reverse("autodiscover"), body, content_type="text/xml")


def test_outlook_is_told_imap_and_smtp() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = ask(client, OUTLOOK, path="/Autodiscover/Autodiscover.xml")
    assert answer.status_code == 200
    root = ET.fromstring(answer.content)
    assert root.tag == "{http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006}Autodiscover"
    told = {
        one.findtext(f"{{{OUTLOOK}}}Type"): [
            one.findtext(f"{{{OUTLOOK}}}{name}") for name in ("Server", "Port", "SSL", "LoginName", "SPA")
        ]
        for one in root.iter(f"{{{OUTLOOK}}}Protocol")
    }
    address = "marie.payet@ac-reunion.fr"
    assert told == {
        "IMAP": ["imap.education.gouv.fr", "993", "on", address, "off"],
        "SMTP": ["smtp.education.gouv.fr", "465", "on", address, "off"],
    }
    assert "no-store" in answer["Cache-Control"]


def test_telephones_are_told_activesync(client: Client) -> None:
    root = ET.fromstring(ask(client, MOBILE).content)
    (server,) = root.iter(f"{{{MOBILE}}}Server")
    assert [one.text for one in server] == [
        "MobileSync",
        *["https://messagerie.education.gouv.fr/Microsoft-Server-ActiveSync"] * 2,
    ]


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a><EMailAddress>&c;@ac-reunion.fr</EMailAddress></a>'


@each(
    "body",
    [b"", b"rien", b"<a/>", b"\x00", b"<a><EMailAddress>x@ac-reunion.fr</EMailAddress></a>", BOMB, b"<a>" * 9000],
)
def test_what_is_not_a_request_is_refused(body: bytes) -> None:
    answer = Client().post(reverse("autodiscover"), body, content_type="text/xml")
    assert answer.status_code in {400, 404}
    assert b"bbbb" not in answer.content


def test_autodiscovery_knows_no_other_domain(client: Client) -> None:
    for address in ("a@ailleurs.example", "ac-reunion.fr", "a@"):
        assert ask(client, OUTLOOK, address).status_code == 404, address
