"""``/metrics`` of the console: who may read it, and that it always says what is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from queueing import sync
from queueing.domain.reading import BUCKETS, Minute
from tests.dashboard.shop import Shop

TOKEN = "a-long-and-random-token"


@pytest.fixture
def token(settings: Any) -> str:
    settings.LEVERET = settings.LEVERET | {"METRICS_TOKEN": TOKEN}
    return TOKEN


def scrape(client: Client, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    samples = [
        sample for family in text_string_to_metric_families(answer.content.decode()) for sample in family.samples
    ]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "Prometheus drops a scrape that tells one series twice"
    return found


def value(found: dict[Any, float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_a_scraper_comes_in_by_its_token(anonymous: Client, shop: Shop, token: str) -> None:
    shop.add()
    found = scrape(anonymous, Authorization=f"Bearer {token}")
    assert value(found, "leveret_jobs", queue="email_jobs", type="send_email", state="queued") == 1
    assert value(found, "leveret_jobs", queue="email_jobs", type="send_email", state="failed") == 0


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer a-long-and-random-tokeé"]
)
def test_without_the_token_nobody_is_sent_to_the_login_page(
    anonymous: Client, shop: Shop, token: str, header: str | None
) -> None:
    answer = anonymous.get("/metrics", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert b"leveret_" not in answer.content


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x"])
def test_where_no_token_is_set_none_opens_the_door(anonymous: Client, shop: Shop, header: str) -> None:
    assert anonymous.get("/metrics", headers={"Authorization": header}).status_code == 401


def test_whoever_may_look_at_jobs_may_look_at_their_figures(viewer: Client, outsider: Client, shop: Shop) -> None:
    assert value(scrape(viewer), "leveret_server_up", server="store") == 1
    assert outsider.get("/metrics").status_code == 403


def test_a_wrong_token_is_not_saved_by_a_session(viewer: Client, shop: Shop, token: str) -> None:
    assert viewer.get("/metrics", headers={"Authorization": "Bearer old"}).status_code == 401


def test_it_is_only_read(viewer: Client, shop: Shop) -> None:
    assert viewer.post("/metrics").status_code == 405


def test_it_says_how_queues_and_workers_are(viewer: Client, shop: Shop) -> None:
    shop.many(3)
    shop.add(queue="billing")
    shop.start(shop.add())
    sync.run(shop.cluster.operations.pause("billing", by="mira"))
    found = scrape(viewer)
    assert value(found, "leveret_queue_workers", queue="email_jobs") == 1
    assert value(found, "leveret_queue_workers", queue="billing") == 0
    assert value(found, "leveret_queue_paused", queue="billing") == 1
    assert value(found, "leveret_queue_messages", queue="email_jobs") == 4
    assert 0 <= value(found, "leveret_queue_oldest_seconds", queue="email_jobs") < 60
    assert value(found, "leveret_workers", state="running") == 1
    assert value(found, "leveret_worker_slots") == 5
    assert value(found, "leveret_leader") == 0
    assert value(found, "leveret_outbox_stuck") == 0


def test_histograms_are_cumulative_and_have_their_sum(viewer: Client, shop: Shop) -> None:
    wait = (3, 0, 2, *[0] * (len(BUCKETS) - 4), 1)
    minute = Minute(at=datetime.now(UTC), succeeded=5, failed=1, wait=wait, waited=4000.5)
    sync.run(shop.cluster.store.count(minute, queue="q", type="t"))
    found, lane = scrape(viewer), {"queue": "q", "type": "t"}
    assert value(found, "leveret_attempts_total", **lane, outcome="succeeded") == 5
    assert value(found, "leveret_attempts_total", **lane, outcome="failed") == 1
    assert [value(found, "leveret_job_wait_seconds_bucket", **lane, le=le) for le in ("0.001", "0.005", "3600.0")] == [
        3,
        5,
        5,
    ]
    assert value(found, "leveret_job_wait_seconds_bucket", **lane, le="+Inf") == 6
    assert value(found, "leveret_job_wait_seconds_count", **lane) == 6
    assert value(found, "leveret_job_wait_seconds_sum", **lane) == 4000.5


def test_openmetrics_is_told_to_those_who_ask_for_it(viewer: Client, shop: Shop) -> None:
    answer = viewer.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_where_the_store_is_down_it_says_so_and_nothing_else(viewer: Client, store_down: None) -> None:
    found = scrape(viewer)
    assert value(found, "leveret_server_up", server="store") == 0
    assert {name for name, _ in found} <= {"leveret_info", "leveret_server_up", "leveret_server_latency_seconds"}


def test_where_the_broker_is_down_what_redis_knows_is_there(viewer: Client, shop_without_broker: Shop) -> None:
    shop_without_broker.add()
    found = scrape(viewer)
    assert value(found, "leveret_server_up", server="broker") == 0
    assert value(found, "leveret_jobs", queue="email_jobs", type="send_email", state="queued") == 1
    assert value(found, "leveret_outbox_jobs") == 1
    assert not [name for name, _ in found if name == "leveret_queue_messages"]
