"""The rows of a list of jobs as HTML, from ``jobs/_row.html`` and what it includes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Protocol
from urllib.parse import quote

from django.urls import reverse
from django.utils.formats import localize
from django.utils.http import RFC3986_SUBDELIMS
from django.utils.safestring import SafeString

from dashboard import acts, jobtimes
from dashboard.access import Viewer
from dashboard.columns import Column
from dashboard.jobquery import JobQuery
from dashboard.stencils import Stencil, stencil
from dashboard.templatetags import jobs as tags
from dashboard.templatetags.console import tail, when
from dashboard.wording import NOTHING, visible
from queueing.domain.job import JobSummary
from queueing.domain.states import JobState

S = JobState
ROW: Final = ("id", "shown_id", "tail", "type", "url", "queue", "detail", "plain", "tags", "ago")
CELLS: Final = ("attempt", "max_attempts", "worker", "waited", "ran", "created")
DETAIL: Final = ("tail", "done", "total", "progress", "note", "worker", "kind", "message", "at", "number", "told")
TAGS_SHOWN: Final = 2


class Row(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def job(self) -> JobSummary | None: ...
    @property
    def moved(self) -> bool: ...


class Rows:
    def __init__(
        self, query: JobQuery, viewer: Viewer, columns: Iterable[Column], obstacles: Mapping[str, str]
    ) -> None:
        self._columns, self._obstacles = tuple(columns), obstacles
        self._shown = {column.name for column in self._columns}
        self._common = {
            "may_operate": viewer.may_operate,
            "in_state": query.state is not None,
            "columns": self._columns,
        }
        self._url_of, self._url_of_tag = job_urls(), query.urls("tag")
        self._cut = cache(stencil)

    def draw(self, row: Row) -> SafeString:
        if row.job is None:
            gone = self._cut("dashboard/jobs/_gone.html", "id", "shown_id", "tail", **self._common)
            return gone.fill(_names(row.id))
        job = row.job
        found = self._cut(
            "dashboard/jobs/_row.html",
            *(*ROW, *CELLS),
            state=job.state,
            moved=row.moved,
            acts=acts.ALLOWED[job.state],
            **self._common,
        )
        return found.fill(_names(job.id) | self._values(job))

    def _values(self, job: JobSummary) -> dict[str, str]:
        shown, values = self._shown, _of_detail(job, self._obstacles)
        return {
            "type": visible(job.type),
            "url": self._url_of(job.id),
            "queue": job.queue,
            "plain": self._detail(job, values, plain=True),
            "detail": self._detail(job, values, plain=False) if "detail" in shown else "",
            "tags": self._tags(job) if "detail" in shown else "",
            "attempt": str(job.attempt),
            "max_attempts": str(job.max_attempts),
            "worker": visible(job.worker or NOTHING),
            "waited": jobtimes.waited(job) if "waited" in shown else "",
            "ran": jobtimes.ran(job) if "ran" in shown else "",
            "created": when(job.created_at, "bare") if "created" in shown else "",
            "ago": jobtimes.ago(job),
        }

    def _detail(self, job: JobSummary, values: Mapping[str, str], *, plain: bool) -> SafeString:
        found: Stencil = self._cut(
            "dashboard/jobs/_detail.html",
            *DETAIL,
            plain=plain,
            state=job.state,
            stops=job.cancel_requested,
            progresses=job.progress is not None,
            measured=bool(job.progress and job.progress.total),
            erred=bool(job.error_kind),
            hindered=bool(self._obstacles.get(job.queue)),
            unconfirmed=job.unconfirmed,
            told=bool(values["told"]),
        )
        return found.fill(values)

    def _tags(self, job: JobSummary) -> SafeString:
        if not job.tags:
            return SafeString()
        one = self._cut("dashboard/jobs/_tag.html", "url", "tag")
        found = [one.fill({"url": self._url_of_tag(tag), "tag": visible(tag)}) for tag in job.tags[:TAGS_SHOWN]]
        if (more := len(job.tags) - TAGS_SHOWN) > 0:
            rest = self._cut("dashboard/jobs/_more_tags.html", "all", "more")
            found.append(rest.fill({"all": " ".join(map(visible, job.tags)), "more": str(more)}))
        return SafeString("".join(html.rstrip("\n") for html in found))


def job_urls() -> Any:
    """``reverse`` for many jobs: the rest of the URL is written once."""
    before = reverse("dashboard:job", args=["_"]).removesuffix("_")
    return lambda job_id: before + quote(job_id, safe=RFC3986_SUBDELIMS + "/~:@")


def _names(job_id: str) -> dict[str, str]:
    return {"id": job_id, "shown_id": visible(job_id), "tail": visible(tail(job_id))}


def _of_detail(job: JobSummary, obstacles: Mapping[str, str]) -> dict[str, str]:
    """What fills ``jobs/_detail.html``, as far as the job's state shows it."""
    values = dict.fromkeys(DETAIL, "")
    match job.state:
        case S.RUNNING if job.progress:
            values |= {"tail": visible(tail(job.id)), "progress": tags.progress(job.progress)}
            values |= {"done": str(localize(job.progress.done)), "total": str(localize(job.progress.total))}
            values["note"] = visible(str(job.progress.note))
        case S.RUNNING:
            values["worker"] = visible(str(job.worker))
        case S.QUEUED:
            values["told"] = visible(obstacles.get(job.queue) or job.note or "")
        case S.SCHEDULED:
            values["at"] = when(job.due_at, "date")
        case S.RETRYING:
            values |= {"at": when(job.due_at), "number": str(job.attempt + 1)}
        case S.SUCCEEDED | S.CANCELLED:
            values["note"] = visible(job.note or "")
    if job.state in (S.FAILED, S.RETRYING):
        values |= {"kind": visible(tags.kind(job.error_kind or "")), "message": visible(job.error_message or "")}
    return values
