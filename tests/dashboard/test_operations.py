"""An operation from its confirmation to its end: run, paused, resumed, cancelled, undone, run again after a crash."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import cast
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.access import Viewer
from dashboard.bulk import confirming, freezing, running
from dashboard.bulk.records import Chunk, Operation
from dashboard.live import Watched
from dashboard.models import AuditEntry
from queueing import Fail, JobContext, Retry, sync
from queueing.domain.states import JobState
from queueing.errors import LeveretError, StoreUnavailable
from tests.dashboard.bulk import FAILED, State, again, confirm, context, due, failed, run
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few() -> Iterator[None]:
    """More than two jobs are an operation here, and chunks hold three, one at a time."""
    with (
        patch.object(confirming, "AT_ONCE", 2),
        patch.object(freezing, "CHUNK", 3),
        patch.object(freezing, "SLOWEST", 3),
        patch.object(running, "ABREAST", 1),
    ):
        yield


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# running


def test_it_is_run_to_its_end_and_booked_at_start_and_end(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 7)
    operation = due(confirm(operator))
    told: list[object] = []
    assert "7 of 7 done" in running.run(operation.pk, context(operation, told))
    ended = again(operation)
    assert (ended.state, ended.done, ended.skipped, ended.left) == (State.DONE, 7, 0, 0)
    assert {shop.job(job).state for job in jobs} == {JobState.QUEUED}
    assert len(told) == 3, "progress after each chunk"
    end, start = AuditEntry.objects.all()
    assert (start.result, end.result, end.who, end.verb) == ("started", "done", "otto", "retry")
    assert end.target == f"operation {operation.pk}: state:failed"
    assert end.detail.startswith("7 of 7 done")


def test_what_changed_since_the_set_was_frozen_is_skipped_with_the_reason(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 4)
    operation = due(confirm(operator))
    sync.run(shop.cluster.operations.retry([jobs[0], jobs[1]], by="mira"))
    shop.fail(jobs[1])
    sync.run(shop.cluster.operations.discard([jobs[2]]))
    run(operation)
    ended = again(operation)
    assert (ended.done, ended.skipped) == (1, 3)
    assert AuditEntry.objects.first().result == "partly"  # type: ignore[union-attr]
    assert rows(operator, operation.pk) == [
        [jobs[0], "skipped", "it is already queued"],
        [jobs[1], "skipped", "Its last run ended after the set was frozen"],
        [jobs[2], "skipped", "it is gone, its retention has ended or it was discarded"],
        [jobs[3], "done", ""],
    ]
    said = words(page(operator, f"/operations/{operation.pk}"))
    assert "Skipped 3" in said and "it is already queued" in said


def test_it_does_not_begin_before_its_time(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    with pytest.raises(Retry) as early:
        run(operation)
    assert early.value.after is not None and 0 < early.value.after <= 10
    assert again(operation).state == State.WAITING


def test_after_a_crash_between_the_deed_and_its_record_no_job_is_treated_twice(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 7)
    operation = due(confirm(operator))
    record, crashed = running._record, []

    def crash(*given: object) -> None:
        if not crashed:
            crashed.append(True)
            raise KeyboardInterrupt
        record(*given)  # type: ignore[arg-type]

    with patch.object(running, "_record", crash):
        with pytest.raises(KeyboardInterrupt):
            run(operation)
        # What was retried and not written down fails again before somebody goes on.
        epochs = [shop.job(shop.fail(job)).epoch for job in jobs[:3]]
        run(operation)
    ended = again(operation)
    assert (ended.state, ended.done, ended.skipped) == (State.DONE, 7, 0)
    assert [shop.job(job).epoch for job in jobs[:3]] == epochs, "retried once, not twice"
    assert {shop.job(job).state for job in jobs[3:]} == {JobState.QUEUED}


def test_one_that_nobody_begins_does_not_promise_to(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    assert "Until then you can take it back." in words(page(operator, f"/operations/{operation.pk}"))
    Operation.objects.filter(pk=operation.pk).update(begins_at=timezone.now() - timedelta(minutes=1))
    said = words(page(operator, f"/operations/{operation.pk}"))
    assert "was to start 1 min ago" in said and "You can still take it back." in said


def test_of_two_runners_only_one_counts(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = due(confirm(operator))
    treat, raced = running._treat, []

    def race(*given: object) -> Sequence[object]:
        if not raced:
            raced.append(True)
            run(operation)
        return treat(*given)  # type: ignore[arg-type]

    with patch.object(running, "_treat", race):
        run(operation)
    ended = again(operation)
    assert (ended.done, ended.state) == (3, State.DONE)
    assert AuditEntry.objects.count() == 2


def test_where_a_server_is_away_it_says_so_and_is_tried_again(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = due(confirm(operator))

    def away(deed: object) -> object:
        raise StoreUnavailable("Redis is away.")

    with patch("dashboard.engine.act", away), pytest.raises(LeveretError):
        run(operation)
    assert (again(operation).state, again(operation).trouble) == (State.RUNNING, "Redis is away.")
    run(operation)
    assert (again(operation).state, again(operation).trouble) == (State.DONE, "")


def test_a_worker_that_stops_ends_it_between_two_chunks(operator: Client, shop: Shop) -> None:
    failed(shop, 7)
    operation = due(confirm(operator))
    stopping = context(operation)
    stopping.stop()
    assert running.run(operation.pk, stopping) == "0 of 7"
    assert again(operation).state == State.RUNNING
    run(operation)
    assert again(operation).done == 7


def test_a_job_that_is_not_its_runner_does_nothing(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = due(confirm(operator))
    operation.job_id = "another"
    assert run(operation) == "Another job runs it."
    assert again(operation).state == State.WAITING
    with pytest.raises(Fail, match="no operation 999"):
        running.run(999, context(operation))


def test_a_rate_is_kept(operator: Client, shop: Shop) -> None:
    failed(shop, 4)
    operation = due(confirm(operator, rate="10"))
    naps: list[float] = []
    with patch("time.sleep", naps.append), patch("time.monotonic", lambda: sum(naps)):
        run(operation)
    assert again(operation).done == 4
    assert sum(naps) == pytest.approx(0.3), "three jobs take three tenths of a second at ten a second"


# undo, pause, resume, cancel


class Clock:
    """Time that passes only where somebody works or sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


