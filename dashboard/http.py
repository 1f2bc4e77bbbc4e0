"""Answers of views that act."""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

Tone: TypeAlias = Literal["ok", "warn", "error", "info"]
LEVELS = {"ok": messages.SUCCESS, "warn": messages.WARNING, "error": messages.ERROR, "info": messages.INFO}


def answer(
    request: HttpRequest, text: str, *, detail: str = "", tone: Tone = "ok", to: str | None = None
) -> HttpResponse:
    """Say what was done. A script gets a toast and stays where it is (``to`` moves it); a plain form is sent back to
    where it came from, or ``to``, and finds the toast there."""
    if request.htmx and to is None:  # type: ignore[attr-defined]
        toast = {"text": text, "detail": detail, "tone": tone}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"leveret:toast": toast})})
    messages.add_message(request, LEVELS[tone], text, extra_tags=detail)
    target = to or way_back(request)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)


def way_back(request: HttpRequest) -> str:
    """Where the form was: its ``next`` field or the referring page, if that is one of ours."""
    for url in (request.POST.get("next"), request.headers.get("Referer")):
        if url and _is_place(url) and url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
            return url
    return reverse("dashboard:overview")


def _is_place(url: str) -> bool:
    """What a redirect can name: "x" it would take for the name of a view, and a line break for a header's end."""
    return url.startswith(("/", "http://", "https://")) and url.isprintable()


def is_partial(request: HttpRequest) -> bool:
    """A script asks for a piece of the page, to be put into it."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.request_type != "full" and not htmx.history_restore_request
