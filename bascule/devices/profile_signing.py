"""Profiles signed by the academy's certificate, so that a device says who made them instead of warning in red.

Apple takes a profile inside a CMS envelope (RFC 5652, signed data with its content), as DER. A certificate that cannot
be used leaves profiles unsigned, which devices still take: the site's checks tell (`check_profile_signing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from django.conf import settings
from django.utils import timezone

# A certificate that ends this soon is told of, while there is time to get another.
WARN_BEFORE = timedelta(days=30)


class CannotSign(Exception):
    """The configured certificate is of no use; says why, in English, for whoever runs the site."""


@dataclass(frozen=True, slots=True)
class Signer:
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()


def is_configured() -> bool:
    return bool(settings.PROFILE_CERTIFICATE or settings.PROFILE_KEY)


def signer(now: datetime | None = None) -> Signer:
    """What signs at `now`. Raises CannotSign."""
    try:
        (certificate, *rest) = x509.load_pem_x509_certificates(_read("PROFILE_CERTIFICATE"))
        chain = x509.load_pem_x509_certificates(_read("PROFILE_CHAIN")) if settings.PROFILE_CHAIN else []
        key = load_pem_private_key(_read("PROFILE_KEY"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CannotSign(f"not a PEM file of that kind, or a key with a passphrase ({type(error).__name__})") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CannotSign("the key is neither RSA nor of an elliptic curve")
    if _public(key.public_key()) != _public(certificate.public_key()):
        raise CannotSign("the key does not belong to the certificate")
    at = now or timezone.now()
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise CannotSign(
            f"the certificate is good from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d} only"
        )
    return Signer(certificate, key, (*rest, *chain))


def signed(profile: bytes, with_signer: Signer) -> bytes:
    """`profile` in its envelope, with the certificates that devices need to check it."""
    builder = PKCS7SignatureBuilder().set_data(profile)
    builder = builder.add_signer(with_signer.certificate, with_signer.key, hashes.SHA256())
    for one in with_signer.chain:
        builder = builder.add_certificate(one)
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])


def signed_if_possible(profile: bytes) -> bytes:
    """`profile` signed, or as it is when no certificate is configured or the one that is cannot be used."""
    if not is_configured():
        return profile
    try:
        return signed(profile, signer())
    except CannotSign:
        return profile


def trouble(now: datetime | None = None) -> str:
    """English, for whoever runs the site: why profiles are not signed, or soon will not be; "" when all is well."""
    if not is_configured():
        return ""
    at = now or timezone.now()
    try:
        end = signer(at).certificate.not_valid_after_utc
    except CannotSign as error:
        return f"Profiles for Apple devices are not signed: {error}."
    if end - at < WARN_BEFORE:
        return f"Profiles for Apple devices will not be signed any more from {end:%Y-%m-%d}: the certificate ends then."
    return ""


def _read(name: str) -> bytes:
    path = getattr(settings, name)
    if not path:
        raise CannotSign(f"PORTAL_{name} is empty")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CannotSign(f"PORTAL_{name} cannot be read ({error.strerror})") from error


def _public(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
