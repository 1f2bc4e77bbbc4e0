from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from django.test import Client

from dashboard.models import AuditEntry
from queueing import JobContext, sync
from queueing.domain.options import JobOptions
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db


class Digest(msgspec.Struct):
    week: int
    day: Literal["mon", "fri"] = "mon"


@dataclass
class Mail:
    to: Annotated[str, msgspec.Meta(pattern="^[^@]+@[^@]+$")]
    subject: str = "hello"
    copies: int = 1
    html: bool = True
    cc: list[str] = field(default_factory=list)
    digest: Digest | None = None


async def send_email(mail: Mail, ctx: JobContext) -> str:
    """Hand a message to the mail server.

    A second paragraph.
    """
    return mail.to


def sweep(older_than_days: int = 30) -> None:
    """Delete what is old."""


def ping() -> None:
    """Say that it lives."""


def anything(payload: Any) -> None:
    """Take whatever comes."""


GOOD = {"type": "send_email", "p.to": "mira@example.org", "p.subject": "hi", "p.copies": "2", "p.cc": "0"}
OPTIONS = {"queue": "email_jobs", "run": "now", "count": "1", "max_attempts": "5"}


@pytest.fixture
def types(shop: Shop) -> Shop:
    registry = shop.cluster.registry
    registry.register("send_email", send_email, queue="email_jobs", options=JobOptions(max_attempts=5, timeout=90))
    registry.register("sweep", sweep)
    registry.register("ping", ping)
    registry.register("anything", anything)
    return shop


def page(client: Client, query: str = "", *, status: int = 200) -> str:
    answer = client.get(f"/enqueue{query}")
    assert answer.status_code == status
    return answer.content.decode()


def post(
    client: Client, data: dict[str, str], *, status: int = 302, path: str = "/enqueue/jobs", **headers: str
) -> str:
    answer = client.post(path, data, headers=headers)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode() if status != 302 else str(answer.headers["Location"])


def jobs(shop: Shop) -> list[str]:
    ids, _ = sync.run(shop.cluster.store.ids(JobFilter(), after=None, limit=20_000))
    return ids


def only(shop: Shop) -> Any:
    [job_id] = jobs(shop)
    return shop.job(job_id)


def error(html: str, name: str) -> str:
    found = re.search(rf'<p class="field-error" id="e-{re.escape(name)}">(.*?)</p>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def value(html: str, name: str) -> str:
    found = re.search(rf'<input[^>]*value="([^"]*)"[^>]* name="{re.escape(name)}"', html)
    assert found, name
    return found[1]


def test_the_form_is_made_from_the_handlers_signature(operator: Client, types: Shop) -> None:
    html = page(operator, "?type=send_email")
    assert "send_email(mail: Mail, ctx: JobContext) → str" in html
    assert "Hand a message to the mail server." in html
    assert "A second paragraph." not in html
    for name, kind in (("to", "str"), ("copies", "int = 1"), ("html", "bool = True"), ("cc", "list[str] = …")):
        assert re.search(rf'{name}.*?<span class="id" title="{re.escape(kind)}">', html, re.DOTALL), name
    assert value(html, "p.subject") == "hello"
    assert re.search(r'type="checkbox"[^>]*name="p.html"[^>]* checked', html)
    assert re.search(r'name="max_attempts" value="5"', html)
    assert re.search(r'name="timeout" value="90 s"', html)


def test_a_job_is_made_of_what_was_typed_by_whom_typed_it(operator: Client, types: Shop) -> None:
    place = post(operator, GOOD | OPTIONS | {"p.html": "true", "tags": "digest, mail"})
    job = only(types)
    assert place == f"/jobs/{job.id}"
    assert msgspec.json.decode(job.payload) == {
        "to": "mira@example.org",
        "subject": "hi",
        "copies": 2,
        "html": True,
        "digest": None,
    }, "an empty list is left to the handler's own default, which the schema does not tell"
    assert job.spec.created_by == "console:otto"
    assert job.options == JobOptions(max_attempts=5, tags=("digest", "mail"))
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.detail) == ("enqueue", "send_email on email_jobs", job.id)


def test_an_unticked_switch_is_false(operator: Client, types: Shop) -> None:
    post(operator, GOOD | OPTIONS)
    assert msgspec.json.decode(only(types).payload)["html"] is False


def test_wrong_fields_say_so_and_keep_what_was_typed(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"p.to": "", "p.copies": "many", "timeout": "soon"}, status=422)
    assert error(html, "p.to") == "This is needed."
    assert error(html, "p.copies") == "This is not a whole number."
    assert error(html, "o-timeout").startswith("Write a duration")
    assert value(html, "p.copies") == "many"
    assert "3 fields need you" in html
    assert jobs(types) == []
    assert not AuditEntry.objects.exists()


def test_what_only_msgspec_knows_stands_beside_its_field_too(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"p.to": "mira"}, status=422)
    assert error(html, "p.to").startswith("Expected str matching regex")
    assert 'href="#f-p.to"' in html


