"""Servers for tests that stop and kill them: never the shared ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.servers import debian
from tests.servers.found import NotFound, Unavailable
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis

Server = TypeVar("Server")


def rabbitmq() -> PrivateRabbitMQ:
    return _made(PrivateRabbitMQ, package="rabbitmq-server")


def redis() -> PrivateRedis:
    """It forgets nothing that it has answered."""
    return _made(lambda: PrivateRedis(aof="always"), package="redis-server")


def _made(make: Callable[[], Server], *, package: str) -> Server:
    try:
        return make()
    except Unavailable as exc:
        missing = str(exc)
    try:
        debian.install(package)
        return make()
    except Unavailable as exc:
        raise NotFound(
            f"This test kills a server of its own, so one that runs elsewhere does not serve. "
            f"Tried:\n  - {missing}\n  - {exc}\nInstall {package}."
        ) from exc
