"""Why a server could not be believed, in words that help whoever has to mend it."""

from __future__ import annotations

import ssl

from bascule.mailbox_check.errors import NotEncrypted

# Codes of OpenSSL (X509_V_ERR_…).
_EXPIRED, _NOT_YET, _SELF_SIGNED, _SELF_SIGNED_CHAIN, _NO_ISSUER, _WRONG_NAME = 10, 9, 18, 19, 20, 62

_WHY = {
    _EXPIRED: "son certificat n’est plus valable",
    _NOT_YET: "son certificat n’est pas encore valable",
    _SELF_SIGNED: "son certificat n’est signé par aucune autorité",
    _SELF_SIGNED_CHAIN: "l’autorité qui a signé son certificat n’est pas connue du portail",
    _NO_ISSUER: "l’autorité qui a signé son certificat n’est pas connue du portail",
    _WRONG_NAME: "son certificat porte un autre nom",
}


def explained(error: ssl.SSLError, host: str) -> NotEncrypted:
    """What to raise for `error`, met while connecting to `host`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _WHY.get(error.verify_code, "son certificat n’est pas reconnu")
    else:
        why = "il ne parle pas le chiffrement attendu sur ce port"
    return NotEncrypted(
        f"La connexion à {host} n’est pas sûre : {why}. Rien n’a été envoyé, et rien n’est à faire de votre côté : "
        "prévenez l’assistance."
    )
