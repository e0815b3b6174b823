"""The tests of filter rules, one class for each kind. Names and values: Zimbra's own class FilterTest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from zimbra.types.filter_parts import CHILDREN, MAY, MUST, on_wire


@dataclass(frozen=True, slots=True)
class Test:
    """Base of the tests. negative: the test holds when what it says does not."""

    ELEMENT: ClassVar[str] = ""
    __test__: ClassVar[bool] = False  # Not a test for pytest to collect.

    negative: bool = field(default=False, kw_only=True, metadata=MAY)


@dataclass(frozen=True, slots=True)
class HeaderTest(Test):
    """header: names separated by commas. Exactly one of the three comparisons is given.

    comparison: is, contains or matches (`*` and `?`). value_comparison, count_comparison: gt, ge, lt, le, eq, ne,
    of the value itself or of the number of values. comparator: for value_comparison, i;ascii-numeric as a rule.
    """

    ELEMENT: ClassVar[str] = "headerTest"

    header: str = field(metadata=MUST)
    value: str = field(metadata=MUST, repr=False)
    comparison: str = field(default="contains", metadata=on_wire("stringComparison"))
    case_sensitive: bool = field(default=False, metadata=on_wire("caseSensitive"))
    value_comparison: str = field(default="", metadata=on_wire("valueComparison"))
    count_comparison: str = field(default="", metadata=on_wire("countComparison"))
    comparator: str = field(default="", metadata=on_wire("valueComparisonComparator"))


@dataclass(frozen=True, slots=True)
class MimeHeaderTest(Test):
    """As `HeaderTest`, over the headers of every part of the message."""

    ELEMENT: ClassVar[str] = "mimeHeaderTest"

    header: str = field(metadata=MUST)
    value: str = field(metadata=MUST, repr=False)
    comparison: str = field(default="contains", metadata=on_wire("stringComparison"))
    case_sensitive: bool = field(default=False, metadata=on_wire("caseSensitive"))


@dataclass(frozen=True, slots=True)
class AddressTest(Test):
    """Addresses in headers. part: all, localpart or domain. The rest as in `HeaderTest`."""

    ELEMENT: ClassVar[str] = "addressTest"

    header: str = field(metadata=MUST)
    value: str = field(metadata=MUST, repr=False)
    part: str = field(default="all", metadata=MUST)
    comparison: str = field(default="is", metadata=on_wire("stringComparison"))
    case_sensitive: bool = field(default=False, metadata=on_wire("caseSensitive"))
    value_comparison: str = field(default="", metadata=on_wire("valueComparison"))
    count_comparison: str = field(default="", metadata=on_wire("countComparison"))
    comparator: str = field(default="", metadata=on_wire("valueComparisonComparator"))


@dataclass(frozen=True, slots=True)
class EnvelopeTest(AddressTest):
    """As `AddressTest`, on what SMTP was told. header: from or to."""

    ELEMENT: ClassVar[str] = "envelopeTest"


@dataclass(frozen=True, slots=True)
class HeaderExistsTest(Test):
    ELEMENT: ClassVar[str] = "headerExistsTest"

    header: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class SizeTest(Test):
    """comparison: over or under. size: a number, alone (bytes) or followed by K, M or G."""

    ELEMENT: ClassVar[str] = "sizeTest"

    comparison: str = field(metadata=on_wire("numberComparison", required=True))
    size: str = field(metadata=on_wire("s", required=True))


@dataclass(frozen=True, slots=True)
class DateTest(Test):
    """comparison: before or after. seconds since 1970; the server looks at the day, in the account's time zone."""

    ELEMENT: ClassVar[str] = "dateTest"

    comparison: str = field(metadata=on_wire("dateComparison", required=True))
    seconds: int = field(metadata=on_wire("d", required=True))


@dataclass(frozen=True, slots=True)
class CurrentTimeTest(Test):
    """comparison: before or after. time: HHmm, in the account's time zone."""

    ELEMENT: ClassVar[str] = "currentTimeTest"

    comparison: str = field(metadata=on_wire("dateComparison", required=True))
    time: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class CurrentDayOfWeekTest(Test):
    """days: figures separated by commas, 0 for Sunday."""

    ELEMENT: ClassVar[str] = "currentDayOfWeekTest"

    days: str = field(metadata=on_wire("value", required=True))


