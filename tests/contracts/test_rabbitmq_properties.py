"""Properties read in one pass are those that pamqp reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands as spec
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from queueing.adapters.rabbitmq import properties as module
from queueing.adapters.rabbitmq.leniency import properties, readable
from queueing.adapters.rabbitmq.plain import REFUSED, NotPlain, plain
from queueing.adapters.rabbitmq.properties import Properties, read

SEEN = ("headers", "message_id", "message_type", "timestamp")


def header(**given: Any) -> bytes:
    return marshal(ContentHeader(body_size=3, properties=spec.Basic.Properties(**given)), 1)[7:-1]


def seen(found: Properties) -> dict[str, Any]:
    """An empty name is none, as for whoever asks."""
    return {name: getattr(found, name) or None for name in SEEN}


names = st.text(max_size=20)
plain_values = st.integers(-(2**63), 2**63 - 1) | st.text(max_size=40)
values = st.recursive(
    plain_values | st.booleans() | st.none() | st.just(datetime(2026, 11, 24, tzinfo=UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
moments = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2300, 1, 1), timezones=st.just(UTC))


def headers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    options = {
        "headers": st.dictionaries(names, values, max_size=5),
        "content_type": names, "message_id": names, "message_type": names, "app_id": names, "reply_to": names,
        "timestamp": moments, "priority": st.integers(0, 9), "delivery_mode": st.sampled_from([1, 2]),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=options).map(lambda given: header(**given))


@given(headers(values))
def test_whatever_a_message_has_it_is_read_as_pamqp_reads_it(payload: bytes):
    assert seen(read(payload)) == seen(properties(payload))


@given(headers(values), st.integers(min_value=0), st.binary(min_size=1, max_size=4), st.integers(0, 8))
def test_damaged_it_is_read_as_pamqp_reads_it_or_not_at_all(payload: bytes, where: int, new: bytes, cut: int):
    at = 12 + where % (len(payload) - 12)
    damaged = (payload[:at] + new + payload[at + len(new) :])[: max(14, len(payload) - cut)]

    def outcome(reading: Any) -> Any:
        try:
            return seen(reading(damaged))
        except Exception as error:
            return type(error)

    assert outcome(read) == outcome(properties)


@given(headers(plain_values), st.integers(min_value=0), st.binary(max_size=4), st.integers(0, 8))
def test_what_is_taken_for_plain_can_be_read_by_pamqp_too(payload: bytes, where: int, new: bytes, cut: int):
    at = 12 + where % (len(payload) - 12)
    damaged = (payload[:at] + new + payload[at + len(new) :])[: max(14, len(payload) - cut)]
    framed = damaged + b"\xce"
    try:
        plain(framed, len(damaged))
    except (NotPlain, *REFUSED):
        return
    ContentHeader().unmarshal(framed)
    assert readable(framed) is framed


def test_our_own_messages_never_need_pamqp(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(module, "properties")
    given = {
        "headers": {
            "leveret-job": "0192c0a1-7b3e-7c3e-8a3e-0192c0a17b3e", "leveret-epoch": 3, "leveret-attempt": 300,
            "leveret-not-before": 1_790_000_000_000, "x-delivery-count": 70_000, "below": -1,
        },
        "content_type": "application/json", "delivery_mode": 2, "priority": 5, "message_id": "m-1",
        "message_type": "send_letter", "timestamp": datetime(2026, 11, 24, 10, 42, 18, tzinfo=UTC),
    }  # fmt: skip
    assert seen(read(header(**given))) == {name: given[name] for name in SEEN}
    assert seen(read(header())) == dict.fromkeys(SEEN)
