"""One Redis, as the store sees it: calls that end in time, and errors that say what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLError
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from redis import exceptions as driver
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from queueing.adapters.redis.clock import StoreClock
from queueing.adapters.redis.demotion import NotPrimary, Replica
from queueing.adapters.redis.driver import Pool, open_pool
from queueing.adapters.redis.keys import Keys
from queueing.adapters.redis.lane import CLOSED, Arg, Lane
from queueing.adapters.redis.scripts import script
from queueing.domain.saying import Figure, say
from queueing.errors import ConfigurationError, StoreError, StoreFull, StoreUnavailable

Opener: TypeAlias = Callable[[], Redis]


def open_client(url: str, timeout: float) -> Redis:
    """A client that has not connected yet.

    A call that fails on its connection is tried once more, since a connection from the pool may have died unnoticed.
    The first try may have been carried out all the same, so scripts must bear being run twice: they do, by id (add),
    by token (claim, settle, report) or by epoch. Only log lines and counters can double.
    """
    try:
        return Redis.from_pool(open_pool(url, timeout))
    except ValueError as wrong:
        raise ConfigurationError(f"{address(url)} is not a Redis URL: {wrong}") from wrong


def address(url: str) -> str:
    """The URL without user, password and query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


class Connection:
    """``lane``: scripts go over one connection of their own, many at a time; else they are calls like others."""

    def __init__(self, opener: Opener, *, keys: Keys, address: str, timeout: float, lane: bool = False) -> None:
        self.keys: Final = keys
        self.address: Final = address
        self.timeout: Final = timeout
        self.clock: Final = StoreClock()
        self.departures = 0
        """How often a server was left because it was no primary; whoever listens to one has to move as well."""
        self._open = opener
        self._client: Any = None  # a Redis; half of its methods are untyped
        self._has_lane, self._lane = lane, cast(Lane | None, None)

    @property
    def client(self) -> Any:
        if self._client is None:
            self._client = self._open()
        return self._client

    def open(self) -> Any:
        """A client of one's own, to be closed by whoever opened it. It does not try again by itself."""
        client = self._open()
        client.set_retry(Retry(ConstantBackoff(0), 0))
        return client

    async def connect(self) -> None:
        await self.call("PING")

    async def close(self) -> None:
        client, self._client = self._client, None
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.close()
        if client is not None:
            with self.wrapped():
                await client.aclose()

    def leave(self) -> None:
        """The URL may lead to another server by now: what is asked next is asked over a new connection."""
        self.departures += 1
        pool = self.client.connection_pool
        if isinstance(pool, Pool):
            pool.leave()

    async def call(self, *command: Arg) -> Any:
        return await self.bounded(self.client.execute_command(*command))

    async def swift(self, *command: Arg) -> Any:
        """As :meth:`call`, for the hot paths: the answer as the server gives it, for the driver makes nothing of it."""
        if not self._has_lane:
            return await self.call(*command)
        if self._lane is None:
            self._lane = Lane(self.client.connection_pool, timeout=self.timeout, on_demotion=self.leave)
        try:
            return await self._lane.call(*command)
        except Exception as exc:
            told = self._told(exc)
            if told is None:
                raise
            raise told from exc

    async def run(self, name: str, args: Sequence[Arg]) -> Any:
        """Run a script; load it where the server does not have it yet, or has lost it in a restart."""
        wanted = script(name)
        base = self.keys.base
        try:
            return await self.swift("EVALSHA", wanted.sha, 1, base, *args)
        except _NotLoaded:
            return await self.swift("EVAL", wanted.text, 1, base, *args)

    async def pipeline(self, commands: Sequence[Sequence[Arg]]) -> list[Any]:
        """Many reads in one round trip; each is atomic, together they are not."""
        if not commands:
            return []
        pipe = self.client.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        return cast(list[Any], await self.bounded(pipe.execute()))

    async def bounded(self, answer: Awaitable[Any]) -> Any:
        with self.wrapped():
            async with asyncio.timeout(self.timeout):
                return await answer

    @contextmanager
    def wrapped(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:
            told = self._told(exc)
            if told is None:
                raise
            raise told from exc

    def _told(self, exc: Exception) -> StoreError | None:
        """What the driver says, in our words; None: it is none of the driver's."""
        match exc:
            case driver.NoScriptError():
                return _NotLoaded()
            case driver.OutOfMemoryError():
                return StoreFull(
                    say(
                        "Redis at %(server)s is out of memory and refuses writes. Raise maxmemory, or shorten the "
                        "retention of jobs; what is queued already is safe.",
                        server=self.address,
                    )
                )
            case TimeoutError() | driver.TimeoutError():
                return StoreUnavailable(
                    say(
                        "Redis at %(server)s did not answer within %(seconds)s s. It may be overloaded, blocked by "
                        "a slow command (SLOWLOG GET), or cut off by the network.",
                        server=self.address,
                        seconds=Figure(f"{self.timeout:g}"),
                    )
                )
            case driver.ResponseError() if "unauthenticated" in str(exc):
                # A long command on a new connection, since a password was set: it is not even read.
                return self._told(driver.AuthenticationError(str(exc)))
            case driver.AuthenticationError():
                return StoreUnavailable(
                    say("Redis at %(server)s refuses the user or password of LEVERET_REDIS_URL.", server=self.address)
                )
            case Replica():
                return self.replica()
            case NotPrimary():
                return StoreUnavailable(
                    say("Redis at %(server)s does not serve now: %(reason)s", server=self.address, reason=str(exc))
                )
            case OSError() | driver.ConnectionError():
                return self._unreachable(exc)
            case RuntimeError() if CLOSED in str(exc):
                return self._unreachable(exc)
            case driver.RedisError():
                return StoreError(
                    say("Redis at %(server)s refused a command: %(reason)s", server=self.address, reason=str(exc))
                )
        return None

    def replica(self) -> StoreUnavailable:
        return StoreUnavailable(
            say(
                "Redis at %(server)s is a read-only replica. Point LEVERET_REDIS_URL at the primary. After a failover "
                "this passes when that name or address leads to the new one.",
                server=self.address,
            )
        )

    def _unreachable(self, exc: BaseException) -> StoreUnavailable:
        return StoreUnavailable(
            say(
                "Redis at %(server)s cannot be reached (%(reason)s). Is it running, and is LEVERET_REDIS_URL right?",
                server=self.address,
                reason=_reason(exc),
            )
        )


class _NotLoaded(StoreError):
    """The server does not know the script's digest."""


def _reason(exc: BaseException) -> str:
    cause = exc.__cause__ or exc.__context__ or exc
    # The number of a failed handshake is OpenSSL's, and not of the system's errors.
    if isinstance(cause, OSError) and not isinstance(cause, SSLError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)
    return str(exc.__cause__ or exc).rstrip(".") or type(exc).__name__
