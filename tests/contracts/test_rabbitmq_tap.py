"""The fast lane on its way between the socket and aiormq."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiormq
import pytest
from aiormq.connection import FrameReceiver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pamqp import commands as spec
from pamqp.frame import marshal
from pamqp.heartbeat import Heartbeat

from queueing.adapters.rabbitmq import RabbitBroker, tap
from queueing.adapters.rabbitmq.confirms import Batch, ConfirmChannel, Envelope, Refused, Unroutable
from queueing.adapters.rabbitmq.splitter import Closed, Taken
from tests.contracts.brokers import QUEUE, Inbox, fresh_prefix, letter, send, take_away
from tests.contracts.test_rabbitmq_splitter import CONFIRMS, OURS, answer, deliver, returned
from tests.eventually import eventually


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    made = RabbitBroker(amqp_url, prefix=fresh_prefix(), fast_lane=True)
    await made.connect()
    yield made
    await made.close()
    await take_away(amqp_url, made.prefix)


def tapped() -> tuple[tap.Tap, asyncio.StreamReader, list[Taken]]:
    """A tap that takes the deliveries of one consumer, the reader behind it, and what was taken."""
    taken: list[Taken] = []
    opened = tap.Tap()
    opened.consume(OURS, taken.append)
    opened.follow(OURS, "ours")
    return opened, tap._TappedReader(opened, asyncio.get_running_loop()), taken


async def test_deliveries_come_without_the_driver(broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch):
    by_the_driver: list[Any] = []

    async def note(_: Any, frame: Any) -> None:
        by_the_driver.append(frame)

    monkeypatch.setattr(aiormq.channel.Channel, "_on_deliver_frame", note)
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    await send(broker, *(letter(str(number)) for number in range(30)))
    got: list[str] = []
    while len(got) < 30:
        await eventually(lambda: inbox.deliveries)
        got += await inbox.ack_all()
    assert (got, by_the_driver) == ([str(number) for number in range(30)], [])


async def test_the_driver_is_shown_a_heartbeat_while_everything_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tap, "BEAT", 0.0)
    _, reader, taken = tapped()
    frames, wanted = deliver(1)
    for frame in frames:
        reader.feed_data(frame)
    assert taken == [wanted]
    _, channel, frame = await FrameReceiver(reader).get_frame()
    assert (channel, type(frame)) == (0, Heartbeat)


async def test_a_connection_that_takes_nothing_is_shown_nothing_of_ours(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tap, "BEAT", 0.0)
    reader = tap._TappedReader(tap.Tap(), asyncio.get_running_loop())
    start = marshal(spec.Connection.Start(server_properties={}), 0)
    reader.feed_data(start[:9])
    reader.feed_data(start[9:])
    reader.feed_eof()
    assert await reader.read() == start


async def test_what_came_of_a_frame_before_the_end_is_for_the_driver_to_complain_about():
    _, reader, taken = tapped()
    frames, _ = deliver(1)
    reader.feed_data(frames[0][:10])
    reader.feed_eof()
    assert (await reader.read(), taken) == (frames[0][:10], [])


async def test_a_delivery_that_raises_costs_no_other_and_is_told(caplog: pytest.LogCaptureFixture):
    opened, taken = tap.Tap(), list[Taken]()

    def listen(each: Taken) -> None:
        if not taken:
            taken.append(each)
            raise RuntimeError("this one")
        taken.append(each)

    opened.consume(OURS, listen)
    opened.follow(OURS, "ours")
    with caplog.at_level(logging.ERROR):
        assert opened.feed(b"".join([*deliver(1)[0], *deliver(2)[0]])) == b""
    assert taken == [deliver(1)[1], deliver(2)[1]]
    assert "this one" in caplog.text


async def test_the_end_of_a_channel_is_the_last_that_is_told_of_it():
    opened, _, taken = tapped()
    frames, delivered = deliver(1)
    closed = marshal(spec.Channel.CloseOk(), OURS)
    opened.feed(b"".join([*frames, closed, *frames]))
    assert taken == [delivered, Closed(OURS)]
    assert not opened.busy
    opened.follow(OURS, "ours")
    assert opened.feed(b"".join(frames)) == b"".join(frames)


async def test_a_channel_that_the_broker_closed_hears_no_ack(broker: RabbitBroker, amqp_url: str):
    """One frame after the driver's answer costs the connection, with all its other channels."""
    inbox, other = Inbox(), Inbox()
    await broker.consume(QUEUE, prefetch=20, on_delivery=inbox)
    await broker.consume(QUEUE, prefetch=1, on_delivery=other)
    await send(broker, *(letter(str(number)) for number in range(20)))
    await eventually(lambda: len(inbox.deliveries) + len(other.deliveries) == 20)
    wire = broker._in.live
    first, *rest = inbox.deliveries
    inbox.deliveries.clear()
    first._tag = 999  # type: ignore[attr-defined]
    await first.ack()
    for delivery in rest:
        await asyncio.sleep(0)
        await delivery.ack()
    await eventually(lambda: len(inbox.deliveries) >= 1)
    assert broker._in.live is wire


# TLS


