"""The rows of the list of failure groups, and its tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from dashboard import engine
from dashboard.access import Viewer
from dashboard.groupquery import TABS, GroupQuery
from dashboard.live import Params, live_view
from queueing.domain.failures import RECENT, Deploy, FailureGroup, is_new, rises
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.inspector import Inspector

PAGE = 50
HOURS = 24


class Known(NamedTuple):
    groups: list[FailureGroup]
    deploy: Deploy | None
    failed: int
    """Jobs that are failed now, grouped or not."""


async def known(inspector: Inspector) -> Known:
    groups, deploy, counts = await asyncio.gather(inspector.groups(), inspector.deploy(), inspector.counts())
    return Known(groups, deploy, counts[JobState.FAILED])


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    group: FailureGroup | None
    """None: it was forgotten while somebody looked at it."""
    trend: tuple[int, ...] = ()
    mark: int | None = None
    """The bar of the trend in which the last deploy was."""
    is_new: bool = False
    rises: bool = False
    moved: str = ""
    """Where it stands now, where that is not the tab that is shown; it keeps its place until the list is loaded."""

    @property
    def hot(self) -> int:
        return hot(self.trend, is_new=self.is_new, rises=self.rises)


@live_view("failures.tabs", template="dashboard/failures/_tabs.html", hints=("group", "job"), every=15.0)
def tabs(params: Params, viewer: Viewer) -> dict[str, Any]:
    query, now = GroupQuery.of(params), timezone.now()
    try:
        groups = engine.look(lambda inspector: inspector.groups())
    except LeveretError:
        # The tabs are there to be followed all the same.
        return {"query": query, "links": [(label, query.url(show=key), key, None) for key, label in TABS.items()]}
    stand = [group.stands(now) for group in groups if query.fits(group)]
    return {
        "query": query,
        "links": [(label, query.url(show=key), key, stand.count(key)) for key, label in TABS.items()],  # type: ignore[arg-type]
    }


@live_view("failures.list", template="dashboard/failures/_list.html", hints=("group", "job"), every=15.0)
def shown(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The groups that the page was loaded with, each as it is now, and how many have come since."""
    query, now, ids = GroupQuery.of(params), timezone.now(), list(params["ids"])
    found, trends = engine.look(lambda inspector: _again(inspector, ids))
    picked = query.pick(found.groups, now=now)
    by_id = {group.id: group for group in found.groups}
    rows = [row(by_id.get(one), one, trend, found.deploy, query, now) for one, trend in zip(ids, trends, strict=True)]
    context = _context(query, rows, found, picked)
    seen = set(ids) | set(params["others"])
    return context | {"new": sum(group.id not in seen for group in picked), "older": params["older"]}


@live_view("failures.followed", template="dashboard/failures/_list.html", hints=("group", "job"), every=15.0)
def followed(params: Params, viewer: Viewer) -> dict[str, Any]:
    """Whichever there are: a list that was empty has no row that could be moved under the reader."""
    query, now = GroupQuery.of(params), timezone.now()
    found = engine.look(known)
    picked = query.pick(found.groups, now=now)
    trends = engine.look(lambda inspector: inspector.group_trends([group.id for group in picked[:PAGE]]))
    rows = [row(group, group.id, trend, found.deploy, query, now) for group, trend in zip(picked, trends, strict=False)]
    return _context(query, rows, found, picked)


def params_of(query: GroupQuery, picked: Sequence[FailureGroup]) -> dict[str, Any]:
    """What :func:`shown` needs to show this page again."""
    ids = [group.id for group in picked]
    start = ids.index(query.after) + 1 if query.after in ids else 0
    page = ids[start : start + PAGE]
    more = start + PAGE < len(ids)
    # Those of other pages are not new when they are seen again.
    others = [one for one in ids if one not in set(page)]
    return {**query.params, "ids": page, "others": others, "older": query.url(after=page[-1]) if more else ""}


def row(
    group: FailureGroup | None, id: str, trend: tuple[int, ...], deploy: Deploy | None, query: GroupQuery, now: datetime
) -> Row:
    if group is None:
        return Row(id, None)
    stands = group.stands(now)
    return Row(
        id,
        group,
        trend=trend,
        mark=mark_of(deploy, len(trend), now),
        is_new=is_new(group, deploy, now=now),
        rises=rises(trend),
        moved="" if stands == query.show else stands,
    )


def hot(bars: Sequence[int], *, is_new: bool, rises: bool, hours: int = 1) -> int:
    """How many of the last bars are drawn as alarming: all of a new failure, those by which a rising one rises."""
    return len(bars) if is_new else -(-RECENT // hours) if rises else 0


def mark_of(deploy: Deploy | None, bars: int, now: datetime, *, hours: int = 1) -> int | None:
    """The bar in which the deploy was; each bar stands for some hours, and the last one has the present hour in it."""
    if deploy is None:
        return None
    back = (_hour(now) - _hour(deploy.at)) // timedelta(hours=1)
    bar = bars - 1 - back // hours
    return bar if 0 <= bar < bars else None


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


async def _again(inspector: Inspector, ids: Sequence[str]) -> tuple[Known, list[tuple[int, ...]]]:
    return await asyncio.gather(known(inspector), inspector.group_trends(ids, hours=HOURS))


def _context(query: GroupQuery, rows: list[Row], found: Known, picked: Sequence[FailureGroup]) -> dict[str, Any]:
    grouped = sum(group.open for group in found.groups)
    return {
        "query": query,
        "rows": rows,
        "count": len(picked),
        "jobs": sum(group.open for group in picked),
        "loose": max(0, found.failed - grouped),
        "deploy": found.deploy,
        "marked": any(one.mark is not None for one in rows),
        "any": bool(found.groups),
    }
