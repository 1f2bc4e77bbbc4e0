from __future__ import annotations

import re
from html import unescape

from django.test import Client

from tests.dashboard.shop import Shop

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def found(client: Client, words: str) -> str:
    return client.get("/search", {"q": words}, headers=PARTIAL).content.decode()


def test_pages_are_found_by_name(viewer: Client, shop: Shop) -> None:
    assert 'href="/workers"' in found(viewer, "work")
    assert 'href="/jobs"' not in found(viewer, "work")


def test_a_queue_and_a_type_are_found_with_what_waits(viewer: Client, shop: Shop) -> None:
    shop.add("send_email", queue="email_jobs")
    page = found(viewer, "EMAIL")
    assert 'href="/queues/email_jobs"' in page
    assert "1 wait" in page
    assert 'href="/jobs?type=send_email"' in page
    assert "<mark>email</mark>_jobs" in page


def test_a_job_is_opened_by_its_id(viewer: Client, shop: Shop) -> None:
    job_id = shop.add("send_email", queue="email_jobs")
    assert f'href="/jobs/{job_id}"' in found(viewer, f" {job_id} ")


def test_nobody_is_offered_what_they_may_not_do(viewer: Client, operator: Client, admin: Client, shop: Shop) -> None:
    shop.add("send_email", queue="email_jobs")
    assert "Pause" not in found(viewer, "email")
    assert "Pause" not in found(operator, "email")
    assert 'formaction="/queues/email_jobs/pauses"' in found(admin, "email")


def test_the_dead_letters_of_a_queue_are_offered_to_be_replayed_and_the_link_asks(
    viewer: Client, operator: Client, shop: Shop
) -> None:
    shop.fail(shop.add("send_email", queue="email_jobs"))
    assert "Replay" not in found(viewer, "email")
    link = re.search(r'href="([^"]+)"[^>]*>(?:(?!</a>).)*?Replay 1 dead letters', found(operator, "email"), re.DOTALL)
    assert link
    assert "Replay 1 dead letter?" in operator.get(unescape(link[1])).content.decode()


def test_nothing_found_says_what_was_looked_for(viewer: Client, shop: Shop) -> None:
    assert "Nothing is called “&lt;script&gt;”" in found(viewer, "<script>")


def test_without_scripts_the_search_is_a_page(viewer: Client, shop: Shop) -> None:
    page = viewer.get("/search", {"q": "work"}).content.decode()
    assert '<form class="toolbar" role="search">' in page
    assert 'role="option"' not in page


def test_a_store_that_is_down_is_said(viewer: Client, store_down: None) -> None:
    assert viewer.get("/search", {"q": "email"}).status_code == 200


def test_the_keys_are_those_of_pages_one_may_open(viewer: Client, operator: Client, shop: Shop) -> None:
    assert "<dt>Enqueue</dt>" not in viewer.get("/keys").content.decode()
    assert "<dt>Enqueue</dt>" in operator.get("/keys").content.decode()


def test_single_keys_can_be_turned_off(viewer: Client, shop: Shop) -> None:
    viewer.post("/preferences", {"keys": "off"})
    page = viewer.get("/keys").content.decode()
    assert 'data-keys="off"' in page
    assert "Turn single keys on" in page
