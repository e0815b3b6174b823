"""Profiles for Apple devices, held against the keys that Apple publishes, and their signature against openssl."""

from __future__ import annotations

import plistlib
import re
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.utils import timezone

from accounts import sealing
from bascule.checks import check_profile_signing
from bascule.devices import apple, profile_signing
from bascule.devices.apple import BoxCalendar, Contents
from bascule.models import Device
from boxes.models import BoxLook
from tests.factories import give_access, make_agent, make_box, make_moved_agent, make_shared_box

# Apple's keys by payload: type, and whether it has to be there. Of keys with a closed list of values, these.
_FRAME = {
    "PayloadType": (str, True),
    "PayloadVersion": (int, True),
    "PayloadIdentifier": (str, True),
    "PayloadUUID": (str, True),
    "PayloadDisplayName": (str, False),
    "PayloadDescription": (str, False),
    "PayloadOrganization": (str, False),
}
_DAV = ("AccountDescription", str), ("Username", str), ("PrincipalURL", str), ("UseSSL", bool), ("Port", int)
KEYS: dict[str, dict[str, tuple[type, bool]]] = {
    "Configuration": {
        "PayloadContent": (list, True),
        "PayloadRemovalDisallowed": (bool, False),
        "TargetDeviceType": (int, False),
        "ConsentText": (dict, False),
    },
    "com.apple.mail.managed": {
        "EmailAccountType": (str, True),
        "EmailAccountDescription": (str, False),
        "EmailAccountName": (str, False),
        "EmailAddress": (str, False),
        "IncomingMailServerAuthentication": (str, True),
        "IncomingMailServerHostName": (str, True),
        "IncomingMailServerPortNumber": (int, False),
        "IncomingMailServerUseSSL": (bool, False),
        "IncomingMailServerUsername": (str, False),
        "OutgoingMailServerAuthentication": (str, True),
        "OutgoingMailServerHostName": (str, True),
        "OutgoingMailServerPortNumber": (int, False),
        "OutgoingMailServerUseSSL": (bool, False),
        "OutgoingMailServerUsername": (str, False),
        "OutgoingPasswordSameAsIncomingPassword": (bool, False),
        "PreventMove": (bool, False),
        "PreventAppSheet": (bool, False),
    },
    "com.apple.caldav.account": {"CalDAVHostName": (str, True)} | {f"CalDAV{key}": (kind, False) for key, kind in _DAV},
    "com.apple.carddav.account": {"CardDAVHostName": (str, True)}
    | {f"CardDAV{key}": (kind, False) for key, kind in _DAV},
    "com.apple.eas.account": {
        "EmailAddress": (str, False),
        "Host": (str, False),
        "SSL": (bool, False),
        "OAuth": (bool, False),
        "UserName": (str, False),
        "PreventMove": (bool, False),
        "PreventAppSheet": (bool, False),
        "MailNumberOfPastDaysToSync": (int, False),
    }
    | {f"Enable{what}": (bool, False) for what in ("Mail", "Contacts", "Calendars", "Reminders", "Notes")},
}
VALUES: dict[str, set[Any]] = {
    "PayloadVersion": {1},
    "EmailAccountType": {"EmailTypeIMAP", "EmailTypePOP"},
    "IncomingMailServerAuthentication": {"EmailAuthPassword"},
    "OutgoingMailServerAuthentication": {"EmailAuthPassword"},
    "MailNumberOfPastDaysToSync": {0, 1, 3, 7, 14, 31},
    "TargetDeviceType": {1, 5},
}

pytestmark = pytest.mark.django_db

TEAM = BoxCalendar("Direction – Salles", "https://messagerie.education.gouv.fr/dav/direction@ac-reunion.fr/Salles%20A")


def faults(payload: dict[str, Any]) -> list[str]:
    """What Apple's table does not know, or wants and does not find."""
    known = _FRAME | KEYS[payload["PayloadType"]]
    found = [f"{key} is unknown" for key in payload if key not in known]
    found += [f"{key} is missing" for key, (_, needed) in known.items() if needed and key not in payload]
    found += [
        f"{key} is a {type(value)}" for key, value in payload.items() if type(value) is not known.get(key, [0])[0]
    ]
    found += [f"{key} is {payload[key]!r}" for key in VALUES if key in payload and payload[key] not in VALUES[key]]
    found += [f"{key} is empty" for key, value in payload.items() if value == ""]
    return found


def read(data: bytes) -> dict[str, Any]:
    profile: dict[str, Any] = plistlib.loads(data)
    for payload in (profile, *profile["PayloadContent"]):
        assert faults(payload) == [], payload["PayloadType"]
        assert uuid.UUID(payload["PayloadUUID"])
        assert re.fullmatch(r"[a-z0-9.\-]+", payload["PayloadIdentifier"])
    return profile


def types(profile: dict[str, Any]) -> list[str]:
    return [one["PayloadType"].split(".")[2] for one in profile["PayloadContent"]]


