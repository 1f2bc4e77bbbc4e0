from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import is_same_domain


def is_ours(scope: Mapping[str, Any]) -> bool:
    """Whether the page that opens the socket is of this site, by the rule of Django's CSRF check: browsers send
    cookies with a socket from anywhere. ALLOWED_HOSTS alone would let in any site where it says ``*``."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"origin", b"host")}
    origin = headers.get(b"origin", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.netloc and parts.netloc.lower() == headers.get(b"host", "").lower():
        return True
    wildcards = (urlsplit(one) for one in settings.CSRF_TRUSTED_ORIGINS if "*" in one)
    return any(one.scheme == parts.scheme and is_same_domain(parts.netloc, one.netloc.lstrip("*")) for one in wildcards)
