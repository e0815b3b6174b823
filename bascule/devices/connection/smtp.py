"""The conversation with the server that messages are handed to, over an encrypted connection. Nothing is ever sent."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from typing import Any

from bascule.devices.connection import signing_in
from bascule.devices.connection.faults import Fault


class _Over(smtplib.SMTP):
    """SMTP over a connection that is there."""

    def __init__(self, sock: ssl.SSLSocket, own_name: str, seconds: float) -> None:
        self._given = sock
        super().__init__("-", 0, local_hostname=own_name, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:
        return self._given


class Conversation:
    """One sign-in at most. Whatever goes wrong is raised as Fault."""

    def __init__(self, sock: ssl.SSLSocket, own_name: str, seconds: float) -> None:
        self._sock = sock
        try:
            self._client = _Over(sock, own_name, seconds)
            self._client.ehlo_or_helo_if_needed()
        except TimeoutError as error:
            raise Fault("greeting.silent") from error
        except smtplib.SMTPConnectError as error:
            # 421, 450, 554: no room, or nobody from here; what is not three digits is no such server.
            raise Fault("greeting.busy" if 400 <= error.smtp_code < 600 else "greeting.strange") from error
        except smtplib.SMTPServerDisconnected as error:
            raise Fault("lost") from error
        except smtplib.SMTPException as error:
            raise Fault("greeting.strange") from error
        except OSError as error:
            raise Fault("lost") from error

    def facts(self) -> dict[str, Any]:
        """size: octets of the largest message, when the server says."""
        size = self._client.esmtp_features.get("size", "")
        return {"size": int(size)} if size.isascii() and size.isdigit() and int(size) else {}

    def sign_in(self, address: str, password: str) -> dict[str, Any]:
        """Tried once, in the first of the ways the server knows; smtplib by itself would try them all."""
        ways = self._client.esmtp_features.get("auth", "").upper().split()
        way = next((one for one in ("PLAIN", "LOGIN") if one in ways), None)
        if way is None:
            raise Fault("sign_in.no_way")
        self._client.user, self._client.password = address, password
        try:
            self._client.auth(way, self._client.auth_plain if way == "PLAIN" else self._client.auth_login)
        except smtplib.SMTPAuthenticationError as error:
            raise _refusal(error.smtp_code, error.smtp_error, password) from None
        except TimeoutError as error:
            raise Fault("slow") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Fault("lost") from error
        finally:
            self._client.user = self._client.password = ""
        return {"way": way}

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._client.quit()
        with suppress(OSError):
            self._sock.close()


def _refusal(code: int, said: bytes | str, password: str) -> Fault:
    """Replies of RFC 4954, section 6."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if code in {421, 432, 450, 451, 454}:
        told = signing_in.fault(text, password)
        return told if told.code in {"sign_in.too_many", "sign_in.locked"} else Fault("sign_in.unavailable")
    if code in {504, 530, 538}:
        return Fault("sign_in.no_way")
    return signing_in.fault(text, password)
