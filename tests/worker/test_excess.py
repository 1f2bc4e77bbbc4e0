"""When a dead-letter queue is walked through, and when it is let alone."""

from __future__ import annotations

import pytest

from queueing.worker.excess import FIRST, OBSERVED, REST, Excess

TOOK = 5.0


@pytest.fixture
def walked() -> Excess:
    """It has been walked through as far as ``FIRST`` in vain, at 0, for one letter too many."""
    excess = Excess()
    assert excess.asks_for_walk(1, now=0)
    excess.walked(1, seen=FIRST, removed=0, took=TOOK, now=0)
    return excess


def test_a_walk_in_vain_is_followed_by_a_rest(walked: Excess) -> None:
    assert not walked.asks_for_walk(1, now=TOOK * REST - 0.1)
    assert walked.asks_for_walk(1, now=TOOK * REST)


def test_what_waits_for_a_deeper_walk_does_not_become_usual_however_long_the_rest(walked: Excess) -> None:
    rest = TOOK * REST
    assert not any(walked.asks_for_walk(1, now=rest * number / (2 * OBSERVED)) for number in range(2 * OBSERVED))
    assert walked.asks_for_walk(1, now=rest)
    assert walked.limit > FIRST


def test_a_walk_that_removes_what_it_sees_goes_on_without_a_rest() -> None:
    excess = Excess()
    assert excess.asks_for_walk(10 * FIRST, now=0)
    excess.walked(10 * FIRST, seen=FIRST, removed=FIRST, took=TOOK, now=TOOK)
    assert excess.asks_for_walk(9 * FIRST, now=TOOK)
