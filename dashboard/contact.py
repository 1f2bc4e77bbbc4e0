"""When the servers last answered, as this process has seen it: a page that shows old figures says from when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from dashboard import engine
from queueing.domain.reading import Health, ServerHealth
from queueing.domain.saying import say

FRESH = 1.0
"""Seconds for which one look serves every fragment that asks."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A server as it is, and as it was last seen."""

    server: ServerHealth
    last_contact: datetime | None
    since: datetime | None
    """When it was first missed; None while it answers."""


@dataclass(frozen=True, slots=True)
class Contact:
    broker: Standing
    store: Standing
    leader: str | None
    outbox: int | None

    @property
    def servers(self) -> tuple[Standing, Standing]:
        return self.broker, self.store


class Contacts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._contact: Contact | None = None
        self._seen: dict[str, datetime] = {}
        self._missed: dict[str, datetime] = {}

    def look(self) -> Contact:
        with self._lock:
            if self._contact is None or self._looked is None or time.monotonic() - self._looked > FRESH:
                self._contact = self._note(engine.health() or NOBODY)
                self._looked = time.monotonic()
            return self._contact

    def _note(self, health: Health) -> Contact:
        return Contact(
            broker=self._stand("broker", health.broker),
            store=self._stand("store", health.store),
            leader=health.leader,
            outbox=health.outbox,
        )

    def _stand(self, part: str, server: ServerHealth) -> Standing:
        now = timezone.now()
        if server.ok:
            self._seen[part] = now
            self._missed.pop(part, None)
        else:
            self._missed.setdefault(part, now)
        return Standing(server, self._seen.get(part), self._missed.get(part))


NOBODY = Health(
    broker=ServerHealth(name="RabbitMQ", ok=False, detail=say("The console could not reach it.")),
    store=ServerHealth(name="Redis", ok=False, detail=say("The console could not reach it.")),
    leader=None,
    outbox=None,
)
contacts = Contacts()
