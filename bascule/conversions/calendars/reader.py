"""From the bytes of a calendar file to collections of clean items, with an account of what was repaired and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bascule.conversions.calendars import series, spans
from bascule.conversions.calendars.cleaning import clean
from bascule.conversions.calendars.components import ITEM_NAMES, Component, Property, Tree, build
from bascule.conversions.calendars.context import Account, Context, place
from bascule.conversions.calendars.definitions import definition_of
from bascule.conversions.calendars.entry import Entry
from bascule.conversions.calendars.facts import facts_of
from bascule.conversions.calendars.parameters import is_private
from bascule.conversions.calendars.times import format_value
from bascule.conversions.calendars.zones import Zones, zone_named
from bascule.conversions.model import Collection, CollectionKind, Item, ItemKind, Reading, Remark, Unreadable
from bascule.conversions.text import logical_lines, unescape_text

DEFAULT_NAME = "Calendrier"
# Zimbra has one name space for all the folders of a mailbox, so that a task list cannot be called like its calendar.
TASKS_SUFFIX = " (tâches)"
_NAMES = (
    "X-NSCP-CALPROPS-NAME",
    "X-S1CS-CALPROPS-COMMON-NAME",
    "X-WR-CALNAME",
    "NAME",
    "X-NSCP-CALPROPS-RELATIVE-CALID",
)
_ZONES = ("X-NSCP-CALPROPS-TZID", "X-WR-TIMEZONE")
_SUN_PRODUCTS = ("sunone", "sunjavasystem", "sun/calendar", "iplanet")
_ORACLE_PRODUCT = "oracle corporation/cs"
_PRIVATE_LOOKED_AT = 20


@dataclass(slots=True)
class _Folder:
    """What goes into the collections of one name, with the context of the first calendar that had it."""

    context: Context
    events: list[Entry] = field(default_factory=list)
    tasks: list[Entry] = field(default_factory=list)


def read(
    data: bytes,
    *,
    name: str = "",
    home_zone: str = "Indian/Reunion",
    logins: Mapping[str, str] | None = None,
    domain: str = "ac-reunion.fr",
) -> Reading:
    """Read an iCalendar (or vCalendar 1.0) file of any age and state.

    name: what to call a calendar that has no name of its own. home_zone: Olson name, the zone of times without one.
    logins: login of the old server (lower case) -> address; others become `login@domain`.

    The `Reading` holds a collection per calendar name, and one of tasks beside it. An item is all that has one UID.
    `Item.facts`: start, end (ISO; the last day itself when all day, "" when unknown), all_day, zone (TZID), location,
    recurrence (French sentence, "" when single), occurrences (up to 5: days, or instants in UTC with a Z), exceptions,
    organizer, attendees, status, private, alarms; tasks have due and completed too, and their end is "".
    Raises `Unreadable` when the file holds no calendar at all.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("empty", "Le fichier est vide : refaites l’export du calendrier.")
    repairs: Counter[str] = Counter()
    tree = build(logical_lines(data, repairs=repairs))
    if not tree.calendars:
        raise _unreadable(data)
    account = Account(repairs)
    _structure(tree, account)
    reading = Reading("calendar", repairs=repairs, remarks=account.remarks)
    folders: dict[str, _Folder] = {}
    known_logins = {login.lower(): address for login, address in (logins or {}).items()}
    contexts = []
    for calendar in tree.calendars:
        context = _context(calendar, account, home_zone, known_logins, domain)
        contexts.append(context)
        folder = folders.setdefault(_name(calendar, name), _Folder(context))
        reading.items_in += sum(child.name in ITEM_NAMES for child in calendar.children)
        for child in calendar.children:
            _read_component(child, context, folder)
        calendar.children.clear()
    uids = series.Uids()
    for folder_name, folder in folders.items():
        reading.collections.extend(_collections(folder_name, folder, uids))
    tagged = sum(context.categories for context in contexts)
    if tagged:
        message = (
            f"{tagged} élément(s) portent des catégories : elles sont gardées, mais Zimbra ne les montre pas comme des "
            "étiquettes."
        )
        account.remarks.append(Remark("categories", "fichier", message))
    if not reading.items_in:
        account.remarks.append(
            Remark("no_item", "fichier", "Ce calendrier ne contient aucun événement ni aucune tâche.")
        )
    account.close()
    return reading


