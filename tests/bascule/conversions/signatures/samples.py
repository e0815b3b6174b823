"""Hostile HTML, one piece between two lines of dashes, and shapes that must stay linear."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "samples" / "html"
HOSTILE = (FOLDER / "hostile.txt").read_text(encoding="utf-8").split("\n----\n")
# What is not linear takes minutes even so; `make bench` tries three times as much.
SIZE = 150_000 if "PORTAL_TEST_ROUNDS" in os.environ else 50_000
ENDLESS = [
    part * (SIZE // len(part))
    for part in (
        *("<div>", "<b>", "<table>", "<a href=x>", "<b><p>", "<table><tr>x", "<td>", "</p>", "<", "&", "&#9", '<a b="'),
        *(
            "<!--",
            "<script>",
            "<style>",
            "<style>/*",
            "a<br>",
            "<!",
            "<?",
            "</",
            "<a ",
            " \n",
            "<ul><li>",
            "<i><b></i>",
        ),
        *("&nbsp;", "<img src=x>", "<svg>", "<p style='color:red'>x", "<select>", "<font color=red>x</font>", "<td>x"),
    )
] + [
    "&#" + "9" * SIZE,
    "<p " + " ".join(f"a{number}=1" for number in range(SIZE // 8)) + ">",
    '<p style="' + "(" * SIZE + '">',
    '<p style="' + "'" * SIZE + '">',
    '<p style="font:' + "a " * (SIZE // 2) + '">',
    '<p style="' + "color:red;" * (SIZE // 10) + '">x',
    "<style>" + "a" * SIZE + "</style>",
    "<style>" + "a{" * (SIZE // 2) + "</style>",
    "<style>"
    + "".join(f".c{number}{{color:red}}" for number in range(SIZE // 20))
    + "</style>"
    + "<p class='c1 c2'>" * 9000,
    "<div>" * 50 + "</i>" * (SIZE // 4),
    "<table>" + "<td>" * (SIZE // 4),
    "<a" + " " * SIZE,
    "<img src='data:image/png;base64,iVBORw0KGgo" + "A" * SIZE + "'>",
]
