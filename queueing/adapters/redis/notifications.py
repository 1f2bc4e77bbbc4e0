"""Hints that something changed, from Redis' keyspace notifications.

They are published to whoever listens and kept for nobody: after a gap, whatever its length, everything may have
changed, and the hint says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Literal, cast

from redis import exceptions as driver

from queueing.adapters.redis.base import Part
from queueing.domain.reading import Hint
from queueing.errors import NotificationsUnavailable, StoreError, StoreUnavailable

WATCHED: Final = ("job", "worker", "queue")
FLAGS: Final = "Khgx"
"""K: by key. h: hashes change. g: keys are deleted. x: keys expire."""
RETRY: Final = 1.0
"""Seconds between attempts to reconnect."""


class Notifications(Part):
    always_notifies = False
    """The server sends them whatever its configuration says (the embedded one)."""

    async def changes(self) -> AsyncIterator[Hint]:
        # A client of its own: the driver mends a subscription silently, and the gap would go unnoticed.
        client = self._connection.open()
        subscription = client.pubsub()
        try:
            await self._subscribe(client, subscription)
            while True:
                try:
                    async for hint in self._listen(subscription):
                        yield hint
                except (OSError, TimeoutError, driver.ConnectionError, driver.TimeoutError):
                    await self._resubscribe(client, subscription)
                    yield Hint(kind="all")
        finally:
            await subscription.aclose()
            await client.aclose()

    async def _listen(self, subscription: Any) -> AsyncIterator[Hint]:
        """Until the connection breaks. One that is silent is asked whether it still lives."""
        asked = False
        while True:
            message = await subscription.get_message(timeout=self._connection.timeout)
            if message is None:
                if asked:
                    raise TimeoutError
                await subscription.ping()
                asked = True
                continue
            asked = False
            hint = self._hint(message)
            if hint is not None:
                yield hint

    async def _subscribe(self, client: Any, subscription: Any) -> None:
        if not self.always_notifies:
            await self._switch_on()
        database = client.get_connection_kwargs().get("db") or 0
        patterns = [f"__keyspace@{database}__:{self._keys(kind, '*')}" for kind in WATCHED]
        await self._connection.bounded(subscription.psubscribe(*patterns))
        for _ in patterns:  # once all are acknowledged, nothing that happens now is missed
            await self._connection.bounded(subscription.get_message(timeout=self._connection.timeout))

    async def _resubscribe(self, client: Any, subscription: Any) -> None:
        while True:
            await subscription.aclose()  # it can be used again
            try:
                return await self._subscribe(client, subscription)
            except StoreUnavailable:
                await asyncio.sleep(RETRY)

    async def _switch_on(self) -> None:
        """Add the flags that are missing; others may need those that are there."""
        why = (
            f"Redis at {self._connection.address} sends no keyspace notifications, and does not let us switch them on: "
            f"set notify-keyspace-events to {FLAGS} in its configuration. Until then, poll."
        )
        try:
            found = await self._connection.call("CONFIG", "GET", "notify-keyspace-events")
            present = _flags(found)
            missing = "".join(flag for flag in FLAGS if not _covers(present, flag))
            if missing:
                await self._connection.call("CONFIG", "SET", "notify-keyspace-events", present + missing)
        except StoreUnavailable:
            raise
        except StoreError as exc:
            raise NotificationsUnavailable(why) from exc

    def _hint(self, message: dict[str, Any]) -> Hint | None:
        if message["type"] != "pmessage":
            return None
        key = message["channel"].decode(errors="replace").partition(self._keys.base)[2]
        kind, _, name = key.partition(":")
        return Hint(kind=cast(Literal["job", "worker", "queue"], kind), id=name) if kind in WATCHED else None


def _covers(present: str, flag: str) -> bool:
    return flag in present or (flag != "K" and "A" in present)


def _flags(found: Any) -> str:
    value = next(iter(found.values()), b"") if isinstance(found, dict) else (found[1] if found else b"")
    return value.decode() if isinstance(value, bytes) else str(value)
