"""Progress and log lines of running jobs, on their way to the store."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from queueing.domain.context import JobContext
from queueing.domain.ports import JobStore, Report
from queueing.errors import StoreError

log: Final = logging.getLogger("queueing.worker")

INTERVAL: Final = 0.2
"""Seconds between two reports of one worker; what is said meanwhile goes together."""


class Reporter:
    """Collects what contexts have to tell and writes it in one batch."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._told: dict[JobContext, str] = {}
        self._dirty: set[JobContext] = set()
        self._wake = asyncio.Event()

    def watch(self, context: JobContext, token: str) -> None:
        self._told[context] = token

    def forget(self, context: JobContext) -> None:
        self._told.pop(context, None)
        self._dirty.discard(context)

    def tell(self, context: JobContext) -> None:
        """A context has news. From any thread."""
        if context not in self._dirty:
            self._loop.call_soon_threadsafe(self._mark, context)

    def _mark(self, context: JobContext) -> None:
        self._dirty.add(context)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            await self.flush()
            await asyncio.sleep(INTERVAL)

    async def flush(self) -> None:
        """Write what is there."""
        self._wake.clear()
        dirty, self._dirty = self._dirty, set()
        await self._report([found for context in dirty if (found := self._take(context))])

    async def flush_one(self, context: JobContext) -> None:
        """The last progress of an attempt that is about to be settled."""
        if context in self._dirty:
            self._dirty.discard(context)
            if found := self._take(context):
                await self._report([found])

    def _take(self, context: JobContext) -> Report | None:
        token = self._told.get(context)
        progress, lines = context.take()
        if token is None or not (progress or lines):
            return None
        return Report(ref=context.ref, token=token, progress=progress, log=lines)

    async def _report(self, reports: list[Report]) -> None:
        if not reports:
            return
        try:
            await self._store.report(reports)
        except StoreError as failure:
            # News, not outcomes: losing them costs a picture, holding them would cost memory without bound.
            log.warning("Progress and log lines of %d jobs were not kept: %s", len(reports), failure)
        except Exception:
            # What handlers say is theirs; whatever it is, it must not end the worker and all its other jobs.
            log.exception("Progress and log lines of %d jobs could not be written.", len(reports))
