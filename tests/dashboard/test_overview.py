from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from html import unescape
from unittest.mock import patch

import pytest
from django.test import Client

from dashboard.access import Viewer
from dashboard.live import Watched
from queueing import sync
from queueing.domain import attention
from queueing.domain.options import JobOptions
from queueing.domain.reading import BUCKETS, Minute
from tests.dashboard.shop import BUSY, Shop, worker_status

pytestmark = pytest.mark.django_db


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def part(html: str, name: str) -> str:
    """A live part of the page, as the socket would send it now."""
    token = re.search(rf'id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token, name
    return Watched.signed(token[1], Viewer(frozenset({"view"}))).render()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def series(html: str) -> dict[str, list[float]]:
    found = re.search(r'<script id="series" type="application/json">(.*?)</script>', html)
    assert found
    drawn: dict[str, list[float]] = json.loads(found[1])
    return drawn


def bucket(seconds: float, count: int) -> tuple[int, ...]:
    return tuple(count if bound == seconds else 0 for bound in BUCKETS)


def test_a_console_without_a_job_says_that_nothing_needs_attention(viewer: Client, shop: Shop) -> None:
    html = page(viewer)
    assert "No worker runs yet, and no job waits for one." in words(html)
    assert "No queue yet." in html
    assert "No job has failed in the last hour." in html


def test_where_workers_run_it_says_that_all_is_well(viewer: Client, shop: Shop) -> None:
    shop.works()
    with patch.object(attention, "concerns", return_value=[]):
        assert "Nothing. Both servers answer" in page(viewer)


def test_a_queue_without_a_worker_comes_first_with_a_way_to_the_workers(viewer: Client, shop: Shop) -> None:
    shop.many(9, queue="reports")
    shown = part(page(viewer), "attention")
    assert "reports has 9 jobs and no worker that takes from it." in words(shown)
    assert 'href="/workers">See workers</a>' in shown


def test_a_paused_queue_is_named_with_who_paused_it(viewer: Client, shop: Shop) -> None:
    shop.works(types=("send_email",))
    shop.add()
    sync.run(shop.cluster.operations.pause("email_jobs", by="mira"))
    assert "email_jobs is paused by mira and 1 job wait" in words(part(page(viewer), "attention"))


def test_a_spike_leads_to_the_group_that_most_of_it_is_in(viewer: Client, shop: Shop) -> None:
    for job in shop.many(6):
        shop.fail(job)
    sync.run(shop.cluster.store.count(Minute(at=datetime.now(UTC), failed=6), queue="email_jobs", type="send_email"))
    shown = part(page(viewer), "attention")
    assert 'href="/failures?sort=recent">See failures</a>' in shown, "they are in no group yet"
    [group] = shop.files(6)
    shown = part(page(viewer), "attention")
    assert f'href="/failures/{group.id}">See the failure</a>' in shown
    assert "Most of them: Busy in send_email." in words(shown)


def test_tiles_count_each_state_and_lead_to_its_jobs(viewer: Client, shop: Shop) -> None:
    shop.many(3)
    shop.fail(shop.add())
    shop.add(options=JobOptions(delay=3600))
    tiles = part(page(viewer), "tiles")
    for state, count in (("queued", 3), ("failed", 1), ("scheduled", 1), ("succeeded", 0)):
        tile = re.search(rf'<a href="/jobs\?state={state}" id="tile-{state}">.*?class="fig">([^<]+)<', tiles, re.DOTALL)
        assert tile
        assert int(tile[1]) == count, state
    assert "next in" in words(tiles)


def test_tiles_follow_what_happens(viewer: Client, shop: Shop) -> None:
    html = page(viewer)
    shop.add()
    tile = re.search(r'id="tile-queued">.*?class="fig">([^<]+)<', part(html, "tiles"), re.DOTALL)
    assert tile
    assert tile[1] == "1"


def test_slots_are_those_of_workers_that_take_jobs(viewer: Client, shop: Shop) -> None:
    shop.works("w-1")
    shop.works("w-2", state="quiet")
    assert "of 5 slots" in words(part(page(viewer), "tiles"))


def test_charts_get_their_figures_as_data_and_without_scripts_as_lines(viewer: Client, shop: Shop) -> None:
    minute = Minute(at=datetime.now(UTC), succeeded=120, failed=6, wait=bucket(1.0, 126), run=bucket(0.1, 126))
    sync.run(shop.cluster.store.count(minute, queue="q", type="t"))
    html = page(viewer)
    drawn = series(html)
    assert set(drawn) == {"at", "succeeded", "retried", "failed", "wait", "run", "step"}
    assert len(drawn["at"]) in (60, 61)
    assert "126 ended" in html
    assert html.count('<svg class="plot"') == 3
    assert '<polyline class="succeeded"' in html


def test_the_figures_are_a_table_that_leads_to_the_jobs_behind_them(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.series.SETTLED", timedelta(0))  # else none, just after ten minutes have begun
    minute = Minute(at=datetime.now(UTC), succeeded=60, failed=6, wait=bucket(1.0, 66), run=bucket(0.1, 66))
    sync.run(shop.cluster.store.count(minute, queue="q", type="t"))
    slow = shop.succeed(shop.add())
    html = viewer.get("/figures?range=24h").content.decode()
    links = [unescape(link) for link in re.findall(r'<td class="num[^"]*"><a href="([^"]+)"', html)]
    assert len(links) == 8
    assert "q=waited%3A%3E%3D707ms" in links[2]
    jobs = viewer.get(links[0])
    assert slow in jobs.content.decode()
    assert viewer.get(links[2]).status_code == 200


def test_a_percentile_leads_to_the_jobs_that_took_longer(viewer: Client, shop: Shop) -> None:
    minute = Minute(at=datetime.now(UTC), succeeded=60, wait=bucket(1.0, 60), run=bucket(0.1, 60))
    sync.run(shop.cluster.store.count(minute, queue="q", type="t"))
    charts = part(page(viewer, "?range=7d"), "charts")
    assert 'href="/jobs?within=7d&amp;q=ran%3A%3E%3D70ms"' in charts


def test_without_figures_the_charts_are_empty_and_whole(viewer: Client, shop: Shop) -> None:
    assert html_of_plot(page(viewer)) == 3
    assert viewer.get("/figures?range=<b>").status_code == 200


def html_of_plot(html: str) -> int:
    return html.count('<svg class="plot"')


def test_the_figures_say_when_the_store_is_down(viewer: Client, store_down: None) -> None:
    assert "This cannot be shown now" in viewer.get("/figures").content.decode()


def test_a_queue_says_when_it_will_be_drained(viewer: Client, shop: Shop) -> None:
    shop.many(30, queue="q")
    sync.run(shop.cluster.store.count(Minute(at=datetime.now(UTC), succeeded=3000), queue="q", type="t"))
    assert "Drains in" in words(part(page(viewer), "queues"))
    row = words(part(page(viewer), "queues")).split("q oldest")[-1]
    assert re.search(r"\d+(\.\d)? (ms|s|m)", row)


def test_percentiles_are_of_the_whole_range(viewer: Client, shop: Shop) -> None:
    minute = Minute(at=datetime.now(UTC), succeeded=100, wait=bucket(1.0, 100), run=bucket(0.1, 100))
    sync.run(shop.cluster.store.count(minute, queue="q", type="t"))
    assert "p50 707 ms" in words(part(page(viewer), "charts"))


@pytest.mark.parametrize(
    ("query", "points"),
    [("?range=15m", (15, 16)), ("", (60, 61)), ("?range=24h", (144, 145)), ("?range=7d", (168, 169))],
)
def test_the_range_is_in_the_url(viewer: Client, shop: Shop, query: str, points: tuple[int, int]) -> None:
    assert len(series(page(viewer, query))["at"]) in points


def test_a_range_that_does_not_exist_is_an_hour(viewer: Client, shop: Shop) -> None:
    assert re.search(r'href="\?range=1h" aria-current="true"', page(viewer, "?range=<b>"))


def test_queues_are_listed_the_busiest_first(viewer: Client, shop: Shop) -> None:
    shop.many(2, queue="small")
    shop.many(5, queue="big")
    assert re.findall(r'<tr id="queue-(\w+)"', part(page(viewer), "queues")) == ["big", "small"]


def test_types_that_fail_are_counted_the_worst_first(viewer: Client, shop: Shop) -> None:
    for kind in ("send_email", "resize", "resize"):
        shop.fail(shop.add(kind), BUSY)
    failing = words(part(page(viewer), "failing"))
    assert failing.index("resize 2") < failing.index("send_email 1")


def test_hostile_names_are_text(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add("<img/src=x>"))
    html = page(viewer)
    assert "<img/src" not in html
    assert "&lt;img/src=x&gt;" in html


def test_no_inline_script_runs_but_data(viewer: Client, shop: Shop) -> None:
    html = page(viewer)
    assert re.findall(r"<script(?![^>]* src=)(?![^>]*application/json)[^>]*>", html) == []
    assert " style=" not in html


def test_when_the_store_is_down_every_part_says_so_and_the_frame_stands(viewer: Client, store_down: None) -> None:
    begun = time.monotonic()
    html = page(viewer)
    assert time.monotonic() - begun < 5.0
    assert "Redis does not answer." in html
    assert html.count("This cannot be shown now") >= 3
    assert "last contact" not in html


def test_an_outsider_sees_no_overview(outsider: Client, shop: Shop) -> None:
    assert outsider.get("/").status_code == 403


def test_a_worker_that_went_silent_is_told(viewer: Client, shop: Shop) -> None:
    lost = worker_status("w-lost", beat_at=datetime.now(UTC) - timedelta(minutes=1))
    sync.run(shop.cluster.store.beat(lost, ttl=0.001))
    assert "w-lost went silent." in words(part(page(viewer), "attention"))


def test_while_the_broker_is_down_all_else_is_shown_and_its_figures_are_unknown(
    viewer: Client, shop_without_broker: Shop
) -> None:
    shop_without_broker.many(3)
    begun = time.monotonic()
    html = page(viewer)
    assert time.monotonic() - begun < 2.0
    assert "Outbox holds 3 jobs that RabbitMQ has not confirmed." in words(part(html, "attention"))
    assert "email_jobs" in part(html, "queues")
    assert "unknown" in part(html, "queues")
    assert "RabbitMQ down" in words(part(html, "servers"))
