"""A schedule as people fill it in, and when it would run."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import enginewords, wording
from dashboard.forms import durations
from dashboard.forms.options import Duration, named_in
from dashboard.schedules.records import NOTHING, OPTIONS, ScheduleRecord, decoded, encoded, options_of
from dashboard.statewords import capitalised
from queueing.domain.names import check_queue
from queueing.domain.options import JobOptions, changed
from queueing.domain.schedules import check_name
from queueing.domain.timing import Cron, Every, Timing, upcoming, zone
from queueing.errors import InvalidJob

PREVIEWED: Final = 5
KINDS: Final = (("cron", gettext_lazy("By the clock")), ("every", gettext_lazy("At a pace")))


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # no Django takes it without a patch
    kind = forms.ChoiceField(choices=KINDS, initial="cron")
    period = Duration(required=False)
    max_attempts = forms.IntegerField(required=False, min_value=1, max_value=10_000)
    timeout = Duration(required=False)
    priority = forms.IntegerField(required=False, min_value=0, max_value=9)
    without = forms.MultipleChoiceField(required=False, choices=[(name, name) for name in NOTHING])

    class Meta:
        model = ScheduleRecord
        fields = ("name", "type", "queue", "payload", *OPTIONS, "without", "expression", "tz", "catch_up", "overlap")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seconds = self.instance.seconds
        self.initial["timeout"] = durations.written(self.instance.timeout) if self.instance.timeout else ""
        self.initial["kind"] = "every" if seconds else "cron"
        self.initial["period"] = durations.written(seconds) if seconds else ""
        if self.instance.pk is None:
            self.initial["tz"] = timezone.get_default_timezone_name()
        else:
            # Its jobs and its history go by its name.
            self.fields["name"].disabled = True

    def clean_name(self) -> str:
        return str(_refused(check_name, self.cleaned_data["name"]))

    def clean_queue(self) -> str:
        queue = self.cleaned_data["queue"]
        return str(_refused(check_queue, queue)) if queue else ""

    def clean_payload(self) -> str:
        _refused(decoded, self.cleaned_data["payload"])
        return str(self.cleaned_data["payload"])

    def clean_without(self) -> list[str]:
        """What is filled in stands for itself."""
        return [name for name in self.cleaned_data["without"] if self.cleaned_data.get(name) in (None, "")]

    def clean_tz(self) -> str:
        return str(_refused(zone, self.cleaned_data["tz"]))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        every = values.get("kind") == "every"
        if not {"expression", "tz", "period"} & self.errors.keys():
            self._read_timing(values, every=every)
        if not set(OPTIONS) & self.errors.keys():
            self._check_options(values)
        if "payload" in values and "type" in values:
            try:
                encoded(values["type"], values["payload"])
            except InvalidJob as wrong:
                self.add_error("payload", enginewords.said(wrong))
        return values

    def _check_options(self, values: dict[str, Any]) -> None:
        try:
            changed(JobOptions(), options_of(values))
        except InvalidJob as wrong:
            self.add_error(named_in(str(wrong)), enginewords.said(wrong))

    def _read_timing(self, values: dict[str, Any], *, every: bool) -> None:
        field = "period" if every else "expression"
        if not values.get(field):
            self.add_error(field, _("How often?") if every else _("When? For example */5 * * * *."))
            return
        try:
            timing = Every(values["period"]) if every else Cron(values["expression"], values["tz"])
        except InvalidJob as wrong:
            self.add_error(field, enginewords.said(wrong))
            return
        self.instance.seconds = timing.seconds if isinstance(timing, Every) else None
        values["expression"] = timing.expression if isinstance(timing, Cron) else ""

    @property
    def preview(self) -> Preview | None:
        """None while it is not yet clear when it runs."""
        if not self.is_bound:
            return Preview(self.instance.timing) if self.instance.pk else None
        self.is_valid()
        if {"kind", "expression", "tz", "period"} & self.errors.keys():
            return None
        return Preview(self.instance.timing)


class Preview:
    """The next runs, by the clock that the schedule goes by and by the viewer's own."""

    def __init__(self, timing: Timing, after: datetime | None = None) -> None:
        self.timing = timing
        self.runs = [Run(at, timing) for at in upcoming(timing, after or timezone.now(), PREVIEWED)]

    @property
    def words(self) -> str:
        return capitalised(enginewords.said(self.timing.said))

    @property
    def tz(self) -> str:
        return zone_of(self.timing)


class Run:
    def __init__(self, at: datetime, timing: Timing) -> None:
        self.at = at
        self.there = at.astimezone(zone(zone_of(timing)))

    @property
    def shown(self) -> str:
        """With the offset, which on one night tells the two hours of one name apart."""
        there = self.there
        return f"{wording.weekday(there)}, {there:%H:%M}{f':{there:%S}' if there.second else ''} {there:%Z}"


def zone_of(timing: Timing) -> str:
    return timing.tz if isinstance(timing, Cron) else "UTC"


@cache
def zones() -> list[str]:
    """To choose from: those that people live in."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


def _refused(check: Any, value: Any) -> Any:
    try:
        return check(value)
    except InvalidJob as wrong:
        raise forms.ValidationError(enginewords.said(wrong)) from wrong
