"""RabbitMQ 4 as far as it can be known without one: what its server says in the handshake, and what it no longer takes.

Recorded of 4.1.4 by somebody who printed it. Other versions differ in the version alone: nothing else is looked at.
"""

from __future__ import annotations

from typing import Any

import aio_pika
import pytest

from queueing.adapters.rabbitmq.diagnosis import _of_version, all_arguments
from queueing.adapters.rabbitmq.topology import UNLIMITED, QueueType, Topology, parse_version

RABBIT_4_1: dict[str, Any] = {
    "capabilities": dict.fromkeys(
        (
            *("publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify"),
            *("connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos"),
            "direct_reply_to",
        ),
        True,
    ),
    "cluster_name": "rabbit@host",
    "copyright": "Copyright (c) 2007-2025 Broadcom Inc and/or its subsidiaries",
    "information": "Licensed under the MPL 2.0. Website: https://rabbitmq.com",
    "platform": "Erlang/OTP 27.3.4.2",
    "product": "RabbitMQ",
    "version": "4.1.4",
}
VERSIONS = ("3.9.29", "3.10.8", "3.13.7", "4.0.0-rc.1", "4.1.4", "4.2.0", "10.0.0")


def test_the_version_of_a_server_of_4_is_read_off_its_handshake():
    assert parse_version(RABBIT_4_1) == ("4.1.4", (4, 1, 4))


@pytest.mark.parametrize("queue_type", ["quorum", "classic"])
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_that_rabbitmq_4_has_abolished_is_asked_for(queue_type: QueueType, version: str):
    """Mirrored and lazy classic queues are gone, a quorum queue takes no x-max-priority, and the default type of a
    queue may be another one."""
    topology = Topology(prefix="p", queue_type=queue_type, delivery_limit=UNLIMITED)
    numbers = parse_version(RABBIT_4_1 | {"version": version})[1]
    for arguments in all_arguments(topology, ["post"], numbers).values():
        assert arguments["x-queue-type"] == queue_type
        assert not arguments.keys() & {"x-queue-mode", "x-ha-policy", "x-expires"}
        assert queue_type == "classic" or "x-max-priority" not in arguments


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_too_old_is_said_and_what_is_new_is_not(version: str):
    assert bool(_of_version(version)) is (version == "3.9.29")


async def test_the_server_at_hand_says_under_the_same_names_what_was_recorded(amqp_url: str):
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        assert connection.transport is not None
        said = connection.transport.connection.server_properties
    assert RABBIT_4_1.keys() <= said.keys()
    assert RABBIT_4_1["capabilities"].keys() <= said["capabilities"].keys()
    assert parse_version(said)[1] >= (3, 10)
