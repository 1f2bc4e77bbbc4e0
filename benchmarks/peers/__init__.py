"""What is measured: ours, its peers, and the bare cycle. Each is a module with the same few functions.

``ways()`` makes the ways to enqueue, by name: ``single`` (one at a time), ``concurrent`` (100 at a time) and ``many``,
each called with the payloads; when it returns, the broker has the message. ``quickest`` names the one that fills the
queue for a worker. ``work()`` works until the process is ended, or ``command(processes, number)`` says what does, of so
many processes. How many results are stored is asked by the driver, which imports none of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Peer(NamedTuple):
    module: str
    variant: str = ""
    package: str = ""
    """Without it there is no such peer here."""
    kind: str = "RabbitMQ and Redis"
    times: int = 1
    """Jobs for one of the slowest's, so that each run lasts some seconds."""
    processes: tuple[int, ...] = (1, 2)
    ways: tuple[str, ...] = ("single",)
    forks: bool = False
    """It starts further processes by itself."""


BARE: Final = "the bare cycle, which promises nothing: the limit"
PEERS: Final = {
    "leveret, fast lane": Peer("leveret", "fast", "leveret", times=4, ways=("single", "concurrent", "many")),
    "leveret": Peer("leveret", "plain", "leveret", times=4, ways=("single", "concurrent", "many")),
    "leveret, classic queues": Peer("leveret", "classic", "leveret", processes=(), ways=()),
    "celery, solo": Peer("celery", "solo", "celery"),
    "celery, prefork": Peer("celery", "prefork", "celery", processes=(2,), forks=True),
    "dramatiq": Peer("dramatiq", "", "dramatiq", forks=True),
    "taskiq": Peer("taskiq", "", "taskiq", ways=("single", "concurrent"), forks=True),
    "faststream": Peer("faststream", "", "faststream", ways=("single", "concurrent")),
    "arq": Peer("arq", "", "arq", kind="Redis alone", ways=("single", "concurrent")),
    "saq": Peer("saq", "", "saq", kind="Redis alone", ways=("single", "concurrent")),
    "streaq": Peer("streaq", "", "streaq", kind="Redis alone", ways=("single", "concurrent")),
    "bare": Peer("bare", "", "aio-pika", kind=BARE, processes=(1,), ways=("single", "many")),
    "bare, batched": Peer("bare", "batched", "aio-pika", kind=BARE, times=4, processes=(1,)),
    "bare, batched and tapped": Peer("bare", "tapped", "aio-pika", kind=BARE, times=8, processes=(1,)),
}
THREADED: Final = {
    "leveret, fast lane": Peer("leveret", "fast-sync", "leveret", times=2),
    "leveret": Peer("leveret", "plain-sync", "leveret", times=2),
    "dramatiq": Peer("dramatiq", "", "dramatiq", forks=True),
}
"""Synchronous handlers in eight threads."""
