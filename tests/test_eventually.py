"""``eventually`` waits for a condition and says what it last saw."""

from __future__ import annotations

import itertools

import pytest

from tests.eventually import eventually, eventually_sync


async def test_it_returns_the_first_true_value():
    values = iter([None, 0, "", "at last", "too late"])
    assert await eventually(lambda: next(values)) == "at last"


async def test_a_coroutine_function_is_awaited():
    count = itertools.count()

    async def third() -> bool:
        return next(count) == 2

    assert await eventually(third) is True


async def test_an_assertion_that_does_not_hold_yet_is_tried_again():
    count = itertools.count()

    def third() -> str:
        assert next(count) == 2
        return "held"

    assert await eventually(third) == "held"


async def test_when_time_is_up_it_tells_the_last_value():
    with pytest.raises(AssertionError, match=r"no job \(after 0\.05 s; last value: \[\]\)"):
        await eventually(list, timeout=0.05, message="no job")


def test_without_a_loop_it_tells_the_last_assertion():
    def never() -> bool:
        raise AssertionError("not one")

    with pytest.raises(AssertionError, match="last assertion: not one"):
        eventually_sync(never, timeout=0.05)


async def test_any_other_error_is_not_waited_out():
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)
