"""``/metrics`` on a port of its own, for workers: a thread that asks the engine loop of its process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from queueing import runtime, sync
from queueing.domain.figures import Figures
from queueing.errors import ConfigurationError, LeveretError
from queueing.exposition.access import TokenRefused, check_bearer
from queueing.exposition.text import expose

log: Final = logging.getLogger("queueing.metrics")
PATIENCE: Final = 10.0
"""Seconds; Prometheus waits ten by itself."""
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - only with a token, or where somebody asks for it
HERE: Final = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    timeout = PATIENCE
    """Of its socket: somebody who connects and says nothing must not stop the others."""

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class MetricsServer:
    """``host`` empty: every address where a token is asked for, else this machine alone."""

    def __init__(self, port: int, *, host: str = "", token: str = "") -> None:
        self._token = token
        self.host = host or (EVERYWHERE if token else HERE)
        try:
            self._server = make_server(self.host, port, self._answer, _Server, _Quiet)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"Metrics cannot be served at {self.host}:{port}: {error}. Choose another --metrics-port; workers of "
                "one machine that are started apart need one each."
            ) from error
        self.port = self._server.server_port

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="leveret-metrics", daemon=True).start()
        log.info("Metrics at http://%s:%d/metrics", self.host, self.port)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics":
            return _say(respond, "404 Not Found", "Metrics are at /metrics.\n")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _say(respond, "405 Method Not Allowed", "Metrics are read by GET.\n", ("Allow", "GET, HEAD"))
        if self._token:
            try:
                check_bearer(environ.get("HTTP_AUTHORIZATION", ""), self._token)
            except TokenRefused:
                return _say(respond, "401 Unauthorized", "Bring the token.\n", ("WWW-Authenticate", "Bearer"))
        try:
            found = expose(figures(), accept=environ.get("HTTP_ACCEPT", ""))
        except LeveretError as error:
            return _say(respond, "503 Service Unavailable", f"{error}\n")
        respond("200 OK", [("Content-Type", found.content_type)])
        return [found.body]


def figures() -> Figures:
    """Of this process's cluster. Raises LeveretError."""
    return sync.run(_figures(), timeout=PATIENCE)


async def _figures() -> Figures:
    return await runtime.cluster().inspector.figures()


def _say(respond: StartResponse, status: str, text: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    respond(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode()]
