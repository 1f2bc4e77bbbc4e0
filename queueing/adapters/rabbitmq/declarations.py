"""Declaring on demand, once for each connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

from aio_pika.abc import AbstractChannel

from queueing.adapters.ladder import STEPS
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.link import Link
from queueing.adapters.rabbitmq.topology import Topology

RECREATION: Final = 0.25
"""Seconds between the end of a queue and its new beginning. A consumer's channel that hears of both at once takes the
new quorum queue for the old one with a new leader: it is not cancelled, and takes messages in without delivering any.
Seen with less than 30 ms on RabbitMQ 3.10; there is nothing to wait for but time."""


class Need(NamedTuple):
    """A queue with its dead-letter queue, a step of the ladder, or the way home that both need."""

    kind: str
    name: str


def queue_need(queue: str) -> Need:
    return Need("queue", queue)


def step_need(step: str) -> Need:
    return Need("step", step)


HOME: Final = Need("home", "")
LADDER: Final = tuple(step_need(step) for step in STEPS)


class Declarations:
    def __init__(self, link: Link, topology: Topology) -> None:
        self._link = link
        self._topology = topology
        self._running: dict[Need, asyncio.Task[None]] = {}

    async def ensure(self, wire: Wire, needs: Iterable[Need]) -> dict[Need, Exception]:
        """Declare what this connection has not declared yet. Answers what could not be, and why."""
        missing = {need for need in needs if need not in wire.declared}
        if not missing:
            return {}
        failures = await self._declare_all({HOME} - wire.declared)
        return dict.fromkeys(missing, failures[HOME]) if failures else await self._declare_all(missing)

    async def _declare_all(self, needs: set[Need]) -> dict[Need, Exception]:
        tasks = {need: self._running.get(need) or self._start(need) for need in needs}
        if tasks:
            await asyncio.wait(tasks.values())
        return {need: failure for need, task in tasks.items() if (failure := _failure(task)) is not None}

    def forget(self, needs: Iterable[Need]) -> None:
        """And the way home too, for whoever deletes one thing may have deleted all."""
        if self._link.live is not None:
            self._link.live.declared.difference_update({HOME, *needs})

    def _start(self, need: Need) -> asyncio.Task[None]:
        """One declaration at a time of each thing, for all who wait for it."""
        task = asyncio.create_task(self._declare(need), name=f"declare {need.name}")
        self._running[need] = task
        task.add_done_callback(lambda _: self._running.pop(need, None))
        return task

    async def _declare(self, need: Need) -> None:
        async def declare(wire: Wire, channel: AbstractChannel) -> None:
            match need.kind:
                case "home":
                    await self._topology.declare_home(channel, wire.version)
                case "queue":
                    await self._topology.declare_queue(channel, need.name, wire.version)
                case _:
                    await self._topology.declare_step(channel, need.name, wire.version)
            wire.declared.add(need)

        await self._link.ask(declare)


def _failure(task: asyncio.Task[None]) -> Exception | None:
    if task.cancelled():
        return ConnectionError("the broker object was closed")
    failure = task.exception()
    if failure is not None and not isinstance(failure, Exception):
        raise failure
    return failure
