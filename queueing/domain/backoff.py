"""How long to wait before the next attempt. Policy only: no clock, no I/O."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from queueing.domain.quoting import quoted
from queueing.domain.saying import say, say_in
from queueing.errors import InvalidOptions

Seconds: TypeAlias = float
BackoffFunction: TypeAlias = Callable[[int, BaseException | None], Seconds]

LONGEST: Final = 30 * 24 * 3600.0
"""Seconds. No backoff waits longer, whatever its formula says."""

_GREATEST: Final = sys.float_info.max

_named: dict[str, BackoffFunction] = {}


class _Strategy(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    def delay(self, attempt: int, error: BaseException | None = None, *, rng: random.Random | None = None) -> Seconds:
        """Seconds to wait after failed attempt number ``attempt`` (1 is the first)."""
        seconds = self._seconds(max(1, attempt), error, rng or _rng)
        if not math.isfinite(seconds):
            return LONGEST
        return min(max(0.0, seconds), LONGEST)

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        raise TypeError(f"{type(self).__name__} does not say how long to wait.")


class Fixed(_Strategy, frozen=True, kw_only=True, tag="fixed"):
    """The same wait each time."""

    seconds: float = 10.0

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        return self.seconds


class Linear(_Strategy, frozen=True, kw_only=True, tag="linear"):
    """``step`` × attempt, at most ``cap``."""

    step: float = 5.0
    cap: float = 3600.0

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        return min(self.step * attempt, self.cap)


class Exponential(_Strategy, frozen=True, kw_only=True, tag="exponential"):
    """``base`` × ``factor``^(attempt - 1), at most ``cap``, then full jitter: uniform in [0, that].

    Full jitter spreads the herd best for the least total work:
    M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    base: float = 2.0
    factor: float = 2.0
    cap: float = 3600.0
    jitter: bool = True

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        try:
            full = min(self.base * self.factor ** (attempt - 1), self.cap)
        except OverflowError:
            full = self.cap
        return rng.uniform(0.0, full) if self.jitter else full


class Delays(_Strategy, frozen=True, kw_only=True, tag="delays"):
    """The listed waits in order; the last one repeats."""

    seconds: tuple[float, ...]

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        return self.seconds[min(attempt, len(self.seconds)) - 1]


class Named(_Strategy, frozen=True, kw_only=True, tag="named"):
    """A function registered with :meth:`Backoff.register`, on every process that runs the job."""

    name: str

    def _seconds(self, attempt: int, error: BaseException | None, rng: random.Random) -> Seconds:
        return float(_function(self.name)(attempt, error))


Strategy: TypeAlias = Fixed | Linear | Exponential | Delays | Named

_rng: Final = random.Random()  # noqa: S311 - it spreads load, it hides nothing


class Backoff:
    """The strategies by name: ``Backoff.exponential(base=2, cap=300)``."""

    @staticmethod
    def fixed(seconds: float) -> Fixed:
        """The same number of seconds before each attempt."""
        return Fixed(seconds=_at_least_0("seconds", seconds))

    @staticmethod
    def linear(step: float, *, cap: float = 3600.0) -> Linear:
        """``step`` seconds after the first attempt, twice that after the second, and so on, up to ``cap`` seconds."""
        return Linear(step=_at_least_0("step", step), cap=_at_least_0("cap", cap))

    @staticmethod
    def exponential(base: float = 2.0, *, factor: float = 2.0, cap: float = 3600.0, jitter: bool = True) -> Exponential:
        """``base`` seconds after the first attempt, ``factor`` times longer after each further one, up to ``cap``
        seconds; with ``jitter`` anything from 0 seconds to that, so that what failed together does not come back so.
        """
        return Exponential(
            base=_at_least_0("base", base),
            factor=_at_least_0("factor", factor),
            cap=_at_least_0("cap", cap),
            jitter=jitter,
        )

    @staticmethod
    def delays(seconds: Sequence[float]) -> Delays:
        """These seconds, one after the other; the last of them for all further attempts."""
        if not seconds:
            raise InvalidOptions(say("Backoff.delays needs one delay or more."))
        return Delays(seconds=tuple(_at_least_0("seconds", s) for s in seconds))

    @staticmethod
    def named(name: str) -> Named:
        """What was registered under that name, in the process that runs the job."""
        _function(name)
        return Named(name=name)

    @staticmethod
    def register(name: str, function: BackoffFunction) -> Named:
        """Make ``function(attempt, error) -> seconds`` usable as ``Backoff.named(name)``."""
        _named[name] = function
        return Named(name=name)


DEFAULT: Final = Exponential()


def check(strategy: Any) -> None:
    """Raise InvalidOptions for a strategy that came from outside with impossible figures."""
    for field in ("seconds", "step", "base", "factor", "cap"):
        value = getattr(strategy, field, 0.0)
        for figure in value if isinstance(value, tuple) else (value,):
            _at_least_0(field, figure)
    if isinstance(strategy, Delays) and not strategy.seconds:
        raise InvalidOptions(say("A backoff of listed delays needs one delay or more."))


def _at_least_0(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _GREATEST:
        raise InvalidOptions(
            say(
                "Backoff %(name)s must be a finite number of seconds, 0 or more, not %(value)s.",
                name=name, value=quoted(value),
            )
        )  # fmt: skip
    return float(value)


def _function(name: str) -> BackoffFunction:
    try:
        return _named[name]
    except KeyError:
        known = ", ".join(sorted(_named)) or say_in("backoffs", "none")
        raise InvalidOptions(
            say(
                "No backoff is registered as %(name)s here (known: %(known)s). "
                "Call Backoff.register in a module that producers and workers both import.",
                name=quoted(name), known=known,
            )
        ) from None  # fmt: skip
