from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from dashboard.models import AuditEntry, ScheduleRecord
from dashboard.schedules import force
from dashboard.schedules.form import Preview
from queueing import every, sync
from queueing.domain.options import JobOptions
from queueing.domain.reading import JobFilter
from queueing.domain.schedules import Schedule, ScheduleStatus
from queueing.domain.timing import Cron, Every
from queueing.errors import StoreUnavailable
from tests.dashboard.conftest import logged_in, member
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db

NAME = "nightly"
FILLED = {
    "name": NAME,
    "type": "send_email",
    "queue": "",
    "payload": '{"to": "mira"}',
    "kind": "cron",
    "expression": "30 2 * * *",
    "tz": "Europe/Berlin",
    "period": "",
    "catch_up": "latest",
    "overlap": "skip",
}
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def known(shop: Shop) -> Shop:
    def send_email(to: str) -> None: ...

    shop.cluster.registry.register("send_email", send_email, queue="email_jobs")
    return shop


def declare(shop: Shop, name: str = NAME, **changes: Any) -> None:
    given: dict[str, Any] = {"name": name, "type": "send_email", "queue": "email_jobs", "timing": Every(3600)}
    sync.run(shop.cluster.operations.declare_schedule(Schedule(**(given | changes))))


def status(shop: Shop, name: str = NAME) -> ScheduleStatus | None:
    return sync.run(shop.cluster.inspector.schedule(name))


