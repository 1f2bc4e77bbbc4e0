import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain.backoff import LONGEST, Backoff, Exponential, Fixed, Linear, Strategy
from queueing.errors import InvalidOptions

seconds = st.floats(0, 1e9, allow_nan=False)
strategies = st.one_of(
    st.builds(Backoff.fixed, seconds),
    st.builds(Backoff.linear, seconds, cap=seconds),
    st.builds(Backoff.exponential, seconds, factor=st.floats(0, 1e6), cap=seconds, jitter=st.booleans()),
    st.builds(Backoff.delays, st.lists(seconds, min_size=1, max_size=9)),
)


@given(strategies, st.integers(0, 100_000))
def test_a_wait_is_never_negative_endless_or_over_the_limit(strategy: Strategy, attempt: int) -> None:
    assert 0 <= strategy.delay(attempt) <= LONGEST


@given(strategies)
def test_a_strategy_survives_the_wire(strategy: Strategy) -> None:
    assert msgspec.json.decode(msgspec.json.encode(strategy), type=Strategy) == strategy


@given(st.floats(0, 1e4), st.floats(1, 10), st.floats(0, 1e6), st.integers(1, 500))
def test_full_jitter_stays_within_the_exponential_curve(base: float, factor: float, cap: float, attempt: int) -> None:
    curve = Exponential(base=base, factor=factor, cap=cap, jitter=False).delay(attempt)
    jittered = Exponential(base=base, factor=factor, cap=cap).delay(attempt, rng=random.Random(attempt))
    assert 0 <= jittered <= curve <= min(cap, LONGEST)


def test_exponential_doubles_up_to_its_cap() -> None:
    strategy = Backoff.exponential(1, cap=10, jitter=False)
    assert [strategy.delay(n) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_jitter_spreads_a_herd() -> None:
    strategy, rng = Backoff.exponential(100), random.Random(1)
    waits = {round(strategy.delay(1, rng=rng)) for _ in range(200)}
    assert len(waits) > 50
    assert min(waits) < 10 and max(waits) > 90


def test_linear_grows_by_its_step_and_fixed_does_not_grow() -> None:
    assert [Linear(step=5, cap=12).delay(n) for n in (1, 2, 3)] == [5, 10, 12]
    assert [Fixed(seconds=3).delay(n) for n in (1, 9)] == [3, 3]


def test_the_last_of_listed_delays_repeats() -> None:
    strategy = Backoff.delays([1, 5, 30])
    assert [strategy.delay(n) for n in (1, 2, 3, 4, 99)] == [1, 5, 30, 30, 30]


def test_a_named_backoff_sees_attempt_and_error() -> None:
    seen = []

    def by_error(attempt: int, error: BaseException | None) -> float:
        seen.append((attempt, error))
        return 7.0

    error = ValueError("x")
    assert Backoff.register("by_error", by_error).delay(2, error) == 7.0
    assert seen == [(2, error)]


def test_an_unknown_name_says_what_is_known() -> None:
    Backoff.register("known_one", lambda attempt, error: 1.0)
    with pytest.raises(InvalidOptions, match="known_one"):
        Backoff.named("nobody")


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "3", None, True])
def test_a_wait_that_is_not_a_number_of_seconds_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidOptions, match="finite number of seconds"):
        Backoff.fixed(wrong)  # type: ignore[arg-type]


def test_no_delays_at_all_are_refused() -> None:
    with pytest.raises(InvalidOptions):
        Backoff.delays([])
