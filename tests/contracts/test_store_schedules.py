"""A schedule that this host cannot read is left to others."""

from __future__ import annotations

import msgspec
import pytest

from queueing.adapters.redis import scheduling
from queueing.domain.ports import JobStore
from queueing.domain.schedules import Schedule
from queueing.testing.contracts.schedules import LEASE, overdue, schedule


async def test_one_that_cannot_be_read_here_is_told_once_for_each_change(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown(packed: bytes) -> Schedule:
        raise msgspec.ValidationError("'Mars/Phobos' is not a time zone that this host knows.")

    await overdue(store)
    monkeypatch.setattr(scheduling, "_unpack", unknown)
    for queue in ("first", "second"):
        caplog.clear()
        await store.declare_schedules([schedule(queue=queue)], source="code")
        for _ in range(3):
            assert await store.due_schedules(limit=10, lease=LEASE) == []
            assert await store.schedules(firings=0) == []
        assert caplog.text.count("left to others") == 1, queue
