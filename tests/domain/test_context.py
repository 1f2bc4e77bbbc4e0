from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from queueing.domain.context import JobContext
from queueing.domain.job import JobSpec

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def context() -> JobContext:
    spec = JobSpec(id="01a2", queue="mail", type="send", payload=b"{}", created_at=NOW)
    return JobContext(
        spec=spec, epoch=1, attempt=1, worker="ada", started_at=NOW, deadline=None, now=lambda: NOW, tell=lambda _: None
    )


@pytest.mark.parametrize("wrong", [None, "5", float("nan"), float("inf"), 10**400, Decimal("NaN"), object()])
def test_progress_that_is_no_number_is_the_handlers_error(context: JobContext, wrong: Any) -> None:
    total: Any = "" if wrong is None else wrong
    with pytest.raises(ValueError, match="finite"):
        context.progress(wrong)
    with pytest.raises(ValueError, match="total"):
        context.progress(1, total)
    assert context.take() == (None, ())


def test_progress_takes_any_number_and_any_note(context: JobContext) -> None:
    context.progress(Decimal("1.5"), 3, note=7)  # type: ignore[arg-type]
    progress, _ = context.take()
    assert progress is not None
    assert (progress.done, progress.total, progress.note) == (1.5, 3.0, "7")


def test_a_log_line_can_always_be_written(context: JobContext) -> None:
    context.log("a\ud800b", level=5)  # type: ignore[arg-type]
    _, (line,) = context.take()
    assert (line.level, line.text) == ("5", "a?b")
