from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest

from dashboard.access import Viewer
from dashboard.live import LiveView, Watched
from dashboard.live.frames import Frame
from dashboard.live.hub import Hub, Mode
from dashboard.live.registry import VIEWS
from queueing.domain.reading import Hint
from queueing.errors import NotificationsUnavailable, StoreUnavailable

ALL = Hint(kind="all")
VIEWER = Viewer(frozenset({"view"}))


class FakeStore:
    """The two things that live views ask a store, with its faults at hand."""

    def __init__(self) -> None:
        self.number = 1
        self.down = False
        self.notifies = True
        self.listeners: set[asyncio.Queue[Hint]] = set()
        self.asked = 0

    async def sequence(self) -> int:
        self.asked += 1
        if self.down:
            raise StoreUnavailable("Redis does not answer.")
        return self.number

    async def changes(self) -> AsyncIterator[Hint]:
        if not self.notifies:
            raise NotificationsUnavailable("no keyspace notifications")
        queue: asyncio.Queue[Hint] = asyncio.Queue()
        self.listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.discard(queue)

    def transition(self, job: str = "1", *, told: bool = True) -> None:
        self.number += 1
        for queue in self.listeners if told else ():
            queue.put_nowait(Hint(kind="job", id=job))


class ManualSource:
    """Hints by hand."""

    def __init__(self) -> None:
        self.hint: Callable[[Hint], None] = lambda hint: None
        self.mode: Callable[[Mode], None] = lambda mode: None
        self.following = 0
        self.breaks: Exception | None = None

    async def follow(self, hint: Callable[[Hint], None], mode: Callable[[Mode], None]) -> None:
        self.hint, self.mode = hint, mode
        self.following += 1
        try:
            if self.breaks:
                raise self.breaks
            mode("live")
            await asyncio.Event().wait()
        finally:
            self.following -= 1


@dataclass(eq=False)
class Browser:
    """A subscriber that remembers what it was told."""

    frames: list[tuple[str, Frame]] = field(default_factory=list)
    modes: list[Mode] = field(default_factory=list)

    def changed(self, watched: Watched, frame: Frame) -> None:
        self.frames.append((watched.name, frame))

    def mode_changed(self, mode: Mode) -> None:
        self.modes.append(mode)

    @property
    def htmls(self) -> list[str | None]:
        return [frame.html for _, frame in self.frames]


@dataclass
class Pages:
    """What the views would look like now, and how often they were asked."""

    html: dict[str, str] = field(default_factory=lambda: {"jobs": "<p>one</p>", "job": "<p>job</p>"})
    rendered: list[str] = field(default_factory=list)
    fails: Exception | None = None
    gate: asyncio.Event | None = None

    async def render(self, watched: Watched) -> str:
        self.rendered.append(watched.name)
        html = self.html[watched.name]
        if self.gate:
            await self.gate.wait()
        if self.fails:
            raise self.fails
        return html


def view(name: str, **more: Any) -> LiveView:
    options: dict[str, Any] = {"needs": "view", "hints": frozenset({"job"}), "about": None, "every": None} | more
    return LiveView(name=name, template="", context=lambda params, viewer: {}, **options)


@pytest.fixture(autouse=True)
def views() -> Iterator[dict[str, LiveView]]:
    made = {
        "jobs": view("jobs"),
        "job": view("job", about=lambda params: params["id"]),
        "workers": view("workers", hints=frozenset({"worker"})),
        "secret": view("secret", needs="manage"),
        "broker": view("broker", hints=frozenset(), every=0.02),
    }
    with patch.dict(VIEWS, made):
        yield made


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def source() -> ManualSource:
    return ManualSource()


@pytest.fixture
async def hub(source: ManualSource, pages: Pages) -> Hub:
    return Hub(source, pages.render, interval=0.05)


def watched(name: str, viewer: Viewer = VIEWER, **params: Any) -> Watched:
    return Watched.of(name, params, viewer)
