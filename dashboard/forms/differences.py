"""What a job that is enqueued again will be asked for, beside what the job it is made from was asked for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy, pgettext

from dashboard import jobwords, letterexport
from dashboard.forms.optionwords import option_name
from dashboard.wording import visible
from queueing.domain.job import JobRecord
from queueing.domain.options import JobOptions
from queueing.domain.registry import JobType
from queueing.errors import InvalidJob

AROUND = 2
"""Unchanged lines shown beside a changed one."""
LONGEST = 1_000
"""Lines that are compared; comparing takes the square of them."""
WIDEST = 400
CHANGED = gettext_lazy("masked, and changed")


@dataclass(frozen=True, slots=True)
class Line:
    sign: str
    """``+``, ``-``, a blank, or ``…`` for lines that are left out."""
    text: str

    @property
    def css(self) -> str:
        return {"+": "add", "-": "del", "…": "c"}.get(self.sign, "")


@dataclass(frozen=True, slots=True)
class Differences:
    payload: tuple[Line, ...]
    """Empty: it is the same."""
    options: tuple[tuple[str, str, str], ...]
    """Name, what it was, what it is."""
    cut: bool = False
    """There is more of the payload than is compared."""

    @property
    def none(self) -> bool:
        return not self.payload and not self.options


def differences(
    origin: JobRecord, job_type: JobType, payload: Any, options: JobOptions | None, queue: str
) -> Differences:
    """``options``: None where they are not yet right. Secrets stay masked on both sides, and whether one was changed is
    said: whoever may not see them may still see that."""
    before, after = _given(job_type, _before(origin), payload)
    old, new = _lines(letterexport.masked(before)), _lines(_told(before, after))
    return Differences(
        payload=tuple(compared(old[:LONGEST], new[:LONGEST])),
        options=tuple(_options(origin, options, queue)) if options is not None else (),
        cut=max(len(old), len(new)) > LONGEST,
    )


def _given(job_type: JobType, *payloads: Any) -> list[Any]:
    """As the handler would be given them, defaults and all, if all of them fit: a default that a form leaves out is no
    change."""
    try:
        return [_plain(job_type.decode(job_type.encode(payload))) for payload in payloads]
    except (InvalidJob, TypeError, ValueError):
        return list(payloads)


def _plain(value: Any) -> Any:
    # A default of a dataclass that was not sent lies in its class, where msgspec does not look.
    whole = dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value
    return msgspec.to_builtins(whole)


def _before(origin: JobRecord) -> Any:
    if origin.spec.encoding == "raw":
        return origin.payload.decode(errors="backslashreplace")
    try:
        return msgspec.json.decode(origin.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return origin.payload.decode(errors="backslashreplace")


def _told(before: Any, after: Any) -> Any:
    """``after`` as it may be shown."""
    shown = letterexport.masked(after)
    return _marked(before, after, shown)


def _marked(before: Any, after: Any, shown: Any) -> Any:
    if shown == letterexport.MASKED and after != shown:
        return shown if before == after else str(CHANGED)
    if isinstance(shown, dict) and isinstance(after, dict):
        earlier = before if isinstance(before, dict) else {}
        return {name: _marked(earlier.get(name), after[name], item) for name, item in shown.items()}
    if isinstance(shown, list) and isinstance(after, list):
        rest = before if isinstance(before, list) else []
        return [
            _marked(rest[place] if place < len(rest) else None, after[place], item) for place, item in enumerate(shown)
        ]
    return shown


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return visible(value).splitlines() or [""]
    # In one order: a form writes members as the signature has them.
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return [visible(line) if len(line) <= WIDEST else f"{visible(line[:WIDEST])}…" for line in text.splitlines()]


def compared(old: list[str], new: list[str]) -> Iterator[Line]:
    """Changed lines with a few around them; nothing where both are the same."""
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)):
        if number or group[0][1]:
            yield Line("…", "")
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from (Line(" ", text) for text in old[start:end])
                continue
            yield from (Line("-", text) for text in old[start:end])
            yield from (Line("+", text) for text in new[new_start:new_end])


def _options(origin: JobRecord, options: JobOptions, queue: str) -> Iterator[tuple[str, str, str]]:
    if queue != origin.queue:
        yield option_name("queue"), origin.queue, queue
    for name in JobOptions.__struct_fields__:
        before, after = getattr(origin.options, name), getattr(options, name)
        if before != after:
            yield option_name(name), _word(name, before), _word(name, after)


def _word(name: str, value: Any) -> str:
    match name:
        case _ if value in (None, (), {}):
            return pgettext("option", "none")
        case "backoff":
            return jobwords.backoff(value)
        case "delay" | "timeout" | "unique_for" | "retention":
            return jobwords.span(value)
        case "tags":
            return ", ".join(value)
        case "meta":
            return str(msgspec.json.encode(letterexport.masked(value)).decode())[:WIDEST]
        case _:
            return str(value)
