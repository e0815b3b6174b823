"""Whether a message passes one test of a Zimbra rule, as Zimbra sees it.

Sources: the test classes of Zimbra (com.zimbra.cs.filter.jsieve), design notes on its filters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.zimbra_engine.compare import GivenUp, holds
from bascule.conversions.filters.zimbra_engine.parts import has_attachment, tree
from zimbra.types.elements import Other
from zimbra.types.filter_tests import (
    AddressBookTest,
    AddressTest,
    AttachmentTest,
    BodyTest,
    BulkTest,
    CommunityConnectionsTest,
    CommunityContentTest,
    CommunityRequestsTest,
    ContactRankingTest,
    ConversationTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    FacebookTest,
    FlaggedTest,
    HeaderExistsTest,
    HeaderTest,
    ImportanceTest,
    InviteTest,
    LinkedInTest,
    ListTest,
    MeTest,
    MimeHeaderTest,
    SizeTest,
    SocialcastTest,
    Test,
    TrueTest,
    TwitterTest,
)

# What Zimbra looks at in a text of HTML.
_MAX_HTML = 1 << 20

_INVITATIONS = frozenset({"publish", "request", "add", "cancel", "declinecounter"})
_REPLIES = frozenset({"reply", "refresh", "counter"})
_BULK = frozenset({
    "x-antiabuse", "x-report-abuse", "x-abuse-reports-to", "x-mail_abuse_inquires", "x-job", "unsubscribe",
    "removeemail",
})  # fmt: skip
_SERVICES: dict[type[Test], str] = {
    FacebookTest: r"notification\+.*@facebookmail\.com",
    LinkedInTest: r"(?:connections|member|hit-reply|invitations|messages-noreply)@linkedin\.com",
    SocialcastTest: r".*@socialcast\.com",
    TwitterTest: r".*@postmaster\.twitter\.com",
}
# Tests that ask for more than the message; what is assumed instead is said to who tries a rule.
_UNTRIED: dict[type[Test], str] = {
    AddressBookTest: "le contenu de votre carnet d’adresses",
    ContactRankingTest: "vos correspondants fréquents",
    ConversationTest: "les conversations de votre boîte",
    CommunityRequestsTest: "les avis d’une communauté Zimbra",
    CommunityContentTest: "les avis d’une communauté Zimbra",
    CommunityConnectionsTest: "les avis d’une communauté Zimbra",
}
_UNKNOWN = "une condition que le portail ne connaît pas"
_VARIABLE = re.compile(r"\$\{[^${}]*\}")


@dataclass
class Looked:
    """A message, what SMTP said of it, and what the rules have done up to here.

    addresses: the person's own, in small letters. now: in the time zone of the account. untried: what a test asked
    for and could not be told, as French nouns.
    """

    message: Message
    sender: str
    recipient: str
    now: datetime
    addresses: frozenset[str]
    flags: list[str] = field(default_factory=list)
    untried: dict[str, None] = field(default_factory=dict)
    _values: dict[str, list[str]] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        key = name.strip().lower()
        if key not in self._values:
            self._values[key] = [value.strip() for value in self.message.values(key)]
        return self._values[key]

    def mine(self, names: Sequence[str]) -> bool:
        return not self.addresses.isdisjoint(self.people(names))

    def people(self, names: Sequence[str]) -> list[str]:
        """Addresses in headers, in small letters."""
        return [address.lower() for name in names for address in self.message.addresses(name.strip())]

    def assume(self, what: str) -> None:
        self.untried[what] = None


def passes(test: Test | Other, looked: Looked) -> bool | None:
    """None for a test that Zimbra leaves out. GivenUp when it cannot go on."""
    if isinstance(test, Other):
        looked.assume(_UNKNOWN)
        return False
    if isinstance(test, HeaderTest | AddressTest) and not (
        test.comparison or test.value_comparison or test.count_comparison
    ):
        return None
    if isinstance(test, HeaderTest | MimeHeaderTest | AddressTest | BodyTest) and _VARIABLE.search(test.value):
        looked.assume("une valeur calculée")
    if type(test) in _UNTRIED:
        looked.assume(_UNTRIED[type(test)])
        return test.negative
    service = _SERVICES.get(type(test))
    if service is not None:
        found = any(re.fullmatch(service, one) for one in looked.people(("sender", "from")))
    else:
        found = _TRIED[type(test)](test, looked)
    return found != test.negative


def _header(test: HeaderTest, looked: Looked) -> bool:
    return holds(test, [value for name in test.header.split(",") for value in looked.values(name)])


def _mime_header(test: MimeHeaderTest, looked: Looked) -> bool:
    heads = [node.head for node in tree(looked.message).walk()]
    names = [name.strip() for name in test.header.split(",")]
    return holds(test, [value.strip() for name in names for head in heads for value in head.values(name)])


def _names(test: AddressTest) -> list[str]:
    names = test.header.split(",")
    if any(not name or " " in name for name in names):
        raise GivenUp("Un nom d’en-tête est vide ou contient une espace.")
    return names


def _part(address: str, part: str) -> str:
    local, at, domain = address.rpartition("@")
    if part == "domain":
        return domain.lower() if at else ""
    return address if part != "localpart" else (local if at else address)


def _address(test: AddressTest, looked: Looked) -> bool:
    found = [address for name in _names(test) for address in looked.message.addresses(name) if "@" in address]
    return holds(test, [_part(one, test.part) for one in found], domain=test.part == "domain")


def _envelope(test: EnvelopeTest, looked: Looked) -> bool:
    said = {"from": looked.sender, "to": looked.recipient}
    names = [name.lower() for name in _names(test)]
    if not said.keys() >= set(names):
        raise GivenUp("Une condition regarde autre chose que l’expéditeur et le destinataire réels.")
    values = [said[name] for name in names]
    if not test.comparison and not test.value_comparison:
        values = [value for value in values if value]
    return holds(test, [_part(value, test.part) for value in values], domain=test.part == "domain")


def _exists(test: HeaderExistsTest, looked: Looked) -> bool:
    return bool(looked.message.raw_values(test.header))


def _size(test: SizeTest, looked: Looked) -> bool:
    found = re.fullmatch(r"([0-9]{1,10})([KMG]?)", test.size.upper())
    if found is None:
        raise GivenUp("La taille d’une condition ne peut pas être lue.")
    limit = int(found[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[found[2]]
    return looked.message.size > limit if test.comparison == "over" else looked.message.size < limit


def _date(test: DateTest, looked: Looked) -> bool:
    """The message's moment against the midnight that begins a day of the account's time zone."""
    zone = looked.now.tzinfo
    try:
        day = datetime.fromtimestamp(0, UTC) + timedelta(seconds=test.seconds)
        midnight = day.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    except OverflowError:
        raise GivenUp("La date d’une condition ne peut pas être lue.") from None
    moment = _moment(looked.message) or looked.now
    return moment < midnight if test.comparison == "before" else moment > midnight


def _moment(message: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(message.value("Date"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _time(test: CurrentTimeTest, looked: Looked) -> bool:
    if not re.fullmatch(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", test.time):
        raise GivenUp("L’heure d’une condition ne peut pas être lue.")
    limit = looked.now.replace(hour=int(test.time[:2]), minute=int(test.time[2:]), second=0, microsecond=0)
    return looked.now < limit if test.comparison == "before" else looked.now > limit


def _weekday(test: CurrentDayOfWeekTest, looked: Looked) -> bool:
    return str(looked.now.isoweekday() % 7) in test.days.split(",")


def _body(test: BodyTest, looked: Looked) -> bool:
    """Case is that of all letters here, unlike in headers; an end of line counts as a blank."""
    wanted = test.value if test.case_sensitive else test.value.lower()
    for part in looked.message.parts:
        if part.attached or part.kind not in ("text/plain", "text/html"):
            continue
        text = _shown(part.text[:_MAX_HTML]) if part.kind == "text/html" else part.text
        text = re.sub(r"[\r\n]+", " ", text)
        if wanted and wanted in (text if test.case_sensitive else text.lower()):
            return True
    return False


_HIDDEN = re.compile(r"<(script|style|head|title)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_LINE = re.compile(r"<(?:br|p|div|li|tr|h[1-4]|blockquote)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[/!?a-zA-Z][^>]*>", re.DOTALL)


def _shown(markup: str) -> str:
    """The text of HTML: unlike other tags, those that begin a line part the words around them."""
    return html.unescape(_TAG.sub("", _LINE.sub("\n", _HIDDEN.sub("", markup))))


def _attachment(test: AttachmentTest, looked: Looked) -> bool:
    return has_attachment(tree(looked.message))


def _me(test: MeTest, looked: Looked) -> bool:
    return looked.mine(test.header.split(","))


def _invite(test: InviteTest, looked: Looked) -> bool:
    calendar = next((part for part in looked.message.parts if part.kind == "text/calendar"), None)
    if calendar is None or not test.methods:
        return calendar is not None
    named = re.search(r"^METHOD(?:;[^:\n]*)?:\s*(\S+)", calendar.text, re.IGNORECASE | re.MULTILINE)
    method = named[1].lower() if named else ""
    wanted = {one.lower() for one in test.methods}
    return (
        method in wanted
        or ("anyrequest" in wanted and method in _INVITATIONS)
        or ("anyreply" in wanted and method in _REPLIES)
    )


def _flagged(test: FlaggedTest, looked: Looked) -> bool:
    return test.flag in looked.flags


def _importance(test: ImportanceTest, looked: Looked) -> bool:
    named = [value.lower() for value in looked.values("Importance")]
    numbers = [value[:1] for value in looked.values("X-Priority")]
    high, low = "high" in named or "1" in numbers, "low" in named or "5" in numbers
    return {"high": high, "low": low}.get(test.importance.lower(), not high and not low)


def _bulk(test: BulkTest, looked: Looked) -> bool:
    names = {name.lower() for name, _ in looked.message.headers}
    if names & _BULK or any("campaign" in name for name in names):
        return True
    if "list-unsubscribe" in names and looked.mine(("to",)):
        return True
    if any(value.lower() == "bulk" for value in looked.values("Precedence")):
        return "auto-replied (zimbra; vacation)" not in looked.values("Auto-Submitted")
    scores = re.findall(r"\bbulkscore=(\d{1,6})", " ".join(looked.values("X-Proofpoint-Spam-Details")))
    return any(int(score) >= 50 for score in scores)


def _list(test: ListTest, looked: Looked) -> bool:
    return bool(looked.values("X-Zimbra-DL") or looked.values("List-Id"))


# Each takes its own kind of test, which a table cannot say.
_TRIED: dict[type[Test], Callable[..., bool]] = {
    HeaderTest: _header,
    MimeHeaderTest: _mime_header,
    AddressTest: _address,
    EnvelopeTest: _envelope,
    HeaderExistsTest: _exists,
    SizeTest: _size,
    DateTest: _date,
    CurrentTimeTest: _time,
    CurrentDayOfWeekTest: _weekday,
    BodyTest: _body,
    AttachmentTest: _attachment,
    MeTest: _me,
    InviteTest: _invite,
    FlaggedTest: _flagged,
    ImportanceTest: _importance,
    BulkTest: _bulk,
    ListTest: _list,
    TrueTest: lambda test, looked: True,
}
