from __future__ import annotations

from quarantine.safe_view import styles
from quarantine.safe_view.styles import Look
from tests.each import each


@each(
    "style",
    [
        "display:none",
        "DISPLAY : None !important",
        "d\\69splay:none",
        "display:/**/none",
        "visibility:hidden",
        "font-size:0",
        "font-size: 1px",
        "font-size:5%",
        "font-size:.1em",
        "opacity:0",
        "opacity:5%",
        "max-height:0;overflow:hidden",
        "text-indent:-9999px",
        "position:absolute;left:-5000px",
        "color:#fff",
        "color:white",
        "color:rgb(250, 250, 250)",
        "color:rgba(0,0,0,0)",
        "color:transparent",
        "background:#000;color:#010101",
        "clip:rect(0,0,0,0)",
        "transform:scale(0)",
    ],
)
def test_look_is_hidden(style: str) -> None:
    assert styles.look(Look(), styles.declarations(style)).is_hidden


@each(
    "style",
    [
        "",
        "display:block",
        "color:#fff;background:#036",
        "color:#fff;background:url(x)",
        "color:#fff;background-color:var(--x)",
        "color:#fff;background:linear-gradient(#000,#fff)",
        "font-size:12px",
        "font-size:0.8em",
        "font-size:small",
        "max-height:0",
        "height:1em;overflow:hidden",
        "opacity:.5",
        "left:-5000px",
        "color:rgb(1,2)",
        "nonsense;;:;a:b",
    ],
)
def test_look_is_seen(style: str) -> None:
    assert not styles.look(Look(), styles.declarations(style)).is_hidden


def test_look_is_inherited_and_set_anew() -> None:
    tiny = styles.look(Look(), styles.declarations("font-size:0;visibility:hidden"))
    assert not styles.look(tiny, styles.declarations("font-size:14px;visibility:visible")).is_hidden
    gone = styles.look(Look(), styles.declarations("display:none"))
    assert styles.look(gone, styles.declarations("display:block")).is_hidden
    dark = styles.look(Look(), styles.declarations("background:black"))
    assert dark.is_hidden
    assert not styles.look(dark, styles.declarations("color:#ddd")).is_hidden


def test_rules_are_those_of_classes_for_every_screen() -> None:
    found = styles.rules(
        "/* .c{} */ .a, td.b { display:none } @media (max-width:9px){ .m{display:none} } p .d{display:none} #e{x:y} }{"
    )
    assert found == {".a": {"display": "none"}, ".b": {"display": "none"}, "#e": {"x": "y"}}


def test_remote_pictures_are_counted() -> None:
    assert styles.remote_pictures("a:url(https://x/a);b:URL( '//x/b');c:url(cid:z);d:url(data:x)") == 2
