"""When a schedule comes due: its ticks, as moments in UTC. No clock is read here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError
from msgspec.structs import force_setattr

from queueing.domain.cronwords import described
from queueing.domain.misfits import uncron
from queueing.domain.quoting import quoted
from queueing.domain.saying import Said, number, say, say_many
from queueing.errors import InvalidSchedule

MAX_EXPRESSION: Final = 200
LONGEST_PERIOD: Final = 366 * 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Cron(msgspec.Struct, frozen=True, tag="cron", forbid_unknown_fields=True):
    """By the clock on a wall in ``tz``, as Debian's cron reads it on the nights when that clock is changed.

    A fixed hour and minute (``30 2 * * *``) comes once a day: at the end of the gap where the clock jumps over it, at
    the first of the two where the clock shows it twice. With a star in front (``*/5 * * * *``) what counts is the time
    that passes: nothing comes twice, and nothing in a gap.
    """

    expression: str
    """Minute, hour, day, month, weekday; six fields begin with the second."""
    tz: str = "UTC"

    def __post_init__(self) -> None:
        zone = _zone(self.tz)
        force_setattr(self, "expression", _expression(self.expression))
        try:
            next(_cronsim(self.expression, datetime(2024, 1, 1, tzinfo=zone)))
        except CronSimError as wrong:
            raise InvalidSchedule(
                say(
                    "%(expression)s is not a cron expression: %(error)s. It takes minute, hour, day, month and "
                    "weekday, as '*/5 * * * *' or '0 7 * * MON-FRI'.",
                    expression=repr(self.expression), error=uncron(str(wrong)),
                )
            ) from wrong  # fmt: skip
        except StopIteration as never:
            raise InvalidSchedule(
                say(
                    "%(expression)s never comes: no such day is in the next fifty years.",
                    expression=repr(self.expression),
                )
            ) from never

    def __str__(self) -> str:
        """``At 02:30 every day``."""
        return _capitalised(self.said)

    @property
    def said(self) -> Said:
        """In the middle of a line."""
        return described(self.expression)

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Strictly later than ``after`` and than each other, wherever one begins."""
        last = after.astimezone(UTC)
        try:
            for found in _cronsim(self.expression, last.astimezone(_zone(self.tz))):
                # Two that fall into a gap end up at its end together; and whoever begins within the hour that comes
                # twice is first told of its first time.
                tick = found.astimezone(UTC)
                if tick > last:
                    last = tick
                    yield tick
        except OverflowError:
            return  # the end of the calendar


class Every(msgspec.Struct, frozen=True, tag="every", forbid_unknown_fields=True):
    """At the multiples of a period since 1970, UTC: the same moments for everybody, after any restart."""

    seconds: int

    def __post_init__(self) -> None:
        force_setattr(self, "seconds", _period(self.seconds))

    def __str__(self) -> str:
        """``Every 5 minutes``."""
        return _capitalised(self.said)

    @property
    def said(self) -> Said:
        """In the middle of a line."""
        seconds = self.seconds
        if seconds % 86_400 == 0:
            return say_many("every day", "every %(number)s days", seconds // 86_400)
        if seconds % 3600 == 0:
            return say_many("every hour", "every %(number)s hours", seconds // 3600)
        if seconds % 60 == 0:
            return say_many("every minute", "every %(number)s minutes", seconds // 60)
        return say_many("every second", "every %(number)s seconds", seconds)

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Strictly later than ``after``."""
        step = timedelta(seconds=self.seconds)
        tick = _EPOCH + (after - _EPOCH) // step * step
        try:
            while True:
                tick += step
                yield tick
        except OverflowError:
            return


Timing: TypeAlias = Cron | Every


def next_tick(timing: Timing, after: datetime) -> datetime:
    """The first one later than ``after``; the end of the calendar where there is none."""
    return next(timing.ticks(after), datetime.max.replace(tzinfo=UTC))


def upcoming(timing: Timing, after: datetime, count: int) -> list[datetime]:
    return list(islice(timing.ticks(after), count))


def zone(name: str) -> ZoneInfo:
    """Raises InvalidSchedule for a zone that this host does not know."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError, TypeError) as unknown:
        raise InvalidSchedule(
            say(
                "%(name)s is not a time zone that this host knows. Name one as 'Europe/Berlin' or 'UTC'.",
                name=quoted(name, 100),
            )
        ) from unknown


def _zone(name: str) -> tzinfo:
    # The one zone that cronsim takes a short cut for.
    return UTC if name == "UTC" else zone(name)


def _cronsim(expression: str, after: datetime) -> CronSim:
    return CronSim(expression, after)


def _expression(text: object) -> str:
    if not isinstance(text, str) or not text.isprintable() or not text.isascii() or len(text) > MAX_EXPRESSION:
        raise InvalidSchedule(
            say(
                "A cron expression is a line of at most %(most)s characters, not %(value)s.",
                most=number(MAX_EXPRESSION), value=quoted(text, 300),
            )
        )  # fmt: skip
    return " ".join(text.split())


def _period(value: object) -> int:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value % 1:
        raise InvalidSchedule(
            say("every() takes whole seconds or a timedelta of them, not %(value)s.", value=quoted(value))
        )
    if not 1 <= value <= LONGEST_PERIOD:
        raise InvalidSchedule(say("every() takes 1 second to 366 days, not %(value)s.", value=quoted(value)))
    return int(value)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
