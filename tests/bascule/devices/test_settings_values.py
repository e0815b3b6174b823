"""Exact values out of the configuration, and the addresses of the calendars of a person's boxes."""

from __future__ import annotations

import pytest

from bascule.devices import settings_values
from bascule.devices.guides import Facts, Values, thunderbird
from boxes.models import Role
from tests.factories import make_moved_agent, make_shared_box


def test_values_are_those_of_the_configuration(settings) -> None:
    settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT = "imap.test", 1993
    settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT = "smtp.test", 1465
    settings.CLIENT_SYNC_HOST = "sync.test"
    kinds = [Values.IMAP, Values.SMTP, Values.ACTIVESYNC, Values.CALDAV, Values.CARDDAV, Values.BOXES]
    found = {block.key: [row.value for row in block.rows] for block in settings_values.blocks(kinds, "zoe@test")}
    assert found == {
        "imap": ["imap.test", "1993", "SSL/TLS", "Mot de passe normal", "zoe@test"],
        "smtp": ["smtp.test", "1465", "SSL/TLS", "Mot de passe normal", "zoe@test"],
        "activesync": ["sync.test", "à laisser vide", "SSL/TLS", "zoe@test"],
        "caldav": ["sync.test", "https://sync.test/", "zoe@test"],
        "carddav": ["sync.test", "https://sync.test/", "zoe@test"],
    }


def test_only_what_the_guide_asks_for_is_shown() -> None:
    assert settings_values.used_by(thunderbird.guide(Facts())) == [Values.IMAP, Values.SMTP]
    whole = thunderbird.guide(Facts(has_contacts=True, has_calendar=True, has_boxes=True))
    assert settings_values.used_by(whole) == [Values.IMAP, Values.SMTP, Values.CALDAV, Values.CARDDAV, Values.BOXES]


@pytest.mark.django_db
def test_box_nobody_looked_at_shows_its_own_calendar(settings, django_assert_max_num_queries) -> None:
    settings.CLIENT_SYNC_HOST = "sync.test"
    agent = make_moved_agent()
    for number in range(3):
        make_shared_box((agent, Role.READER), address=f"ce{number}@ac-reunion.fr", name=f"Boîte {number}")
    make_shared_box((make_moved_agent(), Role.OWNER))
    with django_assert_max_num_queries(2):
        found = settings_values.box_calendars(agent)
    assert [one.calendars[0].url for one in found] == [
        f"https://sync.test/dav/ce{number}@ac-reunion.fr/Calendar" for number in range(3)
    ]
    assert all(one.is_guess for one in found)
