"""Error messages lead to their cause, whatever program wrote them, in French or in English."""

from __future__ import annotations

from pathlib import Path

import pytest

from bascule.diagnosis.catalogue import Cause, catalogue
from bascule.diagnosis.recognition import MOST_CHARACTERS, compiled, normalised, recognised
from tests.each import each

NAMES = {
    "imap_host": "imap.education.gouv.fr",
    "smtp_host": "smtp.education.gouv.fr",
    "sync_host": "messagerie.education.gouv.fr",
    "old_imap_host": "imaps.ac-reunion.fr",
    "mail_domain": "ac-reunion.fr",
}
MESSAGES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("messages.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def codes(text: str) -> list[str]:
    return [match.cause.code for match in recognised(text, catalogue().causes.values(), NAMES)]


@each("program, language, cause, message", MESSAGES)
def test_message_leads_to_its_cause_first(program: str, language: str, cause: str, message: str) -> None:
    assert codes(message)[:1] == [cause]


def test_messages_come_from_each_program_in_both_languages() -> None:
    spoken = {(program, language) for program, language, _, _ in MESSAGES}
    for program in ("thunderbird", "apple", "outlook", "android"):
        assert {(program, "fr"), (program, "en")} <= spoken


@each(
    "written",
    [
        "ECHEC DE LA CONNEXION AU SERVEUR\nIMAPS.AC-REUNION.FR AVEC LE NOM D'UTILISATEUR MHOARAU",
        "echec   de la connexion\u00a0au serveur « imaps.ac-reunion.fr »",
        "Erreur imaps.ac-reunion.fr:993",
    ],
)
def test_capitals_accents_and_breaks_do_not_matter(written: str) -> None:
    assert codes(written)[:1] == ["ancien-serveur"]


@each(
    "message",
    [
        "",
        "   \n ",
        "bonjour",
        "xkcd 42",
        "\0\0",
        "Le conseil d’école aura lieu mardi à 17 h.",
        "marie.hoarau@ac-reunion.fr",
        "Merci de venir en salle 12",
    ],
)
def test_what_says_nothing_of_mail_is_not_recognised(message: str) -> None:
    assert codes(message) == []


@each("host", ["imap.education.gouv.fr", "messagerie.education.gouv.fr", "x@mail.ac-reunion.fr", "ac-reunion.fr"])
def test_other_names_are_not_the_old_server(host: str) -> None:
    assert "ancien-serveur" not in codes(f"Connexion à {host} refusée")


def test_new_service_in_the_own_domain_is_not_the_old_one() -> None:
    names = NAMES | {"imap_host": "imap2.ac-reunion.fr"}
    found = recognised("Login to imap2.ac-reunion.fr timed out", catalogue().causes.values(), names)
    assert [match.cause.code for match in found] == ["reseau-coupe"]


def test_a_long_log_is_cut_and_ends() -> None:
    assert len(normalised("é" * MOST_CHARACTERS * 5)) == MOST_CHARACTERS
    hostile = ("serveur " * 4_000, "a" * 100_000, "imap." * 30_000, "clique lien " * 3_000, "\ufdfa" * 50_000)
    for text in hostile:
        codes(text)


def test_signs_that_count_the_same_are_weighed_by_what_they_stand_for() -> None:
    short = Cause("short", "f", "", "", (), signs=("80: serveur",))
    long = Cause("long", "f", "", "", (), signs=("80: serveur && introuvable", "10: x"))
    far = Cause("far", "f", "", "", (), signs=("60: serveur",))
    found = recognised("Serveur introuvable", [short, far, long], NAMES)
    assert [match.cause.code for match in found] == ["long", "short"]


def test_what_must_not_be_there_rules_a_sign_out() -> None:
    cause = Cause("a", "f", "", "", (), signs=("80: quota && !destinataire",))
    assert recognised("quota", [cause], NAMES)
    assert not recognised("quota du destinataire", [cause], NAMES)


@each("sign", ["serveur", "0: serveur", "101: serveur", "80: "])
def test_what_is_no_sign_is_refused(sign: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        compiled(sign, "x", "y")