def html(client: Client, path: str, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def text(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


# looking


def test_the_list_says_what_comes_next_and_how_the_last_ones_went(viewer: Client, shop: Shop) -> None:
    declare(shop, timing=Cron("30 2 * * *", "Europe/Berlin"))
    job = sync.run(shop.cluster.operations.run_schedule(NAME, by="console:ada"))
    shop.fail(job)
    page = html(viewer, "/schedules")
    row = text(re.search(r'<tr id="schedule-nightly">.*?</tr>', page, re.DOTALL)[0])  # type: ignore[index]
    assert "at 02:30 every day" in row and "30 2 * * * Europe/Berlin" in row
    assert "Failed 1 runs, 1 failed" in row
    assert "send_email · email_jobs" in row


def test_without_any_the_page_says_how_to_make_one(viewer: Client, admin: Client, shop: Shop) -> None:
    assert "@job(schedule=cron(" in html(viewer, "/schedules")
    assert "New schedule" not in html(viewer, "/schedules")
    assert "/schedule-drafts/new" in html(admin, "/schedules")


def test_while_the_store_is_away_the_pages_say_so(viewer: Client, store_down: None) -> None:
    assert "This cannot be shown now" in html(viewer, "/schedules")
    assert "This cannot be shown now" in html(viewer, "/schedules/nightly")


def test_a_schedules_page_has_its_next_runs_its_policies_and_its_history(viewer: Client, shop: Shop) -> None:
    declare(shop, timing=Cron("30 2 * * *", "Europe/Berlin"), payload=b'{"password":"hunter2"}')
    job = sync.run(shop.cluster.operations.run_schedule(NAME, by="console:ada"))
    page = html(viewer, "/schedules/nightly")
    assert text(page).count("your time") == 6, "five runs, and the head of their table"
    assert job in page and "by hand" in page
    assert "the last one is made up for" in page
    assert "hunter2" not in page


def test_a_schedule_that_nobody_knows_is_not_found(viewer: Client, shop: Shop) -> None:
    assert "This schedule is gone" in html(viewer, "/schedules/nobody", status=404)


def test_the_clocks_night_is_previewed_with_its_two_offsets() -> None:
    preview = Preview(Cron("*/30 2 * * *", "Europe/Berlin"), datetime(2026, 10, 24, 22, tzinfo=UTC))
    assert [run.shown for run in preview.runs[:4]] == [
        "Sun 25 Oct 2026, 02:00 CEST",
        "Sun 25 Oct 2026, 02:30 CEST",
        "Sun 25 Oct 2026, 02:00 CET",
        "Sun 25 Oct 2026, 02:30 CET",
    ]


# acting


def test_an_admin_runs_it_now_pauses_it_turns_it_on_and_all_is_in_the_book(admin: Client, shop: Shop) -> None:
    declare(shop)
    assert "nightly runs now." in admin.post("/schedules/nightly/runs", follow=True).content.decode()
    admin.post("/schedules/nightly/pauses")
    page = html(admin, "/schedules")
    assert re.search(r'<tr id="schedule-nightly" class="is-off">.*?off since.*?ada', page, re.DOTALL)
    assert "Turn on" in page
    admin.post("/schedules/nightly/resumes")
    found = status(shop)
    assert found is not None and found.fires and found.firings[0].by == "console:ada"
    verbs = [(entry.verb, entry.target) for entry in AuditEntry.objects.order_by("id")]
    assert verbs == [(verb, "schedule nightly") for verb in ("run now", "pause", "resume")]


@pytest.mark.parametrize("act", ["runs", "pauses", "resumes"])
def test_what_cannot_be_done_is_said_and_booked(admin: Client, shop: Shop, act: str) -> None:
    answer = admin.post(f"/schedules/nobody/{act}", headers=SCRIPT)
    assert "There is no schedule nobody" in answer.headers["HX-Trigger"]
    assert AuditEntry.objects.get().result == "failed"


def test_who_may_not_manage_sees_no_button_for_it(operator: Client, shop: Shop) -> None:
    declare(shop)
    for path in ("/schedules", "/schedules/nightly"):
        page = html(operator, path)
        assert "/runs" not in page and "/pauses" not in page and "/remove" not in page


def test_removing_asks_first_and_takes_it_out_of_both(admin: Client, known: Shop) -> None:
    admin.post("/schedule-drafts", FILLED)
    assert "Remove nightly?" in html(admin, "/schedules/nightly/remove")
    admin.post("/schedules/nightly/removals", {"reason": "OPS-7"})
    assert status(known) is None
    assert not ScheduleRecord.objects.exists()
    assert AuditEntry.objects.order_by("-id")[0].reason == "OPS-7"


def test_removing_one_of_the_code_says_that_it_comes_back(admin: Client, shop: Shop) -> None:
    declare(shop)
    assert "the next worker that starts with that code brings it back" in html(admin, "/schedules/nightly/remove")


# making


def test_one_is_made_and_in_force_at_once(admin: Client, known: Shop) -> None:
    answer = admin.post("/schedule-drafts", FILLED, follow=True)
    assert "nightly is made." in answer.content.decode()
    found = status(known)
    assert found is not None
    assert (found.schedule.queue, found.schedule.payload, found.schedule.overlap) == (
        "email_jobs",
        b'{"to":"mira"}',
        "skip",
    )
    assert found.schedule.timing == Cron("30 2 * * *", "Europe/Berlin")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.who, entry.detail) == ("add", "ada", "send_email: At 02:30 every day")


def test_a_pace_takes_a_duration(admin: Client, known: Shop) -> None:
    admin.post("/schedule-drafts", FILLED | {"kind": "every", "period": "1 h 30 min"})
    found = status(known)
    assert found is not None and found.schedule.timing == Every(5400)
    assert 'value="90 min"' in html(admin, "/schedules/nightly/edit")


def test_its_jobs_take_the_options_that_are_filled_in_and_else_the_types_own(admin: Client, shop: Shop) -> None:
    own = JobOptions(max_attempts=7, timeout=30, tags=("mail",), retention=60)
    shop.cluster.registry.register("send_email", lambda to: None, queue="email_jobs", options=own)
    admin.post("/schedule-drafts", FILLED)
    found = status(shop)
    assert found is not None and found.schedule.options == own
    chosen = {"max_attempts": "2", "timeout": "5 min", "priority": "4", "tags": "night, digest", "unique_key": "digest"}
    admin.post("/schedules/nightly/changes", FILLED | chosen)
    found = status(shop)
    assert found is not None
    assert found.schedule.options == JobOptions(
        max_attempts=2, timeout=300, priority=4, tags=("night", "digest"), unique_key="digest", retention=60
    )
    for _ in range(2):
        admin.post("/schedules/nightly/runs")
    [job], _ = sync.run(shop.cluster.store.ids(JobFilter(), after=None, limit=9))
    assert shop.job(job).spec.options == found.schedule.options
    edit = html(admin, "/schedules/nightly/edit")
    for name, value in (chosen | {"tags": "night, digest"}).items():
        assert re.search(rf'name="{name}" value="{value}"', edit), name
    shown = text(html(admin, "/schedules/nightly"))
    for words in ("Max attempts 2", "Timeout 5 min", "Priority 4", "Tags night digest", "Unique key digest"):
        assert words in shown
    detail = AuditEntry.objects.filter(verb="change").get().detail
    assert detail.endswith("; max_attempts 2; timeout 300.0; priority 4; tags night digest; unique_key digest")
    admin.post("/schedules/nightly/changes", FILLED)
    found = status(shop)
    assert found is not None and found.schedule.options == own, "empty again: the type's own again"


def test_its_jobs_can_go_without_an_option_that_the_type_has(admin: Client, shop: Shop) -> None:
    own = JobOptions(timeout=30, tags=("mail",), unique_key="mail", unique_for=60)
    shop.cluster.registry.register("send_email", lambda to: None, queue="email_jobs", options=own)
    admin.post("/schedule-drafts", FILLED | {"without": ["timeout", "tags", "unique_key"], "tags": "night"})
    found = status(shop)
    assert found is not None and found.schedule.options == JobOptions(tags=("night",)), "what is filled in counts"
    ticked = re.findall(r'name="without" value="(\w+)" checked', html(admin, "/schedules/nightly/edit"))
    assert ticked == ["timeout", "unique_key"]
    assert AuditEntry.objects.latest("pk").detail.endswith("; tags night; no timeout; no unique_key")
    assert admin.post("/schedule-drafts", FILLED | {"name": "other", "without": "max_attempts"}).status_code == 422
    with pytest.raises(ValidationError):
        ScheduleRecord(name="n", type="send_email", seconds=60, without=["max_attempts"]).clean()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"max_attempts": "0"}, "greater than or equal to 1"),
        ({"timeout": "soon"}, "Write a duration such as"),
        ({"timeout": "0 s"}, "timeout must be more than 0 seconds"),
        ({"priority": "10"}, "less than or equal to 9"),
        ({"tags": "x" * 65}, "cannot be a tag"),
        ({"tags": " ".join(f"t{n}" for n in range(17))}, "16 tags at most"),
        ({"unique_key": "ä" * 200}, "unique_key must be text of 1 to 256 bytes"),
        ({"expression": "61 * * * *"}, "bad minute"),
        ({"expression": ""}, "When? For example"),
        ({"tz": "Berlin"}, "not a time zone that this host knows"),
        ({"kind": "every", "period": "soon"}, "Write a duration such as"),
        ({"kind": "every", "period": "0.5"}, "whole seconds"),
        ({"kind": "every"}, "How often?"),
        ({"name": "two words"}, "without spaces and slashes"),
        ({"queue": "a queue"}, "cannot be a queue"),
        ({"payload": "{"}, "not JSON"),
        ({"payload": '{"to": 5}'}, "does not fit send_email"),
        ({"type": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    admin: Client, known: Shop, change: dict[str, str], said: str
) -> None:
    answer = admin.post("/schedule-drafts", FILLED | change)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'class="field-error" id="e-\w+">(?:(?!</span>).)*{re.escape(said)}', page, re.DOTALL), said
    assert 'aria-invalid="true"' in page
    assert not ScheduleRecord.objects.exists() and not AuditEntry.objects.exists()


