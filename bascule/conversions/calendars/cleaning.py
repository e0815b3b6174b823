"""One VEVENT, VTODO or VJOURNAL repaired into an `Entry`: property by property.

What strict readers refuse is mended or left out here; how the components of one UID fit together is `series`' affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bascule.conversions.calendars import attachments, vcalendar1
from bascule.conversions.calendars.alarms import alarms
from bascule.conversions.calendars.components import KNOWN_NAMES, Component, Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry, instant
from bascule.conversions.calendars.parameters import clean_list, clean_parameters, clean_text, is_private
from bascule.conversions.calendars.people import person
from bascule.conversions.calendars.times import UTC, Moment, format_value, parse_time
from bascule.conversions.calendars.timing import hint_of, set_recurrence, set_span
from bascule.conversions.model import ItemKind
from bascule.conversions.text import decode_quoted_printable, unescape_text

_NAME = re.compile(r"[A-Z0-9-]+")
_TEXTS = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION"})
_ONCE = _TEXTS | frozenset(
    re.split(
        r"\s+",
        """UID DTSTAMP CREATED LAST-MODIFIED SEQUENCE DTSTART DTEND DUE DURATION RECURRENCE-ID RRULE COMPLETED CLASS
    STATUS TRANSP PRIORITY PERCENT-COMPLETE ORGANIZER URL GEO COLOR""",
    )
)
_MANY_TEXTS = frozenset({"COMMENT", "CONTACT", "RELATED-TO"})
_KEPT_VALUE_TYPES = frozenset({"URI", "TEXT"})
_STATUSES = {
    ItemKind.EVENT: frozenset({"TENTATIVE", "CONFIRMED", "CANCELLED"}),
    ItemKind.TASK: frozenset({"NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "CANCELLED"}),
}
_OTHER_STATUSES = {
    "CANCELED": "CANCELLED",
    "DELETED": "CANCELLED",
    "NEEDS ACTION": "NEEDS-ACTION",
    "NEEDS_ACTION": "NEEDS-ACTION",
    "NOT-STARTED": "NEEDS-ACTION",
    "IN PROCESS": "IN-PROCESS",
    "IN-PROGRESS": "IN-PROCESS",
    "INPROCESS": "IN-PROCESS",
    "DONE": "COMPLETED",
    "ACCEPTED": "CONFIRMED",
    "BUSY": "CONFIRMED",
    "SENT": "TENTATIVE",
}
_NO_STAMP = "19700101T000000Z"
_LARGEST_INTEGER = 2**31 - 1


def clean(component: Component, context: Context, kind: ItemKind) -> Entry | None:
    """The repaired entry; None when an event has no date at all, which is then best kept as a task."""
    if context.old_format:
        vcalendar1.translate(component)
    single, others = _sort(component, context)
    entry = Entry(component, kind, _uid(single, component, context), context.zone)
    hint = hint_of(single, others, component, context)
    if not set_span(entry, single, others, hint, context):
        return None
    set_recurrence(entry, single, others, context)
    _stamps(entry, single, context)
    _summary(entry, single, context)
    description = _description(entry, single, others, context)
    for name, prop in single.items():
        writer = _WRITERS.get(name)
        if writer is not None:
            writer(entry, prop, context)
    if description:
        entry.lines.append(description)
    _others(entry, others, context)
    entry.private = any(line in ("CLASS:PRIVATE", "CLASS:CONFIDENTIAL") for line in entry.lines)
    if kind is ItemKind.TASK:
        _state_of_task(entry, single, context)
    entry.alarms = alarms(entry, context)
    for child in component.children:
        if child.name != "VALARM":
            message = (
                f"Une partie de cet élément ({child.name[:40]}) est inconnue de Zimbra : elle n’a pas été reprise."
            )
            context.remark("subcomponent_dropped", component, message, child.source())
    if component.damaged:
        message = (
            "Des lettres étaient déjà perdues dans le fichier ; elles apparaissent comme des points d’interrogation."
        )
        context.remark("lost_characters", component, message)
    return entry


def _sort(component: Component, context: Context) -> tuple[dict[str, Property], list[Property]]:
    """Properties that may stand once, by name, and the others. Empty ones say nothing and are left out."""
    single: dict[str, Property] = {}
    others: list[Property] = []
    for prop in component.properties:
        name = prop.name
        if not prop.value or prop.value.isspace():
            if not is_private(name) and name != "SUMMARY":
                context.repair("empty_property")
            continue
        if prop.raw and "QUOTED-PRINTABLE" in prop.raw.upper():
            charset = prop.param("CHARSET")
            prop = prop._replace(value=decode_quoted_printable(prop.value, charset, context.account.repairs))
            context.repair("quoted_printable")
        if name not in _ONCE:
            others.append(prop)
        elif name not in single:
            single[name] = prop
        elif single[name].value == prop.value:
            context.repair("duplicate_property")
        elif name == "RRULE":
            others.append(prop)
        elif name == "DESCRIPTION":
            single[name] = single[name]._replace(value=f"{single[name].value}\\n\\n{prop.value}")
            context.repair("duplicate_property")
        else:
            message = f"La propriété {name} figure deux fois avec des valeurs différentes : la première a été gardée."
            context.remark_line("duplicate_property", component, message, prop.text)
    return single, others


def _uid(single: dict[str, Property], component: Component, context: Context) -> str:
    """The UID as a plain text; "" without one, for `series` to make one."""
    prop = single.get("UID")
    if prop is None:
        return ""
    uid = "".join(character for character in prop.value.strip() if character.isprintable())
    if len(uid) > 500 or uid.lower() in ("none", "null", "undefined", "0"):
        return ""
    cleaned = clean_text(uid)
    if cleaned != prop.value:
        context.repair("uid_cleaned")
    return cleaned


def _stamps(entry: Entry, single: dict[str, Property], context: Context) -> None:
    stamps: dict[str, str] = {}
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        prop = single.get(name)
        if prop is None:
            continue
        found = parse_time(prop.value)
        if found is None:
            context.repair("stamp_unreadable")
            continue
        tzid = prop.param("TZID")
        zone = found.zone or (context.resolve(tzid, entry.component).zone if tzid else UTC)
        stamps[name] = f"{format_value(instant(Moment(found.clock, zone), zone))}Z"
    if "DTSTAMP" not in stamps:
        context.repair("stamp_missing")
        known = stamps.get("LAST-MODIFIED") or stamps.get("CREATED")
        stamps = {"DTSTAMP": known or _NO_STAMP, **stamps}
    entry.stamps = [f"{name}:{value}" for name, value in stamps.items()]
    if "SEQUENCE" in single:
        number = _integer(single["SEQUENCE"].value)
        if number is None or number < 0:
            context.repair("number_unreadable")
        else:
            entry.sequence = min(number, _LARGEST_INTEGER)
            entry.stamps.append(f"SEQUENCE:{entry.sequence}")


def _integer(text: str) -> int | None:
    found = re.match(r"\s*([+-]?\d{1,12})(?:\.\d+)?\s*$", text, re.ASCII)
    return int(found[1]) if found else None


def _summary(entry: Entry, single: dict[str, Property], context: Context) -> None:
    prop = single.get("SUMMARY")
    value = clean_text(prop.value).strip() if prop is not None else ""
    if "\\n" in value or "\\N" in value:
        flat = re.sub(r"(?:(?<!\\)\\[nN]\s*)+", " ", value).strip()
        if flat != value:
            value = flat
            context.repair("summary_newline")
    if not value:
        context.repair("summary_missing")
        restricted = "CLASS" in single and single["CLASS"].value.strip().upper() in ("PRIVATE", "CONFIDENTIAL")
        value = "(privé)" if restricted else "(sans titre)"
    elif prop is not None and value != prop.value.strip():
        context.repair("text_escaped")
    entry.summary = unescape_text(value)
    entry.lines.append(f"SUMMARY{clean_parameters(prop.raw) if prop is not None else ''}:{value}")


def _description(entry: Entry, single: dict[str, Property], others: list[Property], context: Context) -> str:
    """The DESCRIPTION line, links of ATTACH and people of a task appended to it; "" without any text."""
    prop = single.get("DESCRIPTION")
    value = clean_text(prop.value) if prop is not None else ""
    if prop is not None and value != prop.value:
        context.repair("text_escaped")
    paragraphs = [value] if value.strip() else []
    paragraphs.extend(attachments.write(entry, others, context, value))
    if entry.kind is ItemKind.TASK:
        organizer = [single["ORGANIZER"]] if "ORGANIZER" in single else []
        for label, people in (("Organisateur", organizer), ("Participants", others)):
            found = (person(prop, entry.component, context) for prop in people if prop.name in _PEOPLE)
            addresses = dict.fromkeys(each.address for each in found if each is not None)
            line = f"{label} : " + "\\, ".join(list(addresses)[:500])
            if addresses and line not in value:
                context.repair("task_people")
                paragraphs.append(line)
    if not paragraphs:
        return ""
    return f"DESCRIPTION{clean_parameters(prop.raw) if prop is not None else ''}:" + "\\n\\n".join(paragraphs)


def _location(entry: Entry, prop: Property, context: Context) -> None:
    value = clean_text(prop.value)
    if value != prop.value:
        context.repair("text_escaped")
    entry.location = unescape_text(value).strip()
    entry.lines.append(f"LOCATION{clean_parameters(prop.raw)}:{value}")


def _class(entry: Entry, prop: Property, context: Context) -> None:
    value = prop.value.strip().upper()
    if value not in ("PUBLIC", "PRIVATE", "CONFIDENTIAL"):
        # RFC 5545 3.8.1.3: what is not recognised is to be treated as private.
        value = "PRIVATE"
    if value != prop.value:
        context.repair("keyword_repaired")
    entry.lines.append(f"CLASS:{value}")


def _status(entry: Entry, prop: Property, context: Context) -> None:
    value = prop.value.strip().upper()
    known = _STATUSES[entry.kind]
    value = value if value in known else _OTHER_STATUSES.get(value, "")
    if value != prop.value:
        context.repair("keyword_repaired")
    if value in known:
        entry.status = value
        if entry.kind is ItemKind.EVENT:
            entry.lines.append(f"STATUS:{value}")


def _transparency(entry: Entry, prop: Property, context: Context) -> None:
    if entry.kind is ItemKind.TASK:
        return
    value = prop.value.strip().upper()
    value = "TRANSPARENT" if value.startswith("TRANSP") else "OPAQUE"
    if value != prop.value:
        context.repair("keyword_repaired")
    entry.lines.append(f"TRANSP:{value}")


def _priority(entry: Entry, prop: Property, context: Context) -> None:
    number = _integer(prop.value)
    if number is None or not 0 <= number <= 9:
        context.repair("number_unreadable")
        number = None if number is None or number < 0 else 9
    if number is not None:
        entry.lines.append(f"PRIORITY:{number}")


def _organizer(entry: Entry, prop: Property, context: Context) -> None:
    if entry.kind is ItemKind.TASK:
        # A task with an organizer cannot be deleted by its owner (Zimbra bug 43066).
        context.repair("task_organizer")
        return
    found = person(prop, entry.component, context)
    if found is not None:
        entry.organizer = found.address
        entry.lines.append(found.line)


def _url(entry: Entry, prop: Property, context: Context) -> None:
    value = "".join(prop.value.split())
    if value != prop.value:
        context.repair("text_escaped")
    entry.lines.append(f"URL:{value}")


def _position(entry: Entry, prop: Property, context: Context) -> None:
    numbers = re.findall(r"-?\d+(?:\.\d+)?", prop.value, re.ASCII)
    if len(numbers) == 2 and abs(float(numbers[0])) <= 90 and abs(float(numbers[1])) <= 180:
        entry.lines.append(f"GEO:{numbers[0]};{numbers[1]}")
    else:
        context.repair("number_unreadable")


def _color(entry: Entry, prop: Property, context: Context) -> None:
    entry.lines.append(f"COLOR:{clean_text(prop.value)}")


_WRITERS: dict[str, Callable[[Entry, Property, Context], None]] = {
    "LOCATION": _location,
    "CLASS": _class,
    "STATUS": _status,
    "TRANSP": _transparency,
    "PRIORITY": _priority,
    "ORGANIZER": _organizer,
    "URL": _url,
    "GEO": _position,
    "COLOR": _color,
}
# Known properties that pass as they are; others stand where they mean nothing, such as a TRIGGER without its alarm.
_PEOPLE = frozenset({"ORGANIZER", "ATTENDEE"})
_LINKS = frozenset({"CONFERENCE", "IMAGE", "LINK", "CONCEPT"})
_ANYWHERE = _MANY_TEXTS | _LINKS | {"REFID"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_DONE = frozenset(
    {"EXDATE", "RRULE", "RDATE", "EXRULE", "ATTACH", "REQUEST-STATUS", "TZID", "METHOD", "VERSION", "PRODID"}
)


def _others(entry: Entry, others: list[Property], context: Context) -> None:
    """Properties that may stand several times, and those of other programs."""
    tagged = False
    for prop in others:
        name = prop.name
        if name == "ATTENDEE":
            if entry.kind is ItemKind.EVENT:
                found = person(prop, entry.component, context)
                if found is not None:
                    entry.attendees += 1
                    entry.lines.append(found.line)
        elif is_private(name):
            context.repair("private_property")
        elif name in ("CATEGORIES", "RESOURCES"):
            tagged = tagged or name == "CATEGORIES"
            entry.lines.append(f"{name}{clean_parameters(prop.raw)}:{clean_list(prop.value)}")
        elif name in _DONE or name == "X-LIC-ERROR":
            continue
        elif not _passes(prop):
            message = f"Une ligne illisible n’a pas été reprise ({name[:40]})."
            context.remark_line("line_dropped", entry.component, message, prop.text)
        else:
            if name not in KNOWN_NAMES and not name.startswith("X-"):
                # Strict readers refuse names that no standard knows; any program may use X- ones.
                context.repair("name_unknown")
                prop = prop._replace(name=f"X-{name}")
            entry.lines.append(_generic(prop))
    context.categories += tagged


def _passes(prop: Property) -> bool:
    """Whether a property that is not looked into may be written."""
    name = prop.name
    if name in _LINKS:
        return _URI.fullmatch(prop.value) is not None
    return bool(_NAME.fullmatch(name)) and (name not in KNOWN_NAMES or name in _ANYWHERE)


def _generic(prop: Property) -> str:
    """A property that passes as it is; types and zones that a strict reader would check against its value do not."""
    params = clean_parameters(prop.raw)
    if prop.name in _LINKS:
        params += ";VALUE=URI"
    elif prop.param("VALUE").upper() in _KEPT_VALUE_TYPES:
        params += f";VALUE={prop.param('VALUE').upper()}"
    value = clean_text(prop.value) if prop.name in _MANY_TEXTS else prop.value
    return f"{prop.name}{params}:{value}"


def _state_of_task(entry: Entry, single: dict[str, Property], context: Context) -> None:
    """STATUS, PERCENT-COMPLETE and COMPLETED that agree: Zimbra loses a task for a COMPLETED that is no UTC time."""
    percent = _integer(single["PERCENT-COMPLETE"].value) if "PERCENT-COMPLETE" in single else None
    completed = None
    if "COMPLETED" in single:
        found = parse_time(single["COMPLETED"].value)
        if found is None:
            context.repair("completed_unreadable")
        else:
            completed = instant(Moment(found.clock, found.zone or entry.zone), entry.zone)
            if not found.zone:
                context.repair("completed_unreadable")
    before = (entry.status, percent)
    if entry.status != "CANCELLED" and (completed is not None or percent == 100 or entry.status == "COMPLETED"):
        entry.status, percent = "COMPLETED", 100
    if percent is not None and not 0 <= percent <= 100:
        percent = min(max(percent, 0), 100)
    if before != (entry.status, percent):
        context.repair("task_state")
    if entry.status:
        entry.lines.append(f"STATUS:{entry.status}")
    if percent is not None:
        entry.lines.append(f"PERCENT-COMPLETE:{percent}")
    if completed is not None:
        entry.lines.append(f"COMPLETED:{format_value(completed)}Z")
        entry.completed = f"{completed.isoformat()}Z"
