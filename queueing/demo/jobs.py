"""Job types such as a shop would have: quick, slow, flaky, failing, with progress and with logs."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec

from queueing import Backoff, Fail, JobContext, cron, every, job

log = logging.getLogger("shop")
chance = random.Random()  # noqa: S311 - it makes a demo lively, it guards nothing


class ConnectTimeout(Exception):
    pass


class SMTPRecipientsRefused(Exception):
    pass


class UnidentifiedImageError(Exception):
    pass


class CalledProcessError(Exception):
    pass


@dataclass
class EmailJob:
    to: str
    subject: str
    body: str = ""
    html: bool = False


@job("send_email", queue="email_jobs", max_attempts=5, backoff=Backoff.exponential(2, cap=60), tags=("mail",))
async def send_email(email: EmailJob) -> str:
    """Hand a message to the mail server.

    A mailbox that does not exist fails for good; a busy server is asked again.
    """
    await asyncio.sleep(chance.uniform(0.05, 0.4))
    if "@" not in email.to:
        raise Fail(f"{email.to!r} is not an address")
    if email.to.startswith("nobody"):
        raise SMTPRecipientsRefused(f"550 5.1.1 no such mailbox: {email.to}")
    if chance.random() < 0.05:
        raise TimeoutError("mx2.mail.example: 421 too busy, try again later")
    return f"accepted by mx{chance.randint(1, 3)}.mail.example"


class Partner(msgspec.Struct):
    slug: str
    region: Literal["eu", "us", "ap"] = "eu"


class WebhookEvent(msgspec.Struct):
    event_id: str
    kind: Literal["invoice.paid", "invoice.failed", "order.shipped"]
    partner: Partner
    signing_secret: str = ""
    endpoints: list[str] = msgspec.field(default_factory=list)


@job("deliver_webhook", queue="webhooks", max_attempts=4, backoff=Backoff.delays([1, 3, 10]), timeout=30)
async def deliver_webhook(event: WebhookEvent, ctx: JobContext) -> str:
    """Post an event to each of a partner's endpoints. Northwind is down every other three minutes."""
    for done, endpoint in enumerate(event.endpoints):
        await ctx.progress(done, len(event.endpoints), f"posting to {endpoint}")
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        await _post(event.partner.slug, endpoint)
    return f"200 from {len(event.endpoints)} endpoints of {event.partner.slug}"


async def _post(partner: str, endpoint: str) -> None:
    log.info("POST https://%s/hooks", endpoint)
    if partner == "northwind" and int(time.time() // 180) % 2 == 0:
        raise ConnectTimeout(f"{endpoint}: no answer in 10 s")


@job("resize_image", queue="media", max_attempts=3, backoff=Backoff.fixed(5))
def resize_image(image_id: int, sizes: list[int], ctx: JobContext, quality: int = 85) -> dict[str, Any]:
    """Make smaller copies of an image, in a thread."""
    if image_id % 17 == 0:
        raise UnidentifiedImageError(f"cannot identify image file <image {image_id}>")
    for done, size in enumerate(sizes):
        ctx.progress(done, len(sizes), f"{size} px")
        time.sleep(chance.uniform(0.05, 0.3))
        log.info("%d px at quality %d", size, quality)
        ctx.raise_if_cancelled()
    return {"image": image_id, "sizes": len(sizes)}


class Codec(Enum):
    H264 = "h264"
    AV1 = "av1"


class Rendition(msgspec.Struct):
    height: int
    codec: Codec = Codec.H264


@job("transcode_video", queue="media", max_attempts=2, timeout=300, backoff=Backoff.linear(10))
async def transcode_video(
    video: str, ctx: JobContext, renditions: list[Rendition] | None = None, two_passes: bool = False
) -> str:
    """Encode a film. Takes its time, and says how far it is."""
    seconds = chance.randint(15, 60)
    for second in range(seconds):
        await ctx.progress(second, seconds, f"pass {1 + (two_passes and second > seconds / 2)}")
        await asyncio.sleep(1)
        if second == 5 and "backfill" in video and chance.random() < 0.4:
            raise CalledProcessError("ffmpeg ended with 187: moov atom not found")
        if second % 10 == 0:
            await ctx.log(f"{second * 240:,} frames, {chance.uniform(20, 30):.1f} per second")
    return f"{video} in {len(renditions or [1])} renditions"


@dataclass
class Invoice:
    number: str
    amount: Annotated[float, msgspec.Meta(gt=0)]
    currency: Literal["EUR", "USD", "GBP"] = "EUR"
    lines: list[str] = field(default_factory=list)


@job("charge_invoice", queue="billing", max_attempts=1)
async def charge_invoice(invoice: Invoice) -> str:
    """Charge a card, once."""
    await asyncio.sleep(chance.uniform(0.3, 1.5))
    if chance.random() < 0.15:
        raise Fail("insufficient_funds")
    return f"{invoice.amount:.2f} {invoice.currency} charged for {invoice.number}"


@job("sync_crm_contact", max_attempts=3, backoff=Backoff.fixed(2))
def sync_crm_contact(payload: dict[str, Any]) -> str:
    """Copy a contact. Breaks on a contact without an address, as such code does."""
    time.sleep(0.02)
    email = payload["primary_email"]
    return f"updated {email}"


REPORTS = [
    cron("*/5 * * * *", tz="Europe/Berlin", name="build_report.often", payload={"month": "this"}, overlap="skip"),
    cron("30 2 * * *", tz="America/New_York", name="build_report.nightly", payload={"month": "this"}),
    cron("0 6 1 * *", tz="Europe/Berlin", name="build_report.monthly", payload={"month": "last"}, catch_up="all"),
]


@job("build_report", queue="reports", max_attempts=2, timeout=120, schedule=REPORTS)
async def build_report(
    month: str, ctx: JobContext, formats: tuple[Literal["pdf", "csv", "xlsx"], ...] = ("pdf",)
) -> str:
    """Add up a month and write it in each format."""
    for done in range(20):
        await ctx.progress(done, 20, "reading orders" if done < 14 else "writing")
        await asyncio.sleep(0.4)
    return f"{month}: {', '.join(formats)}"


@job("expire_sessions", max_attempts=3, schedule=every(30, catch_up="skip"))
def expire_sessions(older_than_days: int = 30) -> str:
    """Delete sessions that nobody will come back to."""
    time.sleep(chance.uniform(0.1, 0.6))
    return f"{chance.randint(0, 3000):,} removed"
