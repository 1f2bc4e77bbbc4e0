"""A payload with one member of every kind that a form knows."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from dashboard.forms.shapes import Shape, read


class Locale(enum.Enum):
    EN = "en"
    DE = "de"


class Digest(msgspec.Struct):
    """What the digest covers."""

    week: int
    since: dt.date | None = None


class Card(msgspec.Struct, tag="card"):
    number: str


class Cash(msgspec.Struct, tag="cash"):
    coins: int


class Node(msgspec.Struct):
    name: str
    children: list[Node] = []


@dataclass
class Order:
    to: list[Annotated[str, msgspec.Meta(pattern="^[^@]+@[^@]+$", examples=["mira@example.org"])]]
    template: Literal["digest", "welcome"]
    digest: Digest
    locale: Locale = Locale.EN
    track: bool = True
    copies: Annotated[int, msgspec.Meta(ge=1, le=10, description="How often it is sent.")] = 3
    ratio: float | None = None
    either: int | str | None = None
    pays: Card | Cash | None = None
    at: dt.datetime | None = None
    pause: dt.timedelta = dt.timedelta(seconds=3)
    key: uuid.UUID | None = None
    price: Decimal | None = None
    raw: bytes = b""
    counts: dict[str, int] = field(default_factory=dict)
    pair: tuple[int, str] = (1, "a")
    anything: Any = None
    more: list[Digest] = field(default_factory=list)
    sure: bool | None = None
    marks: set[str] = field(default_factory=set)


def shape_of(kind: Any) -> Shape:
    return read(msgspec.json.schema(kind))


def good() -> dict[str, str]:
    """What somebody would type into an empty form of :class:`Order` to make it whole."""
    return {"p.to.0": "mira@example.org", "p.template": "digest", "p.digest.week": "47"}
