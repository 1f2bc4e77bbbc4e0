"""Who is told what needs attention, when, and how often: on embedded engines, a real web server and Django's mail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from dashboard.alerts import watching
from dashboard.alerts.options import AlertOptions, options
from dashboard.alerts.records import Alert
from dashboard.alerts.signals import alerted
from queueing import conf, runtime, sync
from queueing.domain.registry import Registry
from queueing.runtime import Cluster
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db

MAIL = AlertOptions(mail=["oncall@example.com"], after=60, again=3600, url="https://ops.example.com")


@dataclass
class Clock:
    """What the watcher takes for now: the store keeps its own time."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with patch.object(timezone, "now", lambda: clock.now):
        yield clock


@dataclass
class Hook:
    """A web server that is sent alerts."""

    url: str
    answers: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    visits: int = 0


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer()

        def do_GET(self) -> None:
            hook.visits += 1
            self._answer()

        def _answer(self) -> None:
            self.send_response(hook.answers)
            self.send_header("Location", hook.url)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Hook(f"http://127.0.0.1:{server.server_port}/hooks/s3cret")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hook
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def runalerts(settings: Any) -> Callable[..., str]:
    def run(*words: str, **alerts: Any) -> str:
        settings.LEVERET = settings.LEVERET | {"ALERTS": alerts}
        out = StringIO()
        call_command("runalerts", *words, stdout=out, stderr=out)
        return out.getvalue()

    return run


def look(clock: Clock, wanted: AlertOptions = MAIL, **span: float) -> bool:
    clock.pass_(**span)
    return watching.look(wanted)


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def test_what_lasts_is_told_once_then_again_after_hours_then_that_it_is_over(shop: Shop, clock: Clock) -> None:
    jobs = shop.many(9, queue="reports")
    look(clock)
    assert subjects() == []  # it may be over in a moment
    look(clock, seconds=61)
    look(clock, seconds=30)
    [told] = mail.outbox
    assert told.subject == "[Leveret] reports has 9 jobs and no worker that takes from it."
    assert told.to == ["oncall@example.com"]
    assert "https://ops.example.com/workers" in told.body and "For 1 min." in told.body
    look(clock, minutes=61)
    assert len(mail.outbox) == 2
    sync.run(shop.cluster.operations.cancel(jobs, by="ada"))
    look(clock, seconds=15)
    assert len(mail.outbox) == 2  # it may be back in a moment
    look(clock, seconds=61)
    look(clock, seconds=61)
    assert subjects()[2:] == ["[Leveret] Over: reports has 9 jobs and no worker that takes from it."]
    assert "It lasted 1 h 3 min." in mail.outbox[2].body
    look(clock, days=31)
    assert not Alert.objects.exists()


def test_what_is_short_is_never_told(shop: Shop, clock: Clock) -> None:
    jobs = shop.many(2, queue="reports")
    look(clock)
    sync.run(shop.cluster.operations.cancel(jobs, by="ada"))
    look(clock, seconds=61)
    look(clock, seconds=61)
    assert (mail.outbox, Alert.objects.count()) == ([], 0)


def test_all_that_a_look_finds_is_one_message(shop: Shop, clock: Clock) -> None:
    shop.works(queues=("other",))
    shop.many(2, queue="reports")
    shop.many(3, queue="invoices")
    sync.run(shop.cluster.operations.pause("invoices", by="ada"))
    now = AlertOptions(mail=["oncall@example.com"], after=0)
    look(clock, now)
    [told] = mail.outbox
    assert told.subject == "[Leveret] 3 things need attention"
    assert "- invoices is paused by ada and 3 jobs wait. For 0 min." in told.body
    sync.run(shop.cluster.operations.resume("invoices", by="ada"))
    look(clock, now, seconds=1)
    assert subjects()[1] == "[Leveret] 1 thing needs attention, 1 over"


def test_only_errors_where_the_level_says_so(shop: Shop, clock: Clock) -> None:
    shop.works(queues=("invoices",))
    shop.many(3, queue="invoices")
    sync.run(shop.cluster.operations.pause("invoices", by="ada"))
    look(clock, AlertOptions(mail=["oncall@example.com"], after=0, level="error"))
    assert mail.outbox == []


