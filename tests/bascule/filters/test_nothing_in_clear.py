"""A planted word, through capture, trial, sending, failure and undo: found in no column, log, task or file in clear."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from bascule import mailbox_look, reading
from bascule.filters import planning
from bascule.lists import setups
from bascule.lists.wishes import ListSetup
from bascule.mailbox_look import Snapshot
from bascule.models import CapturedRule, Deposit, Replay
from bascule.replays import confirm, engine
from tests.simulated import Simulated
from zimbra.client import ZimbraClient

pytestmark = pytest.mark.django_db

WORD = "zq7motsecret"
SCRIPT = f"""require ["fileinto", "vacation", "imap4flags", "regex"];
# rule:[{WORD} un]
if header :contains "Subject" "{WORD}" {{ fileinto "{WORD} dossier"; addflag "{WORD}"; }}
# rule:[{WORD} deux]
if header :is "To" "{WORD}@exemple.fr" {{ redirect "{WORD}@ailleurs.fr"; keep; }}
# rule:[{WORD} trois]
vacation :days 3 :subject "{WORD}" "{WORD}";
# rule:[{WORD} quatre]
if header :regex "subject" "{WORD}(a|b)*$" {{ discard; }}
"""


def seen(agent: Agent) -> Snapshot:
    mailbox_look.look_for(agent, anew=True)
    mailbox_look.look(agent.pk)
    row = mailbox_look.latest(agent)
    picture = mailbox_look.seen(row) if row else None
    assert picture is not None
    return picture


def in_clear() -> Iterator[str]:
    """Columns of all tables that hold the word."""
    for model in apps.get_models():
        for row in model._default_manager.values():
            for column, value in row.items():
                octets = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                if WORD.encode() in octets:
                    yield f"{model.__name__}.{column}"


def test_planted_word_is_found_nowhere(
    agent: Agent,
    door: Simulated,
    mailbox: ZimbraClient,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DEPOSIT_DIR = tmp_path
    caplog.set_level(logging.DEBUG)
    handed_out: list[Any] = []
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: handed_out.append((args, kwargs)))
    client = Client()
    client.force_login(agent)
    client.post(reverse("filters_paste"), {"text": SCRIPT})
    reading.read(Deposit.objects.get().pk)
    assert CapturedRule.objects.count() == 4
    client.post(reverse("filters_paste"), {"text": f'if header "{WORD}'})
    client.post(reverse("filter_explain"), {"text": SCRIPT})
    message = {"sender": f"{WORD}@exemple.fr", "subject": WORD, "to": agent.address, "body": WORD}
    assert WORD in client.post(reverse("filter_trial"), message).content.decode()

    # Sent, changed in Zimbra before the second one, taken back; the same for a list.
    plan = planning.propose(agent, seen(agent)).plan
    assert advanced(confirm.start(agent=agent, kind=Replay.Kind.FILTERS, plan=plan, by=agent)) == "done"
    wanted = ListSetup("profs@ac-reunion.fr", sender_name=WORD, signature_text=WORD)
    row = setups.add(agent=agent, setup=wanted, by=agent)
    assert advanced(setups.carry(row=row, picture=seen(agent), by=agent)) == "done"
    client.post(reverse("filters_paste"), {"text": f'if header :is "to" "{WORD}" {{ fileinto "{WORD} 2"; }}'})
    reading.read(Deposit.objects.latest("pk").pk)
    plan = planning.propose(agent, seen(agent)).plan
    mailbox.replace_filters(mailbox.filters()[:1])
    failing = confirm.start(agent=agent, kind=Replay.Kind.FILTERS, plan=plan, by=agent)
    assert advanced(failing) == "failed"
    for replay in Replay.objects.order_by("-pk"):
        confirm.undo(replay=replay, by=agent)
        assert advanced(replay) == "undone"

    assert sorted(set(in_clear())) == []
    assert WORD not in str(handed_out)
    assert [record.name for record in caplog.records if WORD in record.getMessage()] == []
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()] == []


def advanced(replay: Replay) -> str:
    engine.advance(replay.pk)
    replay.refresh_from_db()
    return str(replay.state)
