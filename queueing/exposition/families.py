"""Names, types and help texts of what is exported, after Prometheus' conventions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isinf

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from queueing.domain.figures import COUNTED, Figures
from queueing.domain.reading import BUCKETS, ServerHealth
from queueing.domain.states import JobState
from queueing.worker.version import VERSION

LANE = ("queue", "type")
BOUNDS = ["+Inf" if isinf(bound) else str(bound) for bound in BUCKETS]


def families(figures: Figures) -> Iterator[Metric]:
    """Where the store does not answer, only what says so."""
    yield from _servers(figures)
    if figures.at is None:
        return
    yield from _jobs(figures)
    yield from _totals(figures)
    yield from _queues(figures)
    yield from _workers(figures)


def _servers(figures: Figures) -> Iterator[Metric]:
    health = figures.health
    yield InfoMetricFamily("leveret", "Leveret, as it runs where this was read.", value={"version": VERSION})
    servers: dict[str, ServerHealth] = {"broker": health.broker, "store": health.store}
    up = GaugeMetricFamily("leveret_server_up", "Whether the server answers: 1 or 0.", labels=["server"])
    latency = GaugeMetricFamily(
        "leveret_server_latency_seconds", "How long one round trip to the server took.", labels=["server"]
    )
    for name, server in servers.items():
        up.add_metric([name], int(server.ok))
        if server.latency is not None:
            latency.add_metric([name], server.latency)
    yield up
    yield latency


def _jobs(figures: Figures) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "leveret_jobs",
        "Jobs in each state now; finished ones as long as their records are kept.",
        labels=[*LANE, "state"],
    )
    for lane in figures.jobs:
        for state in JobState:
            jobs.add_metric([lane.queue, lane.type, state.value], lane.counts.get(state, 0))
    yield jobs
    yield GaugeMetricFamily(
        "leveret_lanes_uncounted",
        f"Pairs of queue and type beyond the {COUNTED} whose jobs are counted.",
        value=figures.uncounted,
    )
    yield GaugeMetricFamily(
        "leveret_failure_groups_open",
        "Groups of failures that hold failed jobs and are not muted.",
        value=figures.open_failures,
    )
    yield GaugeMetricFamily(
        "leveret_outbox_jobs",
        "Jobs whose message RabbitMQ has not confirmed yet.",
        value=figures.health.outbox or 0,
    )
    yield GaugeMetricFamily(
        "leveret_outbox_stuck",
        "Whether a message has waited in the outbox for longer than 30 s: 1 or 0.",
        value=int(figures.stuck),
    )


def _totals(figures: Figures) -> Iterator[Metric]:
    attempts = CounterMetricFamily(
        "leveret_attempts",
        "Attempts that have ended: succeeded, failed for good, or to be retried.",
        labels=[*LANE, "outcome"],
    )
    wait = HistogramMetricFamily("leveret_job_wait_seconds", "Time from when a job was due to its start.", labels=LANE)
    run = HistogramMetricFamily("leveret_job_run_seconds", "Time from the start of an attempt to its end.", labels=LANE)
    for one in figures.totals:
        lane = [one.queue, one.type]
        for outcome, count in (("succeeded", one.succeeded), ("failed", one.failed), ("retried", one.retried)):
            attempts.add_metric([*lane, outcome], count)
        wait.add_metric(lane, _buckets(one.wait), one.waited)
        run.add_metric(lane, _buckets(one.run), one.ran)
    yield attempts
    yield wait
    yield run


def _buckets(histogram: Sequence[int]) -> list[tuple[str, float]]:
    return list(zip(BOUNDS, accumulate(histogram), strict=True))


def _queues(figures: Figures) -> Iterator[Metric]:
    oldest = _of_queues("oldest_seconds", "How long the longest waiting queued job has waited; 0: none waits.")
    ready = _of_queues("messages", "Messages in RabbitMQ that no worker has taken.")
    dead = _of_queues("dead_letters", "Messages in the queue's dead-letter queue.")
    paused = _of_queues("paused", "Whether the queue is paused: 1 or 0.")
    workers = _of_queues("workers", "Live workers that serve the queue.")
    for queue in figures.queues:
        oldest.add_metric([queue.name], queue.oldest)
        paused.add_metric([queue.name], queue.paused)
        workers.add_metric([queue.name], queue.workers)
        if queue.ready is not None:
            ready.add_metric([queue.name], queue.ready)
        if queue.dead is not None:
            dead.add_metric([queue.name], queue.dead)
    yield from (oldest, ready, dead, paused, workers)


def _of_queues(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"leveret_queue_{name}", text, labels=["queue"])


def _workers(figures: Figures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "leveret_leader",
        "Whether a worker leads, and so does the chores of the cluster: 1 or 0.",
        value=int(figures.health.leader is not None),
    )
    found = figures.workers
    if found is None:
        return
    workers = GaugeMetricFamily("leveret_workers", "Live workers by what they do.", labels=["state"])
    for state, count in found.states.items():
        workers.add_metric([state], count)
    yield workers
    yield GaugeMetricFamily("leveret_worker_slots", "Jobs that running workers can run at a time.", value=found.slots)
    yield GaugeMetricFamily("leveret_worker_slots_busy", "Slots in which a job runs.", value=found.busy)
    yield GaugeMetricFamily("leveret_worker_resident_memory_bytes", "Memory of all workers.", value=found.rss)
    yield GaugeMetricFamily("leveret_worker_cpu_cores", "Cores that all workers use now.", value=found.cpu)
