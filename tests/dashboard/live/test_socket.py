from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from dashboard import consumers
from dashboard.access import PERMISSIONS, Viewer
from dashboard.asgi import application
from dashboard.live import Watched
from dashboard.live.hub import Hub
from dashboard.live.registry import SALT
from queueing.domain.reading import Hint
from queueing.errors import StoreUnavailable
from tests.dashboard.conftest import logged_in, member
from tests.dashboard.live.conftest import ALL, ManualSource, Pages
from tests.eventually import eventually

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = Viewer(frozenset({"view"}))
Open = Callable[..., Coroutine[Any, Any, "Page"]]


class Page:
    """A page's end of the socket."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket

    async def hear(self, kind: str) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=5))
            if message["type"] == kind:
                return message

    async def watch(self, *views: tuple[str, str], seen: str = "") -> None:
        listed = [{"id": element, "token": token, "seen": seen} for element, token in views]
        await self.socket.send_to(json.dumps({"type": "watch", "views": listed}))

    async def acknowledge(self) -> None:
        await self.socket.send_to(json.dumps({"type": "ack"}))

    async def closed(self) -> int:
        while (event := await self.socket.receive_output(timeout=5))["type"] != "websocket.close":
            pass
        return int(event["code"])


def token(name: str, **params: Any) -> str:
    return Watched.of(name, params, VIEWER).token()


@pytest.fixture(autouse=True)
def live(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "hub_of_process", lambda: hub)
    monkeypatch.setattr(consumers, "BEAT", 0.05)


@pytest.fixture
async def vera() -> Client:
    def make() -> Client:
        for name in ("Viewer", "Operator", "Admin"):
            Group.objects.get_or_create(name=name)
        from django.apps import apps

        from dashboard.roles import create_roles

        Group.objects.all().delete()
        create_roles(apps.get_app_config("dashboard"))
        return logged_in(member("vera", "Viewer"))

    return await sync_to_async(make)()


@pytest.fixture
async def connect() -> AsyncIterator[Open]:
    sockets: list[WebsocketCommunicator] = []

    async def connect(client: Client | None, *, origin: str = "http://localhost", path: str = "/live/") -> Page:
        headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
        if client is not None:
            cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
            headers.append((b"cookie", cookie.encode()))
        socket = WebsocketCommunicator(application, path, headers=headers)
        accepted, code = await socket.connect(timeout=5)
        if not accepted:
            raise ConnectionRefusedError(code)
        sockets.append(socket)
        return Page(socket)

    yield connect
    for socket in sockets:
        await socket.disconnect()


async def test_a_page_is_told_how_its_views_look_and_then_what_changes(
    connect: Open, vera: Client, source: ManualSource, pages: Pages
) -> None:
    page = await connect(vera)
    assert (await page.hear("hello"))["mode"] == "live"
    await page.watch(("rows", token("jobs")))
    [first] = (await page.hear("update"))["views"]
    assert (first["ids"], first["html"]) == (["rows"], "<p>one</p>")
    await page.acknowledge()
    pages.html["jobs"] = "<p>two</p>"
    source.hint(ALL)
    [second] = (await page.hear("update"))["views"]
    assert second["html"] == "<p>two</p>"


async def test_what_the_page_shows_already_is_not_sent(
    connect: Open, vera: Client, source: ManualSource, pages: Pages
) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    seen = (await page.hear("update"))["views"][0]["seen"]
    await page.acknowledge()
    again = await connect(vera)
    await again.watch(("rows", token("jobs")), seen=seen)
    rendered = len(pages.rendered)
    await eventually(lambda: len(pages.rendered) > rendered)
    await again.hear("beat")
    await again.hear("beat")
    pages.html["jobs"] = "<p>two</p>"
    source.hint(ALL)
    assert (await again.hear("update"))["n"] == 1


async def test_a_slow_browser_gets_the_latest_and_nothing_in_between(
    connect: Open, vera: Client, source: ManualSource, pages: Pages
) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    await page.hear("update")  # and is busy with it
    for number in range(5):
        rendered = len(pages.rendered)
        pages.html["jobs"] = f"<p>{number}</p>"
        source.hint(Hint(kind="job", id="1"))
        await eventually(lambda rendered=rendered: len(pages.rendered) > rendered)  # type: ignore[misc]
    assert await page.socket.receive_nothing(timeout=0.2)
    await page.acknowledge()
    [view] = (await page.hear("update"))["views"]
    assert view["html"] == "<p>4</p>"


async def test_two_places_of_one_view_are_both_renewed(connect: Open, vera: Client) -> None:
    page = await connect(vera)
    await page.watch(("side", token("jobs")), ("menu", token("jobs")))
    [view] = (await page.hear("update"))["views"]
    assert view["ids"] == ["side", "menu"]


async def test_a_view_that_fails_is_old_and_says_why(connect: Open, vera: Client, pages: Pages) -> None:
    pages.fails = StoreUnavailable("Redis does not answer.")
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    [view] = (await page.hear("update"))["views"]
    assert view["error"] == "Redis does not answer."
    assert "html" not in view


async def test_a_page_that_is_gone_costs_nothing(connect: Open, vera: Client, hub: Hub) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    await page.hear("update")
    await page.socket.disconnect()
    await eventually(lambda: hub.idle)


async def test_a_page_that_shows_something_else_now_leaves_what_it_showed(
    connect: Open, vera: Client, hub: Hub, pages: Pages, source: ManualSource
) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    await page.hear("update")
    await page.acknowledge()
    await page.watch(("job", token("job", id="7")))
    assert (await page.hear("update"))["views"][0]["ids"] == ["job"]
    pages.rendered.clear()
    source.hint(ALL)
    await eventually(lambda: pages.rendered)
    assert "jobs" not in pages.rendered


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "http://127.0.0.1", "null"]
)
async def test_another_sites_page_gets_no_socket(connect: Open, vera: Client, origin: str) -> None:
    with pytest.raises(ConnectionRefusedError):
        await connect(vera, origin=origin)


async def test_nobody_logged_in_is_told_so(connect: Open) -> None:
    assert await (await connect(None)).closed() == consumers.LOGGED_OUT


async def test_an_account_without_permission_is_told_so(connect: Open, vera: Client) -> None:
    await Group.objects.all().adelete()
    assert await (await connect(vera)).closed() == consumers.NOT_ALLOWED


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(consumers, "CHECK", 0.05)
    yield


async def test_logging_out_ends_the_socket(connect: Open, vera: Client, often: None) -> None:
    page = await connect(vera)
    await page.hear("hello")
    await sync_to_async(vera.logout)()
    assert await page.closed() == consumers.LOGGED_OUT


async def test_a_session_that_runs_out_ends_the_socket_without_anybody_doing_anything(
    connect: Open, vera: Client, often: None
) -> None:
    page = await connect(vera)
    await page.hear("hello")
    soon = timezone.now() + timedelta(seconds=0.3)
    assert await Session.objects.filter(pk=vera.session.session_key).aupdate(expire_date=soon) == 1
    assert await page.closed() == consumers.LOGGED_OUT
    assert timezone.now() >= soon


async def test_a_new_password_ends_the_sockets_of_the_old_one(connect: Open, vera: Client, often: None) -> None:
    page = await connect(vera)
    await page.hear("hello")
    user = await User.objects.aget(username="vera")
    user.set_password("another")
    await user.asave()
    assert await page.closed() == consumers.LOGGED_OUT


async def test_a_deactivated_account_loses_its_socket(connect: Open, vera: Client, often: None) -> None:
    page = await connect(vera)
    await page.hear("hello")
    await User.objects.filter(username="vera").aupdate(is_active=False)
    assert await page.closed() == consumers.LOGGED_OUT


async def test_a_permission_that_is_taken_ends_the_socket(connect: Open, vera: Client, often: None) -> None:
    page = await connect(vera)
    await page.hear("hello")
    await Group.objects.all().adelete()
    assert await page.closed() == consumers.NOT_ALLOWED


async def test_a_permission_that_is_given_makes_the_page_load_again(connect: Open, vera: Client, often: None) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    await page.hear("update")
    await page.acknowledge()
    user = await User.objects.aget(username="vera")
    await user.groups.aadd(await Group.objects.aget(name="Operator"))
    assert (await page.hear("update"))["refused"] == ["page"]


async def test_a_view_that_needs_more_is_refused(connect: Open, vera: Client, pages: Pages) -> None:
    page = await connect(vera)
    everything = Viewer(frozenset(PERMISSIONS))
    await page.watch(("x", Watched.of("secret", {}, everything).token()))
    update = await page.hear("update")
    assert (update["refused"], update["views"]) == (["x"], [])
    assert "secret" not in pages.rendered


@pytest.mark.parametrize("forged", ["", "jobs", "jobs:abc:def", None])
async def test_what_this_console_did_not_sign_is_refused(connect: Open, vera: Client, forged: str | None) -> None:
    from django.core import signing

    page = await connect(vera)
    await page.watch(("x", forged if forged is not None else signing.dumps(("jobs", "{}"), key="other", salt=SALT)))
    assert (await page.hear("update"))["refused"] == ["x"]


@pytest.mark.parametrize(
    "nonsense",
    ["{", "[]", "null", "7", '{"type": "watch"}', '{"type": "watch", "views": [7]}', '{"type": "fly"}',
     '{"type": "watch", "views": [{}]}', json.dumps({"type": "watch", "views": [{"id": "a", "token": "b"}] * 61}),
     "[" * 60_000, '{"type": "ack", "n": "%s"}' % ("x" * consumers.LONGEST)],
)  # fmt: skip
async def test_nonsense_ends_the_socket_and_nothing_else(connect: Open, vera: Client, nonsense: str) -> None:
    page = await connect(vera)
    await page.socket.send_to(nonsense)
    assert await page.closed() == consumers.NOT_UNDERSTOOD


async def test_a_page_that_never_answers_is_let_go(
    connect: Open, vera: Client, monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    monkeypatch.setattr(consumers, "PATIENCE", 0.1)
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    assert await page.closed() == consumers.TOO_SLOW


async def test_a_dead_link_is_noticed_by_silence(connect: Open, vera: Client) -> None:
    page = await connect(vera)
    for _ in range(3):
        await page.hear("beat")


async def test_the_socket_is_found_under_any_prefix(connect: Open, vera: Client) -> None:
    page = await connect(vera, path="/ops/queue/live/")
    await page.hear("hello")


async def test_pages_are_told_when_they_are_only_polled(connect: Open, vera: Client, source: ManualSource) -> None:
    page = await connect(vera)
    await page.watch(("rows", token("jobs")))
    await page.hear("update")
    await page.acknowledge()
    await eventually(lambda: source.following)
    source.mode("polling")
    assert (await page.hear("update"))["mode"] == "polling"


def test_the_page_carries_what_the_socket_accepts(viewer: Client, healthy: None) -> None:
    import re

    with patch("dashboard.frame.counts", return_value={}):
        html = viewer.get("/menu").content.decode()
    tokens = re.findall(r'id="([\w-]+)"[^>]* data-live="([^"]+)" data-live-seen="(\w+)"', html)
    assert {"live-frame-nav", "live-frame-health", "menu-health"} <= {element for element, _, _ in tokens}
    for _, signed, _ in tokens:
        assert Watched.signed(signed, VIEWER).allowed


async def test_the_event_loop_is_never_held_up_by_a_view(hub: Hub) -> None:
    import time

    from dashboard.live import process

    with patch.object(Watched, "render", lambda self: time.sleep(0.3) or "slow"):
        task = asyncio.create_task(process.render(Watched.of("jobs", {}, VIEWER)))
        beats = 0
        while not task.done():
            await asyncio.sleep(0.01)
            beats += 1
    assert await task == "slow"
    assert beats > 5
