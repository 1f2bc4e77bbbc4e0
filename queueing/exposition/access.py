"""Who may scrape: whoever brings the token of ``LEVERET["METRICS_TOKEN"]``."""

from __future__ import annotations

import hmac


class TokenRefused(Exception):
    """The Authorization header holds no token, or another one."""


def check_bearer(header: str, token: str) -> None:
    """In a time that does not tell how much of a guess was right. An empty ``token`` admits nobody.

    Raises TokenRefused.
    """
    scheme, _, given = header.partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    if not token or scheme.lower() != "bearer" or not same:
        raise TokenRefused
