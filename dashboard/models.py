from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.access import PERMISSIONS


class Console(models.Model):  # noqa: DJ008  there is never one of it
    """Has no table: it only holds the permissions."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = tuple((name, f"Can {gloss}") for name, gloss in PERMISSIONS.items())


class AuditEntry(models.Model):
    """One act of one person. Written once, never changed: each entry is sealed together with the one before it, so
    that a change, a gap or an insertion shows (``manage.py check_audit``)."""

    class Result(models.TextChoices):
        DONE = "done"
        PARTLY = "partly"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
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
    # Unique: two entries written at once cannot both follow the same one. The loser follows the winner.
    previous = models.CharField(max_length=64, unique=True, editable=False)
    seal = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.who}: {self.verb} {self.target}"

    def sealed_with(self, secret: str | None = None) -> str:
        """What the seal of this entry must be. The account is left out: it goes when somebody leaves."""
        said = [self.previous, self.at.isoformat(), self.who, self.verb, self.target, self.count, self.reason]
        said += [self.result, self.detail, str(self.address or ""), self.agent]
        return salted_hmac("leveret.audit", json.dumps(said), secret=secret, algorithm="sha256").hexdigest()
