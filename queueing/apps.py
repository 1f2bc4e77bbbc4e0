from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = "Job queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        autodiscover_modules("jobs")
