"""Failed jobs in groups of those that failed alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import cut, moment, ms
from queueing.adapters.redis.reading import Reading
from queueing.domain.failures import Deploy, Failure, FailureGroup, Filing, Unfiled, innermost, pattern
from queueing.domain.job import ErrorInfo
from queueing.domain.reading import Page

TREND: Final = 7 * 24
"""Hours that a trend goes back."""
MESSAGE: Final = 300
"""Bytes of a sample's message that lists show."""
RELEASES: Final = 20
_FOR_EVER: Final = -1

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack_error: Final = msgspec.msgpack.Decoder(ErrorInfo).decode


class Groups(Reading):
    async def unfiled(self, *, limit: int) -> Unfiled:
        since, until, *rows = await self._connection.run("unfiled", [limit])
        failures = sorted((_failure(row) for row in rows), key=lambda failure: failure.failed_at)
        return Unfiled(since=since, until=until, failures=tuple(failures))

    async def file(self, unfiled: Unfiled, filings: Sequence[Filing]) -> bool:
        args: list[Arg] = [unfiled.since, unfiled.until, TREND]
        for filing in filings:
            args += [filing.group, filing.type, cut(filing.failures[-1].error.kind), len(filing.failures)]
            args += _sample_args(filing)
            for failure in filing.failures:
                args += [failure.id, ms(failure.failed_at), failure.queue]
        return bool(await self._connection.run("file", args))

    async def trim_groups(self, *, older_than: float, most: int) -> int:
        return int(await self._connection.run("trim_groups", [round(older_than * 1000), most]))

    async def note_release(self, release: str) -> None:
        key = self._keys("releases")
        await self._connection.pipeline(
            [("ZADD", key, "NX", ms(await self.now()), release), ("ZREMRANGEBYRANK", key, 0, -RELEASES - 1)]
        )

    async def deploy(self) -> Deploy | None:
        found = await self._connection.call("ZRANGE", self._keys("releases"), -2, -1, "WITHSCORES")
        return Deploy(found[2].decode(), moment(found[3])) if len(found) == 4 else None

    async def mute_group(self, group: str, *, seconds: float | None, by: str) -> bool:
        until = str(_FOR_EVER) if seconds is None else f"in {round(seconds * 1000)}"
        return await self._mark(group, muted=until, muted_by=by)

    async def unmute_group(self, group: str) -> bool:
        return await self._mark(group, muted="", muted_by="")

    async def note_group(self, group: str, text: str, *, by: str) -> bool:
        return await self._mark(group, note=text, note_by=by if text else "", note_at="in 0" if text else "")

    async def _mark(self, group: str, **fields: str) -> bool:
        args = [part.encode(errors="replace") for pair in fields.items() for part in pair]
        return bool(await self._connection.run("mark_group", [group, *args]))

    async def groups(self) -> list[FailureGroup]:
        return [_group(row) for row in await self._connection.run("groups", [])]

    async def group(self, group: str) -> tuple[FailureGroup, ErrorInfo | None] | None:
        fields, count, packed = await self._connection.pipeline(
            [
                ("HGETALL", self._keys("group", group)),
                ("ZCARD", self._keys("open", group)),
                ("GET", self._keys("sample", group)),
            ]
        )
        if not fields:
            return None
        row = [group.encode(), count, *(part for pair in _pairs(fields) for part in pair)]
        return _group(row), _unpack_error(packed) if packed else None

    async def open_groups(self) -> int:
        return int(await self._connection.run("open_groups", []))

    async def group_trends(self, groups: Sequence[str], *, hours: int) -> list[tuple[int, ...]]:
        last = ms(await self.now()) // 3_600_000
        wanted = range(last - hours + 1, last + 1)
        found = await self._connection.pipeline([("HMGET", self._keys("trend", group), *wanted) for group in groups])
        return [tuple(int(number or 0) for number in hourly) for hourly in found]

    async def group_ids(self, group: str, *, limit: int) -> list[str]:
        found = await self._connection.call("ZRANGE", self._keys("open", group), 0, limit - 1)
        return [job_id.decode() for job_id in found]

    async def group_jobs(self, group: str, *, cursor: str | None, limit: int) -> Page:
        """A cursor names the job beside the page, its time, and the side: it holds when others come or go."""
        key = self._keys("open", group)
        start, size = 0, limit
        if beside := _read_cursor(cursor or ""):
            side, at, job_id = beside
            rank, before = await self._connection.pipeline(
                [("ZREVRANK", key, job_id), ("ZCOUNT", key, f"({at}", "+inf")]
            )
            place = before if rank is None else rank
            if side == "older":
                start = place if rank is None else place + 1
            else:
                start, size = max(0, place - limit), min(limit, place)
        # One more on each side tells whether there are more.
        reached = max(0, start - 1)
        found = _scored(await self._connection.call("ZREVRANGE", key, reached, start + size, "WITHSCORES"))
        before_it, shown, after_it = found[: start - reached], found[start - reached :][:size], found[start - reached :]
        rows = await self.summaries([job_id for job_id, _ in shown])
        return Page(
            rows=tuple(row for row in rows if row is not None),
            newer=_cursor("newer", shown[0]) if before_it and shown else None,
            older=_cursor("older", shown[-1]) if len(after_it) > size and shown else None,
        )


