"""What lies in a dead-letter queue of the broker, looked at and settled message by message."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.ports import Destination, Outgoing
from queueing.domain.states import JobState
from tests.dashboard.shop import Shop
from tests.dashboard.test_dead_letters import page, words

pytestmark = pytest.mark.django_db
AT = "/dead-letters/email_jobs/broker"


@pytest.fixture(autouse=True)
def known_queue(shop: Shop) -> None:
    sync.run(shop.cluster.store.register_queue("email_jobs"))


def put(shop: Shop, body: bytes, **headers: object) -> str:
    """Left in the dead-letter queue by somebody else; its message id."""
    message = Outgoing(
        queue="email_jobs", type="", body=body, headers=headers, message_id=str(uuid.uuid4()),
        destination=Destination.DEAD, raw=True,
    )  # fmt: skip
    assert sync.run(shop.cluster.broker.publish([message])) == [None]
    return message.message_id


def letter(shop: Shop) -> str:
    """A failed job with its message."""
    job = shop.fail(shop.add())
    ref = shop._ref(job)
    assert sync.run(shop.cluster.dispatch.resend([ref])) == [None]
    return job


def keys(html: str) -> list[str]:
    return re.findall(r'<tr id="message-(\w+)"', html)


def dead(shop: Shop) -> int | None:
    return sync.run(shop.cluster.broker.depth("email_jobs")).dead


def test_messages_are_shown_as_they_lie_with_what_they_are_to_the_records(viewer: Client, shop: Shop) -> None:
    job, foreign = letter(shop), put(shop, b'{"type":"send_email","payload":{"to":"mira"}}')
    put(shop, b"\x1f\x8b")
    said = words(page(viewer, AT))
    assert said.index(job[-8:]) < said.index(foreign[-8:])
    for text in ("letter", "unknown", "not a job", "the letter of a failed job", "Looked at 3"):
        assert text in said, text
    assert dead(shop) == 3, "looking takes nothing away"


def test_an_open_one_shows_its_headers_deaths_and_body_inertly(viewer: Client, shop: Shop) -> None:
    evil = "<script>x()</script>"
    body = b'{"type":"send_email","payload":{"to":"%s","api_key":"k-123"}}' % evil.encode()
    put(shop, body, trace=evil, authorization="Bearer abc")
    [key] = keys(page(viewer, AT))
    html = page(viewer, f"{AT}?at={key}")
    assert "trace" in words(html)
    for hidden in ("<script>x", "k-123", "Bearer abc"):
        assert hidden not in html, hidden


def test_one_that_is_no_job_is_shown_as_text_and_hex(viewer: Client, shop: Shop) -> None:
    put(shop, b"\x1f\x8b<b>")
    [key] = keys(page(viewer, AT))
    html = page(viewer, f"{AT}?at={key}")
    assert "00000000  1f 8b 3c 62 3e" in html
    assert "\\u001f\\x8b&lt;b&gt;" in html


@pytest.mark.parametrize("q", ["mira", "TRACE-7", "resize"])
def test_they_are_searched_by_body_header_and_type(viewer: Client, shop: Shop, q: str) -> None:
    put(shop, b'{"type":"resize_image","payload":{"to":"mira"}}', trace="trace-7")
    put(shop, b'{"type":"send_email","payload":{"to":"otto"}}')
    assert len(keys(page(viewer, f"{AT}?q={q}"))) == 1
    assert "No message like nobody among the 2 oldest" in words(page(viewer, f"{AT}?q=nobody"))


def test_what_is_masked_is_not_found(viewer: Client, shop: Shop) -> None:
    put(shop, b'{"type":"send_email","payload":{"api_key":"k-123"}}', authorization="k-123")
    assert keys(page(viewer, f"{AT}?q=k-123")) == []


def test_a_foreign_message_is_sent_to_its_queue_and_it_is_in_the_book(operator: Client, shop: Shop) -> None:
    put(shop, b'{"type":"send_email"}')
    [key] = keys(page(operator, AT))
    answer = operator.post(f"{AT}/replays", {"message": key}, follow=True)
    assert "Replayed 1 message." in answer.content.decode()
    depth = sync.run(shop.cluster.broker.depth("email_jobs"))
    assert (depth.ready, depth.dead) == (1, 0)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.who) == ("replay", "1 message of email_jobs.dead", "otto")


def test_a_failed_jobs_letter_is_replayed_by_its_record_unless_it_keeps_coming_back(
    operator: Client, shop: Shop
) -> None:
    job = letter(shop)
    for _ in range(2):
        sync.run(shop.cluster.operations.retry([job], by="otto"))
        shop.fail(job)
    sync.run(shop.cluster.dispatch.resend([shop._ref(job)]))
    *_, key = keys(page(operator, AT))
    answer = operator.post(f"{AT}/replays", {"message": key}, follow=True).content.decode()
    assert "It came back in the same way" in answer
    assert AuditEntry.objects.get().result == "refused"
    operator.post(f"{AT}/replays", {"message": key, "although": "on"})
    assert shop.job(job).state is JobState.QUEUED


def test_messages_are_discarded_after_a_question(operator: Client, shop: Shop) -> None:
    job = letter(shop)
    put(shop, b"nothing")
    chosen = keys(page(operator, AT))
    asked = operator.post(f"{AT}/discards", {"message": chosen}).content.decode()
    assert "Discard 2 messages?" in asked
    assert dead(shop) == 2
    operator.post(f"{AT}/discards", {"message": chosen, "sure": "1"})
    assert dead(shop) == 0
    assert not shop.exists(job)
    assert AuditEntry.objects.get().count == 2


def test_one_that_has_gone_meanwhile_is_told(operator: Client, shop: Shop) -> None:
    answer = operator.post(f"{AT}/replays", {"message": "0" * 24}, follow=True).content.decode()
    assert "It is not there any more" in answer
    assert "No message was chosen" in operator.post(f"{AT}/replays", follow=True).content.decode()


def test_a_viewer_may_look_and_not_act(viewer: Client, operator: Client, shop: Shop) -> None:
    put(shop, b'{"type":"send_email"}')
    html = page(viewer, AT)
    [key] = keys(html)
    assert "/broker/replays" not in html
    assert "/broker/replays" in page(operator, AT)
    for act in ("replays", "discards"):
        assert viewer.post(f"{AT}/{act}", {"message": key, "sure": "1"}).status_code == 403
    assert dead(shop) == 1


def test_an_empty_queue_says_so_and_an_unknown_one_is_not_found(viewer: Client, shop: Shop) -> None:
    assert "Nothing rests in email_jobs.dead" in words(page(viewer, AT))
    page(viewer, "/dead-letters/nowhere/broker", status=404)


def test_while_the_broker_is_away_the_page_says_so(operator: Client, shop_without_broker: Shop) -> None:
    sync.run(shop_without_broker.cluster.store.register_queue("email_jobs"))
    assert "This cannot be shown now" in page(operator, AT)
    answer = operator.post(f"{AT}/replays", {"message": "0" * 24}, follow=True).content.decode()
    assert "Replay did not go through." in answer
    assert AuditEntry.objects.get().result == "failed"
