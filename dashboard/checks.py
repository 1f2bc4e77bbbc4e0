"""What a project that embeds the console may have forgotten."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core import checks


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
