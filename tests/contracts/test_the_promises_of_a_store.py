"""Those that a store of somebody else's is held to as well."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import queueing.testing.contracts
from queueing.domain.ports import JobStore
from queueing.testing.contracts import store as promises
from queueing.testing.contracts.store import *

OTHERS = {"broker", "store"}
"""Modules whose tests are not those of a store, or not its own."""


async def test_health_tells_which_of_ours_it_is(store: JobStore) -> None:
    assert (await store.health()).name in ("Redis", "Embedded Redis", "Valkey")


def test_each_promise_is_exported_and_none_hides_another() -> None:
    written = sorted(name for module in modules() for name in vars(module) if name.startswith("test_"))
    assert written == sorted(name for name in vars(promises) if name.startswith("test_"))


def modules() -> Iterator[object]:
    [folder] = queueing.testing.contracts.__path__
    for path in Path(folder).glob("[a-z]*.py"):
        if path.stem not in OTHERS:
            yield import_module(f"queueing.testing.contracts.{path.stem}")
