"""A schedule as it lies in Django's database, which outlives a Redis that comes back empty."""

from __future__ import annotations

import msgspec
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from queueing import runtime
from queueing.domain.jsontext import encode_json
from queueing.domain.options import JobOptions
from queueing.domain.schedules import MAX_NAME, CatchUp, Overlap, Schedule
from queueing.domain.timing import MAX_EXPRESSION, Cron, Every, Timing
from queueing.errors import InvalidJob, InvalidPayload


class ScheduleRecord(models.Model):
    """One that was made in the console or in Django's admin. Those of the code are not here."""

    class Catching(models.TextChoices):
        LATEST = CatchUp.LATEST.value, gettext_lazy("Make up for the last one")
        SKIP = CatchUp.SKIP.value, gettext_lazy("Leave them out")
        ALL = CatchUp.ALL.value, gettext_lazy("Make up for each, up to a hundred")

    class Overlapping(models.TextChoices):
        ALLOW = Overlap.ALLOW.value, gettext_lazy("Add the next one beside it")
        SKIP = Overlap.SKIP.value, gettext_lazy("Leave the next one out")

    name = models.CharField(max_length=MAX_NAME, unique=True)
    type = models.CharField("job type", max_length=128)
    queue = models.CharField(max_length=128, blank=True, help_text="Empty: the job type's own.")
    payload = models.TextField(default="{}", help_text="JSON.")
    expression = models.CharField("cron expression", max_length=MAX_EXPRESSION, blank=True)
    tz = models.CharField("time zone", max_length=64, default="UTC")
    seconds = models.PositiveIntegerField("every", null=True, blank=True, help_text="Seconds, in place of cron.")
    catch_up = models.CharField("missed ticks", max_length=10, choices=Catching, default=Catching.LATEST)
    overlap = models.CharField("while one runs", max_length=10, choices=Overlapping, default=Overlapping.ALLOW)
    by = models.CharField(max_length=150, blank=True, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        app_label = "dashboard"
        ordering = ("name",)
        default_permissions = ()
        verbose_name = "schedule"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if bool(self.expression) == bool(self.seconds):
            raise ValidationError(_("Give a cron expression, or seconds: one of them."))
        try:
            self.as_schedule()
        except InvalidJob as wrong:
            raise ValidationError(str(wrong)) from wrong

    @property
    def timing(self) -> Timing:
        """Raises InvalidSchedule."""
        return Every(self.seconds) if self.seconds else Cron(self.expression, self.tz)

    def as_schedule(self) -> Schedule:
        """With the queue and the options of the job type, where this process knows it. Raises InvalidJob."""
        known = runtime.cluster().registry.get(self.type)
        return Schedule(
            name=self.name,
            type=self.type,
            queue=self.queue or (known.queue if known else "default"),
            timing=self.timing,
            payload=encoded(self.type, self.payload),
            options=known.options if known else JobOptions(),
            catch_up=CatchUp(self.catch_up),
            overlap=Overlap(self.overlap),
            source="console",
        )


def encoded(type_: str, payload: str) -> bytes:
    """JSON text, checked against the handler where this process has it. Raises InvalidPayload."""
    value = decoded(payload)
    known = runtime.cluster().registry.get(type_)
    return known.encode(value) if known else encode_json(value)


def decoded(payload: str) -> object:
    """Raises InvalidPayload with the place of what is wrong."""
    try:
        return msgspec.json.decode(payload.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise InvalidPayload(_("The payload is not JSON: %(error)s") % {"error": wrong}) from wrong
