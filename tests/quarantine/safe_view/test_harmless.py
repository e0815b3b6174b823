from __future__ import annotations

import pytest

from tests.each import each
from tests.quarantine.safe_view import harmless


@each(
    "text",
    [
        "<script>",
        "<p class=x>a</p>",
        "<a>x</a>",
        "<p>a",
        "a</p>",
        "<p><em>a</p></em>",
        "<p><p>a</p></p>",
        "<li>a</li>",
        "<ul>a<p>b</p></ul>x<",
        "a & b",
        "a > b",
        'a "b"',
        "&nbsp;",
        "a\u202eb",
        "a\0b",
        "</br>",
    ],
)
def test_check_sees_what_is_not_harmless(text: str) -> None:
    with pytest.raises(AssertionError):
        harmless.check_markup(text)


def test_check_passes_what_is() -> None:
    harmless.check_markup("<p>a &lt;b&gt;<br><strong>c</strong></p><ul><li>d<ul><li>e</li></ul></li></ul><hr>")
