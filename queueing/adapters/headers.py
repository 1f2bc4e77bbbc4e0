"""Headers that are the broker's and must not travel on with a message that is published again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

BROKERS_OWN: Final = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count")
COPIES: Final = ("CC", "BCC")


def own_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Less those that mean something to the broker: with its record of dead-lettering it drops a message that it
    believes goes in circles, and CC and BCC send copies to other queues."""
    return {name: value for name, value in headers.items() if not name.startswith(BROKERS_OWN) and name not in COPIES}
