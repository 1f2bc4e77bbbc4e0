"""What may be typed next into the filter box: qualifiers, then values and paths that jobs really have."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import acts, engine, qualifiers, terms, wording
from dashboard.jobquery import JobQuery
from dashboard.qualifiers import QUALIFIERS
from dashboard.statewords import capitalised
from queueing.domain.arguments import Arguments, kind_of
from queueing.domain.job import JobSpec, JobSummary
from queueing.domain.reading import JobFilter, LaneCount, WorkerStatus
from queueing.domain.states import JobState
from queueing.inspector import Inspector

SAMPLE = 200
"""The newest jobs, in which tags, errors, workers and arguments are looked for."""
LEAVES = 200
"""Values of one payload."""
MOST = 8
FAILING = (JobState.FAILED, JobState.RETRYING)
PRESETS = {
    "newer": ("15m", "1h", "24h", "7d"), "older": ("1h", "24h", "7d"), "attempts": (">1", ">3", "1"),
    "comebacks": (">1", ">0"),
    "waited": (">1s", ">10s", ">1m"), "ran": (">1s", ">10s", ">1m"),
}  # fmt: skip

HEADS = {
    "queue": gettext_lazy("Queues"),
    "type": gettext_lazy("Types"),
    "tag": gettext_lazy("Tags of recent jobs"),
    "error": gettext_lazy("Errors of recent jobs"),
    "worker": gettext_lazy("Workers of recent jobs"),
}
KINDS = {
    "string": gettext_lazy("string"),
    "number": gettext_lazy("number"),
    "container": gettext_lazy("container"),
    "word": gettext_lazy("true, false or null"),
}


@dataclass(frozen=True, slots=True)
class Option:
    insert: str
    """What the word becomes."""
    note: str = ""
    end: str = ""
    icon: str = "code"
    open: bool = False
    """More is to be typed behind it."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    options: tuple[Option, ...]


class Word(NamedTuple):
    start: int
    end: int
    text: str


def word_at(typed: str, at: int) -> Word:
    """The word in which the caret stands, or an empty one."""
    for start, text in terms.words(typed):
        if start <= at <= start + len(text):
            return Word(start, start + len(text), text)
    return Word(at, at, "")


def suggest(word: str, query: JobQuery) -> list[Group]:
    """Raises StoreUnavailable."""
    excluded = "-" if word.startswith("-") else ""
    key, colon, value = word.removeprefix("-").partition(":")
    key, value = key.lower() if not key.startswith("args.") else key, value.lstrip('"')
    if key == "args" or key.startswith("args."):
        found = _arguments(query, key, value if colon else None)
    elif colon:
        found = _values(query, qualifiers.ALIASES.get(key, key), value)
    else:
        found = [*_qualifiers(key), *(_names(query, key) if key else [])]
    return [
        Group(group.name, tuple(_with_sign(option, excluded) for option in group.options))
        for group in found
        if group.options
    ]


def _with_sign(option: Option, sign: str) -> Option:
    return Option(sign + option.insert, option.note, option.end, option.icon, option.open)


def _qualifiers(begun: str) -> list[Group]:
    fitting = [one for one in QUALIFIERS.values() if one.name.startswith(begun)]
    return [
        Group(
            _("Qualifiers"),
            tuple(
                Option("args." if one.name == "args" else f"{one.name}:", one.gloss, one.example, one.icon, open=True)
                for one in fitting
            ),
        )
    ]


def _names(query: JobQuery, part: str) -> list[Group]:
    """Queues and types that hold what was typed, for those who do not know the qualifier."""
    lanes = engine.look(lambda inspector: inspector.lanes())
    queues = _counted("queue", part, _sums(lanes, "queue"))
    return [Group(_("Queues and types"), (*queues[:4], *_counted("type", part, _sums(lanes, "type"))[:4]))]


def _values(query: JobQuery, key: str, begun: str) -> list[Group]:
    match key:
        case "queue" | "type":
            lanes = engine.look(lambda inspector: inspector.lanes())
            return [Group(str(HEADS[key]), tuple(_counted(key, begun, _sums(lanes, key))[:MOST]))]
        case "state":
            counts = engine.look(lambda inspector: inspector.counts(queues=query.queues, types=query.types))
            return [Group(_("States"), tuple(_counted("state", begun, counts, any_count=True)))]
        case "tag" | "error" | "worker":
            rows, workers = engine.look(lambda inspector: _recent(inspector, query, key))
            return [Group(str(HEADS[key]), tuple(_counted(key, begun, _seen(key, rows, workers))))]
        case _ if key in PRESETS:
            values = (value for value in PRESETS[key] if value.startswith(begun))
            return [Group(capitalised(QUALIFIERS[key].gloss), tuple(_option(key, value) for value in values))]
        case _:
            return []


def _option(key: str, value: str, count: int | None = None, *, note: str = "") -> Option:
    end = "" if count is None else acts.jobs(count)
    icon = QUALIFIERS[key.partition(".")[0]].icon
    return Option(str(terms.Term(key, value)), note=note, end=end, icon=icon)


