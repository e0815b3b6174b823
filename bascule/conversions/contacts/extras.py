"""The properties that Zimbra has no place for: into the note, dropped, or lost with a remark. And the whole table.

Zimbra keeps unknown properties where nobody sees them, so what a person would miss becomes a line of the note.
"""

from __future__ import annotations

import re
from collections import Counter

from bascule.conversions.contacts.card import Card
from bascule.conversions.contacts.fields import FieldReader, Handler
from bascule.conversions.contacts.properties import PLACED, keep_day
from bascule.conversions.contacts.splitting import RawCard, RawProperty
from bascule.conversions.contacts.values import canonical_base64, data_uri, picture
from bascule.conversions.text import split_escaped, unescape_text

# Dropped and counted: identifiers, dates of programs, display settings.
_MACHINE = frozenset(
    re.findall(
        r"\S+",
        """
    PRODID REV MAILER CLASS SORT-STRING CLIENTPIDMAP SOURCE NAME PROFILE CREATED JSPROP GRAMGENDER X-ABLABEL X-ABUID
    X-ABADR X-ABSHOWAS X-APPLE-SUBLOCALITY X-APPLE-SUBADMINISTRATIVEAREA X-IMAGEHASH X-IMAGETYPE
    X-SHARED-PHOTO-DISPLAY-PREF X-APPLE-LIKENESS-SOURCE X-APPLE-LIKENESS-SERVICE-NAME X-CLASS X-GENERATOR X-STATUS
    X-EVOLUTION-FILE-AS X-EVOLUTION-LIST-SHOW_ADDRESSES X-EVOLUTION-LIST-SHOW-ADDRESSES X-EVOLUTION-ASTROID
    X-EVOLUTION-WEBDAV-ETAG X-EVOLUTION-WEBDAV-HREF X-EVOLUTION-BOOK-URI X-EVOLUTION-REV X-MOZILLA-HTML
    X-MOZILLA-PROPERTY X-KADDRESSBOOK-CRYPTOENCRYPTPREF X-KADDRESSBOOK-CRYPTOSIGNPREF X-KADDRESSBOOK-OPENPGPFP
    X-KADDRESSBOOK-MAILPREFEREDFORMATTING X-MS-OL-DESIGN X-MS-OL-DEFAULT-POSTAL-ADDRESS X-WAB-GENDER
    X-CRITICAL-PROPERTY X-ACCOUNT X-FILE-AS X-LAST-SEEN X-ENTOURAGE-UUID X-CONVERTED X-ADDRESSBOOK-PREFIX X-PRODID
    X-REV X-UID X-ID X-ETAG X-IRMC-LUID X-FAVORITE X-TIMES_CONTACTED X-LAST_TIME_CONTACTED X-CUSTOM-RINGTONE
    X-PICTURE-ID X-TRILLIUM X-SYNCEVO-UID X-COLLECTED
        """,
    )
)
_LABELS = {
    "ROLE": "Rôle",
    "TZ": "Fuseau horaire",
    "GEO": "Position",
    "LANG": "Langue",
    "LANGUAGE": "Langue",
    "RELATED": "Personne liée",
    "HOBBY": "Loisir",
    "INTEREST": "Centre d'intérêt",
    "EXPERTISE": "Expertise",
    "BIRTHPLACE": "Lieu de naissance",
    "DEATHPLACE": "Lieu de décès",
    "DEATHDATE": "Date de décès",
    "FBURL": "Disponibilités",
    "CALURI": "Agenda",
    "CALADRURI": "Adresse d'agenda",
    "CONTACT-URI": "Contact",
    "ORG-DIRECTORY": "Annuaire",
    "PRONOUNS": "Pronoms",
    "SOCIALPROFILE": "Réseau social",
    "X-SOCIALPROFILE": "Réseau social",
    "X-TWITTER": "Twitter",
    "X-FACEBOOK": "Facebook",
    "X-SPOUSE": "Conjoint",
    "X-EVOLUTION-SPOUSE": "Conjoint",
    "X-KADDRESSBOOK-X-SPOUSESNAME": "Conjoint",
    "X-MS-SPOUSE": "Conjoint",
    "X-WAB-SPOUSE_NAME": "Conjoint",
    "X-MANAGER": "Responsable",
    "X-MS-MANAGER": "Responsable",
    "X-EVOLUTION-MANAGER": "Responsable",
    "X-KADDRESSBOOK-X-MANAGERSNAME": "Responsable",
    "X-ASSISTANT": "Assistant",
    "X-MS-ASSISTANT": "Assistant",
    "X-EVOLUTION-ASSISTANT": "Assistant",
    "X-KADDRESSBOOK-X-ASSISTANTSNAME": "Assistant",
    "X-MS-CHILD": "Enfant",
    "X-MS-INTERESTS": "Centre d'intérêt",
    "X-KADDRESSBOOK-X-PROFESSION": "Profession",
    "X-PROFESSION": "Profession",
    "X-KADDRESSBOOK-X-OFFICE": "Bureau",
    "X-EVOLUTION-OFFICE": "Bureau",
    "X-KADDRESSBOOK-BLOGFEED": "Blog",
    "X-EVOLUTION-BLOG-URL": "Blog",
    "X-EVOLUTION-VIDEO-URL": "Visioconférence",
    "X-DEPARTMENT": "Service",
    "X-PHONETIC-FIRST-NAME": "Prénom (prononciation)",
    "X-PHONETIC-MIDDLE-NAME": "Deuxième prénom (prononciation)",
    "X-PHONETIC-LAST-NAME": "Nom (prononciation)",
    "X-PHONETIC-ORG": "Organisation (prononciation)",
}
_GENDERS = {"M": "masculin", "F": "féminin", "MALE": "masculin", "FEMALE": "féminin"}
_RELATIONS = {
    "SPOUSE": "Conjoint",
    "CHILD": "Enfant",
    "PARENT": "Parent",
    "SIBLING": "Frère ou sœur",
    "FRIEND": "Ami",
    "AGENT": "Assistant",
    "EMERGENCY": "En cas d'urgence",
    "MANAGER": "Responsable",
    "ASSISTANT": "Assistant",
    "BROTHER": "Frère",
    "SISTER": "Sœur",
    "MOTHER": "Mère",
    "FATHER": "Père",
    "PARTNER": "Partenaire",
}
# Identifiers, flags and encoded data, which mean nothing to a person.
_NOT_FOR_PEOPLE = re.compile(
    r"(?i:true|false|yes|no)|[01]|\{?[0-9a-f]{8}-[0-9a-f-]{20,40}\}?|[0-9a-f]{24,}|[A-Za-z0-9+/=]{80,}"
    r"|(?:urn:uuid|uri|pas-id):?\S*|\d{8}T\d{6}Z?|<\w.*>",
    re.DOTALL,
)
_MACHINE_NAME = re.compile(r".*[-_](?:UID|UUID|REV|ETAG|HREF|LUID|GUID|HASH|TIMESTAMP|VERSION|PREF)")
# The number of an employee or a name on a network may be called ID too.
_IDENTIFIER = re.compile(r"[0-9A-Fa-f]{7,}|[0-9A-Fa-f-]{16,}")
_UNREADABLE_PHOTO = "La photo est illisible ou d'un format que Zimbra n'affiche pas ; elle n'a pas été reprise."


