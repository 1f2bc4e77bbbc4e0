"""The page's end of the live views. One socket a page.

The page says what it shows: ``{"type": "watch", "views": [{"id": …, "token": …, "seen": …}]}``, all of it each time.
The socket answers with ``hello``, ``update`` (each to be answered with ``{"type": "ack", "n": …}`` before the next is
sent), and a ``beat`` every two seconds, so that a page notices a dead link. Changes that come while an update is
under way replace each other: a slow browser gets the latest state, late, and never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core import signing
from django.urls import re_path
from django.utils import timezone

from dashboard.live import Watched
from dashboard.live.frames import Frame
from dashboard.live.hub import Hub, Mode
from dashboard.live.origin import is_ours
from dashboard.live.process import hub as hub_of_process
from dashboard.live.session import viewer_of_session

LOGGED_OUT: Final = 4401
NOT_ALLOWED: Final = 4403
NOT_UNDERSTOOD: Final = 4400
TOO_SLOW: Final = 4408

BEAT: Final = 2.0
PATIENCE: Final = 20.0
"""Seconds a page may take to answer anything."""
CHECK: Final = 15.0
"""Seconds between two looks whether the session and its permissions still hold."""
MOST_VIEWS: Final = 60
LONGEST: Final = 64 * 1024


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # untyped upstream
    hub: Hub

    async def connect(self) -> None:
        self.watched: dict[Watched, list[str]] = {}
        self.seen: dict[Watched, str] = {}
        self.news: dict[Watched, Frame] = {}
        self.refused: list[str] = []
        self.stirred, self.acknowledged = asyncio.Event(), asyncio.Event()
        self.heard, self.tasks = time.monotonic(), list[asyncio.Task[None]]()
        if not is_ours(self.scope):
            await self.close()
            return
        # Accepted first: a refused handshake could not tell the page why.
        await self.accept()
        if await self._may_stay():
            self.hub = hub_of_process()
            await self._say("hello")
            self.tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._guard())]

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        for watched in self.watched:
            self.hub.leave(watched, self)
        self.watched = {}

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.heard = time.monotonic()
        try:
            if len(text_data or "") > LONGEST:
                raise ValueError("longer than a page has views to tell of")
            message = json.loads(text_data or "")
            match message:
                case {"type": "ack"}:
                    self.acknowledged.set()
                case {"type": "watch", "views": list(views)} if len(views) <= MOST_VIEWS:
                    self._watch([(str(view["id"]), str(view["token"]), str(view.get("seen", ""))) for view in views])
                case _:
                    await self.close(NOT_UNDERSTOOD)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            await self.close(NOT_UNDERSTOOD)

    # The hub's subscriber

    def changed(self, watched: Watched, frame: Frame) -> None:
        if watched in self.watched and frame.digest != self.seen.get(watched):
            self.news[watched] = frame
            self.stirred.set()

    def mode_changed(self, mode: Mode) -> None:
        self.stirred.set()

    def _watch(self, views: list[tuple[str, str, str]]) -> None:
        wanted: dict[Watched, list[str]] = {}
        for element, token, seen in views:
            try:
                watched = Watched.signed(token, self.viewer)
            except (signing.BadSignature, KeyError):
                # Signed with a key of before, or a view of before an update: the page must be loaded again.
                self.refused.append(element)
                continue
            if watched.allowed:
                wanted.setdefault(watched, []).append(element)
                # Two elements of one view that differ are both renewed.
                self.seen[watched] = seen if self.seen.get(watched, seen) == seen else ""
            else:
                self.refused.append(element)
        self._replace(wanted)

    def _replace(self, wanted: dict[Watched, list[str]]) -> None:
        before, self.watched = self.watched, wanted
        for watched in before.keys() - wanted.keys():
            self.hub.leave(watched, self)
            self.news.pop(watched, None)
            self.seen.pop(watched, None)
        for watched in wanted:
            # Also those watched before: an element that was loaded again may show another moment.
            self.hub.watch(watched, self)
        self.stirred.set()

    # Speaking and guarding

    async def _speak(self) -> None:
        number, mode = 0, self.hub.mode
        while True:
            try:
                await asyncio.wait_for(self.stirred.wait(), BEAT)
            except TimeoutError:
                await self._say("beat")
                continue
            self.stirred.clear()
            news, self.news = self.news, {}
            refused, self.refused = self.refused, []
            if not news and not refused and mode == self.hub.mode:
                continue
            number, mode = number + 1, self.hub.mode
            self.acknowledged.clear()
            await self._say("update", n=number, views=[self._view(*one) for one in news.items()], refused=refused)
            try:
                await asyncio.wait_for(self.acknowledged.wait(), PATIENCE)
            except TimeoutError:
                await self.close(TOO_SLOW)
                return

    def _view(self, watched: Watched, frame: Frame) -> dict[str, Any]:
        self.seen[watched] = frame.digest
        view: dict[str, Any] = {"ids": self.watched.get(watched, []), "seen": frame.digest}
        return view | ({"error": frame.error} if frame.html is None else {"html": frame.html})

    async def _say(self, kind: str, **more: Any) -> None:
        about = {"type": kind, "mode": self.hub.mode, "at": timezone.now().isoformat(timespec="milliseconds")}
        await self.send(json.dumps(about | more))

    async def _guard(self) -> None:
        while True:
            await asyncio.sleep(CHECK)
            if time.monotonic() - self.heard > PATIENCE:
                await self.close(TOO_SLOW)
                return
            if not await self._may_stay():
                return

    async def _may_stay(self) -> bool:
        """Look at the session and the permissions as they are now, and close if they do not do any more."""
        viewer = await database_sync_to_async(viewer_of_session)(self.scope)
        if viewer is None:
            await self.close(LOGGED_OUT)
        elif not viewer.may_view:
            await self.close(NOT_ALLOWED)
        elif viewer != getattr(self, "viewer", viewer):
            # What this page shows was made for what they could do before: let it be made anew.
            self.refused.append("page")
            self.viewer = viewer
            self._replace({})
            return True
        else:
            self.viewer = viewer
            return True
        return False


websocket_urlpatterns = [re_path(r"^(?:.+/)?live/$", LiveConsumer.as_asgi())]
