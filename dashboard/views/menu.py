from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard.access import requires


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    """Every page and the account, for the narrow dock's "More" where no script opens it as a sheet."""
    return render(request, "dashboard/menu.html", {"title": _("More"), "everything": {"current": "menu", "all": True}})
