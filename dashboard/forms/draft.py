"""A job that is being written: its type, the payload's form, its options, and what is wrong with them so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from dashboard.enginewords import said
from dashboard.forms import complaints, fields, names, reading, rows, writing
from dashboard.forms.moments import schema_of
from dashboard.forms.options import OptionsForm
from dashboard.forms.optionwords import option_name
from dashboard.forms.origins import options_of, unregistered
from dashboard.forms.shapes import Kind, Shape, read
from queueing.domain.job import JobRecord
from queueing.domain.misfits import misfit
from queueing.domain.names import is_id
from queueing.domain.registry import JobType
from queueing.errors import InvalidPayload

JSON = "json"
"""The name of the textarea that holds the whole payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    job_type: JobType
    shape: Shape
    options: OptionsForm
    typed: dict[str, str]
    as_json: bool = False
    json: str = ""
    origin: str = ""
    """The job it was made from."""
    errors: dict[str, str] = field(default_factory=dict)
    payload: Any = None

    @classmethod
    def new(cls, job_type: JobType) -> Draft:
        shape = read(schema_of(job_type))
        typed = writing.blank(shape)
        if shape.kind is Kind.JSON:
            typed[names.ROOT] = "{}"
        return cls(job_type=job_type, shape=shape, options=OptionsForm.unbound(job_type), typed=typed)

    @classmethod
    def of(cls, job_type: JobType, record: JobRecord, value: Any = msgspec.UNSET) -> Draft:
        """To edit a job and enqueue it anew. ``value``: its payload, where that is not its JSON."""
        shape = read(schema_of(job_type))
        if value is msgspec.UNSET:
            value = msgspec.json.decode(record.payload)
        options = OptionsForm.unbound(job_type, options_of(record), record.queue)
        typed = writing.written(shape, value)
        # What the form cannot show without loss is shown as JSON.
        lossless = means_the_same(job_type, reading.payload(shape, typed).payload, value)
        return cls(
            job_type=job_type, shape=shape, options=options, typed=typed, origin=record.id,
            as_json=not lossless, json=writing.json_of(value),
        )  # fmt: skip

    @classmethod
    def filled(cls, job_type: JobType, value: Any, options: Mapping[str, str], *, as_json: bool) -> Draft:
        """With a payload that may not fit any more: what fits is filled in. ``options``: those that are not the
        type's own, as they were typed."""
        shape = read(schema_of(job_type))
        return cls(
            job_type=job_type,
            shape=shape,
            options=OptionsForm.unbound(job_type, changed=options),
            typed=writing.written(shape, value),
            as_json=as_json,
            json=writing.json_of(value),
        )

    @classmethod
    def posted(cls, job_type: JobType, data: Mapping[str, str], origin: JobRecord | None = None) -> Draft:
        shape = read(schema_of(job_type))
        typed = {name: value for name, value in data.items() if name.split(".", 1)[0] == names.ROOT}
        return cls(
            job_type=job_type,
            shape=shape,
            options=OptionsForm(job_type, data, base=options_of(origin) if origin else None),
            typed=rows.picked(shape, typed),
            as_json=data.get("as") == "json",
            json=data.get(JSON, ""),
            origin=named if is_id(named := data.get("origin", "")) else "",
        )

    @property
    def registered(self) -> bool:
        return self.job_type.handler is not unregistered

    @property
    def root(self) -> fields.Field:
        return fields.bind(self.shape, self.typed, self.errors)

    @property
    def json_error(self) -> str:
        return self.errors.get(JSON, "")

    @property
    def takes_nothing(self) -> bool:
        """A handler without arguments takes an empty object, or null."""
        parts = self.shape.variants() if self.shape.kind is Kind.UNION else [self.shape]
        return all(part.kind is Kind.STRUCT and not part.members() for part in parts)

    def added(self, name: str) -> Draft:
        return replace(self, typed=rows.added(self.shape, self.typed, name))

    def removed(self, name: str) -> Draft:
        return replace(self, typed=rows.removed(self.typed, name))

    def to_json(self) -> Draft:
        return replace(self, as_json=True, json=writing.json_of(reading.payload(self.shape, self.typed).payload))

    def to_form(self) -> Draft:
        """Stays with JSON, and says why, where that is none."""
        try:
            value = reading.from_json(self.json)
        except ValueError as wrong:
            return replace(self, as_json=True, errors={JSON: str(wrong)})
        return replace(self, as_json=False, typed=writing.written(self.shape, value))

    def checked(self) -> Draft:
        """With its payload, and with every error that can be known: the fields' own, then msgspec's word."""
        if self.as_json:
            return self._checked_json()
        found = reading.payload(self.shape, self.typed)
        errors = dict(found.errors)
        if not errors and (wrong := refusal(self.job_type, found.payload)):
            name, text = complaints.place(self.shape, self.typed, wrong)
            errors[name] = text
        return replace(self, payload=found.payload, errors=errors)

    def _checked_json(self) -> Draft:
        try:
            value = reading.from_json(self.json)
        except ValueError as wrong:
            return replace(self, errors={JSON: str(wrong)})
        refused = refusal(self.job_type, value)
        return replace(self, payload=value, errors={JSON: said(misfit(refused)).replace("`", "")} if refused else {})

    @property
    def needs(self) -> list[tuple[str, str]]:
        """What still needs the reader: id and label of each field with an error."""
        found = [(f"f-{name}", label(name)) for name in self.errors]
        return found + [(f"o-{name}", option_name(name)) for name in self.options.errors]


def refusal(job_type: JobType, payload: Any) -> str:
    """What msgspec has against it; empty for nothing."""
    try:
        job_type.encode(payload)
    except InvalidPayload as wrong:
        return str(wrong.__cause__ or wrong)
    return ""


def means_the_same(job_type: JobType, one: Any, other: Any) -> bool:
    """Whether the handler would be given equal arguments."""
    if one == other:
        return True
    try:
        return bool(job_type.decode(job_type.encode(one)) == job_type.decode(job_type.encode(other)))
    except InvalidPayload:
        return False


def label(name: str) -> str:
    """``p.to.1`` as a reader knows it: to, 2."""
    if name == JSON:
        return _("the JSON")
    pieces = [piece for piece in name.split(".")[1:] if piece != names.CONTENT]
    return ", ".join(str(int(piece) + 1) if piece.isdigit() else piece for piece in pieces) or "payload"
