"""``LEVERET["ALERTS"]``: whom to tell, and of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

WEB: Final = ("http", "https")


class AlertOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="upper"):
    mail: Sequence[str] = ()
    """Addresses. How mail is sent is Django's to know: EMAIL_HOST and its kin."""
    webhook: str = ""
    """URL that is sent JSON by POST. Its ``text`` is what Slack, Mattermost and their kin show."""
    heartbeat: str = ""
    """URL that is fetched after each round, for a service that calls somebody when that stops."""
    url: str = ""
    """Where people reach the console, as https://ops.example.com: links lead there."""
    level: Literal["warn", "error"] = "warn"
    """Of no less than this."""
    after: float = 60.0
    """Seconds that something must have lasted, and must have been gone until it is over."""
    again: float = 4 * 3600.0
    """Seconds until somebody is told once more of what still lasts; 0: never."""

    def __post_init__(self) -> None:
        for name in ("webhook", "heartbeat", "url"):
            value = getattr(self, name)
            if value and not _is_web(value):
                raise ValueError(f"{name.upper()} is {value!r}: write a URL that begins with https:// or http://.")
        for name in ("after", "again"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name.upper()} is {getattr(self, name)}: write seconds, 0 or more.")
        for address in self.mail:
            if "@" not in address:
                raise ValueError(f"MAIL has {address!r}: write addresses, as in ['oncall@example.com'].")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in WEB and bool(parts.hostname)
    except ValueError:
        return False


def options() -> AlertOptions:
    """Raises msgspec.ValidationError, whose text says what is wrong with the setting."""
    given: Mapping[str, Any] = getattr(settings, "LEVERET", {}).get("ALERTS", {})
    return msgspec.convert(given, AlertOptions)
