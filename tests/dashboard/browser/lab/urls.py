from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from dashboard.access import Viewer, requires
from dashboard.http import answer
from dashboard.live import Params, live_view
from dashboard.project import handler403, handler404, handler500, urlpatterns  # noqa: F401

FOLDER = Path(os.environ["LAB_FOLDER"])


@live_view("lab", template="lab/_view.html", hints=("job",), every=0.05)
def view(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"html": (FOLDER / "view.html").read_text()}


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "lab/page.html", {"title": "Lab"})


@requires("view", post=True)
def act(request: HttpRequest) -> HttpResponse:
    return answer(request, "It is done", detail="Quite so.")


urlpatterns = [path("lab", show, name="lab"), path("lab/acts", act, name="lab_acts"), *urlpatterns]
