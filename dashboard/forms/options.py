"""The options of a job as a form: prefilled with the type's own, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from dashboard.enginewords import said
from dashboard.forms import durations
from queueing.domain.names import check_queue
from queueing.domain.options import LONGEST_DELAY, JobOptions
from queueing.domain.registry import JobType
from queueing.errors import InvalidJob

MAX_COUNT: Final = 100_000


class Duration(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return durations.seconds(text)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong


class OptionsForm(forms.Form):
    queue = forms.CharField(max_length=128)
    run = forms.ChoiceField(
        choices=[
            ("now", pgettext_lazy("when a job runs", "Now")),
            ("after", pgettext_lazy("when a job runs", "After")),
            ("at", pgettext_lazy("when a job runs", "At")),
        ]
    )
    delay = Duration(required=False)
    run_at = forms.DateTimeField(required=False)
    count = forms.IntegerField(min_value=1, max_value=MAX_COUNT)
    over = Duration(required=False)
    max_attempts = forms.IntegerField(min_value=1, max_value=10_000)
    timeout = Duration(required=False)
    priority = forms.IntegerField(required=False, min_value=0, max_value=9)
    tags = forms.CharField(required=False)
    unique_key = forms.CharField(required=False)

    def __init__(self, known: JobType, *args: Any, base: JobOptions | None = None, **kwargs: Any) -> None:
        """``base``: what the form does not ask for; the type's own, unless the job is made from another one."""
        self._base = base or known.options
        super().__init__(*args, **kwargs)

    @classmethod
    def unbound(
        cls,
        known: JobType,
        options: JobOptions | None = None,
        queue: str = "",
        changed: Mapping[str, str] = MappingProxyType({}),
    ) -> OptionsForm:
        """``changed``: what stands in some of the fields instead."""
        return cls(known, initial=typed(options or known.options, queue or known.queue) | dict(changed))

    def clean_queue(self) -> str:
        try:
            return check_queue(self.cleaned_data["queue"])
        except InvalidJob as wrong:
            raise forms.ValidationError(said(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("run") == "after" and values.get("delay") is None and "delay" not in self.errors:
            self.add_error("delay", _("After how long?"))
        if values.get("run") == "at" and values.get("run_at") is None and "run_at" not in self.errors:
            self.add_error("run_at", _("When?"))
        if not self.errors and values["over"]:
            self._check_ramp(values)
        if not self.errors:
            try:
                values["options"] = self._options(values)
            except InvalidJob as wrong:
                self.add_error(named_in(str(wrong)), said(wrong))
        return values

    def _check_ramp(self, values: Mapping[str, Any]) -> None:
        if values["over"] > LONGEST_DELAY - (values["delay"] or 0.0):
            self.add_error("over", _("At most %(span)s ahead.") % {"span": durations.written(LONGEST_DELAY)})
        elif values["count"] == 1:
            self.add_error("over", _("One job has nothing to be spread over."))

    def _options(self, values: Mapping[str, Any]) -> JobOptions:
        return msgspec.structs.replace(
            self._base,
            max_attempts=values["max_attempts"],
            delay=values["delay"] if values["run"] == "after" else None,
            run_at=values["run_at"] if values["run"] == "at" else None,
            timeout=values["timeout"],
            priority=values["priority"],
            tags=tuple(values["tags"].replace(",", " ").split()),
            unique_key=values["unique_key"] or None,
            unique_for=self._base.unique_for if values["unique_key"] else None,
        )


def typed(options: JobOptions, queue: str) -> dict[str, str]:
    run_at = options.run_at if options.run_at and options.run_at > timezone.now() else None
    return {
        "queue": queue,
        "run": "at" if run_at else "after" if options.delay else "now",
        "delay": durations.written(options.delay) if options.delay else "",
        "run_at": local(run_at) if run_at else "",
        "count": "1",
        "over": "",
        "max_attempts": str(options.max_attempts),
        "timeout": durations.written(options.timeout) if options.timeout else "",
        "priority": "" if options.priority is None else str(options.priority),
        "tags": " ".join(options.tags),
        "unique_key": options.unique_key or "",
    }


def local(moment: datetime) -> str:
    """As ``<input type=datetime-local>`` wants it, in the server's zone."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M:%S}"


def named_in(message: str) -> str | None:
    """The field that an error of JobOptions is about."""
    return next((name for name in OptionsForm.base_fields if message.startswith(name)), None) or (
        "tags" if " tag" in message else None
    )