AT_EASE = cast(JobContext, SimpleNamespace(cancelled=False))


@pytest.mark.parametrize(
    ("rate", "took", "began"),
    [
        (0, 0.2, [100.0, 100.4, 100.8]),  # it rests as long as it worked
        (0, 30.0, [100.0, 131.0, 162.0]),  # but not for what a server that was away took
        (1000, 0.2, [100.0, 101.0, 102.0]),  # a rate is kept whatever the work took
    ],
)
def test_without_a_rate_it_leaves_half_of_the_time_to_others(rate: int, took: float, began: list[float]) -> None:
    clock = Clock()
    with patch.object(running, "time", clock):
        pace = running.Pace(Operation(rate=rate))
        found = []
        for _ in range(3):
            assert pace.wait(AT_EASE)
            found.append(clock.now)
            clock.now += took
            pace.count(1000, 0.0)
    assert found == pytest.approx(began)


def test_undo_takes_it_back_and_nothing_happens(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 3)
    operation = confirm(operator)
    assert "Undone." in trigger(operator, operation.pk, "undo")
    assert "undone" in run(due(operation))
    assert {shop.job(job).state for job in jobs} == {JobState.FAILED}
    assert "Too late" in trigger(operator, operation.pk, "undo")
    booked = [(entry.verb, entry.result) for entry in AuditEntry.objects.all()]
    assert booked == [("undo", "refused"), ("undo", "done"), ("retry", "started")]


