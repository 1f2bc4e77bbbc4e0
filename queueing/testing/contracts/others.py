"""What some of the promises of a store need beside the store itself; without it, their tests are skipped and say so.

``make_store``: a fixture that answers with a function. It makes another store of the same jobs, as another process has
one; it takes ``retention``, as the class that ``STORES`` names does. The fixture closes what it made.

``set_clock``: a fixture that answers with an asynchronous function, which is given seconds. From then on the clock of
``store`` is ahead of this host's by so many, or behind where they are negative.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from queueing.domain.ports import JobStore

MakeAnother: TypeAlias = Callable[..., JobStore]
SetClock: TypeAlias = Callable[[float], Awaitable[None]]


@pytest.fixture
def make_another(request: pytest.FixtureRequest, store: JobStore) -> MakeAnother:
    return _given(request, "make_store")


@pytest.fixture
def clock_ahead(request: pytest.FixtureRequest, store: JobStore) -> SetClock:
    return _given(request, "set_clock")


async def opened(make_another: MakeAnother, **options: Any) -> JobStore:
    store = make_another(**options)
    await store.connect()
    return store


def _given(request: pytest.FixtureRequest, name: str) -> Any:
    try:
        return request.getfixturevalue(name)
    except pytest.FixtureLookupError as missing:
        if missing.argname != name:
            raise
        pytest.skip(f"There is no fixture {name} (see queueing.testing.contracts.others).")
