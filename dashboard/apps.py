from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard import checks, frame  # noqa: F401  they register themselves
        from dashboard.roles import create_roles
        from dashboard.schedules import force
        from queueing import runtime

        runtime.outside_schedules = force.kept
        post_migrate.connect(create_roles, sender=self, dispatch_uid="leveret roles")
