"""The comment in front of a rule of Convergence: its name, its place in the order.

Sun's manuals write it `# Rule Info: $Order=… Template=… Name=…` (user attribute) and `# $Rule Info: Order=…` (domain
attribute); `#RULE: $Name="…" $Order=…` is quoted elsewhere. Values stand in quotes, in parentheses, or bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bascule.conversions.filters.source.grammar import parse_part
from bascule.conversions.filters.source.syntax import Comment

# Longer than any comment that a form could have written; names are searched by trying each place in it.
_MAX_COMMENT = 2000
_MAX_NAME = 200
# "# rule:[name]" is Roundcube's, "# rule: all about lists" anybody's.
_HEAD = re.compile(r"\s*\$?RULE(?:[ \t]*INFO)?[ \t]*:(?=[ \t]*+(?:\$?\w+[ \t]*=|$))", re.IGNORECASE)
_PAIR = re.compile(
    r"""\$?(?P<key>\w+)[ \t]*=(?:
        (?=[ \t]+\$?\w+[ \t]*=)
        |[ \t]*"(?P<quoted>(?:[^"\\]|\\.)*)"
        |[ \t]*\((?P<round>.*?)\)(?=[ \t]*(?:\$?\w+[ \t]*=|$))
        |[ \t]*(?P<bare>\S*?|\S.*?)(?=[ \t]+\$?\w+[ \t]*=|[ \t]*$)
    )""",
    re.VERBOSE,
)
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_ESCAPE = re.compile(r"\\(.)")
_WHOLE = re.compile(r"[('\"]?\s*([+-]?[0-9]{1,9})\s*[)'\"]?[,;]?")
_HAS_PAIR = re.compile(r"\s*\$?\w+[ \t]*=")


@dataclass(frozen=True, slots=True)
class RuleComment:
    """name: "" when it says none. order: None when it says none, or something that is no number."""

    name: str = ""
    order: int | None = None


def is_rule_comment(text: str) -> bool:
    """Whether a comment (without its mark) begins the description of a rule."""
    return _HEAD.match(text) is not None


def read_rule_comment(rule: str) -> RuleComment | None:
    """What the first such comment in the text of a rule says; it may go on in the comment lines that follow it.

    What reads like one in a string or between `/*` and `*/` is none.
    """
    said, line = "", 0
    for comment in _lines_of_comment(rule):
        text = comment.text.rstrip()
        if not said:
            if found := _HEAD.match(text):
                # A blank, so that a comment that says nothing is told from none.
                said = " " + text[found.end() :]
        elif comment.line > line + 1 or _HEAD.match(text) or not (_HAS_PAIR.match(text) or said.count('"') % 2):
            break
        else:
            said += " " + text.strip()
        line = comment.line
    return _read(said[:_MAX_COMMENT].strip()) if said else None


def _lines_of_comment(rule: str) -> Iterator[Comment]:
    """The comments that are whole lines."""
    for comment in parse_part(rule).script.comments:
        before = rule[rule.rfind("\n", 0, comment.start) + 1 : comment.start]
        if rule[comment.start] == "#" and not before.strip():
            yield comment


def _read(said: str) -> RuleComment:
    name, order = "", None
    for found in _PAIR.finditer(said):
        key = found["key"].lower()
        if key == "name":
            if found["quoted"] is not None:
                value = _UNICODE.sub(lambda code: chr(int(code[1], 16)), found["quoted"])
                value = _ESCAPE.sub(r"\1", value)
            else:
                value = found["round"] or _undressed(found["bare"] or "")
            name = " ".join(value.split())[:_MAX_NAME]
        elif key == "order":
            number = _WHOLE.fullmatch(found["quoted"] or found["round"] or found["bare"] or "")
            order = int(number[1]) if number else order
    return RuleComment(name, order)


def _undressed(bare: str) -> str:
    """Without the comma before the next pair, and without quotation marks of another kind."""
    value = bare.rstrip(",; ")
    return value[1:-1] if len(value) > 1 and value[0] in "'«“‘" and value[-1] in "'»”’" else value
