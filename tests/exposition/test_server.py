"""The endpoint that workers serve."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from queueing.domain.figures import Figures
from queueing.domain.reading import Health, ServerHealth
from queueing.errors import ConfigurationError, StoreUnavailable
from queueing.exposition import server
from queueing.exposition.server import MetricsServer

DOWN = Figures(
    health=Health(
        broker=ServerHealth(name="RabbitMQ", ok=True),
        store=ServerHealth(name="Redis", ok=False),
        leader=None,
        outbox=None,
    )
)


@contextmanager
def serving(token: str = "", figures: Figures | Exception = DOWN) -> Iterator[str]:
    given = {"side_effect": figures} if isinstance(figures, Exception) else {"return_value": figures}
    with patch.object(server, "figures", **given):
        serves = MetricsServer(0, host="127.0.0.1", token=token)
        serves.start()
        try:
            yield f"http://127.0.0.1:{serves.port}"
        finally:
            serves.stop()


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_figures_are_at_metrics_and_nothing_is_elsewhere() -> None:
    with serving() as url:
        status, text = get(f"{url}/metrics")
        assert status == 200 and 'leveret_server_up{server="store"} 0.0' in text
        assert get(f"{url}/") == (404, "Metrics are at /metrics.\n")
        assert get(f"{url}/metrics", "POST")[0] == 405


def test_where_there_is_a_token_it_must_be_brought() -> None:
    with serving(token="s3cret") as url:
        assert get(f"{url}/metrics")[0] == 401
        assert get(f"{url}/metrics", Authorization="Bearer s3creT")[0] == 401
        assert get(f"{url}/metrics", Authorization="bearer s3cret")[0] == 200


def test_an_engine_that_does_not_answer_is_an_error_of_the_scrape() -> None:
    with serving(figures=StoreUnavailable("Redis is away.")) as url:
        assert get(f"{url}/metrics") == (503, "Redis is away.\n")


def test_somebody_who_says_nothing_does_not_hold_up_the_others() -> None:
    with serving() as url:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)):
            assert get(f"{url}/metrics")[0] == 200


def test_it_is_heard_beyond_this_machine_only_where_a_token_is_asked_for() -> None:
    for token, host in (("", "127.0.0.1"), ("s3cret", "0.0.0.0")):  # noqa: S104
        found = MetricsServer(0, token=token)
        found._server.server_close()
        assert found.host == host


@pytest.mark.parametrize("port", [None, 70_000])
def test_a_port_that_cannot_be_had_is_a_clear_error(port: int | None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match="Choose another --metrics-port"):
            MetricsServer(port or taken.getsockname()[1], host="127.0.0.1")