@dataclass(frozen=True, slots=True)
class BodyTest(Test):
    """The text of the message contains the value."""

    ELEMENT: ClassVar[str] = "bodyTest"

    value: str = field(metadata=MUST, repr=False)
    case_sensitive: bool = field(default=False, metadata=on_wire("caseSensitive"))


@dataclass(frozen=True, slots=True)
class AttachmentTest(Test):
    ELEMENT: ClassVar[str] = "attachmentTest"


@dataclass(frozen=True, slots=True)
class AddressBookTest(Test):
    """An address of the header (from, to, cc; commas between several) is in the address book."""

    ELEMENT: ClassVar[str] = "addressBookTest"

    header: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class ContactRankingTest(Test):
    """An address of the header is among the person's frequent correspondents."""

    ELEMENT: ClassVar[str] = "contactRankingTest"

    header: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class MeTest(Test):
    """An address of the header is the person's own."""

    ELEMENT: ClassVar[str] = "meTest"

    header: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class InviteTest(Test):
    """The message is an invitation. methods: anyrequest, anyreply, publish, request, reply, cancel...; none for any."""

    ELEMENT: ClassVar[str] = "inviteTest"

    methods: tuple[str, ...] = field(default=(), metadata=on_wire("method", place=CHILDREN))


@dataclass(frozen=True, slots=True)
class ConversationTest(Test):
    """where: started or participated."""

    ELEMENT: ClassVar[str] = "conversationTest"

    where: str = field(metadata=MUST)


@dataclass(frozen=True, slots=True)
class FlaggedTest(Test):
    """flag: flagged, read or priority."""

    ELEMENT: ClassVar[str] = "flaggedTest"

    flag: str = field(metadata=on_wire("flagName", required=True))


@dataclass(frozen=True, slots=True)
class ImportanceTest(Test):
    """importance: high, normal or low."""

    ELEMENT: ClassVar[str] = "importanceTest"

    importance: str = field(metadata=on_wire("imp", required=True))


@dataclass(frozen=True, slots=True)
class BulkTest(Test):
    ELEMENT: ClassVar[str] = "bulkTest"


@dataclass(frozen=True, slots=True)
class ListTest(Test):
    ELEMENT: ClassVar[str] = "listTest"


@dataclass(frozen=True, slots=True)
class TrueTest(Test):
    """Always holds."""

    ELEMENT: ClassVar[str] = "trueTest"


@dataclass(frozen=True, slots=True)
class FacebookTest(Test):
    ELEMENT: ClassVar[str] = "facebookTest"


@dataclass(frozen=True, slots=True)
class LinkedInTest(Test):
    ELEMENT: ClassVar[str] = "linkedinTest"


@dataclass(frozen=True, slots=True)
class SocialcastTest(Test):
    ELEMENT: ClassVar[str] = "socialcastTest"


@dataclass(frozen=True, slots=True)
class TwitterTest(Test):
    ELEMENT: ClassVar[str] = "twitterTest"


@dataclass(frozen=True, slots=True)
class CommunityRequestsTest(Test):
    ELEMENT: ClassVar[str] = "communityRequestsTest"


@dataclass(frozen=True, slots=True)
class CommunityContentTest(Test):
    ELEMENT: ClassVar[str] = "communityContentTest"


@dataclass(frozen=True, slots=True)
class CommunityConnectionsTest(Test):
    ELEMENT: ClassVar[str] = "communityConnectionsTest"


TESTS: tuple[type[Test], ...] = (
    HeaderTest,
    MimeHeaderTest,
    AddressTest,
    EnvelopeTest,
    HeaderExistsTest,
    SizeTest,
    DateTest,
    CurrentTimeTest,
    CurrentDayOfWeekTest,
    BodyTest,
    AttachmentTest,
    AddressBookTest,
    ContactRankingTest,
    MeTest,
    InviteTest,
    ConversationTest,
    FlaggedTest,
    ImportanceTest,
    BulkTest,
    ListTest,
    TrueTest,
    FacebookTest,
    LinkedInTest,
    SocialcastTest,
    TwitterTest,
    CommunityRequestsTest,
    CommunityContentTest,
    CommunityConnectionsTest,
)