def test_a_webhook_that_fails_is_tried_again_and_mail_is_not_sent_twice(shop: Shop, clock: Clock, hook: Hook) -> None:
    both = AlertOptions(mail=["oncall@example.com"], webhook=hook.url, after=0)
    shop.many(9, queue="reports")
    for refusal in (500, 302):
        hook.answers = refusal
        assert look(clock, both, seconds=1) is False
    hook.answers = 204
    assert look(clock, both, seconds=1) is True
    assert look(clock, both, seconds=1) is True
    assert (len(hook.got), hook.visits, len(mail.outbox)) == (3, 0, 1)
    told = hook.got[2]
    assert told["text"].startswith("[Leveret] reports has 9 jobs and no worker that takes from it.\nFor 0 min.")
    [alert] = told["alerts"]
    assert {key: alert[key] for key in ("event", "kind", "subject", "level")} == {
        "event": "raised",
        "kind": "no_worker",
        "subject": "reports",
        "level": "error",
    }
    assert datetime.fromisoformat(alert["since"]) <= clock.now


def test_a_receiver_is_called_with_each_alert_and_again_if_it_raises(shop: Shop, clock: Clock) -> None:
    shop.many(9, queue="reports")
    told: list[tuple[str, str]] = []

    def receive(sender: type[Alert], alert: Alert, event: str, **_: Any) -> None:
        told.append((event, alert.kind))
        if len(told) == 1:
            raise RuntimeError("the pager is off")

    alerted.connect(receive)
    try:
        assert look(clock, AlertOptions(after=0)) is False
        assert look(clock, AlertOptions(after=0), seconds=1) is True
    finally:
        alerted.disconnect(receive)
    assert told[0] == told[1] == ("raised", "no_worker")


def test_of_two_watchers_one_tells(shop: Shop, clock: Clock) -> None:
    shop.many(9, queue="reports")
    nested: list[bool] = []

    def meanwhile(message: Any, options: AlertOptions) -> None:
        nested.append(True)
        if len(nested) == 1:
            look(clock, AlertOptions(mail=["oncall@example.com"], after=0))

    with patch.object(watching, "channels", lambda options: {"mail": meanwhile}):
        look(clock, AlertOptions(mail=["oncall@example.com"], after=0))
    assert len(nested) == 1


def test_who_died_while_telling_is_followed_by_another(shop: Shop, clock: Clock) -> None:
    shop.many(9, queue="reports")

    def die(message: Any, options: AlertOptions) -> None:
        raise SystemExit

    now = AlertOptions(mail=["oncall@example.com"], after=0)
    with patch.object(watching, "channels", lambda options: {"mail": die}), pytest.raises(SystemExit):
        look(clock, now)
    look(clock, now, seconds=10)
    assert mail.outbox == []
    look(clock, now, seconds=61)
    assert len(mail.outbox) == 1


def test_while_redis_is_away_nothing_of_a_queue_is_over(shop: Shop, clock: Clock) -> None:
    shop.many(9, queue="reports")
    now = AlertOptions(mail=["oncall@example.com"], after=30)
    look(clock, now)
    look(clock, now, seconds=31)
    assert len(mail.outbox) == 1
    away = Cluster(conf.ClusterConfig(redis_url="redis://127.0.0.1:1/0"), types=Registry())
    with patch.object(runtime, "cluster", lambda alias="default": away):
        for _ in range(4):
            look(clock, now, seconds=31)
    sync.run(away.close())
    assert [subject for subject in subjects()[1:] if "Over" in subject] == []
    assert any("Redis" in subject for subject in subjects()[1:])
    look(clock, now, seconds=31)
    look(clock, now, seconds=31)
    assert [subject.partition(":")[0] for subject in subjects() if "Over" in subject] == ["[Leveret] Over"]
    assert Alert.objects.get(kind="no_worker").ended_at is None


