from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dashboard import audit
from dashboard.access import read_only
from dashboard.models import Alert, AuditEntry, ScheduleRecord
from dashboard.schedules import force
from queueing.errors import LeveretError


class Book(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only: a book that can be edited proves nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(Book):
    list_display = ("at", "who", "verb", "target", "count", "result")
    list_filter = ("verb", "result")
    search_fields = ("who", "target", "reason")
    date_hierarchy = "at"


@admin.register(Alert)
class AlertAdmin(Book):
    """What ``runalerts`` has told, and what it has yet to tell."""

    list_display = ("seen_at", "ended_at", "tone", "subject", "text", "event", "told_at", "owed")
    list_filter = ("tone", "kind")
    search_fields = ("subject", "text")


@admin.register(ScheduleRecord)
class ScheduleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For who may manage. What is done here comes into force, and into the audit log, as in the console."""

    list_display = ("name", "type", "queue", "expression", "tz", "seconds", "catch_up", "overlap", "by", "changed_at")
    list_filter = ("type",)
    search_fields = ("name", "type")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: ScheduleRecord, form: Any, change: bool) -> None:
        obj.by, obj.changed_at = request.user.get_username(), timezone.now()
        super().save_model(request, obj, form, change)
        self._book(request, "change" if change else "add", obj.name, lambda: force.declare(obj))

    def delete_model(self, request: HttpRequest, obj: ScheduleRecord) -> None:
        name = obj.name
        super().delete_model(request, obj)
        self._book(request, "remove", name, lambda: force.withdraw(name))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ScheduleRecord]) -> None:
        for record in queryset:
            self.delete_model(request, record)

    def _book(self, request: HttpRequest, verb: str, name: str, act: Callable[[], None]) -> None:
        result, detail = AuditEntry.Result.DONE, "in the admin"
        try:
            act()
        except LeveretError as failure:
            result, detail = AuditEntry.Result.FAILED, str(failure)
            self.message_user(request, f"Saved, but not in force yet: {failure}", messages.WARNING)
        audit.record(request, verb, f"schedule {name}", result=result, detail=detail)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request) and not read_only()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and not read_only()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and not read_only()

    def _may(self, request: HttpRequest) -> bool:
        return request.user.has_perm("dashboard.manage")
