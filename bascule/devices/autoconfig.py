"""Files by which mail programs set themselves up: Thunderbird's autoconfiguration, Outlook's autodiscovery.

Nobody signs in for them, so they say nothing about anybody: the answer is the same for every address of our domains,
whether the address exists or not, and the program fills in the address itself.

Sources: Mozilla's "Autoconfiguration: config file format" 1.1 and draft-ietf-mailmaint-autoconfig (elements, their
order, placeholders, where programs look); Microsoft's [MS-OXDSCLI] (responses of type "email") and [MS-ASCMD] (type
MobileSync). What Thunderbird itself reads of the first is told in docs/device-files.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.conf import settings
from lxml import etree

# What programs put the address in place of, one of three: %EMAILADDRESS%, %EMAILLOCALPART%, %EMAILDOMAIN%. Here the
# name to sign in with is always the whole address.
_ADDRESS = "%EMAILADDRESS%"

# What programs ask in one request; the rest of a longer one is nothing of theirs.
MOST_BYTES = 20_000
_LONGEST_ADDRESS = 254

_RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks of the autodiscovery: for which address, and in which of Microsoft's schemas."""

    address: str
    schema: str


class NotUnderstood(Exception):
    """Not a request of the autodiscovery."""


def is_ours(address: str) -> bool:
    """Whether it is written like an address of one of our domains; the domain alone will do. Nothing is looked up."""
    domain = address.strip().rpartition("@")[2].rstrip(".").lower()
    return len(address) <= _LONGEST_ADDRESS and domain in settings.CLIENT_DOMAINS


def thunderbird(help_url: str) -> bytes:
    """The file of Thunderbird, K-9, FairEmail, Evolution and others. help_url: the page for people."""
    config = ET.Element("clientConfig", version="1.1")
    provider = ET.SubElement(config, "emailProvider", id=settings.CLIENT_DOMAINS[0])
    for domain in settings.CLIENT_DOMAINS:
        _add(provider, "domain", domain)
    _add(provider, "displayName", f"{settings.CLIENT_SERVICE_NAME} – {settings.BRAND_NAME}")
    _add(provider, "displayShortName", settings.CLIENT_SERVICE_NAME)
    _server(provider, "incomingServer", "imap", settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT)
    _server(provider, "outgoingServer", "smtp", settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT)
    documentation = ET.SubElement(provider, "documentation", url=help_url)
    for language, text in (
        ("fr", "Le mot de passe demandé est un mot de passe d’application, créé dans la messagerie."),
        ("en", "The password asked for is an application password, made in the webmail."),
    ):
        ET.SubElement(documentation, "descr", lang=language).text = text
    for kind, protocol in (("addressBook", "carddav"), ("calendar", "caldav")):
        collection = ET.SubElement(config, kind, type=protocol)
        _add(collection, "username", _ADDRESS)
        _add(collection, "authentication", "http-basic")
        # The server itself tells where the person's own are (RFC 6764), as it does to telephones.
        _add(collection, "serverURL", f"https://{settings.CLIENT_SYNC_HOST}/")
    ET.SubElement(ET.SubElement(config, "webMail"), "loginPage", url=settings.WEBMAIL_URL)
    return _written(config)


def _server(provider: ET.Element, element: str, kind: str, host: str, port: int) -> None:
    server = ET.SubElement(provider, element, type=kind)
    _add(server, "hostname", host)
    _add(server, "port", str(port))
    _add(server, "socketType", "SSL")
    _add(server, "authentication", "password-cleartext")
    _add(server, "username", _ADDRESS)


def read_request(body: bytes) -> Asked:
    """What a program posted to the autodiscovery. Raises NotUnderstood."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body[: MOST_BYTES + 1], parser) if len(body) <= MOST_BYTES else None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotUnderstood from error
    if root is None:
        raise NotUnderstood
    address = str(root.xpath("string(//*[local-name()='EMailAddress'])")).strip()
    schema = str(root.xpath("string(//*[local-name()='AcceptableResponseSchema'])")).strip()
    if not address:
        raise NotUnderstood
    return Asked(address, schema)


def outlook(asked: Asked) -> bytes:
    """The answer to `asked`, whose address is of one of our domains. Raises NotUnderstood for other schemas."""
    answer = ET.Element("Autodiscover", xmlns=_RESPONSE)
    if asked.schema == _OUTLOOK:
        response = ET.SubElement(answer, "Response", xmlns=_OUTLOOK)
        account = ET.SubElement(response, "Account")
        _add(account, "AccountType", "email")
        _add(account, "Action", "settings")
        _protocol(account, "IMAP", settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT, asked.address)
        _protocol(account, "SMTP", settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT, asked.address)
    elif asked.schema == _MOBILE:
        response = ET.SubElement(answer, "Response", xmlns=_MOBILE)
        _add(response, "Culture", "fr:fr")
        user = ET.SubElement(response, "User")
        _add(user, "DisplayName", asked.address)
        _add(user, "EMailAddress", asked.address)
        server = ET.SubElement(ET.SubElement(ET.SubElement(response, "Action"), "Settings"), "Server")
        _add(server, "Type", "MobileSync")
        _add(server, "Url", active_sync_url())
        _add(server, "Name", active_sync_url())
    else:
        raise NotUnderstood
    return _written(answer)


def active_sync_url() -> str:
    return f"https://{settings.CLIENT_SYNC_HOST}/Microsoft-Server-ActiveSync"


def _protocol(account: ET.Element, kind: str, host: str, port: int, address: str) -> None:
    protocol = ET.SubElement(account, "Protocol")
    values = {
        "Type": kind,
        "Server": host,
        "Port": str(port),
        "DomainRequired": "off",
        "LoginName": address,
        "SPA": "off",
        "SSL": "on",
        "AuthRequired": "on",
    }
    for name, value in values.items():
        _add(protocol, name, value)
    if kind == "SMTP":
        _add(protocol, "UsePOPAuth", "off")
        _add(protocol, "SMTPLast", "off")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
