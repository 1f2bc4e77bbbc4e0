"""The console's pages, to be included under any prefix: ``path("queue/", include("dashboard.urls"))``.

A page is a file of ``dashboard.views``; a verb is a resource of its own. Names are used by the navigation
(``dashboard.frame``): overview, jobs, failures, dead_letters, queues, workers, schedules, enqueue, operations, audit.
"""

from __future__ import annotations

from django.urls import path

from dashboard.views import healthz, login, menu, overview, preferences

app_name = "dashboard"

urlpatterns = [
    path("", overview.show, name="overview"),
    path("login", login.login, name="login"),
    path("logout", login.logout, name="logout"),
    path("menu", menu.show, name="menu"),
    path("preferences", preferences.update, name="preferences"),
    path("healthz", healthz.show, name="healthz"),
]
