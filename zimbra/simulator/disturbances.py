"""Trouble on demand, for tests and demonstrations: POST, GET and DELETE /simulator/faults from the same machine.

POST takes a JSON object; what it names is switched on, the rest stays as it was:

    {"mode": "down"}                         every connection is dropped without an answer
    {"mode": "503", "seconds": 5}            every request gets HTTP 503, for five seconds
    {"mode": "slow", "delay": 0.5}           every request waits half a second first
    {"mode": "lost"}                         carried out, then the connection is dropped: the answer is lost
    {"after": 3, "mode": "down"}             the mode starts after three more requests
    {"refuse": {"k": 3}}                     the third item created from now on is refused (service.FAILURE)
    {"refuse": {"k": 3, "code": "mail.QUOTA_EXCEEDED"}}
    {"refuse": {"containing": "Dupont"}}     every item whose name or title contains this text is refused

GET shows what is on, with the number of requests and items seen since the last change. DELETE switches all off.
These requests themselves are never disturbed, nor are the pages for people.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from zimbra.simulator.fault import SoapFault

MODES = ("down", "slow", "503", "lost")


class BadDisturbance(ValueError):
    """The JSON object asks for nothing known."""


@dataclass(frozen=True)
class Refusal:
    """Which created items to refuse: the k-th (from 1), or those whose label contains a text."""

    k: int = 0
    containing: str = ""
    code: str = "service.FAILURE"


class Disturbances:
    """What is switched on; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._clear()

    def _clear(self) -> None:
        self._mode = ""
        self._delay = 1.0
        self._until = float("inf")
        self._after = 0
        self._refusal: Refusal | None = None
        self._requests = 0
        self._items = 0

    def clear(self) -> None:
        with self._lock:
            self._clear()

    def stop(self) -> None:
        """Wake the requests that are being slowed down: the server stops."""
        self._stopping.set()

    def set(self, wanted: object) -> None:
        """Switch on what a POST asked for; BadDisturbance when it asks for nothing known."""
        if not isinstance(wanted, dict):
            raise BadDisturbance("a JSON object is expected")
        unknown = set(wanted) - {"mode", "seconds", "delay", "after", "refuse"}
        if unknown:
            raise BadDisturbance(f"unknown: {', '.join(sorted(unknown))}")
        mode = wanted.get("mode", "")
        if mode and mode not in MODES:
            raise BadDisturbance(f"mode is one of {', '.join(MODES)}")
        try:
            seconds = float(wanted.get("seconds", "inf"))
            delay = float(wanted.get("delay", 1.0))
            after = int(wanted.get("after", 0))
            refusal = _refusal(wanted["refuse"]) if "refuse" in wanted else None
        except (TypeError, ValueError) as error:
            raise BadDisturbance(str(error)) from None
        with self._lock:
            self._requests = 0
            if mode:
                self._mode, self._delay, self._after = mode, min(max(delay, 0.0), 600.0), after
                self._until = time.monotonic() + seconds
            if refusal is not None:
                self._refusal, self._items = refusal, 0

    def show(self) -> dict[str, Any]:
        with self._lock:
            shown: dict[str, Any] = {"mode": self._mode_now(), "requests": self._requests, "items": self._items}
            if self._mode == "slow":
                shown["delay"] = self._delay
            if self._refusal is not None:
                shown["refuse"] = {
                    "k": self._refusal.k, "containing": self._refusal.containing, "code": self._refusal.code,
                }  # fmt: skip
            return shown

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        self._stopping.wait(seconds)

    def _mode_now(self) -> str:
        return self._mode if time.monotonic() < self._until else ""

    def request_arrived(self) -> str:
        """The mode this request falls under ("" for none); waits here when it is "slow"."""
        with self._lock:
            self._requests += 1
            mode = self._mode_now() if self._requests > self._after else ""
            delay = self._delay
        if mode == "slow":
            self.pause(delay)
            return ""
        return mode

    @property
    def refusing(self) -> bool:
        return self._refusal is not None

    def item_created(self, label: str) -> None:
        """Every handler calls this before it keeps a new item; raises the refusal when the item falls under it."""
        refusal = self._refusal
        if refusal is None:
            return
        with self._lock:
            self._items += 1
            count = self._items
        if count == refusal.k or (refusal.containing and refusal.containing in label):
            raise SoapFault(refusal.code, f"item {count} refused on demand")


def _refusal(wanted: object) -> Refusal:
    if not isinstance(wanted, dict) or not ({"k", "containing"} & set(wanted)):
        raise BadDisturbance('refuse needs "k" or "containing"')
    return Refusal(
        int(wanted.get("k", 0)), str(wanted.get("containing", "")), str(wanted.get("code", "service.FAILURE"))
    )
