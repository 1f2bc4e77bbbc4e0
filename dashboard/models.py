from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.access import PERMISSIONS
from dashboard.alerts.records import Alert
from dashboard.bulk.records import Chunk, Operation
from dashboard.schedules.records import ScheduleRecord

__all__ = ["Alert", "AuditEntry", "Chunk", "Console", "Operation", "Preset", "ScheduleRecord"]


class Console(models.Model):  # noqa: DJ008  there is never one of it
    """Has no table: it only holds the permissions."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = tuple((name, f"Can {gloss}") for name, gloss in PERMISSIONS.items())


class AuditEntry(models.Model):
    """One act of one person. Written once, never changed: each entry is sealed together with the one before it, so
    that a change, a gap or an insertion shows (``manage.py verify_audit``)."""

    class Result(models.TextChoices):
        STARTED = "started"
        DONE = "done"
        PARTLY = "partly"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=150, help_text="The name they had then; it stays when the account goes.")
    verb = models.CharField(max_length=40)
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
        ordering = ("-id",)
        default_permissions = ("view",)
        # What the console's list is narrowed to; the newest of each stand together.
        indexes = (
            models.Index(fields=("who", "id"), name="audit_who"),
            models.Index(fields=("verb", "id"), name="audit_verb"),
            models.Index(fields=("result", "id"), name="audit_result"),
        )
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.who}: {self.verb} {self.target}"

    def sealed_with(self, secret: str | None = None) -> str:
        """What the seal of this entry must be. The account is left out: it goes when somebody leaves."""
        said = [self.previous, self.at.isoformat(), self.who, self.verb, self.target, self.count, self.reason]
        said += [self.result, self.detail, str(self.address or ""), self.agent]
        return salted_hmac("leveret.audit", json.dumps(said), secret=secret, algorithm="sha256").hexdigest()


class AuditSubject(models.Model):
    """Finds the entries about one thing: a job, a queue, an operation. Not sealed: the entries say it."""

    entry = models.ForeignKey(AuditEntry, on_delete=models.CASCADE, related_name="subjects")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("kind", "name", "entry"), name="audit_about"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class AuditCheck(models.Model):
    """That somebody followed the chain of the log, how far, and what was found."""

    at = models.DateTimeField(default=timezone.now)
    entries = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64, blank=True, help_text="The seal of the newest entry then.")
    breaks = models.PositiveIntegerField(default=0)
    first = models.TextField(blank=True, help_text="What was said of the first break.")

    class Meta:
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        entries = "1 entry" if self.entries == 1 else f"{self.entries:,} entries"
        return f"{entries}, {self.first or 'unbroken'}"


class Preset(models.Model):
    """What stood in the enqueue form, under a name of somebody's own. Never what looks secret."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    shared = models.BooleanField(default=False, help_text="Everybody who may enqueue finds it.")
    type = models.CharField(max_length=128)
    payload = models.TextField(help_text="JSON.")
    as_json = models.BooleanField(default=False, help_text="It was written as JSON.")
    options = models.TextField(default="{}", help_text="As they were typed, without the type's own. JSON.")
    left_out = models.TextField(default="[]", help_text="Names of the inputs whose values look secret. JSON.")
    schema = models.CharField(max_length=64, help_text="Of the handler then, digested.")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "id")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="one_preset_of_a_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def left_out_names(self) -> list[str]:
        return list(json.loads(self.left_out))


class SavedView(models.Model):
    """A list of jobs that somebody comes back to, under a name of their own. It holds what the list's URL holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=4000, blank=True)

    class Meta:
        ordering = ("name",)
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="one_view_of_a_name"),)

    def __str__(self) -> str:
        return self.name