def test_a_name_of_the_code_is_refused(admin: Client, known: Shop) -> None:
    declare(known)
    answer = admin.post("/schedule-drafts", FILLED)
    assert answer.status_code == 422
    assert "The code has a schedule of this name." in answer.content.decode()


def test_a_name_that_is_taken_is_refused(admin: Client, known: Shop) -> None:
    admin.post("/schedule-drafts", FILLED)
    assert "already exists" in admin.post("/schedule-drafts", FILLED).content.decode()


def test_of_two_who_make_one_of_a_name_at_once_the_second_is_told(admin: Client, known: Shop) -> None:
    def meanwhile(name: str) -> bool:
        ScheduleRecord.objects.create(name=name, type="send_email", expression="0 5 * * *", by="another")
        return False

    with patch.object(force, "is_taken", meanwhile):
        answer = admin.post("/schedule-drafts", FILLED)
    assert answer.status_code == 422
    assert "already exists" in answer.content.decode()
    assert ScheduleRecord.objects.get().by == "another"
    assert status(known) is None


def test_one_is_changed_and_keeps_its_name(admin: Client, known: Shop) -> None:
    admin.post("/schedule-drafts", FILLED)
    assert 'value="30 2 * * *"' in html(admin, "/schedules/nightly/edit")
    admin.post("/schedules/nightly/changes", FILLED | {"name": "other", "expression": "0 5 * * *"})
    found = status(known)
    assert found is not None and found.schedule.timing == Cron("0 5 * * *", "Europe/Berlin")
    assert [record.name for record in ScheduleRecord.objects.all()] == [NAME]


def test_one_of_the_code_is_changed_in_the_code(admin: Client, shop: Shop) -> None:
    declare(shop)
    assert "/edit" not in html(admin, "/schedules/nightly")
    assert admin.get("/schedules/nightly/edit").status_code == 404


