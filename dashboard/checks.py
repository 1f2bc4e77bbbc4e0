"""What a project that embeds the console may have forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.utils.module_loading import import_string
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard.alerts.options import options

FILES: Final = ("console/console.css", "django_htmx/htmx-4.min.js")
"""Without them a page is bare text. The others come with these."""


@checks.register
def needed_apps(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for name, why in (("django_htmx", "the pages load htmx from it"), ("queueing", "it is the queue")):
        if not apps.is_installed(name):
            found.append(
                checks.Error(
                    f"The console needs {name} in INSTALLED_APPS: {why}.",
                    hint=f'INSTALLED_APPS += ["{name}"]',
                    id="leveret.E201",
                )
            )
    return found


@checks.register
def alert_options(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    try:
        options()
    except msgspec.ValidationError as error:
        hint = "docs/reference/settings.md lists what it takes."
        return [checks.Error(f'LEVERET["ALERTS"]: {error}', hint=hint, id="leveret.E203")]
    return []


@checks.register(checks.Tags.staticfiles, deploy=True)
def static_files(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Only what is certain: who serves them, and from where, often is not Django's to know."""
    why = next(filter(None, map(_missing, FILES)), "")
    if not why:
        return []
    hint = (
        'Run manage.py collectstatic at each deployment; "Static files" in docs/howto/embed.md tells who serves them.'
    )
    return [checks.Warning(f"The console's static files cannot be found: {why}.", hint=hint, id="leveret.W202")]


def _missing(name: str) -> str:
    """Why nobody can be given this file; empty where somebody may."""
    if settings.DEBUG:
        return ""
    stored = name
    if apps.is_installed("django.contrib.staticfiles"):
        if not issubclass(import_string(settings.STORAGES["staticfiles"]["BACKEND"]), FileSystemStorage):
            return ""
        try:
            url = staticfiles_storage.url(name)
        except ImproperlyConfigured:
            return "STATIC_ROOT is not set"
        except ValueError:  # as a page would meet it
            return f"pages fail, for {name} is not in the manifest of the collected files"
        stored = url.removeprefix(settings.STATIC_URL)
    return _missing_to_whitenoise(stored) if _whitenoise() else _missing_to_a_proxy()


def _missing_to_whitenoise(stored: str) -> str:
    if getattr(settings, "WHITENOISE_USE_FINDERS", False) or getattr(settings, "WHITENOISE_AUTOREFRESH", False):
        return ""
    if not settings.STATIC_ROOT:
        return "WhiteNoise is to serve them, and STATIC_ROOT is not set"
    if not Path(settings.STATIC_ROOT, stored).exists():
        return f"WhiteNoise is to serve them, and there is no {stored} in STATIC_ROOT"
    return ""


def _missing_to_a_proxy() -> str:
    """It may have them from anywhere, unless they could never be collected."""
    foreign = settings.STATIC_URL is None or "//" in settings.STATIC_URL
    if settings.STATIC_ROOT or foreign or any("static" in name.lower() for name in settings.MIDDLEWARE):
        return ""
    return "DEBUG is off, STATIC_ROOT is not set, and WhiteNoise is not in MIDDLEWARE"


def _whitenoise() -> bool:
    return any(isinstance(one, type) and issubclass(one, WhiteNoiseMiddleware) for one in _middleware())


def _middleware() -> Iterator[Any]:
    for name in settings.MIDDLEWARE:
        with suppress(ImportError):  # others tell of it
            yield import_string(name)
