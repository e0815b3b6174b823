"""LDIF as directories and hands write it."""

from __future__ import annotations

import io
from base64 import b64encode

from accounts.models import Agent
from bascule.filter_intakes import engine, receiving
from bascule.models import FilterIntake

REUNION = '# Rule Info: $Order=2 Name="Réunions"\nif header :contains "Subject" "réunion" { fileinto "Réunions"; }'
SPAM = '# Rule Info: $Order=1 Name="Pub"\nif header :contains "Subject" "promo" { discard; stop; }'
OFF = '# Rule Info: $Order=0 Name="Ancienne"\nif header :contains "From" "chef" { keep; }'
AWAY = '# Rule Info: $Order=3 Name="Ailleurs"\nif header :contains "From" "x" { redirect "moi@ailleurs.example"; }'


def entry(login: str, *values: str, mail: str = "", extra: tuple[str, ...] = (), end: str = "\n") -> str:
    """An entry with rules in base64. mail: "" for none."""
    lines = [f"dn: uid={login},ou=People,o=univ,o=isp", "objectClass: inetUser", f"uid: {login}"]
    lines += [f"mail: {mail}"] if mail else []
    lines += extra
    lines += [f"mailSieveRuleSource:: {b64encode(value.encode()).decode()}" for value in values]
    return end.join([*lines, "", ""])


def handed_in(staff: Agent, *parts: str | bytes, name: str = "annuaire.ldif") -> FilterIntake:
    whole = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    intake, _ = receiving.receive(name=name, file=io.BytesIO(whole), by=staff)
    return intake


def looked_through(staff: Agent, *parts: str | bytes) -> FilterIntake:
    intake = handed_in(staff, *parts)
    engine.advance(intake.pk)
    intake.refresh_from_db()
    return intake


def outcomes(intake: FilterIntake) -> list[tuple[str, str]]:
    return list(intake.people.values_list("address", "outcome"))
