"""A missing server is never passed over in silence, and what answers on a port is not taken on trust."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import find_chromium, find_rabbitmq, find_redis
from tests.servers.found import Found, NotFound, Unavailable, search
from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]


def blocked(reason: str):
    def way() -> Found:
        raise Unavailable(reason)

    return way


def answers(_: str) -> str:
    return "Thing 1.0"


def test_the_first_way_that_leads_there_is_taken():
    there = Found(where="here", how="by luck")
    found = search(
        "A thing", variable="NO_SUCH_VARIABLE", check=answers, ways=[blocked("no"), lambda: there], remedy=""
    )
    assert found is there


def test_a_thing_that_is_nowhere_is_reported_with_all_that_was_tried():
    with pytest.raises(NotFound) as caught:
        search(
            "A thing",
            variable="NO_SUCH_VARIABLE",
            check=answers,
            ways=[blocked("no a"), blocked("no b")],
            remedy="Buy it.",
        )
    for words in ("A thing", "NO_SUCH_VARIABLE is not set", "no a", "no b", "Buy it."):
        assert words in str(caught.value)


def test_an_address_in_the_environment_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch):
    url = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setenv("LEVERET_TEST_REDIS_URL", url)
    with pytest.raises(NotFound, match=f"LEVERET_TEST_REDIS_URL is set to {url}"):
        find_redis.find()


def test_a_port_where_something_else_listens_is_not_rabbitmq(redis_url: str):
    with pytest.raises(Unavailable, match="does not answer as AMQP"):
        find_rabbitmq.handshake(redis_url.replace("redis://", "amqp://"), timeout=1)


def test_a_port_that_takes_connections_and_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(Unavailable):
            find_rabbitmq.handshake(f"amqp://127.0.0.1:{port}/", timeout=0.2)
        with pytest.raises(Unavailable):
            find_redis.ping(f"redis://127.0.0.1:{port}/0", timeout=0.2)


def test_a_broker_that_refuses_us_is_not_ours_to_use(amqp_url: str):
    where = amqp_url.rpartition("@")[2]
    with pytest.raises(Unavailable, match="refuses nobody"):
        find_rabbitmq.handshake(f"amqp://nobody:guest@{where}")


def test_a_program_that_only_says_where_to_get_the_browser_is_no_browser(tmp_path: Path):
    stub = tmp_path / "chromium-browser"
    stub.write_text("#!/bin/sh\necho 'requires the chromium snap to be installed' >&2\nexit 1\n")
    stub.chmod(0o755)
    with pytest.raises(Unavailable, match="snap"):
        find_chromium.version(str(stub))


def test_a_command_gets_the_addresses_and_its_exit_code_is_ours(amqp_url: str, redis_url: str, chromium: Path):
    given = {
        "LEVERET_TEST_AMQP_URL": amqp_url,
        "LEVERET_TEST_REDIS_URL": redis_url,
        "LEVERET_TEST_CHROMIUM": str(chromium),
    }
    program = f"import os, sys; sys.exit(7 if {given!r}.items() <= os.environ.items() else 1)"
    finished = subprocess.run(
        [sys.executable, "-m", "tests.servers", "--", sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **given},
        check=False,
        capture_output=True,
    )
    assert finished.returncode == 7, finished.stderr
