"""Facts of docker-compose.yml and Dockerfile that a slip of the hand must not change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVERS = ("rabbitmq", "redis", "postgres")
OURS = ("migrate", "web", "workers")


def test_these_services_and_no_others():
    assert set(SERVICES) == {*SERVERS, *OURS}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_says_when_it_is_ready_keeps_its_data_and_comes_back(name: str):
    server = SERVICES[name]
    assert server["healthcheck"]["test"]
    (volume,) = server["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    assert server["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_ours_wait_for_healthy_servers(name: str):
    waits = {server: wait["condition"] for server, wait in SERVICES[name]["depends_on"].items()}
    assert {server: waits[server] for server in SERVERS} == dict.fromkeys(SERVERS, "service_healthy")


@pytest.mark.parametrize("name", ["web", "workers"])
def test_nothing_serves_before_the_database_is_migrated(name: str):
    assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_only_the_console_is_reached_from_outside():
    published = {(name, port) for name, service in SERVICES.items() for port in service.get("ports", [])}
    assert published == {("web", "${PORT:-8000}:8000"), ("rabbitmq", "127.0.0.1:15672:15672")}


def test_redis_keeps_what_it_was_given_and_never_evicts():
    command = SERVICES["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_no_secret_has_a_value_or_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    uses = re.findall(r"\$\{(SECRET_KEY|\w+_PASSWORD)(\S*)", text)
    assert {name for name, _ in uses} == {"SECRET_KEY", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD", "REDIS_PASSWORD"}
    assert all(rest.startswith(":?") for _, rest in uses)
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASS|AUTH", variable):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), f"{name}: {variable} is spelled out"


def test_every_variable_that_compose_demands_is_in_the_example():
    demanded = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    offered = set(re.findall(r"^(\w+)=$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert demanded <= offered


def test_the_image_runs_as_nobody_in_particular_and_says_when_it_is_well():
    dockerfile = (ROOT / "Dockerfile").read_text()
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*", final, re.MULTILINE)
    assert "HEALTHCHECK" in final
    assert "/healthz" in final


def test_static_files_can_be_given_hashed_names(settings: Any, tmp_path: Path):
    """As the image does when it is built. Two modules that import each other cannot: each name hangs on the other."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "dashboard.storage.ModuleStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