def test_runs_are_previewed_for_scripts_and_without_them(admin: Client, known: Shop) -> None:
    alone = admin.post("/schedule-drafts/preview", FILLED, headers=SCRIPT).content.decode()
    assert "<html" not in alone and alone.count("<tr>") == 6
    whole = admin.post("/schedule-drafts/preview", FILLED | {"name": ""}).content.decode()
    assert "<html" in whole and 'value="30 2 * * *"' in whole
    assert whole.count("your time</span>") == 5, "also while the rest is not filled in"
    assert not ScheduleRecord.objects.exists()
    unclear = admin.post("/schedule-drafts/preview", FILLED | {"expression": "every day"}, headers=SCRIPT)
    assert "Say when it runs" in unclear.content.decode()


def test_masked_values_are_laid_open_only_to_who_may_reveal(known: Shop, admin: Client, db: None) -> None:
    from django.contrib.auth.models import Permission

    ScheduleRecord.objects.create(name=NAME, type="other", payload='{"password":"hunter2"}', seconds=60)
    keeper = member("kim", "Operator")
    keeper.user_permissions.add(Permission.objects.get(codename="manage"))
    refused = logged_in(keeper).get("/schedules/nightly/edit")
    assert refused.status_code == 403 and "hunter2" not in refused.content.decode()
    assert "hunter2" in html(admin, "/schedules/nightly/edit")
    assert AuditEntry.objects.get().verb == "reveal"


def test_what_is_saved_while_redis_is_away_says_that_it_is_not_in_force(admin: Client, store_down: None) -> None:
    answer = admin.post("/schedule-drafts", FILLED)
    assert answer.status_code == 302
    assert ScheduleRecord.objects.get().by == "ada"
    assert AuditEntry.objects.get().result == "failed"


# into force


def test_workers_are_given_what_can_be_read_and_told_of_the_rest(known: Shop, caplog: pytest.LogCaptureFixture) -> None:
    ScheduleRecord.objects.create(name="good", type="send_email", payload='{"to":"x"}', seconds=60)
    ScheduleRecord.objects.create(name="stale", type="send_email", payload='{"from":"x"}', seconds=60)
    with patch.object(force, "close_old_connections"):
        assert [schedule.name for schedule in force.kept()] == ["good"]
    assert "The schedule stale is not in force any more" in caplog.text


def test_the_admin_makes_changes_and_removes_them_in_force_and_in_the_book(known: Shop, db: None) -> None:
    from django.contrib.auth.models import User

    client = logged_in(User.objects.create_superuser("root", password="x"))
    filled = {name: value for name, value in FILLED.items() if name not in ("kind", "period")}
    assert client.post("/admin/dashboard/schedulerecord/add/", filled).status_code == 302
    assert status(known) is not None
    record = ScheduleRecord.objects.get()
    url = f"/admin/dashboard/schedulerecord/{record.pk}"
    assert "bad hour" in client.post(f"{url}/change/", filled | {"expression": "0 24 * * *"}).content.decode()
    assert "16 tags at most" in client.post(f"{url}/change/", filled | {"tags": "x " * 17}).content.decode()
    client.post(f"{url}/change/", filled | {"expression": "0 4 * * *", "timeout": "90", "max_attempts": "2"})
    found = status(known)
    assert found is not None and (found.schedule.options.timeout, found.schedule.options.max_attempts) == (90, 2)
    assert found is not None and found.schedule.timing == Cron("0 4 * * *", "Europe/Berlin")
    client.post(f"{url}/delete/", {"post": "yes"})
    assert status(known) is None
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["add", "change", "remove"]


def test_the_admin_lets_nobody_in_who_may_not_manage(db: None) -> None:
    staff = member("stan", "Operator")
    staff.is_staff = True
    staff.save()
    assert logged_in(staff).get("/admin/dashboard/schedulerecord/").status_code == 403


def test_the_admin_says_what_is_not_in_force(store_down: None, db: None) -> None:
    from django.contrib.auth.models import User

    client = logged_in(User.objects.create_superuser("root", password="x"))
    filled = {name: value for name, value in FILLED.items() if name not in ("kind", "period")}
    answer = client.post("/admin/dashboard/schedulerecord/add/", filled, follow=True)
    assert "not in force yet" in answer.content.decode()


def test_foreign_names_are_text_and_nothing_else(admin: Client, shop: Shop) -> None:
    declare(shop, name="<script>x<\\script>", type="<img>")
    for path in ("/schedules", "/schedules/%3Cscript%3Ex%3C%5Cscript%3E"):
        page = html(admin, path)
        assert "<script>x" not in page and "<img>" not in page


def test_a_store_that_fails_while_a_page_is_made_is_an_error_not_a_lie(viewer: Client, shop: Shop) -> None:
    declare(shop, timing=every(60).timing)
    with patch.object(shop.cluster.store, "schedules", side_effect=StoreUnavailable("away")):
        assert "This cannot be shown now" in html(viewer, "/schedules")
