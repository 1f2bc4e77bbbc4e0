"""What operators do to jobs and queues."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import Broker, Changed, Command, JobStore
from queueing.domain.reading import JobFilter
from queueing.domain.states import WAITING, JobState

CHUNK: Final = 500


class Operations:
    """Each act is recorded first, then published; an unpublished one is in the outbox and will be.

    ``by`` names who acts, as the console and the logs show it.
    """

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch) -> None:
        self._broker, self._store, self._dispatch = broker, store, dispatch

    async def retry(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Put finished jobs back on their queues: replay a dead letter, retry a failure, run a success again."""
        return await self._published(await self._store.replay(ids, by=by))

    async def hasten(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Run scheduled and retrying jobs now."""
        return await self._published(await self._store.hasten(ids, by=by))

    async def cancel(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Call off waiting jobs; ask running ones to stop."""
        return await self._store.cancel(ids, by=by)

    async def discard(self, ids: Sequence[str]) -> list[Changed]:
        """Delete finished jobs."""
        return await self._store.discard(ids)

    async def retry_matching(self, wanted: JobFilter, *, by: str) -> tuple[int, int]:
        """Retry all finished jobs that match and had finished when this was called. Returns (done, refused)."""
        return await self._each_chunk(wanted, lambda ids: self.retry(ids, by=by))

    async def replay_queue(self, queue: str, *, by: str) -> tuple[int, int]:
        """Replay all dead letters of a queue. Returns (replayed, refused)."""
        return await self.retry_matching(JobFilter(states=(JobState.FAILED,), queues=(queue,)), by=by)

    async def discard_matching(self, wanted: JobFilter) -> tuple[int, int]:
        return await self._each_chunk(wanted, self.discard)

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

    async def command(self, worker: str, command: Command) -> None:
        await self._store.command(worker, command)

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
        until = wanted.until or datetime.now(UTC)
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
    return JobFilter(
        states=wanted.states,
        queues=wanted.queues,
        types=wanted.types,
        since=wanted.since,
        until=moment,
        tag=wanted.tag,
    )
