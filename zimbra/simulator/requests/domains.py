"""The administrator's requests about domains, the server and its health."""

from __future__ import annotations

import time

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, failure
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.attributes import HOST, SERVER_ID
from zimbra.simulator.requests.directory import refuse_reserved
from zimbra.simulator.requests.info import VERSION
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import config, delegation, domains
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.domains import Domain

_SERVER: Attributes = {
    "cn": HOST,
    "objectClass": ["zimbraServer"],
    "zimbraId": SERVER_ID,
    "zimbraServiceHostname": HOST,
    "zimbraServiceEnabled": ["mailbox", "service", "zimbra"],
    "zimbraServiceInstalled": ["mailbox", "service", "zimbra"],
    "zimbraFileUploadMaxSize": "10485760",
    "zimbraMailMode": "http",
    "zimbraSmtpHostname": HOST,
    "zimbraMailReferMode": "wronghost",
}
_CONFIG: Attributes = {
    "zimbraMtaMaxMessageSize": "10240000",
    "zimbraFileUploadMaxSize": "10485760",
    "zimbraCsrfTokenCheckEnabled": "TRUE",
    "zimbraHttpDebugHandlerEnabled": "FALSE",
}


# What a domain has of the server's configuration until it says otherwise.
_INHERITED: Attributes = {
    "zimbraGalLdapAttrMap": [
        "co=workCountry", "company=company", "cn=fullName,fullName2", "displayName,cn=fullName", "sn=lastName",
        "givenName,gn=firstName", "initials=initials", "l=workCity", "ou=department", "telephoneNumber=workPhone",
        "title=jobTitle", "zimbraMailDeliveryAddress,zimbraMailAlias,mail=email,email2,email3,email4",
    ],
    "zimbraGalMaxResults": "100",
    "zimbraGalTokenizeSearchKey": "and",
}  # fmt: skip


def known_attributes(domain: Domain, *, with_config: bool = True) -> Attributes:
    """All that the directory says of a domain; `with_config`: with what it has of the server's configuration."""
    return {
        **(_INHERITED if with_config else {}),
        "zimbraDomainStatus": "active",
        "zimbraDomainType": "local",
        "zimbraMailStatus": "enabled",
        "zimbraGalMode": "zimbra",
        "objectClass": ["dcObject", "organization", "zimbraDomain", "amavisAccount"],
        **domain.attrs,
        "zimbraDomainName": domain.name,
        "zimbraId": domain.id,
    }


def domain_element(domain: Domain, attrs: str | None = None, *, with_config: bool = True) -> Reply:
    """A domain as the administration service shows it; `attrs`: only these, with commas."""
    element = Reply("domain", {"id": domain.id, "name": domain.name})
    known = known_attributes(domain, with_config=with_config)
    element.pairs = list(attributes.pairs_of(known, attributes.wanted_names(attrs)))
    return element


