from __future__ import annotations

from django.conf import settings
from django.db import models

from dashboard.access import PERMISSIONS


class Console(models.Model):  # noqa: DJ008  there is never one of it
    """Has no table: it only holds the permissions."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = tuple((name, f"Can {gloss}") for name, gloss in PERMISSIONS.items())


class AuditEntry(models.Model):
    """One act of one person. Written once, never changed."""

    class Result(models.TextChoices):
        DONE = "done"
        PARTLY = "partly"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=150, help_text="The name they had then; it stays when the account goes.")
    verb = models.CharField(max_length=40, db_index=True)
    target = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=1, help_text="How many jobs it was about.")
    reason = models.TextField(blank=True)
    result = models.CharField(max_length=10, choices=Result.choices, default=Result.DONE)
    detail = models.TextField(blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.who}: {self.verb} {self.target}"
