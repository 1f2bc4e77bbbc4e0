"""What chaos tests rely on: our own server dies when told to, comes back with its data, and never outlives us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.eventually import eventually_sync
from tests.servers.find_rabbitmq import handshake
from tests.servers.found import Unavailable
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis

ROOT = Path(__file__).resolve().parents[2]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_redis_that_was_killed_comes_back_with_what_it_had_answered(private_redis: PrivateRedis):
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("kept", "yes")
        private_redis.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("kept")
        private_redis.start()
        assert client.get("kept") == b"yes"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_rabbitmq_that_was_killed_comes_back(private_rabbitmq: PrivateRabbitMQ):
    private_rabbitmq.ctl("add_vhost", "kept")
    first = private_rabbitmq.pid
    private_rabbitmq.kill()
    with pytest.raises(Unavailable):
        handshake(private_rabbitmq.url)
    private_rabbitmq.start()
    assert private_rabbitmq.pid != first
    assert "kept" in private_rabbitmq.ctl("list_vhosts", "--quiet")


def test_closing_leaves_neither_a_process_nor_a_file(private_redis: PrivateRedis):
    pid, folder = private_redis.pid, private_redis.log.parent
    assert pid
    assert folder.exists()
    private_redis.close()
    assert not alive(pid)
    assert not folder.exists()


def test_a_server_does_not_outlive_a_test_run_that_was_killed():
    if not shutil.which("setpriv"):
        pytest.skip("only Linux can tie a child to its parent")
    program = """
import sys
from tests.servers.redis import PrivateRedis
server = PrivateRedis()
server.start()
print(server.pid, server.log.parent, flush=True)
sys.stdin.read()
"""
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout
        pid, folder = run.stdout.readline().split()
        assert alive(int(pid))
        run.send_signal(signal.SIGKILL)
    try:
        eventually_sync(lambda: not alive(int(pid)), message="the server still runs")
    finally:
        shutil.rmtree(folder)
