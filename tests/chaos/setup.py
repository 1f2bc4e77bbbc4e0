"""What a process of a chaos test is told on its command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from queueing.conf import ClusterConfig
from queueing.worker.options import WorkerOptions

QUEUE = "post"
LANE = "LEVERET_TEST_LANE"
"""``plain``: deliveries come through the driver, not by the fast lane."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    ledger: str
    amqp_url: str
    redis_url: str
    prefix: str
    heartbeat: float = 1.0
    ttl: float = 5.0
    """Shorter than the default, so that a test does not wait so long for the dead to be known as dead."""
    concurrency: int = 10
    grace: float = 10.0
    queues: tuple[str, ...] = (QUEUE,)
    leads: bool = True
    brokers: dict[str, str] = {}
    stores: dict[str, str] = {}
    patience: float | None = None
    """Seconds that the leader waits before it looks after what seems left behind; None: as long as ever."""
    lifeline: int | None = None
    """The wire to the test, as a supervisor's children have one, so that no process outlives it."""

    @property
    def path(self) -> Path:
        return Path(self.ledger)

    @property
    def cluster(self) -> ClusterConfig:
        return ClusterConfig(
            amqp_url=self.amqp_url,
            redis_url=self.redis_url,
            prefix=self.prefix,
            brokers=self.brokers,
            stores=self.stores,
            fast_lane=os.environ.get(LANE) != "plain",
            publish_timeout=5.0,
            store_timeout=2.0,
        )

    @property
    def options(self) -> WorkerOptions:
        return WorkerOptions(
            concurrency=self.concurrency,
            heartbeat=self.heartbeat,
            ttl=self.ttl,
            grace=self.grace,
            queues=self.queues,
            leads=self.leads,
        )

    def command(self, module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", module, msgspec.json.encode(self).decode(), *arguments]


def given() -> Setup:
    """This process's own."""
    return msgspec.json.decode(sys.argv[1], type=Setup)
