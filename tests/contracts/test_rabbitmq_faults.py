"""A RabbitMQ that is stopped, killed, frozen, cut off and blocked, and what becomes of publishing and consuming."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

import pytest

from queueing.adapters.rabbitmq import RabbitBroker
from queueing.errors import BrokerUnavailable, PublishFailed
from tests.contracts.brokers import QUEUE, Inbox, dead, letter, send
from tests.eventually import eventually
from tests.servers.rabbitmq import PrivateRabbitMQ

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateRabbitMQ]:
    """One for all of this file: each test leaves it running, and uses queues of its own prefix."""
    with PrivateRabbitMQ() as running:
        yield running


BOTH = pytest.mark.parametrize("broker", ["plain", "fast"], indirect=True)
"""The lanes by which deliveries come. Where they are not named it is the fast one, which has more to get wrong."""


@pytest.fixture
async def broker(server: PrivateRabbitMQ, request: pytest.FixtureRequest) -> AsyncIterator[RabbitBroker]:
    made = RabbitBroker(
        server.url,
        prefix=f"t{abs(hash(request.node.name))}",
        publish_timeout=2,
        connect_timeout=2,
        fast_lane=getattr(request, "param", "fast") == "fast",
    )
    await made.connect()
    yield made
    await made.close()


@BOTH
async def test_consuming_resumes_after_every_connection_was_cut(server: PrivateRabbitMQ, broker: RabbitBroker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    await send(broker, letter("held"))
    await eventually(lambda: inbox.texts == ["held"])
    for round_ in range(3):
        [lost] = inbox.deliveries
        inbox.deliveries.clear()  # Before the cut: it may have come back by the time that the command has ended.
        await asyncio.to_thread(server.ctl, "close_all_connections", "cut by a test")
        await lost.ack()
        await eventually(lambda: inbox.texts == ["held"], timeout=15, message=f"round {round_}")
        assert inbox.deliveries[0].redelivered
    await inbox.ack_all()
    await _works_at_full_speed(broker, inbox)


async def test_consuming_resumes_after_the_server_was_stopped_and_started(
    server: PrivateRabbitMQ, broker: RabbitBroker
):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    await send(broker, letter("before"), dead("corpse"), letter("later", delay=1))
    await eventually(lambda: inbox.texts == ["before"])
    await inbox.ack_all()
    await asyncio.to_thread(server.stop)
    inbox.deliveries.clear()  # Stopping takes a second or two: "later" may have come, unanswered, and comes again.
    began = time.monotonic()
    [failure] = await broker.publish([letter("meanwhile")])
    assert isinstance(failure, BrokerUnavailable)
    assert not (await broker.health()).ok
    with pytest.raises(BrokerUnavailable, match="Start it"):
        await broker.depth(QUEUE)
    assert time.monotonic() - began < 8
    server.start()  # In this thread: the kernel ends it with the thread that began it.
    await eventually(lambda: "later" in inbox.texts, timeout=30)
    # An ack is not confirmed: one that the server had not written down when it stopped brings its message again.
    assert all(delivery.redelivered for delivery in inbox.deliveries if delivery.body == b"before")
    assert set(inbox.texts) <= {"before", "later"}
    await inbox.ack_all()
    assert (await broker.depth(QUEUE)).dead == 1
    await _works_at_full_speed(broker, inbox)


async def test_confirmed_messages_survive_a_killed_server(server: PrivateRabbitMQ, broker: RabbitBroker):
    await broker.declare(QUEUE)
    declared = time.monotonic()
    # RabbitMQ 3.10 writes down which log is whose half a second late: a younger quorum queue comes back empty.
    await eventually(lambda: time.monotonic() - declared > 1.5)
    await send(broker, *(letter(str(number)) for number in range(200)))
    await asyncio.to_thread(server.kill)
    server.start()  # In this thread: the kernel ends it with the thread that began it.

    async def all_there() -> bool:
        try:
            return (await broker.depth(QUEUE)).ready == 200
        except BrokerUnavailable:
            return False

    await eventually(all_there, timeout=30)


async def test_messages_in_flight_when_the_connection_is_cut_are_all_answered_for(
    server: PrivateRabbitMQ, broker: RabbitBroker
):
    await send(broker, letter("warm up"))
    cut = asyncio.ensure_future(asyncio.to_thread(server.ctl, "close_all_connections", "cut by a test"))
    answers: list[Exception | None] = []
    while not cut.done():
        answers += await broker.publish([letter("x", body=bytes(20_000)) for _ in range(200)])
    await cut
    answers += await broker.publish([letter("after")])
    assert answers[-1] is None
    lost = [answer for answer in answers if answer is not None]
    assert all(isinstance(answer, BrokerUnavailable) for answer in lost)
    assert (await broker.depth(QUEUE)).ready >= answers.count(None)


async def test_a_memory_alarm_refuses_messages_with_advice_and_lets_acks_through(
    server: PrivateRabbitMQ, broker: RabbitBroker
):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"), letter("b"))
    await eventually(lambda: inbox.texts == ["a"])
    await asyncio.to_thread(server.ctl, "set_vm_memory_high_watermark", "0.00001")
    try:
        await eventually(lambda: _is_alarmed(server), timeout=15)
        began = time.monotonic()
        failures = [*await broker.publish([letter("c")]), *await broker.publish([letter("d")])]
        assert time.monotonic() - began < 6
        for failure in failures:
            assert isinstance(failure, BrokerUnavailable)
            assert "alarm" in str(failure)
        health = await broker.health()
        assert not health.ok
        assert "alarm" in health.detail
        await inbox.deliveries[0].ack()
        await eventually(lambda: inbox.texts[:2] == ["a", "b"])
    finally:
        await asyncio.to_thread(server.ctl, "set_vm_memory_high_watermark", "0.4")
    await eventually(lambda: _publishes(broker), timeout=15)


async def test_a_full_queue_refuses_the_message_and_says_so(server: PrivateRabbitMQ, broker: RabbitBroker):
    await send(broker, letter("fills it"))
    await asyncio.to_thread(
        server.ctl, "set_policy", "full", f"^{broker.prefix}[.]{QUEUE}$", '{"max-length":1}', "--apply-to", "queues"
    )

    async def refused() -> bool:
        [failure] = await broker.publish([letter("too much")])
        return isinstance(failure, PublishFailed) and "full" in str(failure)

    await eventually(refused)


async def test_a_frozen_server_is_reported_in_time(server: PrivateRabbitMQ, broker: RabbitBroker):
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=Inbox())
    await send(broker, letter("a"))
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        [failure] = await broker.publish([letter("b")])
        assert isinstance(failure, PublishFailed)
        assert "not confirmed within 2 seconds" in str(failure)
        with pytest.raises(BrokerUnavailable):
            await broker.depth(QUEUE)
        assert not (await broker.health()).ok
        await subscription.set_prefetch(5)
        await subscription.stop()
        await broker.close()
        assert time.monotonic() - began < 40
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_a_user_and_a_virtual_host_with_special_characters_can_be_used(server: PrivateRabbitMQ):
    user, password, vhost = "ada@work", "p:a/s#s?w%rd&é", "team/ä x"
    await asyncio.to_thread(server.ctl, "add_user", user, password)
    await asyncio.to_thread(server.ctl, "add_vhost", vhost)
    await asyncio.to_thread(server.ctl, "set_permissions", "-p", vhost, user, ".*", ".*", ".*")
    host = server.url.rpartition("@")[2].rstrip("/")
    address = f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    special = RabbitBroker(f"{address}/{quote(vhost, safe='')}")
    await special.connect()
    await send(special, letter("a"))
    assert (await special.depth(QUEUE)).ready == 1
    await special.close()
    for wrong, said in (
        (f"amqp://{quote(user, safe='')}:s3cret@{host}/{quote(vhost, safe='')}", "refuses this login"),
        (f"{address}/nowhere", "does not open the virtual host"),
    ):
        stranger = RabbitBroker(wrong)
        with pytest.raises(BrokerUnavailable, match=said) as caught:
            await stranger.connect()
        assert "s3cret" not in str(caught.value)
        assert password not in str(caught.value)
        await stranger.close()


async def _works_at_full_speed(broker: RabbitBroker, inbox: Inbox) -> None:
    """Far more than a prefetch goes through: consuming did not just twitch."""
    for batch in range(5):
        await send(broker, *(letter(f"{batch}-{number}") for number in range(20)))
    texts: set[str] = set()
    while len(texts) < 100:
        await eventually(lambda: inbox.deliveries)
        texts.update(await inbox.ack_all())


async def _publishes(broker: RabbitBroker) -> bool:
    return await broker.publish([letter("once more")]) == [None]


async def _is_alarmed(server: PrivateRabbitMQ) -> bool:
    return "memory" in await asyncio.to_thread(server.ctl, "eval", "rabbit_alarm:get_alarms().")
