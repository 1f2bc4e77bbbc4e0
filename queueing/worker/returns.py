"""Giving a delivery back to the broker, unharmed."""

from __future__ import annotations

import logging
from typing import Final

from queueing.dispatch import Dispatch, Letter
from queueing.domain import message
from queueing.domain.ports import Delivery
from queueing.errors import BrokerError

log: Final = logging.getLogger("queueing.worker")

OFTEN: Final = 10
"""Half of the delivery limit."""


class Returns:
    """Gives deliveries back. Only when their consumer has stopped: RabbitMQ would hand them straight back.

    A quorum queue counts every return against its delivery limit, whoever is to blame. One that was returned often goes
    to its queue as a new message, whose count begins at nothing.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def give_back(self, delivery: Delivery) -> None:
        if delivery.returned < OFTEN:
            await delivery.release()
            return
        incoming, _ = message.read(delivery, now=self._dispatch.now())
        try:
            await self._dispatch.send(Letter(spec=incoming.spec, ref=incoming.ref, attempt=incoming.attempt))
        except BrokerError as failure:
            log.warning("The message of job %s could not be renewed: %s", incoming.spec.id, failure)
            await delivery.release()
        else:
            await delivery.ack()
