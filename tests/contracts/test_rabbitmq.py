"""What RabbitMQ's adapter promises beyond the port, on a server that is well."""

from __future__ import annotations

import asyncio
import gc
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiormq
import pytest
from aiormq.abc import AbstractChannel, ChannelFrame
from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.frame import marshal

from queueing.adapters.ladder import STEPS, step_for
from queueing.adapters.rabbitmq import RabbitBroker, subscription
from queueing.adapters.rabbitmq.diagnosis import all_arguments
from queueing.adapters.rabbitmq.topology import UNLIMITED, QueueType, Topology, parse_version
from queueing.errors import BrokerUnavailable, ConfigurationError, PublishFailed, QueueArgumentsMismatch
from tests.contracts.brokers import OTHER, QUEUE, Inbox, fresh_prefix, letter, send, take_away
from tests.eventually import eventually

Rabbit = Callable[..., RabbitBroker]


@pytest.fixture
async def rabbit(amqp_url: str) -> AsyncIterator[Rabbit]:
    """Makes brokers that share a prefix; closes them and takes their queues away."""
    prefix, made = fresh_prefix(), list[RabbitBroker]()

    def make(**options: Any) -> RabbitBroker:
        made.append(RabbitBroker(amqp_url, **({"prefix": prefix} | options)))
        return made[-1]

    yield make
    for broker in made:
        await broker.close()
    await take_away(amqp_url, prefix)


@asynccontextmanager
async def raw_channel(url: str) -> AsyncIterator[AbstractChannel]:
    async with aiormq.connect(url) as connection:
        yield await connection.channel(publisher_confirms=False)


both_lanes = pytest.mark.parametrize("fast_lane", [False, True], ids=["plain", "fast"])


def name(broker: RabbitBroker, queue: str = QUEUE) -> str:
    return f"{broker.prefix}.{queue}"


# Topology


@pytest.mark.parametrize(
    ("delay", "step"),
    [(-1, None), (0, None), (0.001, "250ms"), (0.25, "250ms"), (0.999, "250ms"), (1, "1s"), (59, "30s"), (1e6, "6h")],
)
def test_the_ladder_takes_the_largest_step_that_is_not_longer(delay: float, step: str | None):
    assert step_for(delay) == step


TOLD = {
    "capabilities": {
        "publisher_confirms": True,
        "basic.nack": True,
        "connection.blocked": True,
        "direct_reply_to": True,
    },
    "cluster_name": "rabbit@vm",
    "copyright": "Copyright (c) 2007-2022 VMware, Inc. or its affiliates.",
    "information": "Licensed under the MPL 2.0. Website: https://rabbitmq.com",
    "platform": "Erlang/OTP 25.2.3",
    "product": "RabbitMQ",
    "version": "3.10.8",
}
"""What a server of 3.10.8 said of itself in its handshake. Other versions say the same of theirs."""


@pytest.mark.parametrize(
    ("said", "version"),
    [("3.10.8", (3, 10, 8)), ("4.0.5", (4, 0, 5)), ("4.1.0-rc.1", (4, 1, 0)), ("4.2", (4, 2)), ("", ())],
)
def test_the_version_is_read_off_the_handshake(said: str, version: tuple[int, ...]):
    assert parse_version(TOLD | {"version": said}) == (said, version)


@pytest.mark.parametrize("queue_type", ["quorum", "classic"])
@pytest.mark.parametrize("later", ["3.11.28", "3.12.14", "3.13.7", "4.0.5", "4.1.0-rc.1", "5.0.0"])
def test_an_upgraded_server_finds_each_of_its_queues_unchanged(queue_type: QueueType, later: str):
    """Else RabbitMQ refuses to declare it (406), and its workers stop."""
    topology = Topology(prefix="p", queue_type=queue_type, delivery_limit=UNLIMITED)
    before, after = (parse_version(TOLD | {"version": version})[1] for version in ("3.10.8", later))
    assert all_arguments(topology, ["post"], before) == all_arguments(topology, ["post"], after)


