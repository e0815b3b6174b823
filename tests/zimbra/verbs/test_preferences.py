from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.each import each
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import Refused
from zimbra.types import ExternalReply, OutOfOffice

REUNION = timezone(timedelta(hours=4))


def test_preferences_hold_all_their_values() -> None:
    client, server = scripted(
        {
            "GetPrefs": '<pref name="zimbraPrefLocale">fr</pref><pref name="zimbraPrefX">a</pref>'
            '<pref name="zimbraPrefX">b</pref>'
        }
    )
    assert client.preferences("zimbraPrefX", "zimbraPrefAbsent") == {"zimbraPrefX": ("a", "b")}
    assert client.preferences() == {"zimbraPrefLocale": ("fr",), "zimbraPrefX": ("a", "b")}
    assert server.asked("GetPrefs") == ['<pref name="zimbraPrefX"/><pref name="zimbraPrefAbsent"/>', ""]


def test_set_preferences_writes_each_kind_of_value() -> None:
    client, server = scripted({"ModifyPrefs": ""})
    client.set_preferences({"a": "x & y", "b": True, "c": False, "d": ("1", "2"), "e": None, "f": ()})
    assert server.asked("ModifyPrefs") == [
        '<pref name="a">x &amp; y</pref><pref name="b">TRUE</pref><pref name="c">FALSE</pref>'
        '<pref name="d">1</pref><pref name="d">2</pref><pref name="e"/><pref name="f"/>'
    ]
    assert server.sent[0].repeatable


def test_values_are_added_and_removed_and_nothing_is_sent_for_none() -> None:
    client, server = scripted({"ModifyPrefs": ""})
    client.add_to_preference("p", ["a", "b"])
    client.remove_from_preference("p", ["c"])
    client.add_to_preference("p", [])
    assert server.asked("ModifyPrefs") == [
        '<pref name="+p">a</pref><pref name="+p">b</pref>',
        '<pref name="-p">c</pref>',
    ]


def test_a_preference_that_is_none_is_refused() -> None:
    client, _ = scripted({"ModifyPrefs": refused("service.INVALID_REQUEST")})
    with pytest.raises(Refused):
        client.set_preferences({"zimbraMailQuota": "0"})


def absence(*pairs: tuple[str, str]) -> str:
    return "".join(f'<pref name="zimbraPrefOutOfOffice{name}">{value}</pref>' for name, value in pairs)


def test_out_of_office_is_read_with_its_bounds() -> None:
    client, _ = scripted(
        {
            "GetPrefs": absence(
                ("ReplyEnabled", "TRUE"),
                ("Reply", "Absent"),
                ("FromDate", "20260703200000Z"),
                ("UntilDate", "20260801195959.000Z"),
                ("ExternalReplyEnabled", "TRUE"),
                ("ExternalReply", "Away"),
            )
        }
    )
    found = client.out_of_office()
    assert found == OutOfOffice(
        True,
        "Absent",
        datetime(2026, 7, 3, 20, tzinfo=UTC),
        datetime(2026, 8, 1, 19, 59, 59, tzinfo=UTC),
        ExternalReply.OTHER,
        "Away",
    )
    assert "Absent" not in repr(found)


def test_out_of_office_never_set_is_off_and_without_bounds() -> None:
    client, _ = scripted({"GetPrefs": ""})
    assert client.out_of_office() == OutOfOffice(False)


@each(
    ("other", "silent", "external"),
    [
        ("FALSE", "FALSE", ExternalReply.SAME),
        ("TRUE", "FALSE", ExternalReply.OTHER),
        ("FALSE", "TRUE", ExternalReply.NONE),
        ("TRUE", "TRUE", ExternalReply.NONE),
    ],
)
def test_out_of_office_tells_what_outsiders_get(other: str, silent: str, external: ExternalReply) -> None:
    client, _ = scripted({"GetPrefs": absence(("ExternalReplyEnabled", other), ("SuppressExternalReply", silent))})
    assert client.out_of_office().external is external


def test_set_out_of_office_writes_moments_in_utc() -> None:
    client, server = scripted({"ModifyPrefs": ""})
    client.set_out_of_office(
        OutOfOffice(True, "Absent", datetime(2026, 7, 4, tzinfo=REUNION), None, ExternalReply.NONE)
    )
    assert server.asked("ModifyPrefs") == [
        '<pref name="zimbraPrefOutOfOfficeReplyEnabled">TRUE</pref>'
        '<pref name="zimbraPrefOutOfOfficeReply">Absent</pref>'
        '<pref name="zimbraPrefOutOfOfficeFromDate">20260703200000Z</pref>'
        '<pref name="zimbraPrefOutOfOfficeUntilDate"/>'
        '<pref name="zimbraPrefOutOfOfficeExternalReplyEnabled">FALSE</pref>'
        '<pref name="zimbraPrefOutOfOfficeExternalReply"/>'
        '<pref name="zimbraPrefOutOfOfficeSuppressExternalReply">TRUE</pref>'
    ]


@pytest.mark.parametrize("text", ["é" * 4097, "a" * 8193])
def test_set_out_of_office_too_long_is_not_sent(text: str) -> None:
    client, server = scripted({})
    for one in (OutOfOffice(True, text), OutOfOffice(True, external_text=text)):
        with pytest.raises(Refused) as caught:
            client.set_out_of_office(one)
        assert caught.value.code == "request.TOO_LONG"
    assert server.requests == []


@each(("hour", "active"), [(7, False), (8, True), (11, True), (12, False)])
def test_out_of_office_holds_from_its_start_until_before_its_end(hour: int, active: bool) -> None:
    day = datetime(2026, 7, 3, tzinfo=UTC)
    found = OutOfOffice(True, start=day.replace(hour=8), until=day.replace(hour=12))
    assert found.active(day.replace(hour=hour)) is active
    assert OutOfOffice(True).active(day)
    assert not OutOfOffice(False).active(day)


def test_trust_senders_adds_only_what_is_new() -> None:
    client, server = scripted(
        {
            "GetPrefs": '<pref name="zimbraPrefMailTrustedSenderList">A@b.fr</pref>'
            '<pref name="zimbraPrefMailTrustedSenderList">c.fr</pref>',
            "ModifyPrefs": "",
        }
    )
    assert client.trusted_senders() == ("A@b.fr", "c.fr")
    client.trust_senders(["a@b.fr", "d@d.fr", "D@d.fr"], most=3)
    client.distrust_senders(["a@B.fr", "unknown@b.fr"])
    client.trust_senders(["C.fr"], most=2)
    assert [text.split('"')[1][0] + text.split(">")[1].split("<")[0] for text in server.asked("ModifyPrefs")] == [
        "+D@d.fr",
        "-A@b.fr",
    ]
    with pytest.raises(Refused) as caught:
        client.trust_senders(["e@e.fr"], most=2)
    assert caught.value.code == "request.TOO_MANY"
