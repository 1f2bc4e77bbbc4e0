"""Leveret in somebody else's project: from the wheel, under a prefix, with nothing but what the tutorial says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.acceptance.console import HOST, free_port
from tests.acceptance.newcomer import Newcomer
from tests.browser.visitors import watch
from tests.eventually import eventually
from tests.places import own_prefix

PASSWORD = "made for this test"


@pytest.mark.timeout(300)
async def test_a_new_project_runs_jobs_and_shows_them_live_under_a_prefix(
    tmp_path: Path, amqp_url: str, redis_url: str, chromium: Path
) -> None:
    async with own_prefix(amqp_url, redis_url, "warehouse") as prefix:
        servers = {"LEVERET_AMQP_URL": amqp_url, "LEVERET_REDIS_URL": redis_url, "LEVERET_PREFIX": prefix}
        newcomer = Newcomer(tmp_path, servers)
        await asyncio.to_thread(newcomer.install)
        assert "no issues" in await asyncio.to_thread(newcomer.check_the_console)
        await asyncio.to_thread(newcomer.start_project)
        assert "no issues" in await asyncio.to_thread(newcomer.manage, "check")
        await asyncio.to_thread(newcomer.manage, "migrate", "-v", "0")
        arguments = ("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
        await asyncio.to_thread(newcomer.manage, *arguments, DJANGO_SUPERUSER_PASSWORD=PASSWORD)

        port = free_port()
        async with (
            running(newcomer, "web.log", "runserver", "--noreload", f"{HOST}:{port}") as web,
            running(newcomer, "workers.log", "runworkers", "--concurrency", "2") as workers,
            async_playwright() as playwright,
        ):
            await eventually(lambda: _listens(port), timeout=60, message="the web server to listen")
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = await browser.new_context(base_url=f"http://{HOST}:{port}")
            context.set_default_timeout(20_000)
            expect.set_options(timeout=20_000)
            troubles = watch(context, ())
            page = await context.new_page()

            await page.goto("/ops/jobs/jobs")
            await expect(page).to_have_url(f"http://{HOST}:{port}/ops/jobs/login?next=/ops/jobs/jobs")
            await page.get_by_label("Name").fill("ada")
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.locator("body")).to_have_attribute("data-link", "live")

            enqueued = await asyncio.to_thread(newcomer.manage, "enqueue", "print_label", "order=1", "copies=3")
            await page.goto(f"/ops/jobs/jobs/{enqueued.split()[-1]}")
            await expect(page.get_by_role("main")).to_contain_text("the printer does not answer")
            await expect(page.locator("#job-head .state")).to_have_text("Failed")
            (newcomer.project / "printer").touch()
            await page.locator("#job-head").get_by_role("button", name="Retry").click()
            await expect(page.get_by_role("main")).to_contain_text("3 printed for order 1")
            assert not troubles, "\n".join(troubles)
            await browser.close()
        assert "Traceback" not in web.read_text() + workers.read_text()


@contextlib.asynccontextmanager
async def running(newcomer: Newcomer, log: str, *arguments: str) -> AsyncIterator[Path]:
    path = newcomer.folder / log
    with path.open("w") as out:
        process = await asyncio.create_subprocess_exec(
            newcomer.python,
            "manage.py",
            *arguments,
            cwd=newcomer.project,
            env=newcomer.environment,
            stdout=out,
            stderr=out,
        )
    try:
        yield path
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 40)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
