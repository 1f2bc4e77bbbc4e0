"""What the console may tell a worker."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from queueing.domain.ports import Command
from queueing.errors import StoreError
from queueing.worker.dump import dump
from queueing.worker.executor import Stop

if TYPE_CHECKING:
    from queueing.worker.life import Life

log: Final = logging.getLogger("queueing.worker")

MOST_SLOTS: Final = 10_000
DUMP_TTL: Final = 3600.0
"""Seconds that a dump is kept for the console."""


async def obey(life: Life, command: Command) -> None:
    """Never waits for a broker: it is called between two heartbeats."""
    match command.kind:
        case "cancel":
            if attempt := life.attempts.get(command.value):
                attempt.stop(Stop.CANCEL)
        case "quiet":
            life.be_quiet(True)
        case "resume":
            life.be_quiet(False)
        case "stop":
            life.stop()
        case "concurrency":
            _resize(life, command.value)
        case "dump":
            await _dump(life)
        case _:
            log.warning("Worker %s does not know the command %r.", life.id, command.kind)


def _resize(life: Life, value: str) -> None:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MOST_SLOTS):
        log.warning("Worker %s was told concurrency %r; it takes 1 to %d.", life.id, value[:40], MOST_SLOTS)
        return
    log.info("Worker %s runs %s jobs at a time now.", life.id, value)
    life.resize(int(value))


async def _dump(life: Life) -> None:
    text = f"taken {life.store.clock.now().isoformat()}\n{dump()}"
    log.info("What worker %s is doing:\n%s", life.id, text)
    try:
        await life.store.keep_dump(life.id, text, ttl=DUMP_TTL)
    except StoreError as failure:
        log.warning("The dump of worker %s is in this log only: %s", life.id, failure)
