from __future__ import annotations

from django.apps import AppConfig


class Workshop(AppConfig):
    name = "tests.browser.workshop"

    def ready(self) -> None:
        """Searches answer after one stride: those of a few jobs take several steps too, however fast the machine is."""
        from queueing.adapters.redis import paging

        paging.PATIENCE = 0.0  # type: ignore[misc]