@pytest.fixture
async def tls_url(amqp_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """RabbitMQ behind TLS, which is ended in front of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    server_address = urlsplit(amqp_url)
    lines: set[asyncio.Task[None]] = set()

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(server_address.hostname, server_address.port or 5672)
        lines.update((asyncio.create_task(carry(reader, far_writer)), asyncio.create_task(carry(far_reader, writer))))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    login = server_address.netloc.rpartition("@")[0]
    yield f"amqps://{login}@127.0.0.1:{port}{server_address.path}?cafile={tmp_path / 'server.pem'}"
    await asyncio.gather(*lines, return_exceptions=True)
    server.close()


def certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, made for the hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a broker of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_over_tls_messages_of_any_size_arrive_whole_and_are_acked(tls_url: str, amqp_url: str):
    broker, inbox = RabbitBroker(tls_url, prefix=fresh_prefix(), fast_lane=True), Inbox()
    await broker.connect()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    bodies = [bytes(size) for size in (0, 1, 16_384, 131_065, 400_000)]
    await send(broker, *(letter(body=body) for body in bodies))
    await eventually(lambda: len(inbox.deliveries) == len(bodies))
    assert [delivery.body for delivery in inbox.deliveries] == bodies
    await inbox.ack_all()
    await broker.close()
    await take_away(amqp_url, broker.prefix)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tls_url: str):
    broker = RabbitBroker(tls_url.partition("?")[0], prefix=fresh_prefix(), fast_lane=True)
    health = await broker.health()
    assert not health.ok
    assert "certificate" in health.detail
    await broker.close()


# Confirms


async def test_confirms_returns_and_refusals_come_without_the_driver(
    broker: RabbitBroker, amqp_url: str, monkeypatch: pytest.MonkeyPatch
):
    by_the_driver: list[Any] = []

    async def note(_: Any, frame: Any) -> None:
        by_the_driver.append(frame)

    monkeypatch.setattr(aiormq.channel.Channel, "_on_confirm_frame", note)
    monkeypatch.setattr(aiormq.channel.Channel, "_on_return_frame", note)
    await asyncio.gather(*(send(broker, *(letter(f"{n}-{m}") for m in range(20))) for n in range(20)))
    async with aiormq.connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.queue_delete(f"{broker.prefix}.{QUEUE}")
        # Given back, declared anew, sent again.
        await send(broker, letter("returned", body=bytes(300_000)))
    assert (await broker.depth(QUEUE)).ready == 1
    assert by_the_driver == []


class Driver:
    """As much of aiormq's channel as a ConfirmChannel uses."""

    number = CONFIRMS
    is_closed = False

    def __init__(self) -> None:
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.connection = SimpleNamespace(connection_tune=SimpleNamespace(frame_max=131_072))
        self.write_queue: asyncio.Queue[Any] = asyncio.Queue()
        self.confirmations: OrderedDict[int, Any] = OrderedDict()
        self.message_id_delivery_tag: dict[str, int] = {}
        self.delivery_tag = 0


def verdicts(batch: Batch) -> list[Any]:
    return [type(answer.exception()) if answer.done() else "waits" for answer in batch.answers]


async def sent(*ids: str) -> tuple[tap.Tap, ConfirmChannel, Batch]:
    opened, batch = tap.Tap(), Batch()
    channel = ConfirmChannel(Driver(), tap=opened)  # type: ignore[arg-type]
    await channel.send([Envelope(each, b"frames") for each in ids], batch)
    return opened, channel, batch


async def test_each_message_has_its_own_answer_and_the_batch_waits_for_all():
    opened, _, batch = await sent("a", "b", "c", "d", "m-1", "e")
    waiting = asyncio.create_task(batch.answered())
    opened.feed(b"".join(answer(4, multiple=False, refused=True)[0]))
    opened.feed(b"".join(returned(b"body")[0]))
    assert verdicts(batch) == ["waits", "waits", "waits", Refused, Unroutable, "waits"]
    opened.feed(b"".join(answer(2, multiple=True, refused=False)[0]))
    opened.feed(b"".join(answer(5, multiple=True, refused=False)[0]))
    opened.feed(b"".join(answer(99, multiple=False, refused=False)[0]))
    assert verdicts(batch) == [type(None)] * 3 + [Refused, Unroutable, "waits"]
    await asyncio.sleep(0)
    assert not waiting.done()
    opened.feed(b"".join(answer(6, multiple=False, refused=False)[0]))
    await waiting
    assert verdicts(batch)[-1] is type(None)


async def test_what_is_unanswered_when_the_channel_ends_fails_with_its_cause():
    _, channel, batch = await sent("a", "b")
    waiting = asyncio.create_task(batch.answered())
    channel._channel.closing.set_exception(ConnectionResetError("cut"))
    await waiting
    assert verdicts(batch) == [ConnectionResetError] * 2


async def test_an_id_in_flight_is_not_sent_again_before_it_is_answered():
    opened, channel, _ = await sent("a")
    again = Batch()
    sending = asyncio.create_task(channel.send([Envelope("a", b"frames")], again))
    await asyncio.sleep(0)
    assert again.answers == []
    opened.feed(b"".join(answer(1, multiple=False, refused=False)[0]))
    await sending
    opened.feed(b"".join(answer(2, multiple=False, refused=False)[0]))
    assert verdicts(again) == [type(None)]
