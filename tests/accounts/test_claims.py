"""One live holder of a row, and a fence against those who lost it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import claims
from bascule.models import Deposit
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def deposit() -> Deposit:
    return Deposit.objects.create(agent=make_agent(), name="a.vcf", size=1, sha256="0" * 64, stored_as="x")


def holder_of(pid: int) -> str:
    return f"{claims._host()}:{pid}:{claims._start_of(pid)}:00000000"


def test_a_held_row_is_not_given_twice(deposit: Deposit) -> None:
    assert claims.take(Deposit, deposit.pk) is not None
    assert claims.take(Deposit, deposit.pk) is None


def test_a_released_row_is_given_again(deposit: Deposit) -> None:
    claim = claims.take(Deposit, deposit.pk)
    assert claim is not None
    claim.release()
    assert claims.take(Deposit, deposit.pk) is not None


def test_conditions_hold_back_the_claim(deposit: Deposit) -> None:
    assert claims.take(Deposit, deposit.pk, state=Deposit.State.READ) is None
    assert claims.take(Deposit, 0) is None


def test_a_dead_holder_of_this_machine_is_replaced_at_once(deposit: Deposit) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = holder_of(process.pid)
    Deposit.objects.update(holder=holder, held_until=timezone.now() + timedelta(hours=1))
    assert claims.take(Deposit, deposit.pk) is None
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()
    assert claims.without_live_holder(Deposit.objects.all()) == [deposit.pk]
    assert claims.take(Deposit, deposit.pk) is not None


def test_a_killed_child_not_yet_buried_counts_as_dead() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert claims._start_of(pid) == ""
    os.waitpid(pid, 0)


def test_the_number_of_a_dead_holder_given_to_another_process_does_not_keep_it_alive(deposit: Deposit) -> None:
    Deposit.objects.update(holder=f"{claims._host()}:{os.getpid()}:1:0", held_until=timezone.now() + timedelta(hours=1))
    assert claims.take(Deposit, deposit.pk) is not None


def test_a_holder_elsewhere_is_replaced_when_its_lease_ends(deposit: Deposit) -> None:
    Deposit.objects.update(holder="elsewhere:1:1:0", held_until=timezone.now() + timedelta(minutes=1))
    assert claims.take(Deposit, deposit.pk) is None
    assert claims.without_live_holder(Deposit.objects.all()) == []
    Deposit.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert claims.take(Deposit, deposit.pk) is not None


def test_who_lost_the_claim_writes_nothing(deposit: Deposit) -> None:
    first = claims.take(Deposit, deposit.pk)
    assert first is not None
    Deposit.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    second = claims.take(Deposit, deposit.pk)
    assert second is not None
    with pytest.raises(claims.ClaimLost), first.writing():
        Deposit.objects.update(name="changed")
    first.release()
    deposit.refresh_from_db()
    assert (deposit.name, deposit.holder) == ("a.vcf", second.holder)


def test_writing_renews_the_lease(deposit: Deposit) -> None:
    claim = claims.take(Deposit, deposit.pk)
    assert claim is not None
    Deposit.objects.update(held_until=timezone.now() + timedelta(seconds=1))
    with claim.writing():
        pass
    deposit.refresh_from_db()
    assert deposit.held_until is not None
    assert deposit.held_until > timezone.now() + claims.LEASE / 2
