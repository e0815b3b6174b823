from __future__ import annotations

from quarantine.safe_view import links
from tests.each import each


@each(
    ("href", "host", "codes"),
    [
        ("https://www.ac-reunion.fr/a?b#c", "www.ac-reunion.fr", set()),
        ("HTTPS://AC-Reunion.FR:8443/", "ac-reunion.fr", set()),
        ("//piege.fr/x", "piege.fr", set()),
        ("\\\\piege.fr\\x", "piege.fr", set()),
        ("https:///piege.fr", "piege.fr", set()),
        ("ht\ntps://pie\tge.fr", "piege.fr", set()),
        ("https://piege%2efr/", "piege.fr", set()),
        ("https://piege。fr/", "piege.fr", set()),
        ("https://ｐｉｅｇｅ.fr/", "piege.fr", set()),
        ("https://ac-reunion.fr@piege.fr/", "piege.fr", {"disguised_link"}),
        ("https://ac-reunion.fr%2Fx@piege.fr/", "piege.fr", {"disguised_link"}),
        ("https://camille@ecole.fr/", "ecole.fr", set()),
        ("http://3232235777/", "3232235777", {"link_to_number"}),
        ("http://0xC0A80101", "0xc0a80101", {"link_to_number"}),
        ("http://[::1]/", "[::1]", {"link_to_number"}),
        ("https://académie.fr/", "académie.fr (xn--acadmie-eya.fr)", {"lookalike_link"}),
        ("https://xn--acadmie-eya.fr/", "académie.fr (xn--acadmie-eya.fr)", {"lookalike_link"}),
        ("javascript:alert(1)", "", {"dangerous_link"}),
        ("\x01 vbscript:x", "", {"dangerous_link"}),
        ("search-ms:query=x", "", {"dangerous_link"}),
        ("tel:+262692000000", "", set()),
        ("page.html", "", set()),
    ],
)
def test_target_is_read_as_a_browser_reads_it(href: str, host: str, codes: set[str]) -> None:
    found = links.target(href)
    assert found is not None
    assert (found.host, set(found.codes)) == (host, codes)


def test_target_within_the_message_is_none() -> None:
    assert links.target("#haut") is None
    assert links.target("  ") is None


def test_target_follows_the_base() -> None:
    found = links.target("a/b", "https://ecole.fr/x/")
    assert found is not None
    assert (found.host, found.after) == ("ecole.fr", "/x/a/b")
    assert links.target("//[", "https://[bad") is not None


def test_target_is_cut() -> None:
    found = links.target("https://ecole.fr/" + "x" * 9_000)
    assert found is not None
    assert len(found.after) == links.SHOWN_CHARACTERS
    assert found.after.endswith("…")


@each(
    ("label", "href", "misleads"),
    [
        ("www.impots.gouv.fr", "https://piege.fr", True),
        ("impots.gouv.fr", "https://impots.gouv.fr.piege.fr", True),
        ("Voir http://ac-reunion.fr/x.", "https://piege.fr", True),
        ("HTTPS://WWW.AC-REUNION.FR", "javascript:x", True),
        ("dsi@ac-reunion.fr", "https://piege.fr", True),
        ("dsi@ac-reunion.fr", "mailto:dsi@piege.fr", True),
        ("impots.gouv.fr", "https://autre.gouv.fr", True),
        ("www.ac-reunion.fr", "https://portail.ac-reunion.fr/x", False),
        ("https://portail.ac-reunion.fr/…", "https://portail.ac-reunion.fr/page", False),
        ("DSI@ac-reunion.fr", "mailto:dsi@ac-reunion.fr?subject=x", False),
        ("rapport.pdf", "https://ecole.fr/rapport.pdf", False),
        ("Merci.Bonne journée", "https://ecole.fr", False),
        ("cliquez ici", "https://piege.fr", False),
        ("12.30 h", "https://ecole.fr", False),
        ("", "https://ecole.fr", False),
    ],
)
def test_misleads(label: str, href: str, misleads: bool) -> None:
    reached = links.target(href)
    assert reached is not None
    assert links.misleads(label, reached) == misleads


def test_ascii_form_stands_beside_foreign_hosts_only() -> None:
    assert links.with_ascii_beside("à https://été.fr/a") == "à https://été.fr (xn--t-9fab.fr)/a"
    assert links.with_ascii_beside("écrire à a@été.fr.") == "écrire à a@été.fr. (xn--t-9fab.fr)"
    assert links.with_ascii_beside("terminé.Merci é.fr https://ecole.fr") == "terminé.Merci é.fr https://ecole.fr"
