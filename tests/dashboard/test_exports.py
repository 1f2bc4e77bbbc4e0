"""Lists as files: whole, in either form, of bounded memory, masked as the page is, and booked."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from dashboard import export
from dashboard.models import AuditEntry, Operation
from dashboard.views import job_exports, operation_exports
from queueing.domain.job import ErrorInfo
from tests.dashboard.shop import Shop


def read(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.headers.get("Location")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[arg-type]
    if "form=jsonl" in path:
        assert answer.headers["Content-Type"].startswith("application/x-ndjson")
        return [msgspec.json.decode(line) for line in text.splitlines()]
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(text)))


def test_all_jobs_that_match_are_in_the_file_however_many_pages_they_take(viewer: Client, shop: Shop) -> None:
    ids = shop.many(7)
    shop.add("charge_card", queue="billing")
    with patch.object(job_exports, "READ", 3):
        rows = read(viewer, "/job-exports?queue=email_jobs")
    assert [row["id"] for row in rows] == sorted(ids, reverse=True)
    assert {(row["queue"], row["type"], row["state"]) for row in rows} == {("email_jobs", "send_email", "queued")}


def test_json_lines_keep_numbers_times_and_lists(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    [row] = read(viewer, "/job-exports?form=jsonl&state=failed")
    assert (row["id"], row["attempts"], row["tags"]) == (job, 1, [])
    assert row["finished_at"] == shop.job(job).finished_at.isoformat().replace("+00:00", "Z")  # type: ignore[union-attr]


def test_a_list_without_a_row_has_its_head(viewer: Client, shop: Shop) -> None:
    text = b"".join(viewer.get("/job-exports?form=csv").streaming_content).decode()  # type: ignore[arg-type]
    assert text.strip() == ",".join(job_exports.COLUMNS)
    assert read(viewer, "/job-exports?form=jsonl") == []


def test_what_a_spreadsheet_would_compute_is_text(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add(), ErrorInfo(kind="shop.Odd", message="=HYPERLINK(1)", fingerprint="f"))
    [row] = read(viewer, "/job-exports?form=csv")
    assert row["message"] == "'=HYPERLINK(1)"
    assert [export.safe(f"{sign}1") for sign in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"] == [
        f"'{sign}1" for sign in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    ]
    assert "".join(export.csv_lines(["n", "t"], [{"n": -5, "t": "-5"}])).splitlines()[1] == "-5,'-5"


def test_what_looks_secret_is_masked_as_a_file_goes_further_than_a_page(admin: Client, shop: Shop) -> None:
    shop.fail(shop.add(), ErrorInfo(kind="shop.Odd", message="login failed: password=hunter2", fingerprint="f"))
    shop.files()
    for path in ("/job-exports?form=jsonl", "/failure-exports?form=jsonl"):
        [row] = read(admin, path)
        assert row["message"] == "login failed: password=masked"


def test_failure_groups_are_those_of_the_list(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    shop.files()
    [row] = read(viewer, "/failure-exports?type=send_email")
    assert (row["error"], row["open"], row["sample"], row["stands"]) == ("shop.Busy", "1", job, "open")
    assert row["queues"] == '["email_jobs"]'
    assert read(viewer, "/failure-exports?show=muted") == []


def test_operations_are_read_by_key_and_drafts_are_nobodys(viewer: Client) -> None:
    for number in range(5):
        Operation.objects.create(act="retry", described="=all", reason=f"r{number}", who="otto", state="done")
    Operation.objects.create(act="retry", described="draft", reason="", who="otto", state="draft")
    with patch.object(operation_exports, "READ", 2):
        rows = read(viewer, "/operation-exports?form=csv")
    assert [row["reason"] for row in rows] == ["r4", "r3", "r2", "r1", "r0"]
    assert rows[0]["set"] == "'=all"


@pytest.mark.parametrize("path", ["/job-exports?state=failed", "/failure-exports?", "/operation-exports?"])
def test_each_export_is_booked(viewer: Client, shop: Shop, path: str) -> None:
    read(viewer, f"{path}&form=jsonl")
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.verb, entry.detail) == ("vera", "export", "JSON lines")
    assert entry.target == {"/j": "jobs: state:failed", "/f": "failures: open", "/o": "operations"}[path[:2]]


@pytest.mark.parametrize("path", ["/job-exports?form=xlsx", "/job-exports?q=nonsense:1"])
def test_what_was_not_understood_exports_nothing_and_says_so(viewer: Client, shop: Shop, path: str) -> None:
    answer = viewer.get(path, follow=True)
    assert "Nothing was exported." in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_where_the_store_is_away_the_page_says_so_and_no_file_is_saved(viewer: Client, store_down: None) -> None:
    for path in ("/job-exports?form=csv", "/failure-exports?form=jsonl"):
        answer = viewer.get(path, follow=True)
        assert "Nothing was exported." in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_a_store_that_goes_away_on_the_way_breaks_the_file_off(viewer: Client, shop: Shop) -> None:
    """Half a list that ends well would be taken for a whole one."""
    shop.many(4)
    page, calls = job_exports._page, []

    async def once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) > 1:
            raise ConnectionResetError("gone")
        return await page(*given)

    with (
        patch.object(job_exports, "READ", 2),
        patch.object(job_exports, "_page", once),
        patch.object(export, "ROWS", 2),
    ):
        answer = viewer.get("/job-exports?form=jsonl")
        with pytest.raises(ConnectionResetError):
            b"".join(answer.streaming_content)  # type: ignore[arg-type]


def test_the_first_rows_are_written_before_the_last_are_read() -> None:
    read_so_far = 0

    def endless() -> Iterator[dict[str, int]]:
        nonlocal read_so_far
        while True:
            read_so_far += 1
            yield {"n": read_so_far}

    parts = export.csv_lines(["n"], endless())
    for part in islice(parts, 2):
        assert part
    assert read_so_far == 2 * export.ROWS


@pytest.mark.parametrize("write", [lambda rows: export.csv_lines(["n", "text"], rows), export.json_lines])
def test_a_long_list_takes_no_more_memory_than_a_short_one(write: Any) -> None:
    def peak(count: int) -> int:
        rows = ({"n": n, "text": "x" * 100} for n in range(count))
        tracemalloc.start()
        for _ in write(rows):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < 1.5 * peak(2_000)


def test_an_asgi_server_gets_it_piece_by_piece(viewer: Client, shop: Shop) -> None:
    shop.many(5)
    client = AsyncClient()
    client.cookies = viewer.cookies

    async def pieces() -> list[bytes]:
        answer = await client.get("/job-exports?form=jsonl")
        return [piece async for piece in answer]  # type: ignore[attr-defined]

    with patch.object(export, "ROWS", 2):
        assert [piece.count(b"\n") for piece in async_to_sync(pieces)()] == [2, 2, 1]


def test_pages_offer_both_forms_of_what_they_show(viewer: Client, shop: Shop) -> None:
    shop.add()
    for path, link in {
        "/jobs?state=queued": "/job-exports?state=queued&amp;form=csv",
        "/failures": "/failure-exports?form=jsonl",
        "/operations": "/operation-exports?form=csv",
    }.items():
        assert f'href="{link}"' in viewer.get(path).content.decode()