def _missing(reference: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {reference[:200]}")


def _domain_of_id(call: Call, right: str) -> Domain:
    reference = call.request.require("id")
    found = domains.domain(call.db, "id", reference)
    if found is None:
        raise _missing(reference)
    call.need(right, found)
    return found


@handles(ADMIN, "GetDomainRequest", access="manager")
def get_domain(call: Call) -> Reply:
    element = call.request.need("domain")
    by = element.attrs.get("by", "name")
    if by == "virtualHostname":
        found = domains.of_virtual_host(call.db, element.text.strip())
    else:
        found = domains.domain(call.db, by, element.text)
    if found is None:
        raise _missing(element.text)
    call.need("getDomain", found)
    reply = response(call)
    with_config = call.request.flag("applyConfig", True)
    reply.children.append(domain_element(found, call.request.get("attrs"), with_config=with_config))
    return reply


@handles(ADMIN, "GetDomainInfoRequest", access="anyone")
def get_domain_info(call: Call) -> Reply:
    element = call.request.need("domain")
    found = domains.domain(call.db, element.attrs.get("by", "name"), element.text)
    reply = response(call)
    if found is not None:
        reply.children.append(domain_element(found, "zimbraDomainName,zimbraId"))
    return reply


@handles(ADMIN, "GetAllDomainsRequest", access="manager")
def get_all_domains(call: Call) -> Reply:
    reply = response(call)
    with_config = call.request.flag("applyConfig", True)
    found = [one for one in domains.domains(call.db) if call.allowed("listDomain", one)]
    reply.children = [domain_element(one, with_config=with_config) for one in found]
    return reply


@handles(ADMIN, "CreateDomainRequest", writes=True)
def create_domain(call: Call) -> Reply:
    name = call.request.get("name")
    if name is None:
        # The real server falls over this one.
        raise failure("name is missing")
    found = attributes.given(call.request)
    attributes.check(found)
    reply = response(call)
    reply.children.append(domain_element(domains.create_domain(call.db, name, attributes.as_attributes(found))))
    return reply


@handles(ADMIN, "ModifyDomainRequest", writes=True, access="manager")
def modify_domain(call: Call) -> Reply:
    domain = _domain_of_id(call, "modifyDomain")
    found = attributes.given(call.request)
    attributes.check(found)
    refuse_reserved(call, found)
    reply = response(call)
    reply.children.append(domain_element(domains.modify_domain(call.db, domain, found)))
    return reply


@handles(ADMIN, "DeleteDomainRequest", writes=True, access="manager")
def delete_domain(call: Call) -> Reply:
    domain = _domain_of_id(call, "deleteDomain")
    domains.delete_domain(call.db, domain)
    delegation.forget(call.db, grantee=domain.id, target=delegation.key_of(domain))
    return response(call)


# --- the server ----------------------------------------------------------------------------------------------------


def _server_element() -> Reply:
    element = Reply("server", {"id": SERVER_ID, "name": HOST})
    element.pairs = list(attributes.pairs_of(_SERVER))
    return element


@handles(ADMIN, "GetServerRequest")
def get_server(call: Call) -> Reply:
    element = call.request.need("server")
    if element.text.strip().lower() not in (HOST, "127.0.0.1", SERVER_ID):
        raise SoapFault("account.NO_SUCH_SERVER", f"no such server: {element.text[:200]}")
    reply = response(call)
    reply.children.append(_server_element())
    return reply


@handles(ADMIN, "GetAllServersRequest")
def get_all_servers(call: Call) -> Reply:
    reply = response(call)
    reply.children.append(_server_element())
    return reply


@handles(ADMIN, "GetConfigRequest")
def get_config(call: Call) -> Reply:
    asked = [name for name, _ in call.request.pairs()]
    if not asked:
        raise SoapFault("service.INVALID_REQUEST", "invalid request: missing required element: a")
    reply = response(call)
    reply.pairs = list(attributes.pairs_of(config.changed(call.db, _CONFIG), asked))
    return reply


@handles(ADMIN, "GetAllConfigRequest")
def get_all_config(call: Call) -> Reply:
    reply = response(call)
    reply.pairs = list(attributes.pairs_of(config.changed(call.db, _CONFIG)))
    return reply


@handles(ADMIN, "ModifyConfigRequest", writes=True)
def modify_config(call: Call) -> Reply:
    wanted = attributes.given(call.request)
    attributes.check(wanted)
    config.modify(call.db, _CONFIG, wanted)
    return response(call)


@handles(ADMIN, "PingRequest", access="anyone")
def ping(call: Call) -> Reply:
    return response(call)


@handles(ADMIN, "CheckHealthRequest", access="anyone")
def check_health(call: Call) -> Reply:
    reply = response(call)
    reply.attrs["healthy"] = True
    return reply


@handles(ADMIN, "GetVersionInfoRequest")
def get_version_info(call: Call) -> Reply:
    reply = response(call)
    reply.add(
        "info",
        {
            "type": "NETWORK", "version": VERSION, "release": "1", "buildDate": "20260101-000000", "host": HOST,
            "majorversion": "10", "minorversion": "1", "microversion": "0", "platform": "simulator",
        },
        unique=True,
    )  # fmt: skip
    return reply


@handles(ADMIN, "GetServiceStatusRequest")
def get_service_status(call: Call) -> Reply:
    reply = response(call)
    reply.add("timezone", {"id": "America/Los_Angeles", "displayName": "America/Los_Angeles"}, unique=True)
    for name in ("mailbox", "service"):
        reply.add("status", {"server": HOST, "service": name, "t": int(time.time())}, text="1")
    return reply


@handles(ADMIN, "FlushCacheRequest")
def flush_cache(call: Call) -> Reply:
    """Nothing is kept that could be out of date."""
    call.request.need("cache")
    return response(call)


@handles(ADMIN, "NoOpRequest")
def no_op(call: Call) -> Reply:
    return response(call)
