"""SIGKILL at each step of the protocols: before a call of a port, while it waits for its answer, and after it."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import uuid_utils.compat as uuids

from queueing.dispatch import Letter
from queueing.domain import ports
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.message import Incoming
from queueing.domain.schedules import Schedule
from queueing.domain.timing import Every
from tests.chaos.deadly import BROKERS, STORES, deadly
from tests.chaos.failpoint import Failpoint
from tests.chaos.figures import report
from tests.chaos.fleet import Child
from tests.chaos.handlers import OPTIONS
from tests.chaos.ledger import ADDED
from tests.chaos.nursery import Order
from tests.chaos.points import EXCUSED, POINTS, Point, Role
from tests.chaos.scene import Scene, staged
from tests.chaos.size import sized
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers.rabbitmq import PrivateRabbitMQ

PROTOCOLS: dict[str, tuple[type, ...]] = {
    "store": (ports.JobStore, ports.ScheduleStore),
    "broker": (ports.Broker,),
    "delivery": (ports.Delivery,),
    "subscription": (ports.Subscription,),
}
DEATH = 20.0
"""Seconds within which a process reaches its failpoint."""
SHORT = 0.02


@pytest.mark.parametrize("port", PROTOCOLS)
def test_every_call_of_a_port_has_a_failpoint_or_a_reason(port: str) -> None:
    members = [member for protocol in PROTOCOLS[port] for member in vars(protocol).items()]
    calls = {name for name, found in members if inspect.isfunction(found) and name[0] != "_"}
    pointed = {point.method for point in POINTS if point.port == port}
    told = pointed | EXCUSED[port].keys()
    assert calls == told, f"give {sorted(calls ^ told)} a failpoint, or a reason to have none, in tests/chaos/points.py"


class Nursery:
    """Processes that die where they are told to, one at a time, each with a queue of its own."""

    def __init__(self, scene: Scene, child: Child) -> None:
        self._scene, self._child = scene, child

    async def lives(self, order: Order) -> int:
        """Begins to live; returns its process id."""
        stdin = self._child.process.stdin
        assert stdin is not None
        stdin.write(msgspec.json.encode(order) + b"\n")
        return int(await self._line())

    async def dies(self, pid: int, point: Failpoint) -> None:
        try:
            code = int(await self._line())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            await self._line()
            code = 0
        if code != -signal.SIGKILL:
            pytest.fail(f"{point} was not reached; the process ended with {code}:\n{self._child.output[-3000:]}")

    async def _line(self) -> bytes:
        stdout = self._child.process.stdout
        assert stdout is not None
        return await asyncio.wait_for(stdout.readline(), DEATH)


@asynccontextmanager
async def nursery(scene: Scene) -> AsyncIterator[Nursery]:
    child = await Child.start(scene.setup, "tests.chaos.nursery", log=scene.folder / "nursery.log", talks=True)
    try:
        yield Nursery(scene, child)
    finally:
        await child.end(signal.SIGKILL)


class Stage:
    """Makes what a process of each role needs to come by its failpoint, and lets it die there."""

    def __init__(self, scene: Scene, nursery: Nursery) -> None:
        self._scene, self._nursery = scene, nursery

    async def play(self, point: Point, moment: str, queue: str) -> None:
        scene = self._scene
        failpoint = Failpoint(port=point.port, method=point.method, moment=moment, ledger=scene.setup.ledger)
        setup = msgspec.structs.replace(
            scene.setup,
            amqp_url=deadly(scene.setup.amqp_url), redis_url=deadly(scene.setup.redis_url), brokers=BROKERS,
            stores=STORES, queues=(queue,), leads=point.role is Role.LEAD, patience=0.2, grace=0.1,
        )  # fmt: skip
        order = Order(
            role="producer" if point.role is Role.ADD else "worker", setup=setup,
            failpoint=msgspec.json.encode(failpoint).decode(), jobs=2, seconds=SHORT,
        )  # fmt: skip
        job = await self._prepare(point.role, queue)
        pid = await self._nursery.lives(order)
        if point.role is Role.STOP:
            await eventually(lambda: any(run.job == job for run in scene.ledger.refresh().runs), timeout=DEATH)
            os.kill(pid, signal.SIGTERM)
        await self._nursery.dies(pid, failpoint)
        await self._bury(pid)

    async def _prepare(self, role: Role, queue: str) -> str:
        match role:
            case Role.WORK:
                await self._add(queue, "stumble", 2)
            case Role.REBUILD:
                job = await self._add(queue, "step", 1)
                await self._forget(job)
            case Role.PARK:
                await self._add(queue, "step", 1, seconds=0.5, copies=2)
            case Role.STOP:
                return await self._add(queue, "wait_for_go", 1)
            case Role.LEAD:
                await self._unsent(queue)
                await self._orphan(queue)
                await self._add(queue, "step", 1, delay=0.2)
                await self._schedule(queue)
            case Role.ADD:
                pass
        return ""

    async def _add(
        self, queue: str, type_: str, jobs: int, *, seconds: float = SHORT, copies: int = 1, delay: float = 0
    ) -> str:
        payload = None if type_ == "wait_for_go" else {"seconds": seconds}
        options = msgspec.structs.replace(OPTIONS, delay=delay or None)
        ids = await self._scene.observer.producer.add_many(queue, type_, [payload] * jobs, options)
        for job in ids:
            self._scene.pen.write(ADDED, job)
            for _ in range(copies - 1):
                [found] = await self._scene.observer.store.specs([JobRef(job, 1)])
                assert found is not None
                await self._scene.observer.dispatch.send(Letter(spec=found[0], ref=JobRef(job, 1)))
        return ids[0]

    async def _unsent(self, queue: str) -> JobSpec:
        """A job whose enqueuer died between record and message."""
        spec = JobSpec(
            id=str(uuids.uuid7()), queue=queue, type="step", payload=b'{"seconds":0.02}', options=OPTIONS,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        await self._scene.observer.store.add([spec])
        self._scene.pen.write(ADDED, spec.id)
        return spec

    async def _orphan(self, queue: str) -> None:
        """A job that a worker took and left, and its message with it."""
        spec = await self._unsent(queue)
        store = self._scene.observer.store
        await store.confirm([JobRef(spec.id, 1)])
        [verdict] = await store.claim([Incoming(spec=spec, epoch=1, attempt=0)], worker="a-ghost")
        assert isinstance(verdict, ports.Run)

    async def _schedule(self, queue: str) -> None:
        """One that comes due every second, until the leader is dead."""
        wanted = Schedule(
            name=queue, type="step", queue=queue, timing=Every(1), payload=b'{"seconds":0.02}', options=OPTIONS,
            source="console",
        )  # fmt: skip
        await self._scene.observer.operations.declare_schedule(wanted)

    async def _forget(self, job: str) -> None:
        connection = self._scene.observer.store._connection  # type: ignore[attr-defined]
        prefix = f"{{{self._scene.setup.prefix}}}:"
        assert await connection.call("DEL", f"{prefix}job:{job}", f"{prefix}spec:{job}")

    async def _bury(self, pid: int) -> None:
        """As its supervisor does, and let the next one lead at once."""
        store = self._scene.observer.store
        for worker in await store.workers():
            if worker.pid == pid:
                await store.forget_worker(worker.id)
        if leader := await store.leader():
            await store.resign(leader)
        for schedule in await store.schedules(firings=0):
            await store.remove_schedule(schedule.name)


@pytest.mark.timeout(sized(ci=150, long=600))
async def test_a_process_may_die_at_any_step(
    tmp_path: Path, crashing_rabbitmq: PrivateRabbitMQ, redis_url: str
) -> None:
    """A worker, a leader or an enqueuer is killed at one step of the protocols, for each of them; then a worker that
    nothing happens to finishes all. Each step has queues of its own, and so many would use up the file handles of a
    shared RabbitMQ, which then answers nobody.

    Answers celery #1628 and rq #2015 (lost on SIGKILL), celery #5410 and kombu #2336 (silent publish loss), rq #944
    and arq #343 (orphans stuck running), rq #2289 (a success is later marked failed).
    """
    steps = [(point, moment) for point in POINTS for moment in point.moments]
    queues = tuple(f"step{number}" for number in range(len(steps)))
    async with (
        own_prefix(crashing_rabbitmq.url, redis_url, *queues) as prefix,
        staged(tmp_path, amqp_url=crashing_rabbitmq.url, redis_url=redis_url, prefix=prefix, queues=queues) as scene,
    ):
        async with nursery(scene) as young:
            stage = Stage(scene, young)
            for (point, moment), queue in zip(steps, queues, strict=True):
                await stage.play(point, moment, queue)
        scene.setup.path.with_suffix(".go").touch()
        healthy = msgspec.structs.replace(scene.setup, patience=1.0)
        async with scene.workers(healthy):
            await scene.settled(timeout=sized(ci=60, long=120))
        verdict = await scene.verdict()
    report("SIGKILL at each step", len(steps), verdict)
    assert verdict.faults == {}, verdict
