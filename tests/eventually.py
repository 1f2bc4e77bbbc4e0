"""Poll for a condition instead of sleeping and hoping."""

from queueing.testing.eventually import eventually, eventually_sync

__all__ = ["eventually", "eventually_sync"]
