"""A steady trickle of sample jobs."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from queueing.errors import LeveretError
from queueing.producer import Producer

Options: TypeAlias = dict[str, Any] | None

log: Final = logging.getLogger("queueing.demo")
chance: Final = random.Random()  # noqa: S311 - it makes a demo lively, it guards nothing

PACE: Final = 0.7
"""Mean seconds between two jobs."""

_names: Final = ("mira", "jonas", "amal", "li", "olga", "nobody")
_partners: Final = ("northwind", "contoso", "fabrikam")


class Traffic:
    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._number = 0

    async def run(self) -> None:
        """A first heap, then one job after another, until cancelled."""
        for _ in range(60):
            await self._one()
        while True:
            await asyncio.sleep(chance.expovariate(1 / PACE))
            await self._one()

    async def _one(self) -> None:
        self._number += 1
        type_, payload, options = chance.choices(
            [
                self._email,
                self._webhook,
                self._image,
                self._contact,
                self._invoice,
                self._report,
                self._video,
                self._expiry,
            ],
            weights=[30, 25, 15, 12, 6, 3, 3, 4],
        )[0]()
        try:
            await self._producer.add(None, type_, payload, options, created_by="demo:traffic")
        except LeveretError as failure:
            log.warning("A sample job was not accepted: %s", failure)

    def _email(self) -> tuple[str, Any, Options]:
        to = f"{chance.choice(_names)}@customers.example"
        delayed = {"delay": chance.uniform(5, 120)} if chance.random() < 0.15 else None
        return (
            "send_email",
            {"to": to, "subject": f"Your order {4000 + self._number}", "body": "It is on its way."},
            delayed,
        )

    def _webhook(self) -> tuple[str, Any, Options]:
        partner = chance.choice(_partners)
        payload = {
            "event_id": f"evt_{8000 + self._number}",
            "kind": chance.choice(("invoice.paid", "invoice.failed", "order.shipped")),
            "partner": {"slug": partner, "region": chance.choice(("eu", "us"))},
            "signing_secret": f"not-a-real-one-{chance.getrandbits(48):x}",
            "endpoints": [f"{host}.{partner}.example" for host in ("hooks", "audit")[: chance.randint(1, 2)]],
        }
        return "deliver_webhook", payload, {"tags": [f"partner:{partner}"]}

    def _image(self) -> tuple[str, Any, Options]:
        sizes = [2 ** (5 + n) for n in range(chance.randint(2, 6))]
        return "resize_image", {"image_id": 1000 + self._number, "sizes": sizes}, None

    def _contact(self) -> tuple[str, Any, Options]:
        contact = {"name": chance.choice(_names), "primary_email": f"crm-{self._number}@customers.example"}
        if chance.random() < 0.15:
            del contact["primary_email"]
        return "sync_crm_contact", contact, {"tags": ["crm"]}

    def _invoice(self) -> tuple[str, Any, Options]:
        when = datetime.now(UTC) + timedelta(minutes=chance.randint(1, 90)) if chance.random() < 0.4 else None
        payload = {"number": f"2026-{self._number:05}", "amount": round(chance.uniform(5, 900), 2)}
        return "charge_invoice", payload, {"run_at": when}

    def _report(self) -> tuple[str, Any, Options]:
        return "build_report", {"month": f"2026-{chance.randint(1, 11):02}", "formats": ["pdf", "csv"]}, None

    def _video(self) -> tuple[str, Any, Options]:
        name = chance.choice(("trailer", "backfill-2019", "interview"))
        payload = {
            "video": f"{name}-{self._number}.mov",
            "renditions": [{"height": 1080}, {"height": 720, "codec": "av1"}],
        }
        return "transcode_video", payload, {"tags": ["backfill-2019"] if name.startswith("back") else []}

    def _expiry(self) -> tuple[str, Any, Options]:
        return "expire_sessions", {}, {"delay": chance.uniform(0, 60), "tags": ["cron"]}