def _unreadable(data: bytes) -> Unreadable:
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"icalendar" in head:
        return Unreadable(
            "xcal", "Ce calendrier est au format XML : refaites l’export en choisissant le format iCalendar (.ics)."
        )
    if head.startswith((b'["vcalendar"', b'[ "vcalendar"')):
        return Unreadable(
            "jcal", "Ce calendrier est au format JSON : refaites l’export en choisissant le format iCalendar (.ics)."
        )
    return Unreadable(
        "not_calendar",
        "Ce fichier ne contient ni calendrier ni carnet d’adresses : refaites l’export au format .ics ou .vcf.",
    )


def _structure(tree: Tree, account: Account) -> None:
    """Account for what was wrong with the lines themselves."""
    if tree.unbalanced:
        account.repairs["unbalanced"] += tree.unbalanced
    if tree.joined:
        account.repairs["text_rejoined"] += tree.joined
    for component, line in tree.stray:
        where = place(component) if component.name in ITEM_NAMES else f"ligne {line.number}"
        message = "Cette ligne n’est pas du format des calendriers : elle n’a pas été reprise."
        account.remark_line("line_dropped", where, message, line.text)


def _name(calendar: Component, default: str) -> str:
    for property_name in _NAMES:
        prop = calendar.first(property_name)
        if prop is None:
            continue
        text = unescape_text(prop.value)
        if property_name.endswith("CALID"):
            text = text.partition(":")[2] or text
        text = " ".join(text.split())[:120].strip('" ')
        if text:
            return text
    return default or DEFAULT_NAME


def _context(calendar: Component, account: Account, home_zone: str, logins: Mapping[str, str], domain: str) -> Context:
    """The zones and habits of a calendar; repairs its own properties."""
    home = zone_named(home_zone) or "UTC"
    definitions = [
        definition
        for child in calendar.children
        if child.name == "VTIMEZONE" and (definition := definition_of(child)) is not None
    ]
    zones = Zones(home, definitions)
    zone = home
    for property_name in _ZONES:
        prop = calendar.first(property_name)
        if prop is not None:
            resolved = zones.resolve(prop.value.strip())
            if resolved.exact:
                zone = resolved.zone
                break
    old_zone = calendar.first("TZ")
    if zone == home and old_zone is not None:
        resolved = zones.resolve(f"GMT{old_zone.value.strip()}")
        zone = resolved.zone if resolved.exact else zone
    zones.fallback = zone
    product = calendar.first("PRODID")
    made_by = product.value.lower() if product is not None else ""
    version = calendar.first("VERSION")
    number = version.value.strip() if version is not None else ""
    private = sum(is_private(prop.name) for prop in calendar.properties)
    by_sun = any(name in made_by for name in _SUN_PRODUCTS) or number == "6.0"
    sun = by_sun or private > 0 or _ORACLE_PRODUCT in made_by or _has_private(calendar)
    if number != "2.0":
        account.repairs["version"] += 1
    method = calendar.first("METHOD")
    if method is not None and method.value.strip().upper() != "PUBLISH":
        account.repairs["method"] += 1
    if private:
        account.repairs["private_property"] += private
    return Context(
        account=account,
        zones=zones,
        zone=zone,
        sun=sun,
        bound_to_sixty=by_sun,
        old_format=number.startswith("1"),
        logins=logins,
        domain=domain,
    )


def _has_private(calendar: Component) -> bool:
    children = calendar.children[:_PRIVATE_LOOKED_AT]
    return any(is_private(prop.name) for child in children for prop in child.properties)


