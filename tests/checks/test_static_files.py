"""``manage.py check --deploy`` on the console's static files: told where they are surely missing, and else nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.management.commands.collectstatic import Command as Collect
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.test import override_settings

PLAIN = "dashboard.storage.PlainStorage"
HASHED = "dashboard.storage.ModuleStorage"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


class Bucket:
    """A storage that is somewhere else."""


def told(*, deploy: bool = True, storage: str = PLAIN, middleware: str = WHITENOISE, **others: Any) -> list[str]:
    given = {
        "DEBUG": False,
        "STORAGES": {"staticfiles": {"BACKEND": storage}},
        "MIDDLEWARE": [COMMON, middleware],
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": False,
        "WHITENOISE_AUTOREFRESH": False,
    } | others
    with override_settings(**given):
        found = run_checks(tags=[Tags.staticfiles], include_deployment_checks=deploy)
    return [message.msg for message in found if message.id == "leveret.W202"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES={"staticfiles": {"BACKEND": HASHED}}):
        call_command(Collect(), verbosity=0, interactive=False)
    return folder


@pytest.mark.parametrize("storage", [PLAIN, HASHED])
def test_collected_files_are_fine(collected: Path, storage: str) -> None:
    assert told(storage=storage, STATIC_ROOT=collected) == []


def test_files_that_whitenoise_cannot_have_are_missed(tmp_path: Path) -> None:
    [text] = told(STATIC_ROOT=tmp_path)
    assert "no console/console.css in STATIC_ROOT" in text
    [text] = told(STATIC_ROOT=None)
    assert "STATIC_ROOT is not set" in text


def test_a_file_that_only_an_older_version_did_without_is_missed(collected: Path, tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "console.css").write_text("")
    [text] = told(STATIC_ROOT=tmp_path)
    assert "django_htmx/htmx-4.min.js" in text


def test_pages_that_would_fail_for_want_of_a_manifest_are_told_of(tmp_path: Path) -> None:
    for middleware in (WHITENOISE, COMMON):
        [text] = told(storage=HASHED, middleware=middleware, STATIC_ROOT=tmp_path)
        assert "not in the manifest" in text
    assert "STATIC_ROOT is not set" in told(storage=HASHED, STATIC_ROOT=None)[0]


def test_where_nothing_serves_and_nothing_can_be_collected_that_is_told() -> None:
    [text] = told(middleware=COMMON, STATIC_ROOT=None)
    assert "WhiteNoise is not in MIDDLEWARE" in text


@pytest.mark.parametrize(
    "others",
    [
        {"DEBUG": True},
        {"WHITENOISE_USE_FINDERS": True},
        {"WHITENOISE_AUTOREFRESH": True},
        {"middleware": COMMON},
        {"middleware": COMMON, "STATIC_ROOT": None, "STATIC_URL": "https://cdn.example.org/"},
        {"middleware": "shop.StaticFiles", "STATIC_ROOT": None},
        {"storage": f"{__name__}.Bucket"},
        {"deploy": False},
    ],
    ids=str,
)
def test_what_may_be_in_order_is_not_complained_of(tmp_path: Path, others: dict[str, Any]) -> None:
    assert told(**({"STATIC_ROOT": tmp_path / "none"} | others)) == []
