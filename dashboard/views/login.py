from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Login(LoginView):
    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"hours": settings.SESSION_COOKIE_AGE // 3600, "returns_to": self.get_redirect_url()}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, left=tries_left(self.request)), status=401)


def tries_left(request: HttpRequest) -> int | None:
    limit = getattr(settings, "AXES_FAILURE_LIMIT", None)
    if not isinstance(limit, int):
        return None
    credentials = {"username": request.POST.get("username", "")}
    failures: int = AxesProxyHandler.get_failures(request, credentials)
    return max(0, limit - failures)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    context = {"locked": settings.AXES_COOLOFF_TIME, "username": request.POST.get("username", "")}
    return render(request, "dashboard/login.html", context, status=429)


login = login_not_required(Login.as_view())
logout = LogoutView.as_view()
