"""Whose address is in the audit log, where the connection is a proxy's."""

from __future__ import annotations

import pytest
from django.test import AsyncClient, override_settings

from dashboard.models import AuditEntry
from tests.dashboard.shop import Shop

REFUSED = {"username": "vera", "password": "wrong"}


@pytest.mark.parametrize(
    ("proxies", "told", "booked"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # what came first was sent by whoever asks
        (2, "198.51.100.1,203.0.113.7, 10.0.0.9", "203.0.113.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (2, "203.0.113.7", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "<script>", "127.0.0.1"),
    ],
)
@pytest.mark.django_db(transaction=True)
async def test_it_is_what_the_outermost_of_our_proxies_has_added(
    proxies: int, told: str, booked: str, shop: Shop
) -> None:
    with override_settings(PROXIES=proxies):
        await AsyncClient().post("/login", REFUSED, headers={"X-Forwarded-For": told})
        entry = await AuditEntry.objects.order_by("-pk").afirst()
    assert entry is not None
    assert (entry.verb, entry.address) == ("log in", booked)
