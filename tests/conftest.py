"""Fixtures for every test: the real servers and the browser, each found once for the whole run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import find_chromium, find_rabbitmq, find_redis
from tests.servers.found import Found, NotFound


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """A real RabbitMQ, shared: give queues names of your own, and remove them."""
    with _found(find_rabbitmq.find) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis, shared: use a prefix of your own, and never flush."""
    with _found(find_redis.find) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Path]:
    with _found(find_chromium.find) as path:
        yield Path(path)


@contextlib.contextmanager
def _found(find: Callable[[], Found]) -> Iterator[str]:
    # A missing server is a failure: a skipped test would look like one that passed.
    try:
        found = find()
    except NotFound as exc:
        pytest.fail(str(exc), pytrace=False)
    try:
        yield found.where
    finally:
        found.stop()
