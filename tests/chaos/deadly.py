"""The engines of a process that dies at its failpoint: the real ones, behind a stand-in for each port."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from queueing.adapters.rabbitmq import RabbitBroker
from queueing.adapters.redis import RedisStore
from queueing.domain.ports import Delivery, OnDelivery
from tests.chaos.failpoint import Deadly, present

SCHEME: Final = "deadly"
BROKERS: Final = {SCHEME: "tests.chaos.deadly:broker"}
STORES: Final = {SCHEME: "tests.chaos.deadly:store"}


def store(url: str, **options: Any) -> Any:
    inner = RedisStore(_plain(url, "redis"), **options)
    point = present()
    return inner if point is None else Deadly(inner, "store", point)


def broker(url: str, **options: Any) -> Any:
    inner = RabbitBroker(_plain(url, "amqp"), **options)
    point = present()
    return inner if point is None else DeadlyBroker(inner, "broker", point)


class DeadlyBroker(Deadly):
    """Its subscriptions and their deliveries are ports too."""

    async def consume(self, queue: str, *, prefetch: int, on_delivery: OnDelivery) -> Any:
        def deliver(delivery: Delivery) -> None:
            stand_in: Any = Deadly(delivery, "delivery", self._point)
            on_delivery(stand_in)

        subscription = await self.__getattr__("consume")(queue, prefetch=prefetch, on_delivery=deliver)
        return Deadly(subscription, "subscription", self._point)


def deadly(url: str) -> str:
    return urlsplit(url)._replace(scheme=SCHEME).geturl()


def _plain(url: str, scheme: str) -> str:
    return urlsplit(url)._replace(scheme=scheme).geturl()
