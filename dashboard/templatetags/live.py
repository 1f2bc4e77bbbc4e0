from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard.access import Missing, Viewer, viewer_of
from dashboard.enginewords import said
from dashboard.live import Params, Watched
from dashboard.live.frames import Frame
from queueing.errors import LeveretError

register = template.Library()
TAGS = frozenset({"div", "section", "tbody", "ul", "ol", "span", "nav", "aside", "dl"})


@register.simple_tag(takes_context=True)
def live(
    context: dict[str, Any],
    name: str,
    params: Params | None = None,
    id: str = "",
    tag: str = "div",
    classes: str = "",
    label: str = "",
) -> SafeString:
    """The fragment of a live view, and the name under which the socket renews it. See ``dashboard.live``."""
    if tag not in TAGS:
        raise template.TemplateSyntaxError(f"live: {tag!r} is not one of {', '.join(sorted(TAGS))}")
    watched = Watched.of(name, params or {}, _viewer(context))
    if not watched.allowed:
        raise Missing(watched.view.needs)
    try:
        frame = Frame(watched.render())
    except LeveretError as error:
        frame = Frame(None, said(error))
    html = frame.html or render_to_string("dashboard/_unavailable.html", {"error": frame.error})
    return format_html(
        '<{} id="{}"{} data-live="{}" data-live-seen="{}">{}</{}>',
        SafeString(tag),
        id or "live-" + name.replace(".", "-"),
        format_html_join("", ' {}="{}"', ((k, v) for k, v in (("class", classes), ("aria-label", label)) if v)),
        watched.token(), frame.digest, SafeString(html), SafeString(tag),
    )  # fmt: skip


def _viewer(context: dict[str, Any]) -> Viewer:
    return viewer_of(context["request"])
