"""The plain-text twin, the length and the academy's template."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.signatures import Entry, TemplateFault, clean, fill, fit, length, plain_text, text_to_html
from bascule.conversions.signatures.template import DEFAULT, check, placeholders
from tests.each import each, examples


@each(
    ("html", "text"),
    [
        ("a<br>b<div>c</div><div>d</div>e", "a\nb\nc\nd\ne"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p style='margin:0cm'>a</p><p style='margin:0 0 0 0'>b</p>", "a\nb"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("<ul><li>a<li>b<ol start=3><li>c<li>d</ol></ul>", "- a\n- b\n  3. c\n  4. d"),
        ("<table><tr><td>a<td>b<tr><td>c<td><td>d</table>", "a b\nc d"),
        ("<table><tr><td>Logo<td>Nom<br>Rue</table>", "Logo\nNom\nRue"),
        ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a b c"),
        ('<a href="https://x.fr/">Le site</a>', "Le site (https://x.fr/)"),
        ('<a href="https://www.x.fr/">www.x.fr</a>', "www.x.fr"),
        ('<a href="mailto:a@x.fr?subject=b">a@x.fr</a> <a href="mailto:a@x.fr">Moi</a>', "a@x.fr Moi (a@x.fr)"),
        ('<a href="tel:+262262123456">0262 12 34 56</a>', "0262 12 34 56"),
        ('<a href="https://x.fr/"><img src="https://x.fr/a.png" alt="Logo"></a>', "Logo (https://x.fr/)"),
        ('<a href="https://x.fr/"><img src="https://x.fr/a.png"></a>', "https://x.fr/"),
        ("a<hr>b", "a\n------------------------\nb"),
        ("T&eacute;l&nbsp;: &lt;1&gt; &amp;", "Tél : <1> &"),
        ("<script>x</script>", ""),
    ],
)
def test_plain_text_reads_like_the_signature(html: str, text: str) -> None:
    assert plain_text(html) == text


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<br>", " ", "x", "<li>", "<table>", "<td>", "<hr>", "\x01"])).map("".join)
)
def test_plain_text_never_leaves_two_empty_lines(html: str) -> None:
    text = plain_text(html)
    assert "\n\n\n" not in text
    assert text == text.strip()


def test_text_becomes_html_line_by_line_and_comes_back() -> None:
    assert text_to_html("a <b>\nc & d\n") == "a &lt;b&gt;<br>c &amp; d"
    assert plain_text(text_to_html("a <b>\nc & d")) == "a <b>\nc & d"


def test_length_counts_as_java_does() -> None:
    assert length("é😀") == 3
    assert length("") == 0


def test_fit_leaves_out_what_changes_nothing() -> None:
    html = (
        '<div style="color:red;font-family:arial"><!-- x --><span>a</span><b></b><font></font>\n\n'
        '<span style="color:red">b</span><p style="color:red;margin:0">c</p></div>'
    )
    fitted = fit(html, 0)
    assert fitted.html == '<div style="color:red;font-family:arial">a b<p style="margin:0">c</p></div>'
    assert (fitted.fits, fitted.length, fitted.message) == (True, length(fitted.html), "")


def test_fit_keeps_a_style_that_another_one_stands_between() -> None:
    for html in (
        '<div style="color:red"><a href="https://x.fr"><span style="color:red">a</span></a></div>',
        '<div style="color:red"><div style="color:blue"><span style="color:red">a</span></div></div>',
        '<div style="font-size:2em"><div style="font-size:2em">a</div></div>',
        '<div style="color:red"><table><tbody><tr><td><p style="color:red">a</p></td></tr></tbody></table></div>',
        '<div style="margin:5px"><div style="margin:5px">a</div></div>',
    ):
        assert fit(html, 0).html == html


def test_fit_says_what_weighs_most_when_nothing_helps() -> None:
    image = "data:image/gif;base64," + "R0lGODlhAQABAA" + "A" * 800
    fitted = fit(f'<p style="color:red">Bonjour <img alt="Logo" src="{image}"></p>', 300)
    assert not fitted.fits
    assert fitted.heaviest[0].label == "l’image « Logo »"
    assert fitted.message.startswith(f"La signature compte {fitted.length} caractères")
    assert "en accepte 300" in fitted.message


FULL = Entry(
    "Éric Payet", "Secrétaire <général>", "Collège « Les Filaos »", "1 rue A & B", "97400", "Saint-Denis",
    "0262 00 00 00", "0692 00 00 00", "www.ac-reunion.fr",
)  # fmt: skip


def test_template_is_filled_and_escaped() -> None:
    filled = fill(FULL)
    assert filled.text.splitlines() == [
        "Éric Payet", "Secrétaire <général>", "Collège « Les Filaos »", "1 rue A & B", "97400 Saint-Denis",
        "Tél. : 0262 00 00 00", "Mobile : 0692 00 00 00", "www.ac-reunion.fr",
    ]  # fmt: skip
    assert "&lt;général&gt;" in filled.html
    assert 'href="https://www.ac-reunion.fr"' in filled.html
    assert clean(filled.html).html == filled.html
    assert length(filled.html) < 1000


def test_template_leaves_out_lines_without_anything_to_say() -> None:
    filled = fill(Entry("Éric Payet", city="Saint-Denis"))
    assert filled.text == "Éric Payet\nSaint-Denis"
    assert "<a" not in filled.html
    assert "Tél" not in filled.html


def test_template_of_the_academy_replaces_the_default() -> None:
    filled = fill(FULL, "<p>{nom} {{sic}}</p>\n<p>{courriel}</p>\n<p>Académie</p>")
    assert filled.text == "Éric Payet {sic}\n\nAcadémie"


def test_template_takes_no_address_of_another_kind() -> None:
    assert "javascript" not in fill(Entry("A", web="javascript:alert(1)")).html


@pytest.mark.parametrize(("template", "said"), [("a\n{prenom}", "ligne 2 : « {prenom} »"), ("{nom", "accolade")])
def test_template_that_cannot_be_used_says_why(template: str, said: str) -> None:
    with pytest.raises(TemplateFault, match=said):
        check(template)
    check(DEFAULT)
    assert "telephone" in placeholders()
