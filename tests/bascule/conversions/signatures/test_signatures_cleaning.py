"""What may stay in a signature, what is told of the rest, and what no input may do to the cleaner."""

from __future__ import annotations

import html as _html

from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.signatures import ImageKind, clean, plain_text
from bascule.conversions.signatures.structure import MOST_DEPTH
from bascule.conversions.signatures.tokens import Open, Text, tokens
from tests.bascule.conversions.signatures.samples import ENDLESS, HOSTILE
from tests.each import each, examples

_PARTS = st.sampled_from((
    "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<div style='color:red'>", "</div>", "<table>", "</table>", "<tr>",
    "<td>", "</td>", "</tr>", "<ul>", "<li>", "</ul>", "<a href='x@y.fr'>", "</a>", "<img src=a>", "<br>", "<h1>",
    "</h1>", "<span>", "</span>", "<pre>", "</pre>", "<svg>", "</svg>", "<style>", "</style>", "<!--", "-->",
    "<script>", "</script>", "<font size=2>", "</font>", "&nbsp;", "&amp;", "&lt;", " ",
    "\n", "é", "x", "<", ">", '"', "'", "=",
    "<p class=a>", ".a{color:red}", "<tbody>", "<th>", "<center>", "<body style='color:red'>", "&#0;", "\ud800",
    "<hr>", "<select>", "<caption>", "<math>", "<template>", "<title>", "</title>",
    "<plaintext>", "<p style='white-space:pre'>",
))  # fmt: skip


def codes(html: str) -> set[str]:
    return {remark.code for remark in clean(html).remarks}