def _failure(row: Sequence[Any]) -> Failure:
    job_id, job_type, queue, at, kind, message, fingerprint = row
    error = ErrorInfo(kind=_text(kind), message=_text(message), fingerprint=_text(fingerprint))
    return Failure(id=_text(job_id), queue=_text(queue), type=_text(job_type), failed_at=moment(at), error=error)


def _sample_args(filing: Filing) -> list[Arg]:
    if filing.sample is None:
        return [""] * 5
    error = filing.sample.error
    frame = innermost(error.frames)
    place = f"{frame.file}:{frame.line} {frame.function}" if frame else ""
    first_line = error.message.strip().partition("\n")[0]
    return [filing.sample.job, place, cut(first_line, MESSAGE), cut(pattern(error.message), MESSAGE), _pack(error)]


def _group(row: Sequence[Any]) -> FailureGroup:
    group, count, *more = row
    fields = {_text(name): _text(value) for name, value in zip(more[::2], more[1::2], strict=True)}
    muted = int(fields.get("muted", 0))
    return FailureGroup(
        id=_text(group),
        type=fields["type"],
        kind=fields["kind"],
        place=fields.get("place", ""),
        message=fields.get("message", ""),
        pattern=fields.get("pattern", ""),
        job=fields.get("job", ""),
        first_at=moment(float(fields["first"])),
        last_at=moment(float(fields["last"])),
        total=int(fields["total"]),
        open=count,
        queues=tuple(sorted(name[2:] for name in fields if name.startswith("q:"))),
        muted=muted != 0,
        muted_until=moment(muted) if muted > 0 else None,
        muted_by=fields.get("muted_by", ""),
        note=fields.get("note", ""),
        note_by=fields.get("note_by", ""),
        note_at=moment(float(fields["note_at"])) if "note_at" in fields else None,
    )


def _cursor(side: str, entry: tuple[str, int]) -> str:
    job_id, at = entry
    return f"{side}:{at}:{job_id}"


def _read_cursor(cursor: str) -> tuple[str, str, str] | None:
    """None for a text that is no cursor: it comes from a URL, where anything may stand."""
    side, _, rest = cursor.partition(":")
    at, _, job_id = rest.partition(":")
    return (side, at, job_id) if side in ("newer", "older") and at.isascii() and at.isdigit() else None


def _scored(answer: Sequence[Any]) -> list[tuple[str, int]]:
    return [(_text(job_id), round(float(score))) for job_id, score in zip(answer[::2], answer[1::2], strict=True)]


def _pairs(fields: Any) -> list[tuple[Any, Any]]:
    return list(fields.items()) if isinstance(fields, dict) else list(zip(fields[::2], fields[1::2], strict=True))


def _text(value: bytes) -> str:
    return value.decode(errors="replace")
