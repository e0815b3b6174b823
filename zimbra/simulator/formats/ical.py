"""iCalendar text to components and back: lines, parameters, nesting. What the values mean is the business of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from zimbra.simulator.fault import SoapFault, parse_error
from zimbra.simulator.formats.vcard_writer import fold

MAX_DEPTH = 8
_HEAD = re.compile(r'([A-Za-z0-9_-]+)((?:;[^";:]*(?:"[^"]*"[^";:]*)*)*):', re.DOTALL)
_PARAMETER = re.compile(r';([^=;:"]*)=?((?:[^";]|"[^"]*")*)')


@dataclass
class Property:
    """`name` and parameter names in upper case; `value` as written (see `text`)."""

    name: str
    params: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value of a TEXT property, its escapes undone."""
        if "\\" not in self.value:
            return self.value
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], self.value, flags=re.DOTALL)

    def line(self) -> str:
        params = "".join(
            f';{key}="{value}"' if any(c in value for c in ":;,") else f";{key}={value}"
            for key, value in self.params.items()
        )
        return f"{self.name}{params}:{self.value}"


@dataclass
class Component:
    """BEGIN:NAME to END:NAME. Properties with an empty value are not kept."""

    name: str
    properties: list[Property] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def get(self, name: str) -> Property | None:
        for one in self.properties:
            if one.name == name:
                return one
        return None

    def all(self, name: str) -> Iterator[Property]:
        return (one for one in self.properties if one.name == name)

    def text(self, name: str) -> str:
        found = self.get(name)
        return "" if found is None else found.text

    def drop(self, *names: str) -> None:
        self.properties = [one for one in self.properties if one.name not in names]

    def put(self, name: str, value: str, params: dict[str, str] | None = None) -> None:
        """Set a property in place of all of that name."""
        self.drop(name)
        self.properties.append(Property(name, params or {}, value))

    def lines(self) -> Iterator[str]:
        """Unfolded content lines without line ends."""
        yield f"BEGIN:{self.name}"
        for one in self.properties:
            yield one.line()
        for child in self.children:
            yield from child.lines()
        yield f"END:{self.name}"

    def dump(self) -> str:
        return "\n".join(self.lines())


def escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def folded(component: Component) -> str:
    """The component as it goes over the wire."""
    return "".join(fold(line) for line in component.lines())


def unfold(text: str) -> Iterator[str]:
    """Logical lines; blank ones are skipped."""
    pending = ""
    for raw in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if raw[:1] in (" ", "\t") and pending:
            pending += raw[1:]
            continue
        if pending.strip():
            yield pending
        pending = raw
    if pending.strip():
        yield pending


def parse_line(line: str) -> Property:
    """One content line; service.PARSE_ERROR when it is none."""
    head = _HEAD.match(line.lstrip())
    if head is None:
        raise parse_error(f"unexpected content line: {line[:70]}")
    params = {m[1].strip().upper(): m[2].strip().strip('"') for m in _PARAMETER.finditer(head[2]) if m[1].strip()}
    return Property(head[1].upper(), params, line.lstrip()[head.end() :].strip())


def stream(text: str) -> Iterator[tuple[Component, Component | None]]:
    """(calendar so far, component just ended) in the order of the file; (calendar, None) when a calendar ends.

    Raises service.PARSE_ERROR where the text stops being iCalendar: what came before was already given.
    """
    calendar: Component | None = None
    stack: list[Component] = []
    seen = False
    for line in unfold(text):
        prop = parse_line(line)
        if prop.name == "BEGIN":
            name = prop.value.upper()
            if calendar is None:
                if name != "VCALENDAR":
                    raise parse_error(f"expected BEGIN:VCALENDAR, read BEGIN:{name[:40]}")
                calendar, seen = Component(name), True
                continue
            if len(stack) >= MAX_DEPTH:
                raise parse_error("components are nested too deeply")
            stack.append(Component(name))
        elif prop.name == "END":
            name = prop.value.upper()
            if stack:
                ended = stack.pop()
                if ended.name != name:
                    raise parse_error(f"expected END:{ended.name}, read END:{name[:40]}")
                if stack:
                    stack[-1].children.append(ended)
                elif calendar is not None:
                    calendar.children.append(ended)
                    yield calendar, ended
            elif calendar is not None and name == "VCALENDAR":
                yield calendar, None
                calendar = None
            else:
                raise parse_error(f"unexpected END:{name[:40]}")
        elif calendar is None:
            raise parse_error(f"expected BEGIN:VCALENDAR, read {line[:40]}")
        else:
            if calendar.name == "VCALENDAR" and not stack and prop.name == "VERSION":
                _check_version(prop.value)
            if prop.value:
                (stack[-1] if stack else calendar).properties.append(prop)
    if calendar is not None or not seen:
        raise parse_error("unexpected end of calendar")


def _check_version(value: str) -> None:
    if value == "1.0":
        raise SoapFault("service.PARSE_ERROR", "parse error: vCalendar 1.0 format not supported")
    if value != "2.0":
        raise SoapFault("service.PARSE_ERROR", f"parse error: unknown iCalendar version {value[:20]}")


def parse(text: str) -> list[Component]:
    """Every calendar of a text, whole, or service.PARSE_ERROR."""
    return [calendar for calendar, ended in stream(text) if ended is None]


def load(text: str) -> Component:
    """The component `dump` wrote."""
    stack = [Component("")]
    for line in text.split("\n"):
        prop = parse_line(line)
        if prop.name == "BEGIN":
            stack.append(Component(prop.value))
            stack[-2].children.append(stack[-1])
        elif prop.name == "END":
            stack.pop()
        else:
            stack[-1].properties.append(prop)
    return stack[0].children[0]
