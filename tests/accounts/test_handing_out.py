from __future__ import annotations

import pytest
from kombu.exceptions import OperationalError

from accounts import handing_out


class Task:
    name = "a task"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.is_away = True

    def apply_async(self, arguments: tuple[int], **_: object) -> None:
        self.asked.append(arguments[0])
        if self.is_away:
            raise OperationalError


def test_a_queue_that_is_away_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_out, "_away_until", 0.0)
    task = Task()
    handing_out.hand_out(task, 1)
    handing_out.hand_out(task, 2)
    assert task.asked == [1]
    task.is_away = False
    monkeypatch.setattr(handing_out, "_away_until", 0.0)
    handing_out.hand_out(task, 3)
    handing_out.hand_out(task, 4)
    assert task.asked == [1, 3, 4]
