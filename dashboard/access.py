"""Who may do what. Every view says it with one line::

    @requires("operate", post=True)
    def create(request, job_id): ...

Anonymous goes to the login page; somebody without the permission gets the 403 page, which names it. Templates ask
``{% if viewer.may_operate %}``; a fragment that is also pushed must ask the viewer, never ``request.user``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeAlias

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from dashboard import engine

PERMISSIONS = {
    "view": gettext_noop("look at jobs, queues and workers"),
    "operate": gettext_noop("retry, replay, cancel, discard and reschedule jobs"),
    "enqueue": gettext_noop("enqueue jobs"),
    "manage": gettext_noop("pause, purge and delete queues, and command workers"),
    "reveal": gettext_noop("reveal masked values in payloads"),
    "audit": gettext_noop("look at the audit log"),
}

CHANGING = frozenset({"operate", "enqueue", "manage"})
"""What nobody has where ``LEVERET["READ_ONLY"]`` is set. To reveal is to look, and is booked; so it stays."""

View: TypeAlias = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Viewer:
    """What somebody may do, and nothing else about them: all viewers who may do the same see the same HTML,
    and so can share one rendering of a live view."""

    permissions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser) -> Viewer:
        names = PERMISSIONS.keys() - CHANGING if read_only() else PERMISSIONS
        return cls(frozenset(name for name in names if user.has_perm(f"dashboard.{name}")))  # type: ignore[union-attr]

    @property
    def may_view(self) -> bool:
        return "view" in self.permissions

    @property
    def may_operate(self) -> bool:
        return "operate" in self.permissions

    @property
    def may_enqueue(self) -> bool:
        return "enqueue" in self.permissions

    @property
    def may_manage(self) -> bool:
        return "manage" in self.permissions

    @property
    def may_reveal(self) -> bool:
        return "reveal" in self.permissions

    @property
    def may_audit(self) -> bool:
        return "audit" in self.permissions

    @property
    def key(self) -> str:
        return "+".join(sorted(self.permissions))


class Missing(PermissionDenied):
    """Somebody is logged in and lacks a permission; the 403 page says which."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission
        self.gloss = gettext(PERMISSIONS[permission])


class ReadOnly(PermissionDenied):
    """Nobody may, whatever their permissions; the 403 page says so."""

    read_only = True


def read_only() -> bool:
    return bool(getattr(settings, "LEVERET", {}).get("READ_ONLY", False))


def requires(permission: str, *, post: bool = False) -> Callable[[View], View]:
    """``post``: the view acts, so it answers POST alone."""
    if permission not in PERMISSIONS:
        raise ValueError(f"There is no permission {permission!r}: choose from {', '.join(PERMISSIONS)}.")

    def decorate(view: View) -> View:
        allowed = require_POST(view) if post else view

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_login(request)
            viewer = viewer_of(request)
            if permission not in viewer.permissions:
                closed = read_only() and permission in CHANGING
                if post:
                    _book_refusal(
                        request, "the console is read-only" if closed else f"lacks the permission {permission}"
                    )
                from dashboard.views.errors import permission_denied  # the pages ask this module in their turn

                # Not raised: an embedding project's own 403 page would not say what is missing.
                return permission_denied(request, ReadOnly() if closed else Missing(permission))
            if not hasattr(request, "htmx"):
                request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # a project without its middleware
            if request.method not in ("GET", "HEAD"):
                return allowed(request, *args, **kwargs)
            with engine.one_moment():
                return allowed(request, *args, **kwargs)

        guarded.requires = permission  # type: ignore[attr-defined]
        guarded.acts = post  # type: ignore[attr-defined]
        # It asks by itself, and answers scripts in their own way; LoginRequiredMiddleware is for what has no guard.
        guarded.login_required = False  # type: ignore[attr-defined]
        return guarded

    return decorate


def _book_refusal(request: HttpRequest, detail: str) -> None:
    from dashboard import audit  # needs the models, which need PERMISSIONS

    verb, target, about = audit.asked_for(request)
    audit.record(request, verb, target, result="refused", detail=detail, about=about)


def viewer_of(request: HttpRequest) -> Viewer:
    viewer = getattr(request, "viewer", None)
    if viewer is None:
        viewer = Viewer.of(request.user)
        request.viewer = viewer  # type: ignore[attr-defined]
    return viewer


def to_login(request: HttpRequest) -> HttpResponseBase:
    if getattr(request, "htmx", False):
        # A fragment of the login page inside a table would help nobody: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    # After an action there is nothing to return to by GET.
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/", login_url())


def login_url() -> str:
    """The project's own login page; the console's where the project has none."""
    try:
        resolve(resolve_url(settings.LOGIN_URL))
    except (Resolver404, NoReverseMatch):
        return reverse("dashboard:login")
    return resolve_url(settings.LOGIN_URL)
