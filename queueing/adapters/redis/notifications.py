"""Hints that something changed, from Redis' keyspace notifications.

They are published to whoever listens and kept for nobody: after a gap, whatever its length, everything may have
changed, and the hint says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Literal, TypeAlias, cast

from redis import exceptions as driver

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.probing import FLAGS, keyspace, untold
from queueing.domain.reading import Hint
from queueing.errors import NotificationsUnavailable, StoreError, StoreUnavailable

Kind: TypeAlias = Literal["job", "worker", "queue", "group", "schedule"]
WATCHED: Final = ("job", "worker", "queue", "group", "schedule")
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
        """Until the connection breaks, or the store has found that its server is no primary any more. One that is
        silent is asked whether it still lives."""
        asked, departures = False, self._connection.departures
        while True:
            message = await subscription.get_message(timeout=self._connection.timeout)
            if self._connection.departures != departures:
                raise TimeoutError
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
        patterns = [keyspace(client, self._keys(kind, "*")) for kind in WATCHED]
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
        """Add the flags that are missing; others may need those that are there. Where that is forbidden, as on managed
        servers, somebody may have set them all the same."""
        why = (
            f"Redis at {self._connection.address} sends no keyspace notifications, and does not let us switch them on: "
            f"set notify-keyspace-events to {FLAGS} in its configuration. Until then, poll."
        )
        try:
            if await self._lacks():
                raise NotificationsUnavailable(why)
        except (StoreUnavailable, NotificationsUnavailable):
            raise
        except StoreError as exc:
            raise NotificationsUnavailable(why) from exc

    async def _lacks(self) -> str:
        """The flags that the server goes without."""
        try:
            present = present_flags(await self._connection.call("CONFIG", "GET", "notify-keyspace-events"))
            if missing := missing_flags(present):
                await self._connection.call("CONFIG", "SET", "notify-keyspace-events", present + missing)
        except StoreUnavailable:
            raise
        except StoreError:
            return await untold(self._connection)
        return ""

    def _hint(self, message: dict[str, Any]) -> Hint | None:
        if message["type"] != "pmessage":
            return None
        key = message["channel"].decode(errors="replace").partition(self._keys.base)[2]
        kind, _, name = key.partition(":")
        return (
            Hint(kind=cast(Literal["job", "worker", "queue", "group", "schedule"], kind), id=name)
            if kind in WATCHED
            else None
        )


def missing_flags(present: str) -> str:
    return "".join(flag for flag in FLAGS if not _covers(present, flag))


def _covers(present: str, flag: str) -> bool:
    return flag in present or (flag != "K" and "A" in present)


def present_flags(found: Any) -> str:
    """Of the answer to CONFIG GET."""
    value = next(iter(found.values()), b"") if isinstance(found, dict) else (found[1] if found else b"")
    return value.decode() if isinstance(value, bytes) else str(value)
