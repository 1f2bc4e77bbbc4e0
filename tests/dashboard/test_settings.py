"""What the environment makes of the settings, each in a process of its own: settings are read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

NAMES = (
    "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "LEVERET",
)  # fmt: skip
PRINT = f"""
import json
from dashboard import settings
defaults = {{"SESSION_COOKIE_HTTPONLY": True}}
print(json.dumps({{name: getattr(settings, name, defaults.get(name)) for name in {NAMES!r}}}))
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Empty instead of unset: a developer's .env does not overrule what is there.
    clean = {"SECRET_KEY": "", "DEBUG": "", "BEHIND_HTTPS": "", "LEVERET_AMQP_URL": "memory://"} | environment
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=os.environ | clean, capture_output=True, text=True, check=False)


def settings(**environment: str) -> dict[str, Any]:
    done = python(PRINT, **environment)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_without_a_word_it_is_no_debug_and_no_secret() -> None:
    read = settings()
    assert (read["DEBUG"], read["SECRET_KEY"]) == (False, "")
    assert "*" not in read["ALLOWED_HOSTS"]


def test_a_console_without_a_secret_does_not_start() -> None:
    done = python("import dashboard.asgi", DJANGO_SETTINGS_MODULE="dashboard.settings")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_in_debug_a_secret_is_made_up_at_each_start() -> None:
    one, another = settings(DEBUG="1")["SECRET_KEY"], settings(DEBUG="1")["SECRET_KEY"]
    assert len(one) >= 50
    assert one != another


def test_behind_https_cookies_stay_there() -> None:
    read = settings(BEHIND_HTTPS="1", SECRET_KEY="x")
    assert read["SESSION_COOKIE_SECURE"] and read["CSRF_COOKIE_SECURE"] and read["SECURE_SSL_REDIRECT"]
    assert read["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.parametrize("name", ["SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"])
def test_no_script_reads_a_cookie_that_matters(name: str) -> None:
    assert settings()[name] is True


def test_the_queue_is_configured_by_the_environment() -> None:
    read = settings(LEVERET_AMQP_URL="amqp://rabbit/", LEVERET_PREFIX="shop", CSRF_TRUSTED_ORIGINS="https://a.example")
    assert read["LEVERET"]["default"]["AMQP_URL"] == "amqp://rabbit/"
    assert read["LEVERET"]["default"]["PREFIX"] == "shop"
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://a.example"]
