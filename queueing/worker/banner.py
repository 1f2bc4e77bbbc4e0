"""What a worker says when it starts."""

from __future__ import annotations

from urllib.parse import urlsplit

from queueing.conf import ClusterConfig
from queueing.worker.version import VERSION
from queueing.worker.worker import Worker


def banner(worker: Worker, config: ClusterConfig) -> str:
    types = [known.name for known in worker.registry]
    lines = {
        "queues": ", ".join(worker.queues),
        "job types": ", ".join(types[:8]) + (f" and {len(types) - 8} more" if len(types) > 8 else "") or "none",
        "concurrency": str(worker.options.concurrency),
        "broker": place(config.amqp_url),
        "store": place(config.redis_url),
    }
    width = max(map(len, lines))
    return "\n".join(
        [
            f"Leveret {VERSION}",
            *(f"  {name:<{width}}  {text}" for name, text in lines.items()),
            f"Working. Ctrl-C stops it: running jobs may take {worker.options.grace:g} s more.",
        ]
    )


def place(url: str) -> str:
    """A URL without its credentials."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    path = parts.path if parts.path not in ("", "/") else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{path}"
