"""Where RabbitMQ is, from an AMQP URL whose password is never shown."""

from __future__ import annotations

from typing import Any, Final

from aio_pika.connection import make_url

from queueing.errors import ConfigurationError

PORTS: Final = {"amqp": 5672, "amqps": 5671}
HEARTBEAT: Final = 20
"""Seconds, where the URL says nothing. A peer that vanished without a word is noticed after about three of them; the
broker for its part drops a client whose event loop stood still for two."""


class Address:
    __slots__ = ("server", "url")

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.url = str(parsed)
        self.server = f"{parsed.host}:{parsed.port or PORTS[parsed.scheme]}"
        """Host and port: all that an error may show."""


def _parsed(text: str) -> Any:
    try:
        url = make_url(text)
        usable = url.scheme in PORTS and bool(url.host) and (url.port or True)
    except ValueError:
        # The parser quotes what it could not read, and that may be the password.
        usable = False
    if not usable:
        raise ConfigurationError("The AMQP URL must look like amqp://user:password@host:5672/vhost or amqps://….")
    if url.fragment or "@" in url.path_qs or "@" in text.partition("://")[2].rpartition("@")[0]:
        raise ConfigurationError(
            "The AMQP URL has a character in its user or password that must be percent-encoded: "
            "%40 for @, %23 for #, %2F for /, %3F for ?, %3A for :."
        )
    return url if "heartbeat" in url.query else make_url(url, heartbeat=HEARTBEAT)
