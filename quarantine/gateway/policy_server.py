"""A policy gateway as a process: where it listens, how it starts and how it ends."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from django.conf import settings

from quarantine import limits
from quarantine.counters.door import Door
from quarantine.gateway import patience
from quarantine.gateway.addresses import free_socket_path, shown
from quarantine.gateway.heartbeat import Heartbeat, name_at
from quarantine.gateway.metrics import MetricsServer
from quarantine.gateway.policy import DECISION_SECONDS, TICK_SECONDS, PolicyService
from quarantine.gateway.policy_upkeep import Upkeep
from quarantine.models import GatewayHeartbeat

log = logging.getLogger(__name__)

# Connections that the system may keep until they are accepted; every smtpd process of a mail server has one.
_BACKLOG = 512


def run(
    *,
    listen: Sequence[tuple[str, int]],
    socket_path: str,
    socket_mode: int,
    metrics: tuple[str, int] | None,
    on_ready: Callable[[list[str]], None],
) -> None:
    """Answer until SIGTERM or SIGINT; then what was asked is answered, and nothing new accepted. on_ready: told where
    it listens. Raises OSError: it cannot listen there."""
    patience.bound_database_waits()
    asyncio.run(_serve(listen, socket_path, socket_mode, metrics, on_ready))


async def _serve(
    listen: Sequence[tuple[str, int]],
    socket_path: str,
    socket_mode: int,
    metrics: tuple[str, int] | None,
    on_ready: Callable[[list[str]], None],
) -> None:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    # A terminal that is closed, or a habit of others: nothing has to be read anew.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    heartbeat = Heartbeat(GatewayHeartbeat.Kind.POLICY, name_at(socket_path))
    async with AsyncExitStack() as stack:
        if metrics is not None:
            exporter = MetricsServer(heartbeat, *metrics)
            exporter.start()
            stack.callback(exporter.stop)
        stack.callback(heartbeat.stop)
        places = await stack.enter_async_context(_answering(heartbeat, listen, socket_path, socket_mode))
        heartbeat.name = name_at(places[0])
        heartbeat.start()
        on_ready(places)
        await ending.wait()
        log.info("%s: ending", heartbeat.name)


@asynccontextmanager
async def _answering(
    heartbeat: Heartbeat, listen: Sequence[tuple[str, int]], socket_path: str, socket_mode: int
) -> AsyncIterator[list[str]]:
    """Listens and answers inside; gives where. At the end what was asked is answered first."""
    loop = asyncio.get_running_loop()
    door = Door(settings.LIMITS_REDIS_URL, timeout=DECISION_SECONDS)
    service: PolicyService
    have_rules = asyncio.Event()

    def use(rules: limits.Rules) -> None:
        service.use(rules)
        have_rules.set()

    def on_rules(rules: limits.Rules) -> None:
        # The thread outlives the loop by an instant when the gateway ends.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(use, rules)

    upkeep = Upkeep(heartbeat, on_rules)
    service = PolicyService(
        door,
        heartbeat,
        hold_action=settings.LIMITS_HOLD_ACTION,
        help_desk=settings.HELP_DESK,
        on_stolen=upkeep.found_stolen,
    )
    servers: list[asyncio.Server] = []
    places: list[str] = []
    await door.open()
    ticking = loop.create_task(_tick(service))
    upkeep.start()
    try:
        # The first mail need not be told "later" where all is well; where it is not, it is, at once.
        with suppress(TimeoutError):
            await asyncio.wait_for(have_rules.wait(), 2.0)
        for host, port in listen:
            server = await loop.create_server(service.connection, host, port, backlog=_BACKLOG)
            servers.append(server)
            places += [shown(*one.getsockname()[:2]) for one in server.sockets]
        if socket_path:
            path = Path(socket_path)
            free_socket_path(path)
            servers.append(await loop.create_unix_server(service.connection, socket_path, backlog=_BACKLOG))
            path.chmod(socket_mode)
            places.append(socket_path)
        yield places
    finally:
        for server in servers:
            server.close()
        if socket_path and len(places) and places[-1] == socket_path:
            Path(socket_path).unlink(missing_ok=True)
        await service.drain()
        await door.close()
        ticking.cancel()
        await asyncio.to_thread(upkeep.stop)


async def _tick(service: PolicyService) -> None:
    while True:
        service.tick()
        await asyncio.sleep(TICK_SECONDS)