def read_card(raw: RawCard, repairs: Counter[str]) -> Card:
    """Read one card; repairs are counted in `repairs`, losses are in the card's remarks."""
    return FieldReader(raw, repairs).read(_ALL, keep_unknown)


def keep_unknown(reader: FieldReader, prop: RawProperty) -> None:
    """A property without a place: a line of the note when it speaks to a person, else nothing."""
    name = prop.name
    if reader.given.encoding == "B" or data_uri(prop.value) is not None:
        reader.repairs["binary_dropped"] += 1
        reader.card.remark(
            prop.number,
            "binary_dropped",
            f"La donnée « {name} » (son, logo ou fichier joint à la fiche) n'a pas de place dans Zimbra ;"
            " elle n'a pas été reprise.",
            f"{name}{prop.parameters}:{prop.value[:200]}",
        )
        return
    value = reader.text(prop)
    label = _LABELS.get(name)
    if label is None:
        identifier = name.endswith(("-ID", "_ID")) and _IDENTIFIER.fullmatch(value)
        if identifier or _MACHINE_NAME.fullmatch(name) or _NOT_FOR_PEOPLE.fullmatch(value):
            _machine(reader, prop)
            return
        label = reader.custom_label() or name.removeprefix("X-").replace("-", " ").replace("_", " ").capitalize()
    elif name in ("SOCIALPROFILE", "X-SOCIALPROFILE"):
        network = next((kind for kind in sorted(reader.given.types) if kind not in ("HOME", "WORK")), "")
        label = f"{label} ({network.lower()})" if network else label
        value = value.removeprefix("x-apple:")
    elif name == "RELATED":
        if value.lower().startswith("urn:"):
            _machine(reader, prop)
            return
        label = next((_RELATIONS[kind] for kind in sorted(reader.given.types) if kind in _RELATIONS), label)
    elif name == "GEO":
        value = ", ".join(part.strip() for part in re.split("[;,]", value.removeprefix("geo:"))[:2])
    reader.repairs["value_to_note"] += 1
    reader.card.note_line(label, value)


def _machine(reader: FieldReader, prop: RawProperty) -> None:
    reader.repairs["machine_data"] += 1


