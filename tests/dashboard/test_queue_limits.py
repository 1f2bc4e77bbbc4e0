"""Limits of queues and types, set from the console."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.limits import Limit, Scope
from tests.dashboard.shop import Shop
from tests.dashboard.test_dead_letters import page, words

pytestmark = pytest.mark.django_db
AT = "/queues/email_jobs/limits"
QUEUE, TYPE = Scope("queue", "email_jobs"), Scope("type", "send_email")


@pytest.fixture(autouse=True)
def one_job(shop: Shop) -> None:
    shop.add()


def limits(shop: Shop) -> dict[Scope, Limit]:
    return sync.run(shop.cluster.inspector.limits())


def declare(shop: Shop, limit: Limit) -> None:
    """As a worker does when it starts."""
    sync.run(shop.cluster.store.declare_limits({QUEUE: limit, TYPE: limit}))


def test_the_page_tells_each_limit_and_who_fixed_it(viewer: Client, shop: Shop) -> None:
    declare(shop, Limit(concurrent=2, rate=100, per=60))
    sync.run(shop.cluster.operations.fix_limit(TYPE, Limit(concurrent=1), by="console:mira"))
    said = words(page(viewer, "/queues/email_jobs"))
    assert "The queue 2 at a time, 100 per 60 s" in said
    assert "send_email 1 at a time fixed by mira" in said


def test_an_admin_limits_a_queue_and_no_worker_overrules_it(admin: Client, shop: Shop) -> None:
    form = {"concurrent": "3", "rate": "1,000", "per": "1 min", "burst": "10"}
    answer = admin.post(AT, form, follow=True)
    assert "email_jobs: 3 at a time, 1,000 per 60 s." in answer.content.decode()
    declare(shop, Limit(concurrent=50))
    assert limits(shop)[QUEUE] == Limit(concurrent=3, rate=1000, per=60, burst=10)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.who) == ("set limit", "queue email_jobs", "ada")
    assert entry.detail == "3 at a time, 1,000 per 60 s"


def test_a_type_is_limited_on_all_queues(admin: Client, shop: Shop) -> None:
    assert "on all queues" in page(admin, "/queues/email_jobs/limit?type=send_email")
    admin.post(AT, {"type": "send_email", "concurrent": "1"})
    assert limits(shop) == {TYPE: Limit(concurrent=1)}


def test_a_limit_is_lifted_and_given_back_to_the_code(admin: Client, shop: Shop) -> None:
    declare(shop, Limit(concurrent=2))
    assert "As the code says" not in page(admin, "/queues/email_jobs/limit")
    admin.post(AT, {"act": "lift"})
    declare(shop, Limit(concurrent=2))
    assert QUEUE not in limits(shop)
    assert "As the code says" in page(admin, "/queues/email_jobs/limit")
    admin.post(AT, {"act": "free"})
    declare(shop, Limit(concurrent=2))
    assert limits(shop)[QUEUE] == Limit(concurrent=2)
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["lift limit", "free limit"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "needs concurrent, or rate and per"),
        ({"concurrent": "0"}, "from 1 to 1,000,000"),
        ({"concurrent": "many"}, "takes a whole number"),
        ({"rate": "5"}, "rate and per go together"),
        ({"rate": "5", "per": "soon"}, "soon"),
    ],
)
def test_what_is_no_limit_is_asked_for_again(admin: Client, shop: Shop, form: dict[str, str], said: str) -> None:
    answer = admin.post(AT, form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert limits(shop) == {}
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("query", ["?type=unheard_of", "?type=<b>"])
def test_a_type_that_nobody_knows_is_not_found(admin: Client, shop: Shop, query: str) -> None:
    page(admin, f"/queues/email_jobs/limit{query}", status=404)
    page(admin, "/queues/nowhere/limit", status=404)


@pytest.mark.parametrize("who", ["viewer", "operator", "outsider"])
def test_only_who_may_manage_sets_limits(request: pytest.FixtureRequest, shop: Shop, who: str) -> None:
    client = request.getfixturevalue(who)
    assert client.post(AT, {"concurrent": "1"}).status_code == 403
    assert limits(shop) == {}
    if who != "outsider":
        assert "Limit…" not in page(client, "/queues/email_jobs")