def test_table_of_keys_finds_what_is_wrong() -> None:
    payload = read(apple.profile(make_agent(), Contents()))["PayloadContent"][0]
    assert faults(payload | {"Password": "x"})
    assert faults(payload | {"IncomingMailServerPortNumber": "993"})
    assert faults(payload | {"IncomingMailServerUseSSL": 1})
    assert faults({key: value for key, value in payload.items() if key != "OutgoingMailServerHostName"})


def test_profile_sets_up_mail_calendars_contacts_and_those_of_boxes() -> None:
    agent = make_agent("marie.payet@ac-reunion.fr", given_name="Marie", family_name="Payet")
    profile = read(apple.profile(agent, Contents(calendars=[TEAM])))
    assert types(profile) == ["mail", "caldav", "carddav", "caldav"]
    mail, own, _, box = profile["PayloadContent"]
    assert (mail["IncomingMailServerHostName"], mail["IncomingMailServerPortNumber"]) == ("imap.education.gouv.fr", 993)
    assert (mail["OutgoingMailServerHostName"], mail["OutgoingMailServerPortNumber"]) == ("smtp.education.gouv.fr", 465)
    assert mail["EmailAccountName"] == "Marie Payet"
    names = ("EmailAddress", "IncomingMailServerUsername", "OutgoingMailServerUsername")
    assert {mail[name] for name in names} == {agent.address}
    assert "CalDAVPrincipalURL" not in own
    assert (box["CalDAVPrincipalURL"], box["CalDAVUsername"]) == (TEAM.url, agent.address)
    assert profile["PayloadRemovalDisallowed"] is False
    assert agent.address in profile["ConsentText"]["fr"]
    assert "1 calendrier de boîte partagée" in profile["ConsentText"]["default"]


def test_exchange_is_one_account_instead_of_three() -> None:
    profile = read(apple.profile(make_agent(), Contents(contacts=False, is_exchange=True, calendars=[TEAM])))
    assert types(profile) == ["eas", "caldav"]
    account = profile["PayloadContent"][0]
    enabled = [name for name in ("Mail", "Contacts", "Calendars") if account[f"Enable{name}"]]
    assert enabled == ["Mail", "Calendars"]
    assert account["Host"] == "messagerie.education.gouv.fr"


def test_only_what_was_asked_for_is_set_up() -> None:
    agent = make_agent()
    assert types(read(apple.profile(agent, Contents(mail=False, contacts=False)))) == ["caldav"]
    assert types(read(apple.profile(agent, Contents(False, False, False, True, [TEAM])))) == ["caldav"]
    with pytest.raises(ValueError, match="nothing"):
        apple.profile(agent, Contents(False, False, False))


def test_no_profile_holds_a_password() -> None:
    for exchange in (False, True):
        text = apple.profile(make_agent(), Contents(is_exchange=exchange, calendars=[TEAM])).decode()
        assert "Password</key>" not in text.replace("OutgoingPasswordSameAsIncomingPassword</key>", "")


def test_second_profile_takes_the_place_of_the_first() -> None:
    agent, other = make_agent(), make_agent()

    def marks(contents: Contents, whose: Any = agent) -> dict[str, tuple[str, str]]:
        profile = read(apple.profile(whose, contents))
        return {
            one["PayloadDisplayName"] if one is not profile else "all": (one["PayloadIdentifier"], one["PayloadUUID"])
            for one in (profile, *profile["PayloadContent"])
        }

    first, second = marks(Contents()), marks(Contents(calendars=[TEAM]))
    assert first.items() <= second.items()
    assert marks(Contents(is_exchange=True))["all"] == first["all"]
    assert len(set(second.values())) == len(second)
    assert not set(first.values()) & set(marks(Contents(), other).values())


def test_profile_is_made_for_the_kind_of_device() -> None:
    agent = make_agent()
    for number, (kind, program, target) in enumerate(
        [("apple", "ios", 1), ("computer", "apple-mail", 5), ("android", "android-gmail", None)]
    ):
        device = Device.objects.create(agent=agent, kind=kind, program=program, name=f"A{number}")
        assert read(apple.profile(agent, Contents(), device=device)).get("TargetDeviceType") == target, program


def test_server_on_another_port_is_told_apart(settings: Any) -> None:
    settings.CLIENT_SYNC_HOST = "sync.example:8443"
    own = read(apple.profile(make_agent(), Contents(mail=False, contacts=False)))["PayloadContent"][0]
    assert (own["CalDAVHostName"], own["CalDAVPort"]) == ("sync.example", 8443)


def test_hostile_names_stay_text() -> None:
    agent = make_agent(given_name="<key>Marie</key> & «", family_name="]]>")
    profile = read(apple.profile(agent, Contents(calendars=[BoxCalendar("</dict><string>", TEAM.url)])))
    assert profile["PayloadContent"][0]["EmailAccountName"] == agent.full_name
    assert profile["PayloadContent"][3]["PayloadDisplayName"] == "</dict><string>"


