"""The shape of a step list. Texts are French; `**…**` marks what stands on a button or menu; names of servers are
placeholders: {imap_host} {imap_port} {smtp_host} {smtp_port} {sync_host} {old_imap_host} {webmail} {address}
{help_desk} {device}."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bascule.models import Device


class Values(StrEnum):
    """Which exact settings stand beside a step (`settings_values`)."""

    IMAP = "imap"
    SMTP = "smtp"
    ACTIVESYNC = "activesync"
    CALDAV = "caldav"
    CARDDAV = "carddav"
    BOXES = "boxes"


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a device decides which steps its owner is shown."""

    version: str = ""
    protocol: str = ""
    has_mail: bool = True
    has_contacts: bool = False
    has_calendar: bool = False
    has_boxes: bool = False

    @property
    def is_pop(self) -> bool:
        return self.protocol == Device.Protocol.POP

    @property
    def is_activesync(self) -> bool:
        return self.protocol == Device.Protocol.ACTIVESYNC


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One thing to do. code: kept when it is ticked, so it never changes; seen: how one sees that it worked.

    help: slug of a page of the help that says more. password: the application password is typed here.
    """

    code: str
    title: str
    actions: tuple[str, ...]
    seen: str
    values: tuple[Values, ...] = ()
    warning: str = ""
    help: str = ""
    password: bool = False

    def filled(self, names: Mapping[str, str]) -> GuideStep:
        return replace(
            self,
            title=self.title.format_map(names),
            actions=tuple(text.format_map(names) for text in self.actions),
            seen=self.seen.format_map(names),
            warning=self.warning.format_map(names),
        )


@dataclass(frozen=True, slots=True)
class GuidePart:
    """Some steps under one heading. way: parts with the same word are ways to the same end, of which one is enough."""

    title: str
    steps: tuple[GuideStep, ...]
    intro: str = ""
    way: str = ""

    def filled(self, names: Mapping[str, str]) -> GuidePart:
        steps = tuple(step.filled(names) for step in self.steps)
        return replace(self, title=self.title.format_map(names), intro=self.intro.format_map(names), steps=steps)


@dataclass(frozen=True, slots=True)
class Guide:
    """The step list of one program and version. limits: what it cannot do, said before anybody tries.

    needs_password: whether it is worth making an application password for it at all.
    """

    title: str
    intro: tuple[str, ...]
    parts: tuple[GuidePart, ...]
    limits: tuple[str, ...] = ()
    needs_password: bool = True

    def steps(self) -> Iterator[GuideStep]:
        for part in self.parts:
            yield from part.steps

    def filled(self, names: Mapping[str, str]) -> Guide:
        return replace(
            self,
            title=self.title.format_map(names),
            intro=tuple(text.format_map(names) for text in self.intro),
            parts=tuple(part.filled(names) for part in self.parts),
            limits=tuple(text.format_map(names) for text in self.limits),
        )
