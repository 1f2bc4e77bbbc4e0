from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queueing.domain.outcomes import Retry
from queueing.errors import InvalidOptions


@pytest.mark.parametrize("after", [-1, float("nan"), float("inf"), 10**400, 1e300, timedelta.max])
def test_a_retry_that_no_calendar_can_hold_is_refused(after: Any) -> None:
    with pytest.raises(InvalidOptions, match="366 days"):
        Retry("later", after=after)


def test_a_retry_may_be_a_timedelta_away() -> None:
    assert Retry("later", after=timedelta(minutes=1)).after == 60.0
