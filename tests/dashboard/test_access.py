"""Every URL of the project, found by walking its patterns: nobody gets further than the login page, nobody without
permission gets further than the 403 page, and nothing acts on GET or without a CSRF token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.access import PERMISSIONS, Viewer, requires
from dashboard.roles import ROLES
from tests.dashboard.conftest import logged_in, member

OPEN = {"login", "languages", "healthz", "livez", "metrics"}
FOR_ALL_LOGGED_IN = {"logout"}
EXAMPLES = {
    "job_id": "0190a5d0-0000-7000-8000-000000000001",
    "name": "email_jobs",
    "queue": "email_jobs",
    "group": "00112233445566aa",
}


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif not str(pattern.pattern).startswith("admin/"):
            yield prefix + str(pattern.pattern), pattern


def path_of(route: str) -> str:
    parts = []
    for part in route.split("/"):
        if part.startswith("<"):
            kind, _, name = part.strip("<>").rpartition(":")
            part = "1" if kind == "int" else EXAMPLES.get(name, "example")
        parts.append(part)
    return "/".join(parts)


ROUTES = {
    str(pattern.name): (path_of(route), pattern.callback) for route, pattern in routes(get_resolver().url_patterns)
}
GUARDED = sorted(ROUTES.keys() - OPEN - FOR_ALL_LOGGED_IN)
ACTING = [name for name in GUARDED if getattr(ROUTES[name][1], "acts", False)]


def test_every_view_says_what_it_requires() -> None:
    assert [name for name in GUARDED if not hasattr(ROUTES[name][1], "requires")] == []


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_anonymous_is_sent_to_login(anonymous: Client, name: str, method: str) -> None:
    answer = getattr(anonymous, method)(ROUTES[name][0])
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_outsider_is_refused(outsider: Client, name: str, method: str) -> None:
    answer = getattr(outsider, method)(ROUTES[name][0])
    assert answer.status_code == 403
    assert ROUTES[name][1].requires in answer.content.decode()


@pytest.mark.parametrize("name", [name for name in GUARDED if getattr(ROUTES[name][1], "requires", "view") != "view"])
def test_a_viewer_is_refused_what_needs_more(viewer: Client, name: str) -> None:
    assert viewer.post(ROUTES[name][0]).status_code == 403


@pytest.mark.parametrize("name", [name for name in GUARDED if getattr(ROUTES[name][1], "requires", "") == "manage"])
def test_an_operator_may_not_manage(operator: Client, name: str) -> None:
    assert operator.post(ROUTES[name][0]).status_code == 403


@pytest.mark.parametrize("name", ACTING)
def test_what_acts_does_not_answer_get(admin: Client, name: str) -> None:
    assert admin.get(ROUTES[name][0]).status_code == 405


@pytest.mark.parametrize("name", GUARDED)
def test_a_form_without_csrf_token_is_refused(db: None, name: str) -> None:
    client = logged_in(member("ada", "Admin"))
    client.handler.enforce_csrf_checks = True
    answer = client.post(ROUTES[name][0])
    assert answer.status_code == 403
    assert "This form was not accepted" in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/auth/user/", "/admin/dashboard/auditentry/"])
def test_the_admin_asks_for_the_consoles_own_login(anonymous: Client, path: str) -> None:
    answer = anonymous.get(path, follow=True)
    assert [url for url, _ in answer.redirect_chain][-1].startswith("/login?next=/admin/")


def test_a_script_of_somebody_logged_out_makes_the_page_load_again(anonymous: Client) -> None:
    answer = anonymous.get("/menu", headers={"HX-Request": "true"})
    assert answer.headers.get("HX-Refresh") == "true"


def test_a_permission_that_does_not_exist_is_a_mistake_of_the_author() -> None:
    with pytest.raises(ValueError, match="no permission 'fly'"):
        requires("fly")


def test_the_three_roles_have_what_the_plan_says(db: None) -> None:
    allowed = {name: Viewer.of(member(name.lower(), name)).permissions for name in ("Viewer", "Operator", "Admin")}
    assert allowed == {
        "Viewer": {"view"},
        "Operator": {"view", "operate", "enqueue", "audit"},
        "Admin": set(PERMISSIONS),
    }


def test_all_permissions_exist_and_nobody_may_change_the_audit_log(db: None) -> None:
    names = set(Permission.objects.filter(content_type__app_label="dashboard").values_list("codename", flat=True))
    assert names == set(PERMISSIONS) | {"view_auditentry", "view_alert"}


def test_a_group_that_a_team_has_changed_is_left_as_it_is(db: None) -> None:
    from django.apps import apps
    from django.contrib.auth.models import Group

    from dashboard.roles import create_roles

    Group.objects.get(name="Operator").permissions.clear()
    create_roles(apps.get_app_config("dashboard"))
    assert not Group.objects.get(name="Operator").permissions.exists()


def test_a_deleted_role_is_made_again_and_a_changed_one_put_back_only_if_asked(db: None, capsys: Any) -> None:
    from django.contrib.auth.models import Group

    foreign = Permission.objects.get(codename="add_user")
    Group.objects.get(name="Viewer").delete()
    operator = Group.objects.get(name="Operator")
    operator.permissions.set([foreign])
    call_command("create_console_roles")
    assert capsys.readouterr().out == "Viewer: created\nOperator: left as it is\nAdmin: left as it is\n"
    assert [one.codename for one in Group.objects.get(name="Viewer").permissions.all()] == ["view"]
    assert list(operator.permissions.all()) == [foreign]
    call_command("create_console_roles", "--reset")
    assert "Operator: put back\n" in capsys.readouterr().out
    assert {one.codename for one in operator.permissions.all()} == {*ROLES["Operator"], "add_user"}
