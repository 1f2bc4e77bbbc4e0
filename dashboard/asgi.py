"""HTTP to Django; the one websocket to the live views."""

# ruff: noqa: E402  the applications must be set up before anything of theirs is imported
from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from django.conf import settings

# Without one Django would start, and fail at the first login.
settings.SECRET_KEY  # noqa: B018

from dashboard.routing import with_console

application = with_console(http)