def test_an_item_is_added_and_removed_without_a_script(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"change": "add p.cc"}, status=200, path="/enqueue/draft")
    assert 'name="p.cc.0"' in html
    assert value(html, "p.to") == "mira@example.org"
    more = GOOD | OPTIONS | {"p.cc": "2", "p.cc.0": "a", "p.cc.1": "b", "change": "remove p.cc.0"}
    html = post(operator, more, status=200, path="/enqueue/draft")
    assert value(html, "p.cc.0") == "b"
    assert 'name="p.cc.1"' not in html
    assert jobs(types) == []


def test_a_nested_struct_is_asked_for_where_it_is_chosen(operator: Client, types: Shop) -> None:
    assert "p.digest.=.week" not in page(operator, "?type=send_email")
    html = post(operator, GOOD | OPTIONS | {"p.digest": "0", "change": "pick"}, status=200, path="/enqueue/draft")
    assert 'name="p.digest.=.week"' in html
    post(operator, GOOD | OPTIONS | {"p.digest": "0", "p.digest.=.week": "47", "p.digest.=.day": "fri"})
    assert msgspec.json.decode(only(types).payload)["digest"] == {"week": 47, "day": "fri"}


def test_the_payload_can_be_written_as_json_instead(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"change": "as json"}, status=200, path="/enqueue/draft")
    assert "&quot;to&quot;: &quot;mira@example.org&quot;" in html
    text = {"as": "json", "json": '{"to": "otto@example.org", "cc": ["x"]}'}
    post(operator, {"type": "send_email"} | OPTIONS | text)
    assert msgspec.json.decode(only(types).payload) == {"to": "otto@example.org", "cc": ["x"]}


def test_json_goes_back_into_the_form(operator: Client, types: Shop) -> None:
    text = {"as": "json", "json": '{"to": "otto@example.org", "cc": ["x", "y"]}', "change": "as form"}
    html = post(operator, {"type": "send_email"} | OPTIONS | text, status=200, path="/enqueue/draft")
    assert (value(html, "p.to"), value(html, "p.cc.1")) == ("otto@example.org", "y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is not JSON"),
        ('{"to": 5}', "Expected str, got int - at $.to"),
        ("[]", "Expected object, got array"),
        ("NaN", "JSON has no NaN."),
        ("-1e999", "JSON has no -1e999."),
        ('{"to": ["\\ud800"]}', "JSON has no \\ud800."),
        ('{"\\udfff": 1}', "JSON has no \\udfff."),
        ("7" * 5000, "JSON has no 77777777777777777777…."),
    ],
)
def test_wrong_json_says_where_and_stays(operator: Client, types: Shop, text: str, said: str) -> None:
    html = post(operator, {"type": "send_email", "as": "json", "json": text} | OPTIONS, status=422)
    assert said in error(html, "json")
    assert text.replace('"', "&quot;") in html
    assert jobs(types) == []


def test_many_alike_are_made_at_once_and_their_list_is_shown(operator: Client, types: Shop) -> None:
    place = post(operator, GOOD | OPTIONS | {"count": "1200"})
    assert place == "/jobs?queue=email_jobs&type=send_email"
    assert len(set(jobs(types))) == 1200
    assert AuditEntry.objects.get().count == 1200


def test_more_than_a_hundred_thousand_are_refused(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"count": "100001"}, status=422)
    assert "100000" in error(html, "o-count")
    assert jobs(types) == []


