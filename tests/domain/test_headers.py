from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from queueing.domain.headers import LONGEST, MOST, REST, Death, deaths, legible

AT = datetime(2026, 11, 24, 9, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a1", "a1"),
        (7, 7),
        (None, None),
        (True, True),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (2**70, str(2**70)),
        (AT, "2026-11-24T09:14:20+00:00"),
        (b"caf\xe9", "caf\\xe9"),
        (Decimal("1.20"), "1.20"),
        ("\ud800", "?"),
        ([1, {"a": b"b"}], [1, {"a": "b"}]),
        ("x" * 5000, "x" * LONGEST + "…"),
    ],
)
def test_every_type_of_amqp_becomes_a_json_value(value: Any, kept: Any) -> None:
    found = legible({"name": value})
    assert found == {"name": kept}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found)) == found


def test_depth_and_size_are_bounded_and_what_is_left_out_is_counted() -> None:
    deep: Any = "end"
    for _ in range(50):
        deep = [deep]
    assert len(str(legible({"deep": deep}))) < 3 * LONGEST
    found = legible({f"h{number}": "x" * 1000 for number in range(50)})
    assert len(msgspec.json.encode(found)) < MOST + LONGEST
    assert found[REST] == f"{50 - len(found) + 1} more"


def test_deaths_are_read_oldest_first() -> None:
    headers = {
        "x-death": [
            {
                "queue": "l.mail",
                "reason": "rejected",
                "count": 2,
                "exchange": "",
                "routing-keys": ["l.mail"],
                "time": AT,
            },
            {"queue": "l.delay.2s", "reason": "expired", "count": 1, "exchange": "l.delay.2s", "time": AT},
        ]
    }
    expired, rejected = deaths(headers)
    assert expired == Death("l.delay.2s", "expired", 1, "l.delay.2s", (), AT)
    assert rejected == Death("l.mail", "rejected", 2, "", ("l.mail",), AT)
    assert deaths(legible(headers)) == (expired, rejected), "kept as JSON they say the same"


@pytest.mark.parametrize("said", [None, "yes", 7, [None, "x"], {}, [[{}]]])
def test_what_is_no_list_of_deaths_is_none(said: Any) -> None:
    assert deaths({"x-death": said}) == ()


@pytest.mark.parametrize("time", ["yesterday", None, 10**30, [], True])
def test_a_death_without_a_time_that_can_be_read_has_none(time: Any) -> None:
    [death] = deaths({"x-death": [{"queue": 5, "count": "many", "routing-keys": "k", "time": time}]})
    assert death == Death("5", "", 1, "", (), None)
