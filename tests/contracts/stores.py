"""What the store tests share, and taking away what was made on a real Redis."""

from __future__ import annotations

from redis.asyncio import Redis

from queueing.testing.contracts.jobs import (
    NOON,
    QUEUE,
    TYPE,
    added,
    alive,
    attempt,
    claimed,
    ending,
    in_state,
    index_of,
    job,
    message,
    record,
    running,
    settled,
    state_of,
    status,
)

__all__ = [
    "NOON",
    "QUEUE",
    "TYPE",
    "added",
    "alive",
    "attempt",
    "claimed",
    "ending",
    "in_state",
    "index_of",
    "job",
    "message",
    "record",
    "running",
    "settled",
    "state_of",
    "status",
    "take_away",
]


async def take_away(client: Redis, prefix: str) -> None:
    """Delete the keys of this prefix only."""
    found = [key async for key in client.scan_iter(match=f"{{{prefix}}}:*", count=1000)]
    if found:
        await client.unlink(*found)
