from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client, RequestFactory

from dashboard import audit, auditchain
from dashboard.audit import Subject
from dashboard.models import AuditEntry
from tests.dashboard.conftest import member

pytestmark = pytest.mark.django_db


def act(verb: str = "retry", target: str = "job 1", **more: object) -> AuditEntry:
    request = RequestFactory().post("/job-retries", headers={"User-Agent": "Firefox"}, REMOTE_ADDR="10.20.4.9")
    request.user = User.objects.filter(username="mira").first() or member("mira", "Operator")
    return audit.record(request, verb, target, **more)  # type: ignore[arg-type]


def test_an_entry_says_who_what_when_from_where_and_why() -> None:
    entry = act("purge", "queue media", count=6902, reason=" OPS-2304 ")
    assert (entry.who, entry.verb, entry.target, entry.count) == ("mira", "purge", "queue media", 6902)
    assert (entry.reason, entry.address, entry.agent, entry.result) == ("OPS-2304", "10.20.4.9", "Firefox", "done")


def test_the_name_stays_when_the_account_goes_and_so_does_the_chain() -> None:
    entry = act()
    User.objects.get(username="mira").delete()
    entry.refresh_from_db()
    assert (entry.user, entry.who) == (None, "mira")
    assert auditchain.check().holds


def test_nothing_can_follow_an_entry_that_is_followed_already(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = act(), act()
    forged = AuditEntry(who="jon", verb="retry", target="job 1", previous=first.seal)
    forged.seal = forged.sealed_with()
    with pytest.raises(IntegrityError):
        forged.save()
    assert second.previous == first.seal


def test_of_two_at_once_the_loser_follows_the_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    write, raced = audit._write, []

    def race(entry: AuditEntry, about: Iterable[Subject]) -> None:
        if not raced:
            raced.append(True)
            act(target="the winner")
            raise IntegrityError
        write(entry, about)

    act()
    monkeypatch.setattr(audit, "_write", race)
    act(target="the loser")
    assert [entry.target for entry in AuditEntry.objects.order_by("id")] == ["job 1", "the winner", "the loser"]
    assert auditchain.check().holds


def test_a_new_secret_key_does_not_break_the_chain(settings: object) -> None:
    act()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"  # type: ignore[attr-defined]
    act()
    assert auditchain.check().holds


def test_text_that_no_database_would_store_is_stored() -> None:
    entry = act(target="job \x00\ud800" + "x" * 400, reason="\x00")
    entry.refresh_from_db()
    assert entry.target.startswith("job \\x00\\ud800")
    assert entry.target.endswith("…")


def test_the_admin_shows_the_log_and_changes_nothing(admin: Client) -> None:
    entry = act()
    root = User.objects.get(username="ada")
    root.is_staff = root.is_superuser = True
    root.save()
    base = "/admin/dashboard/auditentry/"
    assert admin.get(base).status_code == 200
    assert admin.get(f"{base}{entry.pk}/change/").status_code == 200
    assert admin.get(f"{base}add/").status_code == 403
    assert admin.post(f"{base}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{base}{entry.pk}/change/", {"who": "jon"}).status_code == 403


def test_what_somebody_was_not_allowed_to_do_is_in_the_log(viewer: Client) -> None:
    viewer.post("/job-retries", {"job": ["1", "2"]})
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.verb, entry.target, entry.result) == ("vera", "retry", "2 jobs", "refused")
    assert "operate" in entry.detail


@pytest.mark.parametrize(
    ("path", "fields", "verb", "target"),
    [
        ("/queues/media/purges", {}, "purge", "queue media"),
        ("/job-retries", {"job": "1"}, "retry", "job 1"),
        ("/job-retries", {"job": "no id"}, "retry", "/job-retries"),
        ("/workers/app/01/commands", {"kind": "stop"}, "command", "worker app/01"),
        ("/failures/00ff/mutes", {}, "mute", "group 00ff"),
        ("/operations/7/undo", {}, "operation undo", "operation 7"),
    ],
)
def test_a_refusal_names_what_was_wanted(viewer: Client, path: str, fields: dict, verb: str, target: str) -> None:  # type: ignore[type-arg]
    viewer.post(path, fields)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.result) == (verb, target, "refused")


def test_the_verbs_of_refusals_belong_to_urls_that_act() -> None:
    from tests.dashboard.test_access import ACTING

    assert audit.VERBS.keys() - set(ACTING) == set()


def test_looking_without_permission_is_not_an_act(outsider: Client) -> None:
    outsider.get("/jobs")
    assert not AuditEntry.objects.exists()


def test_logging_in_and_out_is_in_the_log_and_so_are_wrong_tries(anonymous: Client) -> None:
    member("mira", "Operator")
    for name, password in (("mira", "wrong"), ("hunter2", "mira"), ("mira", "wrong"), ("mira", "correct horse")):
        anonymous.post("/login", {"username": name, "password": password})
    anonymous.post("/logout")
    out, back, *refused = AuditEntry.objects.all()
    assert (back.who, back.verb, back.detail) == ("mira", "log in", "after 2 wrong tries")
    assert (out.who, out.verb) == ("mira", "log out")
    assert [entry.result for entry in refused] == ["refused"] * 3
    said = {entry.detail for entry in refused}
    assert said == {"as mira: name and password do not match", "under a name that nobody has"}
    assert "hunter2" not in str(said), "a password typed as a name"


@pytest.mark.parametrize(
    ("target", "subject"),
    [
        ("job 1b20:e9/aa", Subject("job", "1b20:e9/aa")),
        ("queue media", Subject("queue", "media")),
        ("operation 12: state:failed queue:media", Subject("operation", "12")),
        ("failure group 00ff (ship: OSError)", Subject("group", "00ff")),
        ("3 jobs: queue media", None),
        ("audit log", None),
        ("", None),
    ],
)
def test_an_entry_is_found_by_what_its_target_names(target: str, subject: Subject | None) -> None:
    assert Subject.of(target) == subject
    entry = act(target=target, about=[Subject("queue", "media")])
    found = {(one.kind, one.name) for one in entry.subjects.all()}
    assert found == {Subject("queue", "media"), *([subject] if subject else [])}