def test_of_many_with_one_unique_key_one_is_made_and_the_others_are_told(operator: Client, types: Shop) -> None:
    answer = operator.post("/enqueue/jobs", GOOD | OPTIONS | {"count": "3", "unique_key": "k"}, follow=True)
    assert "Enqueued 1 job." in answer.content.decode()
    assert "The other 2 would have had the same unique key." in answer.content.decode()
    first = only(types).id
    answer = operator.post("/enqueue/jobs", GOOD | OPTIONS | {"unique_key": "k"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/jobs/{first}"
    assert "Nothing was enqueued." in answer.content.decode()


def test_it_waits_as_long_as_it_was_told(operator: Client, types: Shop) -> None:
    post(operator, GOOD | OPTIONS | {"run": "after", "delay": "1 h"})
    job = only(types)
    assert job.state is JobState.SCHEDULED
    assert 3500 < (job.due_at - datetime.now(UTC)).total_seconds() <= 3600


def test_an_option_set_back_to_the_general_default_is_honoured(operator: Client, types: Shop) -> None:
    post(operator, GOOD | OPTIONS | {"max_attempts": "3", "timeout": ""})
    assert (only(types).max_attempts, only(types).options.timeout) == (3, None)


def test_a_priority_is_offered_only_where_the_queues_have_them(operator: Client, types: Shop) -> None:
    offered = types.cluster.broker.capabilities.priorities
    assert ('name="priority"' in page(operator)) is offered


def test_a_handler_without_arguments_needs_none(operator: Client, types: Shop) -> None:
    assert "It takes no arguments." in page(operator, "?type=ping")
    post(operator, {"type": "ping"} | OPTIONS)
    assert only(types).payload == b"null"


def test_a_handler_that_takes_anything_takes_json(operator: Client, types: Shop) -> None:
    assert '<textarea class="input mono"' in page(operator, "?type=anything")
    post(operator, {"type": "anything", "p": "[1, 2]"} | OPTIONS)
    assert only(types).payload == b"[1,2]"


def test_a_script_gets_the_form_alone_or_only_what_it_would_make(operator: Client, types: Shop) -> None:
    form = post(operator, GOOD | OPTIONS, status=200, path="/enqueue/draft", **{"HX-Request": "true"})
    assert "<html" not in form
    assert 'id="aside"' in form
    headers = {"HX-Request": "true", "HX-Target": "div#aside"}
    aside = post(operator, GOOD | OPTIONS, status=200, path="/enqueue/draft", **headers)
    assert "<form" not in aside
    assert "mira@example.org" in aside
    assert "manage.py enqueue send_email" in aside


def test_it_says_what_will_happen(operator: Client, types: Shop) -> None:
    assert "none takes from it" in page(operator, "?type=send_email")
    types.works()
    assert "1 knows this type" in page(operator, "?type=send_email")
    types.works("w-2", types=("other",), queues=("default",))
    assert "1 takes from it, none knows this type" in page(operator, "?type=sweep")


def test_a_job_is_edited_and_enqueued_anew_and_says_where_it_comes_from(operator: Client, types: Shop) -> None:
    old = types.add("send_email", {"to": "mira@example.org", "cc": ["x"]}, JobOptions(tags=("a",)))
    html = page(operator, f"?from={old}")
    assert (value(html, "p.to"), value(html, "p.cc.0")) == ("mira@example.org", "x")
    assert f'name="origin" value="{old}"' in html
    post(operator, GOOD | OPTIONS | {"origin": old})
    [new] = set(jobs(types)) - {old}
    assert types.job(new).spec.origin == old


def test_masked_values_are_not_laid_open_by_editing(operator: Client, admin: Client, types: Shop) -> None:
    old = types.add("anything", {"password": "hunter2"})
    refused = page(operator, f"?from={old}", status=403)
    assert "hunter2" not in refused
    assert "This payload holds masked values" in refused
    assert "hunter2" in page(admin, f"?from={old}")
    assert AuditEntry.objects.get().verb == "reveal"


def test_a_job_that_is_gone_cannot_be_edited(operator: Client, types: Shop) -> None:
    assert "That job is gone" in page(operator, "?from=nothing", status=404)


def test_without_a_registered_type_the_page_says_how_to_get_one(operator: Client, shop: Shop) -> None:
    assert "No job type is registered in this process" in page(operator)


def test_a_type_that_is_not_registered_is_not_found(operator: Client, types: Shop) -> None:
    page(operator, "?type=unheard_of", status=404)
    post(operator, GOOD | OPTIONS | {"type": "unheard_of"}, status=404)


def test_while_the_store_is_away_the_form_stays_and_nothing_is_lost(operator: Client, store_down: None) -> None:
    from queueing import runtime

    runtime.cluster().registry.register("send_email", send_email, queue="email_jobs")
    assert "Unknown: the store does not answer." in page(operator)
    html = post(operator, GOOD | OPTIONS, status=422)
    assert value(html, "p.to") == "mira@example.org"
    assert 'id="needs"' in html
    assert AuditEntry.objects.get().result == "failed"


@pytest.mark.parametrize("path", ["/enqueue/jobs", "/enqueue/draft"])
@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_only_who_may_enqueue_may(request: pytest.FixtureRequest, types: Shop, who: str, path: str) -> None:
    client = request.getfixturevalue(who)
    assert client.get("/enqueue").status_code == 403
    assert client.post(path, GOOD | OPTIONS).status_code == 403
    assert jobs(types) == []


def test_hostile_text_is_shown_and_not_obeyed(operator: Client, types: Shop) -> None:
    evil = '"><script>x()</script></textarea>\u202e'
    html = post(operator, GOOD | OPTIONS | {"p.to": evil, "tags": evil, "p.cc": "1", "p.cc.0": evil}, status=422)
    assert "<script>x" not in html
    html = post(operator, {"type": "send_email", "as": "json", "json": evil} | OPTIONS, status=422)
    assert "<script>x" not in html


def test_an_origin_that_cannot_be_an_id_is_left_out(operator: Client, types: Shop) -> None:
    for path in ("/enqueue/draft", "/enqueue/jobs"):
        answer = operator.post(path, GOOD | OPTIONS | {"origin": "a\nb"})
        assert answer.status_code < 400


def test_what_one_has_enqueued_last_of_a_type_is_a_link_away(operator: Client, admin: Client, types: Shop) -> None:
    assert "last-used" not in page(operator, "?type=send_email")
    post(operator, GOOD | OPTIONS | {"p.subject": "once more"})
    job = only(types).id
    assert f'id="last-used" href="/enqueue?from={job}"' in page(operator, "?type=send_email")
    assert value(page(operator, f"?from={job}"), "p.subject") == "once more"
    assert "last-used" not in page(operator, "?type=sweep")
    assert "last-used" not in page(admin, "?type=send_email"), "somebody else's"