def _counted(
    key: str, part: str, counts: Counter[str] | dict[JobState, int], *, any_count: bool = False
) -> list[Option]:
    """Those that hold what was typed; first those that begin with it, then those of which there are many."""
    needle = part.casefold()
    fitting = [(str(name), count) for name, count in counts.items() if needle in str(name).casefold()]
    fitting.sort(
        key=lambda pair: (not pair[0].casefold().startswith(needle), -pair[1] if not any_count else 0, pair[0])
    )
    return [_option(key, name, count) for name, count in fitting][: None if any_count else MOST]


def _sums(lanes: Iterable[LaneCount], key: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for lane in lanes:
        sums[getattr(lane, key)] += sum(lane.counts.values())
    return sums


async def _recent(
    inspector: Inspector, query: JobQuery, key: str
) -> tuple[Sequence[JobSummary], Sequence[WorkerStatus]]:
    wanted = _around(query)
    if key == "error" and not wanted.states:
        wanted = msgspec.structs.replace(wanted, states=FAILING, until=None)
    page, workers = await asyncio.gather(inspector.page(wanted, limit=SAMPLE), inspector.workers())
    return page.rows, workers if key == "worker" else ()


def _around(query: JobQuery) -> JobFilter:
    """The index's part of the query: a suggestion shall not depend on a search."""
    return msgspec.structs.replace(query.filter(now=timezone.now()), where=(), tag=None)


def _seen(key: str, rows: Iterable[JobSummary], workers: Iterable[WorkerStatus]) -> Counter[str]:
    counts: Counter[str] = Counter({worker.id: 0 for worker in workers})
    for row in rows:
        match key:
            case "tag":
                counts.update(row.tags)
            case "error" if row.error_kind:
                counts[row.error_kind.rpartition(".")[2]] += 1
            case "worker" if row.worker:
                counts[row.worker] += 1
    return counts


def _arguments(query: JobQuery, key: str, begun: str | None) -> list[Group]:
    samples = engine.look(lambda inspector: inspector.samples(_around(query), limit=SAMPLE))
    if begun is None:
        return [Group(_("Paths in the arguments of recent jobs"), tuple(_paths(samples, key))[: 2 * MOST])]
    values = _argument_values(samples, tuple(key.split(".")[1:]))
    return [Group(_("Values of %(path)s in recent jobs") % {"path": key}, tuple(_counted(key, begun, values)))]


class Path:
    """What recent jobs have under one path."""

    def __init__(self) -> None:
        self.jobs, self.kinds, self.masked = 0, Counter[str](), False
        self.values: Counter[str] = Counter()


def _paths(samples: Iterable[tuple[JobSummary, JobSpec]], begun: str) -> list[Option]:
    found: defaultdict[tuple[str, ...], Path] = defaultdict(Path)
    for _job, spec in samples:
        seen = set()
        for leaf in islice(_of(spec).leaves(), LEAVES):
            if leaf.path not in seen:
                seen.add(leaf.path)
                found[leaf.path].jobs += 1
            about = found[leaf.path]
            about.kinds[kind_of(leaf.value)] += 1
            about.masked = about.masked or leaf.secret
            if not leaf.secret:
                about.values.update(_sayable(leaf.value))
    needle = begun.casefold()
    written = {"args" + "".join(f".{name}" for name in path): about for path, about in found.items() if _typable(path)}
    fitting = [(path, about) for path, about in written.items() if needle in path.casefold()]
    fitting.sort(key=lambda one: (not one[0].casefold().startswith(needle), -one[1].jobs, one[0]))
    return [Option(f"{path}:", _gloss(about), acts.jobs(about.jobs), open=True) for path, about in fitting]


def _gloss(about: Path) -> str:
    kind = about.kinds.most_common(1)[0][0]
    word = str(KINDS.get(kind, kind))
    values = [wording.visible(value) for value, count in about.values.most_common(3) if len(value) <= 24]
    if about.masked:
        return _("%(kind)s · masked") % {"kind": word}
    return f"{word} · {', '.join(values)}" if values else word


def _argument_values(samples: Iterable[tuple[JobSummary, JobSpec]], path: tuple[str, ...]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _job, spec in samples:
        # Never what is masked, not even for those who may reveal it: a suggestion is not booked.
        counts.update({text for value in islice(_of(spec).at(path), LEAVES) for text in _sayable(value)})
    return counts


def _sayable(value: object) -> list[str]:
    """A value as a term names it; long ones and containers cannot be suggested."""
    if isinstance(value, str):
        return [value] if 0 < len(value) <= 60 and value.isprintable() else []
    return [msgspec.json.encode(value).decode()] if not isinstance(value, dict | list) else []


def _typable(path: tuple[str, ...]) -> bool:
    return all(name and name.isprintable() and not set(name) & set(' .:"\\') for name in path)


def _of(spec: JobSpec) -> Arguments:
    return Arguments(spec.payload, raw=spec.encoding == "raw")
