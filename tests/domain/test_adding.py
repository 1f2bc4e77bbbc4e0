"""What ``add`` refuses before anything is stored: a record that cannot be written fails its whole batch, and one that
cannot be read again fails every page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from queueing.conf import ClusterConfig
from queueing.domain.registry import Registry
from queueing.errors import InvalidName
from queueing.producer import Producer
from queueing.runtime import Cluster


@pytest.fixture
def producer() -> Iterator[Producer]:
    yield Cluster(ClusterConfig(prefix="adding-test"), types=Registry()).producer


@pytest.mark.parametrize(
    "wrong",
    [
        {"job_id": "a\nb"},
        {"job_id": "a b"},
        {"job_id": "\ud800"},
        {"job_id": "x" * 65},
        {"job_id": 5},
        {"created_by": 5},
        {"created_by": "\ud800"},
        {"origin": 5},
        {"origin": "a\0"},
    ],
)
def test_words_that_no_record_can_hold_are_refused(producer: Producer, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidName):
        producer.spec("mail", "send", {}, **wrong)
