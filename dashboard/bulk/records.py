"""Operations and their frozen sets, in Django's database: they outlive a flushed Redis, the audit log beside which they
are kept is there too, and a page of 100,000 ids takes no memory from the jobs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from queueing.domain.saying import unpack


class Operation(models.Model):
    """One act on many jobs, confirmed by one person, run by one job."""

    class State(models.TextChoices):
        DRAFT = "draft"
        """Its set is being written; nobody sees it."""
        WAITING = "waiting"
        """It can still be undone."""
        RUNNING = "running"
        PAUSED = "paused"
        DONE = "done"
        CANCELLED = "cancelled"
        UNDONE = "undone"

    act = models.CharField(max_length=20)
    """A key of ``dashboard.bulk.acts.ACTS``."""
    described = models.TextField()
    """The set in the words of the filter box."""
    back = models.TextField()
    """The page that it was chosen on."""
    reason = models.TextField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    rate = models.PositiveIntegerField(default=0, help_text="Jobs a second; 0: as fast as it goes.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, db_index=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0, help_text="Number of the chunk that comes next.")
    speed = models.FloatField(default=0.0, help_text="Jobs a second, lately.")
    trouble = models.TextField(blank=True, help_text="What held it up last.")
    trouble_packed = models.JSONField(null=True, help_text="The same, to be said in other languages.")
    job_id = models.CharField(max_length=64, blank=True, help_text="The job that runs it.")
    frozen_at = models.DateTimeField(default=timezone.now)
    begins_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "dashboard"
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"operation {self.pk}"

    @property
    def hindrance(self) -> str:
        """What held it up last, for its reader's language."""
        return self.trouble if self.trouble_packed is None else unpack(self.trouble_packed)

    @property
    def treated(self) -> int:
        return self.done + self.skipped

    @property
    def left(self) -> int:
        return self.total - self.treated


ACTIVE = (Operation.State.WAITING, Operation.State.RUNNING, Operation.State.PAUSED)
ENDED = (Operation.State.DONE, Operation.State.CANCELLED, Operation.State.UNDONE)


class Chunk(models.Model):
    """A part of a frozen set, treated in one step of the store, and what became of it."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    ids = models.TextField()
    """One a line: ids hold no spaces."""
    why = models.JSONField(default=dict)
    """Why jobs were skipped, by their place in ``ids``."""
    skipped = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "dashboard"
        ordering = ("operation", "number")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("operation", "number"), name="chunk_once"),)

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.operation_id}"

    @property
    def jobs(self) -> list[str]:
        return self.ids.split("\n")
