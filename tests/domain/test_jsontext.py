"""What JSON text cannot hold is refused, with its place; msgspec alone would write null for NaN."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain.jsontext import MAX_DEPTH, encode_json, too_deep
from queueing.errors import InvalidPayload

NAN, INFINITY = float("nan"), float("inf")


@dataclass
class Size:
    width: float
    height: float | None = None


class Sizes(msgspec.Struct):
    all: tuple[Size, ...]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (NAN, r"nan at \$\."),
        ({"a": [1, {"b": NAN}]}, r"nan at \$\.a\[1\]\.b\."),
        ([None, -INFINITY], r"-inf at \$\[1\]\."),
        (Sizes(all=(Size(1.0), Size(INFINITY, 2.0))), r"inf at \$\.all\[1\]\.width\."),
        ({"first": NAN, "second": INFINITY}, r"nan at \$\.first\."),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_path(value: Any, said: str) -> None:
    with pytest.raises(InvalidPayload, match=f"The payload is not JSON: it has {said}"):
        encode_json(value)


def test_a_real_null_is_no_number() -> None:
    assert encode_json({"a": None, "b": "null", "c": [1.5]}) == b'{"a":null,"b":"null","c":[1.5]}'


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_payload_may_be_a_hundred_levels_deep_and_no_deeper() -> None:
    assert encode_json(nested(MAX_DEPTH))
    with pytest.raises(InvalidPayload, match="deeper than 100 levels"):
        encode_json(nested(MAX_DEPTH + 1))
    with pytest.raises(InvalidPayload):
        encode_json(nested(100_000))


def test_brackets_in_text_are_no_levels() -> None:
    assert encode_json({"art": "[{" * 500, "more": ['"[' * 200]})
    assert encode_json([{"a": []}] * 1000)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text('ab[]{}"\\'), inner))


@given(values)
def test_a_value_comes_back_equal_or_is_refused(value: Any) -> None:
    try:
        text = encode_json(value)
    except InvalidPayload:
        assert any(not math.isfinite(number) for number in _floats(value))
    else:
        assert msgspec.json.decode(text) == value


@given(values, st.integers(0, 2 * MAX_DEPTH))
def test_the_quick_look_finds_the_same_depth_as_a_slow_one(value: Any, levels: int) -> None:
    text = b"[" * levels + json.dumps(value).encode() + b"]" * levels
    assert too_deep(text) == (_depth(value) + levels > MAX_DEPTH)


@pytest.mark.parametrize("deep", [MAX_DEPTH, MAX_DEPTH + 1])
def test_closing_brackets_in_text_hide_no_levels(deep: int) -> None:
    text = b'["]",' * deep + b"1" + b',"["]' * deep
    assert json.loads(text)
    assert too_deep(text) == (deep > MAX_DEPTH)


MIB = 1024 * 1024


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'["' + b"[" * MIB + b'"]', id="one text of brackets"),
        pytest.param(b'["' + b'\\"[' * (MIB // 3) + b'"]', id="one text of quotes and brackets"),
        pytest.param(
            b"[" + b",".join([b"[" * 98 + b"]" * 98] * (MIB // 197)) + b"]", id="many that are nearly too deep"
        ),
    ],
)
def test_the_largest_payloads_are_seen_through_at_once(text: bytes) -> None:
    began = time.process_time()
    assert not too_deep(text)
    assert time.process_time() - began < 0.2


def _floats(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for found in inner for number in _floats(found)]


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)