def test_no_version_forgets_a_dead_letter_because_it_was_looked_at_often():
    """4.0 gives a quorum queue that names no limit one of 20; a classic queue has none, and knows no such argument."""
    quorum = Topology(prefix="p", queue_type="quorum", delivery_limit=20)
    assert quorum.dead_arguments() == {"x-queue-type": "quorum", "x-delivery-limit": UNLIMITED}
    classic = Topology(prefix="p", queue_type="classic", delivery_limit=20)
    assert classic.dead_arguments() == {"x-queue-type": "classic"}


async def test_a_dead_letter_queue_without_a_limit_is_told_with_what_to_do(rabbit: Rabbit, amqp_url: str):
    broker = rabbit()
    await broker.connect()
    dead = f"{name(broker)}.dead"
    async with raw_channel(amqp_url) as channel:
        await channel.queue_declare(dead, durable=True, arguments={"x-queue-type": "quorum"})
        with pytest.raises(QueueArgumentsMismatch) as caught:
            await broker.declare(QUEUE)
        for said in (f"'{dead}'", "'x-delivery-limit'", "it has none", f"ask for '{UNLIMITED}'", "delete_queue"):
            assert said in str(caught.value)
        await channel.queue_delete(dead)
    await broker.declare(QUEUE)


def test_dead_lettering_is_at_least_once_where_the_server_can():
    topology = Topology(prefix="p", queue_type="quorum", delivery_limit=20)
    for arguments in (topology.main_arguments("q", (3, 10, 0)), topology.step_arguments("1s", (3, 10, 0))):
        assert arguments["x-dead-letter-strategy"] == "at-least-once"
        assert arguments["x-overflow"] == "reject-publish"
    assert "x-dead-letter-strategy" not in topology.main_arguments("q", (3, 9, 20))
    classic = Topology(prefix="p", queue_type="classic", delivery_limit=20)
    assert "x-dead-letter-strategy" not in classic.main_arguments("q", (3, 10, 0))
    assert classic.main_arguments("q", (3, 10, 0))["x-max-priority"] == 9


async def test_many_questions_at_once_about_queues_that_are_not_there_cost_no_connection(rabbit: Rabbit):
    broker = rabbit()
    await broker.depth("not_there")
    wire = broker._in.live
    for _ in range(60):
        depths = await asyncio.gather(*(broker.depth(f"not_there_{number}") for number in range(20)))
        assert {depth.ready for depth in depths} == {None}
    assert broker._in.live is wire


async def test_declaring_makes_the_queue_its_dead_letters_and_the_whole_ladder(rabbit: Rabbit, amqp_url: str):
    broker = rabbit()
    await broker.connect()
    await broker.declare(QUEUE)
    async with raw_channel(amqp_url) as channel:
        for made in (name(broker), f"{name(broker)}.dead", *(name(broker, f"delay.{step}") for step in STEPS)):
            await channel.queue_declare(made, passive=True)


async def test_a_delay_costs_only_the_step_it_takes(rabbit: Rabbit, amqp_url: str):
    broker = rabbit()
    await broker.connect()
    await send(broker, letter("a", delay=1))
    async with raw_channel(amqp_url) as channel:
        await channel.queue_declare(name(broker, "delay.1s"), passive=True)
        with pytest.raises(aiormq.exceptions.ChannelNotFoundEntity):
            await channel.queue_declare(name(broker, "delay.2s"), passive=True)


