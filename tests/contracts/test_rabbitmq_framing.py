"""What we write byte by byte is what pamqp would write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from queueing.adapters.rabbitmq import framing
from queueing.adapters.rabbitmq.framing import JSON, MAX_MESSAGE, PERSISTENT, framed
from queueing.adapters.rabbitmq.publisher import UNFRAMEABLE
from queueing.domain.ports import Destination, Outgoing

NOW = 1_790_000_000
FRAME_MAX = 4096


def message(**changed: Any) -> Outgoing:
    given: dict[str, Any] = {
        "queue": "post",
        "type": "send_letter",
        "body": b'{"to":"ada"}',
        "headers": {"leveret-job": "j" * 36, "leveret-epoch": 1},
        "message_id": "m" * 36,
        "destination": Destination.MAIN,
    }
    return Outgoing(**given | changed)


def by_pamqp(outgoing: Outgoing) -> bytes:
    properties = spec.Basic.Properties(
        content_type=None if outgoing.raw else JSON,
        headers=dict(outgoing.headers),
        delivery_mode=PERSISTENT,
        priority=outgoing.priority,
        message_id=outgoing.message_id,
        timestamp=datetime.fromtimestamp(NOW, UTC),
        message_type=outgoing.type,
    )
    parts = [
        marshal(spec.Basic.Publish(exchange="x", routing_key="home", mandatory=True), 7),
        marshal(ContentHeader(body_size=len(outgoing.body), properties=properties), 7),
    ]
    for start in range(0, len(outgoing.body), FRAME_MAX - 8):
        parts.append(marshal(ContentBody(outgoing.body[start : start + FRAME_MAX - 8]), 7))
    return b"".join(parts)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"body": b""},
        {"body": b"x" * 10_000},
        {"raw": True, "body": b"\xff\x00"},
        {"priority": 0},
        {"priority": 9},
        {"type": ""},
        {"type": "ü" * 100},
        {"headers": {}},
        {"headers": {"leveret-job": "ü" * 200, "leveret-epoch": 1, "leveret-attempt": 127}},
        {"headers": {"n": 128, "o": -1, "p": 2**40, "q": True, "r": 1.5, "s": None, "u": ""}},
        {"headers": {"when": datetime(2026, 1, 1, tzinfo=UTC), "a": {"b": [1, "c"]}, "Z": "first"}},
        {"headers": {"k" * 200: 1, "ü" * 65: 2}},
    ],
    ids=str,
)
def test_a_message_is_written_as_pamqp_writes_it(changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing.time, "time", lambda: NOW + 0.7)
    outgoing = message(**changed)
    assert framed(outgoing, exchange="x", routing_key="home", channel=7, frame_max=FRAME_MAX) == by_pamqp(outgoing)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "t" * 256},
        {"message_id": "m" * 256},
        {"message_id": "\ud800"},
        {"priority": 256},
        {"priority": -1},
        {"headers": {"n": 2**70}},
        {"headers": {"n": object()}},
        {"headers": {1: 1}},
        {"body": b"x" * (MAX_MESSAGE + 1)},
    ],
    ids=["type", "id", "surrogate", "octet", "negative", "integer", "object", "name", "body"],
)
def test_what_amqp_cannot_carry_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((*UNFRAMEABLE, AttributeError)):
        framed(message(**changed), exchange="", routing_key="home", channel=1, frame_max=FRAME_MAX)
