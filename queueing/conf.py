"""Settings: one ClusterConfig an alias, from Django's ``LEVERET`` or from arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from queueing.domain.limits import Limit
from queueing.domain.names import check_queue
from queueing.domain.states import JobState
from queueing.errors import ConfigurationError, InvalidName

DAY: Final = 86_400.0


class ClusterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One broker and one store."""

    amqp_url: str = "memory://"
    """``amqp://``, ``amqps://``, ``memory://``, or a scheme that ``brokers`` maps."""
    redis_url: str = "memory://"
    prefix: str = "leveret"
    """Begins the name of every queue and key, so that several systems can share the servers."""
    queue_type: str = "quorum"
    fast_lane: bool = True
    """Take deliveries off RabbitMQ's wire without the driver: the same, for several times less of the processor."""
    max_payload: int = 1024 * 1024
    connect_timeout: float = 10.0
    """Seconds until an attempt to reach RabbitMQ is given up."""
    publish_timeout: float = 10.0
    """Seconds until an unconfirmed publish is an error."""
    store_timeout: float = 5.0
    """Seconds until an unanswered Redis call is an error."""
    retention: dict[str, float] = {}
    """Seconds that finished records are kept, by state."""
    limits: dict[str, Limit] = {}
    """By queue: how many of its jobs run at a time, and how many start per period."""
    brokers: dict[str, str] = {}
    """URL scheme to the dotted path of a Broker class."""
    stores: dict[str, str] = {}
    """URL scheme to the dotted path of a JobStore class."""

    def __post_init__(self) -> None:
        unknown = set(self.retention) - {state.value for state in JobState if state.is_finished}
        if unknown:
            raise ConfigurationError(
                f"RETENTION names {', '.join(sorted(unknown))}; it takes succeeded, failed, cancelled."
            )
        for name in self.limits:
            try:
                check_queue(name)
            except InvalidName as wrong:
                raise ConfigurationError(f"LIMITS takes names of queues: {wrong}") from wrong
        if self.queue_type not in ("quorum", "classic"):
            raise ConfigurationError(f"QUEUE_TYPE is quorum or classic, not {self.queue_type!r}.")
        if not self.prefix or not self.prefix.replace("-", "").replace("_", "").isalnum():
            raise ConfigurationError(f"PREFIX takes letters, digits, '-' and '_', not {self.prefix!r}.")

    @property
    def embedded(self) -> bool:
        return self.amqp_url.startswith("memory:")


def from_mapping(settings: Mapping[str, Any]) -> ClusterConfig:
    """A ClusterConfig from upper-case settings. Raises ConfigurationError naming what is unknown or of a wrong type."""
    fields = {name.lower(): value for name, value in settings.items()}
    unknown = fields.keys() - set(ClusterConfig.__struct_fields__)
    if unknown:
        known = ", ".join(name.upper() for name in ClusterConfig.__struct_fields__)
        raise ConfigurationError(f"LEVERET has unknown {', '.join(sorted(unknown)).upper()}. Known: {known}.")
    try:
        return msgspec.convert(fields, ClusterConfig)
    except msgspec.ValidationError as wrong:
        raise ConfigurationError(f"LEVERET: {wrong}") from wrong


def metrics_token() -> str:
    """What a scraper of ``/metrics`` must bring; empty: none is admitted by a token."""
    from django.conf import settings

    return str(getattr(settings, "LEVERET", {}).get("METRICS_TOKEN", ""))


def from_django(alias: str = "default") -> ClusterConfig:
    """The alias's entry of ``settings.LEVERET``."""
    from django.conf import settings

    clusters = getattr(settings, "LEVERET", {"default": {}})
    found = clusters.get(alias)
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"settings.LEVERET has no cluster {alias!r}.")
    return from_mapping(found)