def _photo(reader: FieldReader, prop: RawProperty) -> None:
    value = prop.value
    card = reader.card
    inline = data_uri(value)
    if inline is None and reader.given.encoding != "B" and re.match(r"\s*(?:https?|ftp|file|cid|content):", value):
        reader.repairs["value_to_note"] += 1
        card.note_line("Photo" if prop.name == "PHOTO" else "Logo", reader.text(prop))
        return
    encoded, media = picture(value if inline is None else inline)
    if not encoded:
        card.remark(prop.number, "photo_unreadable", _UNREADABLE_PHOTO, f"{prop.name}{prop.parameters}:{value[:200]}")
        return
    if card.photo and encoded != card.photo:
        if prop.name == "PHOTO" and reader.photo_source != "PHOTO":
            card.photo, card.photo_type, reader.photo_source = encoded, media, prop.name
        message = "La fiche a plusieurs images ; Zimbra n'en garde qu'une."
        card.remark(prop.number, "photo_dropped", message, f"{prop.name}{prop.parameters}:{value[:200]}")
        return
    if prop.parameters != f";ENCODING=b;TYPE={media[6:].upper()}":
        reader.repairs["photo_rewritten"] += 1
    card.photo, card.photo_type, reader.photo_source = encoded, media, prop.name


def _key(reader: FieldReader, prop: RawProperty) -> None:
    value = prop.value
    inline = data_uri(value)
    if inline is None and reader.given.encoding != "B":
        keep_unknown(reader, prop)
        return
    encoded, decoded = canonical_base64(value if inline is None else inline)
    # Zimbra takes any key for a certificate; a DER certificate begins with a long sequence.
    if decoded[:2] != b"\x30\x82" or reader.card.certificate:
        reader.repairs["binary_dropped"] += 1
        message = (
            "Cette clé de chiffrement n'est pas un certificat que Zimbra sait utiliser ; elle n'a pas été reprise."
        )
        reader.card.remark(prop.number, "key_dropped", message, f"{prop.name}{prop.parameters}:{value[:200]}")
        return
    if prop.parameters != ";ENCODING=b;TYPE=X509":
        reader.repairs["certificate_rewritten"] += 1
    reader.card.certificate = encoded


def _agent(reader: FieldReader, prop: RawProperty) -> None:
    if prop.value.strip():
        reader.repairs["value_to_note"] += 1
        reader.card.note_line("Assistant", reader.text(prop))


def _sound(reader: FieldReader, prop: RawProperty) -> None:
    if "X-IRMC-N" in reader.given.types:  # Japanese phones: how the name is said
        value = " ".join(part for part in reader.parts(prop) if part)
        if value:
            reader.repairs["value_to_note"] += 1
            reader.card.note_line("Prononciation", value)
        return
    keep_unknown(reader, prop)


def _gender(reader: FieldReader, prop: RawProperty) -> None:
    code, _, words = reader.text(prop).partition(";")
    reader.repairs["value_to_note"] += 1
    reader.card.note_line("Genre", words or _GENDERS.get(code.upper(), code))


def _apple_date(reader: FieldReader, prop: RawProperty) -> None:
    label = reader.group_label
    name = label.removeprefix("_$!<").removesuffix(">!$_")
    if name.lower() in ("anniversary", "anniversaire"):
        keep_day(reader, prop, "anniversary", "Anniversaire")
    else:
        reader.repairs["date_to_note"] += 1
        reader.card.note_line(name or "Date", reader.text(prop))


def _apple_relation(reader: FieldReader, prop: RawProperty) -> None:
    name = reader.group_label.removeprefix("_$!<").removesuffix(">!$_")
    reader.repairs["value_to_note"] += 1
    reader.card.note_line(_RELATIONS.get(name.upper(), name or "Personne liée"), reader.text(prop))


def _android(reader: FieldReader, prop: RawProperty) -> None:
    """X-ANDROID-CUSTOM:vnd.android.cursor.item/TYPE;value;kind;label;... (nickname, contact_event, relation)."""
    kind, *values = [unescape_text(part).strip() for part in split_escaped(reader.raw_value(prop), ";")]
    kind = kind.rpartition("/")[2]
    value = values[0] if values else ""
    number = values[1] if len(values) > 1 else ""
    if not value:
        _machine(reader, prop)
    elif kind == "nickname":
        reader.nicknames[value] = None
    elif kind == "contact_event" and number == "1":
        keep_day(reader, prop._replace(value=value, parameters=""), "anniversary", "Anniversaire")
    elif kind in ("contact_event", "relation"):
        reader.repairs["value_to_note"] += 1
        label = "Date" if kind == "contact_event" else "Personne liée"
        reader.card.note_line(values[2] if len(values) > 2 and values[2] else label, value)
    else:
        _machine(reader, prop)


_ALL: dict[str, Handler] = {
    **dict.fromkeys(_MACHINE, _machine),
    **PLACED,
    "PHOTO": _photo,
    "LOGO": _photo,
    "X-MS-CARDPICTURE": _photo,
    "KEY": _key,
    "AGENT": _agent,
    "SOUND": _sound,
    "GENDER": _gender,
    "X-GENDER": _gender,
    "X-ABDATE": _apple_date,
    "X-ABRELATEDNAMES": _apple_relation,
    "X-ANDROID-CUSTOM": _android,
}
