"""What operators do to jobs and queues."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import uuid_utils.compat as uuids

from queueing.dispatch import Dispatch, Letter
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import Broker, Changed, Command, JobStore, Receipt
from queueing.domain.reading import JobFilter
from queueing.domain.schedules import Declared, Schedule
from queueing.domain.states import WAITING, JobState
from queueing.domain.timing import next_tick
from queueing.errors import ScheduleNotFound

CHUNK: Final = 500


class Operations:
    """Each act is recorded first, then published; an unpublished one is in the outbox and will be.

    ``by`` names who acts, as the console and the logs show it.
    """

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch) -> None:
        self._broker, self._store, self._dispatch = broker, store, dispatch

    async def retry(
        self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None, comebacks: int | None = None
    ) -> list[Changed]:
        """Put finished jobs back on their queues: replay a dead letter, retry a failure, run a success again.

        ``comebacks``: failed jobs that were replayed and failed in the same way so often are refused.
        """
        return await self._published(await self._store.replay(ids, by=by, receipt=receipt, comebacks=comebacks))

    async def hasten(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        """Run scheduled and retrying jobs now."""
        return await self._published(await self._store.hasten(ids, by=by, receipt=receipt))

    async def cancel(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        """Call off waiting jobs; ask running ones to stop."""
        return await self._store.cancel(ids, by=by, receipt=receipt)

    async def discard(self, ids: Sequence[str], *, receipt: Receipt | None = None) -> list[Changed]:
        """Delete finished jobs."""
        return await self._store.discard(ids, receipt=receipt)

    async def retry_matching(self, wanted: JobFilter, *, by: str) -> tuple[int, int]:
        """Retry all finished jobs that match and had finished when this was called. Returns (done, refused)."""
        return await self._each_chunk(wanted, lambda ids: self.retry(ids, by=by))

    async def replay_queue(self, queue: str, *, by: str) -> tuple[int, int]:
        """Replay all dead letters of a queue. Returns (replayed, refused)."""
        return await self.retry_matching(JobFilter(states=(JobState.FAILED,), queues=(queue,)), by=by)

    async def discard_matching(self, wanted: JobFilter) -> tuple[int, int]:
        return await self._each_chunk(wanted, self.discard)

    async def retry_group(
        self, group: str, *, by: str, limit: int = CHUNK, comebacks: int | None = None
    ) -> list[Changed]:
        """Retry the longest failed jobs of a failure group, ``limit`` of them; ``comebacks`` as for ``retry``."""
        return await self.retry(await self._store.group_ids(group, limit=limit), by=by, comebacks=comebacks)

    async def discard_group(self, group: str, *, limit: int = CHUNK) -> list[Changed]:
        return await self.discard(await self._store.group_ids(group, limit=limit))

    async def mute_group(self, group: str, *, seconds: float | None, by: str) -> bool:
        """Out of the open ones for so many seconds, or until it is unmuted. False: there is no such group."""
        return await self._store.mute_group(group, seconds=seconds, by=by)

    async def unmute_group(self, group: str) -> bool:
        return await self._store.unmute_group(group)

    async def note_group(self, group: str, text: str, *, by: str) -> bool:
        return await self._store.note_group(group, text, by=by)

    async def pause(self, queue: str, *, by: str) -> None:
        await self._store.pause(queue, paused=True, by=by)

    async def resume(self, queue: str, *, by: str) -> None:
        await self._store.pause(queue, paused=False, by=by)

    async def purge(self, queue: str, *, by: str) -> int:
        """Cancel every waiting job of the queue and remove its messages. Returns how many jobs were cancelled."""
        done, _ = await self._each_chunk(
            JobFilter(states=tuple(sorted(WAITING)), queues=(queue,)), lambda ids: self.cancel(ids, by=by)
        )
        await self._broker.purge(queue)
        return done

    async def fix_limit(self, scope: Scope, limit: Limit | None, *, by: str) -> None:
        """Over all workers, whatever code and settings say, until it is freed. None: no limit."""
        await self._store.fix_limit(scope, limit, by=by)

    async def free_limit(self, scope: Scope) -> None:
        """Back to what code and settings say; workers say it again within seconds."""
        await self._store.free_limit(scope)

    async def command(self, worker: str, command: Command) -> None:
        await self._store.command(worker, command)

    async def declare_schedule(self, schedule: Schedule) -> Declared:
        """Put it in force, in the place of one of that name and source."""
        return await self._store.declare_schedules([schedule], source=schedule.source)

    async def remove_schedule(self, name: str) -> bool:
        """With its history. One of the code comes back when a worker is started that has it."""
        return await self._store.remove_schedule(name)

    async def pause_schedule(self, name: str, *, by: str) -> None:
        """Ticks that pass meanwhile are left out. Raises ScheduleNotFound."""
        if not await self._store.pause_schedule(name, paused=True, by=by):
            raise ScheduleNotFound(name)

    async def resume_schedule(self, name: str, *, by: str) -> None:
        """Go on with the next tick from now. Raises ScheduleNotFound."""
        found = await self._schedule(name)
        next_at = next_tick(found.timing, self._store.clock.now())
        if not await self._store.pause_schedule(name, paused=False, by=by, next_at=next_at):
            raise ScheduleNotFound(name)

    async def run_schedule(self, name: str, *, by: str) -> str:
        """Add its job now, beside its ticks, and return the id. Raises ScheduleNotFound."""
        found = await self._schedule(name)
        spec = found.job(str(uuids.uuid7()), self._store.clock.now())
        spec = msgspec.structs.replace(spec, created_by=by)
        added = await self._store.fire_now(name, spec, by=by)
        if added is None:
            raise ScheduleNotFound(name)
        if not added.existing:
            # What cannot be sent now waits in the outbox.
            await self._dispatch.send_all([Letter(spec=spec, ref=added.ref, delay=added.delay)])
        return added.ref.id

    async def _schedule(self, name: str) -> Schedule:
        await self._store.tune_clock()
        found = await self._store.schedule(name, firings=0)
        if found is None:
            raise ScheduleNotFound(name)
        return found.schedule

    async def _published(self, changes: list[Changed]) -> list[Changed]:
        refs = [change.ref for change in changes if change.done and change.ref]
        if refs:
            await self._dispatch.resend(refs)
        return changes

    async def _each_chunk(
        self, wanted: JobFilter, act: Callable[[Sequence[str]], Awaitable[list[Changed]]]
    ) -> tuple[int, int]:
        done = refused = 0
        async for ids in self._chunks(wanted):
            for change in await act(ids):
                done += change.done
                refused += not change.done
        return done, refused

    async def _chunks(self, wanted: JobFilter) -> AsyncIterator[list[str]]:
        """Ids that match now, frozen before the first is touched: acting moves jobs under the cursor."""
        await self._store.tune_clock()
        until = wanted.until or self._store.clock.now()
        frozen: list[str] = []
        after: str | None = None
        while True:
            ids, after = await self._store.ids(_until(wanted, until), after=after, limit=5_000)
            frozen += ids
            if after is None:
                break
        for start in range(0, len(frozen), CHUNK):
            yield frozen[start : start + CHUNK]


def _until(wanted: JobFilter, moment: datetime) -> JobFilter:
    """Scheduled jobs lie in the future; only finished states can be bounded by now."""
    if any(state in WAITING for state in wanted.states):
        return wanted
    return msgspec.structs.replace(wanted, until=moment)
