"""dramatiq: eight threads a process, results in Redis."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, handle

broker = RabbitmqBroker(url=AMQP_URL, confirm_delivery=True)
broker.add_middleware(Results(backend=RedisBackend(url=REDIS_URL)))
dramatiq.set_broker(broker)

quickest = "single"


@dramatiq.actor(queue_name=QUEUE, store_results=True)
def noop(payload: dict[str, Any]) -> None:
    handle(payload)


def ways() -> dict[str, Any]:
    def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            noop.send(payload)

    return {"single": single}


def command(processes: int, number: int) -> list[str]:
    base = [sys.executable, "-m", "dramatiq", "benchmarks.peers.dramatiq", "--threads", "8"]
    return [*base, "--processes", str(processes), "--skip-logging"]
