"""Celery: acks after the run, results in Redis."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from celery import Celery

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, VARIANT, handle

app = Celery("benchmarks.peers.celery", broker=AMQP_URL.replace("amqp://", "pyamqp://"), backend=REDIS_URL)
app.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,
    worker_prefetch_multiplier=50,
    broker_transport_options={"confirm_publish": True},
    worker_hijack_root_logger=False,
)

quickest = "single"


@app.task(name="noop")
def noop(payload: dict[str, Any]) -> None:
    handle(payload)


def ways() -> dict[str, Any]:
    def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            noop.delay(payload)

    return {"single": single}


def command(processes: int, number: int) -> list[str]:
    base = [sys.executable, "-m", "celery", "-A", "benchmarks.peers.celery", "worker", "--loglevel", "ERROR"]
    base += ["--without-gossip", "--without-mingle", "--queues", QUEUE]
    if VARIANT == "prefork":
        return [*base, "--pool", "prefork", "--concurrency", str(processes)]
    return [*base, "--pool", "solo", "--hostname", f"{QUEUE}-{number}@%h"]
