"""A Redis with very many jobs, written by the server itself: through ``add`` and ``claim`` it would take minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from queueing.adapters.redis.packing import ms
from queueing.domain.job import JobSpec
from queueing.domain.ports import JobStore
from queueing.domain.states import JobState

CHUNK = 5_000

# prefix; template id, state, score, trim moment ('' for none), first number, how many, queue:type, epoch in the outbox.
COPY = """
local P, template, state, score, ends, first, count, lane, epoch = KEYS[1], unpack(ARGV)
local fields = redis.call('HGETALL', P .. 'job:' .. template)
local queue, kind = string.match(lane, '([^:]*):(.*)')
for i = 1, #fields, 2 do
  if fields[i] == 'q' then fields[i + 1] = queue elseif fields[i] == 't' then fields[i + 1] = kind end
end
local spec = redis.call('GET', P .. 'spec:' .. template)
local attempts = redis.call('LRANGE', P .. 'attempts:' .. template, 0, -1)
redis.call('SADD', P .. 'lanes', lane)
redis.call('SADD', P .. 'queues', queue)
if ends ~= '' then redis.call('ZADD', P .. 'trim', ends, ends) end
for number = first, first + count - 1 do
  local id = string.format('00000000-%012d-copy-of-%s', number, state)
  redis.call('HSET', P .. 'job:' .. id, unpack(fields))
  if spec then redis.call('SET', P .. 'spec:' .. id, spec) end
  if #attempts > 0 then redis.call('RPUSH', P .. 'attempts:' .. id, unpack(attempts)) end
  redis.call('ZADD', P .. 'lane:' .. lane .. ':' .. state, score + number % 1000, id)
  if ends ~= '' then redis.call('RPUSH', P .. 'trim:' .. ends, id) end
  if epoch ~= '' then redis.call('ZADD', P .. 'outbox', score, id .. ':' .. epoch) end
end
"""


class Crowd:
    """Copies of jobs that went their usual way."""

    def __init__(self, store: JobStore, client: Redis, prefix: str) -> None:
        self._store, self._client, self._base = store, client, f"{{{prefix}}}:"
        self._next = 0

    async def copy(
        self,
        template: JobSpec,
        count: int,
        *,
        lanes: Sequence[tuple[str, str]] = (),
        trimmed: bool = False,
        unsent: bool = False,
    ) -> None:
        """``count`` copies over ``lanes``; ``trimmed``: their retention has ended; ``unsent``: with outbox entries."""
        [found] = await self._store.summaries([template.id])
        assert found is not None
        score = ms(found.finished_at or found.started_at or found.due_at or found.created_at)
        moments = 20 if trimmed else 1
        share = max(1, min(CHUNK, count // max(len(lanes), moments)))
        for part, first in enumerate(range(0, count, share)):
            queue, kind = lanes[part % len(lanes)] if lanes else (found.queue, found.type)
            ends = score + part % moments if trimmed else ""
            await self._write(
                template.id,
                found.state,
                score,
                ends,
                self._next + first,
                min(share, count - first),
                f"{queue}:{kind}",
                found.epoch if unsent else "",
            )
        self._next += count

    async def _write(self, template: str, state: JobState, *rest: Any) -> None:
        await self._client.eval(COPY, 1, self._base, template, state.value, *rest)
