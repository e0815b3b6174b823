"""A connection test from the form to its last line. The password goes from the person to the worker, and nowhere else.

A test that was cut off is not taken up again: the person alone has the password, and servers count each try.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import claims, journal, one_off
from accounts.models import Agent
from bascule.devices.connection.errors import NoPassword, NoTest, OddPassword, TooMany, UnderWay
from bascule.devices.connection.lines import CHECKS, Outcome
from bascule.devices.connection.trying import Servers, Trial
from bascule.models import ConnectionTest

State = ConnectionTest.State

# Tests of one person within an hour: below what gets an account locked.
MOST_AN_HOUR = 6
_MOST_PASSWORD = 200
# How many past tests a person keeps.
_KEPT = 5
# A test of which nothing was heard for so long is over.
LASTS = timedelta(minutes=5)


def start(*, agent: Agent, by: Agent, password: str) -> ConnectionTest:
    """Hand a test of `agent`'s mailbox to a worker. by: the same person; nobody types the password of somebody else.

    Raises ConnectionTestError, PermissionError, one_off.QueueAway.
    """
    from bascule.tasks import try_connection

    if by.pk != agent.pk:
        raise PermissionError
    if not settings.CONNECTION_TEST:
        raise NoTest
    # Copied with blanks, as Zimbra shows it in groups.
    password = "".join(password.split())
    if not password:
        raise NoPassword
    if len(password) > _MOST_PASSWORD or not password.isprintable():
        raise OddPassword
    lately = timezone.now() - timedelta(hours=1)
    if ConnectionTest.objects.filter(agent=agent, created_at__gt=lately).count() >= MOST_AN_HOUR:
        raise TooMany
    try:
        with transaction.atomic():
            test = ConnectionTest.objects.create(agent=agent, total=len(CHECKS))
            journal.record("connection_test.begun", by=by, subject=agent, target=f"connection_test:{test.pk}")
            ticket = one_off.keep(password, purpose=_purpose(test.pk), by=by, lasts=LASTS)
            one_off.hand_over_on_commit(try_connection, test.pk, ticket, lasts=LASTS)
    except IntegrityError as error:
        raise UnderWay from error
    return test


def run(test_id: int, ticket: str) -> None:
    """Try everything once, line by line. Safe to run again: a test that was begun is not begun anew."""
    claim = claims.take(ConnectionTest, test_id, state=State.WAITING)
    if claim is None:
        return
    try:
        test = ConnectionTest.objects.select_related("agent").get(pk=test_id)
        password = one_off.open_ticket(ticket, purpose=_purpose(test_id))
        one_off.forget(ticket)
        _write(claim, state=State.RUNNING, started_at=timezone.now())
        _tried(claim, test, password)
    except one_off.SecretGone:
        _write(claim, state=State.INTERRUPTED, finished_at=timezone.now())
    finally:
        claim.release()


def _tried(claim: claims.Claim, test: ConnectionTest, password: str) -> None:
    results: list[dict[str, object]] = []
    for line in Trial(servers(), test.agent.address, password).lines():
        results.append(line.stored())
        following = CHECKS[len(results)].code if len(results) < len(CHECKS) else ""
        _write(claim, results=results, at_check=following)
    failed = sum(one["outcome"] == Outcome.FAILED for one in results)
    with claim.writing():
        _write(claim, state=State.DONE, at_check="", finished_at=timezone.now())
        journal.record(
            "connection_test.done",
            by=None,
            subject=test.agent,
            target=f"connection_test:{test.pk}",
            tried=len(results),
            failed=failed,
        )
        kept = ConnectionTest.objects.filter(agent=test.agent, created_at__lt=timezone.now() - timedelta(hours=1))
        kept.exclude(pk__in=list(_latest(test.agent))).delete()


def _latest(agent: Agent) -> list[int]:
    return list(ConnectionTest.objects.filter(agent=agent).values_list("pk", flat=True)[:_KEPT])


def interrupt_lost() -> int:
    """Tests whose worker died, or whose message was lost: said to be over. How many."""
    silent = ConnectionTest.objects.filter(state__in=ConnectionTest.UNDER_WAY, created_at__lt=timezone.now() - LASTS)
    lost = claims.without_live_holder(silent)
    rows = ConnectionTest.objects.filter(pk__in=lost, state__in=ConnectionTest.UNDER_WAY)
    return rows.update(state=State.INTERRUPTED, holder="", held_until=None, finished_at=timezone.now())


def servers() -> Servers:
    """Where people's programs connect to, by the settings."""
    host, _, port = settings.CLIENT_SYNC_HOST.partition(":")
    return Servers(
        imap=(settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT),
        smtp=(settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT),
        sync=(host, int(port or 443)),
        authorities=settings.CLIENT_CA_FILE,
        seconds=float(settings.CLIENT_TEST_SECONDS),
    )


def _purpose(test_id: int) -> str:
    return f"connection_test:{test_id}"


def _write(claim: claims.Claim, **values: object) -> None:
    with claim.writing():
        ConnectionTest.objects.filter(pk=claim.pk).update(**values)
