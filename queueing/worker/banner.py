"""What workers say when they start."""

from __future__ import annotations

from urllib.parse import urlsplit

from queueing.conf import ClusterConfig
from queueing.domain.registry import Registry
from queueing.worker.options import WorkerOptions
from queueing.worker.version import VERSION

SHOWN = 8


def banner(options: WorkerOptions, registry: Registry, config: ClusterConfig) -> str:
    types = [known.name for known in registry]
    more = f" and {len(types) - SHOWN} more" if len(types) > SHOWN else ""
    lines = {
        "queues": ", ".join(options.queues or registry.queues()),
        "job types": (", ".join(types[:SHOWN]) or "none") + more,
        "workers": f"{options.workers}, each with {options.concurrency} jobs at a time",
        "broker": place(config.amqp_url),
        "store": place(config.redis_url),
    }
    width = max(map(len, lines))
    return "\n".join(
        [
            f"Leveret {VERSION}",
            *(f"  {name:<{width}}  {text}" for name, text in lines.items()),
            f"Working. Ctrl-C stops it: running jobs may take {options.grace:g} s more, then they are handed back.",
        ]
    )


def place(url: str) -> str:
    """A URL without its credentials."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    path = parts.path if parts.path not in ("", "/") else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{path}"
