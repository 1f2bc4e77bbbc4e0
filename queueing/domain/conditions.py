"""What a job must be like to be listed, beyond what the index knows: state, queue, type and time.

Pure data with one question, :func:`keep`. A list of conditions can be stored with an operation and asked again later.
Matching never tells more than a page shows: what is masked there matches nothing, unless the condition says that its
author may reveal it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import eq, ge, gt, le, lt
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import msgspec

from queueing.domain.arguments import Arguments
from queueing.domain.job import JobSummary

Sign: TypeAlias = Literal["=", ">", ">=", "<", "<="]
COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {"=": eq, ">": gt, ">=": ge, "<": lt, "<=": le}
)


class Named(msgspec.Struct, frozen=True, kw_only=True, tag="named"):
    """By a word of the record. Queue, type and tag must be it; of id, worker and error it must be a part."""

    field: Literal["id", "queue", "type", "tag", "worker", "error", "state"]
    value: str
    excluded: bool = False
    """The job must not be like that."""


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag="measured"):
    """By a figure: attempts begun, seconds it waited for its last attempt, seconds that attempt ran or runs, replays
    that failed in the same way again."""

    field: Literal["attempts", "waited", "ran", "comebacks"]
    sign: Sign
    value: float
    excluded: bool = False


class Argument(msgspec.Struct, frozen=True, kw_only=True, tag="argument"):
    """By a value in the payload. Lists on the way are looked through; ``*`` stands for any text."""

    path: tuple[str, ...]
    sign: Sign
    value: str
    excluded: bool = False
    revealed: bool = False
    """Its author may see what is masked."""


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """By words anywhere in what a page shows of the job, whether in capitals or not."""

    value: str
    excluded: bool = False


Condition: TypeAlias = Named | Measured | Argument | Text


def needs_payload(condition: Condition) -> bool:
    return isinstance(condition, Argument | Text)


def needs_tags(condition: Condition) -> bool:
    return isinstance(condition, Named) and condition.field == "tag"


def keep(
    conditions: Sequence[Condition], job: JobSummary, arguments: Arguments | None = None, *, now: datetime
) -> bool:
    """Whether the job fulfils all of them. ``arguments`` are asked for by :func:`needs_payload` alone."""
    return all(_is(condition, job, arguments, now) is not condition.excluded for condition in conditions)


def keep_arguments(conditions: Sequence[Condition], arguments: Arguments) -> bool:
    """As :func:`keep`, where all of them are about arguments."""
    return all(isinstance(one, Argument) and _has(one, arguments) is not one.excluded for one in conditions)


def _has(condition: Argument, arguments: Arguments) -> bool:
    found = arguments.at(condition.path, revealed=condition.revealed)
    return any(_equals(value, condition.sign, condition.value) for value in found)


def _is(condition: Condition, job: JobSummary, arguments: Arguments | None, now: datetime) -> bool:
    match condition:
        case Named():
            return _is_named(condition, job)
        case Measured():
            value = _measure(condition.field, job, now)
            return value is not None and COMPARE[condition.sign](value, condition.value)
        case Argument():
            return arguments is not None and _has(condition, arguments)
        case Text(value=value):
            words = value.casefold()
            return any(words in text.casefold() for text in _texts(job)) or (
                arguments is not None and arguments.mention(words)
            )


def _is_named(condition: Named, job: JobSummary) -> bool:
    value = condition.value
    match condition.field:
        case "id":
            return value.casefold() in job.id.casefold()
        case "queue":
            return matches(job.queue, value)
        case "type":
            return matches(job.type, value)
        case "tag":
            return any(matches(tag, value) for tag in job.tags)
        case "worker":
            return value.casefold() in (job.worker or "").casefold()
        case "error":
            return any(value.casefold() in (text or "").casefold() for text in (job.error_kind, job.error_message))
        case "state":
            return job.state == value


def _measure(field: str, job: JobSummary, now: datetime) -> float | None:
    match field:
        case "attempts":
            return float(job.attempt)
        case "comebacks":
            return float(job.comebacks)
        case "waited" if job.started_at is not None and job.due_at is not None:
            return (job.started_at - job.due_at).total_seconds()
        case "ran" if job.started_at is not None:
            return ((job.finished_at or now) - job.started_at).total_seconds()
        case _:
            return None


def _texts(job: JobSummary) -> tuple[str, ...]:
    known = (job.id, job.queue, job.type, job.worker, job.error_kind, job.error_message, job.note, *job.tags)
    return tuple(text for text in known if text)


def _equals(found: Any, sign: Sign, value: str) -> bool:
    if sign == "=" and value == "*":
        return True
    if isinstance(found, bool) or found is None:
        return sign == "=" and value == {True: "true", False: "false", None: "null"}[found]
    if isinstance(found, int | float):
        number = _number(value)
        return number is not None and COMPARE[sign](found, number)
    if not isinstance(found, str):
        return False
    if sign == "=":
        return matches(found, value)
    # Dates and versions in texts compare as texts do.
    return COMPARE[sign](found, value)  # type: ignore[arg-type]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def matches(text: str, pattern: str) -> bool:
    """``*`` is any text. No regular expression: those can be made to run for hours."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    at, last = len(first), rest.pop()
    for part in rest:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)
