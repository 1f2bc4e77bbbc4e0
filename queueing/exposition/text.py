"""From figures to the text of a scrape, in the format that the scraper asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from queueing.domain.figures import Figures
from queueing.exposition.families import families


class Exposition(NamedTuple):
    body: bytes
    content_type: str


class _Snapshot(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        return families(self._figures)


def expose(figures: Figures, *, accept: str = "") -> Exposition:
    """``accept``: the header of the request; by it the scraper chooses between Prometheus' text and OpenMetrics."""
    # Of its own: what the project registers with the client library is served where the project serves it.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(figures))
    encode, content_type = choose_encoder(accept)
    return Exposition(encode(registry), content_type)