@each(
    ("given", "expected"),
    [
        ("<p>Bonjour<p>Merci", "<p>Bonjour</p><p>Merci</p>"),
        ("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b><i>c</i>"),
        ("<table>x<tr><td>y", "<table><tbody><tr><td>x</td></tr><tr><td>y</td></tr></tbody></table>"),
        ("<td>x</td>", "x"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("a \n  b", "a b"),
        ("<pre>a\n  b</pre>", '<div style="white-space:pre-wrap">a<br>  b</div>'),
        ("<strike>a</strike><ins>b</ins>", "<s>a</s><u>b</u>"),
        ("<big><b>a</b></big> <tt style='color:red'>b</tt>",
         '<span style="font-size:larger"><b>a</b></span> <span style="font-family:monospace;color:red">b</span>'),
        ("<address>a</address><mark>b</mark>",
         '<div style="font-style:italic">a</div><span style="background-color:yellow">b</span>'),
        ("<body style='color:#333'>a", '<div style="color:#333">a</div>'),
        ("<body>a", "a"),
        ("<p align=CENTER>a", '<p align="center">a</p>'),
        ("<td colspan=2>", ""),
        ("<table width=100% cellpadding=0><tr><td colspan=2 valign=top>a",
         '<table width="100%" cellpadding="0"><tbody><tr><td colspan="2" valign="top">a</td></tr></tbody></table>'),
        ("<a href=www.ac-reunion.fr>x</a>", '<a href="https://www.ac-reunion.fr">x</a>'),
        ("<a href=a.b@ac-reunion.fr>x</a>", '<a href="mailto:a.b@ac-reunion.fr">x</a>'),
        ("<a href='http:\\\\x.fr:y()'>x</a><img src=https://x.fr:y/ alt=b>", 'x<img alt="b">'),
        ("<a href=tel:+262262 target=_blank>x</a>", '<a href="tel:+262262">x</a>'),
        ("<a title=a href='?a=1&copy=2'>x</a>", "x"),
        ("<a href='https://x.fr/?a=1&copy=2'>x</a>", '<a href="https://x.fr/?a=1&amp;copy=2">x</a>'),
        ("<font color=red face='Arial, sans-serif' size=+1>x</font>",
         '<font color="red" face="Arial, sans-serif" size="+1">x</font>'),
        ("<p style='COLOR: Red !important; color: blue'>x", '<p style="color:blue">x</p>'),
        ("<p style='margin-left:-900px;width:10px'>x", '<p style="width:10px">x</p>'),
        ("<p style='background:#fff'>x", '<p style="background-color:#fff">x</p>'),
        ("a\x00\x0b\x1f\ufffeb", "ab"),
        ("1 < 2 &lt;b&gt;", "1 &lt; 2 &lt;b&gt;"),
    ],
)  # fmt: skip
def test_clean_gives_what_a_signature_may_hold(given: str, expected: str) -> None:
    assert clean(given).html == expected


def test_rules_of_a_sheet_are_put_on_the_elements_they_name() -> None:
    cleaned = clean(
        "<style>p{margin:0;color:blue} .nom{color:red} p.nom{font-weight:bold}</style>"
        "<p class='nom x'>a</p><p class=nom style='color:green'>b</p><div class=nom>c</div>"
    )
    assert cleaned.html == (
        '<p style="margin:0;color:red;font-weight:bold">a</p><p style="margin:0;font-weight:bold;color:green">b</p>'
        '<div style="color:red">c</div>'
    )
    assert cleaned.remarks == ()


@each(
    ("given", "code"),
    [
        ("<script>x</script>a", "script"),
        ("<p onclick=x>a", "handler"),
        ("<form>a</form>", "form"),
        ("<iframe src=x></iframe>a", "frame"),
        ("<svg></svg>a", "drawing"),
        ("<video></video>a", "media"),
        ("<meta http-equiv=Refresh content=0>a", "redirection"),
        ("<style>p > b{color:red}</style>a", "style_sheet"),
        ("<p style='position:fixed'>a", "style_property"),
        ("<td background=x>a", ""),
        ("<table background=x><tr><td>a", "background_image"),
        ("<a href=javascript:x>a</a>", "link"),
        ("<img src=javascript:x>a", "image"),
        ("<img src=cid:image001.png>a", "image_elsewhere"),
        ("<div>" * (MOST_DEPTH + 1) + "a", "too_deep"),
        ("<p style='mso-line-height-rule:exactly;tab-stops:3cm'><o:p>a</o:p>", ""),
    ],
)
def test_what_was_taken_out_is_told(given: str, code: str) -> None:
    assert "a" in plain_text(given)
    assert codes(given) == ({code} if code else set()) or (code == "" and codes(given) == {"background_image"})


def test_a_kind_of_loss_is_told_once_with_how_often() -> None:
    (remark,) = clean("<a href=x:1>a</a><a href=x:2>b</a>").remarks
    assert remark.place == "signature, 2 fois"
    assert remark.original == "x:1\nx:2"


def test_images_are_listed_in_the_order_of_the_cleaned_html() -> None:
    html = (
        "<table><img src=cid:a@b alt=Un><tr><td><img src=//x.fr/2.png width=80 height=40></table>"
        "<img src='C:\\Users\\e\\3.png'><img src=http://t.fr/o.gif width=1 height=1>"
        "<img src=data:image/gif;base64,R0lGODlhAQABAA><img><svg><img src=no></svg>"
    )
    images = clean(html).images
    assert [image.kind for image in images] == [
        ImageKind.CID, ImageKind.REMOTE, ImageKind.FILE, ImageKind.REMOTE, ImageKind.DATA, ImageKind.MISSING,
    ]  # fmt: skip
    assert [image.position for image in images] == [0, 1, 2, 3, 4, 5]
    assert (images[0].alt, images[0].src) == ("Un", "cid:a@b")
    assert (images[1].src, images[1].width, images[1].height) == ("https://x.fr/2.png", 80, 40)
    assert [image.tracking for image in images] == [False, False, False, True, False, False]
    assert (images[4].src, images[4].size) == ("image/gif", 10)


@each("html", HOSTILE)
def test_hostile_html_leaves_nothing_active_and_stays_as_it_is(html: str) -> None:
    cleaned = clean(html).html
    assert clean(cleaned).html == cleaned
    for token in tokens(cleaned):
        if isinstance(token, Open):
            assert not [name for name in token.attributes if name.startswith("on") or name in ("id", "class", "srcset")]
            assert "url(" not in token.attributes.get("style", "")
            assert not token.attributes.get("href", "").lower().startswith(("javascript", "data"))


@each("number", range(len(ENDLESS)))
def test_endless_html_ends(number: int) -> None:
    cleaned = clean(ENDLESS[number]).html
    assert clean(cleaned).html == cleaned
    depth = deepest = 0
    for token in tokens(cleaned):
        if isinstance(token, Open) and token.name not in ("br", "hr", "img"):
            depth += 1
        elif not isinstance(token, Open | Text):
            depth -= 1
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest <= 4 * MOST_DEPTH


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(_PARTS, max_size=30).map("".join))
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = clean(html)
    again = clean(once.html)
    assert again.html == once.html
    assert len(again.images) == len(once.images) == once.html.count("<img")
    assert plain_text(html) == plain_text(once.html)


@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_kept_when_it_is_escaped(text: str) -> None:
    cleaned = clean(_html.escape(text))
    assert cleaned.remarks == ()
    shown = "".join(token.text for token in tokens(cleaned.html) if isinstance(token, Text))
    expected = "".join(token.text for token in tokens(_html.escape(text)) if isinstance(token, Text))
    assert shown.split() == expected.split()
