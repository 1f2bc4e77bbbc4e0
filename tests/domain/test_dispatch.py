from __future__ import annotations

from datetime import UTC, datetime

import pytest

from queueing.dispatch import Letter, outgoing
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.message import NOT_BEFORE


@pytest.mark.parametrize("delay", [3e11, 1e300, float("inf")])
def test_a_delay_past_the_calendar_can_still_be_sent(delay: float) -> None:
    spec = JobSpec(id="01a2", queue="mail", type="send", payload=b"{}", created_at=datetime.now(UTC))
    sent = outgoing(Letter(spec=spec, ref=JobRef("01a2", 1), delay=delay), now=datetime.now(UTC))
    assert sent.headers[NOT_BEFORE] > 253_402_300_000_000
