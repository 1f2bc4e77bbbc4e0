"""The hub of this process, on the web server's loop."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.urls import get_resolver

from dashboard import engine
from dashboard.live.hub import Hub
from dashboard.live.registry import Watched
from dashboard.live.source import StoreSource
from queueing import runtime, sync

_hub: tuple[asyncio.AbstractEventLoop, Hub] | None = None
_now: engine.Moment | None = None


def hub() -> Hub:
    global _hub
    loop = asyncio.get_running_loop()
    if _hub is None or _hub[0] is not loop:
        # Views register themselves when the URLs are loaded, which is at the first request. After a restart the first
        # to come may be a page's socket.
        get_resolver().url_patterns  # noqa: B018
        source = StoreSource(lambda: runtime.cluster().store, sync.arun)
        _hub = loop, Hub(source, render, interval=settings.LEVERET.get("LIVE_INTERVAL", 0.25))
    return _hub[1]


async def render(watched: Watched) -> str:
    # In a thread of its own: the views are synchronous, and one that waits must not hold up the others.
    return await sync_to_async(_render, thread_sensitive=False)(watched, _moment())


def _moment() -> engine.Moment:
    """One for all that is rendered from the same turn of the loop on: none of them is to know of what came before it,
    and together they ask the servers once."""
    global _now
    if _now is None:
        _now = engine.Moment()
        asyncio.get_running_loop().call_soon(_pass)
    return _now


def _pass() -> None:
    global _now
    _now = None


def _render(watched: Watched, moment: engine.Moment) -> str:
    try:
        with engine.one_moment(moment):
            return watched.render()
    finally:
        close_old_connections()
