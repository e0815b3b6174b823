from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from quarantine.safe_view import html_reading, markup, text_reading
from tests.each import examples
from tests.quarantine.safe_view import harmless

# Every call that a reader makes, in any order.
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.text(max_size=12)),
        st.tuples(st.just("lines"), st.text(alphabet="a \n<&\t", max_size=12)),
        st.tuples(st.just("note"), st.text(alphabet="a<&\"'", max_size=5)),
        st.tuples(st.just("target"), st.text(alphabet="a<&\"'", max_size=5)),
        st.tuples(st.sampled_from(["push", "pop"]), st.sampled_from(["ul", "ol", "li", "blockquote"])),
        st.tuples(st.sampled_from(["on", "off"]), st.sampled_from(["strong", "em"])),
        st.tuples(st.sampled_from(["block", "line_break", "cell", "rule"]), st.none()),
    ),
    max_size=40,
)
TAGS = r"""
    <p> </p> <b> </b> <i> <ul> </ul> <li> </li> <ol> <blockquote> </blockquote> <table> <tr> <td> </td> <br> <hr>
    <a~href=//x.fr> </a> <img~alt='"><script>'> <script> </script> <style> </style> <svg> </svg> <math> <!-- -->
    <![CDATA[ ]]> <?php ?> <plaintext> <pre> </pre> <h1> </h1> <form~action=x> <input> <select> <option> <p~hidden>
    <p~style='display:none'> <p~style=" < > & &lt; &#0; &#x202e; &amp;lt; " ' </ <a <a~href=" <h2~style=color:#fff>"""
PIECES = st.lists(
    st.one_of(
        st.sampled_from(TAGS.split()).map(lambda one: one.replace("~", " ")),
        st.text(max_size=6),
    ),
    max_size=40,
).map("".join)
MANY = settings(max_examples=examples(150), deadline=None)


def write(calls: list[tuple[str, str]], limit: int = 10_000) -> str:
    out = markup.Writer(limit)
    for name, value in calls:
        if name == "lines":
            out.text(value.replace("\0", ""), lines=True)
        elif name == "target":
            out.target(value, value, value, value)
        elif name in {"on", "off"}:
            out.emphasis(value, 1 if name == "on" else -1)
        elif name == "text":
            # Characters are cleaned before they come here.
            out.text("".join(sign for sign in value if sign.isalnum() or sign in "<>&\"' "))
        elif value is None:
            getattr(out, name)()
        else:
            getattr(out, name)(value)
    return out.finish()


@MANY
@given(CALLS, st.sampled_from([30, 10_000]))
def test_writer_writes_nothing_but_its_tags(calls: list[tuple[str, str]], limit: int) -> None:
    harmless.check_markup(write(calls, limit))


@MANY
@given(PIECES)
def test_html_of_anybody_becomes_harmless(text: str) -> None:
    reading = html_reading.read(text)
    harmless.check_markup(reading.markup)
    harmless.check_markup(text_reading.read(text).markup)


def test_writer_keeps_the_shape_of_a_text() -> None:
    html = (
        "<h2>Titre</h2><p>Un <b>mot <i>ou</i></b> deux<br>ligne</p><ol><li>a<li><p>b</p><p>c</p><ul><li>d</ul></ol>"
        "<blockquote>cité</blockquote><hr><table><tr><th>Nom<td>Heure<tr><td>x<td>y</table><pre>a\n  b</pre>"
    )
    assert html_reading.read(html).markup == (
        "<p><strong>Titre</strong></p><p>Un <strong>mot </strong><strong><em>ou </em></strong>deux<br>ligne</p>"
        "<ol><li>a</li><li>b<br>c<ul><li>d</li></ul></li></ol><blockquote><p>cité</p></blockquote><hr>"
        "<p><strong>Nom</strong> | Heure</p><p>x | y</p><p>a<br>\u00a0\u00a0b</p>"
    )


def test_writer_stops_at_its_limit() -> None:
    out = markup.Writer(100)
    out.push("blockquote")
    for _ in range(50):
        out.text("abcdefghij ")
    assert out.full
    assert len(out.finish()) < 150


def test_joined_leaves_out_what_is_empty() -> None:
    one, none = markup.Writer(50), markup.Writer(50)
    one.text("a")
    assert markup.joined([one.finish(), none.finish()]) == "<p>a</p>"
