"""What the promises of a broker are tested with: messages, and an inbox."""

from __future__ import annotations

import uuid
from typing import Any

from queueing.domain.ports import Broker, Delivery, Destination, Outgoing

QUEUE = "post"
OTHER = "parcels"


def fresh_prefix() -> str:
    return f"leveret-test-{uuid.uuid4().hex[:12]}"


def letter(text: str = "hello", *, queue: str = QUEUE, **changes: Any) -> Outgoing:
    given: dict[str, Any] = {
        "queue": queue,
        "type": "send_letter",
        "body": text.encode(),
        "headers": {"leveret-job": text, "leveret-epoch": 1},
        "message_id": str(uuid.uuid4()),
    }
    return Outgoing(**(given | changes))


def dead(text: str, **changes: Any) -> Outgoing:
    return letter(text, destination=Destination.DEAD, **changes)


async def send(broker: Broker, *messages: Outgoing) -> None:
    """Publish and insist that all were confirmed."""
    assert await broker.publish(messages) == [None] * len(messages)


class Inbox:
    """Collects deliveries, settled or not."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    @property
    def texts(self) -> list[str]:
        return [delivery.body.decode() for delivery in self.deliveries]

    async def ack_all(self) -> list[str]:
        texts = self.texts
        for delivery in self.deliveries:
            await delivery.ack()
        self.deliveries.clear()
        return texts
