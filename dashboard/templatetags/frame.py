"""Tags of the base template alone."""

from __future__ import annotations

from importlib import metadata
from typing import Any, NamedTuple

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from dashboard import frame, language, wording
from dashboard.access import read_only
from dashboard.roles import ROLES
from dashboard.scriptwords import script_words
from dashboard.statewords import capitalised
from dashboard.views.preferences import CHOICES, chosen

register = template.Library()

register.simple_tag(script_words)

THEMES = {
    "system": pgettext_lazy("theme", "system"),
    "light": pgettext_lazy("theme", "light"),
    "dark": pgettext_lazy("theme", "dark"),
}
THEME_ICONS = {"system": "device-desktop", "light": "sun", "dark": "moon"}


class Theme(NamedTuple):
    name: str
    called: str
    icon: str
    after: str
    chosen: bool

    @property
    def label(self) -> str:
        """On its own."""
        return capitalised(self.called)


@register.simple_tag(takes_context=True)
def preference_attributes(context: dict[str, Any]) -> SafeString:
    request = context.get("request")
    if request is None:
        return SafeString("")
    values = ((name, chosen(request, name)) for name in CHOICES)
    return format_html_join("", ' data-{}="{}"', ((name, value) for name, value in values if value != CHOICES[name][0]))


@register.simple_tag
def environment() -> str:
    return frame.environment()


register.simple_tag(read_only)


@register.simple_tag(takes_context=True)
def role(context: dict[str, Any]) -> str:
    """The strongest role of the account, or the first of the groups a team has made itself."""
    user = context["request"].user
    if user.is_superuser:
        return _("Superuser")
    names = list(user.groups.values_list("name", flat=True).order_by("name"))
    return next((name for name in reversed(ROLES) if name in names), names[0] if names else _("no role"))


@register.simple_tag(takes_context=True)
def current_nav(context: dict[str, Any]) -> str:
    """The page's ``nav``, or else the name of its URL."""
    match = context["request"].resolver_match
    return str(context.get("nav") or (match.url_name if match else ""))


@register.simple_tag(takes_context=True)
def themes(context: dict[str, Any]) -> list[Theme]:
    """All themes, the chosen one marked; ``after`` is what one press on a single button makes of it."""
    now, names = chosen(context["request"], "theme"), CHOICES["theme"]
    called = [str(THEMES[name]) for name in names]
    return [
        Theme(name, called[i], THEME_ICONS[name], names[(i + 1) % len(names)], name == now)
        for i, name in enumerate(names)
    ]


@register.simple_tag(takes_context=True)
def density(context: dict[str, Any]) -> str:
    """The one that a press chooses."""
    return "normal" if chosen(context["request"], "density") == "compact" else "compact"


@register.simple_tag
def menu_params(current: str) -> dict[str, Any]:
    """Of the sheet behind the dock's "More": what the dock itself has no room for."""
    return {"current": current, "all": False}


@register.simple_tag
def version() -> str:
    try:
        return metadata.version("leveret")
    except metadata.PackageNotFoundError:
        return ""


register.simple_tag(language.spoken)
register.simple_tag(language.offered, name="languages")


@register.filter
def wait(seconds: float) -> str:
    return wording.age(seconds)
