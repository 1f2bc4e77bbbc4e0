"""What the broker tests share, and taking away what was made on a real RabbitMQ."""

from __future__ import annotations

import asyncio

import aiormq

from queueing.adapters.ladder import STEPS
from queueing.testing.contracts.letters import OTHER, QUEUE, Inbox, dead, fresh_prefix, letter, send

__all__ = ["OTHER", "QUEUE", "Inbox", "dead", "fresh_prefix", "letter", "send", "take_away"]

PATIENCE = 60.0


async def take_away(url: str, prefix: str, *queues: str) -> None:
    """Delete everything under ``prefix`` that a test can have made. TimeoutError: the server does not answer."""
    async with asyncio.timeout(PATIENCE), aiormq.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        for queue in queues or (QUEUE, OTHER):
            await channel.queue_delete(f"{prefix}.{queue}")
            await channel.queue_delete(f"{prefix}.{queue}.dead")
        for step in (*STEPS, "home", "homeless"):
            await channel.queue_delete(f"{prefix}.delay.{step}")
            await channel.exchange_delete(f"{prefix}.delay.{step}")
