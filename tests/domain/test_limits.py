from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queueing.conf import from_mapping
from queueing.domain.limits import Limit
from queueing.domain.registry import describe
from queueing.errors import ConfigurationError, InvalidOptions


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({}, "needs concurrent, or rate and per"),
        ({"concurrent": 0}, "To stop a queue, pause it"),
        ({"concurrent": -1}, "concurrent must be an integer from 1"),
        ({"concurrent": True}, "concurrent must be an integer from 1"),
        ({"concurrent": 1.5}, "concurrent must be an integer from 1"),
        ({"concurrent": "2"}, "concurrent must be an integer from 1"),
        ({"concurrent": 10**9}, "concurrent must be an integer from 1 to 1,000,000"),
        ({"rate": 100}, "rate and per go together"),
        ({"per": 60}, "needs concurrent, or rate and per"),
        ({"concurrent": 1, "per": 60}, "rate and per go together"),
        ({"rate": 0, "per": 60}, "rate must be an integer from 1"),
        ({"rate": 100, "per": 0}, "per must be between a millisecond and 366 days"),
        ({"rate": 100, "per": -1}, "per must be between a millisecond and 366 days"),
        ({"rate": 100, "per": float("nan")}, "per must be seconds or a timedelta"),
        ({"rate": 100, "per": float("inf")}, "per must be seconds or a timedelta"),
        ({"rate": 100, "per": True}, "per must be seconds or a timedelta"),
        ({"rate": 100, "per": "60"}, "per must be seconds or a timedelta"),
        ({"rate": 100, "per": timedelta(days=400)}, "per must be between a millisecond and 366 days"),
        ({"rate": 100, "per": 60, "burst": 0}, "burst must be an integer from 1"),
        ({"concurrent": 1, "burst": 5}, "burst needs rate and per"),
    ],
)
def test_a_limit_that_means_nothing_is_refused_with_what_to_do(given: dict[str, Any], hint: str) -> None:
    with pytest.raises(InvalidOptions, match=hint):
        Limit(**given)


def test_a_period_may_be_a_timedelta() -> None:
    assert Limit(rate=100, per=timedelta(minutes=1)) == Limit(rate=100, per=60)  # type: ignore[arg-type]


def test_a_limit_reads_as_a_phrase() -> None:
    assert str(Limit(concurrent=2)) == "2 at a time"
    assert str(Limit(concurrent=2, rate=1000, per=60)) == "2 at a time, 1,000 per 60 s"


def test_a_job_type_takes_a_limit_and_nothing_else() -> None:
    assert describe("charge", lambda: None, limit=Limit(concurrent=2)).limit == Limit(concurrent=2)
    with pytest.raises(ConfigurationError, match=r"must be a Limit, as Limit\(concurrent=2\), not 2"):
        describe("charge", lambda: None, limit=2)  # type: ignore[arg-type]


def test_settings_limit_queues() -> None:
    config = from_mapping({"LIMITS": {"email_jobs": {"concurrent": 5, "rate": 100, "per": 60}}})
    assert config.limits == {"email_jobs": Limit(concurrent=5, rate=100, per=60)}


@pytest.mark.parametrize(
    ("limits", "hint"),
    [
        ({"email_jobs": {"concurrent": 0}}, "concurrent must be an integer from 1"),
        ({"email_jobs": {"concurrent": True}}, "concurrent"),
        ({"email_jobs": {"rate": 5}}, "rate and per go together"),
        ({"email_jobs": {"speed": 5}}, "speed"),
        ({"email jobs": {"concurrent": 1}}, "LIMITS takes names of queues"),
    ],
)
def test_settings_that_limit_nothing_are_refused(limits: dict[str, Any], hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        from_mapping({"LIMITS": limits})