async def test_other_arguments_are_reported_with_the_remedy(rabbit: Rabbit):
    first, second = rabbit(delivery_limit=20), rabbit(delivery_limit=7)
    await first.connect()
    await second.connect()
    await send(first, letter("a"))
    with pytest.raises(QueueArgumentsMismatch) as caught:
        await second.declare(QUEUE)
    for said in (f"'{name(first)}'", "'x-delivery-limit'", "it has '20'", "ask for '7'", "delete_queue"):
        assert said in str(caught.value)
    [failure] = await second.publish([letter("b")])
    assert isinstance(failure, QueueArgumentsMismatch)
    with pytest.raises(QueueArgumentsMismatch):
        await second.consume(QUEUE, prefetch=1, on_delivery=Inbox())
    await send(second, letter("c", queue=OTHER))


async def test_another_queue_type_is_reported_too(rabbit: Rabbit):
    quorum, classic = rabbit(), rabbit(queue_type="classic")
    await quorum.connect()
    await classic.connect()
    await send(quorum, letter("a"))
    with pytest.raises(QueueArgumentsMismatch, match="Set it as it was"):
        await classic.declare(QUEUE)


@both_lanes
async def test_a_message_released_too_often_becomes_a_dead_letter(rabbit: Rabbit, fast_lane: bool):
    broker = rabbit(delivery_limit=2, fast_lane=fast_lane)
    await broker.connect()

    def release(delivery: Any) -> None:
        releases.append(asyncio.ensure_future(delivery.release()))

    releases: list[asyncio.Future[None]] = []
    await broker.consume(QUEUE, prefetch=1, on_delivery=release)
    await send(broker, letter("poison"))

    async def buried() -> bool:
        return (await broker.depth(QUEUE)).dead == 1

    await eventually(buried)
    await asyncio.gather(*releases)
    assert len(releases) == 3


async def test_messages_carry_what_the_contract_says(rabbit: Rabbit, amqp_url: str):
    broker = rabbit()
    await broker.connect()
    await send(broker, letter("a", priority=5, message_id="m-1"), letter("b", raw=True))
    async with raw_channel(amqp_url) as channel:
        ours = (await channel.basic_get(name(broker), no_ack=True)).header.properties
        foreign = (await channel.basic_get(name(broker), no_ack=True)).header.properties
    assert (ours.delivery_mode, ours.content_type, ours.message_type) == (2, "application/json", "send_letter")
    assert (ours.message_id, ours.priority) == ("m-1", 5)
    assert ours.timestamp is not None
    assert foreign.content_type is None


# Publishing


async def test_a_queue_deleted_behind_our_back_is_declared_again_and_the_message_sent(rabbit: Rabbit, amqp_url: str):
    broker = rabbit()
    await broker.connect()
    await send(broker, letter("a"), letter("z", delay=1))
    async with raw_channel(amqp_url) as channel:
        await channel.queue_delete(name(broker))
        await channel.exchange_delete(name(broker, "delay.1s"))
    await send(broker, letter("b"))
    await send(broker, letter("c", delay=1))
    assert (await broker.depth(QUEUE)).ready == 1


async def test_what_amqp_cannot_carry_fails_alone(rabbit: Rabbit):
    broker = rabbit()
    await broker.connect()
    good, bad = letter("good"), letter("bad", headers={"job": object()})
    first, failed, long, last = await broker.publish([good, bad, letter("long", type="t" * 300), letter("also good")])
    assert (first, last) == (None, None)
    for failure in (failed, long):
        assert isinstance(failure, PublishFailed)
        assert "cannot be sent" in str(failure)


async def test_a_cancelled_publish_does_not_confuse_the_answers_of_others(rabbit: Rabbit):
    broker = rabbit()
    await broker.connect()
    await send(broker, letter("warm up"))
    tasks = [asyncio.ensure_future(broker.publish([letter(str(n), body=bytes(50_000))])) for n in range(60)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answer for answer in answers[1::2] if answer != [None]] == []
    await send(broker, letter("after"))


