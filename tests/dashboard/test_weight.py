"""What the first visit to a page sends, as it goes over the wire."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.dashboard.shop import Shop

MOST = 250_000
"""Bytes: what a phone on a slow network (1.6 Mbit/s) has after a second and a quarter."""
LINKED = re.compile(r'(?:href|src)="/static/([^"#?]+)')
IMPORTED = re.compile(r'^import [^;]*?"\./([^"]+)"', re.MULTILINE)
FONTS = ("vendor/inter-latin.woff2", "vendor/jetbrains-mono-latin.woff2")


PAGES = ("/", "/jobs", "/enqueue", "/failures", "/dead-letters", "/queues", "/workers", "/schedules", "/audit")


@pytest.mark.parametrize("page", PAGES)
def test_a_first_visit_is_light(admin: Client, shop: Shop, page: str) -> None:
    for number, job_id in enumerate(shop.many(60)):
        shop.fail(job_id) if number % 2 else shop.succeed(job_id)
    answer = admin.get(page, headers={"accept-encoding": "gzip"}, follow=True)
    assert answer.headers["content-encoding"] == "gzip"
    text = gzip.decompress(answer.content).decode()
    files = {*FONTS, *LINKED.findall(text)}
    assert "console/console.css" in files
    weight = len(answer.content) + sum(map(sent, with_imports(files)))
    assert weight < MOST, f"{page}: {weight:,} bytes"


def with_imports(files: set[str]) -> set[str]:
    found, new = set(files), set(files)
    while new:
        scripts = [name for name in new if name.startswith("console/") and name.endswith(".js")]
        new = {f"console/{other}" for name in scripts for other in IMPORTED.findall(where(name).read_text())} - found
        found |= new
    return found


def sent(name: str) -> int:
    content = where(name).read_bytes()
    return len(content) if name.endswith(".woff2") else len(gzip.compress(content))


def where(name: str) -> Path:
    path = finders.find(name)
    assert isinstance(path, str), f"{name} is linked and is nowhere"
    return Path(path)
