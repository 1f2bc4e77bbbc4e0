from __future__ import annotations

import pytest
from django.test import Client

from dashboard.models import AuditEntry, SavedView
from dashboard.views.saved_views import MOST
from tests.dashboard.shop import Shop
from tests.dashboard.test_jobs import page

pytestmark = pytest.mark.django_db


def save(client: Client, name: str, query: str = "state=failed&q=args.n%3A1") -> str:
    return client.post("/saved-views", {"name": name, "query": query}).headers.get("Location", "")


def test_a_view_is_saved_under_a_name_and_leads_to_its_list(viewer: Client, shop: Shop) -> None:
    assert save(viewer, "  Broken   ones ") == "/jobs?state=failed&q=args.n%3A1"
    html = page(viewer)
    assert '<a class="clip" href="/jobs?state=failed&amp;q=args.n%3A1">Broken ones</a>' in html
    assert 'aria-current="true">Broken ones</a>' in page(viewer, "?state=failed&q=args.n%3A1")


def test_the_same_name_again_replaces_it(viewer: Client, shop: Shop) -> None:
    save(viewer, "mine")
    save(viewer, "mine", "state=queued")
    assert [view.query for view in SavedView.objects.all()] == ["state=queued"]


def test_views_are_their_owners_alone(viewer: Client, operator: Client, shop: Shop) -> None:
    save(viewer, "mine")
    assert "mine</a>" not in page(operator)
    assert not AuditEntry.objects.exists(), "it changes nothing for anybody else, as the choice of a theme"
    view = SavedView.objects.get()
    operator.post("/saved-view-removals", {"view": str(view.pk)})
    assert SavedView.objects.filter(pk=view.pk).exists()
    viewer.post("/saved-view-removals", {"view": str(view.pk)})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb"])
def test_a_name_that_is_none_saves_nothing(viewer: Client, shop: Shop, name: str) -> None:
    save(viewer, name)
    assert not SavedView.objects.exists()


def test_a_view_holds_only_what_a_list_can_show(viewer: Client, shop: Shop) -> None:
    save(viewer, "odd", "state=<b>&cursor=older~1~x&columns=worker,evil&next=//evil&q=older:2x")
    assert SavedView.objects.get().query == "columns=worker"


def test_nobody_saves_without_end(viewer: Client, shop: Shop) -> None:
    for n in range(MOST + 1):
        save(viewer, f"view {n}")
    assert SavedView.objects.count() == MOST
    save(viewer, "view 0", "state=queued")
    assert SavedView.objects.get(name="view 0").query == "state=queued"


@pytest.mark.parametrize("view", ["", "x", "9" * 30, "-1"])
def test_removing_what_is_not_there_says_so(viewer: Client, shop: Shop, view: str) -> None:
    answer = viewer.post("/saved-view-removals", {"view": view}, headers={"HX-Request": "true"})
    assert "There is no such view." in answer.headers["HX-Trigger"]


def test_an_outsider_saves_nothing(outsider: Client) -> None:
    assert outsider.post("/saved-views", {"name": "x"}).status_code == 403
    assert not SavedView.objects.exists()
