from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import global_settings, settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from dashboard import audit
from dashboard.models import AuditEntry


class Login(LoginView):
    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"hours": settings.SESSION_COOKIE_AGE // 3600, "returns_to": self.get_redirect_url()}

    def get_default_redirect_url(self) -> str:
        """A project that says nothing of its own has no page for those who have logged in."""
        silent = settings.LOGIN_REDIRECT_URL == global_settings.LOGIN_REDIRECT_URL and not self.next_page
        return reverse("dashboard:overview") if silent else super().get_default_redirect_url()

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        wrong = wrong_tries(self.request)
        response = super().form_valid(form)
        detail = f"after {wrong} wrong {'try' if wrong == 1 else 'tries'}" if wrong else ""
        audit.record(self.request, "log in", "", detail=detail)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # A name that is none might be a password, typed into the wrong field.
        given = form.data.get("username", "")
        known = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: given}).exists()
        detail = f"as {given}: name and password do not match" if known else "under a name that nobody has"
        audit.record(self.request, "log in", "", result=AuditEntry.Result.REFUSED, detail=detail)
        return self.render_to_response(self.get_context_data(form=form, left=tries_left(self.request)), status=401)


class Logout(LogoutView):
    def get_default_redirect_url(self) -> str:
        silent = settings.LOGOUT_REDIRECT_URL is None and not self.next_page
        return reverse("dashboard:login") if silent else super().get_default_redirect_url()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            audit.record(request, "log out", "")
        return super().post(request, *args, **kwargs)


def wrong_tries(request: HttpRequest) -> int:
    if not apps.is_installed("axes"):  # a project that has its own way to count them
        return 0
    from axes.handlers.proxy import AxesProxyHandler

    failures: int = AxesProxyHandler.get_failures(request, {"username": request.POST.get("username", "")})
    return failures


def tries_left(request: HttpRequest) -> int | None:
    limit = getattr(settings, "AXES_FAILURE_LIMIT", None) if apps.is_installed("axes") else None
    return max(0, limit - wrong_tries(request)) if isinstance(limit, int) else None


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    context = {"locked": settings.AXES_COOLOFF_TIME, "username": request.POST.get("username", "")}
    return render(request, "dashboard/login.html", context, status=429)


login = login_not_required(Login.as_view())
logout = Logout.as_view()
