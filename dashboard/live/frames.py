from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b

TICKING = re.compile(r"(<time [^>]*>)[^<]*")
"""A time's text ticks by itself in the page; a rendering that differs in nothing else is not news."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a view looks like at one moment. ``html`` None: it could not be rendered, and what is shown is old."""

    html: str | None
    error: str = ""
    digest: str = field(init=False)
    """Equal for what looks equal. The page names the one it shows, and is sent only what differs from it."""

    def __post_init__(self) -> None:
        essence = "!" + self.error if self.html is None else TICKING.sub(r"\1", self.html)
        object.__setattr__(self, "digest", blake2b(essence.encode("utf-8", "replace"), digest_size=9).hexdigest())
