from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from django.utils.translation import gettext

from dashboard.enginewords import said
from dashboard.live.frames import Frame
from dashboard.live.registry import Watched
from queueing.domain.reading import Hint
from queueing.errors import LeveretError

log = logging.getLogger(__name__)

Mode: TypeAlias = Literal["live", "polling", "blind"]
"""live: changes announce themselves; polling: the store is asked whether there were any; blind: it does not answer."""
Render: TypeAlias = Callable[[Watched], Awaitable[str]]

AGAIN = 1.0
"""Seconds until a source that failed is followed again."""


class Subscriber(Protocol):
    """Told on the hub's loop; must only note and return."""

    def changed(self, watched: Watched, frame: Frame) -> None: ...

    def mode_changed(self, mode: Mode) -> None: ...


class Source(Protocol):
    async def follow(self, hint: Callable[[Hint], None], mode: Callable[[Mode], None]) -> None:
        """Report hints, and how they are come by, until cancelled."""


@dataclass(eq=False)
class Subject:
    """One watched view, rendered once for all its subscribers."""

    watched: Watched
    about: str | None
    subscribers: set[Subscriber] = field(default_factory=set)
    newcomers: set[Subscriber] = field(default_factory=set)
    """Have not been told anything yet."""
    dirty: asyncio.Event = field(default_factory=asyncio.Event)
    digest: str = ""
    keeper: asyncio.Task[None] | None = None


class Hub:
    """One per process. Nothing runs while nobody watches: no task, no subscription, no poll."""

    def __init__(self, source: Source, render: Render, *, interval: float) -> None:
        self._source, self._render, self._interval = source, render, interval
        self._subjects: dict[Watched, Subject] = {}
        self._follower: asyncio.Task[None] | None = None
        self.mode: Mode = "live"

    def watch(self, watched: Watched, subscriber: Subscriber) -> None:
        """From now on tell ``subscriber`` how the view looks: once now, whether it has changed or not (the page was
        made before), and then at each change."""
        subject = self._subjects.get(watched)
        if subject is None:
            subject = self._subjects[watched] = Subject(watched, watched.about)
            subject.keeper = asyncio.create_task(self._keep(subject), name=f"live {watched.name}")
        subject.subscribers.add(subscriber)
        # Not the frame of before: the page may have been made after it, and would jump back.
        subject.newcomers.add(subscriber)
        subject.dirty.set()
        if self._follower is None:
            self._follower = asyncio.create_task(self._follow(), name="live hints")

    def leave(self, watched: Watched, subscriber: Subscriber) -> None:
        subject = self._subjects.get(watched)
        if subject is None:
            return
        subject.subscribers.discard(subscriber)
        subject.newcomers.discard(subscriber)
        if not subject.subscribers:
            del self._subjects[watched]
            _cancel(subject.keeper)
        if not self._subjects:
            _cancel(self._follower)
            self._follower = None

    @property
    def idle(self) -> bool:
        return not self._subjects and self._follower is None

    async def _follow(self) -> None:
        while True:
            try:
                await self._source.follow(self._hint, self._set_mode)
            except Exception:
                # A hub that silently stopped following would show old data as live.
                log.exception("Live hints stopped; they are followed again.")
            self._set_mode("blind")
            await asyncio.sleep(AGAIN)

    def _hint(self, hint: Hint) -> None:
        for subject in self._subjects.values():
            if not subject.dirty.is_set() and subject.watched.view.concerned(hint, subject.about):
                subject.dirty.set()

    def _set_mode(self, mode: Mode) -> None:
        if mode == self.mode:
            return
        self.mode = mode
        for subscriber in {one for subject in self._subjects.values() for one in subject.subscribers}:
            subscriber.mode_changed(mode)

    async def _keep(self, subject: Subject) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(subject.dirty.wait(), subject.watched.view.every)
            # Before rendering: what changes meanwhile makes it dirty again.
            subject.dirty.clear()
            begun = time.monotonic()
            self._tell(subject, await self._frame(subject.watched))
            await asyncio.sleep(rest(begun, time.monotonic(), self._interval))

    def _tell(self, subject: Subject, frame: Frame) -> None:
        told = subject.subscribers if frame.digest != subject.digest else subject.newcomers
        subject.digest, subject.newcomers = frame.digest, set()
        for subscriber in list(told):
            subscriber.changed(subject.watched, frame)

    async def _frame(self, watched: Watched) -> Frame:
        try:
            return Frame(await self._render(watched))
        except LeveretError as error:
            with watched.speaking():
                return Frame(None, said(error))
        except Exception:
            log.exception("The live view %s could not be rendered.", watched.name)
            with watched.speaking():
                return Frame(None, gettext("The console made a mistake; its log says which."))


def rest(begun: float, ended: float, interval: float) -> float:
    """Seconds until a view may be rendered again.

    All views take their turns together, at multiples of the interval, and so ask the servers together. One that is slow
    to render rests at least as long as it took, so that it never fills a core.
    """
    earliest = max(begun + interval / 2, 2 * ended - begun)
    return math.ceil(earliest / interval) * interval - ended


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
