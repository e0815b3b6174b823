"""From a name to an encrypted connection, each step with what can go wrong with it. No Django, no settings."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from bascule.devices.connection.faults import Fault

# Of a name with many addresses, so many are tried.
_MOST_ADDRESSES = 4
# What a server without encryption says first is read this far.
_PEEK_BYTES = 200
_PEEK_SECONDS = 3.0

# Numbers of OpenSSL's X509_V_ERR_….
_NOT_YET, _EXPIRED, _HOSTNAME, _IP = 9, 10, 62, 64
_SELF_SIGNED, _UNKNOWN = {18, 19}, {2, 20, 21, 27}
_PLAIN = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}


@dataclass(frozen=True, slots=True)
class Address:
    family: int
    address: Any

    @property
    def text(self) -> str:
        return str(self.address[0])


@dataclass(frozen=True, slots=True)
class Connected:
    """deaf: addresses that were tried before and did not answer."""

    sock: socket.socket
    text: str
    deaf: tuple[str, ...]


def resolve(host: str, port: int) -> list[Address]:
    """Addresses of `host`, in the order in which this machine would use them. Raises Fault."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        again = error.errno == socket.EAI_AGAIN
        raise Fault("name.no_answer" if again else "name.unknown", host=host) from error
    except UnicodeError as error:
        raise Fault("name.unknown", host=host) from error
    return [Address(family, address) for family, _, _, _, address in found][:_MOST_ADDRESSES]


def connect(addresses: list[Address], *, port: int, seconds: float) -> Connected:
    """A connection to the first address that answers. Raises Fault: what the last one did."""
    deaf: list[str] = []
    fault = Fault("port.unreachable", port=port)
    for one in addresses:
        sock = socket.socket(one.family, socket.SOCK_STREAM)
        sock.settimeout(seconds)
        try:
            sock.connect(one.address)
        except OSError as error:
            sock.close()
            if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                # This machine has no such network: that says nothing about the server.
                continue
            fault = Fault(_no_way(error), port=port)
            if error.errno != errno.ENETUNREACH:
                deaf.append(one.text)
            continue
        return Connected(sock, one.text, tuple(deaf))
    raise fault


def _no_way(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "port.closed"
    return "port.silent" if isinstance(error, TimeoutError) else "port.unreachable"


def context(authorities: str = "") -> ssl.SSLContext:
    """Believes the system's authorities, and those in the PEM file `authorities`. Raises OSError, ssl.SSLError."""
    made = ssl.create_default_context()
    if authorities:
        made.load_verify_locations(authorities)
    return made


def secure(connected: Connected, host: str, *, trusting: ssl.SSLContext, port: int, seconds: float) -> ssl.SSLSocket:
    """The connection encrypted, the certificate checked. Raises Fault; the connection is closed then."""
    try:
        return trusting.wrap_socket(connected.sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        connected.sock.close()
        raise _certificate_fault(error, connected.text, port, host, seconds) from error
    except (OSError, ValueError) as error:
        connected.sock.close()
        raise _tls_fault(error, connected.text, port) from error


def facts(sock: ssl.SSLSocket) -> dict[str, Any]:
    """Protocol, and the certificate's names and end, of a connection whose certificate was checked."""
    return {"version": sock.version() or "", **_told(sock.getpeercert(binary_form=True))}


def _tls_fault(error: OSError | ValueError, address: str, port: int) -> Fault:
    if isinstance(error, TimeoutError):
        return Fault("tls.silent", port=port)
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if reason in _PLAIN:
        return Fault("tls.plain", port=port, said=_peek(address, port))
    if isinstance(error, ssl.SSLEOFError | ConnectionError) or not reason:
        return Fault("tls.cut", port=port)
    return Fault("tls.old", port=port, reason=reason[:60])


def _peek(address: str, port: int) -> str:
    """Which protocol a server without encryption speaks: "imap", "smtp", "http", "" when it does not say."""
    try:
        with socket.create_connection((address, port), timeout=_PEEK_SECONDS) as sock:
            said = sock.recv(_PEEK_BYTES)
    except OSError:
        return ""
    for start, name in ((b"* ", "imap"), (b"220", "smtp"), (b"HTTP", "http"), (b"+OK", "pop")):
        if said.startswith(start):
            return name
    return ""


def _certificate_fault(
    error: ssl.SSLCertVerificationError, address: str, port: int, host: str, seconds: float
) -> Fault:
    values = {"host": host, **_look_at_certificate(address, port, host, seconds)}
    number = error.verify_code
    if number == _EXPIRED:
        return Fault("certificate.expired", **values)
    if number == _NOT_YET:
        return Fault("certificate.not_yet", **values)
    if number in {_HOSTNAME, _IP}:
        return Fault("certificate.wrong_name", **values)
    if number in _SELF_SIGNED:
        return Fault("certificate.self_signed", **values)
    return Fault("certificate.unknown", **values, reason="" if number in _UNKNOWN else error.verify_message[:80])


def _look_at_certificate(address: str, port: int, host: str, seconds: float) -> dict[str, Any]:
    """What is on a certificate that was refused: on a connection of its own, over which nothing else is said."""
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), timeout=seconds) as sock,
            looking.wrap_socket(sock, server_hostname=host) as encrypted,
        ):
            return _told(encrypted.getpeercert(binary_form=True))
    except OSError:
        return {}


def _told(certificate: bytes | None) -> dict[str, Any]:
    """names: at most five; issuer: who signed it; until: ISO date; days: left, below 0 when it is over."""
    if certificate is None:
        return {}
    try:
        one = x509.load_der_x509_certificate(certificate)
        until = one.not_valid_after_utc
        return {
            "names": _names(one)[:5],
            "issuer": _label(one.issuer),
            "until": until.date().isoformat(),
            "days": (until - datetime.now(UTC)).days,
        }
    except (ValueError, x509.DuplicateExtension):
        return {}


def _names(one: x509.Certificate) -> list[str]:
    try:
        alternative = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [_label(one.subject)]
    names = alternative.get_values_for_type(x509.DNSName)
    return [name[:80] for name in names] or [_label(one.subject)]


def _label(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            return str(attribute.value)[:80]
    return ""
