"""What a policy gateway does beside answering, in a thread of its own: reads the rules anew, keeps the store's list of
compromised senders that of the rows, writes down whom the compromise rule has found. Any of it may fail and is tried
again; the answers go on meanwhile by what was read last.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from quarantine import compromised, limits, rules_snapshot
from quarantine.counters import upkeep
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown
from quarantine.gateway.heartbeat import Heartbeat

log = logging.getLogger(__name__)

_LOOK_AT_STORE_SECONDS = 60.0


class Upkeep:
    """on_rules: called from the thread whenever the rules were read, with the same object as long as they stand."""

    def __init__(self, heartbeat: Heartbeat, on_rules: Callable[[limits.Rules], None]) -> None:
        self._heartbeat = heartbeat
        self._on_rules = on_rules
        self._reader = rules_snapshot.Reader()
        self._rules: limits.Rules | None = None
        # Senders that the rule has found, and whose row is still to be written.
        self._found: set[str] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_stopping = False
        self._store_looked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends once what was found is written down, or after a few seconds."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join(3.0)

    def found_stolen(self, sender: str) -> None:
        """The rule has found `sender`: it is blocked at once for all gateways, and written down. May be called from the
        event loop: nothing is waited for."""
        with self._lock:
            if sender in self._found:
                return
            self._found.add(sender)
        log.warning("%s: a sender has reached the refusals of the compromise rule", self._heartbeat.name)
        # Not in the other thread, which may be waiting for the database.
        threading.Thread(target=self._block_at_once, args=(sender,), name="block", daemon=True).start()
        self._wake.set()

    def round(self) -> None:
        """Everything once."""
        close_old_connections()
        try:
            self._read_rules()
            self._write_found()
            compromised.push_all()
        except (DatabaseError, InterfaceError):
            connection.close()
            self._heartbeat.trouble("database")
        except StoreDown:
            # Told by the answers themselves; the list is handed over when it is back.
            self._heartbeat.well("database")
        else:
            self._heartbeat.well("database")
        self._look_at_store()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wake.clear()
                self.round()
                self._wake.wait(rules_snapshot.REFRESH_SECONDS)
            if self._found:
                self.round()
        finally:
            connection.close()

    def _read_rules(self) -> None:
        try:
            self._rules = self._reader.read()
        except rules_snapshot.NoRules as error:
            self._heartbeat.trouble("rules")
            log.debug("rules: %s", error)
        else:
            self._heartbeat.well("rules")
            self._on_rules(self._rules)

    def _write_found(self) -> None:
        rules = self._rules
        for sender in sorted(self._found) if rules else ():
            assert rules is not None
            row = compromised.block_by_rule(
                sender=sender, refusals=rules.compromise_refusals, minutes=rules.compromise_minutes
            )
            with self._lock:
                self._found.discard(sender)
            if row is not None:
                # The queue may be down, and somebody may have looked at the rows just before this one was there.
                compromised.push_one(row.pk)

    def _block_at_once(self, sender: str) -> None:
        try:
            with Store(settings.LIMITS_REDIS_URL) as store:
                store.block(sender)
        except StoreDown as error:
            log.warning("%s: a sender could not be blocked at once: %s", self._heartbeat.name, error)

    def _look_at_store(self) -> None:
        now = time.monotonic()
        if self._store_looked_at and now - self._store_looked_at < _LOOK_AT_STORE_SECONDS:
            return
        try:
            is_kept = upkeep.is_kept(settings.LIMITS_REDIS_URL)
        except StoreDown:
            return
        self._store_looked_at = now
        if is_kept:
            self._heartbeat.well("store_settings")
        else:
            self._heartbeat.trouble("store_settings")
