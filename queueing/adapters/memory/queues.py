"""A queue in memory: by priority, then in the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

from queueing.adapters.headers import own_headers
from queueing.domain.ports import Outgoing

_arrivals = count()


class Message:
    __slots__ = ("body", "headers", "message_id", "order", "redelivered", "timestamp", "type")

    def __init__(self, *, body: bytes, headers: Mapping[str, Any], message_id: str, type: str, priority: int) -> None:
        self.body = body
        self.headers = headers
        self.message_id = message_id
        self.type = type
        self.timestamp: datetime | None = datetime.now(UTC).replace(microsecond=0)
        """Whole seconds, as on the wire."""
        self.redelivered = False
        self.order = (-priority, next(_arrivals))
        """Kept when it is handed back, so that it goes out again before what came after it."""

    def __lt__(self, other: Message) -> bool:
        return self.order < other.order

    @classmethod
    def of(cls, outgoing: Outgoing) -> Message:
        return cls(
            body=outgoing.body,
            headers=own_headers(outgoing.headers),
            message_id=outgoing.message_id,
            type=outgoing.type,
            priority=outgoing.priority or 0,
        )


class MemoryQueue:
    def __init__(self) -> None:
        self._ready: list[Message] = []
        """A heap."""
        self.takers: list[Callable[[], None]] = []
        """Called when there may be something to take."""

    def __len__(self) -> int:
        return len(self._ready)

    def messages(self) -> list[Message]:
        return sorted(self._ready)

    def put(self, message: Message) -> None:
        heappush(self._ready, message)
        self.offer()

    def pop(self) -> Message | None:
        return heappop(self._ready) if self._ready else None

    def remove(self, messages: Collection[Message]) -> int:
        """Those that are here still; how many."""
        gone, before = {message.order for message in messages}, len(self._ready)
        self._ready = [message for message in self._ready if message.order not in gone]
        heapify(self._ready)
        return before - len(self._ready)

    def clear(self) -> int:
        removed = len(self._ready)
        self._ready.clear()
        return removed

    def offer(self) -> None:
        for taker in tuple(self.takers):
            if not self._ready:
                return
            taker()
