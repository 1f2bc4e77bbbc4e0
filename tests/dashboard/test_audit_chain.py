"""What was done to the audit log itself: whatever it was, the chain says where."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard import auditchain
from dashboard.audit import Actor, write
from dashboard.jobs import check_audit
from dashboard.models import AuditCheck, AuditEntry
from dashboard.views import audit_checks
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db
MIRA = Actor(user_id=None, who="mira", address="10.20.4.9", agent="Firefox")


@pytest.fixture
def entries() -> list[AuditEntry]:
    return [write(MIRA, "retry", f"job {number}") for number in range(5)]


def broken() -> list[tuple[str, int | None]]:
    return [(found.kind, found.entry and found.entry.pk) for found in auditchain.check().breaks]


def swap(one: AuditEntry, other: AuditEntry) -> None:
    """Each takes the place of the other, with all that it says."""
    one.pk, other.pk = other.pk, one.pk
    AuditEntry.objects.filter(pk__in=(one.pk, other.pk)).delete()
    AuditEntry.objects.bulk_create([one, other])


def test_an_untouched_log_holds(entries: list[AuditEntry]) -> None:
    chain = auditchain.check()
    assert (chain.entries, chain.head, chain.breaks) == (5, entries[-1].seal, ())
    call_command("verify_audit")


def test_an_empty_log_holds() -> None:
    assert auditchain.check() == auditchain.Chain(entries=0, head="")


@pytest.mark.parametrize(
    "change",
    [
        {"who": "jon"},
        {"verb": "cancel"},
        {"target": "job 9"},
        {"reason": "none"},
        {"result": "refused"},
        {"detail": "nothing"},
        {"count": 7},
        {"address": None},
        {"agent": "curl"},
        {"seal": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_entry_is_named(entries: list[AuditEntry], change: dict[str, object]) -> None:
    AuditEntry.objects.filter(pk=entries[2].pk).update(**change)
    assert broken() == [("altered", entries[2].pk)]


def test_a_time_that_was_altered_is_named(entries: list[AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[2].pk).update(at=entries[0].at)
    assert broken() == [("altered", entries[2].pk)]


@pytest.mark.parametrize("gone", [0, 2])
def test_the_place_of_a_deleted_entry_is_named(entries: list[AuditEntry], gone: int) -> None:
    entries[gone].delete()
    assert broken() == [("missing", entries[gone + 1].pk)]


def test_entries_that_were_moved_are_named_with_where_they_belong(entries: list[AuditEntry]) -> None:
    second, third = entries[1].pk, entries[2].pk
    swap(entries[1], entries[2])
    assert broken() == [("moved", second), ("moved", third), ("moved", entries[3].pk)]
    first = auditchain.check().breaks[0].text
    assert re.search(rf"entry {second} of .* stands after entry {entries[0].pk} of .* was written after", first)


def test_a_forged_entry_is_named(entries: list[AuditEntry]) -> None:
    forged = AuditEntry(who="jon", verb="retry", target="job 9", previous=entries[-1].seal, seal="0" * 64)
    forged.save()
    assert broken() == [("altered", forged.pk)]


def test_every_break_is_told_not_the_first_alone(entries: list[AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[0].pk).update(who="jon")
    AuditEntry.objects.filter(pk=entries[4].pk).update(who="jon")
    entries[2].delete()
    assert broken() == [("altered", entries[0].pk), ("missing", entries[3].pk), ("altered", entries[4].pk)]
    assert len(auditchain.check(most=1).breaks) == 1


def test_an_end_that_was_cut_off_is_found_by_a_head_told_before(entries: list[AuditEntry]) -> None:
    head = auditchain.check().head
    entries[4].delete()
    assert auditchain.check().holds
    assert [found.kind for found in auditchain.check(head=head).breaks] == ["cut"]
    assert auditchain.check(head=entries[3].seal).holds


def test_a_long_log_is_read_in_steps(entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditchain, "STEP", 2)
    assert auditchain.check().entries == 5


def test_the_command_says_where_the_chain_breaks_and_ends_with_an_error(
    entries: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    head = capsys.readouterr().out.rpartition("Head: ")[2].strip()
    assert head == entries[4].seal
    call_command("verify_audit", head=head)
    AuditEntry.objects.filter(pk=entries[2].pk).update(who="jon")
    with pytest.raises(CommandError, match=rf"(?s)5 entries is broken:.*entry {entries[2].pk} .* was altered"):
        call_command("verify_audit")


def test_the_page_says_when_the_chain_was_checked_and_what_was_found(operator: Client, shop: Shop) -> None:
    assert "Nobody has checked the chain yet." in operator.get("/audit").content.decode()
    write(MIRA, "retry", "job 1")
    operator.post("/audit-checks")
    assert "1 entry, unbroken" in operator.get("/audit").content.decode()
    AuditEntry.objects.update(who="jon")
    operator.post("/audit-checks")
    page = operator.get("/audit").content.decode()
    assert "The chain is broken in 1 place." in page and "was altered" in page


def test_a_long_log_is_checked_by_a_job(operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    write(MIRA, "retry", "job 1")
    monkeypatch.setattr(audit_checks, "AT_ONCE", 0)
    answer = operator.post("/audit-checks", follow=True)
    assert "A job follows the chain." in answer.content.decode()
    assert not AuditCheck.objects.exists()
    assert check_audit() == "1 entry, unbroken"
    assert AuditCheck.objects.get().entries == 1


@pytest.mark.django_db(transaction=True)
def test_where_no_job_can_be_added_the_check_says_so(
    operator: Client, store_down: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(MIRA, "retry", "job 1")
    monkeypatch.setattr(audit_checks, "AT_ONCE", 0)
    answer = operator.post("/audit-checks", headers={"HX-Request": "true"})
    assert "The check was not begun." in answer.headers["HX-Trigger"]
