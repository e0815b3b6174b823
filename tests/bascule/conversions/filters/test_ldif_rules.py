"""People and their rules out of LDIF."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator

from bascule.conversions.filters.source.ldif_rules import entries


def encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())


def test_entry_has_its_people_and_rules() -> None:
    value = encoded("if true { keep; }\n# é\n")
    data = (
        b"version: 1\n\n# remarque\ndn: uid=mpayet,ou=People,o=isp\nuid: mpayet\nmail: M.Payet@ac-exemple.fr\n"
        b"mailAlternateAddress: mailto:marie@ac-exemple.fr\nmailEquivalentAddress: @ac-exemple.fr\n"
        b"mailEquivalentAddress: m.payet@AC-exemple.fr\nmailSieveRuleSource:: "
        + value[:10]
        + b"\n "
        + value[10:]
        + b"\n"
        b'MAILSIEVERULESOURCE;lang-fr: if header "a" "b"\n  { stop; }\n'
    )
    (person,) = entries(data)
    assert person.dn == "uid=mpayet,ou=People,o=isp"
    assert person.login == "mpayet"
    assert person.addresses == ("m.payet@ac-exemple.fr", "marie@ac-exemple.fr")
    assert person.values == ("if true { keep; }\n# é\n", 'if header "a" "b" { stop; }')


def test_text_of_an_entry_holds_the_same_rules_and_nothing_else() -> None:
    data = (
        b"dn: uid=a,o=isp\nuserPassword: secret\nmail: a@exemple.fr\nmailSieveRuleSource:: "
        + encoded("# Règle\nkeep;\n" * 20)
        + b"\nmailSieveRuleSource: stop;\n"
    )
    (person,) = entries(data)
    assert b"secret" not in person.text
    assert b"exemple.fr" not in person.text
    assert all(len(line) <= 76 for line in person.text.splitlines())
    (again,) = entries(person.text)
    assert (again.dn, again.values) == (person.dn, person.values)


def test_login_comes_from_the_dn_when_there_is_no_uid() -> None:
    (person,) = entries(b"dn: UID=jdoe+cn=J,ou=People\nmailSieveRuleSource: keep;\n")
    assert person.login == "jdoe"


def test_damage_is_counted_and_costs_nothing_else() -> None:
    counts: Counter[str] = Counter()
    data = (
        b"dn: uid=a\nmailSieveRuleSource:: ***\nn'importe quoi\nmailSieveRuleSource:: "
        + encoded("keep;;")[:-3]
        + b"\n\n"
        b"dn: uid=b\nmail: b@exemple.fr\n\ndn: uid=c\nmailSieveRuleSource: stop;\n"
    )
    people = list(entries(data, counts))
    assert [person.dn for person in people] == ["uid=a", "uid=c"]
    assert people[0].values == ("***", "kee")
    assert counts == {"bad_base64": 2, "bad_line": 1, "without_rules": 1}


def test_values_in_other_encodings_are_read() -> None:
    latin = base64.b64encode('fileinto "Réunions";'.encode("latin-1"))
    wide = base64.b64encode('\ufefffileinto "Été";'.encode("utf-16-le"))
    (person,) = entries(b"dn: uid=a\nmailSieveRuleSource:: " + latin + b"\nmailSieveRuleSource:: " + wide + b"\n")
    assert person.values == ('fileinto "Réunions";', 'fileinto "Été";')


def test_people_are_handed_out_while_the_file_is_read() -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield f"dn: uid=u{number}\n".encode()
            yield b"mailSieveRuleSource: keep;\n"
            yield b"\n"

    people = entries(lines())
    assert next(people).login == "u0"
    assert next(people).login == "u1"
    assert taken < 5


def test_value_without_end_is_left_out() -> None:
    counts: Counter[str] = Counter()
    lines = [b"dn: uid=a\n", b"mailSieveRuleSource: x\n", *([b" " + b"y" * 100_000 + b"\n"] * 30), b"\n",
             b"dn: uid=b\n", b"mailSieveRuleSource: keep;\n"]  # fmt: skip
    assert [person.dn for person in entries(lines, counts)] == ["uid=b"]
    assert counts["too_long"] == 1
