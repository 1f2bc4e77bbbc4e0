"""Whether a server sends keyspace notifications, where it does not show us its configuration: it is tried out."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Final

from queueing.adapters.redis.connection import Connection

FLAGS: Final = "Khgx"
"""K: by key. h: hashes change. g: keys are deleted. x: keys expire."""
TOLD_BY: Final = {"hset": "h", "expire": "g", "expired": "x"}
"""Which flag each thing that befalls the probe has to be told by."""
END: Final = b"that was all"


def keyspace(client: Any, key: str) -> str:
    """The channel, or the pattern of channels, on which what befalls a key is told."""
    return f"__keyspace@{client.get_connection_kwargs().get('db') or 0}__:{key}"


async def untold(connection: Connection) -> str:
    """The flags without which a server tells too little: of a key that is made and expires at once, one hears or not.

    What we then say ourselves comes after all that the server has said, so that nothing need be waited for in vain.
    Raises StoreError, where this user may not even do that.
    """
    client = connection.open()
    subscription = client.pubsub()
    key = connection.keys("probe", secrets.token_hex(8))
    channel = keyspace(client, key)
    try:
        await connection.bounded(subscription.subscribe(channel))
        await connection.call("HSET", key, "of", "notifications")
        await connection.call("PEXPIRE", key, 1)
        while await connection.call("EXISTS", key):  # noqa: ASYNC110 - whoever looks makes it expire
            await asyncio.sleep(0.001)
        await connection.call("PUBLISH", channel, END)
        heard = await connection.bounded(_heard(subscription))
    finally:
        await subscription.aclose()
        await client.aclose()
    return "".join(flag for flag in FLAGS if flag not in heard)


async def _heard(subscription: Any) -> set[str]:
    """The flags that are there."""
    heard: set[str] = set()
    while (said := await _next(subscription)) != END:
        heard |= {"K", TOLD_BY.get(said.decode(), "K")}
    return heard


async def _next(subscription: Any) -> bytes:
    while True:
        message = await subscription.get_message(timeout=None)
        if message is not None and message["type"] == "message":
            return bytes(message["data"])