async def test_messages_whose_queue_was_deleted_hold_nobody_up_and_come_home_when_it_is_back(
    rabbit: Rabbit, amqp_url: str
):
    """More than the 32 that are enough to stop a step for all."""
    broker, orphans, others = rabbit(), Inbox(), Inbox()
    await broker.connect()
    await send(broker, *(letter(str(number), delay=0.25) for number in range(40)))
    async with raw_channel(amqp_url) as channel:
        await channel.queue_delete(name(broker))
    await broker.consume(OTHER, prefetch=5, on_delivery=others)

    async def homeless() -> bool:
        async with raw_channel(amqp_url) as channel:
            found = await channel.queue_declare(name(broker, "delay.homeless"), passive=True)
            return found.message_count == 40

    await eventually(homeless)
    await send(broker, letter("other", queue=OTHER, delay=0.25))
    await eventually(lambda: others.texts == ["other"])
    await broker.consume(QUEUE, prefetch=100, on_delivery=orphans)
    await eventually(lambda: len(orphans.deliveries) == 40, timeout=15)


# Consuming


@both_lanes
async def test_a_feed_that_stays_empty_beside_waiting_messages_is_opened_anew(
    rabbit: Rabbit, amqp_url: str, monkeypatch: pytest.MonkeyPatch, fast_lane: bool
):
    """Deleted and declared in one breath, a quorum queue's consumer is neither cancelled nor served (RabbitMQ 3.10)."""
    monkeypatch.setattr(subscription, "WATCH", 0.2)
    broker, inbox = rabbit(fast_lane=fast_lane), Inbox()
    await broker.connect()
    await broker.consume(QUEUE, prefetch=2, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.texts == ["a"])
    async with raw_channel(amqp_url) as channel:
        await channel.queue_delete(name(broker))
        arguments = Topology(prefix=broker.prefix, queue_type="quorum", delivery_limit=UNLIMITED).main_arguments(
            QUEUE, (3, 10, 0)
        )
        await channel.queue_declare(name(broker), durable=True, arguments=arguments)
    await send(broker, *(letter(text) for text in "bcdef"))
    await eventually(lambda: len(set(inbox.texts)) >= 3)


@both_lanes
async def test_a_closed_channel_is_opened_again(rabbit: Rabbit, fast_lane: bool):
    broker, inbox = rabbit(fast_lane=fast_lane), Inbox()
    await broker.connect()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.texts == ["a"])
    # A tag that was never given makes the broker close the channel.
    [delivery] = inbox.deliveries
    delivery._tag = 999  # type: ignore[attr-defined]
    await delivery.ack()
    await eventually(lambda: inbox.texts == ["a", "a"])
    assert inbox.deliveries[1].redelivered
    await delivery.release()
    await inbox.deliveries[1].ack()
    await send(broker, letter("b"))
    await eventually(lambda: inbox.texts == ["a", "a", "b"])


