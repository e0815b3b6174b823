"""The programs that people read their mail with, as the inventory offers them."""

from __future__ import annotations

from dataclasses import dataclass

from bascule.models import Device

Kind = Device.Kind
Protocol = Device.Protocol


@dataclass(frozen=True, slots=True)
class Program:
    """One choice of the inventory.

    label: as it is called on its own; name: what a device with it is called until its owner says otherwise.
    guide: code of the step list in `guides`. versions: (value kept, label); the value tells a guide which menus there
    are.
    protocols: those it can speak, the usual one first. avoid: why it should not be set up again, "" when it may.
    """

    code: str
    label: str
    name: str
    kind: str
    guide: str
    hint: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    protocols: tuple[str, ...] = (Protocol.IMAP,)
    avoid: str = ""
    # What it can be given besides mail.
    contacts: bool = True
    calendar: bool = True


# Of versions that are out of date too, since those are what people have; the newest first.
_THUNDERBIRD = (
    ("140", "140 ou plus récente"),
    ("128", "128 à 139"),
    ("115", "115 à 127"),
    ("old", "plus ancienne que 115"),
)
_IOS = (("18", "18 ou plus récente"), ("14", "14 à 17"), ("old", "13 ou plus ancienne"))
_MACOS = (("13", "13 (Ventura) ou plus récente"), ("old", "12 (Monterey) ou plus ancienne"))

_THIRD_PARTY = (
    "Cette application confie votre mot de passe aux serveurs de son éditeur, qui relèvent vos messages à votre place "
    "et en gardent une copie."
)

PROGRAMS: tuple[Program, ...] = (
    Program(
        "thunderbird",
        "Thunderbird",
        "Thunderbird de mon ordinateur",
        Kind.THUNDERBIRD,
        "thunderbird",
        "Windows, Mac ou Linux",
        _THUNDERBIRD,
        (Protocol.IMAP, Protocol.POP),
    ),
    Program(
        "outlook-classic",
        "Outlook classique",
        "Outlook de mon ordinateur",
        Kind.COMPUTER,
        "outlook-classic",
        "Outlook 2016 à 2024, ou Microsoft 365 avec ses menus Fichier, Accueil, Envoyer/Recevoir",
        (("new", "2016 ou plus récente"), ("old", "2013 ou plus ancienne")),
        (Protocol.IMAP, Protocol.POP),
        contacts=False,
        calendar=False,
    ),
    Program(
        "outlook-new",
        "Nouvel Outlook",
        "Nouvel Outlook de mon ordinateur",
        Kind.COMPUTER,
        "outlook-new",
        "L’application Outlook de Windows 11, qui a remplacé Courrier ; l’interrupteur « Nouvel Outlook » est activé",
        avoid=_THIRD_PARTY,
        contacts=False,
        calendar=False,
    ),
    Program(
        "apple-mail",
        "Mail sur un Mac",
        "Mon Mac",
        Kind.COMPUTER,
        "apple-mail",
        "L’application Mail d’Apple",
        _MACOS,
        (Protocol.IMAP, Protocol.POP),
    ),
    Program(
        "other-computer",
        "Un autre logiciel",
        "Mon ordinateur",
        Kind.COMPUTER,
        "other-computer",
        "Evolution, KMail, eM Client, Courrier de Windows…",
        (),
        (Protocol.IMAP, Protocol.POP, Protocol.ACTIVESYNC),
    ),
    Program(
        "ios",
        "Mail sur iPhone ou iPad",
        "Mon iPhone",
        Kind.APPLE,
        "ios",
        "L’application Mail, fournie avec l’appareil",
        _IOS,
        (Protocol.IMAP, Protocol.ACTIVESYNC),
    ),
    Program(
        "android-gmail",
        "Application Gmail sur Android",
        "Mon téléphone Android",
        Kind.ANDROID,
        "android-gmail",
        "L’enveloppe rouge, bleue, jaune et verte",
        (),
        (Protocol.IMAP, Protocol.ACTIVESYNC),
    ),
    Program(
        "android-samsung",
        "Samsung Email",
        "Mon téléphone Samsung",
        Kind.ANDROID,
        "android-samsung",
        "L’application « Email » des téléphones et tablettes Samsung",
        (),
        (Protocol.ACTIVESYNC, Protocol.IMAP),
    ),
    Program(
        "android-thunderbird",
        "Thunderbird pour Android, ou K-9",
        "Thunderbird de mon téléphone",
        Kind.ANDROID,
        "android-thunderbird",
        "La même application sous deux noms",
    ),
    Program(
        "android-other",
        "Une autre application sur Android",
        "Mon téléphone Android",
        Kind.ANDROID,
        "android-other",
        "FairEmail, l’application du fabricant…",
        (),
        (Protocol.IMAP, Protocol.ACTIVESYNC),
    ),
    Program(
        "outlook-mobile",
        "Application Outlook sur téléphone",
        "Outlook de mon téléphone",
        Kind.OTHER,
        "outlook-mobile",
        "Sur Android, iPhone ou iPad",
        avoid=_THIRD_PARTY,
        contacts=False,
        calendar=False,
    ),
    Program(
        "other",
        "Autre appareil",
        "Mon appareil",
        Kind.OTHER,
        "other",
        "Copieur qui envoie ses numérisations, montre, logiciel de vie scolaire…",
        (),
        (Protocol.IMAP, Protocol.POP, Protocol.ACTIVESYNC),
    ),
)

_BY_CODE = {program.code: program for program in PROGRAMS}

# Headings of the choice, in the order shown.
KINDS: tuple[tuple[str, str], ...] = (
    (Kind.THUNDERBIRD, "Ordinateur avec Thunderbird"),
    (Kind.COMPUTER, "Ordinateur avec un autre logiciel"),
    (Kind.APPLE, "iPhone ou iPad"),
    (Kind.ANDROID, "Téléphone ou tablette Android"),
    (Kind.OTHER, "Autre"),
)

# Applications that are not in the inventory, and that nobody should set up.
AVOIDED: tuple[tuple[str, str], ...] = (
    ("Outlook sur téléphone, et le nouvel Outlook de Windows", _THIRD_PARTY),
    ("Spark, Edison Mail, myMail", _THIRD_PARTY),
    (
        "L’application « Zimbra » des magasins d’applications",
        "Sa version gratuite affiche de la publicité ; elle n’apporte rien de plus que le navigateur.",
    ),
)


def get(code: str) -> Program:
    """Raises KeyError."""
    return _BY_CODE[code]


def of_device(device: Device) -> Program:
    """The program of a device; one that is offered no more reads as "other"."""
    return _BY_CODE.get(device.program, _BY_CODE["other"])


def by_kind() -> list[tuple[str, list[Program]]]:
    """What the page of choice shows: (heading, programs)."""
    return [(label, [one for one in PROGRAMS if one.kind == kind]) for kind, label in KINDS]


def version_label(device: Device) -> str:
    """ "version 140 ou plus récente"; "" when it is not known."""
    label = dict(of_device(device).versions).get(device.version, "")
    return f"version {label}" if label else ""
