"""What a mail server is answered, pure. Refusals are read by the sender: one line, French, then English, in ASCII, as
not every mail program shows anything else."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

REUNION = ZoneInfo("Indian/Reunion")
# Postfix puts about 50 bytes before the text, and a line of SMTP has 512 (RFC 5321, 4.5.3.1.5).
MAX_BYTES = 400

_WINDOWS = {
    60: ("1 minute", "1 minute"),
    600: ("10 minutes", "10 minutes"),
    3600: ("1 heure", "1 hour"),
    36000: ("10 heures", "10 hours"),
}
_SUBJECTS = {"ip": ("cette adresse IP", "this IP address"), "sender": ("cet expediteur", "this sender")}


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())


def act(action: str) -> bytes:
    """An answer that makes Postfix do `action` (access(5)): printable ASCII, one line."""
    return b"action=" + _ascii(action).encode() + b"\n\n"


ACCEPT = b"action=DUNNO\n\n"
LATER = act(
    "451 4.3.0 Service momentanement indisponible, votre message n'est pas parti: reessayez plus tard. / "
    "Temporary failure, your message was not sent: please try again later."
)


def refused(*, subject: str, window: int, total: int, limit: int, retry_at: datetime | None, now: datetime) -> bytes:
    """A message above MAX. subject: "ip" or "sender"; window: seconds; total: recipients with this message; limit: the
    MAX in force; now: aware; retry_at: from when the same message would pass. None: never, as it is; then total is that
    of the message alone."""
    if retry_at is None:
        return _text(
            f"Trop de destinataires en une fois: {total}, pour {limit} au plus en {_WINDOWS[window][0]} a cette heure "
            f"({_SUBJECTS[subject][0]}). Envoyez ce message en plusieurs fois, a moins de destinataires.",
            f"Too many recipients at once: {total}, at most {limit} within {_WINDOWS[window][1]} at this time of day "
            f"({_SUBJECTS[subject][1]}). Send this message in several smaller batches.",
        )
    french, english = _clock(retry_at, now)
    return _text(
        f"Limite d'envoi: {total} destinataires en {_WINDOWS[window][0]} pour {_SUBJECTS[subject][0]}, {limit} au "
        f"plus. Reessayez a partir de {french} (heure de La Reunion), par envois plus petits.",
        f"Sending limit: {total} recipients within {_WINDOWS[window][1]} for {_SUBJECTS[subject][1]}, at most {limit}. "
        f"Try again from {english} (Reunion time), in smaller batches.",
    )


def compromised(help_desk: str) -> bytes:
    """The sender is on the list of compromised ones. help_desk: whom to turn to."""
    contact = _ascii(help_desk)[:80]
    return _text(
        f"Compte bloque: ses envois sont suspendus, il a peut-etre ete pirate. Changez son mot de passe et contactez "
        f"{contact}.",
        f"Account blocked: it may have been stolen and can send nothing. Change its password and contact {contact}.",
    )


def _text(french: str, english: str) -> bytes:
    answer = act(f"550 5.7.1 {french} / {english}")
    assert len(answer) < MAX_BYTES, answer
    return answer


def _clock(at: datetime, now: datetime) -> tuple[str, str]:
    """The full minute from which it is surely `at`, on the clocks of Réunion, with the day where it is another one."""
    local = at.astimezone(REUNION)
    if local.second or local.microsecond:
        local = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
    french, english = f"{local:%Hh%M}", f"{local:%H:%M}"
    if local.date() != now.astimezone(REUNION).date():
        return f"{french} le {local:%d/%m}", f"{english} on {local:%d/%m}"
    return french, english
