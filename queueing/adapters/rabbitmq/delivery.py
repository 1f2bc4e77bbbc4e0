"""A message of RabbitMQ in a worker's hands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from queueing.adapters.rabbitmq.properties import Properties


class Giver(Protocol):
    """Whom a delivery came from: a consumer."""

    @property
    def queue(self) -> str: ...

    def settled(self, tag: int, *, released: bool) -> None: ...


class RabbitDelivery:
    __slots__ = (
        "_giver",
        "_tag",
        "body",
        "headers",
        "message_id",
        "queue",
        "redelivered",
        "returned",
        "timestamp",
        "type",
    )

    def __init__(self, giver: Giver, *, tag: int, redelivered: bool, properties: Properties, body: bytes) -> None:
        self.queue: str = giver.queue
        self.body: bytes = body
        self.headers: Mapping[str, Any] = properties.headers or {}
        self.message_id: str | None = properties.message_id or None
        self.type: str | None = properties.message_type or None
        self.timestamp: datetime | None = properties.timestamp
        self.redelivered = redelivered
        counted = self.headers.get("x-delivery-count", 0)
        self.returned = counted if isinstance(counted, int) else 0
        self._tag = tag
        self._giver: Giver | None = giver

    async def ack(self) -> None:
        self._settle(released=False)

    async def release(self) -> None:
        self._settle(released=True)

    def _settle(self, *, released: bool) -> None:
        # A tag settled twice makes the broker close the channel, and with it take back everybody else's messages.
        if self._giver is not None:
            giver, self._giver = self._giver, None
            giver.settled(self._tag, released=released)
