"""Why isn't it running? Every check of a waiting job, and the answer that counts. Policy only: time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from queueing.domain.attention import states
from queueing.domain.job import JobSummary
from queueing.domain.limits import Limit, Scope
from queueing.domain.reading import Health, QueueStatus, WorkerStatus
from queueing.domain.saying import Figure, Said, both, foreign, listed, number, say, say_in, say_many, together
from queueing.domain.states import JobState


class Verdict(StrEnum):
    OK = "ok"
    INFO = "info"
    """It takes its time, and that is all."""
    WARN = "warn"
    ERROR = "error"
    """It will not start until somebody does something."""


GRAVEST_FIRST: Final = (Verdict.ERROR, Verdict.WARN, Verdict.INFO, Verdict.OK)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must hold before a job starts."""

    name: Said
    verdict: Verdict
    text: Said
    answer: Said = foreign("")
    """The whole sentence, where this check is what the job waits for."""
    at: datetime | None = None
    """The moment the text is about."""

    @property
    def hit(self) -> bool:
        return self.verdict is not Verdict.OK


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a waiting job."""

    queue: QueueStatus | None
    workers: tuple[WorkerStatus, ...]
    """All of the cluster."""
    health: Health
    ahead: int
    """Queued jobs of its queue that have waited longer."""
    counted_to: int
    """Where counting them stopped."""

    pace: float = 0.0
    """Attempts of its queue that ended per second, lately. 0: none did."""
    limits: Mapping[Scope, Limit] = {}
    """All that are in force."""
    ahead_in_line: int | None = None
    """How many stand before it in the line of its limit; None: it stands in none."""

    def serving(self, queue: str) -> list[WorkerStatus]:
        return [worker for worker in self.workers if queue in worker.queues and worker.state != "gone"]


def checks(job: JobSummary, situation: Situation, *, now: datetime) -> tuple[Check, ...]:
    """Every check that can be made, in the order in which a job meets them."""
    made = (check(job, situation, now) for check in CHECKS)
    return tuple(check for check in made if check is not None)


def answer(checks: tuple[Check, ...]) -> Check | None:
    """What the job waits for: its time, while that has not come, else what stops it, else what delays it.
    None: nothing stands in its way."""
    hits = [check for check in checks if check.hit]
    early = next((check for check in hits if check.name == "Due"), None)
    return early or min(hits, key=lambda check: GRAVEST_FIRST.index(check.verdict), default=None)


def _due(job: JobSummary, situation: Situation, now: datetime) -> Check:
    name = say_in("check of a job", "Due")
    if job.due_at is None or job.due_at <= now:
        return Check(name=name, verdict=Verdict.OK, text=say_in("time", "since"), at=job.due_at or job.created_at)
    said = say("Its next attempt is due") if job.state is JobState.RETRYING else say("It is due")
    return Check(name=name, verdict=Verdict.INFO, text=say_in("time", "not before"), answer=said, at=job.due_at)


def _servers(job: JobSummary, situation: Situation, now: datetime) -> Check:
    broker, name = situation.health.broker, say_in("check of a job", "Broker")
    if broker.ok:
        return Check(name=name, verdict=Verdict.OK, text=say("%(server)s answers", server=broker.name))
    return Check(
        name=name,
        verdict=Verdict.ERROR,
        text=foreign(broker.detail) if broker.detail else say("%(server)s does not answer", server=broker.name),
        answer=say("%(server)s does not answer. No job starts until it is back.", server=broker.name),
    )


def _message(job: JobSummary, situation: Situation, now: datetime) -> Check:
    server, name = situation.health.broker.name, say_in("check of a job", "Message")
    if not job.unconfirmed:
        return Check(name=name, verdict=Verdict.OK, text=say("confirmed by %(server)s", server=server))
    return Check(
        name=name,
        verdict=Verdict.WARN,
        text=say("in the outbox: %(server)s has not confirmed it yet", server=server),
        answer=say(
            "Its message rests in the outbox: %(server)s has not confirmed it. A worker’s leader sends it again.",
            server=server,
        ),
    )


def _queue(job: JobSummary, situation: Situation, now: datetime) -> Check:
    queue, name = situation.queue, say_in("check of a job", "Queue")
    if queue is None or not queue.paused:
        return Check(name=name, verdict=Verdict.OK, text=say("%(queue)s is not paused", queue=job.queue))
    if queue.paused_by:
        by = {"queue": job.queue, "who": queue.paused_by}
        text = say("%(queue)s is paused by %(who)s", **by)
        return Check(
            name=name, verdict=Verdict.ERROR, text=text, answer=say("The queue %(queue)s is paused by %(who)s.", **by)
        )
    return Check(
        name=name,
        verdict=Verdict.ERROR,
        text=say("%(queue)s is paused", queue=job.queue),
        answer=say("The queue %(queue)s is paused.", queue=job.queue),
    )


def _workers(job: JobSummary, situation: Situation, now: datetime) -> Check:
    serving, name = situation.serving(job.queue), say_in("check of a job", "Workers")
    taking = sum(worker.state == "running" for worker in serving)
    if taking:
        text = say_many("%(number)s takes from %(queue)s", "%(number)s take from %(queue)s", taking, queue=job.queue)
        return Check(name=name, verdict=Verdict.OK, text=text)
    if serving:
        idle = {"queue": job.queue, "states": states(serving)}
        return Check(
            name=name,
            verdict=Verdict.ERROR,
            text=say_many(
                "%(number)s serves %(queue)s, and none takes jobs: %(states)s",
                "%(number)s serve %(queue)s, and none takes jobs: %(states)s",
                len(serving),
                **idle,
            ),
            answer=say("No worker of %(queue)s takes jobs now: %(states)s.", **idle),
        )
    return Check(
        name=name,
        verdict=Verdict.ERROR,
        text=say("none takes from %(queue)s", queue=job.queue),
        answer=say("No worker takes from %(queue)s.", queue=job.queue),
    )


def _type(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    serving, name = situation.serving(job.queue), say_in("check of a job", "Type")
    knowing = [worker for worker in serving if job.type in worker.types]
    if not serving:
        return None
    lane = {"queue": job.queue, "type": job.type}
    if len(knowing) == len(serving):
        return Check(name=name, verdict=Verdict.OK, text=say("known to every worker of %(queue)s", queue=job.queue))
    if knowing:
        some = {"number": number(len(knowing)), "all": number(len(serving))}
        return Check(
            name=name,
            verdict=Verdict.WARN,
            text=say("%(number)s of %(all)s workers know %(type)s; with the others it fails", type=job.type, **some),
            answer=say("Only %(number)s of %(all)s workers of %(queue)s know the type %(type)s.", **lane, **some),
        )
    return Check(
        name=name,
        verdict=Verdict.ERROR,
        text=say("no worker of %(queue)s knows %(type)s; it fails when it is taken", **lane),
        answer=say("No worker of %(queue)s knows the type %(type)s.", **lane),
    )


def _limit(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    name = say_in("check of a job", "Limit")
    scopes = (Scope("type", job.type), Scope("queue", job.queue))
    known = {scope: situation.limits[scope] for scope in scopes if scope in situation.limits}
    if job.turn_at is not None and job.turn_at > now:
        return _turn(name, [_of(limit.pace, scope) for scope, limit in known.items() if limit.pace], job.turn_at)
    stopped = next((scope for scope in known if scope.kind == job.limited_by), None)
    if stopped is not None:
        before = situation.ahead_in_line or 0
        limit = _of(known[stopped].said, stopped)
        return Check(
            name=name,
            verdict=Verdict.WARN,
            text=say("%(limit)s; %(number)s before it", limit=limit, number=number(before)),
            answer=say_many(
                "It waits for a limit: %(limit)s; %(number)s job is before it.",
                "It waits for a limit: %(limit)s; %(number)s jobs are before it.",
                before,
                limit=limit,
            ),
        )
    if not known:
        return None
    return Check(name=name, verdict=Verdict.OK, text=both(_of(limit.said, scope) for scope, limit in known.items()))


def _turn(name: Said, paces: list[Said], at: datetime) -> Check:
    if not paces:
        text, answer = say("not before its turn:"), say("By its limit its turn comes")
    else:
        limits = both(paces)
        text = say("not before its turn (%(limits)s):", limits=limits)
        answer = say("By its limit (%(limits)s) its turn comes", limits=limits)
    return Check(name=name, verdict=Verdict.INFO, text=text, answer=answer, at=at)


def _of(limit: str, scope: Scope) -> Said:
    if scope.kind == "type":
        return say("%(limit)s of type %(type)s", limit=limit, type=scope.name)
    return say("%(limit)s of queue %(queue)s", limit=limit, queue=scope.name)


def _trial(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    if not job.losses:
        return None
    lost = say_many(
        "%(number)s worker was lost with it in a row.", "%(number)s workers were lost with it in a row.", job.losses
    )
    return Check(
        name=say_in("check of a job", "Lost"),
        verdict=Verdict.INFO,
        text=say_many(
            "%(number)s worker was lost with it in a row", "%(number)s workers were lost with it in a row", job.losses
        ),
        answer=together(lost, say("A worker tries one such job at a time.")),
    )


def _slots(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    name = say_in("check of a job", "Slots")
    taking = [worker for worker in situation.serving(job.queue) if worker.state == "running"]
    busy, slots = sum(len(worker.running) for worker in taking), sum(worker.concurrency for worker in taking)
    if not slots:
        return None
    if busy < slots:
        text = say("%(free)s of %(slots)s are free", free=number(slots - busy), slots=number(slots))
        return Check(name=name, verdict=Verdict.OK, text=text)
    return Check(
        name=name,
        verdict=Verdict.WARN,
        text=say("all %(slots)s are busy", slots=number(slots)),
        answer=say("All %(slots)s slots of the workers of %(queue)s are busy.", slots=number(slots), queue=job.queue),
    )


def _line(job: JobSummary, situation: Situation, now: datetime) -> Check:
    name = say_in("check of a job", "Place in line")
    if job.state is not JobState.QUEUED or not situation.ahead:
        text = say("it is next") if job.state is JobState.QUEUED else say("not in line yet")
        return Check(name=name, verdict=Verdict.OK, text=text)
    text, answer = _ahead(situation, job.queue)
    if situation.pace:
        drain = _drain(situation)
        text = listed(text, drain)
        turn = say("At the pace of the last minutes its turn comes in %(time)s.", time=drain)
        answer = together(answer, turn)
    return Check(name=name, verdict=Verdict.INFO, text=text, answer=answer)


def _ahead(situation: Situation, queue: str) -> tuple[Said, Said]:
    ahead = situation.ahead
    if ahead >= situation.counted_to:
        return say("%(number)s or more ahead in %(queue)s", number=number(ahead), queue=queue), say_many(
            "%(number)s or more job has waited longer in %(queue)s.",
            "%(number)s or more jobs have waited longer in %(queue)s.",
            ahead,
            queue=queue,
        )
    return say("%(number)s ahead in %(queue)s", number=number(ahead), queue=queue), say_many(
        "%(number)s job has waited longer in %(queue)s.",
        "%(number)s jobs have waited longer in %(queue)s.",
        ahead,
        queue=queue,
    )


def _drain(situation: Situation) -> Said:
    """How long those ahead take at the pace of late; at least that long where they were not counted to their end."""
    seconds = situation.ahead / situation.pace
    if seconds < 90:
        time = f"{max(1, round(seconds))} s"
    elif seconds < 5400:
        time = f"{round(seconds / 60)} min"
    else:
        time = f"{round(seconds / 3600):,} h"
    if situation.ahead >= situation.counted_to:
        return say("at least %(time)s", time=Figure(time))
    return say("about %(time)s", time=Figure(time))


CHECKS: Final[tuple[Callable[[JobSummary, Situation, datetime], Check | None], ...]] = (
    _due,
    _servers,
    _message,
    _queue,
    _workers,
    _type,
    _limit,
    _trial,
    _slots,
    _line,
)
