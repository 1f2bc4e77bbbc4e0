"""What a worker wants to know of a message's properties, read in a fifth of pamqp's time.

Messages are nearly all our own, or as plain. Whatever is less plain is pamqp's, and so is every question of what is
valid.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from queueing.adapters.rabbitmq.leniency import properties
from queueing.adapters.rabbitmq.plain import REFUSED, NotPlain, plain


class Properties(Protocol):
    """As pamqp's are; None for what a message does not have."""

    @property
    def headers(self) -> dict[str, Any] | None: ...
    @property
    def message_id(self) -> str | None: ...
    @property
    def message_type(self) -> str | None: ...
    @property
    def timestamp(self) -> datetime | None: ...


def read(payload: bytes) -> Properties:
    """Of a content header's payload, without the end octet of its frame; what cannot be read is None."""
    try:
        return plain(payload, len(payload))
    except (NotPlain, *REFUSED):
        return properties(payload)
