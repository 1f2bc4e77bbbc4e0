"""What a queue and a job type may be called."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

from queueing.domain.saying import number, say
from queueing.errors import InvalidName

MAX_NAME: Final = 128
"""Bytes. RabbitMQ allows 255 for a queue; ``leveret.`` and ``.dead`` are added to ours."""

_QUEUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")

MAX_ID: Final = 64


MAX_BY: Final = 256
"""Characters of who enqueued a job."""


def is_id(text: object) -> TypeGuard[str]:
    """Whether a job can have this id. It stands in logs and in URLs, whose segments ``.`` and ``..`` mean something."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_ID
        and text.isprintable()
        and " " not in text
        and ("." not in text or not {".", ".."} & set(text.split("/")))
    )


def check_id(job_id: object) -> str:
    if not is_id(job_id):
        raise InvalidName(
            say(
                "%(name)s cannot be an id: use 1 to %(most)s printable characters without spaces, and no '.' or '..' "
                "between slashes.",
                name=f"{job_id!r:.200}", most=number(MAX_ID),
            )
        )  # fmt: skip
    return job_id


def check_queue(name: object) -> str:
    if not isinstance(name, str) or not _QUEUE.match(name) or len(name) > MAX_NAME:
        raise InvalidName(
            say(
                "%(name)s cannot be a queue: use 1 to %(most)s of letters, digits, '_', '.' and '-'.",
                name=repr(name), most=number(MAX_NAME),
            )
        )  # fmt: skip
    if name.endswith(".dead") or name.startswith("delay."):
        raise InvalidName(
            say("%(name)s cannot be a queue: the name is kept for dead letters and delays.", name=repr(name))
        )
    return name


def check_type(name: object) -> str:
    if not isinstance(name, str) or not name.isprintable() or not name or " " in name or len(name.encode()) > MAX_NAME:
        raise InvalidName(
            say(
                "%(name)s cannot be a job type: use 1 to %(most)s bytes of printable text without spaces.",
                name=repr(name), most=number(MAX_NAME),
            )
        )  # fmt: skip
    return name
