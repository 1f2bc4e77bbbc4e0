"""Whose request it is, behind proxies: for the audit log, and for the lock of an account from one address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def client_address(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """``settings.PROXIES`` of our own stand in front, and each adds the address that asks it to X-Forwarded-For.
    What stands before that anybody could have sent."""
    proxies = getattr(settings, "PROXIES", 0)
    if not proxies:
        raise MiddlewareNotUsed

    def note(request: HttpRequest) -> None:
        told = request.headers.get("X-Forwarded-For", "").split(",")
        if len(told) >= proxies and (address := _address(told[-proxies])):
            request.META["REMOTE_ADDR"] = address

    if not iscoroutinefunction(get_response):

        def answer(request: HttpRequest) -> HttpResponse:
            note(request)
            found: HttpResponse = get_response(request)
            return found

        return answer

    async def aanswer(request: HttpRequest) -> HttpResponse:
        note(request)
        waiting: Awaitable[HttpResponse] = get_response(request)
        return await waiting

    return aanswer


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