def _string(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _nested(levels: int) -> bytes:
    """A table with one header: a list in a list in a list…"""
    value = b""
    for _ in range(levels):
        value = b"A" + struct.pack(">I", len(value)) + value
    table = _string(b"deep") + value
    return struct.pack(">I", len(table)) + table


@both_lanes
@pytest.mark.parametrize(
    ("flag", "unreadable"),
    [
        pytest.param(6, struct.pack(">Q", 1_790_000_000_000_000_000), id="a timestamp in nanoseconds"),
        pytest.param(6, b"\xff" * 8, id="a timestamp beyond all time"),
        pytest.param(14, _string("größe".encode("latin-1")), id="a content encoding in Latin-1"),
        pytest.param(13, struct.pack(">I", 7) + _string(b"\xe9") + b"I\0\0\0\1", id="a header named in Latin-1"),
        pytest.param(13, _nested(5_000), id="a header of five thousand levels"),
    ],
)
async def test_a_property_that_cannot_be_read_costs_neither_the_message_nor_the_connection(
    rabbit: Rabbit, amqp_url: str, flag: int, unreadable: bytes, fast_lane: bool
):
    broker, inbox = rabbit(fast_lane=fast_lane), Inbox()
    await broker.connect()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    body = b'{"type":"t","payload":1}'
    fields = sorted([(flag, unreadable), (7, _string(b"m-1"))], reverse=True)
    flags = sum(1 << bit for bit, _ in fields)
    header = struct.pack(">HxxQH", 60, len(body), flags) + b"".join(value for _, value in fields)
    async with raw_channel(amqp_url) as channel:
        frames = (
            marshal(spec.Basic.Publish(exchange="", routing_key=name(broker)), channel.number)
            + struct.pack(">BHI", 2, channel.number, len(header))
            + header
            + b"\xce"
            + marshal(ContentBody(body), channel.number)
        )
        await channel.connection.write_queue.put(ChannelFrame(frames, should_close=False))
        await channel.basic_qos(prefetch_count=1)
    await eventually(lambda: inbox.deliveries)
    [delivery] = inbox.deliveries
    assert (delivery.body, delivery.message_id, delivery.redelivered) == (body, "m-1", False)
    await delivery.ack()


async def test_asking_for_a_queue_that_is_not_there_leaves_nothing_behind(rabbit: Rabbit):
    """The broker closes a channel for each such question, and the console asks all day."""
    broker = rabbit()
    await broker.connect()

    async def objects_after(questions: int) -> int:
        for _ in range(questions):
            assert (await broker.depth("nowhere")).ready is None
        await asyncio.sleep(0)
        gc.collect()
        return len(gc.get_objects())

    before = await objects_after(10)
    assert await objects_after(50) - before < 500


# Addresses


async def test_a_server_that_is_not_there_is_told_within_seconds_and_without_the_password():
    broker = RabbitBroker("amqp://ada:s3cr%40t@127.0.0.1:1/", prefix=fresh_prefix())
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1 is not available.*Start it") as caught:
        await broker.connect()
    [failure] = await broker.publish([letter("a")])
    assert time.monotonic() - began < 3
    assert isinstance(failure, BrokerUnavailable)
    health = await broker.health()
    assert not health.ok
    for text in (str(caught.value), repr(caught.value.__cause__), str(failure), health.detail):
        assert "s3cr" not in text
    await broker.close()


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """Somebody listens there and never says a word."""

    present: set[asyncio.StreamWriter] = set()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        present.add(writer)
        while await reader.read(1024):
            pass
        writer.close()
        await writer.wait_closed()
        present.discard(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    await eventually(lambda: not present)
    server.close()


async def test_a_server_that_never_answers_is_told_within_the_connect_timeout(silent_port: int):
    broker = RabbitBroker(f"amqp://127.0.0.1:{silent_port}/", connect_timeout=0.3)
    began = time.monotonic()
    answers = await asyncio.gather(*(broker.publish([letter("a")]) for _ in range(10)))
    assert time.monotonic() - began < 1.5
    assert all(isinstance(failure, BrokerUnavailable) for [failure] in answers)
    await broker.close()


async def test_closing_while_connecting_is_an_error_of_ours_for_whoever_waits(silent_port: int):
    broker = RabbitBroker(f"amqp://127.0.0.1:{silent_port}/", connect_timeout=30)
    publishing = asyncio.ensure_future(broker.publish([letter("a")]))
    cancelled = asyncio.ensure_future(broker.publish([letter("b")]))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await broker.close()
    [failure] = await publishing
    assert isinstance(failure, BrokerUnavailable)
    assert "closed" in str(failure)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://localhost/",
        "amqp://",
        "amqp://u:p@ss@host/",
        "amqp://u:p#ss@host/",
        "amqp://u:p/ss@host/",
        "amqp://u:ss@host:port/",
    ],
)
def test_an_address_that_cannot_be_is_refused_without_showing_the_password(url: str):
    with pytest.raises(ConfigurationError) as caught:
        RabbitBroker(url)
    assert "ss@" not in str(caught.value)
    assert "ss" not in str(caught.value).replace("password", "").replace("message", "").replace("must", "")
