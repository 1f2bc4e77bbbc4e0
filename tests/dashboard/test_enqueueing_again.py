"""A job is edited and enqueued anew: what changes is shown before, where it comes from is known after."""

from __future__ import annotations

import re
from html import unescape

import msgspec
import pytest
from django.test import Client

from dashboard.models import AuditEntry
from queueing.domain.backoff import Backoff
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState
from tests.dashboard.shop import Shop
from tests.dashboard.test_dead_letters import raw, words
from tests.dashboard.test_enqueue import GOOD, OPTIONS, jobs, page, post, types, value

__all__ = ["types"]
pytestmark = pytest.mark.django_db
MAIL = {"to": "mira@example.org", "subject": "hi", "copies": 2, "html": False, "cc": [], "digest": None}


def changes(html: str) -> list[str]:
    """The lines of the payload's comparison that were added or removed."""
    found = re.findall(r'<span class="(?:add|del)">(.*?)</span>\n?(?=<span|</pre>)', html, re.DOTALL)
    return [unescape(re.sub(r'<span class="vh">.*?</span>', "", line)).strip() for line in found]


def card(html: str) -> str:
    found = re.search(r'id="differences">(.*?)</section>', html, re.DOTALL)
    return found[1] if found else ""


def newest(shop: Shop, *known: str) -> str:
    [new] = set(jobs(shop)) - set(known)
    return new


def test_an_unchanged_copy_says_that_nothing_changes(operator: Client, types: Shop) -> None:
    old = types.add("send_email", MAIL, JobOptions(max_attempts=5, timeout=90))
    assert "Nothing: it asks for the same again." in card(page(operator, f"?from={old}"))


def test_a_default_that_was_not_sent_is_no_change(operator: Client, types: Shop) -> None:
    old = types.add("send_email", {"to": "mira@example.org"}, JobOptions(max_attempts=5, timeout=90))
    assert "Nothing: it asks for the same again." in card(page(operator, f"?from={old}"))


def test_what_was_edited_is_shown_line_by_line_and_option_by_option(operator: Client, types: Shop) -> None:
    old = types.add("send_email", MAIL, JobOptions(max_attempts=5))
    edited = GOOD | OPTIONS | {"origin": old, "p.to": "otto@example.org", "timeout": "30", "change": "compare"}
    html = card(post(operator, edited, status=200, path="/enqueue/draft"))
    assert changes(html) == ['-   "to": "mira@example.org"', '+   "to": "otto@example.org"']
    assert "timeout none → 30 s" in words(html)
    assert len(jobs(types)) == 1, "a comparison is no job"


def test_a_script_gets_the_comparison_with_what_it_previews(operator: Client, types: Shop) -> None:
    old = types.add("send_email", MAIL)
    headers = {"HX-Request": "true", "HX-Target": "div#aside"}
    html = post(operator, GOOD | OPTIONS | {"origin": old}, status=200, path="/enqueue/draft", **headers)
    assert "What changes" in html
    assert "<form" not in html


def test_what_the_form_does_not_ask_for_is_that_of_the_job_it_is_made_from(operator: Client, types: Shop) -> None:
    options = JobOptions(backoff=Backoff.fixed(7), retention=60, meta={"tenant": 4})
    old = types.add("send_email", MAIL, options)
    post(operator, GOOD | OPTIONS | {"origin": old})
    made = types.job(newest(types, old)).options
    assert (made.backoff, made.retention, made.meta) == (options.backoff, 60, {"tenant": 4})


def test_secrets_stay_masked_in_a_comparison_though_a_change_is_told(operator: Client, types: Shop) -> None:
    old = types.add("anything", {"password": "hunter2", "to": "mira"})
    edited = {"type": "anything", "as": "json", "json": '{"password":"hunter3","to":"mira"}', "origin": old}
    html = card(post(operator, edited | OPTIONS, status=200, path="/enqueue/draft"))
    assert "hunter" not in html
    assert changes(html) == ['-   "password": "masked",', '+   "password": "masked, and changed",']


def test_hostile_payloads_are_compared_inertly(admin: Client, types: Shop) -> None:
    old = types.add("anything", {"<script>": "</pre><script>x()</script>\u202e\x1b[2J"})
    edited = {"type": "anything", "as": "json", "json": "{}", "origin": old}
    html = card(post(admin, edited | OPTIONS, status=200, path="/enqueue/draft"))
    assert changes(html)
    for evil in ("<script>", "\u202e", "\x1b"):
        assert evil not in html


