"""Go anywhere by name: pages, queues, types, a job by its id, and what may be done there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dashboard import engine, frame, wording
from dashboard.access import Viewer
from dashboard.jobquery import JobQuery
from queueing import runtime
from queueing.domain.job import JobRecord
from queueing.domain.reading import LaneCount
from queueing.domain.states import JobState
from queueing.inspector import Inspector, total

MOST = 8
"""Of one kind."""


@dataclass(frozen=True, slots=True)
class Found:
    label: str
    url: str
    icon: str = ""
    kind: str = ""
    note: str = ""
    state: str = ""
    posts: bool = False
    """A press acts at once, instead of leading somewhere."""
    asks: bool = False
    """It leads to a question, which a script shows as a dialog."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    found: tuple[Found, ...]


def find(words: str, viewer: Viewer) -> list[Group]:
    """Raises StoreUnavailable."""
    words = words.strip()
    job, lanes = engine.look(lambda inspector: _ask(inspector, words))
    groups = {
        _("Job"): _job(job),
        _("Queues and types"): _places(words, lanes) if words else [],
        pgettext("what can be done", "Do"): _deeds(words, lanes, viewer) if words else [],
        _("Pages"): _pages(words, viewer),
    }
    return [Group(name, tuple(found)) for name, found in groups.items() if found]


async def _ask(inspector: Inspector, words: str) -> tuple[JobRecord | None, list[LaneCount]]:
    if not words:
        return None, []
    job, lanes = await asyncio.gather(inspector.job(words), inspector.lanes())
    return job, lanes


def _job(job: JobRecord | None) -> list[Found]:
    if job is None:
        return []
    return [Found(job.type, reverse("dashboard:job", args=[job.id]), state=job.state, kind=job.id[-8:], note=job.queue)]


def _places(words: str, lanes: list[LaneCount]) -> list[Found]:
    found = []
    for queue in _matching(words, {lane.queue for lane in lanes})[:MOST]:
        counts = total(lane for lane in lanes if lane.queue == queue)
        waiting, dead = counts[JobState.QUEUED], counts[JobState.FAILED]
        url = reverse("dashboard:queue", args=[queue])
        note = _("%(number)s wait") % {"number": wording.number(waiting)}
        found.append(Found(queue, url, "stack-2", pgettext("a thing", "queue"), note))
        if dead:
            url = reverse("dashboard:dead_letters_of", args=[queue])
            name = _("Dead letters of %(queue)s") % {"queue": queue}
            found.append(Found(name, url, "mail-off", note=wording.number(dead)))
    for name in _matching(words, {lane.type for lane in lanes})[:MOST]:
        failed = total(lane for lane in lanes if lane.type == name)[JobState.FAILED]
        note = _("%(number)s failed") % {"number": wording.number(failed)} if failed else ""
        found.append(Found(name, JobQuery(types=(name,)).url(), "code", pgettext("a thing", "type"), note))
    return found


def _deeds(words: str, lanes: list[LaneCount], viewer: Viewer) -> list[Found]:
    found = []
    for queue in _matching(words, {lane.queue for lane in lanes})[:MOST]:
        failed = total(lane for lane in lanes if lane.queue == queue)[JobState.FAILED]
        if viewer.may_manage:
            url = reverse("dashboard:queue_pauses", args=[queue])
            found.append(Found(_("Pause %(queue)s") % {"queue": queue}, url, "player-pause", posts=True))
        if viewer.may_operate and failed:
            dead = JobQuery(state=JobState.FAILED, queues=(queue,)).encoded()
            url = f"{reverse('dashboard:operation_new')}?act=replay&{dead}"
            text = ngettext(
                "Replay %(number)s dead letters of %(queue)s…", "Replay %(number)s dead letters of %(queue)s…", failed
            )
            label = text % {"number": wording.number(failed), "queue": queue}
            found.append(Found(label, url, "refresh", asks=True))
    if viewer.may_enqueue:
        for name in _matching(words, {job_type.name for job_type in runtime.registry})[:MOST]:
            label = _("Enqueue %(type)s…") % {"type": name}
            found.append(Found(label, reverse("dashboard:enqueue") + f"?type={name}", "square-plus"))
    return found[:MOST]


def _pages(words: str, viewer: Viewer) -> list[Found]:
    links = {link.item.label: link for group in frame.navigation(viewer) for link in group}
    return [Found(label, links[label].url, links[label].item.icon) for label in _matching(words, links, keep=True)]


def _matching(words: str, names: Iterable[str], *, keep: bool = False) -> list[str]:
    """Names that hold the words, those that begin with them first; ``keep`` their order otherwise."""
    needle = words.casefold()
    fits = [name for name in names if needle in name.casefold()]
    return sorted(fits, key=lambda name: (not name.casefold().startswith(needle), "" if keep else name))
