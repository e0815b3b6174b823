"""Pages as tests read them: parsed, searched by simple CSS selectors, their text in one line."""

from __future__ import annotations

import re

from lxml import html

_SIMPLE = re.compile(r"(?P<tag>\w+)?(?P<rest>(?:#[\w-]+|\.[\w-]+|\[[\w-]+(?:=[^\]]*)?\])*)$")
_CONDITION = re.compile(r"#(?P<id>[\w-]+)|\.(?P<name>[\w-]+)|\[(?P<key>[\w-]+)(?:=(?P<value>[^\]]*))?\]")


def parse(content: bytes) -> html.HtmlElement:
    return html.fromstring(content.decode())


def select(page: html.HtmlElement, selector: str) -> list[html.HtmlElement]:
    """Elements for a selector of tags, #id, .class, [key], [key=value], put together and nested by blanks."""
    path = "."
    for simple in selector.split():
        match = _SIMPLE.match(simple)
        assert match, f"selector not understood: {simple}"
        path += f"//{match['tag'] or '*'}"
        for condition in _CONDITION.finditer(match["rest"]):
            if condition["id"]:
                path += f"[@id='{condition['id']}']"
            elif condition["name"]:
                path += f"[contains(concat(' ', normalize-space(@class), ' '), ' {condition['name']} ')]"
            elif condition["value"] is None:
                path += f"[@{condition['key']}]"
            else:
                path += f"[@{condition['key']}='{condition['value']}']"
    return page.xpath(path)


def text(page: html.HtmlElement, selector: str = "#content") -> str:
    """Text of the one element that the selector finds, blanks of any kind as one plain blank."""
    (found,) = select(page, selector)
    return " ".join(found.text_content().split())
