"""Django's system checks: ``manage.py check``, and with ``--deploy`` also the servers. docs/checks.md lists them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from django.conf import settings
from django.core import checks

from queueing import conf, diagnosis, runtime
from queueing.domain.findings import Finding
from queueing.errors import ConfigurationError

log: Final = logging.getLogger("queueing.checks")

TAG: Final = "leveret"
PATIENCE: Final = diagnosis.BOUND + diagnosis.RESOLVE + 5.0
"""Seconds for the whole look at one cluster; connections close after it."""


@checks.register(TAG)
def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """Needs no servers."""
    found: list[checks.CheckMessage] = []
    for alias in _aliases():
        try:
            findings = diagnosis.of_settings(conf.from_django(alias))
        except ConfigurationError as wrong:
            findings = [diagnosis.misconfigured(wrong)]
        found += _messages(alias, findings)
    return found


@checks.register(TAG, deploy=True)
def check_deployment(**_: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for alias in _aliases():
        try:
            config = conf.from_django(alias)
        except ConfigurationError:
            continue  # told by the other check
        found += _messages(alias, diagnosis.of_deployment(config))
        if not config.embedded:
            found += _messages(alias, _finished(_look(config, runtime.registry.queues())))
    return found


def at_start(config: conf.ClusterConfig, queues: Sequence[str]) -> threading.Thread:
    """Look at the servers beside the start of workers, and log what is found. Workers wait for nothing of it."""

    def look() -> None:
        for finding in asyncio.run(_look(config, queues)):
            if _id(finding) not in settings.SILENCED_SYSTEM_CHECKS:
                level = logging.ERROR if finding.is_error else logging.WARNING
                log.log(level, "%s (%s) %s", finding.text, _id(finding), finding.hint)

    thread = threading.Thread(target=look, name="leveret-checks", daemon=True)
    thread.start()
    return thread


async def _look(config: conf.ClusterConfig, queues: Sequence[str]) -> list[Finding]:
    return [*await diagnosis.of_network(config), *await diagnosis.of_servers(config, queues)]


def _finished(work: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    """In a thread of its own: the caller's may have a loop, and must not hang whatever happens."""
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.extend(asyncio.run(work)), name="leveret-checks", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        hint = "See whether AMQP_URL and REDIS_URL name the right hosts."
        return [Finding(id="W020", text=f"The look at the servers took longer than {PATIENCE:g} s.", hint=hint)]
    return found


def _messages(alias: str, findings: Sequence[Finding]) -> list[checks.CheckMessage]:
    place = "" if alias == "default" else f"[{alias}] "
    return [
        (checks.Error if finding.is_error else checks.Warning)(
            f"{place}{finding.text}", hint=finding.hint, id=_id(finding)
        )
        for finding in findings
    ]


def _id(finding: Finding) -> str:
    return f"{TAG}.{finding.id}"


def _aliases() -> list[str]:
    """Names of clusters; other settings beside them are not mappings."""
    clusters = getattr(settings, "LEVERET", {"default": {}})
    return [alias for alias, found in clusters.items() if isinstance(found, dict) and alias != "ALERTS"] or ["default"]
