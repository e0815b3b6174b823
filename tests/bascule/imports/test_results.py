"""What the page of an import says of its progress."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from accounts import claims
from bascule.imports import results
from bascule.models import Import, ReadCollection
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending() -> Import:
    return Import.objects.create(
        agent=make_agent(),
        kind=ReadCollection.Kind.CONTACTS,
        folder_name="Contacts",
        total=3,
        state=Import.State.SENDING,
    )


def test_a_living_worker_needs_no_word(sending: Import) -> None:
    assert claims.take(Import, sending.pk)
    sending.refresh_from_db()
    assert results.waiting_sentence(sending) == ""


def test_a_worker_that_died_is_told(sending: Import) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    sending.holder = f"{socket.gethostname()[:60]}:{ended.pid}:1:abcd"
    assert "Il reprend de lui-même" in results.waiting_sentence(sending)