def test_a_comparison_of_long_payloads_is_bounded_and_says_so(operator: Client, types: Shop) -> None:
    old = types.add("anything", {"rows": list(range(3_000))})
    edited = {"type": "anything", "as": "json", "json": '{"rows":[1]}', "origin": old}
    html = card(post(operator, edited | OPTIONS, status=200, path="/enqueue/draft"))
    assert "the first 1,000 lines are compared" in html


def test_the_audit_log_and_the_job_say_what_it_was_made_from(operator: Client, types: Shop) -> None:
    old = types.add("send_email", MAIL)
    post(operator, GOOD | OPTIONS | {"origin": old})
    new = newest(types, old)
    assert AuditEntry.objects.get().detail == f"{new} from {old}"
    assert f'href="/jobs/{old}"' in operator.get(f"/jobs/{new}").content.decode()


def test_the_dead_letter_is_discarded_once_the_new_job_is_in(operator: Client, types: Shop) -> None:
    old = types.fail(types.add("send_email", MAIL))
    assert re.search(r'name="discard_origin" checked', page(operator, f"?from={old}"))
    post(operator, GOOD | OPTIONS | {"origin": old, "discard_origin": "on"})
    assert not types.exists(old)
    assert types.job(newest(types)).spec.origin == old
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["enqueue", "discard"]


def test_the_dead_letter_stays_where_nobody_asked_or_the_new_job_is_not_in(operator: Client, types: Shop) -> None:
    old = types.fail(types.add("send_email", MAIL))
    post(operator, GOOD | OPTIONS | {"origin": old, "discard_origin": "on", "p.to": "no address"}, status=422)
    assert types.exists(old)
    post(operator, GOOD | OPTIONS | {"origin": old})
    assert types.exists(old)


def test_a_job_that_waits_is_not_discarded_by_a_forged_form(operator: Client, types: Shop) -> None:
    old = types.add("send_email", MAIL)
    assert "discard_origin" not in page(operator, f"?from={old}")
    post(operator, GOOD | OPTIONS | {"origin": old, "discard_origin": "on"})
    assert types.job(old).state is JobState.QUEUED


def test_a_type_that_is_not_registered_here_is_edited_as_json(operator: Client, types: Shop) -> None:
    old = types.fail(types.add("unheard_of", {"order": 1}))
    html = page(operator, f"?from={old}")
    assert "unheard_of · not registered here" in html
    assert "--any-type" in html
    edited = {"type": "unheard_of", "as": "json", "json": '{"order": 2}', "origin": old}
    post(operator, edited | OPTIONS)
    new = types.job(newest(types, old))
    assert (new.type, msgspec.json.decode(new.payload)) == ("unheard_of", {"order": 2})
    post(operator, edited | OPTIONS | {"origin": ""}, status=404)


def test_bytes_that_name_a_type_are_mended_in_its_form(operator: Client, types: Shop) -> None:
    broken = raw(types, b'{"type":"send_email","payload":{"to":"mira@example.org"},"options":{"max_attempts":"x"}}')
    html = page(operator, f"?from={broken}")
    assert value(html, "p.to") == "mira@example.org"
    post(operator, GOOD | OPTIONS | {"origin": broken})
    new = next(job for job in map(types.job, jobs(types)) if job.spec.origin == broken)
    assert (new.type, new.spec.encoding) == ("send_email", "json")


def test_bytes_that_name_none_are_put_into_the_form_of_the_type_that_is_chosen(operator: Client, types: Shop) -> None:
    broken = raw(types, b"\x1f\x8b<b>")
    choice = page(operator, f"?from={broken}")
    assert "These bytes name no type" in choice
    assert f"?from={broken}&amp;type=anything" in choice
    html = page(operator, f"?from={broken}&type=anything")
    assert "&lt;b&gt;" in html
    assert "<b>\n" not in html


def test_secrets_in_bytes_are_not_laid_open_by_mending(operator: Client, types: Shop) -> None:
    broken = raw(types, b'{"type":"send_email","password":"hunter2"')
    assert "hunter2" not in page(operator, f"?from={broken}", status=403)
