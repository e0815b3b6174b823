import pickle

import pytest

from tests.each import each
from zimbra.errors import (
    LOST,
    AnswerLost,
    Garbled,
    NotAllowed,
    NotOffered,
    Refused,
    Taken,
    Unavailable,
    ZimbraError,
    error_for,
    is_passing,
)
from zimbra.types import Outcome


def test_who_repeats_what_is_unavailable_does_not_repeat_a_lost_answer() -> None:
    assert not issubclass(AnswerLost, Unavailable)
    assert not issubclass(Garbled, Unavailable)


@each(
    ("error", "unknown"),
    [
        (AnswerLost(LOST), True),
        (Garbled(), True),
        (Unavailable("http.503"), False),
        (Refused("mail.QUOTA_EXCEEDED"), False),
        (NotAllowed("service.PERM_DENIED"), False),
    ],
)
def test_only_what_may_have_happened_is_of_unknown_outcome(error: ZimbraError, unknown: bool) -> None:
    assert error.outcome_unknown is unknown


@pytest.mark.parametrize(
    "error", [Unavailable("http.503", "busy", retry_after=3.0), Garbled("no XML"), Refused("mail.X", "why")]
)
def test_errors_travel_between_processes(error: ZimbraError) -> None:
    came = pickle.loads(pickle.dumps(error))
    assert type(came) is type(error)
    assert vars(came) == vars(error)


@pytest.mark.parametrize("code", ["mail.MAINTENANCE", "mail.TRY_AGAIN", "service.TEMPORARILY_UNAVAILABLE"])
def test_a_passing_code_makes_a_passing_error_and_outcome(code: str) -> None:
    assert is_passing(code)
    assert isinstance(error_for(code), Unavailable)
    assert Outcome(code=code).passing


@each(
    "outcome",
    [
        Outcome(ids=("1",)),
        Outcome(code=LOST),
        Outcome(code="answer.NOT_SENT"),
        Outcome(code="service.AUTH_EXPIRED"),
        Outcome(code="mail.QUOTA_EXCEEDED"),
        Outcome(code="answer.NOT_STORED"),
        Outcome(code="service.FAILURE"),
    ],
)
def test_every_outcome_is_in_exactly_one_state(outcome: Outcome) -> None:
    assert [outcome.done, outcome.lost, outcome.passing, outcome.refused].count(True) == 1


@each(
    ("code", "kind"),
    [
        ("mail.ALREADY_EXISTS", Taken),
        ("account.IDENTITY_EXISTS", Taken),
        ("account.ACCOUNT_EXISTS", Taken),
        ("service.UNKNOWN_DOCUMENT", NotOffered),
        ("mail.QUOTA_EXCEEDED", Refused),
    ],
)
def test_a_refusal_tells_a_taken_name_from_a_feature_that_is_not_there(code: str, kind: type[Refused]) -> None:
    assert type(error_for(code)) is kind
