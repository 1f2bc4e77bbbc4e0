"""People in front of the console: each a browser window of their own, in which nothing may go wrong in silence."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState, ViewportSize, expect

from tests.browser.shop import PASSWORD

Role: TypeAlias = Literal["viewer", "operator", "admin"]


class Look(NamedTuple):
    width: int
    theme: Literal["light", "dark"]

    @property
    def size(self) -> ViewportSize:
        return {"width": self.width, "height": 900}

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}"


DESK: Final = Look(1440, "light")
POCKET: Final = Look(390, "dark")
LOOKS: Final = (DESK, Look(1440, "dark"), Look(390, "light"), POCKET)


@dataclass
class Visitors:
    """``async with visitors.come(…) as page``."""

    browser: Browser
    url: str
    keys: dict[Role, StorageState]
    """Sessions of those who have logged in before."""

    @contextlib.asynccontextmanager
    async def come(
        self,
        role: Role | None = "operator",
        *,
        look: Look = DESK,
        javascript: bool = True,
        reads: str | None = None,
        url: str = "",
        expected: tuple[str, ...] = (),
    ) -> AsyncIterator[Page]:
        """A window of somebody logged in as ``role``. ``reads``: a language,
        as browsers name it. ``expected``: parts of errors that belong to the test."""
        state = await self._key(role) if role else None
        context = await self.browser.new_context(
            base_url=url or self.url,
            storage_state=state,
            viewport=look.size,
            color_scheme=look.theme,
            locale=reads,
            reduced_motion="reduce",
            java_script_enabled=javascript,
            service_workers="block",
        )
        context.set_default_timeout(15_000)
        troubles = watch(context, expected)
        try:
            yield await context.new_page()
        finally:
            await context.close()
        assert not troubles, "\n".join(troubles)

    async def _key(self, role: Role) -> StorageState:
        if role not in self.keys:
            async with self.come(None) as page:
                await page.goto("/login")
                await log_in(page, role)
                self.keys[role] = await page.context.storage_state()
        return self.keys[role]


GIVEN_UP = "WebSocket is closed before the connection is established"
"""What Chromium says where a page gives up a handshake on purpose: it is being left, or the server takes over 5 s."""


def watch(context: BrowserContext, expected: tuple[str, ...]) -> list[str]:
    """What the browser complains about: scripts that break, files that are missing, what the CSP forbids."""
    troubles: list[str] = []

    def note(text: str) -> None:
        if not any(part in text for part in (*expected, GIVEN_UP)):
            troubles.append(text)

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            note(f"{message.text} ({message.location.get('url', '')})")

    context.on("console", console)
    context.on("weberror", lambda error: note(str(error.error)))
    return troubles


async def log_in(page: Page, role: Role) -> None:
    await page.get_by_label("Name").fill(role)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("main")).to_be_visible()
    await expect(page.get_by_label("Password")).to_have_count(0)


async def is_live(page: Page) -> None:
    await expect(page.locator("body")).to_have_attribute("data-link", "live")


@contextlib.asynccontextmanager
async def staying(page: Page) -> AsyncIterator[None]:
    """The page is never loaded anew meanwhile."""
    await page.evaluate("window.stayed = true")
    yield
    assert await page.evaluate("window.stayed") is True, "the page was reloaded"