def _read_component(component: Component, context: Context, folder: _Folder) -> None:
    """Repair one component into an entry of the folder, or tell why it is left out."""
    name = component.name
    if name in ("VEVENT", "VTODO", "VJOURNAL"):
        if not component.closed:
            message = "Le fichier s’arrête au milieu de cet élément : vérifiez qu’il est complet."
            context.remark("truncated", component, message)
        tombstone = component.first("X-NSCP-TOMBSTONE")
        if tombstone is not None and tombstone.value.strip() == "1":
            message = "Cet élément était déjà supprimé sur l’ancien serveur : il n’a pas été repris."
            context.remark("tombstone", component, message)
            return
        if not component.properties and not component.children:
            context.remark("empty_component", component, "Cet élément est vide : il n’y a rien à reprendre.")
            return
    if name == "VEVENT":
        entry = clean(component, context, ItemKind.EVENT)
        if entry is None:
            message = "Cet événement n’a aucune date : il est repris comme une tâche, pour ne pas être perdu."
            context.remark("event_without_date", component, message)
            component.properties = [prop for prop in component.properties if prop.name != "DTSTART"]
            entry = clean(component, context, ItemKind.TASK)
        _add(entry, folder)
    elif name == "VTODO":
        _add(clean(component, context, ItemKind.TASK), folder)
    elif name == "VJOURNAL":
        _add(_journal(component, context), folder)
    elif name == "VFREEBUSY":
        message = "Une liste de plages occupées ne s’importe pas : Zimbra la calcule à partir des événements."
        context.remark("free_busy_dropped", component, message)
    elif name != "VTIMEZONE":
        message = f"Zimbra ne connaît pas ce genre d’élément ({name[:40]}) : il n’a pas été repris."
        context.remark("component_dropped", component, message)


def _add(entry: Entry | None, folder: _Folder) -> None:
    if entry is not None:
        (folder.tasks if entry.kind is ItemKind.TASK else folder.events).append(entry)


def _journal(component: Component, context: Context) -> Entry | None:
    """A note becomes an all-day event that blocks no time, or a task when it has no date."""
    written = component.first("DTSTART")
    start = spans.moment(written, component, context) if written is not None else None
    dropped = {"STATUS", "TRANSP", "DTEND", "DUE", "DURATION"} | ({"DTSTART"} if start is None else set())
    component.properties = [prop for prop in component.properties if prop.name not in dropped]
    if start is None:
        message = "Zimbra n’a pas de notes : celle-ci, sans date, est reprise comme une tâche."
        context.remark("journal_to_task", component, message)
        return clean(component, context, ItemKind.TASK)
    message = "Zimbra n’a pas de notes : celle-ci est reprise comme un événement d’une journée."
    context.remark("journal_to_event", component, message)
    day = Property("DTSTART", ";VALUE=DATE", format_value(spans.day_of(start, context.zone)), component.line)
    component.properties = [day if prop is written else prop for prop in component.properties]
    component.properties.append(Property("TRANSP", "", "TRANSPARENT", component.line))
    return clean(component, context, ItemKind.EVENT)


def _collections(name: str, folder: _Folder, uids: series.Uids) -> list[Collection]:
    found = []
    if folder.events:
        found.append(_collection(CollectionKind.CALENDAR, name, folder.events, folder.context, uids))
    if folder.tasks:
        tasks_name = name if name.endswith(TASKS_SUFFIX) else f"{name}{TASKS_SUFFIX}"
        found.append(_collection(CollectionKind.TASKS, tasks_name, folder.tasks, folder.context, uids))
    return found


def _collection(
    kind: CollectionKind, name: str, entries: list[Entry], context: Context, uids: series.Uids
) -> Collection:
    groups = series.assemble(entries, context, uids, name)
    groups.sort(key=series.order_of)
    return Collection(kind, name, [item_of(group) for group in groups])


def item_of(group: list[Entry]) -> Item:
    """The item of a UID's entries, master first."""
    master = group[0]
    zones = set().union(*(entry.zones() for entry in group))
    return Item(
        kind=master.kind,
        uid=unescape_text(master.uid),
        label=" ".join(master.summary.split())[:200] or "(sans titre)",
        text="".join(entry.text() for entry in group),
        components=len(group),
        zones=tuple(sorted(zones)),
        facts=facts_of(group),
    )
