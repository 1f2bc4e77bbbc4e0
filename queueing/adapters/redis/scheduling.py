"""Schedules: declaring them, firing them, and what became of their jobs."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from queueing.adapters.redis.base import Part, chunks
from queueing.adapters.redis.connection import Connection
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, ms
from queueing.adapters.redis.producing import added, new_record
from queueing.domain.job import JobSpec
from queueing.domain.ports import Added
from queueing.domain.schedules import LEASE, Declared, Due, Firing, Pass, Schedule, ScheduleStatus, Source
from queueing.domain.states import JobState
from queueing.domain.timing import next_tick

log: Final = logging.getLogger("queueing.store")

FORGOTTEN: Final = 86_400.0
"""Seconds after which such a one goes, if its time comes."""
AT_ONCE: Final = 50

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Schedule).decode
_line: Final = msgspec.json.Decoder(tuple[float, float, str, str, int, str]).decode


class Scheduling(Part):
    def __init__(self, connection: Connection, retention: Mapping[JobState, float] | None) -> None:
        super().__init__(connection, retention)
        self._unread: set[bytes] = set()
        """Those that cannot be read here. Leaders meet them twice a second."""

    async def declare_schedules(
        self,
        schedules: Sequence[Schedule],
        *,
        source: Source,
        at: datetime | None = None,
        retire: Collection[str] | None = (),
    ) -> Declared:
        await self.tune_clock()
        now = self.clock.now()
        types = retire or ()
        head: list[Arg] = [source, "" if at is None else ms(at), int(retire is None), len(types), *types]
        declared: list[Arg] = [arg for schedule in schedules for arg in _declaration(schedule, now)]
        since, taken = await self._connection.run("declare_schedules", [*head, *declared])
        return Declared(at=moment(since), taken=tuple(name.decode() for name in taken))

    async def knows_schedules(self, source: Source) -> bool:
        return bool(await self._connection.call("EXISTS", self._keys("whole", source)))

    async def due_schedules(self, *, limit: int, lease: float) -> list[Due]:
        args: list[Arg] = [limit, round(lease * 1000), round(FORGOTTEN * 1000)]
        now, *rows = await self._connection.run("due_schedules", args)
        found: list[Due] = []
        for version, due, packed in chunks(rows, 3):
            if schedule := self._read(packed):
                found.append(Due(schedule=schedule, due_at=moment(due), now=moment(now), version=version))
        return found

    async def fire(self, due: Due, found: Pass) -> list[Added] | None:
        name = due.schedule.name
        args: list[Arg] = [name, "", due.version, ms(due.due_at), ms(found.next_at), found.missed]
        for tick in found.ticks:
            args += [ms(tick), *new_record(due.schedule.job_at(tick, due.now))]
        answers = await self._connection.run("fire", args)
        return None if answers is None else [added(answer) for answer in answers]

    async def fire_now(self, name: str, spec: JobSpec, *, by: str) -> Added | None:
        args: list[Arg] = [name, by, "", "", "", 0, ms(spec.created_at), *new_record(spec)]
        answers = await self._connection.run("fire", args)
        if answers is None:
            return None
        if answers:
            return added(answers[0])
        return await self._holder(spec)

    async def _holder(self, spec: JobSpec) -> Added:
        """Another job has its unique key: added once more, it is answered with that one."""
        [answer] = await self._connection.run("add", new_record(spec))
        return added(answer)

    async def note_runs(self, *, limit: int) -> int:
        return int(await self._connection.run("note_runs", [limit]))

    async def pause_schedule(self, name: str, *, paused: bool, by: str, next_at: datetime | None = None) -> bool:
        act = "pause" if paused else "resume"
        return bool(await self._connection.run("mark_schedule", [name, act, by, ms(next_at) if next_at else ""]))

    async def remove_schedule(self, name: str) -> bool:
        return bool(await self._connection.run("mark_schedule", [name, "remove", "", ""]))

    async def schedules(self, *, firings: int) -> list[ScheduleStatus]:
        names = await self._connection.call("ZRANGE", self._keys("schedules"), 0, -1)
        found: list[ScheduleStatus] = []
        for some in chunks(names, AT_ONCE):
            found += await self._statuses(some, firings)
        return sorted(found, key=lambda status: (not status.fires, status.due_at, status.name))

    async def count_schedules(self) -> int:
        return int(await self._connection.call("ZCARD", self._keys("schedules")))

    async def schedule(self, name: str, *, firings: int) -> ScheduleStatus | None:
        found = await self._statuses([name], firings)
        return found[0] if found else None

    def _read(self, packed: bytes) -> Schedule | None:
        """None for one that only another release, or a host with more time zones, understands."""
        try:
            return _unpack(packed)
        except msgspec.MsgspecError as wrong:
            if packed not in self._unread:
                self._unread.add(packed)
                log.warning("A schedule is left to others, for it cannot be read here: %s", wrong)
            return None

    async def _statuses(self, names: Sequence[Arg], firings: int) -> list[ScheduleStatus]:
        now, *rows = await self._connection.run("schedules", [firings, *names])
        return [_status(schedule, row, moment(now)) for row in rows if (schedule := self._read(row[0]))]


def _declaration(schedule: Schedule, now: datetime) -> list[Arg]:
    timing = msgspec.json.encode(schedule.timing)
    due = ms(next_tick(schedule.timing, now))
    return [schedule.name, schedule.type, _pack(schedule), timing, schedule.overlap.value, due]


def _status(schedule: Schedule, row: Sequence[Any], now: datetime) -> ScheduleStatus:
    _, since, due, paused, paused_at, declared, firings = row
    seen = moment(declared or 0)
    return ScheduleStatus(
        schedule=schedule,
        declared_at=moment(since),
        due_at=moment(due),
        paused=paused is not None,
        paused_by=(paused or b"").decode(),
        paused_at=moment(paused_at) if paused_at else None,
        lapsed=schedule.source == "code" and now - seen > timedelta(seconds=LEASE),
        firings=tuple(_firing(*firing) for firing in firings),
    )


def _firing(packed: bytes, state: bytes, begun: bytes, finished: bytes) -> Firing:
    tick, at, kind, job, missed, by = _line(packed)
    return Firing(
        tick=moment(tick),
        at=moment(at),
        kind=kind,  # type: ignore[arg-type]  # as fire.lua writes it
        job=job,
        missed=missed,
        by=by,
        state=JobState(state.decode()) if state else None,
        started_at=moment(begun) if begun else None,
        finished_at=moment(finished) if finished else None,
    )
