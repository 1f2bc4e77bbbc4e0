"""URLs of the console as a project of its own: the console at the root, Django's admin for accounts and groups."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # One login page, with one lockout: the admin sends people to it.
    path("admin/login/", RedirectView.as_view(pattern_name="dashboard:login", query_string=True)),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]

handler400 = "dashboard.views.errors.bad_request"
handler403 = "dashboard.views.errors.permission_denied"
handler404 = "dashboard.views.errors.page_not_found"
handler500 = "dashboard.views.errors.server_error"
