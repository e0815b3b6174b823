from __future__ import annotations

from quarantine import domains
from tests.each import each


@each(
    ("written", "name"),
    [
        ("Ecole.FR.", "ecole.fr"),
        ("académie.fr", "xn--acadmie-eya.fr"),
        ("ｅｃｏｌｅ。fr", "ecole.fr"),
        ("_dmarc.ecole.fr", "_dmarc.ecole.fr"),
        ("", ""),
        (".", ""),
        ("a..fr", ""),
        ("a b.fr", ""),
        ("-a.fr", ""),
        ("x" * 64 + ".fr", ""),
        ("é" * 300, ""),
        ("a." * 200 + "fr", ""),
        ("[192.0.2.1]", ""),
        ("\u202eécole.fr", ""),
    ],
)
def test_ascii_form(written: str, name: str) -> None:
    assert domains.ascii_form(written) == name


def test_readable() -> None:
    assert domains.readable("xn--acadmie-eya.fr") == "académie.fr"
    assert domains.readable("xn--a\u00e9.fr") == "xn--aé.fr"
    assert domains.readable("ecole.fr") == "ecole.fr"


@each(
    ("domain", "owner"),
    [
        ("www.impots.gouv.fr", "impots.gouv.fr"),
        ("a.b.ecole.fr", "ecole.fr"),
        ("gouv.fr", "gouv.fr"),
        ("x.y.inconnu", "y.inconnu"),
        ("camille.github.io", "camille.github.io"),
        ("", ""),
    ],
)
def test_owner_of(domain: str, owner: str) -> None:
    assert domains.owner_of(domain) == owner


def test_suffixes() -> None:
    assert [name for name in ("fr", "gouv.fr", "inconnu", "ecole.fr") if domains.is_public_suffix(name)] == [
        "fr",
        "gouv.fr",
        "inconnu",
    ]
    assert [name for name in ("ecole.fr", "rapport.pdf", "fr") if domains.has_known_suffix(name)] == ["ecole.fr"]
    assert domains.same_owner("www.ecole.fr", "ecole.fr")
    assert not domains.same_owner("ecole.fr", "")
