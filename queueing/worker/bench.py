"""Deliveries that wait for a slot. The queues take turns, so that a full one does not starve the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from queueing.domain.ports import Delivery


class Held:
    """A delivery in the worker's hands. ``number`` is its place in the order of arrival, ``since`` the loop's time."""

    __slots__ = ("delivery", "number", "parked", "since")

    def __init__(self, delivery: Delivery, *, number: int, since: float) -> None:
        self.delivery, self.number, self.since = delivery, number, since
        self.parked = False
        """A copy of its message is on the ladder, and the broker does not wait for this one any more."""

    @property
    def queue(self) -> str:
        return self.delivery.queue


class Bench:
    """``resting`` names the queues from which nothing is taken now."""

    def __init__(self, resting: Container[str]) -> None:
        self._resting = resting
        self._lines: dict[str, deque[Held]] = {}
        """By queue, never empty; the first is the next to have its turn."""

    @property
    def queues(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def put(self, held: Held) -> None:
        self._lines.setdefault(held.queue, deque()).append(held)

    def put_back(self, held: Held) -> None:
        """To the place in its line that it had by its number."""
        line = self._lines.setdefault(held.queue, deque())
        place = next((index for index, other in enumerate(line) if other.number > held.number), len(line))
        line.insert(place, held)

    def take(self) -> Held | None:
        """The oldest of the queue whose turn it is."""
        for queue, line in self._lines.items():
            if queue not in self._resting:
                del self._lines[queue]
                held = line.popleft()
                if line:
                    self._lines[queue] = line
                return held
        return None

    def clear(self, queue: str) -> list[Held]:
        """All of that queue, oldest first."""
        return list(self._lines.pop(queue, ()))

    def oldest(self) -> float | None:
        """Since when the one waits that has waited longest, queues at rest left out."""
        return min((line[0].since for queue, line in self._lines.items() if queue not in self._resting), default=None)
