"""A schedule as it lies in Django's database, which outlives a Redis that comes back empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.enginewords import said
from queueing import runtime
from queueing.domain.jsontext import PAYLOAD, encode_json
from queueing.domain.misfits import misfit
from queueing.domain.options import JobOptions, changed
from queueing.domain.saying import say
from queueing.domain.schedules import MAX_NAME, CatchUp, Overlap, Schedule
from queueing.domain.timing import MAX_EXPRESSION, Cron, Every, Timing
from queueing.errors import InvalidJob, InvalidPayload

OPTIONS: Final = ("max_attempts", "timeout", "priority", "tags", "unique_key")
OWN: Final = "Empty: the job type's own."
NOTHING: Final[Mapping[str, Any]] = {"timeout": None, "priority": None, "tags": (), "unique_key": None}
"""What an option is where there shall be none, whatever the job type has."""


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
    queue = models.CharField(max_length=128, blank=True, help_text=OWN)
    payload = models.TextField(default="{}", help_text="JSON.")
    max_attempts = models.PositiveIntegerField(
        "attempts", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10_000)], help_text=OWN
    )
    timeout = models.FloatField("time limit", null=True, blank=True, help_text=f"Seconds for one attempt. {OWN}")
    priority = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(9)], help_text=f"0 to 9. {OWN}"
    )
    tags = models.CharField(max_length=1100, blank=True, help_text=f"Words, with blanks between them. {OWN}")
    unique_key = models.CharField(max_length=256, blank=True, help_text=OWN)
    without = models.JSONField(
        default=list, blank=True, help_text="Options that its jobs go without, though the job type has them: a list."
    )
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
        if not isinstance(self.without, list) or not all(name in NOTHING for name in self.without):
            raise ValidationError({"without": _("A list of these: %(names)s.") % {"names": ", ".join(NOTHING)}})
        try:
            self.as_schedule()
        except InvalidJob as wrong:
            raise ValidationError(said(wrong)) from wrong

    @property
    def timing(self) -> Timing:
        """Raises InvalidSchedule."""
        return Every(self.seconds) if self.seconds else Cron(self.expression, self.tz)

    @property
    def options(self) -> dict[str, Any]:
        return options_of({name: getattr(self, name) for name in (*OPTIONS, "without")})

    def as_schedule(self) -> Schedule:
        """What is left empty is the job type's own, where this process knows it. Raises InvalidJob."""
        known = runtime.cluster().registry.get(self.type)
        own = known.options if known else JobOptions()
        return Schedule(
            name=self.name,
            type=self.type,
            queue=self.queue or (known.queue if known else "default"),
            timing=self.timing,
            payload=encoded(self.type, self.payload),
            options=changed(own, self.options),
            catch_up=CatchUp(self.catch_up),
            overlap=Overlap(self.overlap),
            source="console",
        )


def options_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are filled in, and those that there shall be none of."""
    found: dict[str, Any] = {name: values.get(name) for name in OPTIONS if values.get(name) not in (None, "")}
    if "tags" in found:
        found["tags"] = tuple(found["tags"].replace(",", " ").split())
    without = {name: NOTHING[name] for name in values.get("without") or () if name in NOTHING}
    if "unique_key" in without:
        without["unique_for"] = None
    return found | without


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
        raise InvalidPayload(say("%(what)s is not JSON: %(error)s", what=PAYLOAD, error=misfit(str(wrong)))) from wrong
