from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.eventually import eventually_sync

SETTINGS = "tests.dashboard.browser.lab.settings"
USERS = """
from django.contrib.auth.models import Group, User
for name, group in (("vera", "Viewer"), ("ada", "Admin")):
    User.objects.create_user(name, password="correct horse").groups.add(Group.objects.get(name=group))
"""


class Lab:
    """A console in a process of its own, which can be frozen and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {"LAB_FOLDER": str(folder), "DJANGO_SETTINGS_MODULE": SETTINGS, "DEBUG": ""}
        self.show("")
        self._manage("migrate", "-v0")
        self._manage("shell", "-v0", "-c", USERS)
        self.start()

    def show(self, html: str) -> None:
        """What the live view looks like from now on."""
        fresh = self.folder / "view.new"
        fresh.write_text(html)
        fresh.rename(self.folder / "view.html")

    def start(self) -> None:
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        self._log = (self.folder / "server.log").open("a")
        self._process = subprocess.Popen(
            [*command, "tests.dashboard.browser.lab.asgi:application"],
            env=self._environment, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        eventually_sync(self._answers, timeout=30, message="the lab's console does not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError:
            return False
        return True

    def _manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "django", *arguments], env=self._environment, check=True)


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.thaw()
    lab.kill()


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    # Not for the whole session: its event loop counts as running, and asynchronous tests could not run beside it.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[Page]:
    """A page of somebody logged in, on which nothing may go wrong in silence."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=lab.url)
    context.set_default_timeout(15_000)
    page, wrongs = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrongs.append(str(error)))
    page.on("console", lambda message: wrongs.append(message.text) if is_wrong(message.type, message.text) else None)
    log_in(page)
    yield page
    context.close()
    assert wrongs == []


def is_wrong(kind: str, text: str) -> bool:
    # A connection that fails is what some tests are about; the browser reports it whatever the page does.
    return kind in ("error", "warning") and "WebSocket" not in text and "ERR_CONNECTION_REFUSED" not in text


def log_in(page: Page, name: str = "vera", to: str = "/lab") -> None:
    page.goto(f"/login?next={to}")
    page.fill("[name=username]", name)
    page.fill("[name=password]", "correct horse")
    page.click("button.primary")
    page.wait_for_url(f"**{to}")


def wait_live(page: Page) -> None:
    page.wait_for_selector("body[data-link=live]")
