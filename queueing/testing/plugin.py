"""The pytest plugin: the fixture ``leveret_jobs``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# Else a promise that is not kept would say "assert False", and not what was there.
pytest.register_assert_rewrite("queueing.testing.contracts")

if TYPE_CHECKING:
    from queueing.testing.jobs import Jobs


@pytest.fixture
def leveret_jobs() -> Iterator[Jobs]:
    """A queue of this test's own, embedded in the process: look into it, and work it off."""
    from queueing.testing.jobs import embedded  # here, once Django is set up

    with embedded() as jobs:
        yield jobs
