"""A leader that waits less before it looks after what seems left behind, so that a test does not wait half a minute."""

from __future__ import annotations

from typing import Any, Final

from queueing.worker.outbox import OutboxSweeper
from queueing.worker.rescuer import Rescuer
from queueing.worker.strays import StrayFinder

CHORES: Final = (OutboxSweeper, Rescuer, StrayFinder)


def hurry(patience: float) -> None:
    """For this process: each chore waits ``patience`` seconds, and looks as often."""
    chore: Any
    for chore in CHORES:
        defaults = chore.__init__.__kwdefaults__
        assert "patience" in defaults, f"{chore.__name__} takes no patience any more"
        defaults["patience"] = min(patience, defaults["patience"])
        chore.interval = min(patience, chore.interval)
