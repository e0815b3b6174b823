"""The tests of a Zimbra rule as French phrases that follow « si » or « que »."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from bascule.conversions.filters.sentences import words
from bascule.conversions.french_words import MONTHS
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

HOME = ZoneInfo("Indian/Reunion")
UNKNOWN = "une condition que le portail ne sait pas décrire est remplie"
WITH_CASE = " (majuscules et minuscules distinguées)"

_DAYS = ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
_FLAGS = {"read": "marqué comme lu", "flagged": "marqué d’un drapeau", "priority": "marqué comme prioritaire"}
_METHODS = {
    "anyrequest": "une invitation", "anyreply": "une réponse à une invitation", "publish": "une publication d’agenda",
    "request": "une demande de rendez-vous", "reply": "une réponse à une invitation", "cancel": "une annulation",
    "add": "un ajout à un rendez-vous", "refresh": "une demande de mise à jour", "counter": "une contre-proposition",
    "declinecounter": "un refus de contre-proposition",
}  # fmt: skip
# « est » and « n’est pas » go before these.
_KINDS: dict[type[Test], str] = {
    BulkTest: "un envoi en nombre",
    FacebookTest: "une notification de Facebook",
    LinkedInTest: "une notification de LinkedIn",
    SocialcastTest: "une notification de Socialcast",
    TwitterTest: "une notification de Twitter",
    CommunityRequestsTest: "une demande de mise en relation d’une communauté Zimbra",
    CommunityContentTest: "un contenu d’une communauté Zimbra",
    CommunityConnectionsTest: "une mise en relation d’une communauté Zimbra",
}

_Compared = HeaderTest | MimeHeaderTest | AddressTest | BodyTest


def phrases(tests: Sequence[Test | Other], condition: str, zone: tzinfo = HOME) -> list[str]:
    """One phrase for each test; those that differ only by what they look for, or where, are said together."""
    found: list[str] = []
    for group in _grouped(tests, condition):
        first = group[0]
        found.append(_together(group, condition) if isinstance(first, _Compared) else _alone(first, zone))
    return found


def always(tests: Sequence[Test | Other], condition: str) -> bool | None:
    """True when every message passes, False when none does, None when it depends."""
    constants = [not test.negative for test in tests if isinstance(test, TrueTest)]
    if not tests:
        return True
    if condition == "anyof":
        return True if True in constants else (False if len(constants) == len(tests) else None)
    return False if False in constants else (True if len(constants) == len(tests) else None)


def _grouped(tests: Sequence[Test | Other], condition: str) -> list[list[Test | Other]]:
    """Neighbours in groups whose values, or else whose headers, one phrase can list.

    With « anyof » positive ones may be listed, with « allof » those of one header.
    """
    groups: list[list[Test | Other]] = []
    for test in tests:
        if isinstance(test, TrueTest):
            continue
        if groups and _goes_with(groups[-1], test, condition):
            groups[-1].append(test)
        else:
            groups.append([test])
    return groups


def _goes_with(group: Sequence[Test | Other], test: Test | Other, condition: str) -> bool:
    first = group[0]
    if not isinstance(first, _Compared) or not isinstance(test, _Compared) or type(first) is not type(test):
        return False
    if _frame(first) != _frame(test) or not _comparison(first):
        return False
    if condition == "anyof" and first.negative:
        return False
    same_header = all(_header(one) == _header(test) for one in group)
    if condition != "anyof":
        return same_header and "" not in (first.value, test.value)
    return (same_header and "" not in (first.value, test.value)) or all(
        isinstance(one, _Compared) and one.value == test.value for one in group
    )


def _frame(test: _Compared) -> tuple[object, ...]:
    part = test.part if isinstance(test, AddressTest) else ""
    return test.negative, test.case_sensitive, _comparison(test), part


def _header(test: Test | Other) -> str:
    return _names(test).lower()


def _names(test: Test | Other) -> str:
    return test.header if isinstance(test, HeaderTest | MimeHeaderTest | AddressTest) else ""


def _comparison(test: _Compared) -> str:
    """ "" for those that compare numbers: the server looks for the comparison of strings first."""
    return "contains" if isinstance(test, BodyTest) else test.comparison


def _together(group: Sequence[Test | Other], condition: str) -> str:
    tests = [test for test in group if isinstance(test, _Compared)]
    first = tests[0]
    comparison = _comparison(first)
    case = WITH_CASE if first.case_sensitive else ""
    names = list(dict.fromkeys(name for test in tests for name in _names(test).split(",") if name.strip()))
    values = list(dict.fromkeys(test.value for test in tests))
    if not comparison and isinstance(first, HeaderTest | AddressTest):
        return _related(first, names)
    last = "ou" if condition == "anyof" else "et"
    return words.compared(_noun(first, names).it, comparison, values, first.negative, last) + case


def _noun(test: _Compared, names: Sequence[str]) -> words.Noun:
    if isinstance(test, BodyTest):
        return words.Noun("le texte du message", "du texte du message")
    if isinstance(test, EnvelopeTest):
        return words.envelope_part(test.part, names)
    if isinstance(test, AddressTest):
        return words.address_part(test.part, names)
    noun = words.headers(names)
    if isinstance(test, MimeHeaderTest):
        return words.Noun(f"dans une partie du message, {noun.it}", noun.of)
    return noun


def _related(test: HeaderTest | AddressTest, names: Sequence[str]) -> str:
    relation = test.value_comparison or test.count_comparison
    if not relation:
        return UNKNOWN
    numeric = test.comparator == "i;ascii-numeric" or (not test.comparator and test.value.lstrip("+-").isdigit())
    return words.related(
        _noun(test, names),
        relation,
        (test.value,),
        is_count=not test.value_comparison,
        numeric=numeric,
        negative=test.negative,
    )


def _alone(test: Test | Other, zone: tzinfo) -> str:
    if isinstance(test, Other):
        return UNKNOWN
    say = _SAID.get(type(test))
    if say is not None:
        return say(test, zone)
    kind = _KINDS.get(type(test))
    if kind is None:
        return UNKNOWN
    return f"le message {'n’est pas' if test.negative else 'est'} {kind}"


def _exists(test: HeaderExistsTest, zone: tzinfo) -> str:
    verb = "ne figure pas" if test.negative else "figure"
    return f"{words.header(test.header).it} {verb} dans le message"


def _size(test: SizeTest, zone: tzinfo) -> str:
    return size_phrase(test.comparison, _bytes(test.size), test.negative)


def size_phrase(comparison: str, limit: int | None, negative: bool) -> str:
    """comparison: over or under; limit in bytes, None when it cannot be read."""
    shown = "une certaine taille" if limit is None else words.size(limit)
    if comparison == "over":
        return f"le message fait {'au plus' if negative else 'plus de'} {shown}"
    return f"le message fait {'au moins' if negative else 'moins de'} {shown}"


def _bytes(text: str) -> int | None:
    digits = text.strip().rstrip("KMGkmg")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    unit = text.strip()[len(digits) :].upper()
    factors = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(digits) * factors[unit] if unit in factors else None


def day(moment: date) -> str:
    """« 1er mars 2027 »."""
    return f"{'1er' if moment.day == 1 else moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _date(test: DateTest, zone: tzinfo) -> str:
    try:
        moment = datetime.fromtimestamp(test.seconds, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return UNKNOWN
    verb = "n’est pas daté" if test.negative else "est daté"
    return f"le message {verb} d’{'avant' if test.comparison == 'before' else 'après'} le {day(moment)}"


def _time(test: CurrentTimeTest, zone: tzinfo) -> str:
    verb = "arrive"
    when = "avant" if test.comparison == "before" else "après"
    time = words.plain(test.time)
    if len(time) == 4 and time.isascii() and time.isdigit():
        time = f"{int(time[:2])} h {time[2:]}"
    if test.negative:
        when = "à partir de" if test.comparison == "before" else "au plus tard à"
    return f"le message {verb} {when} {time}"


def _weekday(test: CurrentDayOfWeekTest, zone: tzinfo) -> str:
    given = [one.strip() for one in test.days.split(",")]
    days = [f"un {_DAYS[int(one)]}" for one in given if one in tuple("0123456")]
    if not days:
        return UNKNOWN
    if not test.negative:
        return f"le message arrive {words.listed(days, 'ou')}"
    return f"le message n’arrive {'pas' if len(days) == 1 else 'ni'} {words.listed(days, 'ni')}"


def _attachment(test: AttachmentTest, zone: tzinfo) -> str:
    return "le message n’a pas de pièce jointe" if test.negative else "le message a une pièce jointe"


def _noun_of(header: str) -> str:
    return words.headers([name for name in header.split(",") if name.strip()] or [header]).it


def _address_book(test: AddressBookTest, zone: tzinfo) -> str:
    return f"{_noun_of(test.header)} {'n’est pas' if test.negative else 'est'} dans le carnet d’adresses"


def _ranking(test: ContactRankingTest, zone: tzinfo) -> str:
    return f"{_noun_of(test.header)} {'n’est pas' if test.negative else 'est'} un correspondant fréquent"


def _me(test: MeTest, zone: tzinfo) -> str:
    return f"{_noun_of(test.header)} {'n’est pas' if test.negative else 'est'} une de vos adresses"


def _invite(test: InviteTest, zone: tzinfo) -> str:
    kinds = list(dict.fromkeys(_METHODS.get(one.lower(), words.quoted(one)) for one in test.methods))
    kinds = kinds or ["une invitation ou une réponse à une invitation"]
    if not test.negative:
        return f"le message est {words.listed(kinds, 'ou')}"
    return f"le message n’est {'pas' if len(kinds) == 1 else 'ni'} {words.listed(kinds, 'ni')}"


def _conversation(test: ConversationTest, zone: tzinfo) -> str:
    if test.where.lower() == "participated":
        return f"vous {'n’avez pas' if test.negative else 'avez'} participé à la conversation"
    return f"vous {'n’avez pas' if test.negative else 'avez'} commencé la conversation"


def _flagged(test: FlaggedTest, zone: tzinfo) -> str:
    how = _FLAGS.get(test.flag, f"marqué {words.quoted(test.flag)}")
    return f"le message {'n’est pas' if test.negative else 'est'} déjà {how}"


def _importance(test: ImportanceTest, zone: tzinfo) -> str:
    level = {"high": "haute", "low": "basse", "normal": "normale"}.get(test.importance.lower())
    return f"l’importance du message {'n’est pas' if test.negative else 'est'} {level or words.quoted(test.importance)}"


def _list(test: ListTest, zone: tzinfo) -> str:
    return f"le message {'ne vient pas' if test.negative else 'vient'} d’une liste de diffusion"


# Each takes its own kind of test, which a table cannot say.
_SAID: dict[type[Test], Callable[..., str]] = {
    HeaderExistsTest: _exists,
    SizeTest: _size,
    DateTest: _date,
    CurrentTimeTest: _time,
    CurrentDayOfWeekTest: _weekday,
    AttachmentTest: _attachment,
    AddressBookTest: _address_book,
    ContactRankingTest: _ranking,
    MeTest: _me,
    InviteTest: _invite,
    ConversationTest: _conversation,
    FlaggedTest: _flagged,
    ImportanceTest: _importance,
    ListTest: _list,
}
