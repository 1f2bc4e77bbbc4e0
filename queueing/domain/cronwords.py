"""A cron expression in words: ``at 07:00 on Monday through Friday``. In English it is what cronsim's own explanation
says, word for word; here each part remembers what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cronsim.explain import Day, Expression, Field, Month, Weekday
from cronsim.explain import Sequence as Run

from queueing.domain.saying import Figure, Said, listed, say, say_in

LAST: Final = -1
LAST_WEEKDAY: Final = -2
FEW_TIMES: Final = 4
"""Times of a day that are told one by one."""
ORDINALS: Final = (
    say_in("ordinal", "first"),
    say_in("ordinal", "second"),
    say_in("ordinal", "third"),
    say_in("ordinal", "fourth"),
    say_in("ordinal", "fifth"),
    say_in("ordinal", "sixth"),
    say_in("ordinal", "seventh"),
    say_in("ordinal", "eighth"),
    say_in("ordinal", "ninth"),
)
MONTHS: Final = (
    say_in("month of a schedule", "January"),
    say_in("month of a schedule", "February"),
    say_in("month of a schedule", "March"),
    say_in("month of a schedule", "April"),
    say_in("month of a schedule", "May"),
    say_in("month of a schedule", "June"),
    say_in("month of a schedule", "July"),
    say_in("month of a schedule", "August"),
    say_in("month of a schedule", "September"),
    say_in("month of a schedule", "October"),
    say_in("month of a schedule", "November"),
    say_in("month of a schedule", "December"),
)
WEEKDAYS: Final = (
    say_in("weekday of a schedule", "Sunday"),
    say_in("weekday of a schedule", "Monday"),
    say_in("weekday of a schedule", "Tuesday"),
    say_in("weekday of a schedule", "Wednesday"),
    say_in("weekday of a schedule", "Thursday"),
    say_in("weekday of a schedule", "Friday"),
    say_in("weekday of a schedule", "Saturday"),
)


def described(expression: str) -> Said:
    """Of five or six fields that cronsim has accepted. Begins with a small letter."""
    fields = Expression(expression.upper().split())
    time, alone = _time(fields)
    date = _date(fields, every_day=alone)
    if date is not None:
        return say("%(time)s %(date)s", time=time, date=date)
    return say("%(time)s every day", time=time) if alone else time


def _time(fields: Expression) -> tuple[Said, bool]:
    """And whether it wants the days named, as single times do."""
    second, minute, hour = fields.second, fields.minute, fields.hour
    if hour.star:
        if minute.star:
            if second.star or second.zero:
                return (say("every second") if second.star else say("every minute")), False
            return say("%(seconds)s of every minute", seconds=_seconds(second)), False
        if second.zero and minute.single_value == 0:
            return say("at the start of every hour"), False
        if second.zero:
            return say("%(minutes)s of every hour", minutes=_minutes(minute)), False
    if times := _times(fields):
        return say("at %(times)s", times=_list(times)), True
    if second.zero and (span := _span(fields)):
        return span, False
    if second.zero:
        return say("%(minutes)s %(hours)s", minutes=_minutes(minute), hours=_hours(hour)), False
    parts = {"seconds": _seconds(second), "minutes": _minutes(minute), "hours": _hours(hour)}
    return say("%(seconds)s %(minutes)s %(hours)s", **parts), False


def _times(fields: Expression) -> list[str]:
    """02:30, where these are few."""
    all_of = (fields.hour, fields.minute, fields.second)
    if not all(field.all_singles for field in all_of):
        return []
    hours, minutes, seconds = (sorted(field.singles()) for field in all_of)
    if len(hours) * len(minutes) * len(seconds) > FEW_TIMES:
        return []
    return [
        _clock(hour, minute) if fields.second.zero else f"{_clock(hour, minute)}:{second:02}"
        for hour in hours
        for minute in minutes
        for second in seconds
    ]


def _span(fields: Expression) -> Said | None:
    """Every minute from 11:00 through 11:10."""
    minute, hour = fields.minute, fields.hour
    if len(minute.parsed) != 1:
        return None
    run = minute.parsed[0]
    if hour.single_value and run.start is not None and run.stop is not None and run.step == 1:
        bounds = {"start": _clock(hour.single_value, run.start), "end": _clock(hour.single_value, run.stop)}
        return say("every minute from %(start)s through %(end)s", **bounds)
    if len(hour.parsed) == 1 and run.start is None:
        hours = hour.parsed[0]
        if hours.start is not None and hours.stop is not None and hours.step == 1:
            bounds = {"start": _clock(hours.start, 0), "end": _clock(hours.stop, 59)}
            return say("%(minutes)s from %(start)s through %(end)s", minutes=_minutes(minute), **bounds)
    return None


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _date(fields: Expression, *, every_day: bool) -> Said | None:
    day, month, weekday = fields.day, fields.month, fields.dow
    if weekday.star and (date := _one_day(day, month)):
        return date
    if every_day and day.star and weekday.star and month.all_singles:
        return say("every day %(months)s", months=_in_months(month))
    days: Said | None = None
    if not day.star and not weekday.star:
        both = {"days": _days(day), "weekdays": _weekdays(weekday)}
        days = (
            say("%(days)s if it's %(weekdays)s", **both) if fields.day_and else say("%(days)s and %(weekdays)s", **both)
        )
    elif not day.star:
        days = _days(day)
    elif not weekday.star:
        days = _weekdays(weekday)
    if month.star:
        return days
    months = _in_months(month)
    return months if days is None else say("%(days)s %(months)s", days=days, months=months)


def _one_day(day: Day, month: Month) -> Said | None:
    if day.single_value == LAST:
        return say("on the last day %(months)s", months=_of_months(month))
    if day.single_value == LAST_WEEKDAY:
        return say("on the last weekday %(months)s", months=_of_months(month))
    if month.single_value and day.single_value:
        return say("on %(month)s %(day)s", month=MONTHS[month.single_value - 1], day=Figure(str(day.single_value)))
    if day.single_value:
        return say("on the %(ordinal)s day %(months)s", ordinal=_ordinal(day.single_value), months=_of_months(month))
    return None


def _seconds(field: Field) -> Said:
    if field.all_singles and len(field.parsed) > 1:
        return say("at seconds %(seconds)s", seconds=_list([str(one) for one in field.singles()]))
    runs = _list([_second(run) for run in field.parsed])
    if field.all_singles:
        return say_in("a single one", "at %(seconds)s", seconds=runs)
    return say("at %(seconds)s", seconds=runs) if field.any_singles else runs


def _second(run: Run) -> Said:
    if run.start is None:
        if run.step == 1:
            return say("every second")
        return say("every %(ordinal)s second", ordinal=_ordinal(run.step))
    if run.start == run.stop:
        return say("second %(second)s", second=str(run.start))
    bounds = {"start": str(run.start), "end": str(run.stop)}
    if run.step == 1:
        return say("every second from %(start)s through %(end)s", **bounds)
    return say("every %(ordinal)s second from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds)


def _minutes(field: Field) -> Said:
    if field.all_singles and len(field.parsed) > 1:
        return say("at minutes %(minutes)s", minutes=_list([str(one) for one in field.singles()]))
    runs = _list([_minute(run) for run in field.parsed])
    if field.all_singles:
        return say_in("a single one", "at %(minutes)s", minutes=runs)
    return say("at %(minutes)s", minutes=runs) if field.any_singles else runs


def _minute(run: Run) -> Said:
    if run.start is None:
        if run.step == 1:
            return say("every minute")
        return say("every %(ordinal)s minute", ordinal=_ordinal(run.step))
    if run.start == run.stop:
        return say("minute %(minute)s", minute=str(run.start))
    bounds = {"start": str(run.start), "end": str(run.stop)}
    if run.step == 1:
        return say("every minute from %(start)s through %(end)s", **bounds)
    return say("every %(ordinal)s minute from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds)


def _hours(field: Field) -> Said:
    if field.all_singles and len(field.parsed) > 1:
        return say("past hours %(hours)s", hours=_list([str(one) for one in field.singles()]))
    runs = _list([_hour(run) for run in field.parsed])
    return (
        say_in("a single one", "past %(hours)s", hours=runs) if field.all_singles else say("past %(hours)s", hours=runs)
    )


def _hour(run: Run) -> Said:
    if run.start is None:
        if run.step == 1:
            return say_in("past …", "every hour")
        return say_in("past …", "every %(ordinal)s hour", ordinal=_ordinal(run.step))
    if run.start == run.stop:
        return say("hour %(hour)s", hour=str(run.start))
    bounds = {"start": str(run.start), "end": str(run.stop)}
    if run.step == 1:
        return say_in("past …", "every hour from %(start)s through %(end)s", **bounds)
    return say_in(
        "past …", "every %(ordinal)s hour from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds
    )


def _days(field: Day) -> Said:
    singles = field.singles()
    if field.all_singles and len(field.parsed) > 1 and LAST_WEEKDAY not in singles:
        days = _list([say("the %(ordinal)s", ordinal=_ordinal(one)) for one in singles])
        return say("on %(days)s day of month", days=days)
    if field.all_singles:
        return say_in("single days", "on %(days)s", days=_list([_single_day(run) for run in field.parsed]))
    return say_in("spans of days", "on %(days)s", days=_list([_day(run) for run in field.parsed]))


def _single_day(run: Run) -> Said:
    if run.nth is not None:
        return say("the last day of the month") if run.start == LAST else say("the last weekday of the month")
    return say("the %(ordinal)s day of month", ordinal=_ordinal(run.start or 0))


def _day(run: Run) -> Said:
    if run.nth is not None or (run.start is not None and run.start == run.stop):
        return say_in("beside spans", "%(day)s", day=_single_day(run))
    if run.start is None:
        if run.step == 1:
            return say("every day of month")
        return say("every %(ordinal)s day of month", ordinal=_ordinal(run.step))
    bounds = {"start": str(run.start), "end": str(run.stop)}
    if run.step == 1:
        return say("every day of month from %(start)s through %(end)s", **bounds)
    return say("every %(ordinal)s day of month from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds)


def _in_months(field: Month) -> Said:
    if field.all_singles:
        return say_in("single months", "in %(months)s", months=_months(field))
    return say_in("spans of months", "in %(months)s", months=_months(field))


def _of_months(field: Month) -> Said:
    if field.star:
        return say("of every month")
    if field.all_singles:
        return say_in("single months", "of %(months)s", months=_months(field))
    return say_in("spans of months", "of %(months)s", months=_months(field))


def _months(field: Month) -> Said:
    return _list([_month(run) for run in field.parsed])


def _month(run: Run) -> Said:
    if run.start is None:
        if run.step == 1:
            return say("every month")
        return say("every %(ordinal)s month", ordinal=_ordinal(run.step))
    first = MONTHS[run.start - 1]
    if run.start == run.stop or run.stop is None:
        return first
    bounds = {"start": first, "end": MONTHS[run.stop - 1]}
    if run.step == 1:
        return say("every month from %(start)s through %(end)s", **bounds)
    return say("every %(ordinal)s month from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds)


def _weekdays(field: Weekday) -> Said:
    days = _list([_weekday(run) for run in field.parsed])
    if field.all_singles:
        return say_in("single weekdays", "on %(days)s", days=days)
    return say_in("spans of weekdays", "on %(days)s", days=days)


def _weekday(run: Run) -> Said:
    if run.start is None:
        if run.step == 1:
            return say("every day of week")
        return say("every %(ordinal)s day of week", ordinal=_ordinal(run.step))
    first = WEEKDAYS[run.start % 7]
    if run.nth == LAST:
        return say("the last %(weekday)s of the month", weekday=first)
    if run.nth is not None:
        return say("the %(ordinal)s %(weekday)s of the month", ordinal=_ordinal(run.nth), weekday=first)
    if run.start == run.stop or run.stop is None:
        return first
    bounds = {"start": first, "end": WEEKDAYS[run.stop % 7]}
    if run.step == 1:
        return say_in("weekdays", "%(start)s through %(end)s", **bounds)
    return say("every %(ordinal)s day of week from %(start)s through %(end)s", ordinal=_ordinal(run.step), **bounds)


def _ordinal(number: int) -> Said:
    if number == LAST:
        return say_in("ordinal", "last")
    if 1 <= number <= len(ORDINALS):
        return ORDINALS[number - 1]
    return say_in("ordinal", "%(number)sth", number=str(number))


def _list(parts: Sequence[str]) -> Said:
    """a; a and b; a, b, and c."""
    *others, last = parts
    if not others:
        return listed(last)
    if len(others) == 1:
        return say("%(first)s and %(last)s", first=others[0], last=last)
    return say("%(parts)s, and %(last)s", parts=listed(*others), last=last)
