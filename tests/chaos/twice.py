"""A broker that publishes every message twice, as a producer does whose confirm was lost on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import uuid_utils.compat as uuids

from queueing.adapters.rabbitmq import RabbitBroker
from queueing.domain.ports import Outgoing

SCHEME = "twice"
BROKERS = {SCHEME: "tests.chaos.twice:TwiceBroker"}


class TwiceBroker(RabbitBroker):
    """``twice://…`` is ``amqp://…``."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(urlsplit(url)._replace(scheme="amqp").geturl(), **options)

    async def publish(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        copies = [msgspec.structs.replace(message, message_id=str(uuids.uuid7())) for message in messages]
        answers = await super().publish([*messages, *copies])
        return answers[: len(messages)]


def twice(url: str) -> str:
    return urlsplit(url)._replace(scheme=SCHEME).geturl()
