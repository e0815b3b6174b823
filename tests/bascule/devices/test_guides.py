"""Step lists: each one whole, for every version and use; and what must be said in which of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import product

import pytest

from bascule.devices import guides, programs
from bascule.devices.guides import GUIDES, Facts, Guide, Values, android, apple, others, outlook, steps, thunderbird
from bascule.models import Device
from tests.factories import make_agent

NAMES = {
    "imap_host": "imap.test",
    "imap_port": "993",
    "smtp_host": "smtp.test",
    "smtp_port": "465",
    "sync_host": "sync.test",
    "old_imap_host": "old.test",
    "webmail": "https://webmail.test/",
    "address": "marie@test",
    "help_desk": "aide@test",
    "device": "PC",
}


def every() -> Iterator[tuple[str, Facts, Guide]]:
    """Each guide, for each version, protocol and use that the inventory can say."""
    flags = (False, True)
    for program in programs.PROGRAMS:
        versions = ("", *(value for value, _ in program.versions))
        for version, protocol, mail, contacts, calendar, boxes in product(
            versions, ("", *program.protocols), flags, flags, flags, flags
        ):
            facts = Facts(version, protocol, mail, contacts, calendar, boxes)
            yield program.code, facts, GUIDES[program.guide](facts).filled(NAMES)


def texts(guide: Guide) -> Iterator[str]:
    yield from (guide.title, *guide.intro, *guide.limits)
    for part in guide.parts:
        yield from (part.title, part.intro)
        for step in part.steps:
            yield from (step.title, *step.actions, step.seen, step.warning)


def codes(guide: Guide) -> list[str]:
    return [step.code for step in guide.steps()]


def test_each_is_whole() -> None:
    for name, facts, guide in every():
        found = codes(guide)
        assert len(found) == len(set(found)) >= 3, (name, facts)
        for part in guide.parts:
            assert part.steps, (name, part.title)
        for step in guide.steps():
            assert step.actions, (name, step.code)
            assert step.seen, (name, step.code)
            assert step.password <= guide.needs_password, (name, step.code)
        for text in texts(guide):
            assert not set("{}'\"") & set(text), (name, text)
            assert "  " not in text, (name, text)


def test_one_of_several_ways_is_said_to_be_enough() -> None:
    for name, facts, guide in every():
        ways = [part.way for part in guide.parts if part.way]
        assert len(ways) != 1, (name, facts)


def test_each_program_has_one_and_no_host_is_written_out() -> None:
    assert {program.guide for program in programs.PROGRAMS} == set(GUIDES)
    for module in (android, apple, others, outlook, steps, thunderbird, programs):
        source = inspect.getsource(module)
        assert "gouv.fr" not in source
        assert "reunion" not in source


def test_pop_is_warned_of_and_copied_by_hand() -> None:
    for name, facts, guide in every():
        if facts.is_pop:
            assert "pop-copy" in codes(guide), name
            assert "existing" not in codes(guide), name
            assert "incoming" not in codes(guide), name


def test_what_a_device_is_used_for_decides_what_is_shown() -> None:
    mail_only = thunderbird.guide(Facts(has_mail=True))
    assert not {"calendar", "contacts", "boxes", "box-calendars"} & set(codes(mail_only))
    whole = thunderbird.guide(Facts(has_contacts=True, has_calendar=True, has_boxes=True))
    assert {"calendar", "contacts", "boxes", "box-calendars", "subscribe"} <= set(codes(whole))
    assert "davx5-account" in codes(android.gmail(Facts(has_calendar=True)))
    assert "davx5-account" not in codes(android.gmail(Facts(has_calendar=True, protocol="activesync")))


def test_versions_name_their_own_menus() -> None:
    def told(guide: Guide) -> str:
        return " ".join(texts(guide.filled(NAMES)))

    assert "Centre de comptes" in told(thunderbird.guide(Facts(version="140")))
    assert "Centre de comptes" in told(thunderbird.guide(Facts()))
    for version in ("128", "115", "old"):
        assert "Configuration manuelle" in told(thunderbird.guide(Facts(version=version)))
        assert "Centre de comptes" not in told(thunderbird.guide(Facts(version=version)))
    assert "update" in codes(thunderbird.guide(Facts(version="old")))
    assert "**Apps**" in told(apple.phone(Facts(version="18")))
    assert "**Apps**" not in told(apple.phone(Facts(version="14")))
    assert "**Mots de passe et comptes**" in told(apple.phone(Facts(version="old")))


def test_programs_that_hand_the_password_on_get_none() -> None:
    for program in programs.PROGRAMS:
        guide = GUIDES[program.guide](Facts())
        assert guide.needs_password == (not program.avoid), program.code
        if program.avoid:
            assert {"remove", "replace"} <= set(codes(guide))


def test_values_of_exchange_only_where_a_telephone_speaks_it() -> None:
    """A Mac's Exchange is another protocol, and Outlook's needs a server of Microsoft."""
    for name, _, guide in every():
        speaks = any(Values.ACTIVESYNC in step.values for step in guide.steps())
        assert speaks <= (name == "ios" or name.startswith("android-")), name


@pytest.mark.django_db
def test_device_sees_this_site_and_itself(settings) -> None:
    settings.CLIENT_IMAP_HOST = "imap.ailleurs.example"
    device = Device.objects.create(
        agent=make_agent("zoe@ac-reunion.fr"), kind="thunderbird", name="PC {x} de Zoé", program="thunderbird"
    )
    told = " ".join(texts(guides.for_device(device)))
    assert "imap.ailleurs.example" in told
    assert "zoe@ac-reunion.fr" in told
    assert "PC {x} de Zoé" in told
    assert guides.step_codes(device) == set(codes(guides.for_device(device)))


@pytest.mark.django_db
def test_program_of_long_ago_reads_as_another() -> None:
    device = Device.objects.create(agent=make_agent(), kind="other", name="x", program="gone")
    assert guides.for_device(device).title == "Autre appareil"