def test_start_now_makes_its_job_due(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    trigger(operator, operation.pk, "begin")
    assert shop.job(operation.job_id).state is JobState.QUEUED
    run(operation)
    assert again(operation).state == State.DONE


def test_it_pauses_between_two_chunks_and_resumes_where_it_stood(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 7)
    operation = due(confirm(operator))
    after_first_chunk(operator, operation.pk, "pause")
    assert "Paused after 3 of 7" in run(operation)
    assert [shop.job(job).state for job in jobs].count(JobState.QUEUED) == 3
    assert "Resume" in words(page(operator, f"/operations/{operation.pk}"))
    trigger(operator, operation.pk, "resume")
    resumed = again(operation)
    assert resumed.job_id != operation.job_id
    assert run(operation) == "Another job runs it."
    run(resumed)
    assert (again(operation).state, again(operation).done) == (State.DONE, 7)


def test_cancel_leaves_the_rest_alone_and_says_how_many(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 7)
    operation = due(confirm(operator))
    after_first_chunk(operator, operation.pk, "cancel")
    run(operation)
    ended = again(operation)
    assert (ended.state, ended.done, ended.left) == (State.CANCELLED, 3, 4)
    assert [shop.job(job).state for job in jobs].count(JobState.FAILED) == 4
    assert [row[1] for row in rows(operator, operation.pk)] == ["done"] * 3 + ["not treated"] * 4
    assert "ended" in trigger(operator, operation.pk, "resume")


@pytest.mark.parametrize("verb", ["undo", "begin", "pause", "resume", "cancel"])
def test_a_viewer_looks_on(viewer: Client, operator: Client, shop: Shop, verb: str) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    assert viewer.post(f"/operations/{operation.pk}/{verb}").status_code == 403
    html = page(viewer, f"/operations/{operation.pk}")
    assert "Retry of 3 jobs starts" in words(html)
    assert "formaction" not in live(html, "live-operations-one", Viewer(frozenset({"view"})))
    assert again(operation).state == State.WAITING


# the pages


def test_without_a_worker_for_operations_the_page_says_so(viewer: Client, operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    assert "No worker runs operations" in words(page(viewer, f"/operations/{operation.pk}"))
    shop.works(queues=("leveret-operations",))
    assert "No worker runs operations" not in words(page(viewer, f"/operations/{operation.pk}"))


def test_an_operation_whose_job_is_gone_can_be_resumed(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = due(confirm(operator))
    sync.run(shop.cluster.operations.cancel([operation.job_id], by="mira"))
    assert "No job runs it any more" in words(page(operator, f"/operations/{operation.pk}"))
    trigger(operator, operation.pk, "resume")
    run(again(operation))
    assert again(operation).state == State.DONE


def test_those_under_way_come_first_then_those_that_ended(viewer: Client, operator: Client, shop: Shop) -> None:
    assert "No operation yet" in words(page(viewer, "/operations"))
    failed(shop, 3)
    run(due(confirm(operator)))
    failed(shop, 3)
    confirm(operator, "act=discard&state=failed", typed="3")
    said = words(page(viewer, "/operations"))
    assert said.index("Discard of 3 jobs starts") < said.index("Earlier")
    assert "mended" in said


def test_drafts_are_seen_by_nobody(viewer: Client, operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    operation.state = State.DRAFT
    operation.save()
    assert viewer.get(f"/operations/{operation.pk}").status_code == 404
    assert viewer.get(f"/operations/{operation.pk}/results").status_code == 404
    assert "No operation yet" in words(page(viewer, "/operations"))


def test_results_are_safe_to_open_in_a_spreadsheet(viewer: Client, operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    operation = confirm(operator)
    Chunk.objects.filter(operation=operation).update(ids="=HYPERLINK(1)\n@sum")
    assert [row[0] for row in rows(viewer, operation.pk)] == ["'=HYPERLINK(1)", "'@sum"]


def test_while_the_store_is_away_the_pages_show_what_was_written_down(
    viewer: Client, operator: Client, request: pytest.FixtureRequest, shop: Shop
) -> None:
    failed(shop, 3)
    operation = due(confirm(operator))
    request.getfixturevalue("store_down")
    for path in ("/operations", f"/operations/{operation.pk}"):
        assert "Redis does not answer" in words(page(viewer, path))


def after_first_chunk(client: Client, pk: int, verb: str) -> None:
    """Somebody presses a button while the first chunk is under way."""
    treat = running._treat
    patcher = patch.object(running, "_treat")
    pressed = patcher.start()

    def press(*given: object) -> object:
        patcher.stop()
        trigger(client, pk, verb)
        return treat(*given)  # type: ignore[arg-type]

    pressed.side_effect = press


def trigger(client: Client, pk: int, verb: str) -> str:
    answer = client.post(f"/operations/{pk}/{verb}", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    return answer.headers["HX-Trigger"]


def rows(client: Client, pk: int) -> list[list[str]]:
    answer = client.get(f"/operations/{pk}/results")
    head, *found = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))  # type: ignore[arg-type]
    assert head == ["job", "result", "why"]
    return found


def live(html: str, name: str, viewer: Viewer) -> str:
    token = re.search(rf'id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token
    return Watched.signed(token[1], viewer).render()


def test_the_query_of_the_question_is_the_lists_own(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    assert confirm(operator, f"{FAILED}&queue=email_jobs").described == "state:failed queue:email_jobs"
