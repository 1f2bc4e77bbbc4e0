from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = "Job queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("queueing.checks")  # they register themselves, once there are settings
        autodiscover_modules("jobs")
        if any(backend.get("BACKEND") == "queueing.tasks.LeveretBackend" for backend in _task_backends().values()):
            autodiscover_modules("tasks")


def _task_backends() -> dict[str, dict[str, Any]]:
    return getattr(settings, "TASKS", {})
