"""Figures of a gateway for a monitoring system, in the text format of Prometheus.

Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from quarantine.gateway.heartbeat import Heartbeat


def render(heartbeat: Heartbeat) -> str:
    """The present figures: events counted since the start, and troubles with the second they began."""
    own = f'kind="{heartbeat.kind.value}",gateway="{_escaped(heartbeat.name)}"'
    started = heartbeat.started_at.timestamp()
    lines = [
        "# HELP portal_gateway_started_seconds When the gateway was started, in seconds since 1970.",
        "# TYPE portal_gateway_started_seconds gauge",
        f"portal_gateway_started_seconds{{{own}}} {started:.0f}",
        "# HELP portal_gateway_events_total What happened since the gateway was started.",
        "# TYPE portal_gateway_events_total counter",
        *(
            f'portal_gateway_events_total{{{own},event="{_escaped(name)}"}} {number}'
            for name, number in sorted(heartbeat.figures.copy().items())
        ),
        "# HELP portal_gateway_trouble_since_seconds What is in trouble now, and since when.",
        "# TYPE portal_gateway_trouble_since_seconds gauge",
        *(
            f'portal_gateway_trouble_since_seconds{{{own},what="{_escaped(what)}"}} {since.timestamp():.0f}'
            for what, since in sorted(heartbeat.troubles.items())
        ),
    ]
    return "\n".join([*lines, ""])


class MetricsServer:
    """Serves `render` at /metrics, from threads of its own. Raises OSError: the address cannot be had."""

    def __init__(self, heartbeat: Heartbeat, host: str, port: int) -> None:
        class Handler(_Handler):
            source = heartbeat

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    source: Heartbeat
    # Seconds that a caller may keep silent.
    timeout = 5

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body = render(self.source).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Asked every few seconds: not worth a line each."""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
