"""The one workload of all benchmarks: a handler that does nothing with 147 bytes of JSON, its result kept in Redis."""

from __future__ import annotations

import os
import time
from typing import Any, Final

PAYLOAD: Final = {
    "to": "mira@example.org",
    "subject": "Your order 4711 (May 4)",
    "body": "It is on its way and arrives tomorrow." * 2,
}

AMQP_URL: Final = os.environ.get("LEVERET_AMQP_URL", "amqp://guest:guest@localhost/")
REDIS_URL: Final = os.environ.get("BENCH_REDIS_URL", "redis://localhost/0")
QUEUE: Final = os.environ.get("BENCH_QUEUE", "bench")
"""Also the prefix of whatever knows prefixes: unlike any other run's."""
VARIANT: Final = os.environ.get("BENCH_VARIANT", "")
TOLD: Final = os.environ.get("BENCH_TOLD", "")
"""Where handlers write how long each job was on its way, in the runs that ask for it."""

_told: int | None = None


def handle(payload: dict[str, Any]) -> None:
    """What every handler calls."""
    global _told
    if "sent" in payload:
        waited = time.monotonic() - payload["sent"]
        if _told is None:
            _told = os.open(TOLD, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(_told, f"{waited:.6f}\n".encode())


def timed_payload() -> dict[str, Any]:
    """All processes of a machine share the monotonic clock."""
    return {**PAYLOAD, "sent": time.monotonic()}
