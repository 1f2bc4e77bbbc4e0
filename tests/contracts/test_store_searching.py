"""A call with conditions ends after a moment, whatever it has found."""

from __future__ import annotations

import pytest

from queueing.adapters.redis import paging
from queueing.domain.conditions import Text
from queueing.domain.ports import JobStore
from queueing.testing.contracts.paging import downwards
from queueing.testing.contracts.searching import numbered, where


async def test_a_call_ends_after_a_moment(store: JobStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paging, "PATIENCE", 0.0)
    monkeypatch.setattr(paging, "STRIDE", 10)
    await store.add(numbered(30))
    pages = await downwards(store, where(Text(value="nowhere")), limit=5)
    assert [page.looked for page in pages] == [10, 10, 10]
