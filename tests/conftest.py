"""Fixtures for every test: the real servers and the browser, each found once for the whole run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.servers import find_chromium, find_rabbitmq, find_redis, private
from tests.servers.found import Found, NotFound
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis

Thing = TypeVar("Thing")

TOGETHER = ("tests/chaos", "tests/browser/test_every_page.py", "tests/browser", "tests/dashboard/browser")
"""What shares servers that take long to start; the longest first, so that the others fill the rest."""


def together(nodeid: str) -> str | None:
    return next((name for name in TOGETHER if f"{nodeid.partition('::')[0]}/".startswith(f"{name}/")), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: TOGETHER.index(name) if (name := together(item.nodeid)) else len(TOGETHER))


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """For several processes beside each other (``-n``): what shares a server stays together, else each file does."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid) or nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    config.option.loadscopereorder = False  # it would begin with what has the most tests, and the longest have few
    return Together(config, log)


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


@pytest.fixture
def private_rabbitmq() -> Iterator[PrivateRabbitMQ]:
    """A RabbitMQ of this test's own, running, to be stopped and killed at will."""
    with _or_fail(private.rabbitmq) as server:
        yield server


@pytest.fixture
def private_redis() -> Iterator[PrivateRedis]:
    """A Redis of this test's own, running, to be stopped and killed at will; it forgets nothing that it answered."""
    with _or_fail(private.redis) as server:
        yield server


@contextlib.contextmanager
def _found(find: Callable[[], Found]) -> Iterator[str]:
    found = _or_fail(find)
    try:
        yield found.where
    finally:
        found.stop()


def _or_fail(get: Callable[[], Thing]) -> Thing:
    # A missing server is a failure: a skipped test would look like one that passed.
    try:
        return get()
    except NotFound as exc:
        pytest.fail(str(exc), pytrace=False)
