"""A console with READ_ONLY: every URL is walked over, as the strongest account there is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.access import CHANGING, PERMISSIONS, Viewer
from dashboard.live.registry import VIEWS, Watched
from dashboard.models import AuditEntry, SavedView
from tests.dashboard.conftest import logged_in
from tests.dashboard.shop import Shop
from tests.dashboard.test_access import GUARDED, ROUTES

pytestmark = pytest.mark.usefixtures("read_only")
CHANGES = sorted(name for name in GUARDED if ROUTES[name][1].requires in CHANGING)
PAGES = (
    *("/", "/jobs", "/failures", "/dead-letters/email_jobs", "/queues", "/queues/email_jobs"),
    *("/workers", "/schedules", "/operations"),
)
HARMLESS = {"saved_views", "saved_view_removals", "preferences", "job_reveals", "audit_checks"}
"""They act, and change only what is one's own, or nothing."""


@pytest.fixture
def read_only(settings: Any) -> None:
    settings.LEVERET = settings.LEVERET | {"READ_ONLY": True}


@pytest.fixture
def root(db: None) -> Client:
    return logged_in(User.objects.create_superuser("root", password="correct horse"))


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_anything_is_refused_to_a_superuser(root: Client, shop: Shop, name: str) -> None:
    answer = root.post(ROUTES[name][0])
    assert answer.status_code == 403
    assert "This console is read-only" in answer.content.decode()


def test_whatever_acts_and_stays_is_known_to_be_harmless() -> None:
    """A new URL that acts under a permission which only looks must be thought about here."""
    acting = {name for name in GUARDED if getattr(ROUTES[name][1], "acts", False)}
    assert acting - set(CHANGES) == HARMLESS


def test_a_socket_shows_what_looks_and_nothing_more(db: None) -> None:
    """It takes no commands; a view whose permission changes something (a stack dump asks the worker) is refused."""
    viewer = Viewer.of(User.objects.create_superuser("root"))
    refused = {name for name, view in VIEWS.items() if not Watched.of(name, {}, viewer).allowed}
    assert refused == {name for name, view in VIEWS.items() if view.needs in CHANGING}


def test_an_attempt_is_booked(root: Client, shop: Shop) -> None:
    root.post("/queues/email_jobs/pauses")
    entry = AuditEntry.objects.get(verb="pause")
    assert (entry.result, entry.detail) == ("refused", "the console is read-only")


def test_nothing_was_changed(root: Client, shop: Shop) -> None:
    job = shop.add()
    root.post("/job-cancellations", {"job": job})
    assert shop.job(job).state == "queued"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_there_with_a_badge_and_without_buttons_that_change(root: Client, shop: Shop, path: str) -> None:
    shop.fail(shop.add())
    html = root.get(path).content.decode()
    assert 'id="read-only"' in html
    assert [ROUTES[name][0] for name in CHANGES if f'="{ROUTES[name][0]}"' in html] == []


def test_a_job_can_be_looked_at_and_not_acted_upon(root: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    html = root.get(f"/jobs/{job}").content.decode()
    assert 'id="read-only"' in html
    assert "Retry" not in html
    assert f"/enqueue?from={job}" not in html


def test_ones_own_views_and_preferences_are_kept(root: Client, shop: Shop) -> None:
    assert root.post("/saved-views", {"name": "Mine", "query": "state=failed"}).status_code == 302
    assert SavedView.objects.get().name == "Mine"
    assert root.post("/preferences", {"theme": "dark"}).cookies["leveret_theme"].value == "dark"


def test_masked_values_can_be_revealed_and_that_is_booked(root: Client, shop: Shop) -> None:
    job = shop.add(payload={"to": "mira", "password": "hunter2"})
    assert "hunter2" in root.post("/job-reveals", {"job": job}).content.decode()
    assert AuditEntry.objects.filter(verb="reveal").exists()


def test_one_logs_in_and_out(client: Client, db: None) -> None:
    User.objects.create_superuser("root", password="correct horse")
    assert client.post("/login", {"username": "root", "password": "correct horse"}).status_code == 302
    assert client.post("/logout").status_code == 302


def test_schedules_can_only_be_looked_at_in_djangos_admin(root: Client) -> None:
    assert root.get("/admin/dashboard/schedulerecord/").status_code == 200
    assert root.get("/admin/dashboard/schedulerecord/add/").status_code == 403


def test_the_palette_offers_nothing_that_changes(root: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    html = root.get("/search?q=email_jobs").content.decode()
    assert "Pause" not in html
    assert "Enqueue" not in html


def test_a_viewer_of_a_superuser_lacks_what_changes(db: None) -> None:
    viewer = Viewer.of(User.objects.create_superuser("root"))
    assert viewer.permissions == PERMISSIONS.keys() - CHANGING