def test_it_is_told_in_the_language_of_the_project_and_for_the_environment(
    shop: Shop, clock: Clock, settings: Any
) -> None:
    settings.LANGUAGE_CODE = "de"
    settings.LEVERET = settings.LEVERET | {"ENVIRONMENT": "production"}
    shop.many(9, queue="reports")
    look(clock, AlertOptions(mail=["oncall@example.com"], after=0))
    assert subjects() == ["[Leveret production] reports hat 9 Jobs und keinen Worker, der daraus nimmt."]
    assert "Seit 0 min." in mail.outbox[0].body


def test_a_trial_goes_every_way_and_says_how_it_went(shop: Shop, hook: Hook, runalerts: Callable[..., str]) -> None:
    assert runalerts("--test", MAIL=["oncall@example.com"], WEBHOOK=hook.url) == "mail: sent\nwebhook: sent\n"
    assert (subjects(), len(hook.got)) == (["[Leveret] A trial"], 1)
    hook.answers = 403
    with pytest.raises(CommandError, match="Not every way works"):
        runalerts("--test", WEBHOOK=hook.url)


def test_an_error_does_not_repeat_the_secret_of_a_webhook(
    shop: Shop, hook: Hook, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    shop.many(9, queue="reports")
    hook.answers = 403
    look(clock, AlertOptions(webhook=hook.url, after=0))
    look(clock, AlertOptions(webhook="http://127.0.0.1:1/s3cret", after=0), seconds=61)
    assert "403" in caplog.text and "refused" in caplog.text
    assert "s3cret" not in caplog.text


def test_once_says_by_its_end_whether_everybody_was_told(shop: Shop, hook: Hook, runalerts: Callable[..., str]) -> None:
    shop.many(9, queue="reports")
    hook.answers = 500
    with pytest.raises(CommandError) as failed:
        runalerts("--once", WEBHOOK=hook.url, AFTER=0)
    assert failed.value.returncode == 1
    hook.answers = 200
    assert runalerts("--once", WEBHOOK=hook.url, AFTER=0) == ""
    assert len(hook.got) == 2


@pytest.mark.parametrize(
    ("alerts", "says"),
    [
        ({}, "Nobody would be told"),
        ({"MAILS": ["a@example.com"]}, "unknown field `MAILS`"),
        ({"MAIL": ["oncall"]}, "MAIL has 'oncall'"),
        ({"WEBHOOK": "ftp://example.com"}, "begins with https://"),
        ({"WEBHOOK": "http://"}, "begins with https://"),
        ({"WEBHOOK": "http://[::1"}, "begins with https://"),
        ({"AFTER": -1}, "seconds, 0 or more"),
        ({"AGAIN": float("nan")}, "seconds, 0 or more"),
        ({"LEVEL": "loud"}, "Invalid enum value 'loud'"),
        ("oncall@example.com", "Expected `object`"),
    ],
)
def test_a_setting_that_is_wrong_is_refused_with_what_to_write(
    alerts: Any, says: str, settings: Any, shop: Shop
) -> None:
    settings.LEVERET = settings.LEVERET | {"ALERTS": alerts}
    with pytest.raises(CommandError, match="ALERTS") as refused:
        call_command("runalerts", "--once")
    assert says in str(refused.value)
    if alerts != {}:
        with pytest.raises(msgspec.ValidationError):
            options()
        assert [one.id for one in run_checks() if "ALERTS" in one.msg] == ["leveret.E203"]


@pytest.mark.parametrize("every", ["0", "-1", "nan", "inf"])
def test_an_interval_that_is_none_is_refused(every: str, runalerts: Callable[..., str], shop: Shop) -> None:
    with pytest.raises(CommandError, match="more than 0"):
        runalerts("--every", every, MAIL=["oncall@example.com"])


def test_the_admin_lists_what_was_told_and_changes_nothing(shop: Shop, clock: Clock, client: Client) -> None:
    shop.many(9, queue="reports")
    look(clock, AlertOptions(mail=["oncall@example.com"], after=0))
    client.force_login(User.objects.create_superuser("root"))
    answer = client.get("/admin/dashboard/alert/")
    assert "no worker that takes from it" in answer.content.decode()
    alert = Alert.objects.get(kind="no_worker")
    assert client.post(f"/admin/dashboard/alert/{alert.pk}/delete/").status_code == 403
    assert client.post(f"/admin/dashboard/alert/{alert.pk}/change/", {"text": "x"}).status_code == 403
