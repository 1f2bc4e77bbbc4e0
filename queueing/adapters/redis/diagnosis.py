"""What in a Redis can lose jobs, or keep the console from being live."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.health import text_of
from queueing.adapters.redis.notifications import missing_flags, present_flags
from queueing.adapters.redis.probing import FLAGS, untold
from queueing.domain.findings import MOST_SKEW, OLDEST_REDIS, Finding, too_old
from queueing.errors import StoreError

ADDRESS: Final = "The address is REDIS_URL (LEVERET_REDIS_URL)."


class Diagnosis(Part):
    async def diagnose(self) -> list[Finding]:
        try:
            skew = await self._skew()
        except StoreError as failure:
            return [Finding(id="E010", text=str(failure), hint=ADDRESS)]
        return [*_of_clock(skew), *await self._of_server(), *await self._of_notifications()]

    async def _skew(self) -> float:
        """Seconds by which this host's clock is ahead, less what the journey may have taken."""
        before = time.time()
        seconds, micros = await self._connection.call("TIME")
        after = time.time()
        there = int(seconds) + int(micros) / 1e6
        if before <= there <= after:
            return 0.0
        return before - there if there < before else after - there

    async def _of_server(self) -> list[Finding]:
        try:
            info = await self._connection.call("INFO")
        except StoreError as failure:
            return [
                Finding(
                    id="W019",
                    text=f"Redis does not tell its version and configuration ({failure}).",
                    hint="Allow this user INFO, or see yourself that appendonly is yes, maxmemory-policy noeviction.",
                )
            ]
        if text_of(info.get("role", "master")) != "master":
            # It answers, and forbids its keys to be written: all else is the primary's to be looked at.
            return [Finding(id="E010", text=str(self._connection.replica()), hint=ADDRESS)]
        return [*_of_version(info), *_of_persistence(info)]

    async def _of_notifications(self) -> list[Finding]:
        try:
            found = await self._connection.call("CONFIG", "GET", "notify-keyspace-events")
            present = present_flags(found)
            if missing_flags(present):
                # As it is: only to learn whether the console will be allowed to add what is missing.
                await self._connection.call("CONFIG", "SET", "notify-keyspace-events", present)
        except StoreError as failure:
            return await self._of_untold(failure)
        return []

    async def _of_untold(self, refusal: StoreError) -> list[Finding]:
        """Somebody may have set them all the same."""
        try:
            if not await untold(self._connection):
                return []
        except StoreError as failure:
            refusal = failure
        return [
            Finding(
                id="W016",
                text="Redis sends no keyspace notifications and does not let us set them, so the console polls "
                f"({refusal}).",
                hint=f"Set notify-keyspace-events to {FLAGS} there, or allow this user CONFIG GET and SET.",
            )
        ]


def _of_clock(skew: float) -> list[Finding]:
    if abs(skew) <= MOST_SKEW:
        return []
    word = "ahead of" if skew > 0 else "behind"
    return [
        Finding(
            id="W017",
            text=f"The clock of this host is {abs(skew):.1f} s {word} that of Redis, which decides what is due.",
            hint="Let all hosts take their time from one source (NTP). run_at and expires_at go by Redis' clock; the "
            "times in logs are this host's.",
        )
    ]


def _of_version(info: Mapping[str, Any]) -> list[Finding]:
    version = text_of(info.get("redis_version", ""))
    if not too_old(version, OLDEST_REDIS):
        return []
    least = ".".join(map(str, OLDEST_REDIS))
    return [Finding(id="E012", text=f"Redis is {version}; Leveret needs {least}.", hint="Upgrade Redis.")]


def _of_persistence(info: Mapping[str, Any]) -> list[Finding]:
    found = []
    if not int(info.get("aof_enabled", 1)):
        found.append(
            Finding(
                id="W014",
                text="Redis keeps no append-only file: if it crashes, the jobs since its last snapshot are lost.",
                hint="Set appendonly to yes, and appendfsync to always where not even a second may be lost.",
            )
        )
    policy = text_of(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        found.append(
            Finding(
                id="W015",
                text=f"Redis' maxmemory-policy is {policy}: when memory is short, it deletes jobs without a word.",
                hint="Set maxmemory-policy to noeviction; a full Redis then refuses new jobs and keeps the old ones.",
            )
        )
    return found
