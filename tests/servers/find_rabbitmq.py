"""Where the tests' RabbitMQ is."""

from __future__ import annotations

import socket
from io import BufferedRWPair
from urllib.parse import unquote, urlsplit

from pamqp import base, commands, common, frame, header

from tests.servers import debian, docker
from tests.servers.found import Found, Unavailable, search

LOCALHOST = "amqp://guest:guest@127.0.0.1:5672/"
REMEDY = (
    "Do one of these:\n"
    "  - install it: `apt-get install rabbitmq-server`, or `brew install rabbitmq`;\n"
    "  - run it: `docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4`;\n"
    "  - name a running one: LEVERET_TEST_AMQP_URL=amqp://user:password@host:5672/vhost"
)


def find() -> Found:
    return search(
        "RabbitMQ",
        variable="LEVERET_TEST_AMQP_URL",
        check=handshake,
        ways=[_on_localhost, _installed, _in_docker, _from_debian],
        remedy=REMEDY,
    )


def _on_localhost() -> Found:
    try:
        return Found(where=LOCALHOST, how=f"{handshake(LOCALHOST)}, running on localhost")
    except Unavailable as exc:
        raise Unavailable(f"localhost:5672: {exc}") from exc


def _installed() -> Found:
    # Not at the top: the starter needs `handshake` from here.
    from tests.servers.rabbitmq import PrivateRabbitMQ

    server = PrivateRabbitMQ()
    try:
        server.start()
        return Found(where=server.url, how=f"{handshake(server.url)}, our own, pid {server.pid}", stop=server.close)
    except Unavailable as exc:
        server.close()
        raise Unavailable(f"the installed rabbitmq-server did not start: {exc}") from exc


def _in_docker() -> Found:
    container = docker.run("rabbitmq:4", port=5672)
    url = f"amqp://guest:guest@127.0.0.1:{container.port}/"
    container.wait_until(lambda: handshake(url), timeout=120)
    return Found(where=url, how=f"{handshake(url)}, our own container {container.id}", stop=container.remove)


def _from_debian() -> Found:
    debian.install("rabbitmq-server")
    return _installed()


def handshake(url: str, *, timeout: float = 5.0) -> str:
    """Log in as a client does and leave again. Answers with product and version."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
    vhost = unquote(parts.path[1:]) or "/"
    address = (parts.hostname or "127.0.0.1", parts.port or 5672)
    try:
        with socket.create_connection(address, timeout) as peer, peer.makefile("rwb") as stream:
            return _log_in(stream, user, password, vhost)
    except (OSError, EOFError) as exc:
        raise Unavailable(f"it does not answer as AMQP ({exc})") from exc


def _log_in(stream: BufferedRWPair, user: str, password: str, vhost: str) -> str:
    def send(part: header.ProtocolHeader | base.Frame) -> None:
        stream.write(frame.marshal(part, 0))
        stream.flush()

    def receive(expected: type[base.Frame]) -> base.Frame:
        # A frame: type (1), channel (2), size (4), payload, end mark (1).
        head = stream.read(7)
        if len(head) < 7:
            raise EOFError("the connection was closed during the handshake")
        body = stream.read(int.from_bytes(head[3:7], "big") + 1)
        _, _, method = frame.unmarshal(head + body)
        if isinstance(method, commands.Connection.Close):
            raise Unavailable(f"it refuses {user} on {vhost}: {method.reply_text}")
        if not isinstance(method, expected):
            raise Unavailable(f"it answered {getattr(method, 'name', method)} instead of {expected.name}")
        return method

    send(header.ProtocolHeader())
    properties = getattr(receive(commands.Connection.Start), "server_properties", None) or {}
    # Without this a refusal is only a closed connection.
    client: common.FieldTable = {"capabilities": {"authentication_failure_close": True}}
    send(commands.Connection.StartOk(client, "PLAIN", f"\0{user}\0{password}", "en_US"))
    tune = receive(commands.Connection.Tune)
    send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0))  # type: ignore[attr-defined]
    send(commands.Connection.Open(vhost))
    receive(commands.Connection.OpenOk)
    send(commands.Connection.Close(200, "looked for", 0, 0))
    receive(commands.Connection.CloseOk)
    return f"{properties.get('product', 'AMQP server')} {properties.get('version', '')}".strip()
