from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client, RequestFactory

from dashboard import audit
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
    assert audit.check() == audit.Chain(1, None)


def test_an_unbroken_chain_is_followed_to_its_end() -> None:
    for number in range(5):
        act(target=f"job {number}")
    assert audit.check() == audit.Chain(5, None)
    call_command("check_audit")


@pytest.mark.parametrize(
    "change",
    [{"who": "jon"}, {"target": "job 9"}, {"reason": "none"}, {"count": 7}, {"address": None}, {"seal": "0" * 64}],
)
def test_an_entry_that_was_changed_is_found(change: dict[str, object]) -> None:
    second = [act(target=f"job {number}") for number in range(3)][1]
    AuditEntry.objects.filter(pk=second.pk).update(**change)
    assert audit.check() == audit.Chain(1, second)
    with pytest.raises(CommandError, match="breaks after 1 entries"):
        call_command("check_audit")


def test_a_gap_is_found() -> None:
    entries = [act(target=f"job {number}") for number in range(3)]
    entries[1].delete()
    assert audit.check() == audit.Chain(1, entries[2])


def test_nothing_can_follow_an_entry_that_is_followed_already(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = act(), act()
    forged = AuditEntry(who="jon", verb="retry", target="job 1", previous=first.seal)
    forged.seal = forged.sealed_with()
    with pytest.raises(IntegrityError):
        forged.save()
    assert second.previous == first.seal


def test_of_two_at_once_the_loser_follows_the_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    write, raced = audit._write, []

    def race(entry: AuditEntry) -> None:
        if not raced:
            raced.append(True)
            act(target="the winner")
            raise IntegrityError
        write(entry)

    act()
    monkeypatch.setattr(audit, "_write", race)
    act(target="the loser")
    assert [entry.target for entry in AuditEntry.objects.order_by("id")] == ["job 1", "the winner", "the loser"]
    assert audit.check() == audit.Chain(3, None)


def test_a_new_secret_key_does_not_break_the_chain(settings: object) -> None:
    act()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"  # type: ignore[attr-defined]
    act()
    assert audit.check().broken_at is None


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
    viewer.post("/job-retries", {"id": "1"})
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.verb, entry.result) == ("vera", "job retries", "refused")
    assert "operate" in entry.detail


def test_looking_without_permission_is_not_an_act(outsider: Client) -> None:
    outsider.get("/jobs")
    assert not AuditEntry.objects.exists()


def test_logging_in_and_out_is_in_the_log(anonymous: Client) -> None:
    member("mira", "Operator")
    for password in ("wrong", "wrong", "correct horse"):
        anonymous.post("/login", {"username": "mira", "password": password})
    anonymous.post("/logout")
    out, back = AuditEntry.objects.all()
    assert (back.who, back.verb, back.detail) == ("mira", "log in", "after 2 wrong tries")
    assert (out.who, out.verb) == ("mira", "log out")
