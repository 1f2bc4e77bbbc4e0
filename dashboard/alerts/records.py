"""What was told, in Django's database: there it is known while Redis and RabbitMQ are away, and to every watcher."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Alert(models.Model):
    """One concern from when it was first seen until it was gone."""

    class Event(models.TextChoices):
        NONE = ""
        RAISED = "raised"
        OVER = "over"

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=200, blank=True)
    """The queue, worker or server it is about."""
    tone = models.CharField(max_length=5)
    text = models.TextField()
    since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    event = models.CharField(max_length=6, blank=True, choices=Event.choices, default=Event.NONE)
    """What people are told, or were told last."""
    told_at = models.DateTimeField(null=True)
    """Since when they are."""
    owed = models.JSONField(default=list)
    """The channels that have not taken it yet."""
    claimed_at = models.DateTimeField(null=True)
    """Somebody is telling them."""

    class Meta:
        app_label = "dashboard"
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            # Two watchers who see the same thing at once have one alert of it.
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=models.Q(ended_at=None), name="one_open_alert"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.text}".strip()
