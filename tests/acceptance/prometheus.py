"""A Prometheus of a test's own, with the configuration that docs/howto/monitoring.md shows and the rules beside it."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

import yaml

from tests.docs.blocks import ROOT, blocks
from tests.servers.found import Unavailable
from tests.servers.process import ServerProcess, free_port

RULES: Final = ROOT / "docs" / "monitoring" / "alerts.yml"
HURRIED: Final = "hurried"
"""The same rules again, which wait for nothing."""


class Prometheus:
    def __init__(self, program: str, folder: Path, *, targets: list[str], token: str) -> None:
        folder.mkdir()
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "token").write_text(token)
        (folder / "hurried.yml").write_text(yaml.safe_dump(_hurried()))
        (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(folder, targets)))
        self._process = ServerProcess(
            [
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ],
            log=folder / "log",
        )

    async def ready(self) -> None:
        await asyncio.to_thread(self._process.wait_until, self._answers, timeout=30)

    def stop(self) -> None:
        self._process.stop()

    async def values(self, expression: str) -> dict[str, float]:
        """By instance."""
        found = await self._ask("query", query=expression)
        return {series["metric"].get("instance", ""): float(series["value"][1]) for series in found["result"]}

    async def series(self, expression: str) -> int:
        """How many an expression answers with. Raises HTTPError where it is not understood."""
        return len((await self._ask("query", query=expression))["result"])

    async def rules(self, group: str) -> dict[str, dict[str, Any]]:
        """By the alert's name: ``state`` (inactive, pending, firing), ``health``, ``alerts``."""
        groups = (await self._ask("rules"))["groups"]
        return {rule["name"]: rule for found in groups if found["name"] == group for rule in found["rules"]}

    async def _ask(self, what: str, **asked: str) -> Any:
        return (await asyncio.to_thread(self._get, f"/api/v1/{what}?{urllib.parse.urlencode(asked)}"))["data"]

    def _answers(self) -> None:
        try:
            self._get("/api/v1/status/runtimeinfo")
        except (OSError, ValueError) as exc:
            raise Unavailable(str(exc)) from exc

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310 - ours, on the loopback
            return json.load(answer)


def _configuration(folder: Path, targets: list[str]) -> dict[str, Any]:
    """What is documented; only names, addresses and the pace are this test's."""
    page = ROOT / "docs" / "howto" / "monitoring.md"
    [shown] = [block.text for block in blocks(page) if "scrape_configs" in block.text]
    found: dict[str, Any] = yaml.safe_load(shown)
    found["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    found["rule_files"] = [str(RULES), str(folder / "hurried.yml")]
    [scraped] = found["scrape_configs"]
    scraped["authorization"]["credentials_file"] = str(folder / "token")
    scraped["static_configs"] = [{"targets": targets}]
    return found


def _hurried() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(RULES.read_text())
    [group] = found["groups"]
    group["name"] = HURRIED
    for rule in group["rules"]:
        rule.pop("for", None)
    return found
