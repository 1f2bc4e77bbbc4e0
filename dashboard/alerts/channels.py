"""Ways to tell people. Each takes a message or raises :class:`NotTold`; it is then tried again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from smtplib import SMTPException
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.core.mail import send_mail

from dashboard.alerts.options import AlertOptions
from dashboard.alerts.records import Alert
from dashboard.alerts.signals import alerted

PATIENCE: Final = 10.0
"""Seconds for another server's answer."""


class Message(NamedTuple):
    """What one look has found, in one piece: who is called at night is called once."""

    headline: str
    body: str
    facts: Mapping[str, Any]
    """What a machine reads."""
    alerts: Sequence[Alert] = ()


class NotTold(Exception):
    """With the reason."""


Channel: TypeAlias = Callable[[Message, AlertOptions], None]


class _Stay(HTTPRedirectHandler):
    """A redirected POST would arrive as a GET, and be taken for sent."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_open = build_opener(_Stay).open


def by_mail(message: Message, options: AlertOptions) -> None:
    try:
        send_mail(message.headline, message.body, None, list(options.mail))
    except (SMTPException, OSError, ValueError) as error:
        raise NotTold(f"mail: {error}") from error


def by_webhook(message: Message, options: AlertOptions) -> None:
    text = f"{message.headline}\n{message.body}".rstrip()
    fetch(options.webhook, json.dumps({"text": text, **message.facts}).encode())


def by_signal(message: Message, options: AlertOptions) -> None:
    """One for each alert. Where a receiver fails, all of this look come once more."""
    for alert in message.alerts:
        for receiver, answer in alerted.send_robust(type(alert), alert=alert, event=alert.event):
            if isinstance(answer, Exception):
                raise NotTold(f"{getattr(receiver, '__qualname__', receiver)}: {answer!r}") from answer


def fetch(url: str, data: bytes | None = None) -> None:
    """POST with ``data``, else GET. The URL may hold a secret, so no error repeats it."""
    request = Request(url, data, {"Content-Type": "application/json", "User-Agent": "Leveret"})  # noqa: S310 - checked
    try:
        with _open(request, timeout=PATIENCE) as answer:
            answer.read(1)
    except (OSError, HTTPException, ValueError) as error:
        raise NotTold(f"{'webhook' if data else 'heartbeat'}: {_without(error, url)}") from error


def _without(error: Exception, url: str) -> str:
    return (str(error) or type(error).__name__).replace(url, "the URL")


def channels(options: AlertOptions) -> dict[str, Channel]:
    found: dict[str, Channel] = {"signal": by_signal} if alerted.receivers else {}
    if options.mail:
        found["mail"] = by_mail
    if options.webhook:
        found["webhook"] = by_webhook
    return found
