"""Fields of a form that was made from a schema: ``{% load forms %}{% form_field field %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.forms.fields import Field
from dashboard.wording import visible

register = template.Library()


@register.simple_tag
def form_field(field: Field) -> SafeString:
    """A field with its label, and the fields in it."""
    return render_to_string("dashboard/enqueue/_field.html", {"field": field})


@register.simple_tag
def form_input(field: Field, label: str = "") -> SafeString:
    """Only the input. ``label``: what it is called where no label stands beside it."""
    return render_to_string(f"dashboard/enqueue/_{field.kind}.html", {"field": field, "label": label})


@register.simple_tag
def attributes(field: Field, label: str = "") -> SafeString:
    """What every input has: its id and name, and how it stands."""
    from django.utils.html import format_html, format_html_join

    found: list[tuple[str, Any]] = [("id", field.id), ("name", field.name)]
    if label:
        found.append(("aria-label", visible(label)))
    if field.required:
        found.append(("aria-required", "true"))
    if field.error:
        found += [("aria-invalid", "true"), ("aria-describedby", f"e-{field.name}")]
    return format_html("{}", format_html_join("", ' {}="{}"', found))
