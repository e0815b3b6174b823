"""Local sign-in, with a brake on guessing.

The seam for other ways in: whatever establishes who a person is ends in `django.contrib.auth.login` with an Agent;
local passwords are one backend among `AUTHENTICATION_BACKENDS` and stand alone in this module.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts import journal
from accounts.models import Agent, FailedSignIn

# A network address stands for many people behind one school's line.
NETWORK_FACTOR = 10


class TooManyFailures(Exception):
    """Sign-in is suspended for a while; `minutes` says for how long at most."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes


class LocalBackend(BaseBackend):
    """Address and password kept by this site, for the demo and small sites."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Agent | None:
        if username is None or password is None:
            return None
        agent = Agent.objects.filter(address=username.strip().lower()).first()
        if agent is None or not agent.has_usable_password():
            # As slow as a real check, so that the time taken does not tell which addresses exist.
            make_password(password)
            return None
        return agent if check_password(password, agent.password) and agent.is_active else None

    def get_user(self, user_id: int) -> Agent | None:
        return Agent.objects.select_related("population", "establishment").filter(pk=user_id, is_active=True).first()


def network_address_of(request: HttpRequest) -> str:
    """Where the request comes from. Behind a proxy: what the proxy itself added last, not what a caller may claim."""
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:45]
    return str(request.META.get("REMOTE_ADDR", ""))


def check_not_throttled(*, address: str, network_address: str) -> None:
    """Raises TooManyFailures when this address, or this network address, has failed too often within the window."""
    window = timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    recent = FailedSignIn.objects.filter(at__gt=timezone.now() - window)
    limit = settings.SIGN_IN_MAX_FAILURES
    if (
        recent.filter(address=address.strip().lower()[:254]).count() >= limit
        or recent.filter(network_address=network_address).count() >= limit * NETWORK_FACTOR
    ):
        raise TooManyFailures(max(1, settings.SIGN_IN_WINDOW_SECONDS // 60))


@transaction.atomic
def note_failure(*, address: str, network_address: str) -> None:
    """Count one refused password, and drop the rows that no longer count; the last one allowed is journalled."""
    window = timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    address = address.strip().lower()[:254]
    FailedSignIn.objects.filter(at__lte=timezone.now() - window).delete()
    FailedSignIn.objects.create(address=address, network_address=network_address)
    if FailedSignIn.objects.filter(address=address).count() == settings.SIGN_IN_MAX_FAILURES:
        journal.record(
            "account.sign_in_suspended",
            by=None,
            subject=Agent.objects.filter(address=address).first(),
            failures=settings.SIGN_IN_MAX_FAILURES,
        )


def forget_failures(*, address: str) -> None:
    """After a right password the person starts afresh; the network address does not."""
    FailedSignIn.objects.filter(address=address.strip().lower()).delete()


@transaction.atomic
def end_sessions(*, agent: Agent, by: Agent) -> None:
    """Sign `agent` out wherever a session is open: each has to sign in again at its next request."""
    Agent.objects.filter(pk=agent.pk).update(session_round=F("session_round") + 1)
    journal.record("account.sessions_ended", by=by, subject=agent, name=agent.full_name)
