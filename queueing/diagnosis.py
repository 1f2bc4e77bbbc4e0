"""A look at settings and servers: what does not work, and what will cost jobs or secrets one day.

Bounded in time, and never an error of its own: ``manage.py check`` and the start of workers must not depend on it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from queueing.conf import ClusterConfig
from queueing.domain.findings import Finding
from queueing.domain.registry import Registry
from queueing.errors import ConfigurationError
from queueing.runtime import Cluster, unfit

ANSWER: Final = 3.0
"""Seconds that a server may take for one answer."""
BOUND: Final = 8.0
"""Seconds for all that one server is asked."""
RESOLVE: Final = 2.0
UNFIT: Final = "Add them to the engine, or use one that was made for this version of Leveret."


def of_settings(config: ClusterConfig) -> list[Finding]:
    """Of what can be seen without asking anybody."""
    embedded = [url.startswith("memory:") for url in (config.amqp_url, config.redis_url)]
    if any(embedded) and not all(embedded):
        return [
            Finding(
                id="E002",
                text="One of AMQP_URL and REDIS_URL is memory://, the other is not.",
                hint="Name servers for both, in LEVERET_AMQP_URL and LEVERET_REDIS_URL, or none: after a restart "
                "one half would miss the other.",
            )
        ]
    try:
        return [Finding(id="E007", text=text, hint=UNFIT) for text in unfit(config)]
    except ConfigurationError as wrong:
        return [misconfigured(wrong)]


def of_deployment(config: ClusterConfig) -> list[Finding]:
    """Of settings that are well at home and not in production."""
    if config.embedded:
        return [
            Finding(
                id="W003",
                text="The embedded engines keep all jobs in the memory of one process, and end with it.",
                hint="Set AMQP_URL and REDIS_URL (LEVERET_AMQP_URL and LEVERET_REDIS_URL).",
            )
        ]
    found = []
    broker, store = urlsplit(config.amqp_url), urlsplit(config.redis_url)
    if _is_remote(broker) and (broker.username or "guest", broker.password or "guest") == ("guest", "guest"):
        found.append(
            Finding(
                id="W004",
                text=f"AMQP_URL logs in at {broker.hostname} as guest with the password that everybody knows.",
                hint="Make a user with a password of its own (rabbitmqctl add_user, set_permissions) and delete guest.",
            )
        )
    if _is_remote(store) and not store.password:
        found.append(
            Finding(
                id="W005",
                text=f"REDIS_URL has no password for {store.hostname}: whoever reaches it can read and change jobs.",
                hint="Set requirepass, or an ACL user, and put it into the URL: redis://user:password@host.",
            )
        )
    return found


async def of_network(config: ClusterConfig) -> list[Finding]:
    found = []
    for name, url, plain in (("AMQP_URL", config.amqp_url, "amqp"), ("REDIS_URL", config.redis_url, "redis")):
        parts = urlsplit(url)
        if parts.scheme == plain and parts.hostname and await _is_public(parts.hostname):
            found.append(
                Finding(
                    id="W006",
                    text=f"{name} sends passwords and payloads unencrypted to {parts.hostname}, a public address.",
                    hint=f"Use {plain}s:// with a server that speaks TLS, or a private network.",
                )
            )
    return found


async def of_servers(config: ClusterConfig, queues: Sequence[str]) -> list[Finding]:
    """Of both servers, asked beside each other over connections of their own."""
    quick = msgspec.structs.replace(config, connect_timeout=ANSWER, publish_timeout=ANSWER, store_timeout=ANSWER)
    try:
        cluster = Cluster(quick, types=Registry())
    except ConfigurationError as wrong:
        return [misconfigured(wrong)]
    try:
        answers = await asyncio.gather(
            _bounded(cluster.store.diagnose, "E010", "Redis", "REDIS_URL"),
            _bounded(lambda: cluster.broker.diagnose(queues), "E011", "RabbitMQ", "AMQP_URL"),
        )
    finally:
        await cluster.close()
    return [finding for answer in answers for finding in answer]


def misconfigured(wrong: ConfigurationError) -> Finding:
    return Finding(id="E001", text=str(wrong), hint="Correct settings.LEVERET, or the environment it is read from.")


async def _bounded(ask: Callable[[], Awaitable[list[Finding]]], id: str, server: str, setting: str) -> list[Finding]:
    try:
        async with asyncio.timeout(BOUND):
            return await ask()
    except TimeoutError:
        text = f"{server} did not answer all questions within {BOUND:g} s."
        return [Finding(id=id, text=text, hint=f"The address is {setting} (LEVERET_{setting}).")]
    except Exception as failure:
        # A look that fails must not keep workers from starting.
        text = f"{server} could not be looked at: {type(failure).__name__}: {failure}"
        return [Finding(id="W020", text=text, hint="Please report this with the version of the server.")]


def _is_remote(url: SplitResult) -> bool:
    host = url.hostname
    if host is None or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


async def _is_public(host: str) -> bool:
    try:
        async with asyncio.timeout(RESOLVE):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return False
    return any(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)
