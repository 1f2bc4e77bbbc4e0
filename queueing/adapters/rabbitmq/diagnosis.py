"""Whether a RabbitMQ can be reached, is new enough, and has our queues as the settings want them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from queueing.adapters.ladder import STEPS
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.failures import mismatch
from queueing.adapters.rabbitmq.link import Link
from queueing.adapters.rabbitmq.topology import Arguments, Topology, Version
from queueing.domain.findings import OLDEST_RABBITMQ, Finding, too_old
from queueing.errors import BrokerError


async def diagnose(link: Link, topology: Topology, queues: Sequence[str]) -> list[Finding]:
    """Nothing is declared that is not there."""
    try:
        wire = await link.wire()
        found = _of_version(wire.version_text)
        asked = [
            link.ask(partial(_difference, name=name, arguments=arguments))
            for name, arguments in all_arguments(topology, queues, wire.version).items()
        ]
        differences = await asyncio.gather(*asked)
    except BrokerError as failure:
        return [Finding(id="E011", text=str(failure), hint="The address is AMQP_URL (LEVERET_AMQP_URL).")]
    return found + [
        Finding(id="E018", text=said, hint="Workers of this queue stop until it is settled; see docs/checks.md.")
        for said in differences
        if said
    ]


def all_arguments(topology: Topology, queues: Sequence[str], version: Version) -> dict[str, Arguments]:
    """Of every queue that such a server has, by name."""
    found = {topology.homeless: topology.homeless_arguments(version)}
    found |= {topology.delay(step): topology.step_arguments(step, version) for step in STEPS}
    for queue in queues:
        found[topology.main(queue)] = topology.main_arguments(queue, version)
        found[topology.dead(queue)] = topology.dead_arguments()
    return found


async def _difference(_: Wire, channel: AbstractChannel, *, name: str, arguments: Arguments) -> str:
    """In words; "" where there is none, or no such queue yet."""
    try:
        await channel.get_queue(name)
        await channel.declare_queue(name, durable=True, arguments=arguments)
    except ChannelNotFoundEntity:
        return ""
    except ChannelPreconditionFailed as refusal:
        return str(mismatch(refusal))
    return ""


def _of_version(version: str) -> list[Finding]:
    if not too_old(version, OLDEST_RABBITMQ):
        return []
    least = ".".join(map(str, OLDEST_RABBITMQ))
    return [Finding(id="E013", text=f"RabbitMQ is {version}; Leveret needs {least}.", hint="Upgrade RabbitMQ.")]
