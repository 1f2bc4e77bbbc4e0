"""What stands in the enqueue form, kept under a name, and put back into a form whose handler may have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.forms import reading
from dashboard.forms.draft import JSON, Draft, label
from dashboard.forms.fitting import misfits
from dashboard.forms.keeping import LEFT_OUT, looks_secret, without_secrets
from dashboard.forms.moments import schema_of
from dashboard.forms.options import OptionsForm, typed
from dashboard.forms.optionwords import option_name
from dashboard.models import Preset
from queueing.domain.registry import JobType

MOST: Final = 50
"""Presets of one person; a list of more is no help to find one."""
LISTED: Final = 200
"""Of one's own and of everybody's."""
LARGEST: Final = 64 * 1024
"""Characters of a payload that is kept."""


OPTIONS: Final = tuple(OptionsForm.base_fields)


class NotKept(Exception):
    """What is wrong, for the reader."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A draft made of a preset, and what of that could not be put into it."""

    preset: Preset
    draft: Draft
    changed: bool
    """The handler takes other arguments than it did then."""
    lost: Sequence[str] = ()
    """What the form has no place for, as a reader knows it."""
    needed: Sequence[str] = ()
    """What the form asks for and the preset does not have, where the handler has changed."""
    secret: Sequence[str] = ()
    """What was not kept because it looks secret."""


def usable(user_id: Any) -> QuerySet[Preset]:
    """One's own, and those that are everybody's."""
    return Preset.objects.filter(Q(user_id=user_id) | Q(shared=True)).select_related("user")


def values_of(draft: Draft) -> dict[str, Any]:
    """The fields of a preset that hold what stands in the form. Raises NotKept."""
    payload, secret = without_secrets(_payload(draft))
    chosen, hidden = _options(draft)
    text = "null" if payload is LEFT_OUT else json.dumps(payload)
    if len(text) > LARGEST:
        raise NotKept(_("It is too large to be kept: at most 64 kB."))
    return {
        "type": draft.job_type.name,
        "payload": text,
        "as_json": draft.as_json,
        "options": json.dumps(chosen),
        "left_out": json.dumps([*secret, *hidden]),
        "schema": digest(draft.job_type),
        "changed_at": timezone.now(),
    }


def fill(preset: Preset, job_type: JobType, *, priorities: bool = True) -> Filled:
    value, secret = json.loads(preset.payload), preset.left_out_names
    options, late = _in_force(json.loads(preset.options), priorities=priorities)
    draft = Draft.filled(job_type, value, options, as_json=preset.as_json)
    lost = [] if preset.as_json else misfits(draft.shape, value)
    changed = preset.schema != digest(job_type)
    checked = draft.checked()
    needed = [] if not changed else [name for name in checked.errors if name not in {*lost, *secret}]
    return Filled(
        preset=preset,
        draft=draft,
        changed=changed,
        lost=[*(label(name) for name in lost), *(option_name(name) for name in late)],
        needed=[_("the JSON") if name == JSON else label(name) for name in needed],
        secret=said(secret),
    )


def said(names: Sequence[str]) -> list[str]:
    """Inputs as a reader knows them: those of the payload, then options."""
    return [option_name(name) if name in OPTIONS else label(name) for name in names]


def digest(job_type: JobType) -> str:
    """Changes with what the handler takes."""
    schema = json.dumps(schema_of(job_type), sort_keys=True, default=str)
    return hashlib.sha256(schema.encode()).hexdigest()


def _payload(draft: Draft) -> Any:
    if not draft.as_json:
        return reading.payload(draft.shape, draft.typed).payload
    try:
        return reading.from_json(draft.json)
    except ValueError as wrong:
        raise NotKept(str(wrong)) from wrong


def _options(draft: Draft) -> tuple[dict[str, str], list[str]]:
    """Those that are not the type's own, so that these follow the code; and the names of what looks secret."""
    own = typed(draft.job_type.options, draft.job_type.queue)
    given = {name: str(draft.options[name].value() or "")[:1000] for name in OPTIONS}
    chosen = {name: text for name, text in given.items() if text != own.get(name, "")}
    hidden = [name for name, text in chosen.items() if looks_secret(text)]
    return {name: text for name, text in chosen.items() if name not in hidden}, hidden


def _in_force(chosen: Mapping[str, str], *, priorities: bool) -> tuple[dict[str, str], list[str]]:
    """Without a moment that has passed, and without what this broker does not know; and the names of these."""
    options, late = dict(chosen), []
    if options.get("run") == "at" and _has_passed(options.get("run_at", "")):
        late.append("run_at")
        options |= {"run": "now", "run_at": ""}
    if "priority" in options and not priorities:
        late.append("priority")
        del options["priority"]
    return options, late


def _has_passed(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return (timezone.make_aware(moment) if timezone.is_naive(moment) else moment) <= timezone.now()
