"""Where the tests' Redis is."""

from __future__ import annotations

import os

import redis

from tests.servers import debian, docker
from tests.servers.found import Found, Unavailable, search

SERVER = "LEVERET_TEST_REDIS_SERVER"
"""A program that tests start in the place of redis-server: Valkey's, or that of another version."""
LOCALHOST = "redis://127.0.0.1:6379/0"
REMEDY = (
    "Do one of these:\n"
    "  - install it: `apt-get install redis-server`, or `brew install redis`;\n"
    "  - run it: `docker run -d -p 127.0.0.1:6379:6379 redis:8`;\n"
    "  - name a running one: LEVERET_TEST_REDIS_URL=redis://user:password@host:6379/0"
)


def find() -> Found:
    return search(
        "Redis",
        variable="LEVERET_TEST_REDIS_URL",
        check=ping,
        # Somebody who names a program means that one, whatever runs already.
        ways=[_installed] if os.environ.get(SERVER) else [_on_localhost, _installed, _in_docker, _from_debian],
        remedy=REMEDY,
    )


def _on_localhost() -> Found:
    try:
        return Found(where=LOCALHOST, how=f"{ping(LOCALHOST)}, running on localhost")
    except Unavailable as exc:
        raise Unavailable(f"localhost:6379: {exc}") from exc


def _installed() -> Found:
    # Not at the top: the starter needs `ping` from here.
    from tests.servers.redis import PrivateRedis

    server = PrivateRedis()
    try:
        server.start()
        return Found(where=server.url, how=f"{ping(server.url)}, our own, pid {server.pid}", stop=server.close)
    except Unavailable as exc:
        server.close()
        raise Unavailable(f"the installed redis-server did not start: {exc}") from exc


def _in_docker() -> Found:
    container = docker.run("redis:8", port=6379)
    url = f"redis://127.0.0.1:{container.port}/0"
    container.wait_until(lambda: ping(url), timeout=60)
    return Found(where=url, how=f"{ping(url)}, our own container {container.id}", stop=container.remove)


def _from_debian() -> Found:
    debian.install("redis-server")
    return _installed()


def ping(url: str, *, timeout: float = 5.0) -> str:
    """Answers with the server's version."""
    client = redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
    try:
        client.ping()
        said = client.info("server")
        return f"Valkey {said['valkey_version']}" if "valkey_version" in said else f"Redis {said['redis_version']}"
    except (redis.RedisError, OSError) as exc:
        raise Unavailable(f"it does not answer as Redis ({exc})") from exc
    finally:
        client.close()
