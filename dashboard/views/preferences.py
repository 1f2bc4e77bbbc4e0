"""Theme, density and single keys of this browser, kept in cookies: the server can then render the page as it will be,
so nothing flashes, no script is needed, and the switch works without JavaScript."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.access import requires
from dashboard.http import way_back

CHOICES = {"theme": ("system", "light", "dark"), "density": ("normal", "compact"), "keys": ("on", "off")}


def chosen(request: HttpRequest, name: str) -> str:
    value = request.COOKIES.get(f"leveret_{name}")
    return value if value in CHOICES[name] else CHOICES[name][0]


@requires("view", post=True)
def update(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=204) if request.htmx else redirect(way_back(request))  # type: ignore[attr-defined]
    for name, choices in CHOICES.items():
        value = request.POST.get(name)
        if value in choices:
            response.set_cookie(
                f"leveret_{name}", value, max_age=365 * 86400, samesite="Lax", secure=request.is_secure()
            )
    return response
