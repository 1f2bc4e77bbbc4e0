from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "queueing.demo"
    label = "queueing_demo"
    verbose_name = "Sample jobs"
