"""A job is taken along as Python, as a command or as JSON."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape

import pytest
from django.test import Client

from queueing.domain.options import JobOptions
from tests.dashboard.shop import Shop
from tests.dashboard.test_dead_letters import page, raw

pytestmark = pytest.mark.django_db


def welcome(to: str, copies: int = 1) -> None:
    """Say hello."""


def copied(client: Client, job: str) -> dict[str, str]:
    found = re.findall(
        r'<pre class="code wrap" id="copy-(\w+)"[^>]*>(.*?)</pre>', page(client, f"/jobs/{job}"), re.DOTALL
    )
    return {key: unescape(text) for key, text in found}


def test_a_job_is_copied_as_a_call_a_command_and_a_message(viewer: Client, shop: Shop) -> None:
    shop.cluster.registry.register("welcome", welcome, queue="mail")
    job = shop.add("welcome", {"to": "it's mira", "copies": 2}, JobOptions(max_attempts=7))
    told = copied(viewer, job)
    assert told["python"] == 'welcome.enqueue(\n    to="it\'s mira",\n    copies=2,\n)'
    words = shlex.split(told["command"].replace("\\\n", " "))
    assert words[:3] == ["manage.py", "enqueue", "welcome"]
    assert json.loads(words[3]) == {"to": "it's mira", "copies": 2}
    assert words[4:] == ["--queue", "email_jobs"], "not the type's own queue"
    message = json.loads(told["json"])
    assert message == {"type": "welcome", "payload": {"to": "it's mira", "copies": 2}, "options": {"max_attempts": 7}}


def test_a_type_that_is_not_registered_is_copied_as_what_takes_it(viewer: Client, shop: Shop) -> None:
    told = copied(viewer, shop.add("unheard_of", {"n": 1}))
    assert told["python"] == "await queue.add('unheard_of', {'n': 1})"
    assert told["command"].startswith("manage.py enqueue --any-type unheard_of")


def test_what_is_masked_on_the_page_is_masked_in_what_is_copied(viewer: Client, shop: Shop) -> None:
    told = copied(viewer, shop.add("any", {"password": "hunter2", "to": "mira"}))
    assert all("hunter2" not in text and "mira" in text for text in told.values())


def test_who_reveals_a_payload_can_copy_it(admin: Client, shop: Shop) -> None:
    job = shop.add("any", {"password": "hunter2"})
    html = admin.post("/job-reveals", {"job": job}).content.decode()
    assert html.count("hunter2") >= 4


def test_what_is_no_job_or_too_long_is_not_copied(viewer: Client, shop: Shop) -> None:
    assert copied(viewer, raw(shop, b"\x1f\x8b")) == {}
    assert copied(viewer, shop.add("any", {"x": "y" * 20_000})) == {}


def test_hostile_payloads_are_copied_inertly(viewer: Client, shop: Shop) -> None:
    html = page(viewer, f"/jobs/{shop.add('any', {'<script>': '</pre><script>x()</script>'})}")
    assert "<script>x" not in html