def test_calendars_are_those_of_boxes_in_reach(django_assert_num_queries: Any) -> None:
    agent, stranger = make_moved_agent(), make_moved_agent()
    seen = make_shared_box((agent, "member"), name="Direction")
    folders = [
        {"id": "10", "path": "/Calendar", "view": "appointment", "grants": []},
        {"id": "20", "path": "/Salles A", "view": "appointment", "grants": []},
        {"id": "21", "path": "/Trash/Vieux", "view": "appointment", "grants": []},
        {"id": "22", "path": "/Inbox", "view": "message", "grants": []},
    ]
    picture = {"zimbra_id": "", "grants": [], "is_cut": False, "folders": folders}
    now = timezone.now()
    BoxLook.objects.create(box=seen, asked_at=now, looked_at=now, snapshot=sealing.seal_json(picture))
    unseen = make_shared_box((agent, "reader"), name="Vie scolaire", address="vie@ac-reunion.fr")
    give_access(make_box(name="Masquée"), agent, hidden=True)
    make_shared_box((stranger, "owner"), name="À d’autres")
    with django_assert_num_queries(1):
        found = apple.calendars_of(agent)
    assert [one.label for one in found] == [
        "Direction – Calendrier",
        "Direction – Salles A",
        "Vie scolaire – Calendrier",
    ]
    assert found[1].url == f"https://messagerie.education.gouv.fr/dav/{seen.address}/Salles%20A"
    assert found[2].url == f"https://messagerie.education.gouv.fr/dav/{unseen.address}/Calendar"
    assert apple.calendars_of(make_agent()) == []


class Papers:
    """An authority and a certificate that it signed, as files."""

    def __init__(self, folder: Path, *, days: int = 365) -> None:
        self.folder = folder
        ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)

        def certificate(name: str, public: Any, end: datetime, *, ca: bool) -> x509.Certificate:
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
            issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité")])
            builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
            builder = builder.not_valid_before(now - timedelta(days=400)).not_valid_after(end)
            return builder.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(ca_key, hashes.SHA256())

        self.ca = certificate("Autorité", ca_key.public_key(), now + timedelta(days=999), ca=True)
        self.own = certificate("Portail", key.public_key(), now + timedelta(days=days), ca=False)
        for name, one in (("ca.pem", self.ca), ("own.pem", self.own)):
            (folder / name).write_bytes(one.public_bytes(serialization.Encoding.PEM))
        for name, private in (("ca.key", ca_key), ("own.key", key)):
            pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            (folder / name).write_bytes(private.private_bytes(serialization.Encoding.PEM, pem, plain))

    def configure(self, settings: Any, certificate: str = "own.pem", key: str = "own.key") -> None:
        settings.PROFILE_CERTIFICATE = str(self.folder / certificate)
        settings.PROFILE_KEY = str(self.folder / key)


def test_signature_is_good_in_the_eyes_of_openssl(tmp_path: Path, settings: Any) -> None:
    papers = Papers(tmp_path)
    papers.configure(settings)
    settings.PROFILE_CHAIN = str(tmp_path / "ca.pem")
    plain = apple.profile(make_agent(), Contents(calendars=[TEAM]))
    signed = tmp_path / "signed.mobileconfig"
    signed.write_bytes(profile_signing.signed_if_possible(plain))
    verify = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(signed), "-purpose", "any"]
    checked = subprocess.run([*verify, "-CAfile", str(tmp_path / "ca.pem")], capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout == plain
    signed.write_bytes(signed.read_bytes().replace(b"EmailTypeIMAP", b"EmailTypePOP3"))
    assert subprocess.run([*verify, "-CAfile", str(tmp_path / "ca.pem")], capture_output=True).returncode != 0
    assert check_profile_signing() == []


def test_certificate_that_cannot_be_used_leaves_profiles_unsigned_and_is_told(tmp_path: Path, settings: Any) -> None:
    assert check_profile_signing() == []
    papers = Papers(tmp_path)
    (tmp_path / "rubbish.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nabc\n")
    for certificate, key in (
        ("missing.pem", "own.key"),
        ("own.pem", "missing.key"),
        ("rubbish.pem", "own.key"),
        ("own.pem", "rubbish.pem"),
        ("own.pem", "ca.key"),
        ("own.key", "own.pem"),
    ):
        papers.configure(settings, certificate, key)
        assert profile_signing.signed_if_possible(b"<plist/>") == b"<plist/>"
        assert [one.id for one in check_profile_signing()] == ["bascule.W001"], (certificate, key)
    papers.configure(settings)
    settings.PROFILE_KEY = ""
    assert "PORTAL_PROFILE_KEY" in check_profile_signing()[0].msg
    call_command("check")


def test_certificate_that_ends_is_told_before(tmp_path: Path, settings: Any) -> None:
    Papers(tmp_path, days=20).configure(settings)
    assert "not be signed any more" in profile_signing.trouble()
    assert profile_signing.signed_if_possible(b"<plist/>") != b"<plist/>"
    assert "is good from" in profile_signing.trouble(timezone.now() + timedelta(days=21))
    with pytest.raises(profile_signing.CannotSign):
        profile_signing.signer(timezone.now() - timedelta(days=500))
