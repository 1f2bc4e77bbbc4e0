"""What is said of a channel's deliveries, in as few frames as may be."""

from __future__ import annotations

import struct
from typing import Final

from queueing.adapters.rabbitmq.splitter import ACK, END, METHOD, NACK

SETTLEMENT: Final = struct.Struct(">BHIIQBB")
"""A whole Ack or Nack: kind, channel, length, method, delivery tag, bits, end."""
LENGTH: Final = 13
MULTIPLE, REQUEUE = 1, 2


class Settlements:
    """Gathers acks and releases of one channel until they are written.

    An ack for ``multiple`` covers every lower tag, so it is given only where every lower one is settled: for the head
    of the line. What was settled ahead of it is said singly. Belongs to one life of one channel, for tags begin anew
    with each.
    """

    __slots__ = ("_acked", "_ahead", "_channel", "_head", "_released")

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._acked: list[int] = []
        self._released: list[int] = []
        self._ahead: set[int] = set()
        """Settled, while a lower one is not."""
        self._head = 0
        """Every tag up to this one is settled."""

    def __bool__(self) -> bool:
        return bool(self._acked or self._released)

    def ack(self, tag: int) -> None:
        self._acked.append(tag)

    def release(self, tag: int) -> None:
        self._released.append(tag)

    def clear(self) -> None:
        """Nothing more is to be said on this channel."""
        self._acked.clear()
        self._released.clear()

    def frames(self) -> bytes:
        """All that was gathered: once, and releases first, for the head may lie above some of them."""
        before = self._head
        self._ahead.update(self._acked, self._released)
        while self._head + 1 in self._ahead:
            self._head += 1
            self._ahead.remove(self._head)
        head = [tag for tag in self._acked if before < tag <= self._head]
        said = [self._frame(NACK, tag, REQUEUE) for tag in self._released]
        if head:
            said.append(self._frame(ACK, max(head), MULTIPLE if len(head) > 1 else 0))
        said += [self._frame(ACK, tag, 0) for tag in sorted(self._acked) if not before < tag <= self._head]
        self.clear()
        return b"".join(said)

    def _frame(self, method: int, tag: int, bits: int) -> bytes:
        return SETTLEMENT.pack(METHOD, self._channel, LENGTH, method, tag, bits, END)
