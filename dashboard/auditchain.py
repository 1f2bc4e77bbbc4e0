"""Following the chain of the audit log: each entry is sealed with the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.conf import settings
from django.utils.crypto import constant_time_compare

from dashboard.models import AuditCheck, AuditEntry

STEP = 2_000
"""Entries that are read at a time, each time by key: no cursor stays open however long it takes."""

Kind: TypeAlias = Literal["altered", "missing", "moved", "cut"]


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold."""

    kind: Kind
    entry: AuditEntry | None
    """The one that does not fit; None where the end is missing."""
    text: str
    """Which it is, and what must have happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    entries: int
    """All that there are, in order or not."""
    head: str
    """The seal of the newest. Written down elsewhere, it shows later that no newer one was cut off."""
    breaks: tuple[Break, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.breaks


def check(*, head: str = "", most: int = 20) -> Chain:
    """Follow the chain from the first entry to the newest, and on beyond a break, up to ``most`` of them.

    Removing the newest entries leaves a chain that holds; ``head``, a seal that was told before, must still be in it.
    """
    found: list[Break] = []
    count, before = 0, None
    is_there = not head
    for entry in _all():
        count += 1
        if len(found) < most:
            found += _breaks(entry, before)
        is_there = is_there or entry.seal == head
        before = entry
    if not is_there:
        found.append(Break("cut", None, f"No entry has the seal {head}: the end of the log was cut off, or altered."))
    return Chain(entries=count, head=before.seal if before else "", breaks=tuple(found))


def note(chain: Chain) -> AuditCheck:
    """For the page, which says when the chain was checked."""
    first = chain.breaks[0].text if chain.breaks else ""
    return AuditCheck.objects.create(entries=chain.entries, head=chain.head, breaks=len(chain.breaks), first=first)


def _breaks(entry: AuditEntry, before: AuditEntry | None) -> Iterator[Break]:
    if not is_sealed(entry):
        yield Break("altered", entry, f"{_named(entry)} was altered, or put in: its seal does not fit what it says.")
    if entry.previous == (before.seal if before else ""):
        return
    behind = f"after {_named(before)}" if before else "at the beginning"
    follows = AuditEntry.objects.filter(seal=entry.previous).first() if entry.previous else None
    if follows is not None:
        yield Break("moved", entry, f"{_named(entry)} stands {behind} and was written after {_named(follows)}.")
    elif not entry.previous:
        yield Break("moved", entry, f"{_named(entry)} was the first of all and stands {behind}.")
    elif before is None or is_sealed(before):
        yield Break("missing", entry, f"Before {_named(entry)}, {behind}, one or more entries were deleted.")


def _named(entry: AuditEntry) -> str:
    return f"entry {entry.pk} of {entry.at:%Y-%m-%d %H:%M:%S %Z} ({entry})"


def _all() -> Iterator[AuditEntry]:
    last = 0
    while page := list(AuditEntry.objects.filter(pk__gt=last).order_by("id")[:STEP]):
        yield from page
        last = page[-1].pk


def before(entry: AuditEntry) -> AuditEntry | None:
    """The entry that this one was written after; None for the first, and where that is gone."""
    return AuditEntry.objects.filter(seal=entry.previous, pk__lt=entry.pk).last() if entry.previous else None


def is_sealed(entry: AuditEntry) -> bool:
    """Whether it still says what it said when it was written."""
    secrets = [None, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(entry.seal, entry.sealed_with(secret)) for secret in secrets)
