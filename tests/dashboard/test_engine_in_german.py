"""What the engine says, as a German reader has it: every kind of sentence there is, and none of them in English."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import msgspec
import pytest
from django.test import Client
from django.utils.translation import override

from dashboard import enginewords
from queueing import sync
from queueing.domain import attention, waiting
from queueing.domain.attention import Concern, Standing, concerns
from queueing.domain.cronwords import described
from queueing.domain.job import JobSummary
from queueing.domain.limits import Limit, Scope
from queueing.domain.reading import Health, LaneCount, Minute, QueueStatus, ServerHealth, WorkerStatus
from queueing.domain.saying import Said, parts
from queueing.domain.schedules import Schedule
from queueing.domain.states import JobState
from queueing.domain.timing import Cron, Every
from queueing.domain.waiting import Check, Situation, checks
from tests.dashboard import refused
from tests.dashboard.shop import Shop, running_job, worker_status

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))

import messages

NOW = datetime(2026, 11, 24, 10, 42, tzinfo=UTC)
OK = ServerHealth(name="RabbitMQ", ok=True)
DOWN = ServerHealth(name="RabbitMQ", ok=False)
HEALTH = Health(broker=OK, store=ServerHealth(name="Redis", ok=True), leader="w-1", outbox=0)
WORKER = worker_status(queues=("media",), types=("transcode",), concurrency=1)
QUEUE = QueueStatus(
    name="media", counts=dict.fromkeys(JobState, 0), types=(), paused=False, paused_by="", depth=None,
    oldest_waiting=None, workers=1,
)  # fmt: skip
JOB = JobSummary(
    id="j", queue="media", type="transcode", state=JobState.QUEUED, epoch=1, version=1, attempt=0, max_attempts=3,
    created_at=NOW - timedelta(minutes=5), due_at=NOW - timedelta(minutes=5),
)  # fmt: skip
TYPE, BY_QUEUE = Scope("type", "transcode"), Scope("queue", "media")
LIMITS = {TYPE: Limit(concurrent=2), BY_QUEUE: Limit(rate=1500, per=0.5)}


def changed(struct: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(struct, **changes)


def with_jobs(count: int, **changes: Any) -> QueueStatus:
    counts = dict.fromkeys(JobState, 0) | {JobState.QUEUED: count}
    lane = LaneCount(queue="media", type="transcode", counts=counts)
    queue: QueueStatus = changed(QUEUE, counts=counts, types=(lane,), **changes)
    return queue


def gone(count: int, running: int = 0) -> list[WorkerStatus]:
    jobs = tuple(running_job(f"j-{n}") for n in range(running))
    return [changed(WORKER, id=f"w-{n}", state="gone", running=jobs) for n in range(count)]


def standings() -> Iterator[Standing]:
    yield Standing(health=changed(HEALTH, broker=DOWN, store=changed(DOWN, name="Redis"), outbox=1))
    yield Standing(health=changed(HEALTH, outbox=3812), stuck=True)
    yield Standing(health=changed(HEALTH, leader=None), workers=[WORKER])
    bad = [Minute(at=NOW, succeeded=40, failed=60)] * 5
    yield Standing(health=HEALTH, minutes=bad)
    yield Standing(health=HEALTH, minutes=[Minute(at=NOW, succeeded=99, failed=1)] * 55 + bad)
    for count in (1, 9):
        yield Standing(health=HEALTH, queues=[with_jobs(count)])
        yield Standing(health=HEALTH, queues=[with_jobs(count, paused=True)])
        yield Standing(health=HEALTH, queues=[with_jobs(count, paused=True, paused_by="mira")])
        late = with_jobs(count, oldest_waiting=NOW - timedelta(hours=1))
        yield Standing(health=HEALTH, queues=[late], workers=[WORKER])
        idle = [changed(WORKER, state="quiet"), changed(WORKER, state="stopping")]
        yield Standing(health=HEALTH, queues=[with_jobs(count)], workers=idle)
    yield Standing(health=HEALTH, queues=[with_jobs(9)], workers=[changed(WORKER, types=())])
    many = [with_jobs(9, name=f"q-{n}") for n in range(4)]
    yield Standing(health=HEALTH, queues=many)
    yield Standing(health=HEALTH, queues=many, workers=[WORKER])
    for workers, running in ((1, 0), (1, 1), (1, 2), (4, 0), (4, 1)):
        yield Standing(health=HEALTH, workers=[WORKER, *gone(workers, running)])


def situations() -> Iterator[tuple[JobSummary, Situation]]:
    plain: dict[str, Any] = {
        "queue": QUEUE, "workers": (WORKER,), "health": HEALTH, "ahead": 0, "counted_to": 1000,
    }  # fmt: skip
    states = (changed(WORKER, state="quiet"), changed(WORKER, state="stopping"))
    for state in (JobState.SCHEDULED, JobState.RETRYING):
        yield changed(JOB, state=state, due_at=NOW + timedelta(hours=1)), Situation(**plain)
    yield changed(JOB, unconfirmed=True), Situation(**plain | {"health": changed(HEALTH, broker=DOWN)})
    for queue in (changed(QUEUE, paused=True), changed(QUEUE, paused=True, paused_by="mira")):
        yield JOB, Situation(**plain | {"queue": queue})
    stranger = changed(WORKER, types=())
    some: list[tuple[WorkerStatus, ...]] = [
        (WORKER,), (WORKER, WORKER), (), states[:1], states, (WORKER, stranger), (stranger,),
        (changed(WORKER, running=(running_job(),)),),
    ]  # fmt: skip
    for workers in some:
        yield JOB, Situation(**plain | {"workers": workers})
    for count in (1, 14):
        yield (
            changed(JOB, losses=count, limited_by="type"),
            Situation(**plain | {"limits": LIMITS, "ahead_in_line": count}),
        )
    yield JOB, Situation(**plain | {"limits": LIMITS})
    for limits in ({}, LIMITS):
        yield changed(JOB, turn_at=NOW + timedelta(seconds=2)), Situation(**plain | {"limits": limits})
    for ahead, pace in ((1, 0.0), (600, 5.0), (600, 0.5), (600, 0.01), (1000, 0.5)):
        yield JOB, Situation(**plain | {"ahead": ahead, "pace": pace})


def every_concern() -> list[Concern]:
    return [concern for standing in standings() for concern in concerns(standing, now=NOW)]


def every_check() -> list[Check]:
    return [check for job, situation in situations() for check in checks(job, situation, now=NOW)]


EXPRESSIONS = (
    "* * * * * *", "* * * * *", "*/5 * * * * *", "5 * * * * *", "5,7 * * * * *", "1-5 * * * * *", "1-9/2 * * * * *",
    "1-5,7 * * * * *", "0 * * * *", "*/5 * * * *", "5 * * * *", "5,7,9,11,13 * * * *", "1-5 * * * *", "1-9/2 * * * *",
    "1-5,7,* * * * *", "30 2 * * *", "30 2 * * MON-FRI", "0-10 11 * * *", "* 9-17 * * *", "1-5 3,5,7 * * *",
    "*/5 */2 * * *", "*/5 1-9/3 * * *", "1-5,7 1-5,*,8 * * *", "*/7 3,3 * * *", "5 1-5 1 1 *", "*/5 0 * * *",
    "1,* 1 * * * *", "0 0 L * *", "0 0 L,5 * *", "0 0 LW * *", "0 0 1 1 *", "0 0 15 * *", "0 0 15 1-3 *",
    "0 0 15 1,2 *", "0 0 1,15 * *", "0 0 1-7 * *", "0 0 1-7/2,L * *", "0 0 */2 * MON", "0 0 13 * FRI",
    "0 0 1-7,9 2 FRI",
    "0 0 15,LW * MON", "0 0 L 1 1", "0 0 LW 1 1", "0 0 * 1 *", "0 0 * 2-4 *", "0 0 * */3 2-4/2", "0 0 * 1,*/2 *",
    "0 0 * 2-9/2 MON,*/3", "0 0 */1,3 * MON", "0 0 1,* 1,* MON,*", "0 0 * * 5L", "0 0 * * 1#2", "0 0 31 12 6,7",
    *(f"0 0 {day} {month} {month % 7}" for day, month in enumerate(range(1, 13), 1)),
)  # fmt: skip


def every_timing() -> list[Cron | Every]:
    paces = (1, 2, 60, 120, 3600, 7200, 86_400, 172_800)
    return [*map(Cron, EXPRESSIONS), *map(Every, paces)]


@cache
def texts() -> dict[str, set[str]]:
    """What the catalogs must have, by the module that says it."""
    found: dict[str, set[str]] = {}
    for message in messages.found():
        for place, _line in message.locations:
            one = message.id if isinstance(message.id, str) else message.id[0]
            found.setdefault(place, set()).add(one)
    return found


def said_in(module: str) -> set[str]:
    return texts()[f"queueing/domain/{module}.py"]


def test_there_is_one_of_every_kind() -> None:
    assert {concern.kind for concern in every_concern()} == set(get_args(attention.Kind))
    for make in waiting.CHECKS:
        assert any(make(job, situation, NOW) for job, situation in situations()), make


def test_none_of_what_the_engine_can_say_is_left_out_here() -> None:
    """A new sentence is a new line above."""
    spoken = {
        "attention": [sentence for one in every_concern() for sentence in (one.text, one.subject)],
        "waiting": [sentence for one in every_check() for sentence in (one.name, one.text, one.answer)],
        "cronwords": list(map(described, EXPRESSIONS)),
        "timing": [timing.said for timing in every_timing()],
        "limits": [limit.said for limit in LIMITS.values()],
    }
    turned_down = {refused.sentence(text) for _, text in refused.places()}  # test_refusals_in_german has these
    for module, sentences in spoken.items():
        heard = {part.text for said in sentences if isinstance(said, Said) for part in parts(said)}
        assert said_in(module) - heard - turned_down == set(), module


def german(said: str) -> str:
    with override("de"):
        return enginewords.said(said)


def test_nothing_of_it_is_the_same_in_german() -> None:
    for said in [*(one.text for one in every_concern()), *(one.answer for one in every_check() if one.answer)]:
        assert german(said) != said


def shown(client: Client, path: str) -> str:
    answer = client.get(path, headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    return unescape(re.sub(r"(?s)<script.*?</script>", "", answer.content.decode()))


def is_said(html: str, sentence: str) -> None:
    assert german(sentence) in html
    if german(sentence) != sentence:
        assert f">{sentence}<" not in html
        assert len(sentence) < 12 or sentence not in html


@pytest.mark.django_db
def test_the_overview_says_it(viewer: Client, shop: Shop) -> None:
    found = every_concern()
    with patch.object(attention, "concerns", return_value=found):
        html = shown(viewer, "/")
    for concern in found:
        is_said(html, concern.text)
        is_said(html, concern.subject)


@pytest.mark.django_db
def test_the_jobs_page_says_it(viewer: Client, shop: Shop) -> None:
    found = tuple(every_check())
    job = shop.add()
    for answer in [check for check in found if check.answer]:
        with patch.object(waiting, "checks", return_value=found), patch.object(waiting, "answer", return_value=answer):
            html = shown(viewer, f"/jobs/{job}")
        is_said(html, answer.answer)
    for check in found:
        is_said(html, check.text)
        is_said(html, check.name)


@pytest.mark.django_db
def test_the_queues_page_says_its_limits(viewer: Client, shop: Shop) -> None:
    shop.add()
    limit = Limit(concurrent=1500, rate=10, per=0.5)
    sync.run(shop.cluster.operations.fix_limit(Scope("queue", "email_jobs"), limit, by="console:mira"))
    html = shown(viewer, "/queues/email_jobs")
    assert "1.500 gleichzeitig, 10 je 0,5 s" in html
    assert str(limit) not in html


@pytest.mark.django_db
def test_the_schedules_pages_say_it(viewer: Client, shop: Shop) -> None:
    timings = every_timing()
    for number, timing in enumerate(timings):
        schedule = Schedule(name=f"s-{number}", type="send_email", queue="email_jobs", timing=timing)
        sync.run(shop.cluster.operations.declare_schedule(schedule))
    html = shown(viewer, "/schedules")
    for timing in timings:
        is_said(html, timing.said)
    html = shown(viewer, "/schedules/s-15")
    assert "täglich um 02:30" in html
    assert "every day" not in html


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 7 * * MON-FRI", "von Montag bis Freitag um 07:00"),
        ("*/5 * * * *", "jede 5. Minute jeder Stunde"),
        ("0 0 15 * *", "am 15. Tag jedes Monats um 00:00"),
        ("30 2 * 1,2 *", "täglich im Januar und Februar um 02:30"),
        ("0 6 * * 1#1", "am 1. Montag des Monats um 06:00"),
        ("5 9,17,18,19,20 * * *", "in Minute 5 der Stunden 9, 17, 18, 19 und 20"),
        ("0 0 24 12 *", "am 24. Dezember um 00:00"),
    ],
)
def test_a_cron_expression_is_german(expression: str, said: str) -> None:
    assert german(described(expression)) == said


def test_who_paused_it_is_named_as_on_other_pages() -> None:
    standing = Standing(health=HEALTH, queues=[with_jobs(9, paused=True, paused_by="console:mira")])
    [concern] = concerns(standing, now=NOW)
    assert enginewords.said(concern.text) == "is paused by mira and 9 jobs wait."


def test_a_server_that_is_down_is_said_in_german(viewer: Client, store_down: None) -> None:
    html = shown(viewer, "/jobs")
    assert "is not" not in html
    assert "cannot be" not in html
