"""One failure group: its live parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from dashboard import acts, attempts, engine
from dashboard.access import Viewer
from dashboard.grouplist import hot, mark_of
from dashboard.joblist import Row
from dashboard.live import Params, live_view
from queueing.domain.failures import Deploy, FailureGroup, is_new, rises
from queueing.domain.job import ErrorInfo, JobSummary
from queueing.domain.reading import Page
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.inspector import Inspector

WEEK = 7 * 24
STEP = 3
"""Hours in one bar of the week."""
PAGE = 25
"""Jobs. What is known about all of them must not lie below a long list."""
NEW = 100
"""New jobs are counted up to here."""


def find(group: str) -> FailureGroup | None:
    found = engine.look(lambda inspector: inspector.group(group))
    return found[0] if found else None


def looping(group: str, *, among: int, times: int) -> int:
    """Of those that a retry would take: how many keep coming back. 0 where the store does not answer."""
    try:
        return engine.look(lambda inspector: inspector.group_comebacks(group, among=among, times=times))
    except LeveretError:
        return 0


@live_view("failure.head", template="dashboard/failures/_head.html", hints=("group", "job"), every=15.0)
def head(params: Params, viewer: Viewer) -> dict[str, Any]:
    now = timezone.now()
    group, _, hours, deploy = engine.look(lambda inspector: _whole(inspector, params["group"]))
    if group is None:
        return {"group": None}
    muted, new = group.is_muted(now), is_new(group, deploy, now=now)
    return {"group": group, "muted": muted, "is_new": new, "rises": rises(hours[-24:]), "at_once": acts.AT_ONCE}


@live_view("failure.trend", template="dashboard/failures/_trend.html", hints=("group",), every=60.0)
def trend(params: Params, viewer: Viewer) -> dict[str, Any]:
    now = timezone.now()
    group, _, hours, deploy = engine.look(lambda inspector: _whole(inspector, params["group"]))
    bars = [sum(hours[start : start + STEP]) for start in range(0, len(hours), STEP)]
    mark = mark_of(deploy, len(bars), now, hours=STEP)
    day = sum(hours[-24:])
    new = group is not None and is_new(group, deploy, now=now)
    return {
        "bars": bars, "most": max(bars, default=0), "day": day, "week": sum(hours), "mark": mark, "deploy": deploy,
        "hot": hot(bars, is_new=new, rises=rises(hours[-24:]), hours=STEP),
    }  # fmt: skip


@live_view("failure.details", template="dashboard/failures/_details.html", hints=("group", "job"), every=15.0)
def details(params: Params, viewer: Viewer) -> dict[str, Any]:
    group, _, _, deploy = engine.look(lambda inspector: _whole(inspector, params["group"]))
    return {"group": group, "deploy": deploy}


@live_view("failure.sample", template="dashboard/failures/_sample.html", hints=("group",), every=60.0)
def sample(params: Params, viewer: Viewer) -> dict[str, Any]:
    found = engine.look(lambda inspector: inspector.group(params["group"]))
    group, error = found or (None, None)
    return {"group": group, "error": error, "frames": attempts.grouped(error)}


@live_view("failure.jobs", template="dashboard/failures/_jobs.html", hints=("group", "job"), every=15.0)
def jobs(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The jobs that the page was loaded with, each as it is now, and how many have come since."""
    ids = list(params["ids"])
    summaries, count, newest = engine.look(lambda inspector: _jobs_again(inspector, params["group"], ids))
    rows = [Row(one, job, _moved(job, params["group"])) for one, job in zip(ids, summaries, strict=True)]
    here = set(ids)
    # A page in the middle is no place to wait for new ones.
    new = 0 if params["newer"] else _before(newest, here)
    base = reverse("dashboard:failure", args=[params["group"]])
    links = {side: f"{base}?{urlencode({'cursor': params[side]})}" if params[side] else "" for side in SIDES}
    return {"rows": rows, "count": count, "new": new, "more_new": new >= NEW, "first": base, **links}


SIDES = ("newer", "older")


def params_of(group: str, page: Page) -> dict[str, Any]:
    """What :func:`jobs` needs to show this page again."""
    ids = [job.id for job in page.rows]
    return {"group": group, "ids": ids, "newer": page.newer or "", "older": page.older or ""}


def _before(newest: Page, here: set[str]) -> int:
    """Jobs in front of the first that is already shown; if none of those is left, all of them."""
    count = 0
    for job in newest.rows:
        if job.id in here:
            break
        count += 1
    return min(NEW, count)


def _moved(job: JobSummary | None, group: str) -> bool:
    return job is not None and job.state is not JobState.FAILED


async def _whole(
    inspector: Inspector, group: str
) -> tuple[FailureGroup | None, ErrorInfo | None, tuple[int, ...], Deploy | None]:
    found, [hours], deploy = await asyncio.gather(
        inspector.group(group), inspector.group_trends([group], hours=WEEK), inspector.deploy()
    )
    return found[0] if found else None, found[1] if found else None, hours, deploy


async def _jobs_again(
    inspector: Inspector, group: str, ids: Sequence[str]
) -> tuple[list[JobSummary | None], int, Page]:
    summaries, found, newest = await asyncio.gather(
        inspector.summaries(ids), inspector.group(group), inspector.group_jobs(group, limit=NEW)
    )
    return summaries, found[0].open if found else 0, newest
