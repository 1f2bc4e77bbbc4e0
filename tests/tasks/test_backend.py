"""Django's tasks on Leveret: enqueued, run by a worker, asked for their result."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from queueing import JobState, runtime
from queueing.tasks import LeveretBackend
from queueing.tasks.compat import InvalidTask, exceptions, signals
from queueing.tasks.results import Status
from queueing.tasks.task import priority
from tests.eventually import eventually_sync
from tests.tasks import chores

pytestmark = pytest.mark.django_db(transaction=True)


def finished(result: Any) -> Any:
    def is_finished() -> bool:
        result.refresh()
        return bool(result.is_finished)

    eventually_sync(is_finished, timeout=10)
    return result


@pytest.mark.parametrize("task", [chores.add, chores.add_later], ids=["sync", "async"])
def test_a_task_runs_and_its_result_can_be_had(working: None, task: Any) -> None:
    result = task.enqueue(2, second=3)
    assert (result.status, result.task, result.args, result.kwargs) == (Status.READY, task, [2], {"second": 3})

    finished(result)
    assert result.status == Status.SUCCESSFUL
    assert result.return_value == 5
    assert result.attempts == len(result.worker_ids) == 1
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert task.get_result(result.id) == result


async def test_from_a_coroutine(working: None) -> None:
    result = await chores.add.aenqueue(20, 22)
    for _ in range(500):
        await result.arefresh()
        if result.is_finished:
            break
    assert (await chores.add.aget_result(result.id)).return_value == 42


def test_a_failing_task_names_its_error(working: None) -> None:
    result = finished(chores.break_down.enqueue("Rome"))
    assert result.status == Status.FAILED
    [error] = result.errors
    assert error.exception_class is ConnectionError
    assert error.traceback.startswith("Traceback (most recent call last):\n")
    assert 'raise ConnectionError(f"no way to {word}")' in error.traceback
    assert error.traceback.endswith("ConnectionError: no way to Rome\n")
    with pytest.raises(ValueError, match="Task failed"):
        _ = result.return_value


def test_a_task_is_tried_once_unless_it_says_otherwise(working: None) -> None:
    assert finished(chores.break_down.enqueue("Rome")).attempts == 1


def test_a_task_with_more_attempts_is_tried_again(working: None) -> None:
    result = finished(chores.third_time_lucky.enqueue())
    assert (result.status, result.return_value, result.attempts) == (Status.SUCCESSFUL, 3, 3)
    assert [error.exception_class for error in result.errors] == [TimeoutError, TimeoutError]
    record = runtime.ask(runtime.cluster().inspector.job(result.id))
    assert record is not None and record.tags == ("flaky",)


def test_the_context_knows_the_task(working: None) -> None:
    result = finished(chores.who.enqueue("ada", "mira"))
    assert result.return_value == [result.id, 1, 1, "ada", "mira"]


def test_what_is_no_json_is_refused_at_once_or_fails_the_task(working: None) -> None:
    with pytest.raises(TypeError, match="Unsupported type"):
        chores.add.enqueue(timezone.now())
    result = finished(chores.unspeakable.enqueue())
    assert result.errors[0].exception_class is TypeError


def test_a_task_may_wait_and_take_another_queue() -> None:
    later = timezone.now() + timedelta(hours=1)
    result = chores.add.using(run_after=later, queue_name="letters", timeout=30).enqueue(1)
    record = runtime.ask(runtime.cluster().inspector.job(result.id))
    assert record is not None
    assert (record.state, record.queue, record.options.timeout) == (JobState.SCHEDULED, "letters", 30)
    found = chores.add.get_result(result.id)
    assert (found.task.queue_name, found.task.run_after) == ("letters", later)


def test_a_queue_that_the_backend_has_not_is_refused() -> None:
    with pytest.raises(InvalidTask, match="Queue 'parcels' is not valid"):
        chores.add.using(queue_name="parcels")


@pytest.mark.parametrize(("asked", "given"), [(-100, 0), (0, 4), (100, 9)])
def test_priorities_become_those_of_rabbitmq(asked: int, given: int) -> None:
    assert priority(asked) == given


def test_a_task_is_added_once_the_transaction_commits() -> None:
    with transaction.atomic():
        result = chores.add.enqueue(1)
        with pytest.raises(exceptions.TaskResultDoesNotExist):
            chores.add.get_result(result.id)
    assert chores.add.get_result(result.id).status == Status.READY


def test_a_task_of_a_transaction_that_fails_is_never_added() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        result = chores.add.enqueue(1)
        raise ZeroDivisionError
    with pytest.raises(exceptions.TaskResultDoesNotExist):
        chores.add.get_result(result.id)


def test_a_result_of_another_task_or_of_no_task_is_not_given() -> None:
    result = chores.add.enqueue(1)
    with pytest.raises(exceptions.TaskResultMismatch):
        chores.add_later.get_result(result.id)
    job_id = runtime.ask(runtime.cluster().producer.add("default", "no_task", {}))
    with pytest.raises(exceptions.TaskResultDoesNotExist):
        chores.add.get_result(job_id)


@pytest.mark.parametrize("result_id", ["", "nowhere", "x" * 100_000, "a b:{c}", "\udc80", "\0", 5, None])
async def test_an_id_that_is_none_has_no_result(result_id: Any) -> None:
    with pytest.raises(exceptions.TaskResultDoesNotExist):
        await chores.add.aget_result(result_id)


def test_a_unique_task_is_the_one_that_is_there() -> None:
    first = chores.add.using(unique_key="one").enqueue(1)
    assert chores.add.using(unique_key="one").enqueue(2).id == first.id


def test_signals_tell_of_each_step(working: None) -> None:
    told: list[tuple[str, Any]] = []

    def listen(name: str) -> Any:
        def told_of(sender: Any, task_result: Any, **_: Any) -> None:
            assert sender is LeveretBackend
            told.append((name, task_result.status))

        return told_of

    receivers = {name: listen(name) for name in ("enqueued", "started", "finished")}
    for name, receiver in receivers.items():
        getattr(signals, f"task_{name}").connect(receiver)
    try:
        finished(chores.add.enqueue(1))
        eventually_sync(lambda: len(told) == 3)
        finished(chores.break_down.enqueue("Rome"))
        eventually_sync(lambda: len(told) == 6)
    finally:
        for name, receiver in receivers.items():
            getattr(signals, f"task_{name}").disconnect(receiver)
    ready, running = Status.READY, Status.RUNNING
    assert sorted(told[:3]) == [("enqueued", ready), ("finished", Status.SUCCESSFUL), ("started", running)]
    assert sorted(told[3:]) == [("enqueued", ready), ("finished", Status.FAILED), ("started", running)]


def test_a_task_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(chores.third_time_lucky)) == chores.third_time_lucky  # noqa: S301


def test_checks_name_options_that_do_not_exist() -> None:
    found = list(LeveretBackend("letters", {"QUEUES": ["a b"], "OPTIONS": {"max_attempt": 3}}).check())
    assert [message.id for message in found] == ["leveret.E101", "leveret.E102"]
    assert "max_attempt" in found[0].msg and "max_attempts" in (found[0].hint or "")
