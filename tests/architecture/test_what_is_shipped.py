"""Facts of docker-compose.yml and Dockerfile that a slip of the hand must not change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from daphne.cli import CommandLineInterface
from django.core.management import call_command, get_commands, load_command_class
from django.utils.module_loading import import_string

from tests.servers import find_compose

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


def test_nothing_is_reached_from_outside_unless_somebody_says_so():
    published = {(name, port) for name, service in SERVICES.items() for port in service.get("ports", [])}
    assert published == {("web", "${LISTEN:-127.0.0.1}:${PORT:-8000}:8000"), ("rabbitmq", "127.0.0.1:15672:15672")}


def test_no_image_moves_to_another_major_version_by_itself():
    images = [service["image"] for name, service in SERVICES.items() if name in SERVERS]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == len(SERVERS) + 2
    assert [image for image in images if not re.search(r":\d", image)] == []


def test_each_of_our_variables_is_read_and_in_the_reference():
    read = set(re.findall(r'env\.\w+\("(\w+)"', (ROOT / "dashboard" / "settings.py").read_text())) | {"LEVERET_RELEASE"}
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "reference" / "settings.md").read_text()))
    assert read <= told
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= read


@pytest.mark.parametrize("name", OURS)
def test_our_commands_are_there_and_take_their_options(name: str):
    command = SERVICES[name].get("command") or json.loads(
        re.findall(r"^CMD (\[.*\])", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    )
    if command[:2] == ["python", "manage.py"]:
        _, _, verb, *options = command
        parser = load_command_class(get_commands()[verb], verb).create_parser("manage.py", verb)
        parser.parse_args(options)
    else:
        program, *options = command
        assert program == "daphne"
        given = CommandLineInterface().parser.parse_args(options)
        assert callable(import_string(given.application.replace(":", ".")))


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


def test_the_example_offers_what_compose_demands_and_compose_hands_on_what_it_offers():
    text = (ROOT / "docker-compose.yml").read_text()
    demanded, used = set(re.findall(r"\$\{(\w+):\?", text)), set(re.findall(r"\$\{(\w+)", text))
    for_compose = (ROOT / ".env.example").read_text().partition("# Without docker compose")[0]
    assert demanded <= set(re.findall(r"^(\w+)=$", for_compose, re.MULTILINE))
    assert set(re.findall(r"^#?(\w+)=", for_compose, re.MULTILINE)) <= used


@pytest.mark.skipif(find_compose.find() is None, reason="no docker compose here; make test-compose gets one")
def test_compose_itself_understands_it(tmp_path: Path):
    for name in ("docker-compose.yml", ".env.example", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    example = (tmp_path / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^(SECRET_KEY|\w+_PASSWORD)=$", r"\1=x", example, flags=re.MULTILINE))
    compose = [*(find_compose.find() or ()), "config", "--quiet"]
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(compose, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / ".env").unlink()
    refused = subprocess.run(compose, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "in .env" in refused.stderr


def test_the_image_runs_as_nobody_in_particular_and_says_when_it_is_well():
    dockerfile = (ROOT / "Dockerfile").read_text()
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*", final, re.MULTILINE)
    assert "HEALTHCHECK" in final
    # Not /healthz: who starts anew what is not well would end the console for a Redis that is away.
    assert "/livez" in final


def test_static_files_can_be_given_hashed_names(settings: Any, tmp_path: Path):
    """As the image does when it is built. Two modules that import each other cannot: each name hangs on the other."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "dashboard.storage.ModuleStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
