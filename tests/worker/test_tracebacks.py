"""An exception as data."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from queueing.domain.job import ErrorInfo
from queueing.worker import tracebacks


def fails_on(number: int) -> None:
    raise ValueError(f"order {number} of '0x{number:x}' is unknown")


def described(act: object, *args: object) -> ErrorInfo:
    try:
        act(*args)  # type: ignore[operator]
    except Exception as error:
        return tracebacks.describe(error)
    raise AssertionError("nothing was raised")


def test_frames_carry_their_source_and_tell_ours_from_libraries() -> None:
    info = described(json.loads, "{")
    ours, *library = info.frames
    assert (ours.function, ours.ours) == ("described", True)
    assert ours.source[ours.line - ours.first_line].strip().startswith("act(*args)")
    assert library and not any(frame.ours for frame in library)
    assert library[-1].file == "json/decoder.py"
    assert info.kind == "json.decoder.JSONDecodeError"


def test_the_thread_pool_a_handler_ran_in_is_left_out() -> None:
    with ThreadPoolExecutor(1) as pool:
        info = described(pool.submit(fails_on, 7).result)
    assert [frame.function for frame in info.frames] == ["described", "fails_on"]


def test_the_same_failure_of_other_data_has_the_same_fingerprint() -> None:
    first, second = described(fails_on, 7), described(fails_on, 4711)
    assert first.message != second.message
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != described(json.loads, "{").fingerprint


def test_a_very_deep_or_long_failure_is_cut() -> None:
    def deep(left: int) -> None:
        if left == 0:
            raise ValueError("x" * 100_000)
        deep(left - 1)

    info = described(deep, 200)
    assert len(info.frames) == tracebacks.MAX_FRAMES
    assert len(info.message) == tracebacks.MAX_MESSAGE
    assert info.frames[-1].function == "deep"
