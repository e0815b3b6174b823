"""Answers to a mail server: what a sender reads when a message is refused."""

from __future__ import annotations

import datetime as dt

from quarantine.gateway import replies
from tests.each import each

NOON = dt.datetime(2026, 3, 10, 8, 0, 30, tzinfo=dt.UTC)  # 12:00:30 in Réunion


def refused(**changes: object) -> str:
    facts = {"subject": "sender", "window": 600, "total": 1240, "limit": 1000, "now": NOON}
    facts["retry_at"] = NOON + dt.timedelta(minutes=4)
    answer = replies.refused(**facts | changes)  # type: ignore[arg-type]
    return answer.decode("ascii")


def test_refusal_says_window_sum_limit_and_when_in_both_languages() -> None:
    assert refused() == (
        "action=550 5.7.1 Limite d'envoi: 1240 destinataires en 10 minutes pour cet expediteur, 1000 au plus. "
        "Reessayez a partir de 12h05 (heure de La Reunion), par envois plus petits. / "
        "Sending limit: 1240 recipients within 10 minutes for this sender, at most 1000. "
        "Try again from 12:05 (Reunion time), in smaller batches.\n\n"
    )


@each(
    ("later", "french", "english"),
    [
        (dt.timedelta(seconds=30), "a partir de 12h01 (", "from 12:01 ("),
        (dt.timedelta(seconds=31), "a partir de 12h02 (", "from 12:02 ("),
        (dt.timedelta(seconds=30, microseconds=1), "a partir de 12h02 (", "from 12:02 ("),
        (dt.timedelta(hours=12), "a partir de 00h01 le 11/03 (", "from 00:01 on 11/03 ("),
    ],
)
def test_time_is_a_full_minute_by_which_it_surely_passes(later: dt.timedelta, french: str, english: str) -> None:
    text = refused(retry_at=NOON + later)
    assert french in text
    assert english in text


@each(("window", "words"), [(60, "1 minute"), (600, "10 minutes"), (3600, "1 heure"), (36000, "10 heures")])
def test_window_is_told_in_words(window: int, words: str) -> None:
    assert f"destinataires en {words} pour cette adresse IP" in refused(window=window, subject="ip")


def test_message_that_never_passes_is_to_be_split() -> None:
    text = refused(retry_at=None, total=900, limit=700, window=60, subject="ip")
    assert (
        "Trop de destinataires en une fois: 900, pour 700 au plus en 1 minute a cette heure (cette adresse IP)" in text
    )
    assert "Send this message in several smaller batches." in text
    assert "Reessayez" not in text


@each(
    "answer",
    [
        refused(total=16_000_000, limit=8_000_000, window=36000, retry_at=NOON + dt.timedelta(days=3)).encode(),
        refused(total=16_000_000, limit=8_000_000, subject="ip", retry_at=None).encode(),
        replies.compromised("assistance@ac-reunion.fr"),
        replies.compromised("É" * 500),
        replies.compromised("à l’accueil\r\n\naction=DUNNO"),
        replies.LATER,
        replies.ACCEPT,
        replies.act("FILTER lmtp:[127.0.0.1]:10025"),
    ],
)
def test_every_answer_is_one_short_line_of_ascii(answer: bytes) -> None:
    assert answer.startswith(b"action=")
    assert answer.endswith(b"\n\n")
    assert answer[:-2].decode("ascii").isprintable()
    assert len(answer) < replies.MAX_BYTES


def test_blocked_account_is_told_whom_to_turn_to() -> None:
    text = replies.compromised("assistance@ac-reunion.fr").decode()
    assert text.startswith("action=550 5.7.1 Compte bloque")
    assert text.count("assistance@ac-reunion.fr") == 2


def test_later_is_no_refusal() -> None:
    assert replies.LATER.startswith(b"action=451 4.3.0 ")
